//! `toYaml`: writes YAML like `sigs.k8s.io/yaml`. That library converts the value to JSON, parses it with go-yaml v2 and writes
//! the result with go-yaml v2. This module writes the value directly, by the rules that follow from these steps.

use std::borrow::Cow;

use super::emit::Emitter;
use super::order;
use super::walk::{Walk, deeper};
use go::strconv::{append_float, append_int, append_uint, format_float, small_int};
use go::utf8::to_valid_utf8;
use gotemplate::error::{Error, ErrorKind, Result};
use gotemplate::limits::Budget;
use gotemplate::value::{Kind, Map, Str, Value};

/// A value as YAML, with its final line break. Kubernetes: `Marshal` in `sigs.k8s.io/yaml`.
///
/// Errors: those for which Helm's `toYaml` returns an empty text (not-a-number, a map that contains itself, text that YAML cannot
/// read back), or a limit is reached.
pub fn to_yaml(value: &Value, budget: &Budget) -> Result<Vec<u8>> {
    let mut writer = Writer { to: Emitter::new(false), walk: Walk::new(budget) };
    writer.value(value, 0, Place::Root)?;
    writer.to.indent(0);
    writer.walk.finish(writer.to.out)
}

struct Writer<'a> {
    to: Emitter,
    walk: Walk<'a>,
}

/// What a node is within.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    List,
    Map,
}

impl Writer<'_> {
    /// A node. `indent` is the column of what it is within; blocks inside go deeper.
    fn value(&mut self, value: &Value, indent: usize, place: Place) -> Result<()> {
        match value {
            Value::Str(s) => {
                let text = through_json(s)?;
                self.to.string(&text, b"", indent + 2);
            }
            Value::Nil => self.to.raw(b"null"),
            Value::Bool(b) => self.to.raw(if *b { b"true" } else { b"false" }),
            Value::Int(n) | Value::Int64(n) => self.to.raw_with(|out| append_int(out, *n)),
            Value::Uint64(n) => self.to.raw_with(|out| append_uint(out, *n)),
            Value::Uint8(n) => self.to.raw_with(|out| append_uint(out, u64::from(*n))),
            Value::Float(f) => {
                if !f.is_finite() {
                    return Err(not_finite(*f));
                }
                self.to.raw_with(|out| append_number(out, *f));
            }
            Value::Bytes(bytes) => {
                self.walk.read(16 * bytes.len())?;
                let text = data_encoding::BASE64.encode(bytes);
                self.to.string(text.as_bytes(), b"", indent + 2);
            }
            Value::List(list) if list.is_nil() => self.to.raw(b"null"),
            Value::List(list) if list.is_empty() => self.to.raw(b"[]"),
            Value::List(list) => {
                self.walk.enter(None, list.len())?;
                let indentless = place == Place::Map && !self.to.indention;
                let indent = if indentless || place == Place::Root { indent } else { indent + 2 };
                for item in list.items() {
                    self.walk.room(self.to.out.len() + indent)?;
                    self.to.indent(indent);
                    self.to.indicator(b"-", true, true);
                    deeper(item, || self.value(item, indent, Place::List))?;
                }
                self.walk.leave();
            }
            Value::Map(map) if map.is_nil() => self.to.raw(b"null"),
            Value::Map(map) => self.map(map, indent, place)?,
            Value::Object(object) if object.kind() == Kind::Complex128 => {
                return Err(Error::func("json: unsupported type: complex128"));
            }
            Value::Object(object) => {
                self.walk.enter_object(&**object)?;
                let plain = object.to_json();
                deeper(&plain, || self.value(&plain, indent, place))?;
                self.walk.leave();
            }
        }
        Ok(())
    }

    fn map(&mut self, map: &Map, indent: usize, place: Place) -> Result<()> {
        self.walk.enter(Some(map), map.len())?;
        let mut pairs = map.entries();
        if pairs.is_empty() {
            self.to.raw(b"{}");
            self.walk.leave();
            return Ok(());
        }
        if !pairs.iter().all(|(key, _)| is_plain_ascii(key) && key.len() < 128) {
            // keys that the trip changes may become equal: the last in byte order wins
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            for (key, _) in &mut pairs {
                if let Cow::Owned(changed) = key_through_json(key)? {
                    *key = Str::from(changed);
                }
            }
            let mut seen = std::collections::HashSet::new();
            pairs.reverse();
            pairs.retain(|(key, _)| seen.insert(key.clone()));
        }
        order::sort(&mut pairs, |(key, _)| key, false);
        let indent = if place == Place::Root { indent } else { indent + 2 };
        for (key, entry) in &pairs {
            self.walk.room(self.to.out.len() + indent)?;
            self.to.key(key, b"", indent);
            deeper(&entry.value, || self.value(&entry.value, indent, Place::Map))?;
        }
        self.walk.leave();
        Ok(())
    }
}

