//! Functions for strings: case, trimming, cutting, padding, wrapping, quoting.

mod case;
mod layout;

use std::collections::HashSet;

use super::args::{self, append_strval, append_value, bytes, int, rest, strslice, strval};
use crate::error::{Error, Result};
use crate::template::{Context, Func};
use crate::value::{Elem, List, Map, MapType, Str, Ty, Value};
use go::utf8;

pub(super) const FUNCS: &[Func] = &[
    Func::new("hello", &[], Ty::Str, |_, _| Ok(Value::str("Hello!"))),
    // case
    Func::new("upper", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, upper(bytes(a, 0)))),
    Func::new("lower", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, lower(bytes(a, 0)))),
    Func::new("title", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, Some(case::title(bytes(a, 0))))),
    Func::new("untitle", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, Some(case::untitle(bytes(a, 0))))),
    Func::new("swapcase", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, Some(case::swap(bytes(a, 0))))),
    Func::new("snakecase", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, Some(case::delimited(bytes(a, 0), '_')))),
    Func::new("kebabcase", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, Some(case::delimited(bytes(a, 0), '-')))),
    Func::new("camelcase", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, case::pascal(bytes(a, 0)))),
    Func::new("initials", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, Some(layout::initials(bytes(a, 0))))),
    Func::new("nospace", &[Ty::Str], Ty::Str, |cx, a| changed(cx, a, layout::delete_white_space(bytes(a, 0)))),
    // trimming
    Func::new("trim", &[Ty::Str], Ty::Str, |_, a| Ok(part(a, 0, trim_space(bytes(a, 0))))),
    TRIM_ALL,
    TRIM_ALL.named("trimall"),
    Func::new("trimSuffix", &[Ty::Str, Ty::Str], Ty::Str, |_, a| {
        let text = bytes(a, 1);
        Ok(part(a, 1, text.strip_suffix(bytes(a, 0)).unwrap_or(text)))
    }),
    Func::new("trimPrefix", &[Ty::Str, Ty::Str], Ty::Str, |_, a| {
        let text = bytes(a, 1);
        Ok(part(a, 1, text.strip_prefix(bytes(a, 0)).unwrap_or(text)))
    }),
    // cutting
    Func::new("trunc", &[Ty::Int, Ty::Str], Ty::Str, |_, a| Ok(part(a, 1, trunc(int(a, 0), bytes(a, 1))))),
    Func::new("substr", &[Ty::Int, Ty::Int, Ty::Str], Ty::Str, |_, a| {
        Ok(part(a, 2, substr(int(a, 0), int(a, 1), bytes(a, 2))?))
    }),
    Func::new("abbrev", &[Ty::Int, Ty::Str], Ty::Str, |_, a| {
        Ok(layout::abbreviate(bytes(a, 1), 0, int(a, 0)).map_or_else(|| args::any(a, 1), Value::str))
    }),
    Func::new("abbrevboth", &[Ty::Int, Ty::Int, Ty::Str], Ty::Str, |_, a| {
        Ok(layout::abbreviate(bytes(a, 2), int(a, 0), int(a, 1)).map_or_else(|| args::any(a, 2), Value::str))
    }),
    // padding and wrapping
    Func::new("repeat", &[Ty::Int, Ty::Str], Ty::Str, |cx, a| repeat(cx, int(a, 0), bytes(a, 1)).map(Value::str)),
    Func::new("indent", &[Ty::Int, Ty::Str], Ty::Str, |cx, a| indent(cx, int(a, 0), bytes(a, 1), false)),
    Func::new("nindent", &[Ty::Int, Ty::Str], Ty::Str, |cx, a| indent(cx, int(a, 0), bytes(a, 1), true)),
    Func::new("wrap", &[Ty::Int, Ty::Str], Ty::Str, |cx, a| {
        layout::wrap(cx.budget(), bytes(a, 1), int(a, 0), b"", false).map(Value::str)
    }),
    Func::new("wrapWith", &[Ty::Int, Ty::Str, Ty::Str], Ty::Str, |cx, a| {
        layout::wrap(cx.budget(), bytes(a, 2), int(a, 0), bytes(a, 1), true).map(Value::str)
    }),
    // predicates
    Func::new("contains", &[Ty::Str, Ty::Str], Ty::Bool, |_, a| {
        Ok(Value::Bool(find(bytes(a, 1), bytes(a, 0)).is_some()))
    }),
    Func::new("hasPrefix", &[Ty::Str, Ty::Str], Ty::Bool, |_, a| Ok(bytes(a, 1).starts_with(bytes(a, 0)).into())),
    Func::new("hasSuffix", &[Ty::Str, Ty::Str], Ty::Bool, |_, a| Ok(bytes(a, 1).ends_with(bytes(a, 0)).into())),
    // quoting and joining
    Func::new("quote", &[Ty::Any], Ty::Str, quote).variadic(),
    Func::new("squote", &[Ty::Any], Ty::Str, squote).variadic(),
    Func::new("cat", &[Ty::Any], Ty::Str, cat).variadic(),
    Func::new("replace", &[Ty::Str, Ty::Str, Ty::Str], Ty::Str, replace),
    Func::new("plural", &[Ty::Str, Ty::Str, Ty::Int], Ty::Str, |_, a| Ok(args::any(a, usize::from(int(a, 2) != 1)))),
    // lists of strings
    Func::new("join", &[Ty::Str, Ty::Any], Ty::Str, join),
    Func::new("split", &[Ty::Str, Ty::Str], Ty::MapStr, |cx, a| {
        let parts = split(cx, bytes(a, 1), bytes(a, 0), -1)?;
        Ok(numbered(&parts))
    }),
    Func::new("splitn", &[Ty::Str, Ty::Int, Ty::Str], Ty::MapStr, |cx, a| {
        let parts = split(cx, bytes(a, 2), bytes(a, 0), int(a, 1))?;
        Ok(numbered(&parts))
    }),
    Func::new("splitList", &[Ty::Str, Ty::Str], Ty::ListStr, |cx, a| {
        Ok(Value::strings(split(cx, bytes(a, 1), bytes(a, 0), -1)?))
    }),
    Func::new("sortAlpha", &[Ty::Any], Ty::ListStr, sort_alpha),
];

