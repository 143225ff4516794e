//! Istio's own examples of what is valid and what is not, through the values of the `service` chart.

use std::fs;

use bake::{Bake, Chart};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use testkit::need;

use super::meaning::{self, Meaning, documents};
use super::{manifests, objects};

/// Kinds that the chart gives the selector of the app, unless their spec has one of these fields or they say that they are
/// for the whole namespace.
const SELECTING: &[&str] = &["EnvoyFilter", "PeerAuthentication", "ProxyConfig", "Sidecar", "Telemetry", "WasmPlugin"];
const SELECTORS: &[&str] = &["selector", "targetRef", "targetRefs", "workloadSelector"];

/// Kinds for which the chart has keys of their own, typed; the others go through `istio.objects`, untouched.
const TYPED: &[&str] = &["AuthorizationPolicy", "DestinationRule", "RequestAuthentication"];

#[test]
fn every_valid_object_of_istio_comes_out_as_it_is() {
    let Some(shared) = need::shared() else { return };
    let shared = shared.join("apps");
    let (chart, meaning) = (Chart::builtin("service").unwrap(), Meaning::load());
    let mut compared = 0;
    for file in manifests(&shared, &["istio-testdata"]) {
        for object in documents(&fs::read(shared.join(&file)).unwrap()) {
            if object.get("kind").is_none() || object.get("_err").is_some() {
                continue;
            }
            let baked = objects(&bake(&chart, &object).render().unwrap());
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

/// A row of `testdata/apps/istio-refused.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    /// `Kind/name`.
    object: String,
    /// What Istio says of it.
    istio: String,
    /// What the chart says of it.
    error: String,
}

#[test]
fn every_invalid_object_of_a_typed_kind_is_refused() {
    let Some(shared) = need::shared() else { return };
    let shared = shared.join("apps");
    let chart = Chart::builtin("service").unwrap();
    let rows = meaning::read(&fs::read("testdata/apps/istio-refused.yaml").unwrap());
    let rows: Vec<Refused> = serde_json::from_value(rows).unwrap();
    let (mut refused, mut passed) = (0, 0);
    for file in manifests(&shared, &["istio-testdata"]) {
        for object in documents(&fs::read(shared.join(&file)).unwrap()) {
            let Some(istio) = object.get("_err").and_then(Value::as_str) else { continue };
            let (kind, name) = (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
            let baked = bake(&chart, &object).render();
            if !TYPED.contains(&kind) {
                assert!(baked.is_ok() || object.get("spec").is_none(), "{name}: {}", baked.unwrap_err());
                passed += 1;
                continue;
            }
            let object = format!("{kind}/{name}");
            let row = rows.iter().find(|row| row.object == object && row.istio == istio);
            let row = row.unwrap_or_else(|| panic!("{object} has no row: Istio says {istio:?}"));
            let error = baked.err().unwrap_or_else(|| panic!("{object} is accepted; Istio says: {istio}"));
            assert!(error.to_string().contains(&row.error), "{object}\nwant {}\ngot {error}", row.error);
            refused += 1;
        }
    }
    println!("istio-testdata: {refused} invalid objects refused; {passed} of kinds without keys pass, for bake lint");
    assert_eq!(refused, rows.len(), "rows that no object has");
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
            if SELECTING.contains(&kind) && !SELECTORS.iter().any(|field| spec.contains_key(*field)) {
                item.insert("wholeNamespace".into(), json!(true));
            }
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
