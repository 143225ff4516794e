//! Manifests and YAML documents in the forms in which tests compare them.

use bake::Manifest;
use bake::manifest::WriteOptions;
use bake::yaml::{Data, Node};
use serde_json::{Value, json};

/// What the command prints of a manifest.
pub(crate) fn printed(manifest: &Manifest) -> String {
    let mut text = Vec::new();
    manifest.write_to(&mut text, &WriteOptions::default()).unwrap();
    String::from_utf8(text).unwrap()
}

/// A document as JSON, with its integers as they were written.
pub(crate) fn to_json(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Bool(b) => json!(b),
        Data::Int(n) => json!(n),
        Data::Uint(n) => json!(n),
        Data::Float(f) => json!(f),
        Data::Str(s) => json!(s.to_str().unwrap()),
        Data::List(items) => items.iter().map(to_json).collect(),
        Data::Map(map) => map.iter().map(|(key, node)| (key.to_str().unwrap().to_owned(), to_json(node))).collect(),
    }
}
