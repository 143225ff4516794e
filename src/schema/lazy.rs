//! Schemas that are compiled when a value first reaches them: of a large schema a bake needs a small part.
//!
//! Measured: a bake of the built-in `workload` takes 1.8 times the instructions where its schema is compiled at once (23.4
//! instead of 12.7 million). docs/second-ways.md.
//!
//! Only a schema that is plain is treated so: every part of it has been looked at, every reference leads to a schema in
//! the same document, and every pattern is a regular expression. Nothing in it can fail later, so what is an error does
//! not depend on what the values reach.

use std::cell::RefCell;
use std::sync::OnceLock;

use foldhash::HashMap;

use super::draft::Draft;
use super::keywords::{Dialect, Keywords, Links, error};
use super::pattern::{self, Pattern};
use super::precheck;
use super::rules::{Id, Sch};
use super::url::{MAIN, unescape};
use crate::error::Result;
use crate::run::Run;
use crate::values::json::{Doc, Entries, Json};

/// The schemas of one document, by the numbers of their nodes.
#[derive(Debug)]
pub(super) struct Lazy {
    draft: Draft,
    /// Slots of schemas, of which most are never asked for.
    slots: Vec<OnceLock<Box<[Slot]>>>,
    /// The node that each reference leads to.
    references: HashMap<Box<str>, u32>,
    /// All regular expressions of the document.
    regexes: Regexes,
}

type Slot = OnceLock<Box<Sch>>;
/// Regular expressions by their text.
type Regexes = HashMap<Box<str>, Pattern>;

/// Patterns that need the engine, in a schema that is compiled late. With more it is compiled at once.
const UNUSUAL: usize = 100;
/// Slots that are made at once.
const SLOTS: usize = 64;

impl Lazy {
    /// The schemas of a document; `None` if it is not plain.
    pub(super) fn of_plain(doc: &Doc, run: &Run) -> Option<Lazy> {
        if cfg!(full_way = "lazy") {
            return None;
        }
        let draft = match doc.entry(0, "$schema") {
            None => Draft::D2020,
            Some(_) => doc.text(0, "$schema").and_then(Draft::from_url)?,
        };
        let (references, regexes) = references(doc, draft, run)?;
        let mut slots = Vec::new();
        slots.resize_with(doc.len().div_ceil(SLOTS), OnceLock::new);
        Some(Lazy { draft, slots, references, regexes })
    }

    /// The schema at a node of the document.
    pub(super) fn get(&self, id: Id, doc: &Doc) -> Option<&Sch> {
        let at = id as usize;
        let slots = self.slots.get(at / SLOTS)?.get_or_init(|| (0..SLOTS).map(|_| Slot::new()).collect());
        Some(slots.get(at % SLOTS)?.get_or_init(|| Box::new(self.compile(id, doc))))
    }

    fn compile(&self, node: u32, doc: &Doc) -> Sch {
        let dialect = Dialect { draft: self.draft, vocabs: None };
        let mut schema = Sch { node, version: dialect.version(), ..Sch::default() };
        let mut links = self;
        // nothing fails: see above
        let _ = Keywords::new(&mut links, doc, node, dialect).read(&mut schema);
        schema
    }
}

impl Links for &Lazy {
    fn schema(&mut self, node: u32) -> Id {
        node
    }

    fn resolve(&mut self, reference: &str) -> Result<Id> {
        self.references.get(reference).copied().ok_or_else(|| error("no such reference".to_owned()))
    }

    fn regex(&mut self, text: &str) -> std::result::Result<Pattern, String> {
        self.regexes.get(text).cloned().ok_or_else(|| "no such pattern".to_owned())
    }

    fn set_dynamic(&mut self) {}

    fn url(&self) -> &str {
        MAIN
    }
}

/// The node that each reference of a plain document leads to, and its regular expressions; `None` if the document is
/// not plain.
fn references(doc: &Doc, draft: Draft, run: &Run) -> Option<(HashMap<Box<str>, u32>, Regexes)> {
    let mut regexes = Regexes::default();
    let mut unusual = 0;
    let is_regex = |text: &str| {
        if regexes.contains_key(text) {
            return true;
        }
        let regex = pattern::everyday(text).or_else(|| {
            unusual += 1;
            let regex = || pattern::engine(text, &run.limits).ok();
            (unusual <= UNUSUAL && run.tick(pattern::STEPS)).then(regex).flatten()
        });
        regex.map(|regex| regexes.insert(text.into(), regex)).is_some()
    };
    let parts = precheck::parts(doc, 0, draft, &run.limits, is_regex)?;
    if !parts.ids.iter().all(|node| *node == 0) || !doc.text(0, draft.id()).is_none_or(is_simple_url) {
        return None;
    }
    let names = Names::default();
    let mut references = HashMap::default();
    for node in &parts.references {
        let text = doc.text(*node, "$ref")?;
        if references.contains_key(text) {
            continue;
        }
        let path = text.strip_prefix('#')?;
        if path.contains('%') || !(path.is_empty() || path.starts_with('/')) {
            return None;
        }
        let mut target = 0;
        for token in path.split('/').skip(1) {
            target = names.step(doc, target, &unescape(token.as_bytes())?)?;
        }
        if !parts.schemas.get(target as usize).is_some_and(|is_schema| *is_schema) {
            return None;
        }
        references.insert(text.into(), target);
    }
    Some((references, regexes))
}

/// Whether a URL is one to which a fragment is simply added.
fn is_simple_url(url: &str) -> bool {
    let path = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    path.is_some_and(|path| {
        !path.contains("//")
            && !path.contains("..")
            && path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/' | b'-' | b'_'))
    })
}

/// Finds the steps of JSON pointers, in large objects by an index.
#[derive(Debug, Default)]
pub(super) struct Names {
    large: RefCell<HashMap<u32, Index>>,
}

/// The values of an object by their keys.
type Index = HashMap<Box<[u8]>, u32>;

/// Objects with more entries get an index.
const LARGE: usize = 64;

impl Names {
    /// The node that a step of a JSON pointer leads to.
    pub(super) fn step(&self, doc: &Doc, node: u32, token: &[u8]) -> Option<u32> {
        match doc.get(node) {
            Json::Map(map) => self.entry(node, map, token),
            Json::List(items) => {
                // a sign is as good as none
                let index = std::str::from_utf8(token).ok()?.parse::<i64>().ok()?;
                items.iter().nth(usize::try_from(index).ok()?)
            }
            _ => None,
        }
    }

    fn entry(&self, node: u32, map: Entries<'_>, name: &[u8]) -> Option<u32> {
        if map.len() <= LARGE {
            return map.get(name);
        }
        let mut large = self.large.borrow_mut();
        let index = large.entry(node).or_insert_with(|| map.iter().map(|(name, node)| (name.into(), node)).collect());
        index.get(name).copied()
    }
}
