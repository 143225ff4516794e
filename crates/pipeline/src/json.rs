//! JSON without loss: the order of keys and the digits of numbers stay as they are written.
//!
//! `serde_json` keeps digits only with `arbitrary_precision` and order only with `preserve_order`. Cargo would turn both on for
//! every crate of a build, and the second changes the speed of all JSON in it.

use std::fmt::{self, Display, Formatter, Write as _};

use go::json::{Input, Scalar, Sink, Text, read};
use go::stack::with_stack;
use gotemplate::error::{Error, ErrorKind, Result};
use goyaml::{Data, Node};
use indexmap::IndexMap;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};

/// The members of a JSON object, in the order of the text. Of equal keys, the last value wins.
pub type Object = IndexMap<String, Json>;

/// The most levels of a JSON text. Jackson, which reads pipelines in Spinnaker, refuses more than 1,000.
pub const MAX_DEPTH: usize = 1000;

/// A JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json {
    /// `null`
    #[default]
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, with its digits as written.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

/// A JSON number as it is written. Numbers are equal if their values are: `1`, `1.0` and `1e0`.
///
/// Integers of any size are compared digit by digit, everything else as `f64`. Front50 reads numbers in the same way: an
/// integer keeps all digits, and a decimal is a Java `double`.
#[derive(Clone, Debug)]
pub struct Number(String);

impl Number {
    /// The number as it is written.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The number as `i64`, if it is written as an integer and fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest `f64`; a number beyond its range is infinite.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    fn is_integer(&self) -> bool {
        !self.0.contains(['.', 'e', 'E'])
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        let unsigned = |n: &Number| if n.0 == "-0" { "0".to_owned() } else { n.0.clone() };
        if self.is_integer() && other.is_integer() {
            unsigned(self) == unsigned(other)
        } else {
            self.as_f64() == other.as_f64()
        }
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Number(n.to_string())
    }
}

impl Json {
    /// Reads one JSON text. A byte order mark before it is skipped, as Jackson does.
    ///
    /// Errors: the text is not JSON, or has more than [`MAX_DEPTH`] levels. They have Go's words (`encoding/json`) and the line.
    pub fn read(text: &[u8]) -> Result<Json> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut tree = Tree { text, open: Vec::new(), key: String::new(), done: Json::Null };
        read(text, MAX_DEPTH, Input::Whole, &mut tree)
            .map_err(|error| Error::new(ErrorKind::Syntax, error.to_string()).with_source(error))?;
        Ok(tree.done)
    }

    /// The value at a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.as_object()?.get(key)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Json::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Json::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The members to change, if this is an object.
    pub fn as_object_mut(&mut self) -> Option<&mut Object> {
        match self {
            Json::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The items of an array; none for anything else.
    pub fn items(&self) -> &[Json] {
        self.as_array().unwrap_or_default()
    }

    /// The type, as people name it: `string`, `number`, `true or false`, `list`, `map`, `null`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "number",
            Json::String(_) => "string",
            Json::Array(_) => "list",
            Json::Object(_) => "map",
        }
    }

    /// The value as indented JSON text: two spaces for each level, without a line break at the end.
    pub fn to_pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    /// Appends the JSON text: on one line, or indented from a level on.
    fn write(&self, out: &mut String, level: Option<usize>) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Json::Number(number) => out.push_str(&number.0),
            Json::String(text) => write_string(out, text),
            Json::Array(items) => with_stack(|| {
                write_members(out, level, ['[', ']'], items.iter(), |out, item, level| item.write(out, level));
            }),
            Json::Object(object) => with_stack(|| {
                write_members(out, level, ['{', '}'], object.iter(), |out, (key, item), level| {
                    write_string(out, key);
                    out.push_str(if level.is_some() { ": " } else { ":" });
                    item.write(out, level);
                });
            }),
        }
    }
}

