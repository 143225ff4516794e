//! Equality in JSON Schema: numbers by value, objects without order.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use super::number::{Decimal, Number};
use crate::value::Value;
use crate::values::json::{Doc, Json};
use go::stack::with_stack;

/// Whether a value is what a schema writes.
pub(super) fn equals(value: &Value, doc: &Doc, node: u32) -> bool {
    match (value, doc.get(node)) {
        (Value::Nil, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => *a == b,
        (Value::Str(a), Json::Str(b)) => **a == *b,
        (Value::List(a), Json::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| with_stack(|| equals(a, doc, b)))
        }
        (Value::Map(a), Json::Map(b)) => {
            a.len() == b.len() && b.iter().all(|(key, b)| a.get(key).is_some_and(|a| with_stack(|| equals(&a, doc, b))))
        }
        (value, Json::Number(text)) => Number::read(text).equals(value),
        _ => false,
    }
}

/// Go: `equals` of `util.go`.
fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| with_stack(|| same_value(a, b)))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len()
                && a.entries()
                    .iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| with_stack(|| same_value(&a.value, &b))))
        }
        _ => match (Decimal::of(a), Decimal::of(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
    }
}

/// The first two equal items.
pub(super) fn duplicates(items: &[Value]) -> Option<(usize, usize)> {
    let state = foldhash::fast::FixedState::default();
    let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
    for (j, item) in items.iter().enumerate() {
        let mut hasher = state.build_hasher();
        hash(item, &mut hasher);
        let places = seen.entry(hasher.finish()).or_default();
        let equal = |i: &&usize| items.get(**i).is_some_and(|other| same_value(other, item));
        if let Some(i) = places.iter().find(equal) {
            return Some((*i, j));
        }
        places.push(j);
    }
    None
}

/// Equal values hash to the same number.
fn hash(value: &Value, hasher: &mut impl Hasher) {
    with_stack(|| match value {
        Value::Nil => 0_u8.hash(hasher),
        Value::Bool(b) => b.hash(hasher),
        Value::Str(text) => text.hash(hasher),
        Value::List(items) => {
            1_u8.hash(hasher);
            items.iter().for_each(|item| hash(item, hasher));
        }
        Value::Map(map) => {
            2_u8.hash(hasher);
            for (key, item) in map.sorted() {
                key.hash(hasher);
                hash(&item, hasher);
            }
        }
        other => Decimal::of(other).hash(hasher),
    });
}
