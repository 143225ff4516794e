//! Projects: folders of services, with stacks and layers of values.
//!
//! `config` reads `bake.yaml`, `services` finds the services, `plan` lists the layers and charts of a bake, and `fleet`
//! bakes all services.

mod baker;
#[cfg(feature = "fleet")]
pub mod compare;
mod config;
mod files;
#[cfg(feature = "fleet")]
pub mod fleet;
#[cfg(feature = "git")]
mod git;
mod init;
mod once;
mod output;
mod pattern;
pub mod pipelines;
mod plan;
mod services;
mod strict;
#[cfg(feature = "fleet")]
mod unused;

pub use baker::{Attempt, BakeOptions, Baked, Baker, FileCounts};
pub use config::{ChartEntry, Cluster, Config, FILE_NAME, LayerFile, SCHEMA, Settings};
pub use files::{Files, Folder, Listing};
#[cfg(feature = "git")]
pub use git::Revision;
pub use init::Start;
#[cfg(feature = "fleet")]
pub(crate) use once::Once;
#[cfg(feature = "cli")]
pub(crate) use output::private_folder;
pub use output::{write_files, write_objects};
pub use pattern::Pattern;
#[cfg(feature = "cli")]
#[cfg(feature = "pipeline")]
pub(crate) use pattern::glob_matches;
pub use plan::{Plan, PlanLayer};
pub use services::{Project, Service, Services};
