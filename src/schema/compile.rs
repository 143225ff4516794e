//! Compiles the text of a schema. Behaves like santhosh-tekuri/jsonschema v6 (`compiler.go`, `roots.go`), which Helm uses. A
//! plain schema is compiled piece by piece, when a value reaches it: see [`super::lazy`].

use std::rc::Rc;
use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use indexmap::IndexMap;

use super::check::Meta;
use super::compiled::{Compiled, SchemaSource, Schemas};
use super::document;
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
use go::url::Url;

impl Compiled {
    /// Compiles the text of `values.schema.json`. Errors have Helm's text.
    pub(super) fn compile(text: &Str, run: &Run) -> Result<Compiled> {
        let doc = Doc::read(text, run).map_err(|e| e.with_kind(ErrorKind::Schema))?;
        if let Some(lazy) = Lazy::of_plain(&doc, run) {
            let docs = vec![SchemaSource { url: MAIN.to_owned(), doc }];
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
            Compiler::new(&Run::default(), true).compile(draft.url())
        });
        meta.as_ref().map_err(Clone::clone)
    }

    /// The schemas of schemas of several dialects. Go: `dialect.getSchema`.
    pub(super) fn metas(dialects: &[&Dialect], run: &Run) -> Result<(Compiled, Vec<Meta>)> {
        let mut compiler = Compiler::new(run, true);
        let mut metas = Vec::new();
        let mut made = Vec::new();
        for dialect in dialects {
            let mut schema = |url: &str| compiler.load(url).map(|root| compiler.enqueue(root, 0));
            let Some(vocabs) = &dialect.vocabs else {
                metas.push(Meta { id: schema(dialect.draft.url())?, is_made: false });
                continue;
            };
            let all_of = vocabs.iter().map(|name| schema(&dialect.draft.vocab(name))).collect::<Result<_>>()?;
            let id = Id::try_from(made.len()).unwrap_or(Id::MAX);
            made.push(Sch { version: dialect.version(), all_of, ..Sch::default() });
            metas.push(Meta { id, is_made: true });
        }
        let mut compiled = compiler.finish()?;
        let source = compiled.docs.len();
        compiled.docs.push(SchemaSource { url: MADE.to_owned(), doc: Doc::default() });
        let Schemas::Ready(schemas) = &mut compiled.schemas else { return Ok((compiled, metas)) };
        let first = Id::try_from(schemas.len()).unwrap_or(Id::MAX);
        for (mut schema, id) in made.into_iter().zip(first..) {
            (schema.source, schema.resource) = (source, id);
            if schema.version >= 2020 {
                "meta".clone_into(&mut schema.dynamic_anchor);
                schema.dynamic_anchors.push(("meta".to_owned(), id));
            }
            schemas.push(schema);
        }
        for meta in metas.iter_mut().filter(|meta| meta.is_made) {
            meta.id = meta.id.saturating_add(first);
        }
        Ok((compiled, metas))
    }
}

/// Where a schema of schemas is that was made of vocabularies.
const MADE: &str = "urn:mem:metaschema";

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

/// What holds where a document says nothing.
const NEWEST: Dialect = Dialect { draft: Draft::D2020, vocabs: None };

struct Resource {
    id: String,
    dialect: Dialect,
    anchors: IndexMap<Vec<u8>, u32>,
    dynamic_anchors: Vec<String>,
}

