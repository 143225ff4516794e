//! Rules for pods and their containers.

pub(super) mod duplicate_env;
pub(super) mod duplicate_mount;
pub(super) mod duplicate_port;
pub(super) mod env_reference;
pub(super) mod image_tag;
pub(super) mod job_sidecar;
pub(super) mod missing_volume;
pub(super) mod pre_stop;
pub(super) mod probe_port;
