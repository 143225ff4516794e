//! Lists. Functions that read a list accept any slice. Unless stated otherwise, they return a new `[]interface {}`.
//!
//! Sprig 3.3.0 `list.go`. A template cannot tell the `must` functions from the others.

use std::borrow::Cow;
use std::collections::HashSet;

use super::args;
use super::convert::{deep_equal, float_to_int, to_int64};
use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::template::{Context, Func};
use crate::value::{Elem, List, Str, Ty, Value};

const LIST: Func = Func::new("list", &[Ty::Any], Ty::ListAny, list).variadic();
const PUSH: Func = Func::new("push", &[Ty::Any, Ty::Any], Ty::ListAny, push);
const PREPEND: Func = Func::new("prepend", &[Ty::Any, Ty::Any], Ty::ListAny, prepend);
const FIRST: Func = Func::new("first", &[Ty::Any], Ty::Any, first);
const LAST: Func = Func::new("last", &[Ty::Any], Ty::Any, last);
const REST: Func = Func::new("rest", &[Ty::Any], Ty::ListAny, rest);
const INITIAL: Func = Func::new("initial", &[Ty::Any], Ty::ListAny, initial);
const REVERSE: Func = Func::new("reverse", &[Ty::Any], Ty::ListAny, reverse);
const COMPACT: Func = Func::new("compact", &[Ty::Any], Ty::ListAny, compact);
const UNIQ: Func = Func::new("uniq", &[Ty::Any], Ty::ListAny, uniq);
const WITHOUT: Func = Func::new("without", &[Ty::Any, Ty::Any], Ty::ListAny, without).variadic();
const HAS: Func = Func::new("has", &[Ty::Any, Ty::Any], Ty::Bool, has);
const SLICE: Func = Func::new("slice", &[Ty::Any, Ty::Any], Ty::Any, slice).variadic();
// the result is a `[][]interface {}`
const CHUNK: Func = Func::new("chunk", &[Ty::Int, Ty::Any], Ty::Any, chunk);

pub(super) const FUNCS: &[Func] = &[
    LIST,
    LIST.named("tuple"),
    PUSH,
    PUSH.named("append"),
    PUSH.named("mustPush"),
    PUSH.named("mustAppend"),
    PREPEND,
    PREPEND.named("mustPrepend"),
    FIRST,
    FIRST.named("mustFirst"),
    LAST,
    LAST.named("mustLast"),
    REST,
    REST.named("mustRest"),
    INITIAL,
    INITIAL.named("mustInitial"),
    REVERSE,
    REVERSE.named("mustReverse"),
    COMPACT,
    COMPACT.named("mustCompact"),
    UNIQ,
    UNIQ.named("mustUniq"),
    WITHOUT,
    WITHOUT.named("mustWithout"),
    HAS,
    HAS.named("mustHas"),
    SLICE,
    SLICE.named("mustSlice"),
    CHUNK,
    CHUNK.named("mustChunk"),
    Func::new("concat", &[Ty::Any], Ty::Any, concat).variadic(),
];

/// The bytes of an item in the budget.
const ITEM: u64 = 24;

/// The items of a slice; for anything else, an error with `complaint` and the kind.
fn items<'a>(budget: &Budget, value: Option<&'a Value>, complaint: &str) -> Result<Cow<'a, [Value]>> {
    let items = match value {
        Some(Value::List(list)) => Some(Cow::Borrowed(list.items())),
        Some(Value::Bytes(bytes)) => {
            budget.charge(ITEM * bytes.len() as u64)?;
            Some(bytes.iter().copied().map(Value::Uint8).collect())
        }
        Some(Value::Object(object)) => {
            let items = object.items();
            budget.charge(ITEM * items.as_ref().map_or(0, Vec::len) as u64)?;
            items.map(Cow::Owned)
        }
        None | Some(Value::Nil) => {
            return Err(Error::func("runtime error: invalid memory address or nil pointer dereference"));
        }
        Some(_) => None,
    };
    items.ok_or_else(|| {
        let kind = value.map_or("invalid", |v| v.kind().name());
        Error::func(format!("{complaint} {kind}"))
    })
}

/// An empty list with this capacity, within the budget.
fn room(budget: &Budget, items: usize) -> Result<Vec<Value>> {
    budget.charge(ITEM.saturating_mul(items as u64))?;
    Ok(Vec::with_capacity(items))
}

/// A new `[]interface {}` with a copy of these items.
fn copied(cx: &dyn Context, items: &[Value]) -> Result<Value> {
    let mut copy = room(cx.budget(), items.len())?;
    copy.extend_from_slice(items);
    Ok(Value::list(copy))
}

