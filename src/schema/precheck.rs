//! A quick check whether a schema is certainly valid by its meta-schema.
//!
//! Measured: a bake of the built-in `workload` takes 6.0 times the instructions without this file (75.9 instead of 12.7
//! million), as every schema is then checked by the schema of schemas and compiled in full. docs/second-ways.md.
//!
//! Nearly every schema consists of well-known keywords with plain values, which this walk recognizes. It accepts only schemas
//! that the full check of drafts 6 to 2020-12 accepts as well. Everything else is left to the full check, which has the error
//! texts.

use super::draft::Draft;
use super::format::Format;
use crate::limits::Limits;
use crate::value::Value;
use crate::values::json::{Doc, Items, Json};

/// Deeper schemas are left to the full check and its limits.
const MAX_DEPTH: usize = 128;

/// At least what the full check takes for a schema.
const STEPS: u64 = 64;

/// What the schemas of schemas ask of a keyword's value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Any,
    Bool,
    Text,
    Number,
    PositiveNumber,
    Count,
    List,
    Names,
    Type,
    Enum,
    Pattern,
    Reference,
    Id,
    Dialect,
    Schema,
    Schemas,
    SchemaOrSchemas,
    SchemaMap,
    PatternMap,
    NamesMap,
    Dependencies,
    /// Left to the full check.
    Unusual,
}

/// What there is in a schema that is plainly valid.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// For each node of the document whether it is a schema.
    pub schemas: Vec<bool>,
    /// The schemas that refer to others.
    pub references: Vec<u32>,
    /// The schemas that have a URL of their own.
    pub ids: Vec<u32>,
}

/// Whether the schema at a node is plainly valid by the schema of schemas of `draft`. `is_regex` tells whether a text is
/// a regular expression.
pub(super) fn is_plain(
    doc: &Doc,
    node: u32,
    draft: Draft,
    limits: &Limits,
    is_regex: impl FnMut(&str) -> bool,
) -> bool {
    parts(doc, node, draft, limits, is_regex).is_some()
}

/// The content of the schema at a node, if it is certainly valid.
pub(super) fn parts(
    doc: &Doc,
    node: u32,
    draft: Draft,
    limits: &Limits,
    mut is_regex: impl FnMut(&str) -> bool,
) -> Option<Parts> {
    if draft == Draft::D4 || cfg!(full_way = "precheck") {
        return None;
    }
    let mut steps = limits.schema_steps;
    let parts = Parts { schemas: vec![false; doc.len()], ..Parts::default() };
    let mut walk =
        Prechecker { doc, root: node, draft, limits, is_regex: &mut is_regex, pending: vec![(node, 0)], parts };
    while let Some((node, depth)) = walk.pending.pop() {
        steps = steps.checked_sub(STEPS)?;
        if depth > MAX_DEPTH.min(limits.schema_depth) || !walk.schema(node, depth) {
            return None;
        }
    }
    Some(walk.parts)
}

struct Prechecker<'d> {
    doc: &'d Doc,
    root: u32,
    draft: Draft,
    limits: &'d Limits,
    is_regex: &'d mut dyn FnMut(&str) -> bool,
    /// Schemas to look at, and how deep they stand.
    pending: Vec<(u32, usize)>,
    parts: Parts,
}

