//! Overrides: how a map of JSON becomes the `--set` flags of Helm. Rosco: `buildOverrideList` of
//! `HelmBakeTemplateUtils.java`.

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::failure::Failure;

/// How overrides become values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverrideMode {
    /// As in Rosco: all entries joined by commas into one `--set-string` (or `--set`), nothing escaped, JSON as Java
    /// prints it. A comma in a value ends it, a list or a map breaks, a number is text.
    #[default]
    Rosco,
    /// Every entry on its own. Text is one value, whatever is in it, and with `rawOverrides` typed as `--set` types it;
    /// numbers, truth values, lists and maps of JSON keep their types; null removes the chart's value.
    /// Keys are paths (`a.b[0]`) in both modes.
    Safe,
}

/// The overrides of a request, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(IndexMap<String, Json>);

/// A flag of Helm, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `--set-json`
    SetJson(String),
    /// `--set`
    Set(String),
    /// `--set-string`
    SetString(String),
}

/// JSON that keeps the order of its keys.
#[derive(Clone, Debug, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    /// From `i64::MIN` to `u64::MAX`; the reader makes floats of what is beyond.
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Map(IndexMap<String, Json>),
}

impl Overrides {
    /// The flags that Helm would get, in the order in which Helm applies their kinds.
    ///
    /// Errors: an override is null, where Rosco cannot take it.
    pub fn flags(&self, mode: OverrideMode, raw: bool) -> Result<Vec<Flag>, Failure> {
        match mode {
            OverrideMode::Rosco => self.joined(raw),
            OverrideMode::Safe => Ok(self.separate(raw)),
        }
    }

    fn joined(&self, raw: bool) -> Result<Vec<Flag>, Failure> {
        let mut line = String::new();
        for (key, value) in &self.0 {
            if *value == Json::Null {
                return Err(Failure::missing(format!("the override {key:?} is null")));
            }
            if !line.is_empty() {
                line.push(',');
            }
            line.push_str(key);
            line.push('=');
            value.print_as_java(&mut line);
        }
        Ok(match (self.0.is_empty(), raw) {
            (true, _) => Vec::new(),
            (false, true) => vec![Flag::Set(line)],
            (false, false) => vec![Flag::SetString(line)],
        })
    }

    fn separate(&self, raw: bool) -> Vec<Flag> {
        let mut flags: Vec<Flag> = self
            .0
            .iter()
            .map(|(key, value)| {
                let key = escape(key, &[',', '=']);
                match value {
                    // a number of JSON would become a float there
                    Json::Int(number) => Flag::Set(format!("{key}={number}")),
                    Json::Text(text) => {
                        let brace = if text.starts_with('{') { "\\" } else { "" };
                        let line = format!("{key}={brace}{}", escape_all(text));
                        if raw { Flag::Set(line) } else { Flag::SetString(line) }
                    }
                    value => Flag::SetJson(format!("{key}={}", value.to_serde())),
                }
            })
            .collect();
        flags.sort_by_key(|flag| match flag {
            Flag::SetJson(_) => 0,
            Flag::Set(_) => 1,
            Flag::SetString(_) => 2,
        });
        flags
    }
}

/// A key whose special characters are escaped, where they are not yet.
fn escape(key: &str, special: &[char]) -> String {
    let mut out = String::with_capacity(key.len());
    let mut chars = key.chars();
    while let Some(c) = chars.next() {
        if special.contains(&c) {
            out.push('\\');
        }
        out.push(c);
        if c == '\\' {
            out.extend(chars.next());
        }
    }
    out
}

/// A text in which neither a comma nor a backslash means anything.
fn escape_all(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,")
}

impl Json {
    /// What Java's `toString` prints.
    fn print_as_java(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Json::Int(number) => out.push_str(&number.to_string()),
            Json::Float(number) => out.push_str(&java_double(*number)),
            Json::Text(text) => out.push_str(text),
            Json::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    item.print_as_java(out);
                }
                out.push(']');
            }
            Json::Map(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    out.push_str(key);
                    out.push('=');
                    value.print_as_java(out);
                }
                out.push('}');
            }
        }
    }

    fn to_serde(&self) -> serde_json::Value {
        match self {
            Json::Null => serde_json::Value::Null,
            Json::Bool(truth) => (*truth).into(),
            Json::Int(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) => number.into(),
                _ => serde_json::Value::Null,
            },
            Json::Float(number) => (*number).into(),
            Json::Text(text) => text.as_str().into(),
            Json::List(items) => items.iter().map(Json::to_serde).collect(),
            Json::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), value.to_serde())).collect(),
        }
    }
}

