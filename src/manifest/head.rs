//! Reads the head of a document: kind, apiVersion, name and annotations, with Helm's errors for wrong types.
//!
//! Helm decodes a document into a struct through JSON. So field names are case-insensitive, numbers and booleans become
//! strings where a string is expected, null changes nothing, and the first value with a wrong type is the error.
//! Helm: `SimpleHead` in `pkg/releaseutil/manifest.go`. Go: `encoding/json` `Decoder.Decode`.

use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;
use crate::yaml::{self, Data, Finite, Node, field_text};

/// The fields that Helm reads from a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: Option<String>,
    pub(super) annotations: Vec<(String, String)>,
}

/// Reads the head of a document. The whole document must be valid YAML.
pub(super) fn read(text: &[u8], run: &Run) -> Result<Head> {
    let wanted = |key: &[u8]| yaml::field_name(&FIELDS, key).is_some();
    decode(&yaml::read_entries(text, run, &wanted)?, text)
}

pub(super) const FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

const METADATA_TYPE: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

fn decode(node: &Node, text: &[u8]) -> Result<Head> {
    let mut decoder = Decoder { head: Head::default(), error: None, finite: Finite::new(text) };
    decoder.head(node);
    decoder.finite.finish()?;
    match decoder.error {
        Some(text) => Err(Error::new(
            ErrorKind::Manifest,
            format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {text}"),
        )
        .with_hint("a manifest is a map with `apiVersion`, `kind` and `metadata`")),
        None => Ok(decoder.head),
    }
}

struct Decoder<'t> {
    head: Head,
    error: Option<String>,
    /// Values that are not turned into strings reach Go's JSON decoder unchanged.
    finite: Finite<'t>,
}

