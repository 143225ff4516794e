//! Functions that create, read, change and merge maps. Sprig 3.3.0 `dict.go`.

mod copy;
mod merge;

use super::args;
use crate::error::{Error, Result};
use crate::template::{Context, Func};
use crate::value::{Elem, Entry, List, Map, MapType, Origin, Str, Ty, Value};

use merge::{Stop, merge_into};

const DEEP_COPY: Func = Func::new("deepCopy", &[Ty::Any], Ty::Any, copy::deep_copy);

pub(super) const FUNCS: &[Func] = &[
    Func::new("dict", &[Ty::Any], Ty::MapAny, dict).variadic(),
    Func::new("get", &[Ty::MapAny, Ty::Str], Ty::Any, get),
    Func::new("set", &[Ty::MapAny, Ty::Str, Ty::Any], Ty::MapAny, set),
    Func::new("unset", &[Ty::MapAny, Ty::Str], Ty::MapAny, unset),
    Func::new("hasKey", &[Ty::MapAny, Ty::Str], Ty::Bool, has_key),
    Func::new("pluck", &[Ty::Str, Ty::MapAny], Ty::ListAny, pluck).variadic(),
    Func::new("keys", &[Ty::MapAny], Ty::ListStr, keys).variadic(),
    Func::new("values", &[Ty::MapAny], Ty::ListAny, values),
    Func::new("pick", &[Ty::MapAny, Ty::Str], Ty::MapAny, pick).variadic(),
    Func::new("omit", &[Ty::MapAny, Ty::Str], Ty::MapAny, omit).variadic(),
    Func::new("merge", &[Ty::MapAny, Ty::MapAny], Ty::Any, merge).variadic(),
    Func::new("mustMerge", &[Ty::MapAny, Ty::MapAny], Ty::Any, must_merge).variadic(),
    Func::new("mergeOverwrite", &[Ty::MapAny, Ty::MapAny], Ty::Any, merge_overwrite).variadic(),
    Func::new("mustMergeOverwrite", &[Ty::MapAny, Ty::MapAny], Ty::Any, must_merge_overwrite).variadic(),
    Func::new("dig", &[Ty::Any], Ty::Any, dig).variadic(),
    DEEP_COPY,
    DEEP_COPY.named("mustDeepCopy"),
];

/// The bytes of a map and of an entry in the budget.
const MAP: u64 = 96;
const ENTRY: u64 = 64;

/// Argument `i`, which was converted to `map[string]interface {}` when it was passed.
fn map_at(args: &[Value], i: usize) -> Map {
    args.get(i).and_then(Value::as_map).map_or_else(|| Map::nil(MapType::Any), |map| map.as_type(MapType::Any))
}

fn dict(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let budget = cx.budget();
    budget.charge(MAP + ENTRY * args.len().div_ceil(2) as u64)?;
    let pair = |pair: &[Value]| -> Result<(Str, Entry)> {
        let key = args::strval(&args::any(pair, 0), budget)?;
        let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
        Ok((key, Entry { value, origin: Origin::NONE }))
    };
    Ok(Value::Map(args.chunks(2).map(pair).collect::<Result<Map>>()?))
}

fn get(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(map_at(args, 0).get(args::bytes(args, 1)).unwrap_or_else(|| "".into()))
}

fn set(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let map = map_at(args, 0);
    if map.is_nil() {
        return Err(Error::func("assignment to entry in nil map"));
    }
    cx.budget().charge(ENTRY)?;
    if let Some(Value::Str(key)) = args.get(1) {
        map.insert(key.clone(), args::any(args, 2));
    }
    Ok(Value::Map(map))
}

fn unset(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let map = map_at(args, 0);
    map.remove(args::bytes(args, 1));
    Ok(Value::Map(map))
}

fn has_key(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(Value::Bool(map_at(args, 0).contains(args::bytes(args, 1))))
}

fn pluck(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let key = args::bytes(args, 0);
    let found = args::rest(args, 1).iter().filter_map(|map| map.as_map()?.get(key)).collect();
    Ok(Value::List(List::appended(Elem::Any, found)))
}