impl Prechecker<'_> {
    fn schema(&mut self, node: u32, depth: usize) -> bool {
        let doc = self.doc;
        if let Some(is_schema) = self.parts.schemas.get_mut(node as usize) {
            *is_schema = true;
        }
        match doc.get(node) {
            Json::Bool(_) => true,
            Json::Map(map) => map.iter().all(|(keyword, value)| self.keyword(node, keyword, value, depth + 1)),
            _ => false,
        }
    }

    fn keyword(&mut self, schema: u32, keyword: &[u8], node: u32, depth: usize) -> bool {
        let doc = self.doc;
        let value = doc.get(node);
        match (shape(keyword), value) {
            (Shape::Any, _)
            | (Shape::Bool, Json::Bool(_))
            | (Shape::Text, Json::Str(_))
            | (Shape::Number, Json::Number(_))
            | (Shape::List, Json::List(_)) => true,
            (Shape::PositiveNumber, Json::Number(text)) => {
                text.parse::<f64>().is_ok_and(|number| number > 0.0 && number.is_finite())
            }
            (Shape::Count, Json::Number(text)) => text.len() < 16 && text.bytes().all(|b| b.is_ascii_digit()),
            (Shape::Names, _) => self.names(node),
            (Shape::Type, _) => self.types(node),
            (Shape::Enum, Json::List(items)) => self.draft >= Draft::D2019 || self.variants(items),
            (Shape::Pattern, Json::Str(text)) => self.is_regex(text),
            (Shape::Reference, Json::Str(text)) => {
                self.parts.references.push(schema);
                self.is_reference(text)
            }
            (Shape::Id, Json::Str(text)) => {
                self.parts.ids.push(schema);
                !text.contains(&b'#') && self.is_reference(text)
            }
            (Shape::Dialect, Json::Str(text)) => {
                // another dialect below, or one that is not everybody's, is unusual
                let known = |text: &str| text.starts_with("http") && Draft::from_url(text).is_some();
                schema == self.root && std::str::from_utf8(text).is_ok_and(known)
            }
            (Shape::Schema, _) | (Shape::SchemaOrSchemas, Json::Bool(_) | Json::Map(_)) => {
                self.pending.push((node, depth));
                true
            }
            (Shape::SchemaOrSchemas, Json::List(_)) if self.draft == Draft::D2020 => false,
            (Shape::Schemas | Shape::SchemaOrSchemas, Json::List(items)) => {
                self.pending.extend(items.iter().map(|item| (item, depth)));
                !items.is_empty()
            }
            (Shape::SchemaMap, Json::Map(map)) => {
                self.pending.extend(map.values().map(|item| (item, depth)));
                true
            }
            (Shape::PatternMap, Json::Map(map)) => {
                self.pending.extend(map.values().map(|item| (item, depth)));
                map.keys().all(|key| self.is_regex(key))
            }
            (Shape::NamesMap, Json::Map(map)) => map.values().all(|item| self.names(item)),
            (Shape::Dependencies, Json::Map(map)) => map.values().all(|item| {
                if matches!(doc.get(item), Json::List(_)) {
                    return self.names(item);
                }
                self.pending.push((item, depth));
                true
            }),
            _ => false,
        }
    }

    fn is_regex(&mut self, text: &[u8]) -> bool {
        std::str::from_utf8(text).is_ok_and(|text| (self.is_regex)(text))
    }

    fn is_reference(&self, text: &[u8]) -> bool {
        let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_' | b'-' | b'$' | b'.');
        // nearly all references
        text.strip_prefix(b"#").is_some_and(|path| path.iter().all(is_plain))
            || Format::UriReference.check(&Value::str(text), self.limits).is_ok()
    }

    /// A list of strings that all differ.
    fn names(&self, node: u32) -> bool {
        let Json::List(items) = self.doc.get(node) else { return false };
        items.iter().all(|item| matches!(self.doc.get(item), Json::Str(_))) && self.variants_or_none(items)
    }

    /// One type, or several that differ.
    fn types(&self, node: u32) -> bool {
        let is_type = |node: u32| match self.doc.get(node) {
            Json::Str(name) => {
                matches!(name, b"array" | b"boolean" | b"integer" | b"null" | b"number" | b"object" | b"string")
            }
            _ => false,
        };
        match self.doc.get(node) {
            Json::List(items) => items.iter().all(is_type) && self.variants(items),
            _ => is_type(node),
        }
    }

    fn variants(&self, items: Items<'_>) -> bool {
        !items.is_empty() && self.variants_or_none(items)
    }

    /// Whether few items are plainly not equal: different strings, and no two others of one type.
    fn variants_or_none(&self, items: Items<'_>) -> bool {
        let same = |a: u32, b: u32| match (self.doc.get(a), self.doc.get(b)) {
            (Json::Str(a), Json::Str(b)) => a == b,
            (Json::Bool(a), Json::Bool(b)) => a == b,
            (a, b) => std::mem::discriminant(&a) == std::mem::discriminant(&b),
        };
        items.len() <= 256
            && items.iter().enumerate().all(|(at, item)| !items.iter().take(at).any(|before| same(before, item)))
    }
}

