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

/// Schemas looked at in the search for a key.
const MAX_LOOKED_AT: usize = 4_000;

/// Whether each key of a path is a property of its schema, and not any key of a map.
pub(super) fn is_declared(doc: &Doc, path: &[Token]) -> bool {
    let mut schemas = with_parts(doc, vec![0]);
    path.iter().all(|token| {
        let Token::Name(name) = token else { return false };
        let below = schemas.iter().filter_map(|node| property(doc, *node, name.to_str()?)).collect();
        schemas = with_parts(doc, below);
        !schemas.is_empty()
    })
}

fn property(doc: &Doc, node: u32, name: &str) -> Option<u32> {
    doc.entry(doc.entry(node, "properties")?, name)
}

/// The paths of the properties with this name below the schemas for a value, those with the fewest steps, at most three steps long.
pub(super) fn properties_named(doc: &Doc, schemas: &[u32], name: &str) -> Vec<Vec<Token>> {
    const LONGEST: usize = 3;
    let mut level = vec![(Vec::new(), schemas.to_vec())];
    let mut left = MAX_LOOKED_AT;
    for _ in 0..LONGEST {
        let mut found = Vec::new();
        let mut next = Vec::new();
        for (path, schemas) in &level {
            for all in schemas.iter().filter_map(|node| doc.entry(*node, "properties")) {
                let Json::Map(properties) = doc.get(all) else { continue };
                for (key, node) in properties.iter() {
                    let below: Vec<Token> = path.iter().cloned().chain([Token::Name(Str::from(key))]).collect();
                    if key == name.as_bytes() {
                        found.push(below);
                        continue;
                    }
                    let schemas = with_parts(doc, vec![node]);
                    left = left.saturating_sub(schemas.len());
                    if left == 0 {
                        return found;
                    }
                    next.push((below, schemas));
                }
            }
        }
        if !found.is_empty() {
            return found;
        }
        level = next;
    }
    Vec::new()
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
    use super::*;

    /// Whether each step from a schema is one of its properties.
    fn leads(doc: &Doc, start: u32, path: &str) -> bool {
        let mut schemas = with_parts(doc, vec![start]);
        path.split('.').all(|name| {
            let below = schemas.iter().filter_map(|node| property(doc, *node, name)).collect();
            schemas = with_parts(doc, below);
            !schemas.is_empty()
        })
    }

    #[test]
    fn what_the_charts_say_is_elsewhere_is_there() {
        let chart = crate::Chart::builtin("workload").unwrap();
        let doc = Doc::read(&chart.schema().unwrap().into(), &Run::default()).unwrap();
        let mut keys = 0;
        for node in 0..u32::try_from(doc.len()).unwrap() {
            let Some(Json::Map(table)) = doc.entry(node, "x-elsewhere").map(|table| doc.get(table)) else { continue };
            for (key, targets) in table.iter() {
                let key = String::from_utf8_lossy(key);
                let Json::Str(targets) = doc.get(targets) else { panic!("{key} is no text") };
                for target in std::str::from_utf8(targets).unwrap().split(", ") {
                    let (start, path) = target.strip_prefix('/').map_or((node, target), |path| (0, path));
                    assert!(leads(&doc, start, path), "{key}: there is no {target}");
                }
                keys += 1;
            }
        }
        assert!(keys >= 200, "{keys} keys");
    }

    #[test]
    fn properties_are_found_by_their_name() {
        let chart = crate::Chart::builtin("workload").unwrap();
        let doc = Doc::read(&chart.schema().unwrap().into(), &Run::default()).unwrap();
        for (name, want) in [
            ("hostAliases", "podSpec.hostAliases"),
            ("runAsUser", "containersSecurityContext.runAsUser podSecurityContext.runAsUser securityContext.runAsUser"),
            ("suspend", "cron.suspend job.suspend"),
            ("clusterIP", "service.spec.clusterIP"),
            ("maxSurge", "strategy.rollingUpdate.maxSurge"),
            ("replicas", "replicas"),
            ("nope", ""),
        ] {
            let found = properties_named(&doc, &with_parts(&doc, vec![0]), name);
            let paths = found.iter().map(|path| path.iter().map(Token::shown).collect::<Vec<_>>().join("."));
            assert_eq!(paths.collect::<Vec<_>>().join(" "), want, "{name}");
        }
    }

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