/// A float as the trip leaves it: a whole number that fits 64 bits is read back as an integer.
fn append_number(out: &mut Vec<u8>, f: f64) {
    if small_int(out, f, 1e15) {
        return;
    }
    if f == 0.0 {
        out.push(b'0');
        return;
    }
    if f.abs() < 2e19 && f.fract() == 0.0 {
        let text = format_float(f, b'f', -1);
        if text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok() {
            out.extend_from_slice(text.as_bytes());
            return;
        }
    }
    append_float(out, f, b'g', -1);
}

/// The error of `encoding/json` for a float that JSON cannot write.
pub(super) fn not_finite(f: f64) -> Error {
    Error::func(format!("json: unsupported value: {}", format_float(f, b'g', -1)))
}

fn is_plain_ascii(text: &[u8]) -> bool {
    text.iter().all(|b| *b < 0x7F)
}

/// Text as it comes back from JSON that is read as YAML: invalid bytes are replaced, the line break U+0085 is folded,
/// control characters beyond ASCII are an error.
fn through_json(text: &[u8]) -> Result<Cow<'_, [u8]>> {
    if is_plain_ascii(text) {
        return Ok(Cow::Borrowed(text));
    }
    let text = to_valid_utf8(text);
    let mut folds = false;
    for c in text.chars() {
        match c {
            '\u{85}' => folds = true,
            '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => {
                return Err(syntax("yaml: control characters are not allowed"));
            }
            _ => {}
        }
    }
    if !folds {
        return Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        });
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find([' ', '\u{85}']) {
        let (before, blanks) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        rest = blanks.trim_start_matches([' ', '\u{85}']);
        let blanks = blanks.strip_suffix(rest).unwrap_or_default();
        match blanks.matches('\u{85}').count() {
            0 => out.push_str(blanks),
            1 => out.push(' '),
            breaks => out.extend(std::iter::repeat_n('\n', breaks - 1)),
        }
        let document = rest.strip_prefix("---").or_else(|| rest.strip_prefix("..."));
        if blanks.ends_with('\u{85}') && document.is_some_and(|after| after.starts_with([' ', '\u{85}'])) {
            return Err(syntax("yaml: found unexpected document indicator"));
        }
    }
    out.push_str(rest);
    Ok(Cow::Owned(out.into_bytes()))
}

/// A key as it comes back: it must be on one line, and its colon within 1024 characters.
fn key_through_json(key: &[u8]) -> Result<Cow<'_, [u8]>> {
    let text = through_json(key)?;
    let is_long = key.len() > 160 && {
        let escaped = |c: char| match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\x08' | '\x0C' => 2,
            '\0'..=' ' if c != ' ' => 6,
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
            _ => 1,
        };
        let characters: usize =
            key.utf8_chunks().map(|c| c.valid().chars().map(escaped).sum::<usize>() + 6 * c.invalid().len()).sum();
        characters + 2 > 1024
    };
    // the one line break that JSON leaves as it is
    let breaks = memchr::memmem::find_iter(key, "\u{85}".as_bytes()).count();
    if is_long || breaks > 0 {
        let line = if breaks > 0 { format!("line {breaks}: ") } else { String::new() };
        return Err(syntax(&format!("yaml: {line}did not find expected ',' or '}}'")));
    }
    Ok(text)
}

