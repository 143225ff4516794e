//! YAML, JSON, TOML, base64, base32 and checksums. Helm: `pkg/engine/funcs.go`, Sprig 3.3.0 `defaults.go`.

mod base;

#[cfg(feature = "crypto")]
pub(super) use base::decode64;

use super::args;
use crate::error::{Error, ErrorKind, Result};
use crate::template::{Context, Func};
use crate::value::{Elem, List, Map, MapType, Ty, Value};

use crate::yaml::{self, Data, Node};

pub(super) const FUNCS: &[Func] = &[
    Func::new("toYaml", &[Ty::Any], Ty::Str, to_yaml),
    Func::new("toYamlPretty", &[Ty::Any], Ty::Str, to_yaml_pretty),
    Func::new("fromYaml", &[Ty::Str], Ty::MapAny, from_yaml),
    Func::new("fromYamlArray", &[Ty::Str], Ty::ListAny, from_yaml_array),
    Func::new("toJson", &[Ty::Any], Ty::Str, to_json),
    Func::new("mustToJson", &[Ty::Any], Ty::Str, must_to_json),
    Func::new("toPrettyJson", &[Ty::Any], Ty::Str, to_pretty_json),
    Func::new("mustToPrettyJson", &[Ty::Any], Ty::Str, must_to_pretty_json),
    Func::new("toRawJson", &[Ty::Any], Ty::Str, must_to_raw_json),
    Func::new("mustToRawJson", &[Ty::Any], Ty::Str, must_to_raw_json),
    Func::new("fromJson", &[Ty::Str], Ty::MapAny, from_json),
    Func::new("fromJsonArray", &[Ty::Str], Ty::ListAny, from_json_array),
    Func::new("mustFromJson", &[Ty::Str], Ty::Any, must_from_json),
    Func::new("toToml", &[Ty::Any], Ty::Str, to_toml),
    Func::new("fromToml", &[Ty::Str], Ty::MapAny, from_toml),
    Func::new("b64enc", &[Ty::Str], Ty::Str, base::b64enc),
    Func::new("b64dec", &[Ty::Str], Ty::Str, base::b64dec),
    Func::new("b32enc", &[Ty::Str], Ty::Str, base::b32enc),
    Func::new("b32dec", &[Ty::Str], Ty::Str, base::b32dec),
    Func::new("sha1sum", &[Ty::Str], Ty::Str, base::sha1sum),
    Func::new("sha256sum", &[Ty::Str], Ty::Str, base::sha256sum),
    Func::new("sha512sum", &[Ty::Str], Ty::Str, base::sha512sum),
    Func::new("adler32sum", &[Ty::Str], Ty::Str, base::adler32sum),
];

/// The result, or `otherwise` from the error text: most of these functions never fail. Exceeded limits are errors, except
/// limits on the depth of a text, which Go has too.
fn swallow<T>(result: Result<T>, otherwise: impl FnOnce(&str) -> T) -> Result<T> {
    match result {
        Err(e) if e.kind() != ErrorKind::Cancelled && matches!(e.limit(), None | Some("yaml-depth" | "json-depth")) => {
            Ok(otherwise(e.message()))
        }
        other => other,
    }
}

fn text(bytes: Vec<u8>) -> Value {
    Value::Str(bytes.into())
}

/// The text to parse, after charging the memory that its values may take.
fn document<'a>(cx: &dyn Context, args: &'a [Value]) -> Result<&'a [u8]> {
    /// The bytes of a value while it is parsed: the event, the node and the value.
    const NODE: u64 = 96;
    let text = args::bytes(args, 0);
    // every value except the first follows one of these
    let nodes = text.iter().filter(|b| matches!(b, b',' | b':' | b'\n' | b'-' | b'[' | b'{' | b'=')).count() as u64;
    cx.budget().reserve((text.len() as u64).saturating_add(nodes.saturating_mul(NODE)))?;
    Ok(text)
}

/// YAML without the last line break, or nothing if it fails.
fn yaml_text(result: Result<Vec<u8>>) -> Result<Value> {
    let mut bytes = swallow(result, |_| Vec::new())?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(text(bytes))
}