/// The keys of all maps. Go returns them in random order; here the keys of each map are sorted (D-06).
fn keys(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let mut keys = Vec::new();
    for map in args.iter().filter_map(Value::as_map) {
        cx.budget().charge(24 * map.len() as u64)?;
        cx.budget().sort(map.len())?;
        keys.extend(map.sorted_keys().into_iter().map(Value::Str));
    }
    Ok(Value::List(List::appended(Elem::Str, keys)))
}

/// The values of a map. Go returns them in random order; here they are in the order of the sorted keys (D-06).
fn values(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let map = map_at(args, 0);
    cx.budget().charge(24 * map.len() as u64)?;
    cx.budget().sort(map.len())?;
    let values = map.sorted().into_iter().map(|(_, value)| value).collect();
    Ok(Value::List(List::appended(Elem::Any, values)))
}

fn pick(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let map = map_at(args, 0);
    let keys = args::rest(args, 1);
    cx.budget().charge(MAP + ENTRY * keys.len() as u64)?;
    let picked = keys.iter().filter_map(|key| {
        let Value::Str(key) = key else { return None };
        Some((key.clone(), map.entry(key)?))
    });
    Ok(Value::Map(picked.collect()))
}

fn omit(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let map = map_at(args, 0);
    cx.budget().charge(MAP + ENTRY * map.len() as u64)?;
    cx.budget().step(4 * map.len() as u64)?;
    let kept: Map = map.entries().into_iter().collect();
    for key in args::rest(args, 1) {
        if let Value::Str(key) = key {
            kept.remove(key);
        }
    }
    Ok(Value::Map(kept))
}

fn merge(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    lenient(merged(cx, args, false))
}

fn must_merge(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    strict(merged(cx, args, false))
}

fn merge_overwrite(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    lenient(merged(cx, args, true))
}

fn must_merge_overwrite(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    strict(merged(cx, args, true))
}

/// The first map with the others merged into it.
fn merged(cx: &dyn Context, args: &[Value], overwrite: bool) -> Result<Map, Stop> {
    let mut into = map_at(args, 0);
    for i in 1..args.len() {
        let from = map_at(args, i);
        if into.is_nil() && !from.is_nil() {
            into = Map::new();
        }
        merge_into(&into, &from, overwrite, cx.budget())?;
    }
    Ok(into)
}

/// Sprig ignores the errors of mergo.
fn lenient(result: Result<Map, Stop>) -> Result<Value> {
    match result {
        Ok(map) => Ok(Value::Map(map)),
        Err(Stop::Mergo(_)) => Ok("".into()),
        Err(Stop::Panic(e)) => Err(e),
    }
}

fn strict(result: Result<Map, Stop>) -> Result<Value> {
    match result {
        Ok(map) => Ok(Value::Map(map)),
        Err(Stop::Mergo(text)) => Err(Error::func(text)),
        Err(Stop::Panic(e)) => Err(e),
    }
}

