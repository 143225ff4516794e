//! Merges maps. mergo 1.0.1 `deepMerge`, for the values that templates can pass.

use crate::error::{Error, Result};
use crate::funcs::convert::too_deep;
use crate::limits::Budget;
use crate::value::{Entry, Kind, Map, MapType, Str, Value};
use go::stack::with_stack;

/// Why a merge ended early.
pub(super) enum Stop {
    /// mergo returned this error; entries merged before are kept.
    Mergo(&'static str),
    /// Go would have panicked, or a limit was reached.
    Panic(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Panic(error)
    }
}

/// Adds the entries of `from` that are missing in `into`. An empty entry of `into` (0, false, "", nil, no items) counts as
/// missing. With `overwrite`, entries of `from` win even if they are empty. Maps on both sides are merged in place; a map on
/// one side only is shared, not copied.
pub(super) fn merge_into(into: &Map, from: &Map, overwrite: bool, budget: &Budget) -> Result<(), Stop> {
    merge(into, from, overwrite, budget, 0)
}

fn merge(into: &Map, from: &Map, overwrite: bool, budget: &Budget, depth: usize) -> Result<(), Stop> {
    if depth > budget.limits.value_depth {
        return Err(too_deep(budget).into());
    }
    for (key, entry) in from.entries() {
        budget.step(3)?;
        if entry.value.is_nil() {
            if overwrite {
                put(into, from, key, entry, budget)?;
            }
            continue;
        }
        let old = into.get(&key);
        match (&old, &entry.value) {
            // a nil map cannot be filled, and counts as empty below
            (Some(Value::Map(inner)), Value::Map(new)) if !inner.is_nil() => {
                with_stack(|| merge(inner, new, overwrite, budget, depth + 1))?;
            }
            (Some(Value::Object(object)), Value::Map(new))
                if object.kind() == Kind::Ptr && !overwrite && !new.is_nil() =>
            {
                return Err(Stop::Mergo("src and dst must be of same type"));
            }
            _ => {}
        }
        // checked after the merge, which may have filled an empty map
        if let Some(old) = old.filter(Value::is_true) {
            let slice = entry.value.kind() == Kind::Slice;
            if slice && overwrite {
                put(into, from, key, entry, budget)?;
                continue;
            }
            if slice || !overwrite || (old.kind() == Kind::Map && entry.value.kind() == Kind::Map) {
                continue;
            }
        }
        put(into, from, key, entry, budget)?;
    }
    Ok(())
}

/// Sets an entry. A `map[string]string` does not accept values of an interface type, not even strings.
fn put(into: &Map, from: &Map, key: Str, entry: Entry, budget: &Budget) -> Result<(), Stop> {
    if into.map_type() == MapType::Str && from.map_type() != MapType::Str {
        let ty = if entry.value.kind() == Kind::Slice { entry.value.type_name() } else { "interface {}" };
        let text = format!("reflect.Value.SetMapIndex: value of type {ty} is not assignable to type string");
        return Err(Error::func(text).into());
    }
    budget.charge(super::ENTRY)?;
    into.insert_entry(key, entry);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::show;
    use super::*;
    use crate::funcs::testing::call;

    fn d<const N: usize>(pairs: [(&str, Value); N]) -> Value {
        Value::map(pairs)
    }

    fn i(n: i64) -> Value {
        Value::Int(n)
    }

    fn ints(n: &[i64]) -> Value {
        Value::list(n.iter().copied().map(Value::Int).collect())
    }

    #[test]
    fn who_wins() {
        for (into, from, merged, overwritten) in [
            (i(1), i(2), "1", "2"),
            (i(0), i(2), "2", "2"),
            (i(1), i(0), "1", "0"),
            (i(1), Value::Nil, "1", "nil"),
            (Value::Nil, i(1), "1", "1"),
            (Value::Bool(false), Value::Bool(true), "true", "true"),
            ("".into(), "x".into(), r#""x""#, r#""x""#),
            (i(1), "str".into(), "1", r#""str""#),
            (ints(&[1]), ints(&[2, 3]), "[1]", "[2, 3]"),
            (ints(&[1]), ints(&[]), "[1]", "[]"),
            (ints(&[]), ints(&[1]), "[1]", "[1]"),
            ("s".into(), ints(&[1]), r#""s""#, "[1]"),
            (ints(&[1]), i(5), "[1]", "5"),
            (d([("x", i(1))]), d([("x", i(2)), ("y", i(3))]), "{x: 1, y: 3}", "{x: 2, y: 3}"),
            (d([("x", i(1))]), d([]), "{x: 1}", "{x: 1}"),
            (d([]), d([("b", i(1))]), "{b: 1}", "{b: 1}"),
            (d([("x", i(1))]), "str".into(), "{x: 1}", r#""str""#),
            ("str".into(), d([("x", i(1))]), r#""str""#, "{x: 1}"),
            (d([("x", i(1))]), i(0), "{x: 1}", "0"),
        ] {
            let args = || [d([("a", into.clone())]), d([("a", from.clone())])];
            let copied = |name: &str| {
                let [into, from] = args();
                let into = call("deepCopy", &[into]).unwrap();
                show(&call(name, &[into, from]).unwrap())
            };
            assert_eq!(copied("merge"), format!("{{a: {merged}}}"));
            assert_eq!(copied("mustMergeOverwrite"), format!("{{a: {overwritten}}}"));
        }
    }

    #[test]
    fn nested_maps_are_shared_with_the_source_or_kept() {
        let source = d([("n", d([("x", i(1))]))]);
        let merged = call("merge", &[d([]), source.clone()]).unwrap();
        let inner = call("get", &[merged, "n".into()]).unwrap();
        call("set", &[inner, "x".into(), i(9)]).unwrap();
        assert_eq!(show(&source), "{n: {x: 9}}");
        // an empty map of the destination is filled in place
        let (empty, source) = (d([]), d([("n", d([("x", i(1))]))]));
        call("merge", &[d([("n", empty.clone())]), source.clone()]).unwrap();
        call("set", &[empty, "x".into(), i(9)]).unwrap();
        assert_eq!(show(&source), "{n: {x: 1}}");
    }

    #[test]
    fn odd_types() {
        let strings = || {
            let map = Map::with_type(MapType::Str);
            map.insert("_0", "a".into());
            Value::Map(map)
        };
        assert_eq!(show(&call("merge", &[d([("a", i(0))]), d([("a", strings())])]).unwrap()), r#"{a: {_0: "a"}}"#);
        let e = call("merge", &[d([("a", strings())]), d([("a", d([("b", "x".into())]))])]).unwrap_err();
        assert_eq!(
            e.message(),
            "reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string"
        );
    }

    #[test]
    fn endless_maps_end() {
        let (a, b) = (Map::new(), Map::new());
        a.insert("self", Value::Map(a.clone()));
        b.insert("self", Value::Map(b.clone()));
        let e = call("merge", &[Value::Map(a), Value::Map(b)]).unwrap_err();
        assert_eq!(e.limit(), Some("value-depth"));
    }
}