/// Writes what stands between two brackets, each on a line of its own if the text is indented.
fn write_members<T>(
    out: &mut String,
    level: Option<usize>,
    [open, close]: [char; 2],
    members: impl ExactSizeIterator<Item = T>,
    write: impl Fn(&mut String, T, Option<usize>),
) {
    let line = |out: &mut String, level: Option<usize>| {
        if let Some(level) = level {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", level));
        }
    };
    let is_empty = members.len() == 0;
    let inner = level.map(|level| level + 1);
    out.push(open);
    for (i, member) in members.enumerate() {
        if i > 0 {
            out.push(',');
        }
        line(out, inner);
        write(out, member, inner);
    }
    if !is_empty {
        line(out, level);
    }
    out.push(close);
}

/// Writes a string with the escapes that JSON needs, and no others.
fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The JSON text on one line, without blanks.
impl Display for Json {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out, None);
        f.write_str(&out)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(b) => serializer.serialize_bool(*b),
            Json::Number(number) => match (number.0.parse::<i64>(), number.0.parse::<u64>()) {
                (Ok(n), _) => serializer.serialize_i64(n),
                (_, Ok(n)) => serializer.serialize_u64(n),
                _ => serializer.serialize_f64(number.as_f64()),
            },
            Json::String(text) => serializer.serialize_str(text),
            Json::Array(items) => with_stack(|| {
                let mut out = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| out.serialize_element(item))?;
                out.end()
            }),
            Json::Object(object) => with_stack(|| {
                let mut out = serializer.serialize_map(Some(object.len()))?;
                object.iter().try_for_each(|(key, item)| out.serialize_entry(key, item))?;
                out.end()
            }),
        }
    }
}

/// Reads any value that serde knows. Numbers keep their values; the digits of a decimal are those of the nearest `f64`.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        Json::deserialize(deserializer)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Json, E> {
        Ok(Json::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(Json::Number(n.into()))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(Json::Number(Number(n.to_string())))
    }

    fn visit_f64<E: de::Error>(self, n: f64) -> Result<Json, E> {
        if n.is_finite() { Ok(Json::Number(Number(n.to_string()))) } else { Err(E::custom("a number must be finite")) }
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        with_stack(|| {
            let mut all = Vec::new();
            while let Some(item) = items.next_element()? {
                all.push(item);
            }
            Ok(Json::Array(all))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        with_stack(|| {
            let mut all = Object::new();
            while let Some((key, value)) = entries.next_entry()? {
                all.insert(key, value);
            }
            Ok(Json::Object(all))
        })
    }
}

/// What a YAML document says. A number that YAML does not have in this form (`0x1F`, `1_000`) has the digits of its value.
impl From<&Node> for Json {
    fn from(node: &Node) -> Self {
        match &node.data {
            Data::Null => Json::Null,
            Data::Bool(b) => Json::Bool(*b),
            Data::Int(n) => Json::Number(Number(n.to_string())),
            Data::Uint(n) => Json::Number(Number(n.to_string())),
            Data::Float(f) if f.is_finite() => Json::Number(Number(f.to_string())),
            // Java writes these as strings, and Front50 gives them back so
            Data::Float(f) => Json::String(
                if f.is_nan() {
                    "NaN"
                } else if *f > 0.0 {
                    "Infinity"
                } else {
                    "-Infinity"
                }
                .to_owned(),
            ),
            Data::Str(text) => Json::String(text.to_string()),
            Data::List(items) => with_stack(|| Json::Array(items.iter().map(Json::from).collect())),
            Data::Map(map) => {
                with_stack(|| Json::Object(map.iter().map(|(key, item)| (key.to_string(), Json::from(item))).collect()))
            }
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::String(text)
    }
}

impl From<bool> for Json {
    fn from(b: bool) -> Self {
        Json::Bool(b)
    }
}

impl From<i64> for Json {
    fn from(n: i64) -> Self {
        Json::Number(n.into())
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Json::Object(object)
    }
}

impl FromIterator<Json> for Json {
    fn from_iter<I: IntoIterator<Item = Json>>(items: I) -> Self {
        Json::Array(items.into_iter().collect())
    }
}

/// What was read so far.
struct Tree<'t> {
    text: &'t [u8],
    /// The arrays and objects that are not closed, each with the key that it has in the one around it.
    open: Vec<(Json, String)>,
    /// The key of the value that comes next.
    key: String,
    /// The whole value.
    done: Json,
}

impl Tree<'_> {
    fn text_of(&self, text: Text<'_>) -> String {
        match text.decoded {
            Some(decoded) => decoded.to_owned(),
            None => String::from_utf8_lossy(self.text.get(text.start..text.end).unwrap_or_default()).into_owned(),
        }
    }

    fn add(&mut self, value: Json, key: String) {
        match self.open.last_mut() {
            Some((Json::Array(items), _)) => items.push(value),
            Some((Json::Object(object), _)) => {
                object.insert(key, value);
            }
            _ => self.done = value,
        }
    }
}

