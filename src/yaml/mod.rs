//! go-yaml's dialect of YAML, Go's JSON and TOML: reading with marks, resolving scalars, writing.
//!
//! Helm reads YAML through `sigs.k8s.io/yaml`: go-yaml v2, then a trip through JSON. So keys are strings and the tree
//! is what JSON can say. [`Node`] is that tree with the marks of the text; [`Node::to_value`] gives what templates see.

mod node;
mod read;

pub use node::{Data, Mark, Node, NodeMap};
pub use read::{read, read_array, read_values};
