//! Prints values. Go: `fmt/print.go`.

use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::value::{Complex, Kind, Object, Str, Value};
use go::stack::with_stack;
use go::strconv::append_int;
use go::utf8::{decode_rune, rune_count};

/// What `%p` prints: addresses differ from run to run in Go, and output must not.
const ADDRESS: u64 = 0x00c0_0001_0000;

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // they are Go's
pub(super) struct Flags {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    pub(super) plus_v: bool,
    pub(super) sharp_v: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// Writes formatted values to the end of a buffer.
pub(super) struct Printer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    budget: &'a Budget,
    start: usize,
    pub(super) flags: Flags,
    /// While a mistake is printed, methods are not called.
    erroring: bool,
    /// The type's name while the plain value of a named type is printed.
    named: Option<&'static str>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, budget: &'a Budget) -> Self {
        let start = out.len();
        Printer { out, budget, start, flags: Flags::default(), erroring: false, named: None }
    }

    pub(super) fn byte(&mut self, b: u8) {
        self.out.push(b);
    }

    /// What a template action prints: through a pointer, unless the pointer has a text of its own.
    pub(super) fn action(&mut self, value: &Value) -> Result<()> {
        if let Value::Object(o) = value
            && let Some(text) = o.pointer_text()
        {
            return self.pad(text.as_bytes());
        }
        self.behind_pointer(value)
    }

    /// A value, through a pointer that has no text of its own. Go: `text/template` `printableValue`.
    pub(super) fn behind_pointer(&mut self, value: &Value) -> Result<()> {
        match value {
            Value::Object(o) if o.kind() == Kind::Ptr && o.text().is_none() => self.fields(&**o, 'v', 0),
            _ => self.arg(value, 'v'),
        }
    }

    pub(super) fn verb(&mut self, arg: &Value, verb: char) -> Result<()> {
        if matches!(verb, 'v' | 'w') {
            self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
            self.flags.plus_v = std::mem::take(&mut self.flags.plus);
        }
        self.arg(arg, verb)
    }

    /// One operand.
    pub(super) fn arg(&mut self, arg: &Value, verb: char) -> Result<()> {
        match (arg, verb) {
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(arg, verb),
            (_, 'T') => {
                let name = arg.type_name().as_bytes();
                self.pad(truncated(name, self.flags.precision))
            }
            (_, 'p') => self.pointer(arg, verb),
            _ => self.value(arg, verb, 0),
        }
    }

    /// A value at a depth: 0 is the operand itself.
    fn value(&mut self, value: &Value, verb: char, depth: usize) -> Result<()> {
        match value {
            Value::Str(s) => self.string(s, verb, value),
            Value::Int(n) | Value::Int64(n) => {
                if matches!(verb, 'd' | 'v') && self.is_plain() {
                    append_int(self.out, *n);
                    return Ok(());
                }
                self.integer(n.cast_unsigned(), true, verb, value)
            }
            Value::Uint64(n) => self.integer(*n, false, verb, value),
            Value::Uint8(n) => self.integer(u64::from(*n), false, verb, value),
            Value::Bool(b) => match verb {
                't' | 'v' => self.pad(if *b { b"true" } else { b"false" }),
                _ => self.bad_verb(value, verb),
            },
            Value::Float(f) => self.float(*f, verb, value),
            // an empty interface within a list or map
            Value::Nil => {
                let text: &[u8] = if self.flags.sharp_v { b"interface {}(nil)" } else { b"<nil>" };
                self.out.extend_from_slice(text);
                Ok(())
            }
            Value::Bytes(bytes) => self.bytes(bytes, verb, depth),
            Value::List(list) => {
                if verb == 'w' && !self.erroring {
                    return self.bad_verb(value, verb);
                }
                self.list(list.items(), list.elem().slice_name(), list.is_nil(), verb, depth)
            }
            Value::Map(map) => {
                if verb == 'w' && !self.erroring {
                    return self.bad_verb(value, verb);
                }
                self.map(map.sorted(), map.map_type().name(), map.is_nil(), verb, depth)
            }
            Value::Object(o) => self.object(&**o, value, verb, depth),
        }
    }

    fn object(&mut self, object: &dyn Object, value: &Value, verb: char, depth: usize) -> Result<()> {
        if !self.erroring {
            if verb == 'w' {
                return self.bad_verb(value, verb);
            }
            if !self.flags.sharp_v
                && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
                && let Some(text) = object.text()
            {
                return self.string(text.as_bytes(), verb, value);
            }
            if self.flags.sharp_v
                && let Some(text) = object.go_text()
            {
                return self.pad(text.as_bytes());
            }
        }
        self.budget.items(object.size())?;
        match object.kind() {
            Kind::Slice => {
                self.list(&object.items().unwrap_or_default(), object.type_name(), object.is_nil(), verb, depth)
            }
            Kind::Map => {
                self.map(object.entries().unwrap_or_default(), object.type_name(), object.is_nil(), verb, depth)
            }
            Kind::Struct => self.fields(object, verb, depth),
            Kind::Ptr if depth == 0 && !object.is_nil() => {
                self.out.push(b'&');
                self.fields(object, verb, depth)
            }
            Kind::Ptr | Kind::Func => self.pointer(value, verb),
            Kind::Complex128 => match value.as_object::<Complex>() {
                Some(number) => self.complex(*number, verb, value),
                None => Ok(()),
            },
            _ => {
                let plain = object.to_json();
                if matches!(plain, Value::Object(_)) {
                    return self.fields(object, verb, depth);
                }
                let outer = self.named.replace(object.type_name());
                let done = self.value(&plain, verb, depth);
                self.named = outer;
                done
            }
        }
    }

    fn list(&mut self, items: &[Value], ty: &str, nil: bool, verb: char, depth: usize) -> Result<()> {
        let inner = self.enter(depth)?;
        self.budget.step(items.len() as u64)?;
        let (open, between, close): (u8, &[u8], u8) =
            if self.flags.sharp_v { (b'{', b", ", b'}') } else { (b'[', b" ", b']') };
        if self.flags.sharp_v {
            self.out.extend_from_slice(ty.as_bytes());
            if nil {
                self.out.extend_from_slice(b"(nil)");
                return Ok(());
            }
        }
        self.out.push(open);
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.extend_from_slice(between);
            }
            self.nested(item, verb, inner)?;
        }
        self.out.push(close);
        Ok(())
    }

    fn map(&mut self, pairs: Vec<(Str, Value)>, ty: &str, nil: bool, verb: char, depth: usize) -> Result<()> {
        let inner = self.enter(depth)?;
        self.budget.step(pairs.len() as u64)?;
        let sharp = self.flags.sharp_v;
        if sharp {
            self.out.extend_from_slice(ty.as_bytes());
            if nil {
                self.out.extend_from_slice(b"(nil)");
                return Ok(());
            }
        }
        self.out.extend_from_slice(if sharp { b"{" } else { b"map[" });
        for (i, (key, item)) in pairs.into_iter().enumerate() {
            if i > 0 {
                self.out.extend_from_slice(if sharp { b", " } else { b" " });
            }
            self.nested(&Value::Str(key), verb, inner)?;
            self.out.push(b':');
            self.nested(&item, verb, inner)?;
        }
        self.out.push(if sharp { b'}' } else { b']' });
        Ok(())
    }

    fn fields(&mut self, object: &dyn Object, verb: char, depth: usize) -> Result<()> {
        let inner = self.enter(depth)?;
        let sharp = self.flags.sharp_v;
        if sharp {
            // of a pointer this is the struct behind it
            self.out.extend_from_slice(object.type_name().trim_start_matches('*').as_bytes());
        }
        self.out.push(b'{');
        for (i, (name, item)) in object.printed_fields().iter().enumerate() {
            if i > 0 {
                self.out.extend_from_slice(if sharp { b", " } else { b" " });
            }
            if sharp || self.flags.plus_v {
                self.out.extend_from_slice(name.as_bytes());
                self.out.push(b':');
            }
            self.nested(item, verb, inner)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    /// The depth of what is inside a container at `depth`, within the limits.
    fn enter(&mut self, depth: usize) -> Result<usize> {
        self.budget.step(1)?;
        self.room(0)?;
        if depth >= self.budget.limits.value_depth {
            let limit = self.budget.limits.value_depth;
            return Err(Error::limit_reached("value-depth", format!("a value is nested deeper than {limit}")));
        }
        Ok(depth + 1)
    }

    fn nested(&mut self, value: &Value, verb: char, depth: usize) -> Result<()> {
        match value {
            Value::Str(s) if verb == 'v' && self.is_plain() => {
                self.out.extend_from_slice(s);
                Ok(())
            }
            Value::List(_) | Value::Map(_) | Value::Object(_) => with_stack(|| self.value(value, verb, depth)),
            _ => self.value(value, verb, depth),
        }
    }

    fn string(&mut self, s: &[u8], verb: char, value: &Value) -> Result<()> {
        match verb {
            'v' if !self.flags.sharp_v => self.pad(truncated(s, self.flags.precision)),
            's' => self.pad(truncated(s, self.flags.precision)),
            'v' | 'q' => self.quoted(s),
            'x' | 'X' => self.hex(s, verb),
            _ => self.bad_verb(value, verb),
        }
    }

    fn bytes(&mut self, bytes: &Str, verb: char, depth: usize) -> Result<()> {
        match verb {
            'v' | 'd' => {
                let sharp = self.flags.sharp_v;
                let (open, between, close): (&[u8], &[u8], u8) = if sharp {
                    (if depth == 0 { b"[]byte{" } else { b"[]uint8{" }, b", ", b'}')
                } else {
                    (b"[", b" ", b']')
                };
                self.out.extend_from_slice(open);
                for (i, b) in bytes.iter().enumerate() {
                    if i > 0 {
                        self.out.extend_from_slice(between);
                    }
                    if sharp {
                        self.hex_number(u64::from(*b), true)?;
                    } else {
                        self.number(u64::from(*b), 10, false, verb)?;
                    }
                }
                self.out.push(close);
                Ok(())
            }
            's' => self.pad(truncated(bytes, self.flags.precision)),
            'x' | 'X' => self.hex(bytes, verb),
            'q' => self.quoted(bytes),
            _ => {
                self.budget.charge(24 * bytes.len() as u64)?;
                let items: Vec<Value> = bytes.iter().map(|b| Value::Uint8(*b)).collect();
                self.list(&items, "[]uint8", false, verb, depth)
            }
        }
    }

    fn pointer(&mut self, value: &Value, verb: char) -> Result<()> {
        let address = match value {
            Value::List(list) if list.is_nil() => 0,
            Value::Map(map) if map.is_nil() => 0,
            Value::List(_) | Value::Map(_) | Value::Bytes(_) => ADDRESS,
            Value::Object(o) if o.is_nil() => 0,
            Value::Object(o) if matches!(o.kind(), Kind::Ptr | Kind::Func | Kind::Map | Kind::Slice) => ADDRESS,
            _ => return self.bad_verb(value, verb),
        };
        match verb {
            'v' if self.flags.sharp_v => {
                self.out.push(b'(');
                self.out.extend_from_slice(value.type_name().as_bytes());
                self.out.extend_from_slice(b")(");
                self.hex_number(address, true)?;
                self.out.push(b')');
                Ok(())
            }
            'v' if address == 0 => self.pad(b"<nil>"),
            'v' | 'p' => self.hex_number(address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => self.integer(address, false, verb, value),
            _ => self.bad_verb(value, verb),
        }
    }

    /// `%!verb(type=value)`
    pub(super) fn bad_verb(&mut self, value: &Value, verb: char) -> Result<()> {
        let outer = std::mem::replace(&mut self.erroring, true);
        self.mistake(verb, b"(");
        let name = self.named.take();
        self.out.extend_from_slice(name.unwrap_or_else(|| value.type_name()).as_bytes());
        if !value.is_nil() {
            self.out.push(b'=');
            self.arg(value, 'v')?;
        }
        self.out.push(b')');
        self.named = name;
        self.erroring = outer;
        Ok(())
    }

    pub(super) fn mistake(&mut self, verb: char, what: &[u8]) {
        self.out.extend_from_slice(b"%!");
        self.character(verb);
        self.out.extend_from_slice(what);
    }

    /// Whether values print without padding, precision or Go syntax.
    pub(super) fn is_plain(&self) -> bool {
        let Flags { plus, sharp_v, space, width, precision, .. } = self.flags;
        width.is_none() && precision.is_none() && !plus && !sharp_v && !space
    }

    #[inline]
    pub(super) fn pad(&mut self, text: &[u8]) -> Result<()> {
        self.pad_with(text, self.flags.filler())
    }

    pub(super) fn pad_with(&mut self, text: &[u8], filler: u8) -> Result<()> {
        let Some(width) = self.flags.width.filter(|w| *w > 0) else {
            self.out.extend_from_slice(text);
            return Ok(());
        };
        let padding = width.saturating_sub(rune_count(text));
        if !self.flags.minus {
            self.fill(padding, filler)?;
        }
        self.out.extend_from_slice(text);
        if self.flags.minus {
            self.fill(padding, filler)?;
        }
        Ok(())
    }

    pub(super) fn fill(&mut self, count: usize, b: u8) -> Result<()> {
        if count > 0 {
            self.room(count)?;
            self.out.resize(self.out.len() + count, b);
        }
        Ok(())
    }

    /// Whether the text may grow by `more` bytes.
    pub(super) fn room(&self, more: usize) -> Result<()> {
        let bytes = (self.out.len() - self.start + more) as u64;
        self.budget.fits(bytes)
    }

    pub(super) fn character(&mut self, c: char) {
        self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl Flags {
    pub(super) fn filler(self) -> u8 {
        if self.zero && !self.minus { b'0' } else { b' ' }
    }
}

/// The first `limit` characters.
pub(super) fn truncated(s: &[u8], limit: Option<usize>) -> &[u8] {
    let Some(limit) = limit.filter(|limit| *limit < s.len()) else { return s };
    let mut end = 0;
    for _ in 0..limit {
        end += decode_rune(s.get(end..).unwrap_or_default()).1;
    }
    s.get(..end).unwrap_or(s)
}
