//! Services in their folders: which stacks there are, which layers make a stack, and what a bake of it writes.
//!
//! `config` reads `bake.yaml`, `services` finds the services and plans their bakes, `fleet` bakes all of them.

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
mod services;
mod strict;
#[cfg(feature = "fleet")]
mod unused;

pub use config::{ChartEntry, Cluster, Config, FILE_NAME, LAYOUT, LayerFile, SCHEMA, Settings, is_builtin};
pub use files::{Files, Folder, Listing};
#[cfg(feature = "git")]
pub use git::Revision;
pub use init::{Start, nearest_schema, relative, write_files};
pub(crate) use output::new_folder;
pub use output::write_objects;
pub use pattern::{Pattern, Vars, glob_matches};
pub use services::{Layer, Plan, Project, Service, Services};
#[cfg(feature = "fleet")]
pub use unused::unused;
