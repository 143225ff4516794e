//! The head of a document: kind, apiVersion, name and annotations, with Helm's errors for wrong types.
//!
//! Helm decodes a document into a struct through JSON. So names of fields match in any case, numbers and booleans become
//! text where text is wanted, null changes nothing, and the first value of a wrong type is the error.
//! Helm: `SimpleHead` of `pkg/releaseutil/manifest.go`. Go: `encoding/json` `Decoder.Decode`.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::value::fmt::float32_text;
use crate::yaml::{self, Data, Node};

/// What Helm reads of a document.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: Option<String>,
    pub(super) annotations: Vec<(String, String)>,
}

/// Reads the head of a document. The whole document has to be YAML, whatever stands in it.
pub(super) fn read(text: &[u8], limits: &Limits) -> Result<Head> {
    let wanted = |key: &[u8]| yaml::field_name(&FIELDS, key).is_some();
    decode(&yaml::read_entries(text, limits, &wanted)?)
}

pub(super) const FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

const METADATA_TYPE: &str =
    r#"struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" }"#;

fn decode(node: &Node) -> Result<Head> {
    let mut decoder = Decoder::default();
    decoder.head(node);
    match decoder.error {
        Some(text) => Err(Error::new(
            ErrorKind::Manifest,
            format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {text}"),
        )
        .with_hint("a manifest is a map with `apiVersion`, `kind` and `metadata`")),
        None => Ok(decoder.head),
    }
}

#[derive(Default)]
struct Decoder {
    head: Head,
    error: Option<String>,
}

impl Decoder {
    fn head(&mut self, node: &Node) {
        if node.data == Data::Null {
            return;
        }
        let Some(fields) = fields(node, &FIELDS) else {
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
        let Some(fields) = fields(node, &["name", "annotations"]) else {
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

    /// The text of a scalar; none for null and for what is no scalar.
    fn string(&mut self, node: &Node, place: &str) -> Option<String> {
        Some(match &node.data {
            Data::Null => return None,
            Data::Str(text) => text.to_string_lossy().into_owned(),
            Data::Bool(value) => value.to_string(),
            Data::Int(number) => number.to_string(),
            Data::Uint(number) => number.to_string(),
            Data::Float(number) => float32_text(*number),
            Data::List(_) | Data::Map(_) => {
                self.wrong(node, &format!("{place} of type string"));
                return None;
            }
        })
    }

    fn wrong(&mut self, node: &Node, target: &str) {
        let found = node.data.json_type();
        self.error.get_or_insert_with(|| format!("{found} into {target}"));
    }
}

/// The entries of a mapping that name one of the fields, in the order in which they are decoded: sorted by key.
fn fields<'a>(node: &'a Node, names: &[&'static str]) -> Option<Vec<(&'static str, &'a Node)>> {
    let map = node.as_map()?;
    let mut found: Vec<_> = map
        .iter()
        .filter_map(|(key, value)| {
            let name = yaml::field_name(names, key)?;
            Some((key, name, value))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(b.0));
    Some(found.into_iter().map(|(_, name, value)| (name, value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_text_as_float32() {
        let rows = [
            (1.1, "1.1"),
            (1e5, "100000"),
            (1e6, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (2.345_678_912_345, "2.3456788"),
            (1e300, "+Inf"),
            (-2.5, "-2.5"),
            (100_000.5, "100000.5"),
        ];
        for (number, expected) in rows {
            assert_eq!(float32_text(number), expected);
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
        decode(&read_json(&serde_json::from_str(json).unwrap()))
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