impl Decoder<'_> {
    fn head(&mut self, node: &Node) {
        if node.data == Data::Null {
            return;
        }
        let Some(fields) = self.fields(node, &FIELDS) else {
            self.wrong(node, "Go value of type releaseutil.SimpleHead");
            return;
        };
        for (field, value) in fields {
            match field {
                "metadata" => self.metadata(value),
                "kind" => {
                    if let Some(text) = self.string(value, "Go struct field SimpleHead.kind") {
                        self.head.kind = text;
                    }
                }
                _ => {
                    if let Some(text) = self.string(value, "Go struct field SimpleHead.apiVersion") {
                        self.head.api_version = text;
                    }
                }
            }
        }
    }

    fn metadata(&mut self, node: &Node) {
        if node.data == Data::Null {
            self.head.name = None;
            self.head.annotations.clear();
            return;
        }
        let Some(fields) = self.fields(node, &["name", "annotations"]) else {
            self.wrong(node, &format!("Go struct field SimpleHead.metadata of type {METADATA_TYPE}"));
            return;
        };
        for (field, value) in fields {
            if field == "annotations" {
                self.annotations(value);
            } else if let Some(text) = self.string(value, "Go struct field .metadata.name") {
                self.head.name = Some(text);
            }
        }
    }

    fn annotations(&mut self, node: &Node) {
        match &node.data {
            Data::Null => self.head.annotations.clear(),
            Data::Map(map) => {
                for (key, value) in map {
                    let value = self.string(value, "Go struct field .metadata.annotations").unwrap_or_default();
                    self.head.annotations.push((key.to_string_lossy().into_owned(), value));
                }
            }
            _ => self.wrong(node, "Go struct field .metadata.annotations of type map[string]string"),
        }
    }

    /// The text of a scalar; `None` for null and for anything but a scalar.
    fn string(&mut self, node: &Node, place: &str) -> Option<String> {
        if matches!(node.data, Data::List(_) | Data::Map(_)) {
            self.wrong(node, &format!("{place} of type string"));
        }
        field_text(&node.data)
    }

    /// The entries of a mapping whose keys match one of the fields, in the order in which they are decoded.
    fn fields<'a>(&mut self, node: &'a Node, names: &[&'static str]) -> Option<Vec<(&'static str, &'a Node)>> {
        let named = |(name, value): (Option<&'static str>, &'a Node)| {
            if name.is_none() {
                self.finite.check(value);
            }
            Some((name?, value))
        };
        Some(yaml::fields(node.as_map()?, names).filter_map(named).collect())
    }

    fn wrong(&mut self, node: &Node, target: &str) {
        self.finite.check(node);
        let found = node.data.json_type();
        self.error.get_or_insert_with(|| format!("{found} into {target}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinities_are_text_where_text_is_wanted() {
        let read = |text: &str| super::read(text.as_bytes(), &Run::default());
        let head = read("kind: .nan\napiVersion: .inf\nmetadata: {name: -.inf, annotations: {a: .nan}}").unwrap();
        assert_eq!(
            (head.kind.as_str(), head.api_version.as_str(), head.name.as_deref()),
            ("NaN", "+Inf", Some("-Inf"))
        );
        assert_eq!(head.annotations, [("a".to_owned(), "NaN".to_owned())]);
        for (text, value) in [
            ("kind: a\nspec: {x: .nan}", "NaN"),
            ("metadata: {name: -.inf, labels: {x: .inf}}", "+Inf"),
            ("kind: [.inf]", "+Inf"),
            ("-.inf", "-Inf"),
            ("kind: [1]\nf: .nan", "NaN"),
        ] {
            let want = format!("error converting YAML to JSON: json: unsupported value: {value}");
            assert_eq!(read(text).unwrap_err().message(), want, "{text}");
        }
    }

    fn read_json(value: &serde_json::Value) -> Node {
        use serde_json::Value;
        Node::new(match value {
            Value::Null => Data::Null,
            Value::Bool(b) => Data::Bool(*b),
            Value::Number(n) => n.as_i64().map_or_else(|| Data::Float(n.as_f64().unwrap()), Data::Int),
            Value::String(s) => Data::Str(s.as_str().into()),
            Value::Array(items) => Data::List(items.iter().map(read_json).collect()),
            Value::Object(map) => Data::Map(map.iter().map(|(k, v)| (k.as_str().into(), read_json(v))).collect()),
        })
    }

    fn decoded(json: &str) -> Result<Head> {
        decode(&read_json(&serde_json::from_str(json).unwrap()), json.as_bytes())
    }

    #[test]
    fn wrong_types_have_helms_text() {
        let rows = [
            (r#""x""#, "string into Go value of type releaseutil.SimpleHead"),
            ("5", "number into Go value of type releaseutil.SimpleHead"),
            ("true", "bool into Go value of type releaseutil.SimpleHead"),
            ("[1]", "array into Go value of type releaseutil.SimpleHead"),
            (r#"{"kind": ["a"]}"#, "array into Go struct field SimpleHead.kind of type string"),
            (r#"{"kind": {"a": "b"}, "metadata": 5}"#, "object into Go struct field SimpleHead.kind of type string"),
            (
                r#"{"metadata": "foo"}"#,
                r#"string into Go struct field SimpleHead.metadata of type struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#,
            ),
            (r#"{"metadata": {"name": [5]}}"#, "array into Go struct field .metadata.name of type string"),
            (
                r#"{"metadata": {"annotations": [5]}}"#,
                "array into Go struct field .metadata.annotations of type map[string]string",
            ),
            (
                r#"{"metadata": {"annotations": {"a": {"b": 1}}}}"#,
                "object into Go struct field .metadata.annotations of type string",
            ),
        ];
        for (json, expected) in rows {
            let error = decoded(json).unwrap_err().to_string();
            let expected = format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {expected}");
            assert_eq!(error, expected, "{json}");
        }
    }

    #[test]
    fn scalars_become_text_and_names_fold() {
        let head = decoded(
            r#"{"\u212aind": 5, "APIVERSION": 1.10, "metadata": {"name": true, "annotations": {"a": null, "b": 2}}}"#,
        )
        .unwrap();
        assert_eq!((head.kind.as_str(), head.api_version.as_str(), head.name.as_deref()), ("5", "1.1", Some("true")));
        assert_eq!(head.annotations, [("a".to_owned(), String::new()), ("b".to_owned(), "2".to_owned())]);
        assert_eq!(decoded("null").unwrap(), Head::default());
        assert_eq!(decoded(r#"{"Kind": "Foo", "kind": null}"#).unwrap().kind, "Foo");
    }
}
