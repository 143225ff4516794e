//! `toYamlPretty`: writes YAML like go-yaml v3 with an indentation of two. Helm: `toYAMLPretty` in `pkg/engine/funcs.go`.

use super::emit::Emitter;
use super::order;
use super::walk::{Walk, deeper};
use go::strconv::{append_float, append_int, append_uint};
use gotemplate::error::{Error, Result};
use gotemplate::limits::Budget;
use gotemplate::value::{Kind, Value};

/// The tag of text that is not UTF-8.
const BINARY: &[u8] = b"!!binary";

/// A value as YAML with lists indented below their key, never folded, with its final line break.
/// Errors when a limit is reached: a map may contain itself.
pub fn to_yaml_pretty(value: &Value, budget: &Budget) -> Result<Vec<u8>> {
    let mut writer = Writer { to: Emitter::new(true), walk: Walk::unguarded(budget) };
    writer.value(value, None)?;
    writer.to.indent(0);
    writer.walk.finish(writer.to.out)
}

struct Writer<'a> {
    to: Emitter,
    walk: Walk<'a>,
}

impl Writer<'_> {
    /// A node within what stands at `indent`; `None` is the root.
    fn value(&mut self, value: &Value, indent: Option<usize>) -> Result<()> {
        let inner = indent.map_or(0, |i| i + 2);
        let text_indent = indent.unwrap_or(0) + 2;
        match value {
            Value::Str(s) => self.string(s, text_indent),
            Value::Nil => self.to.raw(b"null"),
            Value::Bool(b) => self.to.raw(if *b { b"true" } else { b"false" }),
            Value::Int(n) | Value::Int64(n) => self.to.raw_with(|out| append_int(out, *n)),
            Value::Uint64(n) => self.to.raw_with(|out| append_uint(out, *n)),
            Value::Uint8(n) => self.to.raw_with(|out| append_uint(out, u64::from(*n))),
            Value::Float(f) if f.is_nan() => self.to.raw(b".nan"),
            Value::Float(f) if f.is_infinite() => self.to.raw(if *f > 0.0 { b".inf" } else { b"-.inf" }),
            Value::Float(f) => self.to.raw_with(|out| append_float(out, *f, b'g', -1)),
            Value::Bytes(bytes) if bytes.is_empty() => self.to.raw(b"[]"),
            Value::Bytes(bytes) => {
                self.walk.budget.step(bytes.len() as u64)?;
                for b in bytes.iter() {
                    self.item(inner)?;
                    self.to.raw_with(|out| append_uint(out, u64::from(*b)));
                }
            }
            Value::List(list) => self.list(list.items(), inner)?,
            Value::Map(map) => {
                self.walk.enter(Some(map), map.len())?;
                let mut pairs = map.entries();
                order::sort(&mut pairs, |(key, _)| key, true);
                self.pairs(pairs.iter().map(|(key, entry)| (&**key, &entry.value)), inner)?;
                self.walk.leave();
            }
            Value::Object(object) if object.kind() == Kind::Complex128 => {
                return Err(Error::func("cannot marshal type: complex128"));
            }
            Value::Object(object) => {
                self.walk.enter_object(&**object)?;
                let plain = object.to_json();
                match (object.kind(), &plain) {
                    // a struct: its fields in their order, in lower case
                    (Kind::Struct | Kind::Ptr, Value::Map(_)) => {
                        let fields = object.yaml_fields();
                        self.pairs(fields.iter().map(|(name, value)| (&**name, value)), inner)?;
                    }
                    // a nil slice of a named type is an empty one, too
                    (Kind::Slice, _) => self.list(&object.items().unwrap_or_default(), inner)?,
                    (_, Value::Str(s)) if object.type_name().trim_start_matches('*') == "time.Time" => self.to.raw(s),
                    _ => deeper(&plain, || self.value(&plain, indent))?,
                }
                self.walk.leave();
            }
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], indent: usize) -> Result<()> {
        if items.is_empty() {
            self.to.raw(b"[]");
            return Ok(());
        }
        self.walk.enter(None, items.len())?;
        for item in items {
            self.item(indent)?;
            deeper(item, || self.value(item, Some(indent)))?;
        }
        self.walk.leave();
        Ok(())
    }

    fn item(&mut self, indent: usize) -> Result<()> {
        self.walk.room(self.to.out.len() + indent)?;
        self.to.indent(indent);
        self.to.indicator(b"-", true, true);
        Ok(())
    }

    fn pairs<'v>(&mut self, pairs: impl Iterator<Item = (&'v [u8], &'v Value)>, indent: usize) -> Result<()> {
        let mut empty = true;
        for (key, value) in pairs {
            empty = false;
            self.walk.room(self.to.out.len() + indent)?;
            if std::str::from_utf8(key).is_ok() {
                self.to.key(key, b"", indent);
            } else {
                self.to.key(binary(key).as_bytes(), BINARY, indent);
            }
            deeper(value, || self.value(value, Some(indent)))?;
        }
        if empty {
            self.to.raw(b"{}");
        }
        Ok(())
    }

    fn string(&mut self, text: &[u8], indent: usize) {
        if std::str::from_utf8(text).is_ok() {
            self.to.string(text, b"", indent);
        } else {
            self.to.string(binary(text).as_bytes(), BINARY, indent);
        }
    }
}

/// Base64 in lines of 70 characters. go-yaml: `encodeBase64`.
fn binary(bytes: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(bytes);
    if text.len() < 70 {
        return text;
    }
    let mut out = String::with_capacity(text.len() + text.len() / 70 + 1);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(70).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_indented_and_text_is_not_folded() {
        let long = "word ".repeat(30);
        let list = vec![Value::Int(1), Value::list(vec![Value::Float(1e8)]), Value::map([("b", Value::Nil)])];
        let value = Value::map([
            ("list", Value::list(list)),
            ("y", Value::from(long.trim_end())),
            ("a1b", Value::from("a\tb\nc")),
            ("bytes", Value::Bytes("a".into())),
            ("cut", Value::Str(b"\xFF"[..].into())),
        ]);
        let last = format!("\"y\": {}", long.trim_end());
        let expected = [
            "a1b: |-",
            "  a\tb",
            "  c",
            "bytes:",
            "  - 97",
            "cut: !!binary /w==",
            "list:",
            "  - 1",
            "  - - 1e+08",
            "  - b: null",
            &last,
            "",
        ];
        let written = String::from_utf8(to_yaml_pretty(&value, &Budget::default()).unwrap()).unwrap();
        assert_eq!(written, expected.join("\n"));
    }
}
