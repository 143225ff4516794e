//! Templates over arbitrary values: the part `values` is YAML, each other part a template that the first one may call.
//! Two runs give the same bytes or the same error, and neither passes the limits.
#![no_main]

use std::sync::{Arc, LazyLock};

use bake::Error;
use bake::limits::{Budget, Limits};
use bake::unstable_engine::template::{Executor, FuncTable, MissingKey, Set, Unit};
use bake::value::{Str, Value};
use libfuzzer_sys::fuzz_target;

static TABLE: LazyLock<Arc<FuncTable>> =
    LazyLock::new(|| Arc::new(FuncTable::new(bake::unstable_engine::template_functions())));

fuzz_target!(|input: &[u8]| {
    let limits = bake_fuzz::limits();
    let mut set = Set::new("");
    let mut values: Vec<u8> = Vec::new();
    for (name, text) in bake_fuzz::parts(input) {
        if name == "values" {
            values = text;
        } else if let Ok(unit) = Unit::compile_named(&name, &Str::from(text), &TABLE, &limits) {
            let _ = set.add(&name, &Arc::new(unit));
        }
    }
    let values =
        bake::yaml::read(&values, &Budget::new(limits.clone())).map(|node| node.to_value(1)).unwrap_or_default();
    let render = || render(&set, &values, &limits);
    match (render(), render()) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first, second);
            assert!(first.len() as u64 <= limits.output_bytes);
        }
        (Err(first), Err(second)) => assert_eq!(first.to_string(), second.to_string()),
        (first, second) => panic!("{first:?} {second:?}"),
    }
});

/// Renders over a copy of the values, because templates change maps.
fn render(set: &Set, values: &Value, limits: &Limits) -> Result<Vec<u8>, Error> {
    let values = match values {
        Value::Map(map) => Value::Map(bake::unstable_engine::deep_copy(map)),
        other => other.clone(),
    };
    let dot = Value::map([("Values", values), ("Release", Value::map([("Name", Value::str("r"))]))]);
    let budget = Budget::new(limits.clone());
    let env = bake_fuzz::env();
    let mut out = Vec::new();
    Executor::new(set, &TABLE, &env, &budget, MissingKey::Zero).execute("", &dot, &mut out)?;
    Ok(out)
}
