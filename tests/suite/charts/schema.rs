//! The schema of the charts: every key of it is described.

use std::fs;

#[test]
fn every_key_of_the_schema_is_described() {
    let schema: serde_json::Value = serde_json::from_slice(&fs::read("charts/values.schema.json").unwrap()).unwrap();
    let mut bare = Vec::new();
    undescribed(&schema, "", &mut bare);
    assert!(bare.is_empty(), "no description: {bare:?}");
}

/// The paths of the properties below `node` that have neither a description nor a schema elsewhere that has one.
fn undescribed(node: &serde_json::Value, path: &str, bare: &mut Vec<String>) {
    if let Some(items) = node.as_array() {
        for item in items {
            undescribed(item, path, bare);
        }
    }
    for (key, below) in node.as_object().into_iter().flatten() {
        if key == "properties" {
            for (name, property) in below.as_object().unwrap() {
                if property.get("description").is_none() {
                    bare.push(format!("{path}.{name}"));
                }
                undescribed(property, &format!("{path}.{name}"), bare);
            }
        } else if key != "examples" {
            undescribed(below, path, bare);
        }
    }
}