fn list(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    copied(cx, args)
}

fn push(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let items = items(cx.budget(), args.first(), "Cannot push on type")?;
    let mut longer = room(cx.budget(), items.len() + 1)?;
    longer.extend_from_slice(&items);
    longer.push(args::any(args, 1));
    Ok(Value::List(List::appended_to(Elem::Any, items.len(), longer)))
}

fn prepend(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let items = items(cx.budget(), args.first(), "Cannot prepend on type")?;
    let mut longer = room(cx.budget(), items.len() + 1)?;
    longer.push(args::any(args, 1));
    longer.extend_from_slice(&items);
    Ok(Value::List(List::joined_to(Elem::Any, 1, longer)))
}

fn first(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(items(cx.budget(), args.first(), "Cannot find first on type")?.first().cloned().unwrap_or_default())
}

fn last(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(items(cx.budget(), args.first(), "Cannot find last on type")?.last().cloned().unwrap_or_default())
}

fn rest(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    match items(cx.budget(), args.first(), "Cannot find rest on type")?.split_first() {
        Some((_, rest)) => copied(cx, rest),
        None => Ok(Value::List(List::nil(Elem::Any))),
    }
}

fn initial(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    match items(cx.budget(), args.first(), "Cannot find initial on type")?.split_last() {
        Some((_, initial)) => copied(cx, initial),
        None => Ok(Value::List(List::nil(Elem::Any))),
    }
}

fn reverse(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let items = items(cx.budget(), args.first(), "Cannot find reverse on type")?;
    let mut reversed = room(cx.budget(), items.len())?;
    reversed.extend(items.iter().rev().cloned());
    Ok(Value::list(reversed))
}

fn compact(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let items = items(cx.budget(), args.first(), "Cannot compact on type")?;
    let mut full = room(cx.budget(), items.len())?;
    full.extend(items.iter().filter(|v| v.is_true()).cloned());
    Ok(Value::List(List::appended(Elem::Any, full)))
}

fn uniq(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let budget = cx.budget();
    let items = items(cx.budget(), args.first(), "Cannot find uniq on type")?;
    let mut kept = room(budget, items.len())?;
    // strings, by far the most common items, are looked up; others are compared
    let mut strings: HashSet<&Str, foldhash::fast::RandomState> = HashSet::default();
    let mut others = Vec::new();
    for item in items.iter() {
        let new = match item {
            Value::Str(s) => {
                budget.scan(s.len())?;
                strings.insert(s)
            }
            _ => !contains(&others, item, budget)?,
        };
        if new {
            kept.push(item.clone());
            if !matches!(item, Value::Str(_)) {
                others.push(item.clone());
            }
        }
    }
    Ok(Value::List(List::appended(Elem::Any, kept)))
}