fn to_yaml(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    yaml_text(yaml::to_yaml(args.first().unwrap_or(&Value::Nil), cx.budget()))
}

fn to_yaml_pretty(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    match yaml::to_yaml_pretty(args.first().unwrap_or(&Value::Nil), cx.budget()) {
        // where the encoder panics, Helm does not swallow the error
        Err(error) if error.kind() == ErrorKind::Execute && error.limit().is_none() => Err(error),
        result => yaml_text(result),
    }
}

fn from_yaml(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let node = yaml::read_values(document(cx, args)?, cx.budget());
    map_or_error(node.map(|node| node.to_value(0)))
}

fn from_yaml_array(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let node = yaml::read_array(document(cx, args)?, cx.budget());
    list_or_error(node.map(|node| node.to_value(0)))
}

fn to_json(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let json = yaml::to_json(args.first().unwrap_or(&Value::Nil), true, cx.budget());
    Ok(text(swallow(json, |_| Vec::new())?))
}

fn must_to_json(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(text(yaml::to_json(args.first().unwrap_or(&Value::Nil), true, cx.budget())?))
}

fn to_pretty_json(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let json = yaml::to_json_indent(args.first().unwrap_or(&Value::Nil), true, "  ", cx.budget());
    Ok(text(swallow(json, |_| Vec::new())?))
}

fn must_to_pretty_json(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(text(yaml::to_json_indent(args.first().unwrap_or(&Value::Nil), true, "  ", cx.budget())?))
}

/// `<`, `>` and `&` are not escaped.
fn must_to_raw_json(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(text(yaml::to_json(args.first().unwrap_or(&Value::Nil), false, cx.budget())?))
}

fn from_json(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let map = yaml::read_json_leniently(document(cx, args)?, cx.budget()).and_then(|(node, problem)| {
        let map = into_map(&node)?;
        if let (Value::Map(map), Some(problem)) = (&map, problem) {
            map.insert("Error", problem.message().into());
        }
        Ok(map)
    });
    map_or_error(map)
}

fn from_json_array(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    list_or_error(yaml::read_json(document(cx, args)?, cx.budget()).and_then(|node| into_list(&node)))
}

fn must_from_json(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(yaml::read_json(document(cx, args)?, cx.budget())?.to_value(0))
}

/// TOML, or the error text; only a nil fails.
fn to_toml(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let value = args.first().unwrap_or(&Value::Nil);
    if value.is_nil() {
        return Err(Error::func("reflect: call of reflect.Value.Type on zero Value"));
    }
    Ok(text(swallow(yaml::to_toml(value, cx.budget()), |e| e.as_bytes().to_vec())?))
}

fn from_toml(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    map_or_error(yaml::toml_to_value(document(cx, args)?, cx.budget()))
}

/// The map, or a map with the error's text as `Error`.
fn map_or_error(result: Result<Value>) -> Result<Value> {
    swallow(result, |e| Value::map([("Error", e.into())]))
}

/// The list, or a list with the error's text.
fn list_or_error(result: Result<Value>) -> Result<Value> {
    swallow(result, |e| Value::list(vec![e.into()]))
}

/// Go: `json.Unmarshal` into a `map[string]interface{}`; a null makes it nil.
fn into_map(node: &Node) -> Result<Value> {
    match node.data {
        Data::Map(_) => Ok(node.to_value(0)),
        Data::Null => Ok(Value::Map(Map::nil(MapType::Any))),
        _ => Err(mismatch(node, "map[string]interface {}")),
    }
}

/// Go: `json.Unmarshal` into a `[]interface{}`; a null makes it nil.
fn into_list(node: &Node) -> Result<Value> {
    match node.data {
        Data::List(_) => Ok(node.to_value(0)),
        Data::Null => Ok(Value::List(List::nil(Elem::Any))),
        _ => Err(mismatch(node, "[]interface {}")),
    }
}

fn mismatch(node: &Node, wanted: &str) -> Error {
    let kind = node.data.json_type();
    Error::func(format!("json: cannot unmarshal {kind} into Go value of type {wanted}"))
}
