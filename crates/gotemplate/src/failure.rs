//! Errors of running templates: Go's text, the place, the include chain and the origin of the value.

use std::rc::Rc;

use super::exec::{Executor, Frame};
use super::unit::{Id, NONE, line_at, source_line};
use crate::error::{Error, ErrorKind, Frame as CallFrame, Location};
use crate::value::Value;
use crate::value::fmt::append_value;
use go::strconv::quote;

/// Places whose error text is remembered.
const HEADS: usize = 1000;

/// Calls that an error tells of, at most, and how much of each.
const CALLS: usize = 200;
const CALL_BYTES: usize = 1000;

impl Executor<'_> {
    /// A failure at the current node. Go: `state.errorf`.
    #[cold]
    pub(super) fn fail(&self, f: &Frame<'_>, message: &str) -> Error {
        self.place(f, Error::new(ErrorKind::Execute, message), "")
    }

    /// A limit that was reached at the current node.
    #[cold]
    pub(super) fn limited(&self, f: &Frame<'_>, error: Error) -> Error {
        self.place(f, error, "")
    }

    /// An error that a function answered: what it calls, and where.
    #[cold]
    pub(super) fn call_failed(&self, f: &Frame<'_>, name: &str, error: Error) -> Error {
        self.place(f, error, &format!("error calling {name}: "))
    }

    fn place(&self, f: &Frame<'_>, error: Error, prefix: &str) -> Error {
        let limit = self.budget.limits.error_bytes;
        let head: Rc<str> = if f.at == NONE {
            format!("template: {}: ", f.linked.name).into()
        } else {
            // a recursion comes by the same places again and again, and a text may be long
            let key = (std::ptr::from_ref(f.unit) as usize, std::ptr::from_ref(f.linked) as usize, f.at);
            let known = self.heads.borrow().get(&key).cloned();
            known.unwrap_or_else(|| {
                let (line, column, _) = line_at(&f.unit.text, f.unit.node(f.at).pos);
                let head: Rc<str> = format!(
                    "template: {}:{line}:{column}: executing {} at <{}>: ",
                    f.linked.parse_name,
                    quote(&f.linked.name),
                    f.unit.show(f.at, limit)
                )
                .into();
                let mut heads = self.heads.borrow_mut();
                if heads.len() < HEADS {
                    heads.insert(key, Rc::clone(&head));
                }
                head
            })
        };
        let text = shorten(format!("{head}{prefix}{}", error.message()), limit);
        let inner = error.location().is_some();
        let error = error.with_message(text);
        if inner {
            return f.through(f.at, error);
        }
        let (location, line) = f.location(f.at);
        error.at(location).with_source_line(line).with_origin(self.origin)
    }

    /// A value as `%v` prints it, for an error.
    pub(super) fn shown(&self, value: &Value) -> String {
        let mut out = Vec::new();
        match append_value(&mut out, value, self.budget) {
            Ok(()) => String::from_utf8_lossy(&out).into_owned(),
            Err(_) => value.type_name().to_owned(),
        }
    }
}

impl Frame<'_> {
    /// The error seen from a call further out; of an endless recursion only the innermost calls are kept.
    pub(super) fn through(&self, node: Id, error: Error) -> Error {
        if error.chain().len() < CALLS { error.through(self.call(node)) } else { error }
    }

    /// Where a node is, and its line.
    fn location(&self, node: Id) -> (Location, String) {
        let pos = if node == NONE { 0 } else { self.unit.node(node).pos };
        let (line, column, source) = line_at(&self.unit.text, pos);
        let place = Location { file: self.linked.parse_name.to_string(), line, column: column + 1 };
        (place, source_line(source))
    }

    fn call(&self, node: Id) -> CallFrame {
        let (location, _) = self.location(node);
        let call = self.unit.show(node, CALL_BYTES);
        let call = call.strip_prefix("{{").and_then(|c| c.strip_suffix("}}")).map(str::to_owned).unwrap_or(call);
        CallFrame { location, call: shorten(call, CALL_BYTES) }
    }
}

/// A text cut in its middle to about `limit` bytes: both its beginning and its end tell something.
fn shorten(text: String, limit: usize) -> String {
    if text.len() <= limit.max(16) {
        return text;
    }
    let head = text.floor_char_boundary(limit / 2);
    let tail = text.ceil_char_boundary(text.len() - limit / 2);
    format!("{} ... {}", text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default())
}