fn syntax(message: &str) -> Error {
    Error::new(ErrorKind::Syntax, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value) -> String {
        String::from_utf8(to_yaml(value, &Budget::default()).unwrap()).unwrap()
    }

    #[test]
    fn scalars_are_written_as_go_yaml_writes_them() {
        let rows = [
            ("", "\"\"\n"),
            ("a", "a\n"),
            ("a b", "a b\n"),
            (" a", "' a'\n"),
            ("a: b", "'a: b'\n"),
            ("a:b", "a:b\n"),
            ("a #b", "'a #b'\n"),
            ("a#b", "a#b\n"),
            ("- a", "'- a'\n"),
            ("-a", "-a\n"),
            ("it's", "it's\n"),
            ("*x", "'*x'\n"),
            ("yes", "\"yes\"\n"),
            ("1.5", "\"1.5\"\n"),
            ("2001-01-01", "\"2001-01-01\"\n"),
            ("12:30", "\"12:30\"\n"),
            ("a\tb", "\"a\\tb\"\n"),
            ("a\nb", "|-\n  a\n  b\n"),
            ("a\nb\n", "|\n  a\n  b\n"),
            ("a\n\n", "|+\n  a\n\n"),
            (" a\nb", "|2-\n   a\n  b\n"),
            ("a \nb", "\"a \\nb\"\n"),
            ("\n", "|2+\n\n"),
            ("\u{1F600}", "\"\\U0001F600\"\n"),
            ("\u{E9}\u{A0}", "\u{E9}\u{A0}\n"),
            ("a\u{85}b", "a b\n"),
            ("\u{FEFF}a", "\"\\uFEFF\\x61\"\n"),
            ("<<", "<<\n"),
            ("---", "'---'\n"),
        ];
        for (text, expected) in rows {
            assert_eq!(written(&Value::from(text)), expected, "{text:?}");
        }
        assert_eq!(written(&Value::Str(b"a\xFF\xE4\xB8"[..].into())), "a\u{FFFD}\u{FFFD}\u{FFFD}\n");
    }

    #[test]
    fn numbers_keep_what_the_trip_through_json_keeps() {
        let rows = [
            (Value::Float(1.0), "1\n"),
            (Value::Float(-0.0), "0\n"),
            (Value::Float(1e6), "1000000\n"),
            (Value::Float(1_234_567.5), "1.2345675e+06\n"),
            (Value::Float(1e20), "1e+20\n"),
            (Value::Float(9_223_372_036_854_775_808.0), "9223372036854776000\n"),
            (Value::Float(1e-7), "1e-07\n"),
            (Value::Int64(i64::MIN), "-9223372036854775808\n"),
            (Value::Uint64(u64::MAX), "18446744073709551615\n"),
            (Value::Nil, "null\n"),
            (Value::Bool(true), "true\n"),
            (Value::Bytes("hi".into()), "aGk=\n"),
        ];
        for (value, expected) in rows {
            assert_eq!(written(&value), expected);
        }
        assert!(to_yaml(&Value::Float(f64::NAN), &Budget::default()).is_err());
    }

    #[test]
    fn blocks_are_indented_as_go_yaml_indents_them() {
        let empty = || Value::list(vec![]);
        let entry = Value::map([("c", Value::Nil), ("d", empty())]);
        let inner = Value::map([("b", Value::list(vec![Value::from("x"), entry]))]);
        let value = Value::map([
            ("list", Value::list(vec![Value::list(vec![Value::Int(1)]), inner.clone()])),
            ("map", inner),
            ("a1", Value::map::<&str>([])),
            ("a10", Value::from("one\ntwo\n")),
            ("a9", empty()),
            ("multi\nline", Value::list(vec![Value::Int(1)])),
        ]);
        let expected = [
            "a1: {}",
            "a9: []",
            "a10: |",
            "  one",
            "  two",
            "list:",
            "- - 1",
            "- b:",
            "  - x",
            "  - c: null",
            "    d: []",
            "map:",
            "  b:",
            "  - x",
            "  - c: null",
            "    d: []",
            "? |-",
            "  multi",
            "  line",
            ": - 1",
            "",
        ];
        assert_eq!(written(&value), expected.join("\n"));
    }

    #[test]
    fn long_text_is_folded_after_column_80() {
        let words = |n| "word ".repeat(n).trim_end().to_owned();
        assert_eq!(written(&Value::from(words(30))), format!("{}\n  {}\n", words(17), words(13)));
    }

    #[test]
    fn a_map_that_contains_itself_is_an_error() {
        let map = Map::new();
        map.insert("self", Value::Map(map.clone()));
        let error = to_yaml(&Value::Map(map.clone()), &Budget::default()).unwrap_err();
        assert_eq!(error.message(), "json: unsupported value: encountered a cycle via map[string]interface {}");
        map.remove(b"self");
    }

    #[test]
    fn deep_values_need_no_deep_stack() {
        let nest = |depth| (0..depth).fold(Value::Nil, |value, _| Value::list(vec![value]));
        assert_eq!(written(&nest(9_000)), format!("{}null\n", "- ".repeat(9_000)));
        let error = to_yaml(&nest(10_001), &Budget::default()).unwrap_err();
        assert_eq!(error.limit(), Some("value-depth"));
    }

    #[test]
    fn what_yaml_cannot_read_back_is_an_error() {
        for text in ["\u{7F}", "a\u{80}", "\u{FFFE}", "a\u{85}--- b"] {
            assert!(to_yaml(&Value::from(text), &Budget::default()).is_err(), "{text:?}");
        }
        for key in ["a\u{85}b".to_owned(), "k".repeat(1023)] {
            assert!(to_yaml(&Value::map([(key, Value::Nil)]), &Budget::default()).is_err());
        }
        assert!(to_yaml(&Value::map([("k".repeat(1022), Value::Nil)]), &Budget::default()).is_ok());
    }
}
