//! Every key of the service part of the schema stands in at least one case of `testdata/charts/cases`.

use std::collections::BTreeSet;
use std::fs;

use bake::yaml::{Data, Node};
use bake::{Limits, yaml};
use serde_json::{Value, json};

/// The top keys that the `service` chart reads.
const TOP: &[&str] = &[
    "canary",
    "httpRoutes",
    "istio",
    "istioConfigVersion",
    "labels",
    "name",
    "ports",
    "service",
    "services",
    "standardLabels",
    "track",
];

#[test]
fn every_key_of_the_service_chart_is_in_a_case() {
    let schema: Value = serde_json::from_slice(&fs::read("charts/service/values.schema.json").unwrap()).unwrap();
    let walk = Walk { definitions: &schema["$defs"] };
    let (mut all, mut used) = (BTreeSet::new(), BTreeSet::new());
    let cases = cases();
    for key in TOP {
        let property = &schema["properties"][*key];
        walk.keys(key, property, &mut Vec::new(), &mut all);
        all.insert((*key).to_owned());
        for value in cases.iter().filter_map(|values| values.get(key)) {
            used.insert((*key).to_owned());
            walk.used(key, property, value, &mut used);
        }
    }
    let missing: Vec<_> = all.difference(&used).collect();
    println!("{} keys", all.len());
    assert!(missing.is_empty(), "in no case: {missing:?}");
}

struct Walk<'s> {
    definitions: &'s Value,
}

impl<'s> Walk<'s> {
    /// The schema that is meant, with the name that its keys have here.
    fn resolved(&self, path: &str, schema: &'s Value) -> (String, &'s Value) {
        match schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            Some(name) => (name.to_owned(), &self.definitions[name]),
            None => (path.to_owned(), schema),
        }
    }

    /// The parts of a schema for the values below: their paths, the key they are for, and they themselves.
    fn parts(path: &str, schema: &'s Value) -> Vec<(String, Option<&'s str>, &'s Value)> {
        let mut parts = Vec::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            parts.push((format!("{path}.{name}"), Some(name.as_str()), property));
        }
        let patterns = schema["patternProperties"].as_object().into_iter().flat_map(|map| map.values());
        for entry in patterns.chain([&schema["additionalProperties"]]).filter(|entry| entry.is_object()) {
            parts.push((format!("{path}.*"), None, entry));
        }
        parts
    }

    fn keys(&self, path: &str, schema: &'s Value, inside: &mut Vec<String>, all: &mut BTreeSet<String>) {
        let (path, schema) = self.resolved(path, schema);
        if inside.contains(&path) {
            return;
        }
        inside.push(path.clone());
        for (place, key, part) in Self::parts(&path, schema) {
            if key.is_some() {
                all.insert(place.clone());
            }
            self.keys(&place, part, inside, all);
        }
        inside.pop();
        for alternative in schema["anyOf"].as_array().into_iter().flatten() {
            self.keys(&path, alternative, inside, all);
        }
        if schema["items"].is_object() {
            self.keys(&format!("{path}[]"), &schema["items"], inside, all);
        }
    }

    fn used(&self, path: &str, schema: &'s Value, value: &Value, used: &mut BTreeSet<String>) {
        let (path, schema) = self.resolved(path, schema);
        let parts = Self::parts(&path, schema);
        for (name, below) in value.as_object().into_iter().flatten() {
            let own = parts.iter().find(|(_, key, _)| *key == Some(name.as_str()));
            if let Some((place, key, part)) = own.or_else(|| parts.iter().find(|(_, key, _)| key.is_none())) {
                if key.is_some() {
                    used.insert(place.clone());
                }
                self.used(place, part, below, used);
            }
        }
        for item in value.as_array().into_iter().flatten() {
            self.used(&format!("{path}[]"), &schema["items"], item, used);
        }
        for alternative in schema["anyOf"].as_array().into_iter().flatten() {
            self.used(&path, alternative, value, used);
        }
    }
}

/// The values of all cases of the `service` chart, each layer for itself.
fn cases() -> Vec<Value> {
    let mut found = Vec::new();
    for entry in fs::read_dir("testdata/charts/cases").unwrap() {
        let table = json_of(&yaml::read(&fs::read(entry.unwrap().path()).unwrap(), &Limits::helm()).unwrap());
        if table["chart"] != "service" {
            continue;
        }
        let layers = table["cases"].as_array().unwrap().iter().flat_map(|case| [&case["values"], &case["stack"]]);
        found.extend(layers.chain([&table["values"]]).filter(|layer| layer.is_object()).cloned());
    }
    found
}

fn json_of(node: &Node) -> Value {
    match &node.data {
        Data::List(items) => items.iter().map(json_of).collect(),
        Data::Map(map) => {
            Value::Object(map.iter().map(|(k, v)| (k.to_str().unwrap().to_owned(), json_of(v))).collect())
        }
        Data::Str(text) => json!(text.to_str()),
        Data::Null => Value::Null,
        // what a key holds is nobody's business here
        _ => json!(true),
    }
}
