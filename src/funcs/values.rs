//! The methods of `.Values`. Helm: `chartutil.Values` in `pkg/chartutil/values.go`.

use super::args;
use crate::error::{Error, Result};
use crate::template::{Context, Func};
use crate::value::{Map, MapType, Ty, Value};
use crate::yaml;
use go::strconv::quote;

pub(super) const METHODS: &[Func] = &[
    Func::new("AsMap", &[], Ty::MapAny, as_map),
    Func::new("Encode", &[Ty::Object("io.Writer")], Ty::Any, encode),
    Func::new("PathValue", &[Ty::Str], Ty::Any, path_value),
    Func::new("Table", &[Ty::Str], Ty::MapAny, table),
    Func::new("YAML", &[], Ty::Str, to_yaml),
];

/// The receiver of the method.
fn receiver(args: &[Value]) -> Map {
    args.first().and_then(Value::as_map).cloned().unwrap_or_default()
}

fn as_map(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Map(receiver(args).as_type(MapType::Any)))
}

/// Always fails: templates have no writers, and nil is not one.
fn encode(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    to_yaml(cx, args)?;
    Err(Error::func("runtime error: invalid memory address or nil pointer dereference"))
}

/// Unlike `toYaml`, it keeps the last line break and fails if a value cannot be written.
fn to_yaml(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    match yaml::to_yaml(args.first().unwrap_or(&Value::Nil), cx.budget()) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) if error.message().starts_with("json: ") => Err(error.with_prefix("error marshaling into JSON: ")),
        Err(error) => Err(error),
    }
}

fn table(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    match follow(receiver(args), args::bytes(args, 1).split(|b| *b == b'.')) {
        Ok(map) => Ok(Value::Map(map)),
        Err(name) => Err(Error::func(format!("{} is not a table", quote(name)))),
    }
}

/// The map below these names, or the first name without a map.
fn follow<'n>(mut map: Map, names: impl Iterator<Item = &'n [u8]>) -> std::result::Result<Map, &'n [u8]> {
    for name in names {
        match map.get(name) {
            Some(Value::Map(inner)) if inner.map_type() != MapType::Str => map = inner.as_type(MapType::Values),
            _ => return Err(name),
        }
    }
    Ok(map)
}

/// The value at the end of a path, which must not be a table.
fn path_value(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let path = args::bytes(args, 1);
    if path.is_empty() {
        return Err(Error::func("YAML path cannot be empty"));
    }
    let mut names = path.split(|b| *b == b'.');
    let last = names.next_back().unwrap_or_default();
    let value = follow(receiver(args), names).ok().and_then(|table| table.get(last));
    match value {
        Some(Value::Map(map)) if map.map_type() == MapType::Any => Err(no_value(last)),
        Some(value) => Ok(value),
        None => Err(no_value(last)),
    }
}

fn no_value(name: &[u8]) -> Error {
    Error::func(format!("{} is not a value", quote(name)))
}
