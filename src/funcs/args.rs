//! Access to arguments. The engine has checked their number and converted them according to the signature of the function, so
//! a mismatch here can only be a mistake in a table. It reads as the zero value instead of a panic.

use super::Env;
use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::template::Context;
use crate::value::{Map, Str, Value, fmt};

/// Argument `i`; nil if there are fewer.
pub(super) fn any(args: &[Value], i: usize) -> Value {
    args.get(i).cloned().unwrap_or_default()
}

/// The bytes of argument `i`, a `string` or `[]byte`.
pub(super) fn bytes(args: &[Value], i: usize) -> &[u8] {
    match args.get(i) {
        Some(Value::Str(s) | Value::Bytes(s)) => s,
        _ => &[],
    }
}

/// Argument `i`, an integer of any kind.
pub(super) fn int(args: &[Value], i: usize) -> i64 {
    match args.get(i) {
        Some(Value::Int(n) | Value::Int64(n)) => *n,
        Some(Value::Uint8(n)) => i64::from(*n),
        #[allow(clippy::cast_possible_wrap)] // as Go converts
        Some(Value::Uint64(n)) => *n as i64,
        _ => 0,
    }
}

/// Argument `i`, a `bool`.
pub(super) fn bool(args: &[Value], i: usize) -> bool {
    matches!(args.get(i), Some(Value::Bool(true)))
}

/// Argument `i`, a map; a new empty one if it is not a map.
pub(super) fn map(args: &[Value], i: usize) -> Map {
    match args.get(i) {
        Some(Value::Map(m)) => m.clone(),
        _ => Map::new(),
    }
}

/// The arguments from `i` on: the variadic ones.
pub(super) fn rest(args: &[Value], i: usize) -> &[Value] {
    args.get(i..).unwrap_or_default()
}

/// The environment of the functions.
pub(super) fn env(cx: &dyn Context) -> Result<&Env> {
    cx.env().downcast_ref::<Env>().ok_or_else(|| Error::func("the engine runs without a function environment"))
}

/// Any value as a string: strings and bytes unchanged, errors and Stringers by their text, anything else as `%v` prints it.
/// Sprig: `strval`.
pub(super) fn strval(value: &Value, budget: &Budget) -> Result<Str> {
    match value {
        Value::Str(s) | Value::Bytes(s) => Ok(s.clone()),
        _ => {
            let mut out = Vec::new();
            append_strval(&mut out, value, budget)?;
            Ok(out.into())
        }
    }
}

/// Appends the result of [`strval`].
pub(super) fn append_strval(out: &mut Vec<u8>, value: &Value, budget: &Budget) -> Result<()> {
    match value {
        Value::Str(s) | Value::Bytes(s) => {
            out.extend_from_slice(s);
            Ok(())
        }
        Value::Object(object) => match object.text() {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            None => append_value(out, value, budget),
        },
        _ => append_value(out, value, budget),
    }
}

/// Appends a value as `%v` prints it.
pub(super) fn append_value(out: &mut Vec<u8>, value: &Value, budget: &Budget) -> Result<()> {
    match value {
        Value::Nil => out.extend_from_slice(b"<nil>"),
        Value::Object(_) => out.extend_from_slice(&fmt::sprint(std::slice::from_ref(value), budget)?),
        _ => fmt::append_value(out, value, budget)?,
    }
    Ok(())
}

/// Any value as a list of strings: the items of a slice without nils, or a single item. Sprig: `strslice`.
pub(super) fn strslice(value: &Value, budget: &Budget) -> Result<Vec<Str>> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => list.iter().filter(|v| !v.is_nil()).map(|v| strval(v, budget)).collect(),
        Value::Bytes(bytes) => {
            budget.reserve(64 * bytes.len() as u64)?;
            Ok(bytes.iter().map(|b| b.to_string().into()).collect())
        }
        Value::Object(object) => match object.items() {
            Some(items) => items.iter().filter(|v| !v.is_nil()).map(|v| strval(v, budget)).collect(),
            None => Ok(vec![strval(value, budget)?]),
        },
        _ => Ok(vec![strval(value, budget)?]),
    }
}
