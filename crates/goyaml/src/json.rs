//! Writes JSON like Go's `encoding/json`.

use super::walk::{Walk, deeper};
use super::write::not_finite;
use go::strconv::{append_float, append_int, append_uint, small_int};
use gotemplate::error::{Error, Result};
use gotemplate::limits::Budget;
use gotemplate::value::{Kind, Str, Value};

/// A value as JSON on one line, keys in byte order; `<`, `>` and `&` are escaped where asked. Errors with Go's text for
/// not-a-number and for a map that contains itself, and when a limit is reached. Go: `json.Marshal`.
pub fn to_json(value: &Value, escape_html: bool, budget: &Budget) -> Result<Vec<u8>> {
    write(value, escape_html, None, budget)
}

/// A value as JSON over several lines. Go: `json.MarshalIndent` with an empty prefix, or an `Encoder` with `SetIndent`
/// (which adds a line break at the end; this does not).
pub fn to_json_indent(value: &Value, escape_html: bool, indent: &str, budget: &Budget) -> Result<Vec<u8>> {
    write(value, escape_html, Some(indent.as_bytes()), budget)
}

/// Appends a JSON string: invalid bytes become U+FFFD; U+2028 and U+2029 are escaped. Go: `appendString` of
/// `encoding/json`.
pub fn append_json_string(out: &mut Vec<u8>, text: &[u8], escape_html: bool) {
    out.push(b'"');
    let mut rest = text;
    loop {
        let stop = rest.iter().position(|b| needs_care(*b, escape_html)).unwrap_or(rest.len());
        let (plain, tail) = rest.split_at_checked(stop).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((&b, after)) = tail.split_first() else { break };
        if b < 0x80 {
            escape(out, b);
            rest = after;
            continue;
        }
        let (c, width) = go::utf8::decode_rune(tail);
        let (bytes, after) = tail.split_at_checked(width).unwrap_or((tail, &[]));
        match c {
            '\u{2028}' => out.extend_from_slice(b"\\u2028"),
            '\u{2029}' => out.extend_from_slice(b"\\u2029"),
            char::REPLACEMENT_CHARACTER if width == 1 => out.extend_from_slice(b"\\ufffd"),
            _ => out.extend_from_slice(bytes),
        }
        rest = after;
    }
    out.push(b'"');
}

/// Appends a number as `encoding/json` writes a `float64` that is finite.
pub fn append_json_float(out: &mut Vec<u8>, f: f64) {
    if small_int(out, f, 1e15) {
        return;
    }
    let size = f.abs();
    if f != 0.0 && !(1e-6..1e21).contains(&size) {
        append_float(out, f, b'e', -1);
        // e-09 is written e-9
        if let [.., b'e', b'-', b'0', last] = out.as_slice() {
            let last = *last;
            out.truncate(out.len() - 2);
            out.push(last);
        }
    } else {
        append_float(out, f, b'f', -1);
    }
}

fn write(value: &Value, escape_html: bool, indent: Option<&[u8]>, budget: &Budget) -> Result<Vec<u8>> {
    let mut writer = Writer { out: Vec::with_capacity(128), walk: Walk::new(budget), escape_html, indent, level: 0 };
    writer.value(value)?;
    writer.walk.finish(writer.out)
}

