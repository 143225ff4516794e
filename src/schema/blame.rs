//! Finds the value that a fault is about: its origin, and a hint what to write instead.

use super::advice;
use super::fault::{Fault, Kind, Token};
use super::problem::type_at;
use crate::error::suggest::nearest;
use crate::error::{Error, Origin};
use crate::value::{Map, Value};
use crate::values::json::Doc;

/// So many keys at most are told where a key is not known.
const MAX_KEYS: usize = 24;

/// Adds to an error what the first fault that speaks for itself is about.
pub(super) fn explain(error: Error, fault: &Fault, doc: &Doc, values: &Map) -> Error {
    let Some(leaf) = leaf(fault) else { return error };
    let mut path = leaf.path.clone();
    if let Kind::Additional { names, .. } = &leaf.kind
        && let Some(name) = names.first()
    {
        path.push(Token::Name(name.clone()));
    }
    let (value, origin) = find(values, &path);
    let error = error.with_origin(origin);
    match hint(leaf, doc, &value, origin).or_else(|| advice::describe(doc, &leaf.path)) {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// The first fault on the way down that has no cause below it; of several schemas, that which takes the value's type.
fn leaf(fault: &Fault) -> Option<&Fault> {
    let mut fault = fault;
    while let Some(first) = fault.causes.first() {
        let fits = |cause: &&std::rc::Rc<Fault>| type_at(cause, &fault.path).is_none();
        fault = match fault.kind {
            Kind::AnyOf | Kind::OneOf(None) => fault.causes.iter().find(fits).unwrap_or(first),
            _ => first,
        };
    }
    (!matches!(fault.kind, Kind::Silent)).then_some(fault)
}

/// What to write instead, where that can be told.
fn hint(leaf: &Fault, doc: &Doc, value: &Value, origin: Origin) -> Option<String> {
    match &leaf.kind {
        Kind::Additional { names, known } => {
            let name = names.first()?;
            let mut known: Vec<&str> = known.iter().filter_map(|k| k.to_str()).collect();
            if let Some(meant) = nearest(&name.to_string_lossy(), known.iter().copied()) {
                return Some(format!("did you mean {meant:?} instead of {name:?}?"));
            }
            known.sort_unstable();
            (1..=MAX_KEYS).contains(&known.len()).then(|| format!("the keys here are: {}", known.join(", ")))
        }
        Kind::Type(_, wanted) => {
            let wants = |name: &str| wanted.names().any(|wanted| wanted == name);
            let from_flag = origin.is_some() && origin.line == 0;
            match value {
                Value::Str(text) if wants("integer") || wants("number") => {
                    let text = text.to_str().filter(|text| text.parse::<f64>().is_ok())?;
                    Some(format!("write it without quotes: {text}"))
                }
                Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Float(_) if wants("string") && from_flag => {
                    Some("--set-string keeps it text".to_owned())
                }
                Value::Bool(b) if wants("string") => Some(format!("write it in quotes: \"{b}\"")),
                Value::Int(n) | Value::Int64(n) if wants("string") => Some(format!("write it in quotes: \"{n}\"")),
                Value::Float(n) if wants("string") => {
                    // 1.10 is 1.1 by now: only a whole number is what stands in the file
                    let whole = if n.fract() == 0.0 && n.abs() < 1e15 { format!(": \"{n}\"") } else { String::new() };
                    let described =
                        advice::describe(doc, &leaf.path).map(|text| format!("; {text}")).unwrap_or_default();
                    Some(format!("write it in quotes{whole}{described}"))
                }
                _ => None,
            }
        }
        _ => {
            let Value::Str(text) = value else { return None };
            let meant = nearest(text.to_str()?, advice::variants(doc, &leaf.path))?;
            Some(format!("did you mean {meant:?}?"))
        }
    }
}

/// The value at a path, and the origin of it or of what holds it.
fn find(values: &Map, path: &[Token]) -> (Value, Origin) {
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
    (value, origin)
}
