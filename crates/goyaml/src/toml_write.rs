//! Writes TOML like `BurntSushi/toml`.

use super::toml_time::Time;
use super::walk::{Walk, deeper};
use go::strconv::{append_float, append_int, append_uint};
use gotemplate::error::{Error, ErrorKind, Result};
use gotemplate::limits::Budget;
use gotemplate::value::{Elem, Kind, Str, Value};

/// A value as TOML. Errors of the encoder have the kind [`ErrorKind::Syntax`]: Helm's `toToml` prints their text. Where
/// the encoder panics the error is one of the function. Go: `toml.Encoder.Encode`.
pub fn to_toml(value: &Value, budget: &Budget) -> Result<Vec<u8>> {
    let mut writer = Writer { out: Vec::new(), walk: Walk::unguarded(budget), key: Vec::new() };
    if value.is_nil() {
        return Err(Error::func("reflect: call of reflect.Value.Type on zero Value"));
    }
    if let Value::Object(object) = value
        && object.kind() == Kind::Complex128
    {
        return Err(encoder("unsupported type for key '': complex128"));
    }
    writer.encode(value)?;
    writer.walk.finish(writer.out)
}

struct Writer<'a> {
    out: Vec<u8>,
    walk: Walk<'a>,
    /// The path of the current entry.
    key: Vec<Str>,
}

/// What the encoder tells apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// nil: not written
    Nil,
    /// a map or struct: a table
    Table,
    /// a list of tables
    Tables,
    /// anything else
    Plain,
}

