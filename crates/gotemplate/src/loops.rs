//! `range` loops. Go: `walkRange` in `text/template/exec.go`.

use super::builtins::has_any;
use super::exec::{Executor, Frame, Loop, Walk};
use super::unit::{Decl, Id, Kind, NONE, Span};
use super::val::Val;
use crate::error::{Error, Result};
use crate::value::fmt::sprintf;
use crate::value::{self, Elem, Value};

/// Whether a value is an integer, of a named type too.
fn is_integer(value: &Value) -> bool {
    match value {
        Value::Object(object) => matches!(object.kind(), value::Kind::Int | value::Kind::Int64),
        _ => matches!(value, Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_)),
    }
}

impl Executor<'_> {
    /// Starts a loop with its first turn; false where there is nothing to walk over.
    pub(super) fn start_loop(&mut self, f: &mut Frame<'_>, pipe: Id) -> Result<bool> {
        let value = self.pipeline(f, pipe)?.v;
        let decls = match f.unit.node(pipe).kind {
            Kind::Setter(number) => f.unit.setter(number).map(|setter| setter.decls).unwrap_or_default(),
            _ => Span::default(),
        };
        let decls = f.unit.decls(decls);
        let (index, item) = match decls {
            [] => (NONE, NONE),
            [item] => (NONE, item.slot),
            [index, item, ..] => (index.slot, item.slot),
        };
        let Some(walk) = self.walk(f, value, decls)? else { return Ok(false) };
        self.loops.push(Loop { dot: f.dot.clone(), walk, index, item });
        Ok(self.turn(f))
    }

    fn walk(&self, f: &Frame<'_>, value: Value, decls: &[Decl]) -> Result<Option<Walk>> {
        let walk = match value {
            Value::Nil => return Ok(None),
            Value::List(list) => Walk::List(list, 0),
            Value::Map(map) => {
                let iface = has_any(&map);
                let room = self.budget.charge(48 * map.len() as u64).and_then(|()| self.budget.sort(map.len()));
                room.map_err(|error| self.limited(f, error))?;
                Walk::Map(map.sorted().into_iter(), iface)
            }
            Value::Bytes(bytes) => {
                self.budget.charge(24 * bytes.len() as u64).map_err(|error| self.limited(f, error))?;
                Walk::Items(bytes.iter().map(|b| Value::Uint8(*b)).collect::<Vec<_>>().into_iter(), 0)
            }
            Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) | Value::Object(_)
                if decls.len() > 1 && is_integer(&value) =>
            {
                let shown = self.shown(&value);
                return Err(self.fail(f, &format!("can't use {shown} to iterate over more than one variable")));
            }
            #[allow(clippy::cast_possible_wrap)] // both come from a count below the integer's own maximum
            Value::Int(n) => Walk::Int(0, u64::try_from(n).unwrap_or(0), |i| Value::Int(i as i64)),
            #[allow(clippy::cast_possible_wrap)]
            Value::Int64(n) => Walk::Int(0, u64::try_from(n).unwrap_or(0), |i| Value::Int64(i as i64)),
            Value::Uint64(n) => Walk::Int(0, n, Value::Uint64),
            #[allow(clippy::cast_possible_truncation)]
            Value::Uint8(n) => Walk::Int(0, u64::from(n), |i| Value::Uint8(i as u8)),
            Value::Object(object) => {
                self.budget.items(object.size()).map_err(|error| self.limited(f, error))?;
                if let Some(items) = object.items() {
                    Walk::Items(items.into_iter(), 0)
                } else if let Some(entries) = object.entries() {
                    Walk::Map(entries.into_iter(), false)
                } else {
                    return Err(self.cannot_range(f, &Value::Object(object)));
                }
            }
            other => return Err(self.cannot_range(f, &other)),
        };
        Ok(match &walk {
            Walk::List(list, _) if list.is_empty() => None,
            Walk::Items(items, _) if items.len() == 0 => None,
            Walk::Map(pairs, _) if pairs.len() == 0 => None,
            Walk::Int(_, 0, _) => None,
            _ => Some(walk),
        })
    }

    fn cannot_range(&self, f: &Frame<'_>, item: &Value) -> Error {
        // Go prints the struct itself, which has not the methods of a pointer to it
        let fields = match item {
            Value::Object(object) if object.kind() == value::Kind::Struct => {
                sprintf(b"%v", std::slice::from_ref(item), self.budget).ok()
            }
            _ => None,
        };
        let shown = fields.map_or_else(|| self.shown(item), |text| String::from_utf8_lossy(&text).into_owned());
        self.fail(f, &format!("range can't iterate over {shown}"))
    }

    /// The next turn of the innermost loop; ends the loop and answers false after the last one.
    pub(super) fn turn(&mut self, f: &mut Frame<'_>) -> bool {
        let Some(current) = self.loops.last_mut() else { return false };
        let mut key = Value::Nil;
        let mut numbered = None;
        let next = match &mut current.walk {
            Walk::List(list, at) => {
                numbered = Some(*at);
                *at += 1;
                list.get(*at - 1).map(|v| Val { v: v.clone(), iface: list.elem() == Elem::Any })
            }
            Walk::Items(items, at) => {
                numbered = Some(*at);
                *at += 1;
                items.next().map(Val::of)
            }
            Walk::Map(pairs, iface) => pairs.next().map(|(k, v)| {
                key = Value::Str(k);
                Val { v, iface: *iface }
            }),
            Walk::Int(at, end, make) if *at < *end => {
                *at += 1;
                Some(Val::of(make(*at - 1)))
            }
            Walk::Int(..) => None,
        };
        let (index, item) = (current.index, current.item);
        let Some(value) = next else {
            self.end_loop(f);
            return false;
        };
        if index != NONE {
            if let Some(at) = numbered {
                key = Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
            }
            self.set_var(f, index, Val::of(key));
        }
        if item != NONE {
            self.set_var(f, item, value.clone());
        }
        f.dot = value;
        true
    }

    pub(super) fn end_loop(&mut self, f: &mut Frame<'_>) {
        if let Some(ended) = self.loops.pop() {
            f.dot = ended.dot;
        }
    }
}
