//! Istio's own examples of what is valid and what is not, through the values of the `service` chart.

use std::fs;

use bake::{Bake, Chart};
use serde_json::{Map, Value, json};

use crate::meaning::{self, Meaning, documents};
use crate::{manifests, objects, shared};

/// Kinds for which the chart has keys of their own, typed; the others go through `istio.objects`, untouched.
const TYPED: &[&str] = &["AuthorizationPolicy", "DestinationRule", "RequestAuthentication"];

#[test]
fn every_valid_object_of_istio_comes_out_as_it_is() {
    let Some(shared) = shared() else { return };
    let (chart, meaning) = (Chart::builtin("service").unwrap(), Meaning::load());
    let mut compared = 0;
    for file in manifests(&shared, &["istio-testdata"]) {
        for object in documents(&fs::read(shared.join(&file)).unwrap()) {
            if object.get("kind").is_none() || object.get("_err").is_some() {
                continue;
            }
            let baked = objects(&bake(&chart, &object));
            let [baked] = baked.try_into().unwrap_or_else(|all| panic!("{file}: {all:?}"));
            let mut wanted = object.clone();
            if wanted.get("spec").is_none_or(Value::is_null) {
                wanted["spec"] = json!({});
            }
            let difference = meaning::difference(&meaning.of(wanted), &meaning.of(baked));
            assert!(difference.is_none(), "{file}: {}\n{}", object["metadata"]["name"], difference.unwrap());
            compared += 1;
        }
    }
    println!("istio-testdata: {compared} valid objects equal");
    assert!(compared >= 70, "only {compared} compared");
}

/// Each row of `istio-refused.yaml`: a file, and by the name of an object the sentence that the bake ends with.
#[test]
fn every_invalid_object_of_a_typed_kind_is_refused() {
    let Some(shared) = shared() else { return };
    let chart = Chart::builtin("service").unwrap();
    let rows = meaning::read(&fs::read("testdata/apps/istio-refused.yaml").unwrap());
    let mut seen = Vec::new();
    for file in manifests(&shared, &["istio-testdata"]) {
        for object in documents(&fs::read(shared.join(&file)).unwrap()) {
            let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
            if !TYPED.contains(&kind) || object.get("_err").is_none() {
                continue;
            }
            let name = format!("{kind}/{}", object["metadata"]["name"].as_str().unwrap());
            let error = bake(&chart, &object).render().err().map(|error| error.to_string());
            let error = error.unwrap_or_else(|| panic!("{name} is accepted; Istio says: {}", object["_err"]));
            let said = rows.as_array().unwrap().iter().filter(|row| row["object"] == name.as_str());
            let said: Vec<_> = said.map(|row| row["error"].as_str().unwrap().to_owned()).collect();
            assert!(said.iter().any(|sentence| error.contains(sentence.as_str())), "{name}\n{error}\n{said:?}");
            seen.push(name);
        }
    }
    println!("istio-testdata: {} invalid objects refused", seen.len());
    assert_eq!(seen.len(), rows.as_array().unwrap().len(), "rows that no object has");
}

/// The object as a user of the chart writes it, baked.
fn bake<'c>(chart: &'c Chart, object: &Value) -> Bake<'c> {
    let values = json!({"istioConfigVersion": "v1", "istio": values(object)});
    Bake::new(chart).release("app").namespace("default").values("values", &values).unwrap()
}

fn values(object: &Value) -> Value {
    let kind = object["kind"].as_str().unwrap();
    let mut item: Map<String, Value> = Map::new();
    for field in ["name", "namespace", "labels", "annotations"] {
        if let Some(value) = object["metadata"].get(field) {
            item.insert(field.into(), value.clone());
        }
    }
    let mut spec = object.get("spec").and_then(Value::as_object).cloned().unwrap_or_default();
    let group = match kind {
        "DestinationRule" => "destinationRules",
        "AuthorizationPolicy" => "authorizationPolicies",
        "RequestAuthentication" => "requestAuthentications",
        _ => {
            item.extend([("kind".into(), object["kind"].clone()), ("apiVersion".into(), object["apiVersion"].clone())]);
            item.insert("spec".into(), Value::Object(spec));
            return json!({"objects": {"it": item}});
        }
    };
    // one target is a list of one
    if let Some(target) = spec.remove("targetRef") {
        let mut targets = spec.remove("targetRefs").and_then(|t| t.as_array().cloned()).unwrap_or_default();
        targets.push(target);
        spec.insert("targetRefs".into(), json!(targets));
    }
    let selector = spec.remove("selector");
    if group != "destinationRules" && (selector.is_some() || !spec.contains_key("targetRefs")) {
        let mut labels = selector.and_then(|s| s["matchLabels"].as_object().cloned()).unwrap_or_default();
        labels.entry("app").or_insert(Value::Null);
        item.insert("selector".into(), Value::Object(labels));
    }
    item.extend(spec);
    json!({group: {"it": item}})
}