const TRIM_ALL: Func =
    Func::new("trimAll", &[Ty::Str, Ty::Str], Ty::Str, |_, a| Ok(part(a, 1, trim_set(bytes(a, 1), bytes(a, 0)))));

/// The position of the first `needle`; every string contains the empty string.
pub(super) fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, needle)
}

/// Splits at every `separator`, or between characters if it is empty, into at most `count` parts unless `count` is negative.
/// Go: `strings.SplitN`.
pub(super) fn split<'a>(cx: &dyn Context, text: &'a [u8], separator: &[u8], count: i64) -> Result<Vec<&'a [u8]>> {
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    if limit == 0 {
        return Ok(parts);
    }
    let mut rest = text;
    if separator.is_empty() {
        while !rest.is_empty() && parts.len() + 1 < limit {
            let (head, tail) = utf8::cut(rest, utf8::decode_rune(rest).1);
            parts.push(head);
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
    } else {
        let mut start = 0;
        for at in memchr::memmem::find_iter(text, separator).take(limit - 1) {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + separator.len();
        }
        parts.push(text.get(start..).unwrap_or_default());
    }
    cx.budget().charge(24 * parts.len() as u64 + text.len() as u64)?;
    Ok(parts)
}

/// The text that a function made from its first argument, charged if it is new.
fn changed(cx: &mut dyn Context, args: &[Value], made: Option<Vec<u8>>) -> Result<Value> {
    match made {
        None => Ok(args::any(args, 0)),
        Some(text) => {
            cx.budget().charge(text.len() as u64)?;
            Ok(Value::str(text))
        }
    }
}

/// A part of argument `i`, or the argument itself if the part is the whole.
fn part(args: &[Value], i: usize, text: &[u8]) -> Value {
    match args.get(i) {
        Some(Value::Str(whole)) if whole.len() == text.len() => Value::Str(whole.clone()),
        _ => Value::str(text),
    }
}

/// Go: `strings.ToUpper`.
fn upper(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_ascii() {
        text.iter().any(u8::is_ascii_lowercase).then(|| text.to_ascii_uppercase())
    } else {
        Some(utf8::map(text, utf8::to_upper))
    }
}

/// Go: `strings.ToLower`.
fn lower(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_ascii() {
        text.iter().any(u8::is_ascii_uppercase).then(|| text.to_ascii_lowercase())
    } else {
        Some(utf8::map(text, utf8::to_lower))
    }
}

/// Go: `strings.TrimSpace`.
fn trim_space(text: &[u8]) -> &[u8] {
    trim_where(text, utf8::is_space)
}

