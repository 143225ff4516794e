//! Which value a fault is about: where it came from and, for a misspelt name, the name that was meant.

use super::fault::{Fault, Kind, Token};
use crate::error::suggest::nearest;
use crate::error::{Error, Origin};
use crate::value::{Map, Value};

/// Adds to an error what the first fault that speaks for itself is about.
pub(super) fn explain(error: Error, fault: &Fault, values: &Map) -> Error {
    let Some(leaf) = fault.leaf() else { return error };
    let mut error = error;
    let mut path = leaf.path.clone();
    if let Kind::Additional { names, known } = &leaf.kind
        && let Some(name) = names.first()
    {
        path.push(Token::Name(name.clone()));
        let known = known.iter().filter_map(|k| k.to_str());
        if let Some(meant) = nearest(&name.to_string_lossy(), known) {
            error = error.with_hint(format!("did you mean {meant:?} instead of {name:?}?"));
        }
    }
    error.with_origin(origin(values, &path))
}

/// The origin of the value at a path, or of what holds it.
fn origin(values: &Map, path: &[Token]) -> Origin {
    let mut origin = Origin::NONE;
    let mut value = Value::Map(values.clone());
    for token in path {
        let next = match (&value, token) {
            (Value::Map(map), Token::Name(name)) => {
                let Some(entry) = map.entry(name) else { break };
                if entry.origin.is_some() {
                    origin = entry.origin;
                }
                entry.value
            }
            (Value::List(list), Token::Index(index)) => list.get(*index).cloned().unwrap_or_default(),
            _ => break,
        };
        value = next;
    }
    origin
}
