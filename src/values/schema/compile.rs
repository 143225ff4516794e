//! From the text of a schema to a form that checks values fast: one flat list of schemas that refer to each other by
//! number. Behaves as santhosh-tekuri/jsonschema v6 (`compiler.go`, `objcompiler.go`, `roots.go`), which Helm uses.

use std::rc::Rc;
use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use indexmap::IndexMap;
use regex::Regex;

use super::check::Checker;
use super::draft::{Draft, Place, known};
use super::format::Format;
use super::number::Number;
use super::pattern;
use super::plain::is_plain;
use super::url::{encode, escape, join, split_fragment, unescape};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::value::Str;
use crate::value::fmt::quote;
use crate::values::json::{Doc, Json, Key};

/// The number of a schema.
pub(super) type Id = u32;

/// Where Helm says that a chart's schema is.
pub(super) const MAIN: &str = "file:///values.schema.json";

/// A compiled schema with all that it refers to.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    /// The documents; a schema names its own by number.
    pub docs: Vec<Source>,
    /// The schemas; the first one is where checking starts.
    pub schemas: Vec<Sch>,
    /// Whether what a reference means depends on the way to it.
    pub dynamic: bool,
    /// What Helm logs.
    pub warnings: Vec<String>,
}

/// A document and where it is.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub url: String,
    pub doc: Doc,
}

/// A schema: its keywords, ready to be checked.
#[derive(Debug, Default)]
pub(super) struct Sch {
    pub source: usize,
    pub node: u32,
    pub version: u16,
    pub resource: Id,
    pub boolean: Option<bool>,
    pub all_props_evaluated: bool,
    pub all_items_evaluated: bool,
    pub items_evaluated: usize,
    pub dynamic_anchors: Vec<(String, Id)>,
    pub dynamic_anchor: String,
    pub recursive_anchor: bool,
    pub reference: Option<Id>,
    pub recursive_ref: Option<Id>,
    pub dynamic_ref: Option<(Id, String)>,
    pub types: Types,
    pub constant: Option<u32>,
    pub variants: Option<Vec<u32>>,
    pub format: Option<Format>,
    pub all_of: Vec<Id>,
    pub any_of: Vec<Id>,
    pub one_of: Vec<Id>,
    pub not: Option<Id>,
    pub condition: Option<Id>,
    pub then: Option<Id>,
    pub otherwise: Option<Id>,
    pub object: ObjectRules,
    pub array: ArrayRules,
    pub string: StringRules,
    pub number: NumberRules,
}

/// The keywords for objects.
#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub required: Vec<Str>,
    pub properties: IndexMap<Str, Id, foldhash::fast::RandomState>,
    pub patterns: Vec<(Regex, Id)>,
    pub additional: Additional,
    pub names: Option<Id>,
    pub dependencies: Vec<(Str, Dependency)>,
    pub dependent_schemas: Vec<(Str, Id)>,
    pub dependent_required: Vec<(Str, Vec<Str>)>,
    pub unevaluated: Option<Id>,
}

/// The keywords for arrays.
#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub unique: bool,
    /// `prefixItems`, or `items` where that is an array.
    pub first: Vec<Id>,
    /// `items` where that is a schema.
    pub each: Option<Id>,
    /// `additionalItems`, where `items` is an array.
    pub additional: Additional,
    pub contains: Option<Id>,
    pub min_contains: Option<i64>,
    pub max_contains: Option<i64>,
    pub unevaluated: Option<Id>,
}

/// The keywords for strings.
#[derive(Debug, Default)]
pub(super) struct StringRules {
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub pattern: Option<Regex>,
    /// The pattern as the schema writes it.
    pub pattern_text: String,
}

/// The keywords for numbers.
#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub min: Option<Number>,
    pub max: Option<Number>,
    pub above: Option<Number>,
    pub below: Option<Number>,
    pub multiple_of: Option<Number>,
}

/// What other properties or items may be.
#[derive(Debug, Default)]
pub(super) enum Additional {
    #[default]
    Absent,
    Allowed(bool),
    Schema(Id),
}

/// What a property asks for beside itself.
#[derive(Debug)]
pub(super) enum Dependency {
    Names(Vec<Str>),
    Schema(Id),
}

/// A set of JSON types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(pub u8);

