//! Layers of values: files, the `--set` grammar, merging, coalescing with subcharts, origins.

pub(crate) mod coalesce;
pub(crate) mod csv;
pub mod explain;
mod file;
pub(crate) mod json;
pub mod layers;
pub(crate) mod merge;
mod names;
pub(crate) mod path;
pub(crate) mod remote;
pub(crate) mod set;
pub(crate) mod sources;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use coalesce::coalesce_values;
pub use file::{ReadFile, ValuesFile};
pub use layers::{Layer, Layered, Layers};
pub use names::LayerNames;
pub(crate) use names::LayerText;
