//! Parses the keywords of one schema into compiled form. santhosh-tekuri/jsonschema v6: `objcompiler.go`.

use std::rc::Rc;

use super::draft::Draft;
use super::format::Format;
use super::number::Number;
use super::pattern::Pattern;
use super::rules::{Additional, Dependency, Id, Sch, pointer};
use super::url::{encode, split_fragment};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Str;
use crate::values::json::{Doc, Items, Json};
use go::strconv::quote;

/// An error of a schema.
pub(super) fn error(text: String) -> Error {
    Error::new(ErrorKind::Schema, text)
}

/// The rules that hold for a schema.
#[derive(Clone, PartialEq)]
pub(super) struct Dialect {
    pub draft: Draft,
    /// The vocabularies that its own schema of schemas names.
    pub vocabs: Option<Rc<[String]>>,
}

impl Dialect {
    /// What error texts and the check call the draft.
    pub(super) fn version(&self) -> u16 {
        match self.draft {
            Draft::D4 => 4,
            Draft::D6 => 6,
            Draft::D7 => 7,
            Draft::D2019 => 2019,
            Draft::D2020 => 2020,
        }
    }

    fn has_vocab(&self, name: &str) -> bool {
        match &self.vocabs {
            _ if name == "core" || self.draft < Draft::D2019 => true,
            Some(vocabs) => vocabs.iter().any(|v| v == name),
            None => self.draft.has_vocab(name),
        }
    }
}

/// What the keywords of a schema lead to.
pub(super) trait Links {
    /// The schema at a node of the same document.
    fn schema(&mut self, node: u32) -> Id;

    /// The schema that a reference names.
    fn resolve(&mut self, reference: &str) -> Result<Id>;

    /// A regular expression, or what is wrong with it.
    fn regex(&mut self, text: &str) -> std::result::Result<Pattern, String>;

    /// A reference whose meaning depends on the way to it was found.
    fn set_dynamic(&mut self);

    /// The URL of the document.
    fn url(&self) -> &str;
}

/// Reads the keywords of one schema.
pub(super) struct Keywords<'c> {
    links: &'c mut dyn Links,
    doc: &'c Doc,
    node: u32,
    dialect: Dialect,
    /// Whether `format` counts in every draft.
    pub assert_format: bool,
    /// Marks of the keywords that are there: see [`mark`].
    present: u64,
}

/// A bit for a keyword, which some keywords share: most of those asked for are not there.
fn mark(keyword: &[u8]) -> u64 {
    let first = keyword.first().copied().unwrap_or_default();
    1 << ((usize::from(first) + 31 * keyword.len()) % 64)
}

impl<'c> Keywords<'c> {
    /// The keywords of the schema at a node.
    pub(super) fn new(links: &'c mut dyn Links, doc: &'c Doc, node: u32, dialect: Dialect) -> Self {
        Keywords { links, doc, node, dialect, assert_format: false, present: 0 }
    }