impl Writer<'_> {
    /// An entry, or the whole value.
    fn encode(&mut self, value: &Value) -> Result<()> {
        match shape(value, 0)? {
            Shape::Nil if matches!(value, Value::Nil | Value::Map(_)) => Ok(()),
            Shape::Nil | Shape::Plain => self.key_value(value, false),
            Shape::Table => {
                if self.key.len() == 1 {
                    self.newline();
                }
                if !self.key.is_empty() {
                    self.header(b"[", b"]");
                }
                self.table(value, false)
            }
            Shape::Tables => {
                if self.key.is_empty() {
                    return Err(encoder("toml: top-level values must be Go maps or structs"));
                }
                for item in items(value).iter() {
                    if shape(item, 0)? == Shape::Nil {
                        continue;
                    }
                    self.newline();
                    self.header(b"[[", b"]]");
                    self.table(item, false)?;
                }
                Ok(())
            }
        }
    }

    fn header(&mut self, open: &[u8], close: &[u8]) {
        self.indent();
        self.out.extend_from_slice(open);
        for (i, part) in self.key.iter().enumerate() {
            if i > 0 {
                self.out.push(b'.');
            }
            push_key(&mut self.out, part);
        }
        self.out.extend_from_slice(close);
        self.newline();
    }

    /// The entries of a map or struct: plain ones first, then tables.
    fn table(&mut self, value: &Value, inline: bool) -> Result<()> {
        if let Value::Object(object) = value {
            self.walk.budget.items(object.size())?;
        }
        let pairs: Vec<(Str, Value)> = match value {
            Value::Map(map) => map.sorted(),
            Value::Object(object) => match object.to_json() {
                Value::Map(_) if matches!(object.kind(), Kind::Struct | Kind::Ptr) => {
                    object.flat_fields().into_iter().map(|(name, value)| (Str::from(name), value)).collect()
                }
                Value::Map(map) => map.sorted(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        self.walk.enter(value.as_map(), pairs.len())?;
        if inline {
            self.out.push(b'{');
        }
        let mut plain = Vec::with_capacity(pairs.len());
        let mut tables = Vec::new();
        for pair in pairs {
            match shape(&pair.1, 0)? {
                Shape::Table | Shape::Tables => tables.push(pair),
                Shape::Nil | Shape::Plain => plain.push(pair),
            }
        }
        let more = !tables.is_empty();
        self.entries(plain, inline, more)?;
        self.entries(tables, inline, false)?;
        if inline {
            self.out.push(b'}');
        }
        self.walk.leave();
        Ok(())
    }

    fn entries(&mut self, pairs: Vec<(Str, Value)>, inline: bool, more: bool) -> Result<()> {
        let last = pairs.len().saturating_sub(1);
        for (i, (key, value)) in pairs.into_iter().enumerate() {
            self.walk.room(self.out.len() + 2 * self.key.len())?;
            if value.holds_nil() {
                continue;
            }
            if inline {
                let outer = std::mem::replace(&mut self.key, vec![key]);
                let done = deeper(&value, || self.key_value(&value, true));
                self.key = outer;
                done?;
                if more || i != last {
                    self.out.extend_from_slice(b", ");
                }
            } else {
                self.key.push(key);
                let done = deeper(&value, || self.encode(&value));
                self.key.pop();
                done?;
            }
        }
        Ok(())
    }

    fn key_value(&mut self, value: &Value, inline: bool) -> Result<()> {
        let Some(name) = self.key.last().cloned() else { return self.element(value) };
        self.indent();
        push_key(&mut self.out, &name);
        self.out.extend_from_slice(b" = ");
        self.element(value)?;
        if !inline {
            self.newline();
        }
        Ok(())
    }

    /// A value after an equals sign or in an array.
    fn element(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Str(s) => push_quoted(&mut self.out, s),
            Value::Bool(b) => self.out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Value::Int(n) | Value::Int64(n) => append_int(&mut self.out, *n),
            Value::Uint64(n) => append_uint(&mut self.out, *n),
            Value::Uint8(n) => append_uint(&mut self.out, u64::from(*n)),
            Value::Float(f) => push_float(&mut self.out, *f),
            Value::Nil => return Err(Error::func("reflect: call of reflect.Value.Interface on zero Value")),
            Value::Bytes(_) | Value::List(_) => self.list(value)?,
            Value::Object(object) if object.kind() == Kind::Slice => self.list(value)?,
            Value::Map(_) => self.table(value, true)?,
            Value::Object(object) if object.as_any().is::<Time>() => {
                let text = object.as_any().downcast_ref::<Time>().map(|time| time.toml());
                self.out.extend_from_slice(text.unwrap_or_default().as_bytes());
            }
            Value::Object(object) => match object.to_json() {
                Value::Map(_) => self.table(value, true)?,
                // BurntSushi/toml writes a duration as its text
                Value::Int64(_) if object.type_name() == "time.Duration" => {
                    push_quoted(&mut self.out, object.text().unwrap_or_default().as_bytes());
                }
                // a time is a value of its own in TOML
                Value::Str(s) if object.type_name().trim_start_matches('*') == "time.Time" => {
                    self.out.extend_from_slice(&s);
                }
                Value::Object(_) | Value::Nil => {
                    return Err(encoder(&format!("unexpected type: {}", object.type_name())));
                }
                plain => deeper(&plain, || self.element(&plain))?,
            },
        }
        Ok(())
    }

    fn list(&mut self, value: &Value) -> Result<()> {
        if let Value::Bytes(bytes) = value {
            self.walk.budget.reserve(24 * bytes.len() as u64)?;
        }
        let items = items(value);
        self.walk.enter(None, items.len())?;
        self.out.push(b'[');
        for (i, item) in items.iter().enumerate() {
            self.walk.room(self.out.len())?;
            if i > 0 {
                self.out.extend_from_slice(b", ");
            }
            deeper(item, || self.element(item))?;
        }
        self.out.push(b']');
        self.walk.leave();
        Ok(())
    }

    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn indent(&mut self) {
        for _ in 1..self.key.len() {
            self.out.extend_from_slice(b"  ");
        }
    }
}

/// What the encoder takes a value for. Go: `tomlTypeOfGo` of `encode.go`; it refuses nil within lists.
fn shape(value: &Value, depth: usize) -> Result<Shape> {
    match value {
        nil if nil.holds_nil() => Ok(Shape::Nil),
        Value::Map(_) => Ok(Shape::Table),
        Value::List(list) if matches!(list.elem(), Elem::Str | Elem::Int) => Ok(Shape::Plain),
        Value::List(_) => list_shape(value, depth),
        Value::Object(object) => match object.kind() {
            Kind::Slice => list_shape(value, depth),
            Kind::Map => Ok(Shape::Table),
            Kind::Complex128 => Err(encoder("unsupported type: complex128")),
            Kind::Struct | Kind::Ptr if matches!(object.to_json(), Value::Map(_)) => Ok(Shape::Table),
            _ => Ok(Shape::Plain),
        },
        _ => Ok(Shape::Plain),
    }
}

fn list_shape(value: &Value, depth: usize) -> Result<Shape> {
    // lists within lists are looked at too, for nil
    if depth > 10_000 {
        return Err(Error::limit_reached("value-depth", "a list is nested too deep for TOML"));
    }
    let items = items(value);
    let mut tables = !items.is_empty();
    for item in items.iter() {
        match deeper(item, || shape(item, depth + 1))? {
            Shape::Nil => return Err(encoder("toml: cannot encode array with nil element")),
            Shape::Table => {}
            _ => tables = false,
        }
    }
    Ok(if tables { Shape::Tables } else { Shape::Plain })
}

fn items(value: &Value) -> std::borrow::Cow<'_, [Value]> {
    match value {
        Value::List(list) => list.items().into(),
        Value::Bytes(bytes) => bytes.iter().map(|b| Value::Uint8(*b)).collect::<Vec<_>>().into(),
        Value::Object(object) => object.items().unwrap_or_default().into(),
        _ => std::borrow::Cow::Borrowed(&[]),
    }
}

