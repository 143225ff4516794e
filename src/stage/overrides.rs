//! Turns a JSON map of overrides into the `--set` flags of Helm. Rosco: `buildOverrideList` in
//! `HelmBakeTemplateUtils.java`.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::failure::Failure;

/// How overrides become values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverrideMode {
    /// As in Rosco: all entries are joined by commas into one `--set-string` (or `--set`). Nothing is escaped, and JSON is
    /// printed as Java prints it. A comma in a value ends it, lists and maps do not work, and a number is text.
    #[default]
    Rosco,
    /// Every entry on its own. A string is always one value, and `rawOverrides` types it as `--set` does. Numbers, booleans,
    /// lists and maps keep their JSON types; null removes the chart's value.
    /// Keys are paths (`a.b[0]`) in both modes. In this mode a key may begin with a flag, which types a string value:
    /// `--set replicas`, `--set-string version`, `--set-json resources`.
    Safe,
}

/// The overrides of a request, in the order of its JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides(IndexMap<String, Json>);

/// A flag of Helm, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flag {
    /// `--set-json`
    SetJson(String),
    /// `--set`
    Set(String),
    /// `--set-string`
    SetString(String),
    /// The values that a line of `--set` (`typed`) or `--set-string` sets, as a values file after the others.
    File {
        /// The line.
        line: String,
        /// Whether the values are typed instead of text.
        typed: bool,
    },
}

/// JSON that keeps the order of its keys.
#[derive(Clone, Debug, PartialEq)]
enum Json {
    Null,
    Bool(bool),
    /// From `i64::MIN` to `u64::MAX`; other integers are read as floats.
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Map(IndexMap<String, Json>),
}

impl Overrides {
    /// The flags for Helm, in the order in which Helm applies them. In Rosco's mode, a line of at least `threshold` bytes
    /// becomes a file, unless `threshold` is 0.
    ///
    /// Errors: an override is null in Rosco's mode; a key begins with an unknown flag or has a value that does not fit the flag.
    pub fn flags(&self, mode: OverrideMode, raw: bool, threshold: usize) -> Result<Vec<Flag>, Failure> {
        match mode {
            OverrideMode::Rosco => self.joined(raw, threshold),
            OverrideMode::Safe => self.separate(raw),
        }
    }

    /// Rosco: `buildOverrideList`, `overridesFileThreshold` of `HelmTemplateUtils.java`.
    fn joined(&self, raw: bool, threshold: usize) -> Result<Vec<Flag>, Failure> {
        let (mut line, mut small, mut large) = (String::new(), String::new(), String::new());
        for (key, value) in &self.0 {
            if *value == Json::Null {
                return Err(Failure::missing(format!("the override {key:?} is null")));
            }
            let mut entry = format!("{key}=");
            value.print_as_java(&mut entry);
            // numbers in a file are floats, and templates print large ones with an exponent
            let is_large = entry.split_once('=').and_then(|(_, text)| text.parse::<i64>().ok());
            let is_large = raw && is_large.is_some_and(|number| number.unsigned_abs() >= LARGE);
            for line in [&mut line, if is_large { &mut large } else { &mut small }] {
                if !line.is_empty() {
                    line.push(',');
                }
                line.push_str(&entry);
            }
        }
        if line.is_empty() {
            return Ok(Vec::new());
        }
        if threshold == 0 || line.len() < threshold {
            return Ok(vec![if raw { Flag::Set(line) } else { Flag::SetString(line) }]);
        }
        let mut flags = Vec::new();
        if !small.is_empty() {
            flags.push(Flag::File { line: small, typed: raw });
        }
        if !large.is_empty() {
            flags.push(Flag::Set(large));
        }
        Ok(flags)
    }

    fn separate(&self, raw: bool) -> Result<Vec<Flag>, Failure> {
        let mut flags = Vec::with_capacity(self.0.len());
        for (key, value) in &self.0 {
            let (flag, path) = flag_of(key)?;
            let path = escape(path, &[',', '=']);
            flags.push(match (flag, value) {
                (Some("--set-json"), Json::Text(text)) => match serde_json::from_str::<serde_json::Value>(text) {
                    Ok(json) => Flag::SetJson(format!("{path}={json}")),
                    Err(error) => {
                        return Err(Failure::request(format!("the override {key:?} is not valid JSON: {error}")));
                    }
                },
                (Some("--set-json"), value) => Flag::SetJson(format!("{path}={}", value.to_serde())),
                (Some("--set-string"), value) => Flag::SetString(text_line(&path, &value.as_text())),
                (Some(_), Json::Text(text)) => Flag::Set(text_line(&path, text)),
                (None, Json::Text(text)) if raw => Flag::Set(text_line(&path, text)),
                (None, Json::Text(text)) => Flag::SetString(text_line(&path, text)),
                // a JSON number would become a float there
                (_, Json::Int(number)) => Flag::Set(format!("{path}={number}")),
                (_, value) => Flag::SetJson(format!("{path}={}", value.to_serde())),
            });
        }
        flags.sort_by_key(|flag| match flag {
            Flag::File { .. } => 0,
            Flag::SetJson(_) => 1,
            Flag::Set(_) => 2,
            Flag::SetString(_) => 3,
        });
        Ok(flags)
    }
}

