//! Deep copies. mitchellh/copystructure 1.2.0.

use std::rc::Rc;

use go::semver::Version;

use crate::error::{Error, Result};
use crate::funcs::{args, convert::too_deep, semver::Pointer};
use crate::limits::Budget;
use crate::template::Context;
use crate::value::{Entry, List, Map, Value};
use go::stack::with_stack;

/// A copy that shares no map with the original. Types, nil maps and nil lists are kept.
pub(super) fn deep_copy(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    match args::any(args, 0) {
        Value::Nil => Err(Error::func("reflect: call of reflect.Value.Type on zero Value")),
        value => copy(&value, cx.budget(), 0),
    }
}

fn copy(value: &Value, budget: &Budget, depth: usize) -> Result<Value> {
    if value.as_object::<Pointer>().is_some() {
        // the library copies only exported fields, and a version has none
        return Ok(Value::Object(Rc::new(Pointer(Version::default()))));
    }
    if !matches!(value, Value::List(_) | Value::Map(_)) {
        return Ok(value.clone());
    }
    if depth > budget.limits.value_depth {
        return Err(too_deep(budget));
    }
    with_stack(|| match value {
        Value::List(list) if !list.is_nil() => {
            budget.step(list.len() as u64)?;
            budget.charge(48 + 24 * list.len() as u64)?;
            let items = list.iter().map(|v| copy(v, budget, depth + 1)).collect::<Result<_>>()?;
            Ok(Value::List(List::with_capacity(list.elem(), items, list.capacity())))
        }
        Value::Map(map) if !map.is_nil() => {
            let entries = map.entries();
            budget.step(entries.len() as u64)?;
            budget.charge(super::MAP + super::ENTRY * entries.len() as u64)?;
            let copied = entries.into_iter().map(|(key, entry)| {
                Ok((key, Entry { value: copy(&entry.value, budget, depth + 1)?, origin: entry.origin }))
            });
            Ok(Value::Map(copied.collect::<Result<Map>>()?.as_type(map.map_type())))
        }
        _ => Ok(value.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::show;
    use super::*;
    use crate::funcs::testing::{FakeContext, call, call_in};
    use crate::limits::Limits;
    use crate::value::MapType;

    #[test]
    fn copies_share_nothing() {
        let original = Value::map([("a", Value::map([("b", Value::list(vec![Value::map([("c", Value::Int(1))])]))]))]);
        let copied = call("deepCopy", std::slice::from_ref(&original)).unwrap();
        let inner = call("dig", &["a".into(), "b".into(), Value::Nil, copied.clone()]).unwrap();
        let inner = call("first", &[inner]).unwrap();
        call("set", &[inner, "c".into(), Value::Int(2)]).unwrap();
        assert_eq!(show(&original), "{a: {b: [{c: 1}]}}");
        assert_eq!(show(&copied), "{a: {b: [{c: 2}]}}");
    }

    #[test]
    fn types_stay() {
        let values = Value::Map(Map::with_type(MapType::Values));
        assert_eq!(call("deepCopy", &[values]).unwrap().type_name(), "chartutil.Values");
        assert_eq!(call("mustDeepCopy", &[Value::strings(["a"])]).unwrap().type_name(), "[]string");
        let e = call("deepCopy", &[Value::Nil]).unwrap_err();
        assert_eq!(e.message(), "reflect: call of reflect.Value.Type on zero Value");
    }

    #[test]
    fn endless_and_exploding_values_end() {
        let map = Map::new();
        map.insert("self", Value::Map(map.clone()));
        assert_eq!(call("deepCopy", &[Value::Map(map)]).unwrap_err().limit(), Some("value-depth"));
        let mut bomb = Value::map([("x", Value::Int(1))]);
        for _ in 0..60 {
            bomb = Value::list(vec![bomb.clone(), bomb]);
        }
        let mut limits = Limits::server();
        limits.fuel = 10_000;
        let mut cx = FakeContext { budget: Budget::new(limits), ..FakeContext::default() };
        assert_eq!(call_in(&mut cx, "deepCopy", &[bomb]).unwrap_err().limit(), Some("fuel"));
    }
}