impl Types {
    pub(super) const NULL: Types = Types(1);
    pub(super) const BOOLEAN: Types = Types(2);
    pub(super) const NUMBER: Types = Types(4);
    pub(super) const INTEGER: Types = Types(8);
    pub(super) const STRING: Types = Types(16);
    pub(super) const ARRAY: Types = Types(32);
    pub(super) const OBJECT: Types = Types(64);

    const NAMES: [(Types, &'static str); 7] = [
        (Types::NULL, "null"),
        (Types::BOOLEAN, "boolean"),
        (Types::NUMBER, "number"),
        (Types::INTEGER, "integer"),
        (Types::STRING, "string"),
        (Types::ARRAY, "array"),
        (Types::OBJECT, "object"),
    ];

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, other: Types) -> bool {
        self.0 & other.0 != 0
    }

    /// The names of the types, in the order of error texts.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        Types::NAMES.iter().filter(move |(ty, _)| self.has(*ty)).map(|(_, name)| *name)
    }

    fn add(&mut self, name: &str) {
        if let Some((ty, _)) = Types::NAMES.iter().find(|(_, n)| *n == name) {
            self.0 |= ty.0;
        }
    }
}

impl Compiled {
    /// Compiles the text of `values.schema.json`. Errors have Helm's text.
    pub(super) fn compile(text: &[u8], limits: &Limits) -> Result<Compiled> {
        let doc = Doc::read(text, limits).map_err(|e| e.with_kind(ErrorKind::Schema))?;
        let mut compiler = Compiler::new(limits, false);
        compiler.add_root(MAIN, doc)?;
        compiler.compile(MAIN)
    }

    /// The schema of schemas of a draft.
    pub(super) fn meta(draft: Draft) -> Result<&'static Compiled> {
        static METAS: [OnceLock<Result<Compiled>>; 5] = [const { OnceLock::new() }; 5];
        let cell = METAS.get(draft as usize).ok_or_else(|| error("no such draft".to_owned()))?;
        let meta = cell.get_or_init(|| {
            let limits = Limits::helm();
            let mut compiler = Compiler::new(&limits, true);
            compiler.load(draft.url())?;
            compiler.compile(draft.url())
        });
        meta.as_ref().map_err(Clone::clone)
    }

    /// The schema of a number.
    pub(super) fn get(&self, id: Id) -> Option<&Sch> {
        self.schemas.get(id as usize)
    }

    /// Where a schema stands: its document's URL and a JSON pointer.
    pub(super) fn location(&self, id: Id) -> String {
        let Some(schema) = self.get(id) else { return String::new() };
        let Some(source) = self.docs.get(schema.source) else { return String::new() };
        format!("{}#{}", source.url, encode(&pointer(&source.doc, schema.node)))
    }

    /// The document that a schema is part of.
    pub(super) fn doc(&self, schema: &Sch) -> &Doc {
        static EMPTY: OnceLock<Doc> = OnceLock::new();
        self.docs.get(schema.source).map_or_else(|| EMPTY.get_or_init(Doc::default), |source| &source.doc)
    }
}

fn error(text: String) -> Error {
    Error::new(ErrorKind::Schema, text)
}

/// The JSON pointer of a node.
fn pointer(doc: &Doc, node: u32) -> String {
    let mut tokens = Vec::new();
    let mut at = node;
    loop {
        let (parent, key) = doc.place(at);
        match key {
            Key::Root => break,
            Key::Name(name) => tokens.push(escape(&name.to_string_lossy())),
            Key::Index(index) => tokens.push(index.to_string()),
        }
        at = parent;
    }
    tokens.iter().rev().fold(String::new(), |path, token| path + "/" + token)
}

/// A document with the schemas that have a URL of their own.
struct Root {
    url: String,
    doc: Rc<Doc>,
    resources: HashMap<u32, Resource>,
    /// The node of each URL.
    ids: HashMap<String, u32>,
    /// Nodes that are known to be schemas.
    seen: HashSet<u32>,
}

struct Resource {
    id: String,
    dialect: Dialect,
    anchors: IndexMap<String, u32>,
    dynamic_anchors: Vec<String>,
}

#[derive(Clone)]
struct Dialect {
    draft: Draft,
    vocabs: Option<Rc<[String]>>,
}

impl Dialect {
    fn has_vocab(&self, name: &str) -> bool {
        match &self.vocabs {
            _ if name == "core" || self.draft < Draft::D2019 => true,
            Some(vocabs) => vocabs.iter().any(|v| v == name),
            None => self.draft.has_vocab(name),
        }
    }
}