struct Compiler<'l> {
    run: &'l Run,
    assert_format: bool,
    roots: Vec<Root>,
    by_url: HashMap<String, usize>,
    /// The schemas that are found, or what is wrong with a reference: that is told when its turn comes.
    queue: Vec<Result<(usize, u32)>>,
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
        self.finish()
    }

    /// Compiles what is in the queue, and what that leads to.
    fn finish(mut self) -> Result<Compiled> {
        let mut schemas: Vec<Sch> = Vec::new();
        while let Some(next) = self.queue.get(schemas.len()) {
            let (root, node) = next.clone()?;
            self.ensure(root, node)?;
            let schema = self.schema(root, node)?;
            schemas.push(schema);
        }
        let docs = self.roots.into_iter().map(|root| SchemaSource {
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
        let quoted = quote(url.as_bytes());
        let failed = |why: String| Err(error(format!("failing loading {quoted}: {why}")));
        let parsed = match Url::parse(url.as_bytes()) {
            Ok(parsed) => parsed,
            Err(why) => return failed(why),
        };
        match parsed.scheme.as_slice() {
            b"urn" => {
                self.warnings.push(format!(
                    "jsonschema.go:192: WARNING: unresolved URN reference ignored; using permissive schema: {url}"
                ));
                Doc::read(&"true".into(), self.run)
            }
            b"file" | b"http" | b"https" => {
                failed("a schema may not refer to other files or to the network".to_owned())
            }
            _ => failed(format!("no URLLoader registered for {}", quote(&parsed.joined()))),
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
        self.collect(id, 0, url.to_owned(), &NEWEST)?;
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
            let base: Rc<str> = if id.is_empty() {
                base
            } else {
                let Ok((url, _)) = join(&base, &id) else {
                    let place = quote(self.root(root_id)?.place(node).as_bytes());
                    return Err(error(format!("error in parsing id at {place}")));
                };
                url.into()
            };
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
        let url = name.split('#').next().unwrap_or_default();
        let root = self.root(root)?;
        if let Err(why) = Url::parse(url.as_bytes()) {
            let place = quote(root.place(node).as_bytes());
            return Err(error(format!("invalid $schema in {place}: {why}")));
        }
        if node == 0 && root.url == url {
            return Err(error(format!("draft {} is not supported", quote(url.as_bytes()))));
        }
        // what everybody has names a draft, or has no `$schema`: the search ends here
        let doc = self.fetch(url)?;
        Ok(doc.text(0, "$schema").and_then(Draft::from_url).unwrap_or(fallback))
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
                Some("core") => {}
                Some(name) if known(&draft.vocab(name)).is_some() => vocabs.push(name.to_owned()),
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
        let doc = Rc::clone(&root.doc);
        let dialect = root.resources.get(&root.owner(node)).map_or(NEWEST, |resource| resource.dialect.clone());
        if is_plain(&doc, node, dialect.draft, &self.run.limits, |text| self.regex(text).is_ok()) {
            return Ok(());
        }
        let root = self.root(root_id)?;
        let parts = root.resources.iter().map(|(node, part)| (pointer(&doc, *node), part.dialect.clone()));
        // a schema within a schema takes several steps down in the schema of schemas
        let depth = self.run.limits.schema_depth.saturating_mul(8);
        let value = document::value(&doc, node);
        match document::check(&value, &dialect, &parts.collect::<Vec<_>>(), depth, self.run)? {
            None => Ok(()),
            Some(fault) => {
                let text = fault.text(self.run.limits.error_bytes);
                let name = if dialect.vocabs.is_some() { MADE.to_owned() } else { format!("{}#", dialect.draft.url()) };
                Err(error(format!(
                    "{} is not valid against metaschema: jsonschema validation failed with '{name}'{text}",
                    quote(root.place(node).as_bytes())
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
        self.queue.push(Ok((root, node)));
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
            let node = |name: &String| Some((name.clone(), *resource.anchors.get(name.as_bytes())?));
            anchors = resource.dynamic_anchors.iter().filter_map(node).collect();
        }
        let version = dialect.version();
        let own_id = doc.text(node, dialect.draft.id()).filter(|_| version < 2019);
        if own_id.is_some_and(|id| split_fragment(id).is_err()) {
            return Err(error(format!(
                "error in parsing anchor at {}",
                quote(self.root(root_id)?.place(node).as_bytes())
            )));
        }
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
        let root = self.root(root_id)?;
        let base = root.resources.get(&owner).map_or(root.url.as_str(), |res| res.id.as_str());
        let (url, fragment) = join(base, reference).map_err(error)?;
        let (root_id, resource) = match root.ids.get(&url) {
            _ if url == root.url => (root_id, 0),
            Some(node) => (root_id, *node),
            None => (self.load(&url)?, 0),
        };
        let root = self.root(root_id)?;
        let node = if fragment.is_empty() || fragment.starts_with(b"/") {
            match root.lookup(resource, &fragment) {
                Ok(node) => node,
                Err(error) => {
                    self.queue.push(Err(error));
                    return Ok(Id::try_from(self.queue.len() - 1).unwrap_or(Id::MAX));
                }
            }
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

    /// Where a node stands.
    fn place(&self, node: u32) -> String {
        format!("{}#{}", self.url, encode(pointer(&self.doc, node).as_bytes()))
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
                    let place = format!("{}#{}", self.url, encode(pointer(&self.doc, node).as_bytes()));
                    return Err(error(format!("error in parsing anchor at {}", quote(place.as_bytes()))));
                };
                if !fragment.is_empty() && !fragment.starts_with(b"/") {
                    found.push(fragment);
                }
            }
        } else {
            found.extend(self.doc.text(node, "$anchor").map(|name| name.as_bytes().to_vec()));
            if let Some(name) = self.doc.text(node, "$dynamicAnchor").filter(|_| draft >= Draft::D2020) {
                found.push(name.as_bytes().to_vec());
                resource.dynamic_anchors.push(name.to_owned());
            }
        }
        for name in found {
            match resource.anchors.get(&name) {
                Some(other) if *other != node => {
                    let place = |node| quote(pointer(&self.doc, node).as_bytes());
                    return Err(error(format!(
                        "duplicate anchor {} in {} at {} and {}",
                        quote(&name),
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
    fn lookup(&self, from: u32, path: &[u8]) -> Result<u32> {
        let place = || {
            let path = [pointer(&self.doc, from).as_bytes(), path].concat();
            quote(format!("{}#{}", self.url, encode(&path)).as_bytes())
        };
        let mut node = from;
        for token in path.split(|&b| b == b'/').skip(1) {
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
