//! The builtin functions. Go: `text/template/funcs.go`.

use super::escape;
use super::val::Val;
use crate::error::{Error, FLOAT_AND_INT, Origin, Result};
use crate::limits::Budget;
use crate::value::{Complex, Elem, Kind, List, Map, MapType, Str, Ty, Value, fmt, is_comparable, same_object};

/// A builtin function: like a [`super::Func`], but the engine knows what it does.
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) params: &'static [Ty],
    pub(super) variadic: bool,
    pub(super) which: Which,
}

/// What a builtin does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    And,
    Or,
    Not,
    Len,
    Index,
    Slice,
    Call,
    Print,
    Printf,
    Println,
    Html,
    Js,
    UrlQuery,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

const ONE: &[Ty] = &[Ty::Reflect];
const TWO: &[Ty] = &[Ty::Reflect, Ty::Reflect];
const ANY: &[Ty] = &[Ty::Any];
const FORMAT: &[Ty] = &[Ty::Str, Ty::Any];

/// The table of Go's builtins.
pub(super) static BUILTINS: &[Builtin] = &[
    builtin("and", TWO, true, Which::And),
    builtin("call", TWO, true, Which::Call),
    builtin("eq", TWO, true, Which::Eq),
    builtin("ge", TWO, false, Which::Ge),
    builtin("gt", TWO, false, Which::Gt),
    builtin("html", ANY, true, Which::Html),
    builtin("index", TWO, true, Which::Index),
    builtin("js", ANY, true, Which::Js),
    builtin("le", TWO, false, Which::Le),
    builtin("len", ONE, false, Which::Len),
    builtin("lt", TWO, false, Which::Lt),
    builtin("ne", TWO, false, Which::Ne),
    builtin("not", ONE, false, Which::Not),
    builtin("or", TWO, true, Which::Or),
    builtin("print", ANY, true, Which::Print),
    builtin("printf", FORMAT, true, Which::Printf),
    builtin("println", ANY, true, Which::Println),
    builtin("slice", TWO, true, Which::Slice),
    builtin("urlquery", ANY, true, Which::UrlQuery),
];

const fn builtin(name: &'static str, params: &'static [Ty], variadic: bool, which: Which) -> Builtin {
    Builtin { name, params, variadic, which }
}

/// What a builtin is given.
pub(super) struct Call<'c> {
    pub(super) args: &'c [Value],
    /// Whether the first argument was an interface: tells a nil interface from no value.
    pub(super) iface: bool,
    /// The first argument as `call` names it in errors.
    pub(super) callee: &'c dyn Fn() -> String,
    pub(super) budget: &'c Budget,
    /// Takes the origin of the last map entry read.
    pub(super) origin: &'c mut Origin,
}

/// Runs a builtin other than `and` and `or`, which the engine runs itself.
pub(super) fn run(which: Which, call: &mut Call<'_>) -> Result<Val> {
    let args = call.args;
    let budget = call.budget;
    let value = match which {
        Which::And | Which::Or => return Ok(Val::default()),
        Which::Not => Value::Bool(!args.first().is_some_and(Value::is_true)),
        Which::Len => {
            let length = length(args.first().unwrap_or(&Value::Nil), call.iface)?;
            if let [Value::Object(_)] = args {
                // an object makes its items anew
                budget.step(u64::try_from(length).unwrap_or(0))?;
            }
            Value::Int(length)
        }
        Which::Index => return index(args, call.origin),
        Which::Slice => slice(args, budget)?,
        Which::Call => {
            let first = args.first().unwrap_or(&Value::Nil);
            if first.is_nil() {
                return Err(Error::func("call of nil"));
            }
            return Err(Error::func(format!("non-function {} of type {}", (call.callee)(), first.type_name())));
        }
        Which::Print => Value::str(fmt::sprint(args, budget)?),
        Which::Println => Value::str(fmt::sprintln(args, budget)?),
        Which::Printf => {
            let (format, rest) = args.split_first().unwrap_or((&Value::Nil, &[]));
            let format = format.as_str().map(Str::as_bytes).unwrap_or_default();
            Value::str(fmt::sprintf(format, rest, budget)?)
        }
        Which::Html => escaped(args, budget, escape::html)?,
        Which::Js => escaped(args, budget, escape::js)?,
        Which::UrlQuery => escaped(args, budget, escape::url_query)?,
        Which::Eq => Value::Bool(eq(args, budget)?),
        Which::Ne => Value::Bool(!eq(args, budget)?),
        Which::Lt => Value::Bool(less(args, budget)?),
        Which::Le => Value::Bool(less(args, budget)? || eq(args, budget)?),
        Which::Gt => Value::Bool(!(less(args, budget)? || eq(args, budget)?)),
        Which::Ge => Value::Bool(!less(args, budget)?),
    };
    Ok(Val::of(value))
}

