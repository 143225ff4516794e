//! The answers of go-yaml, encoding/json and BurntSushi/toml that the folder `BAKE_SHARED` has; `testkit::answers` tells
//! how they are judged.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may

use std::path::Path;

use gotemplate::{Budget, Result, Value};
use serde_json::Value as Json;
use testkit::answers::{self, Outcome, difference, run_all, text};
use testkit::need;

#[test]
fn yaml_json_and_toml_are_read_and_written_as_in_go() {
    let Some(shared) = need::shared() else { return };
    let folder = shared.join("oracle/yaml");
    answers::judge(vec![
        ("yaml.read", read(&folder.join("read.jsonl"))),
        ("yaml.read_suite", read(&folder.join("read_suite.jsonl"))),
        ("yaml.write", write(&folder.join("write.jsonl"))),
        ("yaml.write_fn", write_fn(&folder.join("write_fn.jsonl"))),
    ]);
}

/// The cases whose answer is always the same, with their lines in the file.
fn stable(path: &Path) -> Vec<(usize, Json)> {
    answers::cases(path)
        .into_iter()
        .zip(1..)
        .filter(|(case, _)| case["unstable"] != true)
        .map(|(case, n)| (n, case))
        .collect()
}

fn outcome(line: usize, case: &Json, difference: Option<String>) -> Outcome {
    Outcome { id: format!("line-{line}"), about: case["class"].as_str().unwrap_or("").to_owned(), difference }
}

fn read(path: &Path) -> Vec<Outcome> {
    run_all(&stable(path), |(line, case)| {
        let input = text(case, "input").unwrap_or_default();
        let json_of = |node: Result<goyaml::Node>| match node {
            Ok(node) => goyaml::to_json(&node.to_value(0), true, &Budget::default()),
            Err(error) => Err(error),
        };
        let compare = |what: &str, want: Option<Vec<u8>>, error: Option<&str>, got: Result<Vec<u8>>| match (want, got) {
            (Some(want), Ok(got)) => difference(&format!("{what} {input:?}"), &canonical(&want), &canonical(&got)),
            (_, Err(got)) => difference(
                &format!("{what} {:?}", String::from_utf8_lossy(&input)),
                error.unwrap_or("").as_bytes(),
                got.message().as_bytes(),
            ),
            (None, Ok(got)) => difference(what, error.unwrap_or("no error").as_bytes(), &got),
        };
        let json = |key: &str| case.get(key).map(|v| v.to_string().into_bytes());
        let error = case.get("error").and_then(Json::as_str);
        let mut found = compare("read", json("json"), error, json_of(goyaml::read(&input, &Budget::default())));
        if case.get("values").is_some() || case.get("values_error").is_some() {
            let error = case.get("values_error").and_then(Json::as_str);
            found = found.or(compare(
                "values",
                json("values"),
                error,
                json_of(goyaml::read_values(&input, &Budget::default())),
            ));
        }
        outcome(*line, case, found)
    })
}

/// JSON in one form: keys sorted, numbers as float64.
fn canonical(text: &[u8]) -> Vec<u8> {
    let node = goyaml::read_json(text, &Budget::default()).unwrap();
    goyaml::to_json(&node.to_value(0), true, &Budget::default()).unwrap()
}

fn write(path: &Path) -> Vec<Outcome> {
    run_all(&stable(path), |(line, case)| {
        let value = value(&case["value"], case["nums"] == "int64");
        let got = goyaml::to_yaml(&value, &Budget::default());
        if let Some(want) = case.get("yaml_error").and_then(Json::as_str) {
            let got = got.map_err(|e| e.message().as_bytes().to_vec()).err().unwrap_or_default();
            let found = difference(&case["value"].to_string(), want.as_bytes(), &got);
            return outcome(*line, case, found);
        }
        let found = match (text(case, "yaml"), got) {
            (Some(want), Ok(got)) => difference(&case["value"].to_string(), &want, &got),
            (Some(want), Err(got)) => difference(&case["value"].to_string(), &want, got.message().as_bytes()),
            (None, got) => Some(format!("{}: no answer to compare {got:?} with", case["value"])),
        };
        outcome(*line, case, found)
    })
}

fn write_fn(path: &Path) -> Vec<Outcome> {
    run_all(&stable(path), |(line, case)| {
        let value = value(&case["value"], case["nums"] == "int64");
        let budget = Budget::default();
        let json = text(case, "json");
        let raw = text(case, "raw_json").or_else(|| json.clone());
        let wanted = [
            ("pretty", text(case, "pretty"), goyaml::to_yaml_pretty(&value, &budget)),
            ("json", json, goyaml::to_json(&value, true, &budget)),
            ("raw_json", raw, goyaml::to_json(&value, false, &budget)),
            ("pretty_json", text(case, "pretty_json"), goyaml::to_json_indent(&value, true, "  ", &budget)),
            ("toml", text(case, "toml"), goyaml::to_toml(&value, &budget)),
        ];
        let found = wanted.into_iter().find_map(|(what, want, got)| {
            let want = want?;
            let got = got.unwrap_or_else(|e| format!("ERROR {}", e.message()).into_bytes());
            // the function takes one line end off what the encoder writes
            let got = if what == "pretty" { got.strip_suffix(b"\n").unwrap_or(&got) } else { &got };
            difference(&format!("{what} of {}", case["value"]), &want, got)
        });
        outcome(*line, case, found)
    })
}

fn value(json: &Json, int64: bool) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) if int64 && n.is_i64() => Value::Int64(n.as_i64().unwrap()),
        Json::Number(n) => Value::Float(n.to_string().parse().unwrap()),
        Json::String(s) => Value::str(s.as_str()),
        Json::Array(items) => Value::list(items.iter().map(|v| value(v, int64)).collect()),
        Json::Object(map) => Value::map(map.iter().map(|(k, v)| (k.as_str(), value(v, int64)))),
    }
}