/// Java: `Double.toString`: plain from 0.001 up to ten million, otherwise with an exponent; always with a point.
fn java_double(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = number.to_string();
        return if text.contains('.') { text } else { format!("{text}.0") };
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Json::deserialize(from)? {
            Json::Map(entries) => Ok(Overrides(entries)),
            _ => Err(serde::de::Error::custom("overrides must be an object")),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // how deep this goes is the reader's matter: serde_json stops at 128
        from.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Int(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Int(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut map = IndexMap::new();
        while let Some((key, value)) = entries.next_entry()? {
            map.insert(key, value);
        }
        Ok(Json::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(json: &str, mode: OverrideMode, raw: bool) -> Result<Vec<Flag>, String> {
        let overrides: Overrides = serde_json::from_str(json).unwrap();
        overrides.flags(mode, raw).map_err(|e| e.message().into_owned())
    }

    #[test]
    fn entries_are_joined_as_rosco_joins_them() {
        for (json, want) in [
            (r#"{"b":"1","a":"x"}"#, "b=1,a=x"),
            (r#"{"n":5,"t":true,"f":1.5,"e":""}"#, "n=5,t=true,f=1.5,e="),
            (r#"{"image":{"tag":"2","pull":null}}"#, "image={tag=2, pull=null}"),
            (r#"{"l":["a","b",[1]]}"#, "l=[a, b, [1]]"),
            (r#"{"k":"a,injected=1","c":"a\\,b"}"#, "k=a,injected=1,c=a\\,b"),
            (r#"{"a":1,"b":2,"a":3}"#, "a=3,b=2"),
            (r#"{"big":12345678901234567,"u":18446744073709551615}"#, "big=12345678901234567,u=18446744073709551615"),
        ] {
            assert_eq!(flags(json, OverrideMode::Rosco, false), Ok(vec![Flag::SetString(want.into())]), "{json}");
            assert_eq!(flags(json, OverrideMode::Rosco, true), Ok(vec![Flag::Set(want.into())]), "{json}");
        }
        assert_eq!(flags("{}", OverrideMode::Rosco, false), Ok(vec![]));
        assert_eq!(flags(r#"{"a":null}"#, OverrideMode::Rosco, true), Err("the override \"a\" is null".into()));
    }

    #[test]
    fn numbers_print_as_java_prints_them() {
        for (number, want) in [
            (1.0, "1.0"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e10, "1.25E10"),
            (-0.0, "-0.0"),
            (-12.5, "-12.5"),
            (1e300, "1.0E300"),
        ] {
            assert_eq!(java_double(number), want);
        }
    }

    #[test]
    fn the_safe_mode_keeps_text_whole_and_types_as_they_are() {
        let string = |text: &str| Flag::SetString(text.into());
        for (json, want) in [
            (r#"{"k":"a,injected=1"}"#, string(r"k=a\,injected=1")),
            (r#"{"k":"{a,b}"}"#, string(r"k=\{a\,b}")),
            (r#"{"k":"a\\b"}"#, string(r"k=a\\b")),
            (r#"{"a\\.b/c":"x"}"#, string(r"a\.b/c=x")),
            (r#"{"a,b":"x"}"#, string(r"a\,b=x")),
            (r#"{"n":12345678}"#, Flag::Set("n=12345678".into())),
            (r#"{"f":1.5}"#, Flag::SetJson("f=1.5".into())),
            (r#"{"t":false}"#, Flag::SetJson("t=false".into())),
            (r#"{"z":null}"#, Flag::SetJson("z=null".into())),
            (r#"{"m":{"a":[1,"x"]}}"#, Flag::SetJson(r#"m={"a":[1,"x"]}"#.into())),
        ] {
            assert_eq!(flags(json, OverrideMode::Safe, false), Ok(vec![want]), "{json}");
        }
        assert_eq!(flags(r#"{"k":"true,x"}"#, OverrideMode::Safe, true), Ok(vec![Flag::Set(r"k=true\,x".into())]));
        let mixed = flags(r#"{"s":"1","i":2,"m":{}}"#, OverrideMode::Safe, false).unwrap();
        assert!(matches!(mixed.as_slice(), [Flag::SetJson(_), Flag::Set(_), Flag::SetString(_)]));
    }
}
