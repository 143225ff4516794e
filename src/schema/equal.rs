//! Equality in JSON Schema: numbers by value, objects without order.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

use super::number::{Number, is_number, rat_of};
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
        (value, Json::Number(text)) => {
            is_number(value)
                && Number::read(text).is_some_and(|number| number.order(value) == Some(std::cmp::Ordering::Equal))
        }
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
        _ => match (rat_of(a), rat_of(b)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
    }
}

/// Most items that are compared one by one. Go: `duplicates` of `util.go`.
const FEW: usize = 20;

/// The first two equal items. Errors where a number cannot be read and items are many: Go fails to hash it.
pub(super) fn duplicates(items: &[Value]) -> Result<Option<(usize, usize)>, Unreadable> {
    let state = foldhash::fast::FixedState::default();
    let mut seen: HashMap<u64, Vec<usize>> = HashMap::new();
    for (j, item) in items.iter().enumerate() {
        let mut hasher = state.build_hasher();
        if !hash(item, &mut hasher) && items.len() > FEW {
            return Err(Unreadable);
        }
        let places = seen.entry(hasher.finish()).or_default();
        let equal = |i: &&usize| items.get(**i).is_some_and(|other| same_value(other, item));
        if let Some(i) = places.iter().find(equal) {
            return Ok(Some((*i, j)));
        }
        places.push(j);
    }
    Ok(None)
}

/// A number with an exponent that Go does not read.
#[derive(Debug)]
pub(super) struct Unreadable;

/// Equal values hash to the same number; false where a number cannot be read.
fn hash(value: &Value, hasher: &mut impl Hasher) -> bool {
    with_stack(|| {
        match value {
            Value::Nil => 0_u8.hash(hasher),
            Value::Bool(b) => b.hash(hasher),
            Value::Str(text) => text.hash(hasher),
            Value::List(items) => {
                1_u8.hash(hasher);
                return items.iter().all(|item| hash(item, hasher));
            }
            Value::Map(map) => {
                2_u8.hash(hasher);
                return map.sorted().into_iter().all(|(key, item)| {
                    key.hash(hasher);
                    hash(&item, hasher)
                });
            }
            number => {
                let exact = rat_of(number);
                exact.hash(hasher);
                return exact.is_some();
            }
        }
        true
    })
}
