//! The cases cover the charts: each key of the schema stands in a case of `testdata/charts/cases`, and each top key that
//! the templates of a chart read in a case of that chart.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::tables::cases;

#[test]
fn every_key_of_the_schema_is_in_a_case() {
    let schema: Value = serde_json::from_slice(&fs::read("charts/values.schema.json").unwrap()).unwrap();
    let walk = Walk { definitions: &schema["$defs"] };
    let (mut all, mut used) = (BTreeSet::new(), BTreeSet::new());
    let cases = cases();
    for (key, property) in schema["properties"].as_object().unwrap() {
        walk.keys(key, property, &mut Vec::new(), &mut all);
        all.insert(key.clone());
        for value in cases.iter().flat_map(|(_, case)| case.layers(true)).filter_map(|layer| layer.get(key)) {
            used.insert(key.clone());
            walk.used(key, property, value, &mut used);
        }
    }
    let missing: Vec<_> = all.difference(&used).collect();
    println!("{} keys", all.len());
    assert!(missing.is_empty(), "in no case: {missing:?}");
}

#[test]
fn every_top_key_that_a_chart_reads_is_in_a_case_of_it() {
    let cases = cases();
    for chart in ["workload", "service"] {
        let own = cases.iter().filter(|(_, case)| case.chart() == chart).flat_map(|(_, case)| case.layers(true));
        let used: BTreeSet<_> = own.flat_map(|layer| layer.as_object().unwrap().keys()).collect();
        let read = keys_read(chart);
        let missing: Vec<_> = read.iter().filter(|key| !used.contains(key)).collect();
        assert!(missing.is_empty(), "in no case of {chart}: {missing:?}");
        assert!(read.len() > 10, "{chart} reads only {read:?}");
    }
}

/// The names after `.Values.` in the templates of a chart.
fn keys_read(chart: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for entry in fs::read_dir(format!("charts/{chart}/templates")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for after in text.split(".Values.").skip(1) {
            keys.extend(after.split(|c: char| !c.is_alphanumeric()).next().map(str::to_owned));
        }
    }
    keys
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
