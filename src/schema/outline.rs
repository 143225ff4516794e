//! Finds the schemas for the value at a path, without a value, for hints and for a linter.

use super::fault::Token;
use super::url::unescape;
use crate::error::Result;
use crate::run::Run;
use crate::value::Str;
use crate::values::json::{Doc, Json};

/// Schemas looked at on the way to one value, at most: references may form rings.
const MAX_SCHEMAS: usize = 512;

/// The keys of a schema, without a value.
#[derive(Debug)]
#[cfg_attr(not(feature = "fleet"), allow(dead_code))] // only the linter asks it
pub(crate) struct Outline(Doc);

#[cfg_attr(not(feature = "fleet"), allow(dead_code))]
impl Outline {
    /// Reads the text of a `values.schema.json`.
    ///
    /// Errors: it is not JSON, or a limit is reached.
    pub(crate) fn read(text: &Str, run: &Run) -> Result<Outline> {
        Doc::read(text, run).map(Outline)
    }

    /// Whether the schema has a property of its own for the last key of a path.
    pub(crate) fn declares(&self, path: &[&[u8]]) -> bool {
        let Some((last, above)) = path.split_last() else { return false };
        let Ok(last) = std::str::from_utf8(last) else { return false };
        let is_property = |node: &u32| self.0.entry(*node, "properties").and_then(|all| self.0.entry(all, last));
        self.at(above).iter().any(|node| is_property(node).is_some())
    }

    /// Whether the schema declares a map at a path, by its type or its keys.
    pub(crate) fn takes_map(&self, path: &[&[u8]]) -> bool {
        let doc = &self.0;
        let is_object = |node: u32| matches!(doc.get(node), Json::Str(b"object"));
        self.at(path).into_iter().any(|node| match doc.entry(node, "type").map(|name| (name, doc.get(name))) {
            Some((name, Json::Str(_))) => is_object(name),
            Some((_, Json::List(names))) => names.iter().any(is_object),
            _ => ["properties", "additionalProperties"].iter().any(|keyword| doc.entry(node, keyword).is_some()),
        })
    }

    /// The schemas that hold for the value at a path of keys.
    fn at(&self, path: &[&[u8]]) -> Vec<u32> {
        let path: Vec<Token> = path.iter().map(|key| Token::Name(Str::from(*key))).collect();
        let mut found = Vec::new();
        follow(&self.0, &path, |_, schemas| found = schemas.to_vec());
        found
    }
}

/// Calls `see` with each part of the path and the schemas that hold for the value there, the most particular first.
pub(super) fn follow(doc: &Doc, path: &[Token], mut see: impl FnMut(usize, &[u32])) {
    let mut schemas = with_parts(doc, vec![0]);
    see(0, &schemas);
    for (depth, token) in path.iter().enumerate() {
        let below = schemas.iter().filter_map(|node| step(doc, *node, token)).collect();
        schemas = with_parts(doc, below);
        see(depth + 1, &schemas);
    }
}

/// Schemas, and those that they refer to or are made of.
fn with_parts(doc: &Doc, mut schemas: Vec<u32>) -> Vec<u32> {
    let mut next = 0;
    while let Some(node) = schemas.get(next).copied() {
        next += 1;
        let mut add = |node: u32| {
            if schemas.len() < MAX_SCHEMAS && !schemas.contains(&node) {
                schemas.push(node);
            }
        };
        if let Some(target) = doc.text(node, "$ref").and_then(|reference| target(doc, reference)) {
            add(target);
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            if let Some(Json::List(parts)) = doc.entry(node, keyword).map(|list| doc.get(list)) {
                parts.iter().for_each(&mut add);
            }
        }
    }
    schemas
}

/// The schema that a reference within the document leads to.
fn target(doc: &Doc, reference: &str) -> Option<u32> {
    let names = reference.strip_prefix('#')?.split('/');
    names.skip(1).try_fold(0, |node, name| match doc.get(node) {
        Json::Map(map) => map.get(&unescape(name.as_bytes())?),
        _ => None,
    })
}

/// The schema for an entry or an item.
fn step(doc: &Doc, node: u32, token: &Token) -> Option<u32> {
    let schema = |keyword| doc.entry(node, keyword).filter(|found| matches!(doc.get(*found), Json::Map(_)));
    match token {
        Token::Name(name) => {
            let own = schema("properties").and_then(|all| doc.entry(all, name.to_str()?));
            own.or_else(|| schema("additionalProperties"))
        }
        Token::Index(_) => schema("items"),
    }
}

#[cfg(test)]
mod tests {
    use super::Outline;
    use crate::run::Run;

    #[test]
    fn keys_of_the_charts_and_keys_of_users() {
        let chart = crate::Chart::builtin("workload").unwrap();
        let outline = Outline::read(&chart.schema().unwrap().into(), &Run::default()).unwrap();
        for (path, want) in [
            ("service", true),
            ("ports.http", false),
            ("ports.http.service", true),
            ("env.LOG_LEVEL", false),
            ("env.LOG_LEVEL.secret", true),
            ("sidecars.proxy.env.A", false),
            ("probes.readiness", true),
            ("nope", false),
            ("nope.nope", false),
        ] {
            let steps: Vec<_> = path.split('.').map(str::as_bytes).collect();
            assert_eq!(outline.declares(&steps), want, "{path}");
        }
        for (path, want) in
            [("istio.hosts", false), ("volumes", true), ("env", true), ("sidecars.a.env", true), ("nope", false)]
        {
            let steps: Vec<_> = path.split('.').map(str::as_bytes).collect();
            assert_eq!(outline.takes_map(&steps), want, "{path}");
        }
    }
}
