//! Manifests and YAML documents in the forms in which tests compare them.

use bake::Manifest;
use bake::manifest::WriteOptions;
use bake::yaml::Node;

/// What the command prints of a manifest.
pub(crate) fn printed(manifest: &Manifest) -> String {
    String::from_utf8(manifest.to_vec(&WriteOptions::default())).unwrap()
}

/// A document as JSON, with its integers as they were written.
pub(crate) fn to_json(node: &Node) -> serde_json::Value {
    serde_json::to_value(node).unwrap()
}
