//! Services in their folders: which stacks there are, which layers make a stack, and what a bake of it writes.
//!
//! `config` reads `bake.yaml`, `services` finds the services, `plan` says what their bakes are made of, `fleet` bakes all of them.

#[cfg(feature = "fleet")]
pub mod compare;
mod config;
mod files;
#[cfg(feature = "fleet")]
pub mod fleet;
#[cfg(feature = "git")]
mod git;
mod init;
mod output;
mod pattern;
mod plan;
#[cfg(feature = "git")]
pub(crate) mod scratch;
mod services;
mod strict;
#[cfg(feature = "fleet")]
mod unused;

pub use config::{ChartEntry, Cluster, Config, FILE_NAME, LAYOUT, LayerFile, SCHEMA, Settings, is_builtin};
pub use files::{Files, Folder, Listing};
#[cfg(feature = "git")]
pub use git::Revision;
pub use init::{Start, nearest_schema, relative, write_file};
pub use output::write_objects;
pub use pattern::{Pattern, Vars, glob_matches};
pub use plan::{Layer, Plan};
pub use services::{Project, Service, Services};
#[cfg(feature = "fleet")]
pub use unused::unused;