/// What every draft since the sixth allows for a keyword; what none of them knows can be anything.
fn shape(keyword: &[u8]) -> Shape {
    match keyword {
        b"type" => Shape::Type,
        b"title" | b"description" | b"$comment" | b"format" | b"contentMediaType" | b"contentEncoding" => Shape::Text,
        b"properties" | b"definitions" | b"$defs" | b"dependentSchemas" => Shape::SchemaMap,
        b"items" => Shape::SchemaOrSchemas,
        b"additionalProperties"
        | b"additionalItems"
        | b"contains"
        | b"propertyNames"
        | b"if"
        | b"then"
        | b"else"
        | b"not"
        | b"unevaluatedItems"
        | b"unevaluatedProperties"
        | b"contentSchema" => Shape::Schema,
        b"allOf" | b"anyOf" | b"oneOf" | b"prefixItems" => Shape::Schemas,
        b"required" => Shape::Names,
        b"enum" => Shape::Enum,
        b"examples" => Shape::List,
        b"maximum" | b"exclusiveMaximum" | b"minimum" | b"exclusiveMinimum" => Shape::Number,
        b"multipleOf" => Shape::PositiveNumber,
        b"maxLength" | b"minLength" | b"maxItems" | b"minItems" | b"maxProperties" | b"minProperties"
        | b"maxContains" | b"minContains" => Shape::Count,
        b"uniqueItems" | b"readOnly" | b"writeOnly" | b"deprecated" => Shape::Bool,
        b"pattern" => Shape::Pattern,
        b"patternProperties" => Shape::PatternMap,
        b"dependentRequired" => Shape::NamesMap,
        b"dependencies" => Shape::Dependencies,
        b"$ref" => Shape::Reference,
        b"$id" => Shape::Id,
        b"$schema" => Shape::Dialect,
        b"$anchor" | b"$dynamicAnchor" | b"$dynamicRef" | b"$recursiveAnchor" | b"$recursiveRef" | b"$vocabulary" => {
            Shape::Unusual
        }
        _ => Shape::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern;
    use super::*;
    use crate::run::Run;

    const DRAFTS: [Draft; 4] = [Draft::D6, Draft::D7, Draft::D2019, Draft::D2020];

    fn plain(text: &str, draft: Draft) -> bool {
        let limits = Limits::helm();
        let doc = Doc::read(&text.into(), &Run::default()).unwrap();
        is_plain(&doc, 0, draft, &limits, |text| pattern::compile(text, &limits).is_ok())
    }

    #[test]
    fn plain_schemas_are_recognised() {
        for text in [
            "true",
            "false",
            "{}",
            r#"{"type":"object","title":"t","description":"d","$comment":"c","default":[1],"unknown":{"type":5}}"#,
            r#"{"type":["string","null"],"enum":["a","b",null,1,true,false],"const":{"type":"x"},"examples":[1,1]}"#,
            r#"{"properties":{"a":{"items":{"type":"string"}},"b":true},"required":["a","b"],"additionalProperties":false}"#,
            r#"{"minLength":0,"maxLength":10,"minimum":-1.5,"maximum":1e400,"multipleOf":0.5,"uniqueItems":true}"#,
            r#"{"pattern":"^a$","patternProperties":{"^b":{"not":{}}},"propertyNames":{"format":"whatever"}}"#,
            r#"{"allOf":[{"if":{},"then":{},"else":{}}],"anyOf":[true],"oneOf":[{"contains":{}}]}"#,
            r#"{"dependencies":{"a":["b"],"c":{"minItems":1}},"dependentRequired":{"a":[]},"dependentSchemas":{"a":{}}}"#,
            r##"{"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://x.io/a","$ref":"#/$defs/a","$defs":{"a":{}}}"##,
            r#"{"definitions":{"a":{"readOnly":true,"writeOnly":false}},"required":[]}"#,
        ] {
            for draft in DRAFTS {
                assert!(plain(text, draft), "{draft:?} {text}");
            }
            assert!(!plain(text, Draft::D4), "{text}");
        }
        for (text, first, last) in [
            (r#"{"items":[{},{}]}"#, Draft::D6, Draft::D2019),
            (r#"{"enum":[]}"#, Draft::D2019, Draft::D2020),
            (r#"{"enum":[1,1.0]}"#, Draft::D2019, Draft::D2020),
        ] {
            for draft in DRAFTS {
                assert_eq!(plain(text, draft), (first..=last).contains(&draft), "{draft:?} {text}");
            }
        }
    }

    #[test]
    fn everything_else_is_left_to_the_full_check() {
        let deep = format!("{}{{}}{}", r#"{"not":"#.repeat(200), "}".repeat(200));
        for text in [
            "null",
            "1",
            "[]",
            r#"{"type":"obj"}"#,
            r#"{"type":[]}"#,
            r#"{"type":["string","string"]}"#,
            r#"{"title":1}"#,
            r#"{"format":[]}"#,
            r#"{"properties":[]}"#,
            r#"{"properties":{"a":5}}"#,
            r#"{"properties":{"a":{"properties":{"b":{"minimum":"1"}}}}}"#,
            r#"{"items":[]}"#,
            r#"{"items":null}"#,
            r#"{"allOf":[]}"#,
            r#"{"allOf":{}}"#,
            r#"{"required":["a","a"]}"#,
            r#"{"required":"a"}"#,
            r#"{"required":[1]}"#,
            r#"{"enum":{}}"#,
            r#"{"minLength":-1}"#,
            r#"{"minLength":1.5}"#,
            r#"{"minLength":1.0}"#,
            r#"{"minLength":"1"}"#,
            r#"{"multipleOf":0}"#,
            r#"{"multipleOf":-1}"#,
            r#"{"uniqueItems":1}"#,
            r#"{"pattern":"(?=a)"}"#,
            r#"{"pattern":1}"#,
            r#"{"patternProperties":{"(":{}}}"#,
            r#"{"dependencies":{"a":[1]}}"#,
            r#"{"dependencies":{"a":1}}"#,
            r#"{"dependentRequired":{"a":{}}}"#,
            r#"{"$ref":1}"#,
            r#"{"$ref":"a\\b"}"#,
            r##"{"$id":"#a"}"##,
            r#"{"$id":5}"#,
            r#"{"$schema":"https://x.io/own"}"#,
            r#"{"$schema":"json-schema.org/schema"}"#,
            r#"{"not":{"$schema":"http://json-schema.org/draft-07/schema#"}}"#,
            r#"{"$anchor":"a"}"#,
            r#"{"$dynamicAnchor":"a"}"#,
            r#"{"$vocabulary":{}}"#,
            deep.as_str(),
        ] {
            for draft in DRAFTS {
                assert!(!plain(text, draft), "{draft:?} {text}");
            }
        }
    }

    #[test]
    fn what_is_plain_is_valid_by_the_schema_of_schemas() {
        let run = Run::default();
        for entry in [
            "type",
            "title",
            "properties",
            "items",
            "not",
            "allOf",
            "required",
            "enum",
            "examples",
            "maximum",
            "multipleOf",
            "minLength",
            "uniqueItems",
            "pattern",
            "patternProperties",
            "dependentRequired",
            "dependencies",
            "$ref",
            "$id",
            "definitions",
            "$defs",
            "const",
            "default",
            "if",
            "contains",
            "format",
            "deprecated",
            "prefixItems",
            "additionalItems",
            "unevaluatedItems",
            "contentSchema",
            "maxContains",
        ] {
            for value in [
                "null",
                "true",
                "1",
                "0",
                "-1",
                "1.5",
                "1e3",
                "\"a\"",
                "\"(\"",
                "\"string\"",
                "[]",
                "[1]",
                "[1,1]",
                "[{}]",
                "[\"a\"]",
                "[\"a\",\"a\"]",
                "[\"string\"]",
                "{}",
                "{\"a\":1}",
                "{\"a\":{}}",
                "{\"(\":{}}",
                "{\"a\":[]}",
                "{\"a\":[\"b\"]}",
                "{\"a\":[1]}",
                "{\"type\":\"string\"}",
                "{\"type\":1}",
            ] {
                for draft in DRAFTS {
                    let text = format!(r#"{{"{entry}":{value}}}"#);
                    let doc = Doc::read(&text.as_str().into(), &run).unwrap();
                    let value = super::super::document::value(&doc, 0);
                    let meta = super::super::compiled::Compiled::meta(draft).unwrap();
                    let full = super::super::check::Checker::check(meta, &value, 1000, &run).unwrap();
                    if plain(&text, draft) {
                        assert!(full.is_none(), "{draft:?} {text}");
                    }
                }
            }
        }
    }
}