// ---- text

fn escaped(args: &[Value], budget: &Budget, escape: fn(&[u8], &mut Vec<u8>) -> bool) -> Result<Value> {
    let printed;
    let text: &[u8] = if let [Value::Str(text)] = args {
        text
    } else if let [object @ Value::Object(_)] = args {
        printed = fmt::argument_text(object, budget)?;
        &printed
    } else {
        // as the engine prints values, and not as `print` does
        let shown: Vec<Value> =
            args.iter().map(|arg| if arg.is_nil() { Value::from("<no value>") } else { arg.clone() }).collect();
        printed = fmt::sprint(&shown, budget)?;
        &printed
    };
    budget.charge(text.len() as u64)?;
    let mut out = Vec::with_capacity(text.len());
    if !escape(text, &mut out)
        && let [same @ Value::Str(_)] = args
    {
        return Ok(same.clone());
    }
    budget.charge(out.len() as u64)?;
    Ok(Value::str(out))
}

// ---- sequences

fn length(value: &Value, iface: bool) -> Result<i64> {
    let len = match value {
        Value::Nil if iface => return Err(Error::func("len of nil pointer")),
        Value::Nil => return Err(Error::func("reflect: call of reflect.Value.Type on zero Value")),
        Value::Str(s) | Value::Bytes(s) => Some(s.len()),
        Value::List(l) => Some(l.len()),
        Value::Map(m) => Some(m.len()),
        Value::Object(o) if matches!(o.kind(), Kind::Slice | Kind::Map) => Some(o.size()),
        _ => None,
    };
    match len {
        Some(len) => Ok(i64::try_from(len).unwrap_or(i64::MAX)),
        None => Err(Error::func(format!("len of type {}", behind(value)))),
    }
}

/// The name of a value's type; of a pointer it is the type behind it. Go: `indirect`.
fn behind(value: &Value) -> &str {
    value.type_name().trim_start_matches('*')
}

/// An index into something of this length; `limit` itself is let through, as in Go.
fn index_arg(index: &Value, limit: usize) -> Result<usize> {
    let number = match index {
        Value::Int(n) | Value::Int64(n) => *n,
        Value::Uint8(n) => i64::from(*n),
        #[allow(clippy::cast_possible_wrap)] // as Go converts
        Value::Uint64(n) => *n as i64,
        Value::Nil => return Err(Error::func("cannot index slice/array with nil")),
        other => return Err(Error::func(format!("cannot index slice/array with type {}", other.type_name()))),
    };
    match usize::try_from(number) {
        Ok(at) if at <= limit => Ok(at),
        _ => Err(Error::func(format!("index out of range: {number}"))),
    }
}

fn index(args: &[Value], origin: &mut Origin) -> Result<Val> {
    let Some((first, indexes)) = args.split_first() else { return Ok(Val::default()) };
    if first.is_nil() {
        return Err(Error::func("index of untyped nil"));
    }
    let mut item = Val::of(first.clone());
    let past_slice = || Error::func("reflect: slice index out of range");
    for index in indexes {
        item = match &item.v {
            Value::Nil => return Err(Error::func("index of nil pointer")),
            Value::Str(s) => {
                let byte = s.get(index_arg(index, s.len())?);
                Val::of(Value::Uint8(*byte.ok_or_else(|| Error::func("reflect: string index out of range"))?))
            }
            Value::Bytes(s) => Val::of(Value::Uint8(*s.get(index_arg(index, s.len())?).ok_or_else(past_slice)?)),
            Value::List(l) => {
                let value = l.get(index_arg(index, l.len())?).cloned().ok_or_else(past_slice)?;
                Val { v: value, iface: l.elem() == Elem::Any }
            }
            Value::Map(m) => {
                let key = key_arg(index)?;
                match m.entry(key) {
                    Some(entry) => {
                        *origin = entry.origin;
                        Val { v: entry.value, iface: has_any(m) }
                    }
                    None => zero_entry(m),
                }
            }
            Value::Object(o) => {
                if let Some(items) = o.items() {
                    Val::of(items.get(index_arg(index, items.len())?).cloned().ok_or_else(past_slice)?)
                } else if o.kind() == Kind::Map {
                    let key = key_arg(index)?;
                    Val::of(std::str::from_utf8(key).ok().and_then(|key| o.field(key)).unwrap_or_default())
                } else {
                    return Err(Error::func(format!("can't index item of type {}", behind(&item.v))));
                }
            }
            other => return Err(Error::func(format!("can't index item of type {}", behind(other)))),
        };
    }
    Ok(item)
}