/// Sprig: `inList`
fn contains(haystack: &[Value], needle: &Value, budget: &Budget) -> Result<bool> {
    budget.step(1 + haystack.len() as u64 / 4)?;
    for item in haystack {
        if deep_equal(needle, item, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn without(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let budget = cx.budget();
    let items = items(cx.budget(), args.first(), "Cannot find without on type")?;
    let omitted = args::rest(args, 1);
    let mut kept = room(budget, items.len())?;
    for item in items.iter() {
        if !contains(omitted, item, budget)? {
            kept.push(item.clone());
        }
    }
    Ok(Value::List(List::appended(Elem::Any, kept)))
}

fn has(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let haystack = args::any(args, 1);
    if haystack.is_nil() {
        return Ok(Value::Bool(false));
    }
    let items = items(cx.budget(), Some(&haystack), "Cannot find has on type")?;
    Ok(Value::Bool(contains(&items, &args::any(args, 0), cx.budget())?))
}

/// A part of the list, with the same type and the same array. Its end may reach to the capacity.
fn slice(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let value = args.first();
    let items = items(cx.budget(), value, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let start = usize::try_from(args.get(1).map_or(0, to_int64));
    let end = args.get(2).map_or(Ok(items.len()), |end| usize::try_from(to_int64(end)));
    let range = start.and_then(|start| Ok((start, end?)));
    let out_of_bounds = || Error::func("reflect.Value.Slice: slice index out of bounds");
    let (start, end) = range.map_err(|_| out_of_bounds())?;
    if let Some(Value::List(list)) = value {
        return window(list, start, end, cx.budget())?.map(Value::List).ok_or_else(out_of_bounds);
    }
    let part = items.get(start..end).ok_or_else(out_of_bounds)?;
    let mut copy = room(cx.budget(), part.len())?;
    copy.extend_from_slice(part);
    Ok(match value {
        Some(Value::Bytes(_)) => {
            let bytes: Vec<u8> =
                copy.iter().filter_map(|v| if let Value::Uint8(b) = v { Some(*b) } else { None }).collect();
            Value::Bytes(bytes.into())
        }
        // the only named slice type is one of strings
        _ => Value::List(List::new(Elem::Str, copy)),
    })
}

/// A part of a list, within the budget. If the part ends behind the items of the array, the array grows.
fn window(list: &List, start: usize, end: usize, budget: &Budget) -> Result<Option<List>> {
    if end > list.len() && end <= list.capacity() {
        budget.charge(ITEM.saturating_mul(list.capacity() as u64))?;
    }
    Ok(list.slice(start, end))
}

/// Lists of `size` items each. Go uses floats here, so sizes below one have odd results.
#[allow(clippy::cast_precision_loss)]
fn chunk(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let size = args::int(args, 0);
    let items = items(cx.budget(), args.get(1), "Cannot chunk type")?;
    let bad_length = || Error::func("runtime error: makeslice: len out of range");
    let (length, width) = (items.len() as f64, size as f64);
    let count = usize::try_from(float_to_int(((length - 1.0) / width).floor() + 1.0)).map_err(|_| bad_length())?;
    let mut chunks = room(cx.budget(), count.saturating_add(items.len()))?;
    let mut left = items.iter();
    for i in 1..=count {
        let mut width_here = size;
        if i == count {
            width_here = float_to_int((length % width).floor());
            if width_here == 0 {
                width_here = size;
            }
        }
        let wanted = usize::try_from(width_here).map_err(|_| bad_length())?;
        chunks.push(Value::list(left.by_ref().take(wanted).cloned().collect()));
    }
    Ok(Value::List(List::new(Elem::List, chunks)))
}

fn concat(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let mut all = Vec::new();
    for list in args {
        let kind = list.kind().name();
        let items = items(cx.budget(), Some(list), "").map_err(|e| match list {
            Value::Nil => e,
            _ => Error::func(format!("Cannot concat type {kind} as list")),
        })?;
        cx.budget().charge(ITEM * items.len() as u64)?;
        all.extend_from_slice(&items);
    }
    Ok(Value::List(if all.is_empty() { List::nil(Elem::Any) } else { List::appended(Elem::Any, all) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funcs::testing::{call, call_limited};

    fn l(items: &[i64]) -> Value {
        Value::list(items.iter().copied().map(Value::Int).collect())
    }

    fn bytes(text: &str) -> Value {
        Value::Bytes(text.into())
    }

    /// The type and the items of a result.
    fn show(value: &Value) -> String {
        format!("{} {value:?}", value.type_name())
    }

    #[test]
    fn parts_and_copies() {
        for (name, args, expected) in [
            ("list", vec![], "[]interface {} []"),
            ("tuple", vec![Value::Nil, "a".into()], r#"[]interface {} [nil, "a"]"#),
            ("append", vec![l(&[1]), Value::Int(2)], "[]interface {} [1, 2]"),
            ("append", vec![bytes("a"), Value::Int(2)], "[]interface {} [uint8(97), 2]"),
            ("push", vec![Value::strings(["a"]), Value::Nil], r#"[]interface {} ["a", nil]"#),
            ("prepend", vec![l(&[1]), Value::Int(2)], "[]interface {} [2, 1]"),
            ("first", vec![l(&[1, 2])], "int 1"),
            ("first", vec![l(&[])], "<nil> nil"),
            ("last", vec![bytes("abc")], "uint8 uint8(99)"),
            ("rest", vec![l(&[1, 2, 3])], "[]interface {} [2, 3]"),
            ("initial", vec![l(&[1, 2, 3])], "[]interface {} [1, 2]"),
            ("reverse", vec![Value::strings(["a", "b"])], r#"[]interface {} ["b", "a"]"#),
            (
                "compact",
                vec![Value::list(vec![Value::Nil, "".into(), Value::Int(0), "x".into()])],
                r#"[]interface {} ["x"]"#,
            ),
            ("slice", vec![l(&[])], "<nil> nil"),
            ("slice", vec![l(&[1, 2, 3]), Value::Int(1)], "[]interface {} [2, 3]"),
            ("slice", vec![l(&[1, 2, 3]), "1".into(), Value::Float(2.9)], "[]interface {} [2]"),
            ("slice", vec![Value::strings(["a", "b"]), Value::Int(0), Value::Int(1)], r#"[]string ["a"]"#),
            ("slice", vec![bytes("abc"), Value::Int(1)], r#"[]uint8 []byte("bc")"#),
            ("chunk", vec![Value::Int(2), l(&[1, 2, 3])], "[][]interface {} [[1, 2], [3]]"),
            ("chunk", vec![Value::Int(2), l(&[1, 2])], "[][]interface {} [[1, 2]]"),
            ("chunk", vec![Value::Int(2), l(&[])], "[][]interface {} []"),
            ("chunk", vec![Value::Int(-5), l(&[1])], "[][]interface {} [[1]]"),
            ("chunk", vec![Value::Int(-5), l(&[1, 2])], "[][]interface {} []"),
            ("concat", vec![l(&[1]), Value::strings(["a"])], r#"[]interface {} [1, "a"]"#),
        ] {
            assert_eq!(show(&call(name, &args).unwrap()), expected, "{name} {args:?}");
        }
        for (name, args) in
            [("rest", vec![l(&[])]), ("initial", vec![l(&[])]), ("concat", vec![l(&[])]), ("concat", vec![])]
        {
            assert!(call(name, &args).unwrap().as_list().unwrap().is_nil(), "{name}");
        }
    }

    #[test]
    fn items_by_value() {
        let nested = || {
            Value::list(vec![l(&[1]), l(&[1]), "a".into(), "a".into(), Value::Float(1.0), Value::Int(1), Value::Int(1)])
        };
        assert_eq!(show(&call("uniq", &[nested()]).unwrap()), r#"[]interface {} [[1], "a", float64(1), 1]"#);
        assert_eq!(
            show(&call("without", &[nested(), "a".into(), Value::Int(1)]).unwrap()),
            "[]interface {} [[1], [1], float64(1)]"
        );
        for (needle, haystack, expected) in [
            (Value::Int(1), nested(), true),
            (Value::Int64(1), nested(), false),
            (l(&[1]), nested(), true),
            (Value::Nil, Value::Nil, false),
            (Value::Nil, Value::list(vec![Value::Nil]), true),
            (Value::Uint8(97), bytes("a"), true),
        ] {
            assert!(matches!(call("has", &[needle, haystack]).unwrap(), Value::Bool(b) if b == expected));
        }
    }

    #[test]
    fn what_is_no_list() {
        const NIL: &str = "runtime error: invalid memory address or nil pointer dereference";
        for (name, args, expected) in [
            ("append", vec!["a".into(), Value::Nil], "Cannot push on type string"),
            ("mustPrepend", vec![Value::Int(1), Value::Nil], "Cannot prepend on type int"),
            ("first", vec![Value::map([("a", Value::Nil)])], "Cannot find first on type map"),
            ("last", vec![Value::Float(1.0)], "Cannot find last on type float64"),
            ("rest", vec![Value::Nil], NIL),
            ("initial", vec![Value::Bool(true)], "Cannot find initial on type bool"),
            ("reverse", vec![Value::Int64(1)], "Cannot find reverse on type int64"),
            ("compact", vec![Value::Nil], NIL),
            ("uniq", vec!["x".into()], "Cannot find uniq on type string"),
            ("without", vec![Value::Int(2)], "Cannot find without on type int"),
            ("has", vec![Value::Int(2), "x".into()], "Cannot find has on type string"),
            ("slice", vec!["hello".into(), Value::Int(1)], "list should be type of slice or array but string"),
            ("slice", vec![l(&[1]), Value::Int(-1)], "reflect.Value.Slice: slice index out of bounds"),
            ("slice", vec![l(&[1, 2]), Value::Int(2), Value::Int(1)], "reflect.Value.Slice: slice index out of bounds"),
            ("chunk", vec![Value::Int(2), "x".into()], "Cannot chunk type string"),
            ("chunk", vec![Value::Int(0), l(&[1])], "runtime error: makeslice: len out of range"),
            ("chunk", vec![Value::Int(-1), l(&[])], "runtime error: makeslice: len out of range"),
            ("concat", vec![l(&[1]), "x".into()], "Cannot concat type string as list"),
            ("concat", vec![Value::Nil], NIL),
        ] {
            assert_eq!(call(name, &args).unwrap_err().message(), expected, "{name} {args:?}");
        }
    }

    #[test]
    fn long_lists_meet_the_limits() {
        let long = Value::List(List::new(Elem::Any, vec![Value::Int(1); 1_000_000]));
        assert_eq!(call_limited("append", &[long, Value::Nil]).unwrap_err().limit(), Some("value-bytes"));
    }
}