/// Follows keys down into a map; the last arguments are the default and the map.
fn dig(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let [keys @ .., default, map] = args else {
        return Err(Error::func("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(Error::func("dig needs at least three arguments"));
    }
    let mut map = plain_map(map)?;
    let mut path = Vec::with_capacity(keys.len());
    for key in keys {
        path.push(key.as_str().ok_or_else(|| conversion(key, "string"))?);
    }
    let last = path.pop();
    for key in path {
        match map.get(key) {
            Some(step) => map = plain_map(&step)?,
            None => return Ok(default.clone()),
        }
    }
    Ok(last.and_then(|key| map.get(key)).unwrap_or_else(|| default.clone()))
}

/// Go: `.(map[string]interface{})`, which `.Values` itself is not.
fn plain_map(value: &Value) -> Result<Map> {
    match value {
        Value::Map(map) if map.map_type() == MapType::Any => Ok(map.clone()),
        _ => Err(conversion(value, "map[string]interface {}")),
    }
}

/// The error of a failed Go type assertion.
fn conversion(value: &Value, wanted: &str) -> Error {
    let is = if value.is_nil() { "nil" } else { value.type_name() };
    Error::func(format!("interface conversion: interface {{}} is {is}, not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funcs::testing::call;

    /// A value as text, with maps in the order of their keys.
    pub(super) fn show(value: &Value) -> String {
        match value {
            Value::Map(map) => {
                let pairs: Vec<_> = map.sorted().iter().map(|(k, v)| format!("{k}: {}", show(v))).collect();
                format!("{{{}}}", pairs.join(", "))
            }
            Value::List(list) => format!("[{}]", list.iter().map(show).collect::<Vec<_>>().join(", ")),
            other => format!("{other:?}"),
        }
    }

    fn m(pairs: &[(&str, i64)]) -> Value {
        Value::map(pairs.iter().map(|(k, n)| (*k, Value::Int(*n))))
    }

    #[test]
    fn reading_and_making() {
        let d = || m(&[("b", 2), ("a", 1)]);
        for (name, args, expected) in [
            ("dict", vec!["a".into(), Value::Int(1), Value::Int(5)], r#"{5: "", a: 1}"#),
            ("dict", vec!["a".into(), Value::Int(1), "a".into(), Value::Int(2)], "{a: 2}"),
            ("get", vec![d(), "a".into()], "1"),
            ("get", vec![d(), "x".into()], r#""""#),
            ("get", vec![Value::Nil, "x".into()], r#""""#),
            ("set", vec![d(), "a".into(), Value::Nil], "{a: nil, b: 2}"),
            ("unset", vec![d(), "a".into()], "{b: 2}"),
            ("hasKey", vec![d(), "a".into()], "true"),
            ("hasKey", vec![d(), "x".into()], "false"),
            ("pluck", vec!["a".into(), d(), m(&[]), m(&[("a", 3)])], "[1, 3]"),
            ("keys", vec![d(), m(&[("a", 3)])], r#"["a", "b", "a"]"#),
            ("values", vec![d()], "[1, 2]"),
            ("pick", vec![d(), "b".into(), "x".into()], "{b: 2}"),
            ("omit", vec![d(), "b".into(), "x".into()], "{a: 1}"),
            ("dig", vec!["a".into(), "no".into(), d()], "1"),
            ("dig", vec!["x".into(), "y".into(), "no".into(), d()], r#""no""#),
            ("dig", vec!["x".into(), "a".into(), "no".into(), Value::map([("x", d())])], "1"),
        ] {
            assert_eq!(show(&call(name, &args).unwrap()), expected, "{name} {args:?}");
        }
        let e = call("set", &[Value::Nil, "a".into(), Value::Nil]).unwrap_err();
        assert_eq!(e.message(), "assignment to entry in nil map");
    }

    #[test]
    fn dig_wants_plain_maps() {
        let values = Value::Map(Map::with_type(MapType::Values));
        for (args, expected) in [
            (vec!["a".into()], "dig needs at least three arguments"),
            (vec!["a".into(), Value::Nil], "dig needs at least three arguments"),
            (
                vec!["a".into(), Value::Nil, "x".into()],
                "interface conversion: interface {} is string, not map[string]interface {}",
            ),
            (
                vec!["a".into(), Value::Nil, values],
                "interface conversion: interface {} is chartutil.Values, not map[string]interface {}",
            ),
            (vec![Value::Int(1), Value::Nil, m(&[])], "interface conversion: interface {} is int, not string"),
            (
                vec!["a".into(), "b".into(), Value::Nil, m(&[("a", 1)])],
                "interface conversion: interface {} is int, not map[string]interface {}",
            ),
            (
                vec!["a".into(), Value::Nil, Value::Nil],
                "interface conversion: interface {} is nil, not map[string]interface {}",
            ),
        ] {
            assert_eq!(call("dig", &args).unwrap_err().message(), expected, "{args:?}");
        }
    }

    #[test]
    fn changes_are_shared() {
        let d = m(&[]);
        let same = call("set", &[d.clone(), "k".into(), Value::Int(1)]).unwrap();
        call("set", &[same, "l".into(), Value::Int(2)]).unwrap();
        assert_eq!(show(&d), "{k: 1, l: 2}");
        assert_eq!(call("merge", &[Value::Nil]).unwrap().as_map().map(Map::is_nil), Some(true));
        assert_eq!(call("merge", &[Value::Nil, m(&[])]).unwrap().as_map().map(Map::is_nil), Some(false));
    }
}
