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
//! Later layers win, and an object is read by the place of a value in it:
//!
//! ```
//! use bake::{Bake, Chart, Limits};
//!
//! let app = "testdata/apps/deploy-values/sample/web/frontend";
//! let chart = Chart::builtin("workload")?;
//! let manifest = Bake::new(&chart)
//!     .release("frontend")
//!     .values_file(format!("{app}/values.yaml"))?
//!     .values_file(format!("{app}/prod-values.yaml"))?
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
//! An [`Error`] prints Helm's text with `{}`, and with `{:#}` the place, the include chain, the origin of the value and a
//! hint below it. [`testing`] makes text for snapshots. All services of a folder: [`project::Project`].
//!
//! # Architecture
//!
//! A bake is one line of stages, each a function of [`mod@bake`], each result a plain type:
//!
//! ```text
//! chart dir | .tgz --load--> Chart --compile--> templates                    once per chart, shared by all bakes
//! values files, --set --layer--> values --coalesce, schema--> Prepared       each leaf knows its file and line
//! templates + Prepared --render--> text per template --split, sort--> Manifest
//! ```
//!
//! The rooms, and whom each may use (`tests/suite/repository/tidy.rs` holds this table):
//!
//! | room | what is in it | may use |
//! |---|---|---|
//! | [`error`], [`limits`], [`host`] | the one error type; what a bake may use; clock and randomness | - |
//! | `path` | Go's `path` and `path/filepath` | - |
//! | [`value`] | a Go value as a template sees it | error, limits |
//! | [`template`] | Go's text/template: lexer, parser, compiled form, execution | value |
//! | [`yaml`] | go-yaml's dialect, Go's JSON and TOML: reading with marks, writing | value |
//! | [`funcs`] | Sprig's and Helm's functions, one table per theme | template, value, yaml, path, host |
//! | [`values`] | layers: files, the `--set` grammar, merging, coalescing, origins, JSON schema | yaml, value, host |
//! | [`chart`] | Chart.yaml, folders, archives, dependencies, `.Files` | values, yaml, value, path, host |
//! | [`manifest`] | splitting, hooks, install order, objects | yaml, value, path |
//! | [`mod@bake`] | the public API | all of the above |
//! | [`stage`] | the bake stage of a pipeline: requests, artifacts, overrides | the public API, chart, manifest, values |
//! | `serve` | the bake stage over HTTP, with its limits | stage, limits |
//! | [`project`] | `bake.yaml`, services and stacks, fleets, comparing two states | the public API, yaml, manifest, values |
//! | [`lint`] | rules on values files and rendered objects, and how findings are shown | the public API, project, manifest, values, yaml |
//! | [`testing`] | manifests as text for snapshots | the public API |
//! | `cli` | arguments and output | the public API of everything |
//!
//! # Invariants
//!
//! 1. `template` knows no YAML, no charts and no Helm; `funcs` alone knows Sprig.
//! 2. The rooms up to `bake` read files only through `chart`'s loader, and ask the clock, the time zone and randomness only
//!    from [`host::Host`]. They read no environment and open no connection.
//! 3. The same inputs and the same host give the same bytes on every platform and run.
//! 4. No input panics, aborts, overflows the stack or passes its [`limits::Limits`].
//! 5. A bake equals `helm template` byte for byte, or the difference is a numbered deviation of the README.
//! 6. `cli` and `project` use the public API alone.
//!
//! # Stability
//!
//! What stands at the root of the crate, and [`chart`], [`error`], [`host`], [`lint`], [`limits`], [`manifest`],
//! [`project`], [`stage`] and [`testing`] follow semantic versioning, with the types of other rooms that they hand out.
//! The rest of [`template`], [`funcs`], [`value`], [`values`] and [`yaml`] is open to those who build on the engine, and
//! may change in any release.
//!
//! # Why an engine and a YAML reader of our own
//!
//! Equal bytes need Go's behaviour to the last corner. Of 767 template cases answered by Go, the crate gtmpl gets 280
//! right, and none of its kind lets functions re-enter the engine, change maps in place or report Go's positions. Of 8,298
//! YAML documents answered by go-yaml, `serde_yaml` reads 91.4 % as Helm does, and writes 65.5 % of 7,693 values so. YAML
//! in and text out are most of what a bake does, and the place of every leaf is needed for errors; so these rooms are ours.

pub mod bake;
pub mod chart;
#[cfg(feature = "cli")]
#[doc(hidden)] // public for `main.rs` alone
pub mod cli;
pub mod funcs;
#[cfg(feature = "fleet")]
pub mod lint;
pub mod manifest;
pub mod project;
#[cfg(feature = "server")]
pub mod serve;
pub mod stage;
pub mod testing;
pub mod values;

#[doc(inline)]
pub use crate::bake::{Bake, Chart, Prepared};
pub use error::{Error, ErrorKind};
pub(crate) use go::path;
pub use gotemplate::{error, host, limits, value};
#[doc(inline)]
pub use limits::Limits;
pub use manifest::Manifest;
pub use {gotemplate as template, goyaml as yaml};
