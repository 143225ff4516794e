//! Regular expressions in RE2 syntax.

mod pattern;

use std::rc::Rc;

use super::args::{any, bytes, int};
use crate::error::{Error, ErrorKind, Result};
use crate::template::{Context, Func};
use crate::value::{Elem, List, Ty, Value};
use pattern::Pattern;

const SS: &[Ty] = &[Ty::Str, Ty::Str];
const SSS: &[Ty] = &[Ty::Str, Ty::Str, Ty::Str];
const SSI: &[Ty] = &[Ty::Str, Ty::Str, Ty::Int];

pub(super) const FUNCS: &[Func] = &[
    Func::new("regexMatch", SS, Ty::Bool, |cx, a| match Pattern::get(cx, bytes(a, 0)) {
        Ok(pattern) => Ok(Value::Bool(pattern.is_match(cx.budget(), bytes(a, 1))?)),
        // an invalid pattern matches nothing
        Err(e) if e.kind() == ErrorKind::Limit => Err(e),
        Err(_) => Ok(Value::Bool(false)),
    }),
    Func::new("mustRegexMatch", SS, Ty::Bool, |cx, a| {
        Ok(Value::Bool(Pattern::get(cx, bytes(a, 0))?.is_match(cx.budget(), bytes(a, 1))?))
    }),
    Func::new("regexFind", SS, Ty::Str, |cx, a| find(cx, &*trusted(cx, a)?, a)),
    Func::new("mustRegexFind", SS, Ty::Str, |cx, a| find(cx, &*Pattern::get(cx, bytes(a, 0))?, a)),
    Func::new("regexFindAll", SSI, Ty::ListStr, |cx, a| find_all(cx, &*trusted(cx, a)?, a)),
    Func::new("mustRegexFindAll", SSI, Ty::ListStr, |cx, a| find_all(cx, &*Pattern::get(cx, bytes(a, 0))?, a)),
    Func::new("regexReplaceAll", SSS, Ty::Str, |cx, a| replace(cx, &*trusted(cx, a)?, a, false)),
    Func::new("mustRegexReplaceAll", SSS, Ty::Str, |cx, a| replace(cx, &*Pattern::get(cx, bytes(a, 0))?, a, false)),
    Func::new("regexReplaceAllLiteral", SSS, Ty::Str, |cx, a| replace(cx, &*trusted(cx, a)?, a, true)),
    Func::new("mustRegexReplaceAllLiteral", SSS, Ty::Str, |cx, a| {
        replace(cx, &*Pattern::get(cx, bytes(a, 0))?, a, true)
    }),
    Func::new("regexSplit", SSI, Ty::ListStr, |cx, a| split(cx, &*trusted(cx, a)?, a)),
    Func::new("mustRegexSplit", SSI, Ty::ListStr, |cx, a| split(cx, &*Pattern::get(cx, bytes(a, 0))?, a)),
    Func::new("regexQuoteMeta", &[Ty::Str], Ty::Str, quote_meta),
];

/// The pattern of the first argument. If it is not valid, the error has the text of Go's panic. Go: `regexp.MustCompile`.
fn trusted(cx: &dyn Context, args: &[Value]) -> Result<Rc<Pattern>> {
    let text = bytes(args, 0);
    Pattern::get(cx, text).map_err(|e| {
        if e.kind() == ErrorKind::Limit {
            return e;
        }
        let shown = if go::strconv::can_backquote(text) {
            format!("`{}`", String::from_utf8_lossy(text))
        } else {
            go::strconv::quote(text)
        };
        Error::func(format!("regexp: Compile({shown}): {e}"))
    })
}

fn find(cx: &dyn Context, pattern: &Pattern, args: &[Value]) -> Result<Value> {
    let text = bytes(args, 1);
    let found = pattern.find_first(cx.budget(), text)?;
    Ok(Value::str(found.and_then(|(start, end)| text.get(start..end)).unwrap_or_default()))
}

fn find_all(cx: &dyn Context, pattern: &Pattern, args: &[Value]) -> Result<Value> {
    let text = bytes(args, 1);
    let found = pattern.find_all(cx.budget(), text, int(args, 2))?;
    if found.is_empty() {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    let found = found.into_iter().map(|(start, end)| text.get(start..end).unwrap_or_default());
    // Go starts with a capacity of ten
    Ok(Value::List(List::appended_to(Elem::Str, 10, found.map(Value::str).collect())))
}

fn replace(cx: &dyn Context, pattern: &Pattern, args: &[Value], literally: bool) -> Result<Value> {
    let replaced = pattern.replace_all(cx.budget(), bytes(args, 1), bytes(args, 2), literally)?;
    Ok(replaced.map_or_else(|| any(args, 1), Value::str))
}

/// Go: `Regexp.Split`.
fn split(cx: &dyn Context, pattern: &Pattern, args: &[Value]) -> Result<Value> {
    let (text, count) = (bytes(args, 1), int(args, 2));
    if count == 0 {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    if text.is_empty() && !bytes(args, 0).is_empty() {
        return Ok(Value::strings([""]));
    }
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    let found = pattern.find_all(cx.budget(), text, count)?;
    let room = found.len();
    for (from, to) in found {
        if parts.len() + 1 == limit {
            break;
        }
        end = from;
        if to != 0 {
            parts.push(text.get(begin..end).unwrap_or_default());
        }
        begin = to;
    }
    if end != text.len() {
        parts.push(text.get(begin..).unwrap_or_default());
    }
    cx.budget().charge(24 * parts.len() as u64 + text.len() as u64)?;
    Ok(Value::List(List::appended_to(Elem::Str, room, parts.into_iter().map(Value::str).collect())))
}

/// Go: `regexp.QuoteMeta`.
fn quote_meta(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let text = bytes(args, 0);
    let is_meta = |b: &u8| br"\.+*?()|[]{}^$".contains(b);
    let marks = text.iter().filter(|b| is_meta(b)).count();
    if marks == 0 {
        return Ok(any(args, 0));
    }
    cx.budget().charge((text.len() + marks) as u64)?;
    let mut out = Vec::with_capacity(text.len() + marks);
    for byte in text {
        if is_meta(byte) {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    Ok(Value::str(out))
}
