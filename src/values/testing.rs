//! What the tests of this room share.

use super::json::Doc;
use crate::error::Origin;
use crate::run::Run;
use crate::value::{Map, Value};

/// A map from JSON, every entry from `layer`.
pub(crate) fn json(text: &str, layer: u16) -> Map {
    let doc = Doc::read(&text.into(), &Run::default()).unwrap();
    let value = doc.value(0, Origin { layer, line: 0 }).unwrap();
    value.as_map().unwrap().clone()
}

/// A value as text, keys sorted; numbers with their kind: `i1` is an `int64`, `f1` a `float64`.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Nil => "null".to_owned(),
        Value::Int64(n) => format!("i{n}"),
        Value::Float(n) => format!("f{n}"),
        Value::Str(s) => format!("{:?}", s.to_string_lossy()),
        Value::List(l) => format!("[{}]", l.iter().map(show).collect::<Vec<_>>().join(",")),
        Value::Map(m) => {
            let pairs: Vec<_> =
                m.sorted().iter().map(|(k, v)| format!("{:?}:{}", k.to_string_lossy(), show(v))).collect();
            format!("{{{}}}", pairs.join(","))
        }
        other => format!("{other:?}"),
    }
}