struct Compiler<'l> {
    limits: &'l Limits,
    assert_format: bool,
    roots: Vec<Root>,
    by_url: HashMap<String, usize>,
    queue: Vec<(usize, u32)>,
    queued: HashMap<(usize, u32), Id>,
    dynamic: bool,
    warnings: Vec<String>,
    /// The regular expressions so far: they are needed twice, and charts repeat them.
    regexes: HashMap<String, Regex>,
}

impl<'l> Compiler<'l> {
    fn new(limits: &'l Limits, assert_format: bool) -> Self {
        Compiler {
            limits,
            assert_format,
            roots: Vec::new(),
            by_url: HashMap::new(),
            queue: Vec::new(),
            queued: HashMap::new(),
            dynamic: false,
            warnings: Vec::new(),
            regexes: HashMap::new(),
        }
    }

    fn compile(mut self, url: &str) -> Result<Compiled> {
        let root = self.load(url)?;
        self.enqueue(root, 0);
        let mut schemas: Vec<Sch> = Vec::new();
        while let Some((root, node)) = self.queue.get(schemas.len()).copied() {
            self.ensure(root, node)?;
            let schema = self.schema(root, node)?;
            schemas.push(schema);
        }
        let docs = self.roots.into_iter().map(|root| Source {
            url: root.url,
            doc: Rc::try_unwrap(root.doc).unwrap_or_else(|shared| (*shared).clone()),
        });
        Ok(Compiled { docs: docs.collect(), schemas, dynamic: self.dynamic, warnings: self.warnings })
    }

    fn root(&self, root: usize) -> Result<&Root> {
        self.roots.get(root).ok_or_else(|| error("no such document".to_owned()))
    }

    fn root_mut(&mut self, root: usize) -> Result<&mut Root> {
        self.roots.get_mut(root).ok_or_else(|| error("no such document".to_owned()))
    }

    /// The text at a URL. Only what everybody has is given: no file is read and nothing is fetched.
    fn fetch(&mut self, url: &str) -> Result<Doc> {
        if let Some(text) = known(url) {
            return Doc::read(text.as_bytes(), self.limits);
        }
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let quoted = quote(url.as_bytes());
        match scheme {
            "urn" => {
                self.warnings.push(format!(
                    "jsonschema.go:192: WARNING: unresolved URN reference ignored; using permissive schema: {url}"
                ));
                Doc::read(b"true", self.limits)
            }
            "file" | "http" | "https" => {
                Err(error(format!("failing loading {quoted}: a schema may not refer to other files or to the network")))
            }
            _ => Err(error(format!("failing loading {quoted}: no URLLoader registered for {quoted}"))),
        }
    }

    /// The document at a URL.
    fn load(&mut self, url: &str) -> Result<usize> {
        if let Some(root) = self.by_url.get(url) {
            return Ok(*root);
        }
        let doc = self.fetch(url)?;
        self.add_root(url, doc)
    }

    fn add_root(&mut self, url: &str, doc: Doc) -> Result<usize> {
        let id = self.roots.len();
        self.roots.push(Root {
            url: url.to_owned(),
            doc: Rc::new(doc),
            resources: HashMap::new(),
            ids: HashMap::new(),
            seen: HashSet::new(),
        });
        self.by_url.insert(url.to_owned(), id);
        self.collect(id, 0, url.to_owned(), &Dialect { draft: Draft::D2020, vocabs: None })?;
        if known(url).is_none() {
            self.check_by_meta(id, 0)?;
        }
        Ok(id)
    }