fn key_arg(index: &Value) -> Result<&[u8]> {
    match index {
        Value::Str(key) => Ok(key),
        Value::Nil => Err(Error::func("value is nil; should be of type string")),
        other => Err(Error::func(format!("value has type {}; should be string", other.type_name()))),
    }
}

/// Whether the entries of a map are interfaces.
pub(super) fn has_any(map: &Map) -> bool {
    map.map_type() != MapType::Str
}

/// The zero value of a map's entries: a nil interface or an empty string.
pub(super) fn zero_entry(map: &Map) -> Val {
    if has_any(map) { Val { v: Value::Nil, iface: true } } else { Val::of(Value::Str(Str::default())) }
}

fn slice(args: &[Value], budget: &Budget) -> Result<Value> {
    let Some((item, indexes)) = args.split_first() else { return Ok(Value::Nil) };
    if item.is_nil() {
        return Err(Error::func("slice of untyped nil"));
    }
    if indexes.len() > 3 {
        return Err(Error::func(format!("too many slice indexes: {}", indexes.len())));
    }
    let (len, room) = match item {
        Value::Str(_) if indexes.len() == 3 => return Err(Error::func("cannot 3-index slice a string")),
        Value::Str(s) | Value::Bytes(s) => (s.len(), s.len()),
        Value::List(l) => (l.len(), l.capacity()),
        Value::Object(o) if o.kind() == Kind::Slice => {
            let len = o.items().map_or(0, |items| items.len());
            (len, len)
        }
        other => return Err(Error::func(format!("can't slice item of type {}", behind(other)))),
    };
    let mut bounds = [0, len, room];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = index_arg(index, room)?;
    }
    let [start, end, cap] = bounds;
    if start > end {
        return Err(Error::func(format!("invalid slice index: {start} > {end}")));
    }
    if end > cap {
        return Err(Error::func(format!("invalid slice index: {end} > {cap}")));
    }
    budget.charge((end - start) as u64)?;
    Ok(match item {
        Value::Str(s) => Value::str(s.get(start..end).unwrap_or_default()),
        Value::Bytes(s) => Value::Bytes(s.get(start..end).unwrap_or_default().into()),
        Value::List(l) => {
            budget.charge(24 * if end > len { room } else { end - start } as u64)?;
            let part = l.slice(start, end).unwrap_or_else(|| List::nil(l.elem()));
            Value::List(if indexes.len() == 3 {
                List::with_capacity(l.elem(), part.to_vec(), cap - start)
            } else {
                part
            })
        }
        Value::Object(o) => Value::list(o.items().unwrap_or_default().get(start..end).unwrap_or_default().to_vec()),
        _ => Value::Nil,
    })
}

// ---- comparison

#[derive(PartialEq, Eq)]
enum Basic {
    Invalid,
    Bool,
    Int,
    Uint,
    Float,
    Complex,
    String,
}

fn basic(value: &Value) -> Basic {
    match value {
        Value::Bool(_) => Basic::Bool,
        Value::Int(_) | Value::Int64(_) => Basic::Int,
        Value::Uint64(_) | Value::Uint8(_) => Basic::Uint,
        Value::Float(_) => Basic::Float,
        Value::Str(_) => Basic::String,
        Value::Object(o) => match o.kind() {
            Kind::Complex128 => Basic::Complex,
            Kind::Int | Kind::Int64 => Basic::Int,
            _ => Basic::Invalid,
        },
        _ => Basic::Invalid,
    }
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Int(n) | Value::Int64(n) => *n,
        // a named type of integers
        Value::Object(o) => match o.to_json() {
            Value::Int(n) | Value::Int64(n) => n,
            _ => 0,
        },
        _ => 0,
    }
}

