//! Any bytes as YAML, JSON and TOML. What was read can be written, and reads back as the same value; a key `<<` aside,
//! which go-yaml writes without quotes and then reads as a merge.
#![no_main]

use bake::limits::{Budget, Limits};
use bake::value::Value;
use bake::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let limits = bake_fuzz::limits();
    let _ = yaml::read_values(input, &budget(&limits));
    let _ = yaml::read_array(input, &budget(&limits));
    if let Ok(node) = yaml::read(input, &budget(&limits)) {
        let value = node.to_value(1);
        let one_way = has_merge_key(&value);
        if let Some(text) = written(yaml::to_yaml(&value, &budget(&limits))).filter(|_| !one_way) {
            same(&value, yaml::read(&text, &budget(&limits)).map(|n| n.to_value(1)), &text);
        }
        if let Some(text) = written(yaml::to_yaml_pretty(&value, &budget(&limits))).filter(|_| !one_way) {
            same(&value, yaml::read(&text, &budget(&limits)).map(|n| n.to_value(1)), &text);
        }
        if let Some(text) = written(yaml::to_json(&value, true, &budget(&limits))) {
            same(&value, yaml::read_json(&text, &budget(&limits)).map(|n| n.to_value(1)), &text);
        }
    }
    if let Ok(node) = yaml::read_json(input, &budget(&limits)) {
        let value = node.to_value(1);
        if let Some(text) = written(yaml::to_json_indent(&value, false, "  ", &budget(&limits))) {
            same(&value, yaml::read_json(&text, &budget(&limits)).map(|n| n.to_value(1)), &text);
        }
    }
    if let Ok(value) = yaml::toml_to_value(input, &budget(&limits)) {
        let _ = yaml::to_toml(&value, &budget(&limits));
    }
});

fn budget(limits: &Limits) -> Budget {
    Budget::new(limits.clone())
}

/// The text, where the writer made one: it may refuse what would be too large.
fn written(text: bake::error::Result<Vec<u8>>) -> Option<Vec<u8>> {
    text.ok()
}

fn has_merge_key(value: &Value) -> bool {
    match value {
        Value::List(list) => list.iter().any(has_merge_key),
        Value::Map(map) => map.sorted().iter().any(|(key, value)| key == "<<" || has_merge_key(value)),
        _ => false,
    }
}

fn same(value: &Value, again: bake::error::Result<Value>, text: &[u8]) {
    let again = match again {
        Ok(again) => again,
        Err(error) if error.limit().is_some() => return,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(text)),
    };
    assert!(equal(value, &again), "{}", String::from_utf8_lossy(text));
}

/// Equal as Go's `reflect.DeepEqual` has it, a nil list or map aside.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits() || a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            let (a, b) = (a.sorted(), b.sorted());
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && equal(&a.1, &b.1))
        }
        _ => false,
    }
}