    /// Finds the schemas below a node, and their URLs and anchors.
    fn collect(&mut self, root_id: usize, node: u32, base: String, fallback: &Dialect) -> Result<()> {
        let mut pending = vec![(node, Rc::<str>::from(base), fallback.clone())];
        while let Some((node, base, fallback)) = pending.pop() {
            let doc = Rc::clone(&self.root(root_id)?.doc);
            if !self.root_mut(root_id)?.seen.insert(node) {
                continue;
            }
            let Json::Map(_) = doc.get(node) else {
                if node == 0 {
                    self.root_mut(root_id)?.add(0, &base, fallback);
                }
                continue;
            };
            let mut draft = self.draft_of(root_id, &doc, node, fallback.draft)?;
            let mut own_dialect = doc.text(node, "$schema").is_some();
            let mut id = id_of(draft, &doc, node);
            if id.is_empty() && node != 0 {
                draft = fallback.draft;
                own_dialect = false;
                id = id_of(draft, &doc, node);
            }
            let base: Rc<str> = if id.is_empty() { base } else { join(&base, &id).into() };
            if !id.is_empty() || node == 0 {
                let root = self.root(root_id)?;
                match root.ids.get(&*base) {
                    Some(other) if *other != node => {
                        let place = |node| quote(pointer(&doc, node).as_bytes());
                        return Err(error(format!(
                            "duplicate id {} in {} at {} and {}",
                            quote(base.as_bytes()),
                            quote(root.url.as_bytes()),
                            place(node),
                            place(*other)
                        )));
                    }
                    Some(_) => {}
                    None => {
                        let dialect = if own_dialect {
                            Dialect { draft, vocabs: self.vocabs_of(&doc, node, draft)? }
                        } else {
                            fallback.clone()
                        };
                        self.root_mut(root_id)?.add(node, &base, dialect);
                    }
                }
            }
            let root = self.root_mut(root_id)?;
            let owner = root.ids.get(&*base).copied().unwrap_or(0);
            root.collect_anchors(node, owner)?;
            let dialect = root.resources.get(&owner).map_or(fallback, |res| res.dialect.clone());
            for (keyword, place) in draft.places() {
                let Some(value) = doc.entry(node, keyword) else { continue };
                let mut add = |node| pending.push((node, Rc::clone(&base), dialect.clone()));
                match (place, doc.get(value)) {
                    (Place::Value, _) => add(value),
                    (Place::Items, Json::List(items)) => items.iter().rev().for_each(|item| add(*item)),
                    (Place::Each, Json::Map(map)) => map.values().rev().for_each(|item| add(*item)),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The draft that a schema's `$schema` leads to.
    fn draft_of(&mut self, root: usize, doc: &Doc, node: u32, fallback: Draft) -> Result<Draft> {
        let Some(name) = doc.text(node, "$schema") else { return Ok(fallback) };
        if let Some(draft) = Draft::from_url(name) {
            return Ok(draft);
        }
        let mut url = name.split('#').next().unwrap_or_default().to_owned();
        if node == 0 && self.root(root)?.url == url {
            return Err(error(format!("draft {} is not supported", quote(url.as_bytes()))));
        }
        let mut seen = HashSet::new();
        while seen.insert(url.clone()) {
            let doc = self.fetch(&url)?;
            let Some(name) = doc.text(0, "$schema") else { return Ok(fallback) };
            if let Some(draft) = Draft::from_url(name) {
                return Ok(draft);
            }
            name.split('#').next().unwrap_or_default().clone_into(&mut url);
        }
        Err(error(format!("cycle in resolving $schema in {}", quote(url.as_bytes()))))
    }

    /// The vocabularies that a schema's own schema of schemas names.
    fn vocabs_of(&mut self, doc: &Doc, node: u32, draft: Draft) -> Result<Option<Rc<[String]>>> {
        let Some(name) = doc.text(node, "$schema") else { return Ok(None) };
        if Draft::from_url(name).is_some() || draft < Draft::D2019 {
            return Ok(None);
        }
        let url = name.split('#').next().unwrap_or_default().to_owned();
        let meta = self.fetch(&url)?;
        let Some(Json::Map(map)) = meta.entry(0, "$vocabulary").map(|node| meta.get(node)) else { return Ok(None) };
        let mut vocabs = vec!["core".to_owned()];
        for (vocab, required) in map {
            if !matches!(meta.get(*required), Json::Bool(true)) {
                continue;
            }
            let vocab = vocab.to_string_lossy();
            match vocab.strip_prefix(draft.vocab_prefix()) {
                Some(name) if known(&draft.url().replace("/schema", &format!("/meta/{name}"))).is_some() => {
                    vocabs.push(name.to_owned());
                }
                _ => {
                    return Err(error(format!(
                        "unsupported vocabulary {} in {}",
                        quote(vocab.as_bytes()),
                        quote(url.as_bytes())
                    )));
                }
            }
        }
        Ok(Some(vocabs.into()))
    }

    /// Makes sure that a node, which a reference may have found anywhere, is a schema.
    fn ensure(&mut self, root_id: usize, node: u32) -> Result<()> {
        let root = self.root(root_id)?;
        if root.seen.contains(&node) {
            return Ok(());
        }
        let owner = root.owner(node);
        let Some(resource) = root.resources.get(&owner) else { return Ok(()) };
        let (base, dialect) = (resource.id.clone(), resource.dialect.clone());
        self.collect(root_id, node, base, &dialect)?;
        self.check_by_meta(root_id, node)
    }

    /// Checks a schema by the schema of schemas.
    fn check_by_meta(&mut self, root_id: usize, node: u32) -> Result<()> {
        let root = self.root(root_id)?;
        let draft = root.resources.get(&root.owner(node)).map_or(Draft::D2020, |res| res.dialect.draft);
        let doc = Rc::clone(&root.doc);
        if is_plain(&doc, node, draft, self.limits, |text| self.regex(text).is_ok()) {
            return Ok(());
        }
        let root = self.root(root_id)?;
        let meta = Compiled::meta(draft)?;
        let value = root.doc.value(node, None)?;
        // a schema within a schema takes several steps down in the schema of schemas
        let depth = self.limits.schema_depth.saturating_mul(8);
        match Checker::check(meta, &value, depth, self.limits)? {
            None => Ok(()),
            Some(fault) => {
                let place = format!("{}#{}", root.url, encode(&pointer(&root.doc, node)));
                let text = fault.text(self.limits.error_bytes);
                Err(error(format!(
                    "{} is not valid against metaschema: jsonschema validation failed with '{}#'{text}",
                    quote(place.as_bytes()),
                    draft.url()
                )))
            }
        }
    }

    fn regex(&mut self, text: &str) -> std::result::Result<Regex, String> {
        if let Some(regex) = self.regexes.get(text) {
            return Ok(regex.clone());
        }
        let regex = pattern::compile(text, self.limits)?;
        self.regexes.insert(text.to_owned(), regex.clone());
        Ok(regex)
    }

    fn enqueue(&mut self, root: usize, node: u32) -> Id {
        if let Some(id) = self.queued.get(&(root, node)) {
            return *id;
        }
        let id = Id::try_from(self.queue.len()).unwrap_or(Id::MAX);
        self.queue.push((root, node));
        self.queued.insert((root, node), id);
        id
    }

    fn schema(&mut self, root_id: usize, node: u32) -> Result<Sch> {
        let root = self.root(root_id)?;
        let owner = root.owner(node);
        let doc = Rc::clone(&root.doc);
        let Some(resource) = root.resources.get(&owner) else {
            return Err(error("a schema without a document".to_owned()));
        };
        let dialect = resource.dialect.clone();
        let mut anchors = Vec::new();
        if dialect.draft >= Draft::D2020 && owner == node {
            let dynamic = resource.anchors.iter().filter(|(name, _)| resource.dynamic_anchors.contains(name));
            anchors = dynamic.map(|(name, node)| (name.clone(), *node)).collect();
        }
        let version = match dialect.draft {
            Draft::D4 => 4,
            Draft::D6 => 6,
            Draft::D7 => 7,
            Draft::D2019 => 2019,
            Draft::D2020 => 2020,
        };
        let mut schema = Sch { source: root_id, node, version, ..Sch::default() };
        schema.resource = self.enqueue(root_id, owner);
        schema.dynamic_anchors = anchors.into_iter().map(|(name, node)| (name, self.enqueue(root_id, node))).collect();
        match doc.get(node) {
            Json::Bool(b) => schema.boolean = Some(*b),
            Json::Map(map) if map.is_empty() => schema.boolean = Some(true),
            Json::Map(_) => {
                let mut keywords = Keywords { compiler: self, root: root_id, owner, doc: &doc, node, dialect };
                keywords.compile(&mut schema)?;
            }
            _ => {}
        }
        schema.all_props_evaluated = !matches!(schema.object.additional, Additional::Absent);
        let items_left = schema.version >= 2020 || matches!(schema.array.additional, Additional::Absent);
        schema.all_items_evaluated = schema.array.each.is_some() || !items_left;
        schema.items_evaluated = schema.array.first.len();
        Ok(schema)
    }

    /// The schema that a reference names.
    fn resolve(&mut self, root_id: usize, owner: u32, reference: &str) -> Result<Id> {
        let (url, fragment) = split_fragment(reference).map_err(error)?;
        let root = self.root(root_id)?;
        let base = root.resources.get(&owner).map_or(root.url.as_str(), |res| res.id.as_str());
        let url = join(base, url);
        let (root_id, resource) = match root.ids.get(&url) {
            _ if url == root.url => (root_id, 0),
            Some(node) => (root_id, *node),
            None => (self.load(&url)?, 0),
        };
        let root = self.root(root_id)?;
        let node = if fragment.is_empty() || fragment.starts_with('/') {
            root.lookup(resource, &fragment)?
        } else {
            let found = root.resources.get(&resource).and_then(|res| res.anchors.get(&fragment));
            *found.ok_or_else(|| {
                let id = root.resources.get(&resource).map_or(root.url.as_str(), |res| res.id.as_str());
                error(format!(
                    "anchor in {} not found in schema {}",
                    quote(format!("{id}#{}", encode(&fragment)).as_bytes()),
                    quote(root.url.as_bytes())
                ))
            })?
        };
        Ok(self.enqueue(root_id, node))
    }
}

fn id_of(draft: Draft, doc: &Doc, node: u32) -> String {
    if draft < Draft::D2019 && doc.entry(node, "$ref").is_some() {
        return String::new();
    }
    let id = doc.text(node, draft.id()).unwrap_or_default();
    id.split('#').next().unwrap_or_default().to_owned()
}

impl Root {
    fn add(&mut self, node: u32, id: &str, dialect: Dialect) {
        self.ids.insert(id.to_owned(), node);
        let resource = Resource { id: id.to_owned(), dialect, anchors: IndexMap::new(), dynamic_anchors: Vec::new() };
        self.resources.insert(node, resource);
    }

    /// The node whose URL holds for a node.
    fn owner(&self, node: u32) -> u32 {
        let mut at = node;
        while at != 0 && !self.resources.contains_key(&at) {
            at = self.doc.place(at).0;
        }
        at
    }

    fn collect_anchors(&mut self, node: u32, owner: u32) -> Result<()> {
        let Some(resource) = self.resources.get_mut(&owner) else { return Ok(()) };
        let draft = resource.dialect.draft;
        let mut found = Vec::new();
        if draft < Draft::D2019 {
            if self.doc.entry(node, "$ref").is_some() {
                return Ok(());
            }
            if let Some(id) = self.doc.text(node, draft.id()) {
                let Ok((_, fragment)) = split_fragment(id) else {
                    let place = format!("{}#{}", self.url, encode(&pointer(&self.doc, node)));
                    return Err(error(format!("error in parsing anchor at {}", quote(place.as_bytes()))));
                };
                if !fragment.is_empty() && !fragment.starts_with('/') {
                    found.push(fragment);
                }
            }
        } else {
            found.extend(self.doc.text(node, "$anchor").map(str::to_owned));
            if let Some(name) = self.doc.text(node, "$dynamicAnchor").filter(|_| draft >= Draft::D2020) {
                found.push(name.to_owned());
                resource.dynamic_anchors.push(name.to_owned());
            }
        }
        for name in found {
            match resource.anchors.get(&name) {
                Some(other) if *other != node => {
                    let place = |node| quote(pointer(&self.doc, node).as_bytes());
                    return Err(error(format!(
                        "duplicate anchor {} in {} at {} and {}",
                        quote(name.as_bytes()),
                        quote(self.url.as_bytes()),
                        place(*other),
                        place(node)
                    )));
                }
                _ => {
                    resource.anchors.insert(name, node);
                }
            }
        }
        Ok(())
    }

    /// The node at a JSON pointer below another one.
    fn lookup(&self, from: u32, path: &str) -> Result<u32> {
        let place = || quote(format!("{}#{}", self.url, encode(&(pointer(&self.doc, from) + path))).as_bytes());
        let mut node = from;
        for token in path.split('/').skip(1) {
            let Some(token) = unescape(token) else {
                return Err(error(format!("invalid json-pointer {}", place())));
            };
            let next = match self.doc.get(node) {
                Json::Map(map) => map.get(token.as_bytes()).copied(),
                Json::List(items) => token.parse::<usize>().ok().and_then(|i| items.get(i).copied()),
                _ => None,
            };
            node = next.ok_or_else(|| error(format!("json-pointer in {} not found", place())))?;
        }
        Ok(node)
    }
}

/// Reads the keywords of one schema.
struct Keywords<'c, 'l> {
    compiler: &'c mut Compiler<'l>,
    root: usize,
    owner: u32,
    doc: &'c Doc,
    node: u32,
    dialect: Dialect,
}

impl Keywords<'_, '_> {
    fn compile(&mut self, schema: &mut Sch) -> Result<()> {
        let version = schema.version;
        schema.reference = self.reference("$ref")?;
        if version >= 2019 || schema.reference.is_none() {
            if self.dialect.has_vocab("applicator") {
                self.applicators(schema)?;
            }
            if self.dialect.has_vocab("validation") {
                self.validations(schema)?;
            }
            let asserts = match version {
                2019 => self.dialect.has_vocab("format"),
                2020 => self.dialect.has_vocab("format-assertion"),
                _ => true,
            };
            if asserts || self.compiler.assert_format {
                schema.format = self.doc.text(self.node, "format").and_then(Format::named);
            }
        }
        if version >= 6 {
            if self.dialect.has_vocab("applicator") {
                schema.array.contains = self.below("contains");
                schema.object.names = self.below("propertyNames");
            }
            if self.dialect.has_vocab("validation") {
                schema.constant = self.doc.entry(self.node, "const");
            }
        }
        if version >= 7 && self.dialect.has_vocab("applicator") {
            schema.condition = self.below("if");
            if schema.condition.is_some() {
                let fixed = self.boolean("if");
                if fixed != Some(false) {
                    schema.then = self.below("then");
                }
                if fixed != Some(true) {
                    schema.otherwise = self.below("else");
                }
            }
        }
        if version >= 2019 {
            self.since_2019(schema)?;
        }
        if version >= 2020 {
            if let Some(target) = self.reference("$dynamicRef")? {
                self.compiler.dynamic = true;
                let text = self.doc.text(self.node, "$dynamicRef").unwrap_or_default();
                let (_, fragment) = split_fragment(text).map_err(error)?;
                let anchor = if fragment.starts_with('/') { String::new() } else { fragment };
                schema.dynamic_ref = Some((target, anchor));
            }
            self.doc.text(self.node, "$dynamicAnchor").unwrap_or_default().clone_into(&mut schema.dynamic_anchor);
            if self.dialect.has_vocab("applicator") {
                schema.array.first = self.list("prefixItems");
                schema.array.each = self.below("items");
            }
        }
        Ok(())
    }

    fn applicators(&mut self, schema: &mut Sch) -> Result<()> {
        schema.all_of = self.list("allOf");
        schema.any_of = self.list("anyOf");
        schema.one_of = self.list("oneOf");
        schema.not = self.below("not");
        if schema.version < 2020 {
            if let Some(Json::List(_)) = self.entry("items") {
                schema.array.first = self.list("items");
                schema.array.additional = self.additional("additionalItems");
            } else {
                schema.array.each = self.below("items");
            }
        }
        schema.object.properties = self.map("properties").into_iter().collect();
        for (text, id) in self.map("patternProperties") {
            schema.object.patterns.push((self.regex(&text.to_string_lossy(), "patternProperties")?, id));
        }
        schema.object.additional = self.additional("additionalProperties");
        if let Some(Json::Map(map)) = self.doc.entry(self.node, "dependencies").map(|node| self.doc.get(node)) {
            for (name, node) in map {
                let dependency = match self.doc.get(*node) {
                    Json::List(items) => Dependency::Names(self.strings(items)),
                    _ => Dependency::Schema(self.compiler.enqueue(self.root, *node)),
                };
                schema.object.dependencies.push((name.clone(), dependency));
            }
        }
        Ok(())
    }

    fn validations(&mut self, schema: &mut Sch) -> Result<()> {
        match self.entry("type") {
            Some(Json::Str(name)) => schema.types.add(&name.to_string_lossy()),
            Some(Json::List(items)) => {
                for name in self.strings(items) {
                    schema.types.add(&name.to_string_lossy());
                }
            }
            _ => {}
        }
        if let Some(Json::List(items)) = self.entry("enum") {
            schema.variants = Some(items.clone());
        }
        let number = &mut schema.number;
        number.multiple_of = self.number("multipleOf");
        number.max = self.number("maximum");
        number.below = match self.boolean("exclusiveMaximum") {
            Some(true) => number.max.take(),
            _ => self.number("exclusiveMaximum"),
        };
        number.min = self.number("minimum");
        number.above = match self.boolean("exclusiveMinimum") {
            Some(true) => number.min.take(),
            _ => self.number("exclusiveMinimum"),
        };
        schema.string.min = self.integer("minLength");
        schema.string.max = self.integer("maxLength");
        if let Some(text) = self.doc.text(self.node, "pattern") {
            schema.string.pattern = Some(self.regex(text, "pattern")?);
            text.clone_into(&mut schema.string.pattern_text);
        }
        schema.array.min = self.integer("minItems");
        schema.array.max = self.integer("maxItems");
        schema.array.unique = self.boolean("uniqueItems") == Some(true);
        schema.object.max = self.integer("maxProperties");
        schema.object.min = self.integer("minProperties");
        if let Some(Json::List(items)) = self.entry("required") {
            schema.object.required = self.strings(items);
        }
        Ok(())
    }

    fn since_2019(&mut self, schema: &mut Sch) -> Result<()> {
        schema.recursive_ref = self.reference("$recursiveRef")?;
        self.compiler.dynamic |= schema.recursive_ref.is_some();
        schema.recursive_anchor = self.boolean("$recursiveAnchor") == Some(true);
        if self.dialect.has_vocab("validation") {
            if schema.array.contains.is_some() {
                schema.array.min_contains = self.integer("minContains");
                schema.array.max_contains = self.integer("maxContains");
            }
            if let Some(Json::Map(map)) = self.entry("dependentRequired") {
                for (name, node) in map {
                    if let Json::List(items) = self.doc.get(*node) {
                        schema.object.dependent_required.push((name.clone(), self.strings(items)));
                    }
                }
            }
        }
        if self.dialect.has_vocab("applicator") {
            schema.object.dependent_schemas = self.map("dependentSchemas");
        }
        if self.dialect.has_vocab(if schema.version == 2019 { "applicator" } else { "unevaluated" }) {
            schema.array.unevaluated = self.below("unevaluatedItems");
            schema.object.unevaluated = self.below("unevaluatedProperties");
        }
        Ok(())
    }

    fn entry(&self, keyword: &str) -> Option<&Json> {
        self.doc.entry(self.node, keyword).map(|node| self.doc.get(node))
    }

    fn boolean(&self, keyword: &str) -> Option<bool> {
        match self.entry(keyword) {
            Some(Json::Bool(b)) => Some(*b),
            _ => None,
        }
    }

    fn number(&self, keyword: &str) -> Option<Number> {
        match self.entry(keyword) {
            Some(Json::Number(text)) => Some(Number::read(text)),
            _ => None,
        }
    }

    fn integer(&self, keyword: &str) -> Option<i64> {
        self.number(keyword)?.integer()
    }

    fn strings(&self, items: &[u32]) -> Vec<Str> {
        let text = |node: &u32| match self.doc.get(*node) {
            Json::Str(text) => Some(text.clone()),
            _ => None,
        };
        items.iter().filter_map(text).collect()
    }

    fn reference(&mut self, keyword: &str) -> Result<Option<Id>> {
        match self.doc.text(self.node, keyword) {
            Some(text) => self.compiler.resolve(self.root, self.owner, text).map(Some),
            None => Ok(None),
        }
    }

    fn below(&mut self, keyword: &str) -> Option<Id> {
        let node = self.doc.entry(self.node, keyword)?;
        Some(self.compiler.enqueue(self.root, node))
    }

    fn list(&mut self, keyword: &str) -> Vec<Id> {
        match self.doc.entry(self.node, keyword).map(|node| self.doc.get(node)) {
            Some(Json::List(items)) => items.iter().map(|item| self.compiler.enqueue(self.root, *item)).collect(),
            _ => Vec::new(),
        }
    }

    fn map(&mut self, keyword: &str) -> Vec<(Str, Id)> {
        match self.doc.entry(self.node, keyword).map(|node| self.doc.get(node)) {
            Some(Json::Map(map)) => {
                map.iter().map(|(key, item)| (key.clone(), self.compiler.enqueue(self.root, *item))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn additional(&mut self, keyword: &str) -> Additional {
        match self.boolean(keyword) {
            Some(allowed) => Additional::Allowed(allowed),
            None => self.below(keyword).map_or(Additional::Absent, Additional::Schema),
        }
    }

    fn regex(&mut self, text: &str, keyword: &str) -> Result<Regex> {
        self.compiler.regex(text).map_err(|why| {
            let root = self.compiler.roots.get(self.root);
            let url = root.map_or("", |root| root.url.as_str());
            let place = format!("{url}#{}/{keyword}", encode(&pointer(self.doc, self.node)));
            error(format!("invalid regex {} at {}: {why}", quote(text.as_bytes()), quote(place.as_bytes())))
        })
    }
}