fn uint(value: &Value) -> u64 {
    match value {
        Value::Uint64(n) => *n,
        Value::Uint8(n) => u64::from(*n),
        _ => 0,
    }
}

fn eq(args: &[Value], budget: &Budget) -> Result<bool> {
    let (first, others) = args.split_first().unwrap_or((&Value::Nil, &[]));
    if others.is_empty() {
        return Err(Error::func("missing argument for comparison"));
    }
    for other in others {
        if equal(first, other, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[allow(clippy::float_cmp)] // Go compares floats with ==
fn equal(a: &Value, b: &Value, budget: &Budget) -> Result<bool> {
    let truth = match (a, b) {
        (Value::Str(a), Value::Str(b)) => {
            budget.scan(if a.len() == b.len() { a.len() } else { 0 })?;
            a == b
        }
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Int(a) | Value::Int64(a), Value::Int(b) | Value::Int64(b)) => a == b,
        _ => match (basic(a), basic(b)) {
            (Basic::Int, Basic::Int) => int(a) == int(b),
            (Basic::Uint, Basic::Uint) => uint(a) == uint(b),
            (Basic::Int, Basic::Uint) => u64::try_from(int(a)).is_ok_and(|a| a == uint(b)),
            (Basic::Uint, Basic::Int) => u64::try_from(int(b)).is_ok_and(|b| b == uint(a)),
            (Basic::Complex, Basic::Complex) => a.as_object::<Complex>() == b.as_object::<Complex>(),
            (Basic::Invalid, Basic::Invalid) => return equal_other(a, b, budget),
            _ if a.is_nil() || b.is_nil() => false,
            _ => return Err(incompatible(a, b)),
        },
    };
    Ok(truth)
}

fn incompatible(a: &Value, b: &Value) -> Error {
    let error = Error::func(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()));
    match (basic(a), basic(b)) {
        (Basic::Float, Basic::Int) | (Basic::Int, Basic::Float) => error.with_reason(FLOAT_AND_INT),
        _ => error,
    }
}

/// Compares what is no number, string or bool.
fn equal_other(a: &Value, b: &Value, budget: &Budget) -> Result<bool> {
    let show = |value: &Value, format: &[u8]| -> Result<String> {
        let text = fmt::sprintf(format, std::slice::from_ref(value), budget)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    if a.kind() != b.kind() && !a.is_nil() && !b.is_nil() {
        return Err(Error::func(format!(
            "non-comparable types {}: {}, {}: {}",
            show(a, b"%s")?,
            a.type_name(),
            b.type_name(),
            show(b, b"%v")?
        )));
    }
    if a.holds_nil() || b.holds_nil() {
        return Ok(a.holds_nil() == b.holds_nil());
    }
    match (a, b) {
        (Value::Object(a), Value::Object(o)) if is_comparable(b) => Ok(same_object(a, o)),
        _ => Err(Error::func(format!("non-comparable type {}: {}", show(b, b"%s")?, b.type_name()))),
    }
}

fn less(args: &[Value], budget: &Budget) -> Result<bool> {
    let [a, b] = args else { return Err(Error::func("missing argument for comparison")) };
    let bad = || Error::func("invalid type for comparison");
    Ok(match (basic(a), basic(b)) {
        (Basic::Invalid, _) | (_, Basic::Invalid) | (Basic::Bool, Basic::Bool) => return Err(bad()),
        (Basic::Int, Basic::Int) => int(a) < int(b),
        (Basic::Uint, Basic::Uint) => uint(a) < uint(b),
        (Basic::Int, Basic::Uint) => u64::try_from(int(a)).is_ok_and(|a| a < uint(b)) || int(a) < 0,
        (Basic::Uint, Basic::Int) => u64::try_from(int(b)).is_ok_and(|b| uint(a) < b),
        (Basic::Float, Basic::Float) => match (a, b) {
            (Value::Float(a), Value::Float(b)) => a < b,
            _ => false,
        },
        (Basic::String, Basic::String) => {
            let (a, b) = (a.as_str(), b.as_str());
            budget.scan(a.map_or(0, |a| a.len()).min(b.map_or(0, |b| b.len())))?;
            a < b
        }
        _ => return Err(incompatible(a, b)),
    })
}
