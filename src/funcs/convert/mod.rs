//! Conversions and type predicates.

mod cast;
mod equal;

use super::args;
use crate::error::Result;
use crate::template::{Context, Func};
use crate::value::{Elem, List, Str, Ty, Value};
use go::strconv::{NumError, parse_int};

pub(super) use cast::{float_to_int, to_float64, to_int64};
pub(super) use equal::{deep_equal, too_deep};

pub(super) const FUNCS: &[Func] = &[
    Func::new("toString", &[Ty::Any], Ty::Str, to_string),
    Func::new("toStrings", &[Ty::Any], Ty::ListStr, to_strings),
    Func::new("atoi", &[Ty::Str], Ty::Int, atoi),
    Func::new("int", &[Ty::Any], Ty::Int, int),
    Func::new("int64", &[Ty::Any], Ty::Int64, int64),
    Func::new("float64", &[Ty::Any], Ty::Float64, float64),
    Func::new("toDecimal", &[Ty::Any], Ty::Int64, to_decimal),
    Func::new("typeOf", &[Ty::Any], Ty::Str, type_of),
    Func::new("typeIs", &[Ty::Str, Ty::Any], Ty::Bool, type_is),
    Func::new("typeIsLike", &[Ty::Str, Ty::Any], Ty::Bool, type_is_like),
    Func::new("kindOf", &[Ty::Any], Ty::Str, kind_of),
    Func::new("kindIs", &[Ty::Str, Ty::Any], Ty::Bool, kind_is),
    Func::new("deepEqual", &[Ty::Any, Ty::Any], Ty::Bool, equal),
];

fn to_string(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    args.first().map_or(Ok(Value::Nil), |v| Ok(Value::Str(args::strval(v, cx.budget())?)))
}

/// Each item as a string, without nils. A value that is not a list counts as its only item. Sprig: `strslice`.
fn to_strings(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let budget = cx.budget();
    let strings = match args.first() {
        None | Some(Value::Nil) => Vec::new(),
        Some(Value::List(list)) if list.elem() == Elem::Str => return Ok(Value::List(list.clone())),
        Some(Value::List(list)) => {
            let strings = all_strings(list.iter(), budget)?.into_iter().map(Value::Str).collect();
            return Ok(Value::List(List::with_capacity(Elem::Str, strings, list.len())));
        }
        Some(Value::Bytes(bytes)) => {
            budget.charge(24 * bytes.len() as u64)?;
            bytes.iter().map(|b| b.to_string().into()).collect()
        }
        Some(value) => match value {
            Value::Object(object) => match object.items() {
                Some(items) => all_strings(items.iter(), budget)?,
                None => vec![args::strval(value, budget)?],
            },
            _ => vec![args::strval(value, budget)?],
        },
    };
    Ok(Value::List(List::new(Elem::Str, strings.into_iter().map(Value::Str).collect())))
}

fn all_strings<'a>(items: impl Iterator<Item = &'a Value>, budget: &crate::limits::Budget) -> Result<Vec<Str>> {
    items.filter(|v| !v.is_nil()).map(|v| args::strval(v, budget)).collect()
}

/// Go: `strconv.Atoi`, ignoring its error.
fn atoi(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int(match parse_int(args::bytes(args, 0), 10) {
        Ok(n) | Err(NumError::Range(n)) => n,
        Err(NumError::Syntax) => 0,
    }))
}

fn int(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int(args.first().map_or(0, to_int64)))
}

fn int64(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Int64(args.first().map_or(0, to_int64)))
}

fn float64(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Float(args.first().map_or(0.0, to_float64)))
}

/// The printed value, parsed as an octal number.
fn to_decimal(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let mut text = Vec::new();
    args::append_value(&mut text, &args::any(args, 0), cx.budget())?;
    Ok(Value::Int64(parse_int(&text, 8).unwrap_or(0)))
}

fn type_of(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(args::any(args, 0).type_name().into())
}

fn type_is(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Bool(args::bytes(args, 0) == args::any(args, 1).type_name().as_bytes()))
}

fn type_is_like(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let (target, value) = (args::bytes(args, 0), args::any(args, 1));
    let name = value.type_name();
    Ok(Value::Bool(
        target == name.as_bytes() || name.strip_prefix('*').is_some_and(|pointee| target == pointee.as_bytes()),
    ))
}

fn kind_of(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(args::any(args, 0).kind().name().into())
}

fn kind_is(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Bool(args::bytes(args, 0) == args::any(args, 1).kind().name().as_bytes()))
}

fn equal(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Bool(deep_equal(&args::any(args, 0), &args::any(args, 1), cx.budget())?))
}
