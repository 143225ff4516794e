//! Schemas as values: the schema of schemas checks them.

use super::check::Checker;
use super::compiled::Compiled;
use super::fault::Fault;
use super::keywords::Dialect;
use super::number::Written;
use crate::error::Result;
use crate::run::Run;
use crate::value::{Elem, List, Str, Value};
use crate::values::json::{Doc, Json};
use go::stack::with_stack;

/// The value that a node is; numbers are as exact as they are written.
pub(super) fn value(doc: &Doc, node: u32) -> Value {
    with_stack(|| match doc.get(node) {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(b),
        Json::Number(text) => Written::value(text),
        Json::Str(text) => Value::str(text),
        Json::List(items) => {
            Value::List(List::appended(Elem::Any, items.iter().map(|item| value(doc, item)).collect()))
        }
        Json::Map(map) => {
            let entries = map.iter().map(|(key, item)| (Str::from(key), value(doc, item)));
            Value::Map(entries.collect())
        }
    })
}

/// Checks a schema by the schema of schemas of its dialect, and the parts of the document that have a dialect of their
/// own, named by their JSON pointers, by theirs.
pub(super) fn check(
    schema: &Value,
    dialect: &Dialect,
    parts: &[(String, Dialect)],
    depth: usize,
    run: &Run,
) -> Result<Option<Fault>> {
    if dialect.vocabs.is_none() && parts.iter().all(|(_, part)| part == dialect) {
        return Checker::check(Compiled::meta(dialect.draft)?, schema, depth, run);
    }
    let all: Vec<&Dialect> = parts.iter().map(|(_, part)| part).chain([dialect]).collect();
    let (compiled, metas) = Compiled::metas(&all, run)?;
    let Some((main, metas)) = metas.split_last() else { return Ok(None) };
    let dialects = parts.iter().zip(metas).map(|((pointer, _), meta)| (pointer.clone(), *meta)).collect();
    Checker::check_in(&compiled, main.id, schema, Some(&dialects), depth, run)
}
