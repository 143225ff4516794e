//! Flags: those that several commands have, and those of Helm that `bake template` reads.

pub(super) mod helm;
pub(super) mod pflag;
mod shared;
pub(super) mod values;

#[cfg(feature = "server")]
pub(super) use shared::size;
pub(super) use shared::{BakeArgs, ClusterArgs, Color, ErrorFormat, LimitArgs, ProjectArgs, ValuesArgs};
