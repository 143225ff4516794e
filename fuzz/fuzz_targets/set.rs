//! All forms of `--set` over one map: each line of the input is a letter for the form and then the text.
//! Whatever becomes of it, the map prints as JSON and every list stays below its limit.
#![no_main]

use bake::error::{Error, ErrorKind, Origin};
use bake::run::Run;
use bake::unstable_engine::{SetMode, parse_set_into};
use bake::value::{Map, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let run = Run::new(bake_fuzz::limits());
    let base = bake::yaml::read_values(b"a: {b: [1, {c: 2}, []], t: text}\nl: [{x: 1}]\nn: null\n", &run).unwrap();
    let Value::Map(base) = base.to_value(1) else { return };
    let mut slots = run.limits.set_slots;
    let mut reader = |name: &str| match name {
        "" => Err(Error::new(ErrorKind::Io, "no such file")),
        name => Ok(name.as_bytes().to_vec()),
    };
    for line in input.lines() {
        let mut chars = line.chars();
        let mode = match chars.next() {
            Some('s') => SetMode::Text,
            Some('j') => SetMode::Json,
            Some('f') => SetMode::File(&mut reader),
            Some('l') => SetMode::Literal,
            Some(_) => SetMode::Typed,
            None => continue,
        };
        let done = parse_set_into(chars.as_str(), &base, mode, Origin { layer: 2, line: 0 }, &mut slots, &run);
        if let Err(error) = done {
            assert!(!error.message().is_empty());
        }
    }
    assert_bounded(&base, run.limits.set_index);
    if let Ok(text) = bake::yaml::to_json(&Value::Map(base), true, &run) {
        bake::yaml::read_json(&text, &run).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&text)));
    }
});

fn assert_bounded(map: &Map, index: usize) {
    let mut pending: Vec<Value> = map.sorted().into_iter().map(|(_, value)| value).collect();
    while let Some(value) = pending.pop() {
        match value {
            Value::Map(map) => pending.extend(map.sorted().into_iter().map(|(_, value)| value)),
            // a list may also come as JSON or as {a,b}: those are as long as their text
            Value::List(list) => {
                assert!(list.len() <= (index + 1).max(1 << 20));
                pending.extend(list.iter().cloned());
            }
            _ => {}
        }
    }
}