/// Go: `strings.Trim`.
fn trim_set<'a>(text: &'a [u8], set: &[u8]) -> &'a [u8] {
    // a long set is looked up, a short one scanned
    if set.len() > 64 {
        let chars: HashSet<char, foldhash::fast::RandomState> = utf8::runes(set).map(|(c, _)| c).collect();
        return trim_where(text, |c| chars.contains(&c));
    }
    trim_where(text, |c| match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => set.contains(&byte),
        _ => utf8::runes(set).any(|(s, _)| s == c),
    })
}

fn trim_where(mut text: &[u8], drop: impl Fn(char) -> bool) -> &[u8] {
    while !text.is_empty() {
        let (c, width) = utf8::decode_rune(text);
        if !drop(c) {
            break;
        }
        text = utf8::cut(text, width).1;
    }
    while !text.is_empty() {
        let (c, width) = utf8::decode_last_rune(text);
        if !drop(c) {
            break;
        }
        text = utf8::cut(text, text.len() - width).0;
    }
    text
}

/// The first bytes, or the last ones if the length is negative. Sprig: `trunc`.
fn trunc(length: i64, text: &[u8]) -> &[u8] {
    let wanted = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
    if wanted >= text.len() {
        text
    } else if length < 0 {
        utf8::cut(text, text.len() - wanted).1
    } else {
        utf8::cut(text, wanted).0
    }
}

/// The bytes from `start` to `end`, or Go's panic if they are out of range. Sprig: `substring`.
fn substr(start: i64, end: i64, text: &[u8]) -> Result<&[u8]> {
    let out_of_range = |what: String| Error::func(format!("runtime error: slice bounds out of range {what}"));
    let len = text.len();
    if start < 0 {
        return match usize::try_from(end) {
            Ok(end) => text.get(..end).ok_or_else(|| out_of_range(format!("[:{end}] with length {len}"))),
            Err(_) => Err(out_of_range(format!("[:{end}]"))),
        };
    }
    let from = usize::try_from(start).unwrap_or(usize::MAX);
    let to = usize::try_from(end).ok().filter(|&end| end <= len).unwrap_or(len);
    text.get(from..to).ok_or_else(|| out_of_range(format!("[{start}:{to}]")))
}

/// Go: `strings.Repeat`, with its panics.
fn repeat(cx: &dyn Context, count: i64, text: &[u8]) -> Result<Vec<u8>> {
    let Ok(times) = u64::try_from(count) else {
        return Err(Error::func("strings: negative Repeat count"));
    };
    let Some(bytes) = times.checked_mul(text.len() as u64).filter(|&n| i64::try_from(n).is_ok()) else {
        return Err(Error::func("strings: Repeat output length overflow"));
    };
    cx.budget().charge(bytes)?;
    Ok(if bytes == 0 { Vec::new() } else { text.repeat(usize::try_from(times).unwrap_or_default()) })
}

/// Sprig: `indent`, `nindent`.
fn indent(cx: &dyn Context, width: i64, text: &[u8], on_new_line: bool) -> Result<Value> {
    let Ok(wide) = u64::try_from(width) else {
        return Err(Error::func("strings: negative Repeat count"));
    };
    let lines = 1 + memchr::memchr_iter(b'\n', text).count() as u64;
    let bytes = lines.saturating_mul(wide).saturating_add(text.len() as u64 + 1);
    cx.budget().charge(bytes)?;
    let wide = usize::try_from(wide).unwrap_or_default();
    let mut out = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
    if on_new_line {
        out.push(b'\n');
    }
    out.resize(out.len() + wide, b' ');
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text) {
        out.extend_from_slice(text.get(start..=end).unwrap_or_default());
        out.resize(out.len() + wide, b' ');
        start = end + 1;
    }
    out.extend_from_slice(text.get(start..).unwrap_or_default());
    Ok(Value::str(out))
}

/// Sprig: `quote`.
fn quote(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let mut out = Vec::new();
    for value in args.iter().filter(|v| !v.is_nil()) {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(go::strconv::quote(&strval(value, cx.budget())?).as_bytes());
        cx.budget().fits(out.len() as u64)?;
    }
    cx.budget().charge(out.len() as u64)?;
    Ok(Value::str(out))
}

/// Sprig: `squote`.
fn squote(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let mut out = Vec::new();
    for value in args.iter().filter(|v| !v.is_nil()) {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.push(b'\'');
        append_value(&mut out, value, cx.budget())?;
        cx.budget().fits(out.len() as u64)?;
        out.push(b'\'');
    }
    cx.budget().charge(out.len() as u64)?;
    Ok(Value::str(out))
}

