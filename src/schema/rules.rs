//! The compiled form of one schema: its keywords, and other schemas by number.

use indexmap::IndexMap;

use super::format::Format;
use super::number::Number;
use super::pattern::Pattern;
use super::url::escape;
use crate::value::Str;
use crate::values::json::{Doc, Key};

/// The number of a schema.
pub(super) type Id = u32;

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
    pub patterns: Vec<(Pattern, Id)>,
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
    pub pattern: Option<Pattern>,
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

impl NumberRules {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        [&self.min, &self.max, &self.above, &self.below, &self.multiple_of].iter().all(|rule| rule.is_none())
    }
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

    /// Adds the type with this name, if it exists.
    pub(super) fn add(&mut self, name: &[u8]) {
        if let Some((ty, _)) = Types::NAMES.iter().find(|(_, n)| n.as_bytes() == name) {
            self.0 |= ty.0;
        }
    }
}

/// The JSON pointer of a node.
pub(super) fn pointer(doc: &Doc, node: u32) -> String {
    let mut tokens = Vec::new();
    let mut at = node;
    loop {
        let (parent, key) = doc.place(at);
        match key {
            Key::Root => break,
            Key::Name(name) => tokens.push(escape(&String::from_utf8_lossy(name))),
            Key::Index(index) => tokens.push(index.to_string()),
        }
        at = parent;
    }
    tokens.iter().rev().fold(String::new(), |path, token| path + "/" + token)
}
