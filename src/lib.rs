//! Helm charts and layered values to Kubernetes manifests.

pub mod chart;
pub mod error;
pub mod funcs;
pub mod host;
pub mod limits;
pub mod manifest;
pub mod template;
pub mod value;
pub mod values;
pub mod yaml;

pub use error::{Error, ErrorKind};