/// Sprig: `cat`.
fn cat(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let mut out = Vec::new();
    for (i, value) in args.iter().filter(|v| !v.is_nil()).enumerate() {
        if i > 0 {
            out.push(b' ');
        }
        append_value(&mut out, value, cx.budget())?;
        cx.budget().fits(out.len() as u64)?;
    }
    cx.budget().charge(out.len() as u64)?;
    Ok(Value::str(out))
}

/// Go: `strings.ReplaceAll`.
fn replace(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let (old, new, text) = (bytes(args, 0), bytes(args, 1), bytes(args, 2));
    if old == new || (!old.is_empty() && find(text, old).is_none()) {
        return Ok(args::any(args, 2));
    }
    if old.is_empty() {
        let places = utf8::runes(text).count() as u64 + 1;
        cx.budget().charge(places.saturating_mul(new.len() as u64).saturating_add(text.len() as u64))?;
        let mut out = new.to_vec();
        let mut rest = text;
        while !rest.is_empty() {
            let (head, tail) = utf8::cut(rest, utf8::decode_rune(rest).1);
            out.extend_from_slice(head);
            out.extend_from_slice(new);
            rest = tail;
        }
        return Ok(Value::str(out));
    }
    let parts = split(cx, text, old, -1)?;
    cx.budget().charge((parts.len() as u64).saturating_mul(new.len() as u64).saturating_add(text.len() as u64))?;
    Ok(Value::str(parts.join(new)))
}

/// Sprig: `join`.
fn join(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let separator = bytes(args, 0);
    let budget = cx.budget();
    let mut out = Vec::new();
    let mut append = |i: usize, value: &Value| {
        if i > 0 {
            budget.fits((out.len() + separator.len()) as u64)?;
            out.extend_from_slice(separator);
        }
        append_strval(&mut out, value, budget)?;
        budget.fits(out.len() as u64)
    };
    match args.get(1) {
        Some(Value::List(list)) => {
            for (i, item) in list.iter().filter(|v| !v.is_nil()).enumerate() {
                append(i, item)?;
            }
        }
        other => {
            for (i, item) in strslice(other.unwrap_or(&Value::Nil), budget)?.into_iter().enumerate() {
                append(i, &Value::Str(item))?;
            }
        }
    }
    budget.charge(out.len() as u64)?;
    Ok(Value::str(out))
}

/// The parts as a `map[string]string` of `_0`, `_1` ...
fn numbered(parts: &[&[u8]]) -> Value {
    let map = Map::with_type(MapType::Str);
    for (i, part) in parts.iter().enumerate() {
        map.insert(format!("_{i}"), Value::str(*part));
    }
    Value::Map(map)
}

/// Charges the comparisons for sorting strings of these lengths: n log n.
fn pay_for_order(cx: &dyn Context, lengths: impl ExactSizeIterator<Item = usize>) -> Result<()> {
    let count = lengths.len();
    let bytes: usize = lengths.sum();
    cx.budget().sort(count)?;
    cx.budget().step((bytes as u64 / 64).saturating_mul(u64::from(count.max(1).ilog2())))
}

/// The sorted strings. A `[]string` is sorted in place, other lists are copied. Sprig: `sortAlpha`.
fn sort_alpha(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let value = rest(args, 0).first().unwrap_or(&Value::Nil);
    if let Value::List(list) = value
        && list.elem() == Elem::Str
    {
        let mut items: Vec<&Str> = list.iter().filter_map(Value::as_str).collect();
        pay_for_order(cx, items.iter().map(|item| item.len()))?;
        if !items.is_sorted() {
            cx.budget().charge(24 * list.capacity() as u64)?;
            items.sort_unstable();
            list.overwrite(items.into_iter().cloned().map(Value::Str).collect());
        }
        return Ok(value.clone());
    }
    let is_list = match value {
        Value::List(_) | Value::Bytes(_) => true,
        Value::Object(object) => object.items().is_some(),
        _ => false,
    };
    let mut items: Vec<Str> = if is_list { strslice(value, cx.budget())? } else { vec![strval(value, cx.budget())?] };
    pay_for_order(cx, items.iter().map(|item| item.len()))?;
    items.sort_unstable();
    // nils are left out, but count for the capacity
    let room = value.as_list().map_or(0, |list| list.len());
    Ok(Value::List(List::with_capacity(Elem::Str, items.into_iter().map(Value::Str).collect(), room)))
}
