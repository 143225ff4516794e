//! Flags that several commands share, and flags of Helm that `bake template` accepts.

pub(super) mod helm;
pub(super) mod pflag;
mod shared;
pub(super) mod tls;
pub(super) mod values;

#[cfg(feature = "server")]
pub(super) use shared::size;
pub(super) use shared::{BakeArgs, ClusterArgs, Color, ErrorFormat, LimitArgs, ProjectArgs, ValuesArgs, stack};
