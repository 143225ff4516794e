//! Compiles the text of a schema. Behaves like santhosh-tekuri/jsonschema v6 (`compiler.go`, `roots.go`), which Helm uses. A
//! plain schema is compiled piece by piece, when a value reaches it: see [`super::lazy`].

use std::rc::Rc;
use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use indexmap::IndexMap;

use super::check::Checker;
use super::compiled::{Compiled, Schemas, Source};
use super::draft::{Draft, Place as Below, known};
use super::keywords::{Dialect, Keywords, Links, error};
use super::lazy::{Lazy, Names};
use super::pattern::{self, Pattern};
use super::precheck::is_plain;
use super::rules::{Id, Sch, pointer};
use super::url::{MAIN, encode, join, split_fragment, unescape};
use crate::error::{ErrorKind, Result};
use crate::limits::cancelled;
use crate::run::Run;
use crate::value::Str;
use crate::values::json::{Doc, Json};
use go::strconv::quote;

impl Compiled {
    /// Compiles the text of `values.schema.json`. Errors have Helm's text.
    pub(super) fn compile(text: &Str, run: &Run) -> Result<Compiled> {
        let doc = Doc::read(text, run).map_err(|e| e.with_kind(ErrorKind::Schema))?;
        if let Some(lazy) = Lazy::of_plain(&doc, run) {
            let docs = vec![Source { url: MAIN.to_owned(), doc }];
            return Ok(Compiled { docs, schemas: Schemas::Lazy(Box::new(lazy)), ..Compiled::default() });
        }
        let mut compiler = Compiler::new(run, false);
        compiler.add_root(MAIN, doc)?;
        compiler.compile(MAIN)
    }

    /// The schema of schemas of a draft.
    pub(super) fn meta(draft: Draft) -> Result<&'static Compiled> {
        static METAS: [OnceLock<Result<Compiled>>; 5] = [const { OnceLock::new() }; 5];
        let cell = METAS.get(draft as usize).ok_or_else(|| error("no such draft".to_owned()))?;
        let meta = cell.get_or_init(|| {
            // a run of its own: the result is kept, and others may wait for it
            let run = Run::default();
            let mut compiler = Compiler::new(&run, true);
            compiler.load(draft.url())?;
            compiler.compile(draft.url())
        });
        meta.as_ref().map_err(Clone::clone)
    }
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
    names: Names,
}

struct Resource {
    id: String,
    dialect: Dialect,
    anchors: IndexMap<String, u32>,
    dynamic_anchors: Vec<String>,
}

struct Compiler<'l> {
    run: &'l Run,
    assert_format: bool,
    roots: Vec<Root>,
    by_url: HashMap<String, usize>,
    queue: Vec<(usize, u32)>,
    queued: HashMap<(usize, u32), Id>,
    dynamic: bool,
    warnings: Vec<String>,
    /// The regular expressions so far: they are needed twice, and charts repeat them.
    regexes: HashMap<String, Pattern>,
}

impl<'l> Compiler<'l> {
    fn new(run: &'l Run, assert_format: bool) -> Self {
        Compiler {
            run,
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
        Ok(Compiled {
            docs: docs.collect(),
            schemas: Schemas::Ready(schemas),
            dynamic: self.dynamic,
            warnings: self.warnings,
        })
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
            return Doc::read(&text.into(), self.run);
        }
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let quoted = quote(url.as_bytes());
        match scheme {
            "urn" => {
                self.warnings.push(format!(
                    "jsonschema.go:192: WARNING: unresolved URN reference ignored; using permissive schema: {url}"
                ));
                Doc::read(&"true".into(), self.run)
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
            names: Names::default(),
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
                let first = pending.len();
                let mut add = |node| pending.push((node, Rc::clone(&base), dialect.clone()));
                match (place, doc.get(value)) {
                    (Below::Value, _) => add(value),
                    (Below::Items, Json::List(items)) => items.iter().for_each(&mut add),
                    (Below::Each, Json::Map(map)) => map.values().for_each(&mut add),
                    _ => {}
                }
                // the last one is taken first
                pending.get_mut(first..).unwrap_or_default().reverse();
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
        for (vocab, required) in map.iter() {
            if !matches!(meta.get(required), Json::Bool(true)) {
                continue;
            }
            let vocab = String::from_utf8_lossy(vocab);
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
        if is_plain(&doc, node, draft, &self.run.limits, |text| self.regex(text).is_ok()) {
            return Ok(());
        }
        let root = self.root(root_id)?;
        let meta = Compiled::meta(draft)?;
        let value = root.doc.value(node, None)?;
        // a schema within a schema takes several steps down in the schema of schemas
        let depth = self.run.limits.schema_depth.saturating_mul(8);
        match Checker::check(meta, &value, depth, self.run)? {
            None => Ok(()),
            Some(fault) => {
                let place = format!("{}#{}", root.url, encode(&pointer(&root.doc, node)));
                let text = fault.text(self.run.limits.error_bytes);
                Err(error(format!(
                    "{} is not valid against metaschema: jsonschema validation failed with '{}#'{text}",
                    quote(place.as_bytes()),
                    draft.url()
                )))
            }
        }
    }

    fn regex(&mut self, text: &str) -> std::result::Result<Pattern, String> {
        if let Some(regex) = self.regexes.get(text) {
            return Ok(regex.clone());
        }
        if !self.run.tick(pattern::STEPS) {
            return Err(cancelled().to_string());
        }
        let regex = pattern::compile(text, &self.run.limits)?;
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
        let version = dialect.version();
        let mut schema = Sch { source: root_id, node, version, ..Sch::default() };
        schema.resource = self.enqueue(root_id, owner);
        schema.dynamic_anchors = anchors.into_iter().map(|(name, node)| (name, self.enqueue(root_id, node))).collect();
        let assert_format = self.assert_format;
        let mut links = Place { compiler: self, root: root_id, owner };
        let mut keywords = Keywords::new(&mut links, &doc, node, dialect);
        keywords.assert_format = assert_format;
        keywords.read(&mut schema)?;
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
            let next = self.names.step(&self.doc, node, &token);
            node = next.ok_or_else(|| error(format!("json-pointer in {} not found", place())))?;
        }
        Ok(node)
    }
}

/// A schema's place, from which its keywords lead on.
struct Place<'c, 'l> {
    compiler: &'c mut Compiler<'l>,
    root: usize,
    owner: u32,
}

impl Links for Place<'_, '_> {
    fn schema(&mut self, node: u32) -> Id {
        self.compiler.enqueue(self.root, node)
    }

    fn resolve(&mut self, reference: &str) -> Result<Id> {
        self.compiler.resolve(self.root, self.owner, reference)
    }

    fn regex(&mut self, text: &str) -> std::result::Result<Pattern, String> {
        self.compiler.regex(text)
    }

    fn set_dynamic(&mut self) {
        self.compiler.dynamic = true;
    }

    fn url(&self) -> &str {
        self.compiler.roots.get(self.root).map_or("", |root| &root.url)
    }
}