impl Sink for Tree<'_> {
    fn scalar(&mut self, at: usize, scalar: Scalar<'_>) {
        let value = match scalar {
            Scalar::Null => Json::Null,
            Scalar::Bool(b) => Json::Bool(b),
            Scalar::Number(end) => {
                let digits = self.text.get(at..end).unwrap_or_default();
                Json::Number(Number(String::from_utf8_lossy(digits).into_owned()))
            }
            Scalar::Str(text) => Json::String(self.text_of(text)),
        };
        let key = std::mem::take(&mut self.key);
        self.add(value, key);
    }

    fn open(&mut self, _at: usize, is_list: bool) {
        let value = if is_list { Json::Array(Vec::new()) } else { Json::Object(Object::new()) };
        let key = std::mem::take(&mut self.key);
        self.open.push((value, key));
    }

    fn key(&mut self, key: Text<'_>) {
        self.key = self.text_of(key);
    }

    fn close(&mut self) {
        if let Some((value, key)) = self.open.pop() {
            self.add(value, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_text_is_written_as_it_was_read() {
        for text in [
            "null",
            r#"{"b":1,"a":[true,false,null],"c":{}}"#,
            "[1.50,1e3,-0,12345678901234567890123,1E-400]",
            r#""${parameters[\"x\"]} <&> é 가 😀""#,
        ] {
            assert_eq!(json(text).to_string(), text);
            assert_eq!(json(&json(text).to_pretty()), json(text), "{text}");
        }
    }

    #[test]
    fn pretty_text_is_indented_by_two_spaces() {
        let pretty = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}";
        assert_eq!(json(r#"{"a":[1,{}],"b":[]}"#).to_pretty(), pretty);
    }

    #[test]
    fn numbers_are_equal_by_value() {
        for (a, b, is_equal) in [
            ("1", "1.0", true),
            ("1000", "1e3", true),
            ("-0", "0", true),
            ("0.1234567890123456789", "0.12345678901234568", true),
            ("12345678901234567890123", "12345678901234567890124", false),
            ("1", "2", false),
            ("3", "\"3\"", false),
        ] {
            assert_eq!(json(a) == json(b), is_equal, "{a} {b}");
        }
    }

    #[test]
    fn the_last_of_equal_keys_wins_and_a_byte_order_mark_is_skipped() {
        assert_eq!(json("\u{feff}{\"a\":1,\"b\":2,\"a\":3}").to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let deep = "[".repeat(MAX_DEPTH + 1);
        for (text, error) in [
            ("", "unexpected end of JSON input"),
            ("{\"a\":}", "invalid character '}' looking for beginning of value"),
            ("{} x", "invalid character 'x' after top-level value"),
            (&deep, "exceeded max depth"),
        ] {
            assert!(Json::read(text.as_bytes()).unwrap_err().to_string().contains(error), "{text:.20}");
        }
    }
}