    /// The schema, but for what depends on its place.
    pub(super) fn read(mut self, schema: &mut Sch) -> Result<()> {
        match self.doc.get(self.node) {
            Json::Bool(b) => schema.boolean = Some(b),
            Json::Map(map) if map.is_empty() => schema.boolean = Some(true),
            Json::Map(map) => {
                self.present = map.keys().fold(0, |marks, keyword| marks | mark(keyword));
                self.compile(schema)?;
            }
            _ => {}
        }
        schema.all_props_evaluated = !matches!(schema.object.additional, Additional::Absent);
        let items_left = schema.version >= 2020 || matches!(schema.array.additional, Additional::Absent);
        schema.all_items_evaluated = schema.array.each.is_some() || !items_left;
        schema.items_evaluated = schema.array.first.len();
        Ok(())
    }

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
            if asserts || self.assert_format {
                schema.format = self.text("format").and_then(Format::named);
            }
        }
        if version >= 6 {
            if self.dialect.has_vocab("applicator") {
                schema.array.contains = self.below("contains");
                schema.object.names = self.below("propertyNames");
            }
            if self.dialect.has_vocab("validation") {
                schema.constant = self.at("const");
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
                self.links.set_dynamic();
                let text = self.text("$dynamicRef").unwrap_or_default();
                let (_, fragment) = split_fragment(text).map_err(error)?;
                // what is not text is the name of no anchor
                let anchor = String::from_utf8(fragment).unwrap_or_default();
                schema.dynamic_ref = Some((target, if anchor.starts_with('/') { String::new() } else { anchor }));
            }
            self.text("$dynamicAnchor").unwrap_or_default().clone_into(&mut schema.dynamic_anchor);
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
        if let Some(Json::Map(map)) = self.at("dependencies").map(|node| self.doc.get(node)) {
            for (name, node) in map.iter() {
                let dependency = match self.doc.get(node) {
                    Json::List(items) => Dependency::Names(self.strings(items)),
                    _ => Dependency::Schema(self.links.schema(node)),
                };
                schema.object.dependencies.push((name.into(), dependency));
            }
        }
        Ok(())
    }

    fn validations(&mut self, schema: &mut Sch) -> Result<()> {
        match self.entry("type") {
            Some(Json::Str(name)) => schema.types.add(name),
            Some(Json::List(items)) => {
                for item in items.iter() {
                    if let Json::Str(name) = self.doc.get(item) {
                        schema.types.add(name);
                    }
                }
            }
            _ => {}
        }
        if let Some(Json::List(items)) = self.entry("enum") {
            schema.variants = Some(items.iter().collect());
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
        if let Some(text) = self.text("pattern") {
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
        if schema.recursive_ref.is_some() {
            self.links.set_dynamic();
        }
        schema.recursive_anchor = self.boolean("$recursiveAnchor") == Some(true);
        if self.dialect.has_vocab("validation") {
            if schema.array.contains.is_some() {
                schema.array.min_contains = self.integer("minContains");
                schema.array.max_contains = self.integer("maxContains");
            }
            if let Some(Json::Map(map)) = self.entry("dependentRequired") {
                for (name, node) in map.iter() {
                    if let Json::List(items) = self.doc.get(node) {
                        schema.object.dependent_required.push((name.into(), self.strings(items)));
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

    /// The node of a keyword.
    fn at(&self, keyword: &str) -> Option<u32> {
        if self.present & mark(keyword.as_bytes()) == 0 { None } else { self.doc.entry(self.node, keyword) }
    }

    fn text(&self, keyword: &str) -> Option<&'c str> {
        match self.doc.get(self.at(keyword)?) {
            Json::Str(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    fn entry(&self, keyword: &str) -> Option<Json<'c>> {
        self.at(keyword).map(|node| self.doc.get(node))
    }

    fn boolean(&self, keyword: &str) -> Option<bool> {
        match self.entry(keyword) {
            Some(Json::Bool(b)) => Some(b),
            _ => None,
        }
    }

    fn number(&self, keyword: &str) -> Option<Number> {
        match self.entry(keyword) {
            Some(Json::Number(text)) => Number::read(text),
            _ => None,
        }
    }

    fn integer(&self, keyword: &str) -> Option<i64> {
        self.number(keyword)?.integer()
    }

    fn strings(&self, items: Items<'_>) -> Vec<Str> {
        let text = |node: u32| match self.doc.get(node) {
            Json::Str(text) => Some(text.into()),
            _ => None,
        };
        items.iter().filter_map(text).collect()
    }

    fn reference(&mut self, keyword: &str) -> Result<Option<Id>> {
        match self.text(keyword) {
            Some(text) => self.links.resolve(text).map(Some),
            None => Ok(None),
        }
    }

    fn below(&mut self, keyword: &str) -> Option<Id> {
        let node = self.at(keyword)?;
        Some(self.links.schema(node))
    }

    fn list(&mut self, keyword: &str) -> Vec<Id> {
        match self.at(keyword).map(|node| self.doc.get(node)) {
            Some(Json::List(items)) => items.iter().map(|item| self.links.schema(item)).collect(),
            _ => Vec::new(),
        }
    }

    fn map(&mut self, keyword: &str) -> Vec<(Str, Id)> {
        match self.at(keyword).map(|node| self.doc.get(node)) {
            Some(Json::Map(map)) => map.iter().map(|(key, item)| (key.into(), self.links.schema(item))).collect(),
            _ => Vec::new(),
        }
    }

    fn additional(&mut self, keyword: &str) -> Additional {
        match self.boolean(keyword) {
            Some(allowed) => Additional::Allowed(allowed),
            None => self.below(keyword).map_or(Additional::Absent, Additional::Schema),
        }
    }

    fn regex(&mut self, text: &str, keyword: &str) -> Result<Pattern> {
        self.links.regex(text).map_err(|why| {
            let place = format!("{}#{}/{keyword}", self.links.url(), encode(pointer(self.doc, self.node).as_bytes()));
            error(format!("invalid regex {} at {}: {why}", quote(text.as_bytes()), quote(place.as_bytes())))
        })
    }
}