/// From this number on, Rosco keeps numbers out of a file.
const LARGE: u64 = 1_000_000;

/// The flag that a key begins with, and the path after it.
fn flag_of(key: &str) -> Result<(Option<&str>, &str), Failure> {
    if !key.starts_with("--") {
        return Ok((None, key));
    }
    match key.split_once(' ') {
        Some((flag @ ("--set" | "--set-string" | "--set-json"), path)) if !path.trim().is_empty() => {
            Ok((Some(flag), path.trim()))
        }
        _ => Err(Failure::request(format!(
            "the override {key:?} begins with an unknown flag: use --set, --set-string or --set-json, a space, and the path"
        ))),
    }
}

/// A line that sets a path to one string, whatever it contains.
fn text_line(path: &str, text: &str) -> String {
    let brace = if text.starts_with('{') { "\\" } else { "" };
    format!("{path}={brace}{}", escape_all(text))
}

/// Escapes the special characters of a key that are not escaped yet.
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

/// Escapes commas and backslashes.
fn escape_all(text: &str) -> String {
    text.replace('\\', "\\\\").replace(',', "\\,")
}

impl Json {
    /// The value as Java's `toString` prints it.
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

    /// A string unchanged, anything else as JSON.
    fn as_text(&self) -> Cow<'_, str> {
        match self {
            Json::Text(text) => Cow::Borrowed(text),
            value => Cow::Owned(value.to_serde().to_string()),
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

/// Java: `Double.toString`: without an exponent from 0.001 up to ten million; always with a decimal point.
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
        // serde_json limits the depth to 128
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
        overrides.flags(mode, raw, 0).map_err(|e| e.message().into_owned())
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
    fn a_long_line_goes_to_a_file() {
        let flags = |json: &str, raw: bool, threshold: usize| {
            serde_json::from_str::<Overrides>(json).unwrap().flags(OverrideMode::Rosco, raw, threshold).unwrap()
        };
        let file = |line: &str, typed: bool| Flag::File { line: line.into(), typed };
        let json = r#"{"a":"1,b=2","big":12345678,"neg":-1000000,"near":999999,"f":1.5e7}"#;
        let line = "a=1,b=2,big=12345678,neg=-1000000,near=999999,f=1.5E7";
        assert_eq!(flags(json, true, line.len() + 1), [Flag::Set(line.into())]);
        assert_eq!(
            flags(json, true, line.len()),
            [file("a=1,b=2,near=999999,f=1.5E7", true), Flag::Set("big=12345678,neg=-1000000".into())]
        );
        assert_eq!(flags(json, false, 1), [file(line, false)]);
        assert_eq!(flags(r#"{"n":"-2000000"}"#, true, 1), [Flag::Set("n=-2000000".into())]);
        assert_eq!(flags("{}", true, 1), []);
    }

    #[test]
    fn a_key_of_the_safe_mode_may_begin_with_its_flag() {
        for (json, want) in [
            (r#"{"--set replicas":"3"}"#, Flag::Set("replicas=3".into())),
            (r#"{"--set a.b":"x,c=1"}"#, Flag::Set(r"a.b=x\,c=1".into())),
            (r#"{"--set t":true}"#, Flag::SetJson("t=true".into())),
            (r#"{"--set-string v":"1.10"}"#, Flag::SetString("v=1.10".into())),
            (r#"{"--set-string v":110}"#, Flag::SetString("v=110".into())),
            (r#"{"--set-string v":{"a":[1]}}"#, Flag::SetString(r#"v=\{"a":[1]}"#.into())),
            (r#"{"--set-json r":"{\"cpu\": 1, \"l\": [null]}"}"#, Flag::SetJson(r#"r={"cpu":1,"l":[null]}"#.into())),
            (r#"{"--set-json r":{"cpu":1}}"#, Flag::SetJson(r#"r={"cpu":1}"#.into())),
            (r#"{"-x":"1"}"#, Flag::SetString("-x=1".into())),
        ] {
            assert_eq!(flags(json, OverrideMode::Safe, false), Ok(vec![want]), "{json}");
        }
        // the flag is worth more than rawOverrides
        assert_eq!(
            flags(r#"{"--set-string v":"1"}"#, OverrideMode::Safe, true),
            Ok(vec![Flag::SetString("v=1".into())])
        );
        for (json, text) in [
            (r#"{"--set":"1"}"#, "begins with an unknown flag"),
            (r#"{"--set ":"1"}"#, "begins with an unknown flag"),
            (r#"{"--set-file a":"1"}"#, "begins with an unknown flag"),
            (r#"{"--set-json a":"{"}"#, "is not valid JSON"),
        ] {
            let error = flags(json, OverrideMode::Safe, false).unwrap_err();
            assert!(error.contains(text), "{json}: {error}");
        }
        // elsewhere it is a key like any other
        assert_eq!(
            flags(r#"{"--set a":"1"}"#, OverrideMode::Rosco, false),
            Ok(vec![Flag::SetString("--set a=1".into())])
        );
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