fn encoder(message: &str) -> Error {
    Error::new(ErrorKind::Syntax, message)
}

fn push_float(out: &mut Vec<u8>, f: f64) {
    if !f.is_finite() {
        if f.is_sign_negative() {
            out.push(b'-');
        }
        out.extend_from_slice(if f.is_nan() { b"nan" } else { b"inf" });
        return;
    }
    let start = out.len();
    append_float(out, f, b'g', -1);
    if !out.iter().skip(start).any(|b| matches!(b, b'e' | b'.')) {
        out.extend_from_slice(b".0");
    }
}

pub(super) fn push_key(out: &mut Vec<u8>, key: &[u8]) {
    if !key.is_empty() && key.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
        out.extend_from_slice(key);
    } else {
        push_quoted(out, key);
    }
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for b in text {
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *b]),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..=0x1F | 0x7F => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => out.push(*b),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_numbers_are_refused() {
        let complex = || Value::Object(std::rc::Rc::new(gotemplate::value::Complex(0.0, 1.0)));
        let text = |value: Value| to_toml(&value, &Budget::default()).unwrap_err().to_string();
        assert_eq!(text(complex()), "unsupported type for key '': complex128");
        assert_eq!(text(Value::list(vec![complex()])), "unsupported type: complex128");
        assert_eq!(text(Value::map([("a", complex())])), "unsupported type: complex128");
    }

    #[test]
    fn tables_come_after_plain_values() {
        let table = |n| Value::map([("a", Value::Int(n))]);
        let mixed = Value::map([("a", Value::Bool(true)), ("b", Value::Nil)]);
        let value = Value::map([
            ("z", Value::Float(1.0)),
            ("t", Value::map([("b", table(1)), ("a key", Value::from("q\"\u{1}"))])),
            ("l", Value::list(vec![table(1), table(2)])),
            ("m", Value::list(vec![Value::Int(1), mixed])),
            ("n", Value::Nil),
        ]);
        let expected = [
            "m = [1, {a = true, }]",
            "z = 1.0",
            "",
            "[[l]]",
            "  a = 1",
            "",
            "[[l]]",
            "  a = 2",
            "",
            "[t]",
            "  \"a key\" = \"q\\\"\\u0001\"",
            "  [t.b]",
            "    a = 1",
            "",
        ];
        assert_eq!(String::from_utf8(to_toml(&value, &Budget::default()).unwrap()).unwrap(), expected.join("\n"));
    }

    #[test]
    fn errors_are_the_encoders() {
        let rows = [
            (Value::map([("a", Value::list(vec![Value::Nil]))]), "toml: cannot encode array with nil element"),
            (Value::list(vec![Value::map::<&str>([])]), "toml: top-level values must be Go maps or structs"),
            (Value::Nil, "reflect: call of reflect.Value.Type on zero Value"),
        ];
        for (value, expected) in rows {
            assert_eq!(to_toml(&value, &Budget::default()).unwrap_err().message(), expected);
        }
    }
}
