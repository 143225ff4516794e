//! Layers of values: files, the --set grammar, merge, coalescing with subcharts, origins, JSON schema.

pub mod coalesce;
pub mod csv;
mod json;
pub mod layers;
pub mod merge;
pub mod path;
pub mod schema;
pub mod set;
#[cfg(test)]
pub(crate) mod testing;

pub use coalesce::{Defaults, Warnings, coalesce_values, merge_values};
pub use layers::{Content, Layers, Options, ValuesFile};
pub use merge::{deep_copy, merge_maps};
pub use schema::Schema;
