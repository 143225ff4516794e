//! Rules over all services of a stack: what works alone and clashes in the cluster.

pub(super) mod duplicate_name;
pub(super) mod overlapping_selector;
pub(super) mod shared_host;
