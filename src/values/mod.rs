//! Layers of values: files, the `--set` grammar, merging, coalescing with subcharts, origins.

pub mod coalesce;
pub mod csv;
pub mod explain;
mod file;
pub(crate) mod json;
pub mod layers;
pub mod merge;
mod names;
pub mod path;
pub mod set;
#[cfg(test)]
pub(crate) mod testing;

pub use coalesce::{Defaults, coalesce_values, merge_values};
pub use file::{ReadFile, ValuesFile};
pub use layers::{Layer, Layered, Layers};
pub use merge::{deep_copy, merge_maps};
pub use names::LayerNames;
