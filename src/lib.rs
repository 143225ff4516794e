//! Helm charts and layered values to Kubernetes manifests: the bytes of `helm template` 3.22, many times faster.
//!
//! ```
//! use bake::{Bake, Chart};
//!
//! let chart = Chart::builtin("service")?;
//! let manifest = Bake::new(&chart).release("web").values_text("values.yaml", b"ports: {http: 8080}").render()?;
//! for object in &manifest.documents {
//!     println!("{} {}", object.kind, object.name.as_deref().unwrap_or_default());
//! }
//! # Ok::<(), bake::Error>(())
//! ```
//!
//! Later layers win. Fields of an object are read by their path:
//!
//! ```
//! use bake::{Bake, Chart, Limits};
//!
//! let app = "testdata/apps/deploy-values/sample/web/frontend";
//! let chart = Chart::builtin("workload")?;
//! let manifest = Bake::new(&chart)
//!     .release("frontend")
//!     .values_file(format!("{app}/values.yaml"))
//!     .values_file(format!("{app}/prod-values.yaml"))
//!     .set("version=1.2.3")
//!     .render()?;
//! let deployment = manifest.documents.iter().find(|object| object.kind == "Deployment").unwrap();
//! let deployment = deployment.object(&Limits::helm())?;
//! assert_eq!(deployment.pointer("/spec/replicas").and_then(|n| n.as_i64()), Some(4));
//! let image = deployment.pointer("/spec/template/spec/containers/0/image").and_then(|n| n.as_str());
//! assert_eq!(image, Some("registry.example/sample/app:1.2.3"));
//! # Ok::<(), bake::Error>(())
//! ```
//!
//! An [`Error`] prints Helm's text with `{}`. With `{:#}` it adds the place, the include chain, the origin of the value and a
//! hint. [`testing`] returns manifests as text for snapshot tests. [`project::Project`] bakes all services of a folder.
//!
#![doc = include_str!("../docs/architecture.md")]
// what the feature exports is public in its own module
#![cfg_attr(not(feature = "unstable-engine"), allow(unreachable_pub))]

pub mod bake;
pub mod chart;
#[cfg(feature = "cli")]
#[doc(hidden)] // public for `main.rs` alone
pub mod cli;
#[cfg(feature = "fleet")]
pub mod diff;
mod dns;
pub(crate) mod funcs;
#[cfg(feature = "fleet")]
pub mod lint;
pub mod manifest;
#[cfg(feature = "pipeline")]
pub mod pipeline;
pub mod project;
pub mod run;
pub(crate) mod schema;
#[cfg(feature = "server")]
pub mod serve;
pub mod stage;
pub mod testing;
pub mod values;

#[doc(inline)]
pub use crate::bake::{Bake, Chart, Prepared};
pub use error::{Error, ErrorKind};
pub(crate) use go::path;
pub(crate) use gotemplate as template;
pub use gotemplate::{error, host, limits, value};
pub use goyaml as yaml;
#[doc(inline)]
pub use host::Host;
#[doc(inline)]
pub use limits::Limits;
pub use manifest::Manifest;
pub use project::Project;
#[doc(inline)]
pub use run::{Warning, WarningKind};
#[doc(inline)]
pub use schema::Problem;
pub use values::{Layer, Layers, ValuesFile};

/// Parts of the engine for tests, benches and fuzzers. They may change in any release.
#[cfg(feature = "unstable-engine")]
pub mod unstable_engine {
    pub use crate::funcs::{Env, Outside, all as template_functions};
    pub use crate::values::merge::{deep_copy, merge_maps};
    pub use crate::values::set::{Mode as SetMode, parse_into as parse_set_into};
    pub use gotemplate as template;
}
