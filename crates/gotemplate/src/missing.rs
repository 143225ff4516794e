//! What a template asks for and does not get: hints for errors of values that are not set. Nothing of this runs without an error.

use super::exec::{Executor, Frame};
use super::unit::{Id, Kind, NONE, Path, Range};
use super::val::Val;
use crate::error::{Error, NOT_SET, suggest};
use crate::value::{Str, Value};
use go::strconv::quote;

impl Executor<'_> {
    /// The error with a hint which of the names at a node is not set.
    #[cold]
    pub(super) fn with_missing(&self, f: &Frame<'_>, at: Id, error: Error) -> Error {
        match self.what_is_missing(f, at) {
            Some(missing) => missing.explain(error),
            None => error,
        }
    }

    /// The error of a call with a hint which of its arguments is not set.
    #[cold]
    pub(super) fn with_missing_argument(&self, f: &Frame<'_>, args: &[Id], error: Error) -> Error {
        match args.iter().find_map(|arg| self.what_is_missing(f, *arg)) {
            Some(missing) => missing.explain(error).with_reason(NOT_SET),
            None => error,
        }
    }

    /// Which of the names at a node is not set, and what may be meant.
    #[cold]
    fn what_is_missing(&self, f: &Frame<'_>, at: Id) -> Option<Missing> {
        let unit = f.unit;
        let node = unit.node(at);
        let of_dot = matches!(node.kind, Kind::Field(_));
        let (mut value, names, mut path) = if let Kind::Field(fields) = node.kind {
            (f.dot.v.clone(), unit.names(fields), String::new())
        } else {
            let Path { slot, name, fields } = unit.path(node).filter(|path| path.slot != NONE)?;
            let root = self.vars.get(f.base + slot as usize)?.v.clone();
            (root, unit.names(fields), String::from_utf8_lossy(unit.slice(name)).into_owned())
        };
        for (at, name) in names.iter().enumerate() {
            let name = std::str::from_utf8(unit.slice(*name)).ok()?;
            let map = match &value {
                Value::Map(map) => map.clone(),
                Value::Object(_) => return None,
                _ if at == 0 => return self.outside_dot(f, name, names).filter(|_| of_dot).map(Missing::new),
                other => {
                    let hint = format!("{path} is {}, not a map", in_words(other));
                    return Some(Missing { hint, is_set: true });
                }
            };
            let Some(next) = map.get(name.as_bytes()) else {
                if at == 0
                    && of_dot
                    && let Some(hint) = self.outside_dot(f, name, names)
                {
                    return Some(Missing::new(hint));
                }
                let keys = map.sorted_keys();
                let nearest = suggest::nearest(name, keys.iter().filter_map(Str::to_str));
                return Some(Missing::new(match nearest {
                    Some(key) => format!("{path}.{name} is not set; did you mean {path}.{key}?"),
                    None => format!("{path}.{name} is not set"),
                }));
            };
            path = format!("{path}.{name}");
            if next.is_nil() {
                return Some(Missing { hint: format!("{path} is null"), is_set: true });
            }
            value = next;
        }
        None
    }

    /// What to write for a name that `.` does not have, but the value that the template, or the outermost one, was given.
    #[cold]
    fn outside_dot(&self, f: &Frame<'_>, name: &str, names: &[Range]) -> Option<String> {
        let has = |root: Option<&Val>| match root.map(|root| &root.v) {
            Some(Value::Map(map)) => map.contains(name.as_bytes()),
            _ => false,
        };
        if has(self.vars.get(f.base)) {
            let path: Vec<_> = names.iter().map(|name| String::from_utf8_lossy(f.unit.slice(*name))).collect();
            return Some(format!("inside `range` and `with`, `.` is another value: write $.{}", path.join(".")));
        }
        let name_of = &f.linked.name;
        has(self.vars.first()).then(|| {
            format!(
                "the caller of {} passes a value without .{name}; `$` passes all that a template starts with",
                quote(name_of)
            )
        })
    }
}

/// A value that is not what a template takes it for.
struct Missing {
    hint: String,
    /// Whether it was set, to null or to something else.
    is_set: bool,
}

impl Missing {
    /// A value that was set nowhere.
    fn new(hint: String) -> Self {
        Missing { hint, is_set: false }
    }

    /// The error with the hint; a value that was set nowhere has no origin.
    fn explain(self, error: Error) -> Error {
        let error = error.with_hint(self.hint);
        if self.is_set { error } else { error.without_origin() }
    }
}

/// What a value is, in words.
fn in_words(value: &Value) -> &'static str {
    match value {
        Value::Nil => "null",
        Value::Bool(_) => "a truth value",
        Value::Str(_) | Value::Bytes(_) => "a string",
        Value::List(_) => "a list",
        Value::Map(_) => "a map",
        Value::Object(_) => "an object",
        _ => "a number",
    }
}
