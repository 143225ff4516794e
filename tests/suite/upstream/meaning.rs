//! What an object means: its form after the API server has filled in what was left out, with every list whose order
//! means nothing in one order. The rules are data: `testdata/apps/meaning.yaml`.

use std::collections::BTreeMap;

use bake::limits::Budget;
use bake::yaml;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::manifests::to_json;

/// The rules of `meaning.yaml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meaning {
    versions: BTreeMap<String, String>,
    defaults: BTreeMap<String, Map<String, Value>>,
    unordered: Vec<String>,
    quantities: Vec<String>,
    ignored: Vec<String>,
}

/// What tells one object of a manifest from the others.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Key {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Meaning {
    pub(crate) fn load() -> Meaning {
        serde_json::from_value(read(&std::fs::read("testdata/apps/meaning.yaml").unwrap())).unwrap()
    }

    /// The object in the form that all objects of its meaning have.
    pub(crate) fn of(&self, mut object: Value) -> Value {
        without_null(&mut object);
        let kind = text(&object["kind"]);
        if let Some(newer) = self.versions.get(&text(&object["apiVersion"])) {
            object["apiVersion"] = json!(newer);
        }
        for path in &self.ignored {
            at(&mut object, &parts(&kind, path), &mut |parent, field| drop(parent.remove(field)));
        }
        if kind == "Deployment" && object["spec"].get("selector").is_none() {
            // before apps/v1 it selected the labels of its pods
            object["spec"]["selector"] = json!({"matchLabels": object["spec"]["template"]["metadata"]["labels"]});
        }
        for (path, default) in self.defaults.get(&kind).into_iter().flatten() {
            at(&mut object, &parts(&kind, path), &mut |parent, field| fill(parent, field, default));
        }
        for containers in ["pod.containers[].imagePullPolicy", "pod.initContainers[].imagePullPolicy"] {
            at(&mut object, &parts(&kind, containers), &mut pull_policy);
        }
        for path in &self.quantities {
            at(&mut object, &parts(&kind, path), &mut |parent, field| {
                parent.entry(field).and_modify(|value| *value = quantity(value));
            });
        }
        for path in &self.unordered {
            let path = path.strip_suffix("[]").unwrap();
            at(&mut object, &parts(&kind, path), &mut |parent, field| {
                if let Some(list) = parent.get_mut(field).and_then(Value::as_array_mut) {
                    list.sort_by_key(Value::to_string);
                }
            });
        }
        object
    }
}

/// How `baked` differs from `wanted` in meaning; nothing where it does not. Both are of [`Meaning::of`]. The charts
/// label every object they make, so `baked` may have labels that `wanted` has not; pods and selectors may not.
pub(crate) fn difference(wanted: &Value, baked: &Value) -> Option<String> {
    let (mut wanted, mut baked) = (wanted.clone(), baked.clone());
    for object in [&mut wanted, &mut baked] {
        object["metadata"].as_object_mut().unwrap().remove("namespace");
    }
    let labels = wanted["metadata"].get("labels").cloned().unwrap_or(json!({}));
    for object in [&mut wanted, &mut baked] {
        let metadata = object["metadata"].as_object_mut().unwrap();
        let own = metadata.remove("labels").unwrap_or(json!({}));
        let kept: Map<_, _> = labels.as_object().unwrap().keys().map(|k| (k.clone(), own[k].clone())).collect();
        metadata.insert("labels".into(), Value::Object(kept));
    }
    let mut found = Vec::new();
    differences(&wanted, &baked, "", &mut found);
    (!found.is_empty()).then(|| found.join("\n"))
}

/// The object's kind, namespace and name.
pub(crate) fn key(object: &Value) -> Key {
    let metadata = &object["metadata"];
    let namespace = metadata.get("namespace").map_or("default".to_owned(), text);
    Key { kind: text(&object["kind"]), namespace, name: text(&metadata["name"]) }
}

/// The documents of a file that are objects.
pub(crate) fn documents(text: &[u8]) -> Vec<Value> {
    bake::manifest::split_manifests(text).into_iter().map(read).filter(Value::is_object).collect()
}

/// A document as JSON.
pub(crate) fn read(text: &[u8]) -> Value {
    to_json(&yaml::read(text, &Budget::default()).unwrap())
}

fn differences(wanted: &Value, baked: &Value, place: &str, found: &mut Vec<String>) {
    match (wanted, baked) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))) {
                let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differences(&of(a), &of(b), &format!("{place}.{key}"), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{place}[{i}]"), found);
            }
        }
        // 5 and 5.0 are one number to the server
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ if wanted == baked => {}
        _ => found.push(format!("  {place}: wanted {wanted}, baked {baked}")),
    }
}

/// Calls `change` with every map that has, or may get, the last field of the path.
fn at(value: &mut Value, path: &[String], change: &mut impl FnMut(&mut Map<String, Value>, &str)) {
    let Some((first, rest)) = path.split_first() else { return };
    let Some(map) = value.as_object_mut() else { return };
    let (name, list) = first.strip_suffix("[]").map_or((first.as_str(), false), |name| (name, true));
    if rest.is_empty() && name == "*" {
        for key in map.keys().cloned().collect::<Vec<_>>() {
            change(map, &key);
        }
    } else if rest.is_empty() {
        change(map, name);
    } else if let Some(below) = map.get_mut(name) {
        match below {
            Value::Array(items) if list => items.iter_mut().for_each(|item| at(item, rest, change)),
            below => at(below, rest, change),
        }
    }
}

fn parts(kind: &str, path: &str) -> Vec<String> {
    let path = match path.strip_prefix("pod.") {
        Some(rest) if kind == "CronJob" => format!("spec.jobTemplate.spec.template.spec.{rest}"),
        Some(rest) => format!("spec.template.spec.{rest}"),
        None => path.to_owned(),
    };
    path.split('.').map(str::to_owned).collect()
}

fn fill(parent: &mut Map<String, Value>, field: &str, default: &Value) {
    let default = match default.as_str().and_then(|text| text.strip_prefix('=')) {
        Some(sibling) => parent.get(sibling).cloned().unwrap_or_default(),
        None => default.clone(),
    };
    // a variable with a source has no value
    if !(field == "value" && parent.contains_key("valueFrom")) {
        parent.entry(field).or_insert(default);
    }
}

fn pull_policy(container: &mut Map<String, Value>, field: &str) {
    let image = container.get("image").map(text).unwrap_or_default();
    let name = image.rsplit('/').next().unwrap();
    let latest = !name.contains('@') && name.rsplit_once(':').is_none_or(|(_, tag)| tag == "latest");
    container.entry(field).or_insert(json!(if latest { "Always" } else { "IfNotPresent" }));
}

/// Thousandths, as text.
fn quantity(value: &Value) -> Value {
    let all = text(value);
    let digits = all.trim_end_matches(char::is_alphabetic);
    let factor = match &all[digits.len()..] {
        "m" => 1.0,
        "" => 1e3,
        "k" => 1e6,
        "M" => 1e9,
        "G" => 1e12,
        "Ki" => 1e3 * 1024.0,
        "Mi" => 1e3 * 1024.0 * 1024.0,
        "Gi" => 1e3 * 1024.0 * 1024.0 * 1024.0,
        other => panic!("a quantity of {other:?}: {all}"),
    };
    json!(digits.parse::<f64>().unwrap() * factor)
}

fn without_null(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, below| !below.is_null());
            map.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
