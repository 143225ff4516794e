//! `toYaml`: what `sigs.k8s.io/yaml` writes. It makes JSON of the value, reads that with go-yaml v2 and writes the
//! result with go-yaml v2. Here the value is written at once, by the rules that this trip comes to.

use std::borrow::Cow;

use super::emit::Emitter;
use super::order;
use super::walk::{Walk, deeper};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Budget;
use crate::value::fmt::{append_float, append_int, append_uint, format_float, small_int};
use crate::value::{Map, Str, Value};

/// A value as YAML, with its final line break. Errors where Helm's `toYaml` gives an empty text: not-a-number, a map
/// that contains itself, text that YAML cannot read back; and when a limit is reached.
/// Kubernetes: `sigs.k8s.io/yaml` `Marshal`.
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
                let text = data_encoding::BASE64.encode(bytes);
                self.to.string(text.as_bytes(), b"", indent + 2);
            }
            Value::List(list) if list.is_nil() => self.to.raw(b"null"),
            Value::List(list) if list.is_empty() => self.to.raw(b"[]"),
            Value::List(list) => {
                self.walk.enter(None)?;
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
            Value::Object(object) => {
                self.walk.enter(None)?;
                let plain = object.to_json();
                deeper(&plain, || self.value(&plain, indent, place))?;
                self.walk.leave();
            }
        }
        Ok(())
    }

    fn map(&mut self, map: &Map, indent: usize, place: Place) -> Result<()> {
        self.walk.enter(Some(map))?;
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
    let text = String::from_utf8_lossy(text);
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
    if is_long || String::from_utf8_lossy(key).contains('\u{85}') {
        return Err(syntax("yaml: line 1: did not find expected ',' or '}'"));
    }
    Ok(text)
}

fn syntax(message: &str) -> Error {
    Error::new(ErrorKind::Syntax, message)
}