struct Writer<'a> {
    out: Vec<u8>,
    walk: Walk<'a>,
    escape_html: bool,
    indent: Option<&'a [u8]>,
    level: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Str(s) => append_json_string(&mut self.out, s, self.escape_html),
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::Bool(b) => self.out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Value::Int(n) | Value::Int64(n) => append_int(&mut self.out, *n),
            Value::Uint64(n) => append_uint(&mut self.out, *n),
            Value::Uint8(n) => append_uint(&mut self.out, u64::from(*n)),
            Value::Float(f) if !f.is_finite() => return Err(not_finite(*f)),
            Value::Float(f) => append_json_float(&mut self.out, *f),
            Value::Bytes(bytes) => {
                self.walk.read(8 * bytes.len())?;
                self.out.push(b'"');
                self.out.extend_from_slice(data_encoding::BASE64.encode(bytes).as_bytes());
                self.out.push(b'"');
            }
            Value::List(list) if list.is_nil() => self.out.extend_from_slice(b"null"),
            Value::List(list) => {
                self.walk.enter(None, list.len())?;
                self.open(b'[');
                for (i, item) in list.items().iter().enumerate() {
                    self.between(i)?;
                    deeper(item, || self.value(item))?;
                }
                self.close(b']', list.is_empty());
                self.walk.leave();
            }
            Value::Map(map) if map.is_nil() => self.out.extend_from_slice(b"null"),
            Value::Map(map) => {
                self.walk.enter(Some(map), map.len())?;
                self.pairs(&map.sorted())?;
                self.walk.leave();
            }
            Value::Object(object) if object.kind() == Kind::Complex128 => {
                return Err(Error::func("json: unsupported type: complex128"));
            }
            Value::Object(object) => {
                self.walk.enter_object(&**object)?;
                match object.to_json() {
                    // the fields of a struct are written in their own order
                    Value::Map(fields) if matches!(object.kind(), Kind::Struct | Kind::Ptr) => {
                        let fields: Vec<_> = fields.entries().into_iter().map(|(k, e)| (k, e.value)).collect();
                        self.pairs(&fields)?;
                    }
                    plain => deeper(&plain, || self.value(&plain))?,
                }
                self.walk.leave();
            }
        }
        Ok(())
    }

    fn pairs(&mut self, pairs: &[(Str, Value)]) -> Result<()> {
        self.open(b'{');
        for (i, (key, item)) in pairs.iter().enumerate() {
            self.between(i)?;
            append_json_string(&mut self.out, key, self.escape_html);
            self.out.extend_from_slice(if self.indent.is_some() { b": " } else { b":" });
            deeper(item, || self.value(item))?;
        }
        self.close(b'}', pairs.is_empty());
        Ok(())
    }

    fn open(&mut self, bracket: u8) {
        self.out.push(bracket);
        self.level += 1;
    }

    fn between(&mut self, i: usize) -> Result<()> {
        self.walk.room(self.out.len() + self.level * self.indent.map_or(0, <[u8]>::len))?;
        if i > 0 {
            self.out.push(b',');
        }
        self.line();
        Ok(())
    }

    fn close(&mut self, bracket: u8, empty: bool) {
        self.level -= 1;
        if !empty {
            self.line();
        }
        self.out.push(bracket);
    }

    fn line(&mut self) {
        if let Some(indent) = self.indent {
            self.out.push(b'\n');
            for _ in 0..self.level {
                self.out.extend_from_slice(indent);
            }
        }
    }
}

#[inline]
fn needs_care(b: u8, escape_html: bool) -> bool {
    !(b' '..0x80).contains(&b) || b == b'"' || b == b'\\' || (escape_html && matches!(b, b'<' | b'>' | b'&'))
}

fn escape(out: &mut Vec<u8>, b: u8) {
    let short = match b {
        b'"' | b'\\' => b,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            out.extend_from_slice(format!("\\u{b:04x}").as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotemplate::value::{Elem, List, Map, MapType};

    #[test]
    fn values_are_written_as_go_writes_them() {
        let numbers = [1.0, 1e21, 1e-7, -0.0, 1.5e300, 0.1].map(Value::Float);
        let value = Value::map([
            ("b", Value::list(numbers.to_vec())),
            ("e", Value::list(vec![])),
            ("n", Value::List(List::nil(Elem::Any))),
            ("m", Value::Map(Map::nil(MapType::Any))),
            ("x", Value::Bytes("hi".into())),
        ]);
        let written = String::from_utf8(to_json(&value, true, &Budget::default()).unwrap()).unwrap();
        assert_eq!(written, r#"{"b":[1,1e+21,1e-7,-0,1.5e+300,0.1],"e":[],"m":null,"n":null,"x":"aGk="}"#);
        let text = Value::Str(b"<\"\\\n\x01\x7F\xFF\xE2\x80\xA8>"[..].into());
        let json = |html| String::from_utf8(to_json(&text, html, &Budget::default()).unwrap()).unwrap();
        assert_eq!(json(true), "\"\\u003c\\\"\\\\\\n\\u0001\x7F\\ufffd\\u2028\\u003e\"");
        assert_eq!(json(false), "\"<\\\"\\\\\\n\\u0001\x7F\\ufffd\\u2028>\"");
        let inner = Value::list(vec![Value::Int(1), Value::map::<&str>([])]);
        let nested = Value::map([("a", inner), ("b", Value::list(vec![]))]);
        let indented = to_json_indent(&nested, true, "  ", &Budget::default()).unwrap();
        assert_eq!(indented, b"{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
    }

    #[test]
    fn what_json_cannot_say_is_an_error() {
        let error = to_json(&Value::Float(f64::INFINITY), true, &Budget::default()).unwrap_err();
        assert_eq!(error.message(), "json: unsupported value: +Inf");
    }
}
