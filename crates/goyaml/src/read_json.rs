//! Parses JSON like Go's `encoding/json`: with the same errors and replacements, and with the position of each value.

use super::node::{Data, Mark, Node, NodeMap};
use go::stack::with_stack;
use go::strconv::quote_char;
use go::utf8::to_valid_utf8;
use gotemplate::error::{Error, ErrorKind, Result};
use gotemplate::limits::Budget;
use gotemplate::value::Str;

/// Reads one JSON value. Integers that fit 64 bits stay exact; of duplicate keys the last wins. Errors have Go's text
/// (`unexpected end of JSON input`). Go: `json.Unmarshal` into `interface{}`.
pub fn read_json(text: &[u8], budget: &Budget) -> Result<Node> {
    match read_json_leniently(text, budget)? {
        (_, Some(error)) => Err(error),
        (node, None) => Ok(node),
    }
}

/// Reads one JSON value as [`read_json`] does; a number that no float can hold becomes null, and the error for it comes
/// with the value: Go goes on reading.
pub fn read_json_leniently(text: &[u8], budget: &Budget) -> Result<(Node, Option<Error>)> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        limit: budget.limits.json_depth,
        mark: Mark { line: 1, column: 1 },
        marked: 0,
        out_of_range: None,
    };
    let node = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.unexpected("after top-level value"));
    }
    Ok((node, reader.out_of_range))
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    limit: usize,
    /// The place of the byte `marked`.
    mark: Mark,
    marked: usize,
    /// The first number that no float can hold. It is told when the rest has been read.
    out_of_range: Option<Error>,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Node> {
        self.space();
        let mark = self.mark();
        let data = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Data::Str(self.string()?),
            Some(b't') => self.word(b"true", Data::Bool(true))?,
            Some(b'f') => self.word(b"false", Data::Bool(false))?,
            Some(b'n') => self.word(b"null", Data::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => return Err(self.unexpected("looking for beginning of value")),
            None => return Err(end()),
        };
        Ok(Node { data, mark })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Data>) -> Result<Data> {
        if self.depth >= self.limit {
            let error = self.unexpected("exceeded max depth");
            return Err(Error::helm_limit("json-depth", error.message()));
        }
        self.depth += 1;
        self.at += 1;
        let data = with_stack(|| read(self));
        self.depth -= 1;
        data
    }

    fn object(&mut self) -> Result<Data> {
        let mut map = NodeMap::default();
        self.space();
        if self.eat(b'}') {
            return Ok(Data::Map(map));
        }
        loop {
            self.space();
            match self.peek() {
                Some(b'"') => {}
                Some(_) => return Err(self.unexpected("looking for beginning of object key string")),
                None => return Err(end()),
            }
            let key = self.string()?;
            self.space();
            self.expect(b':', "after object key")?;
            let node = self.value()?;
            map.insert(key, node);
            self.space();
            if self.eat(b'}') {
                return Ok(Data::Map(map));
            }
            self.expect(b',', "after object key:value pair")?;
        }
    }

    fn array(&mut self) -> Result<Data> {
        let mut items = Vec::new();
        self.space();
        if self.eat(b']') {
            return Ok(Data::List(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.eat(b']') {
                return Ok(Data::List(items));
            }
            self.expect(b',', "after array element")?;
        }
    }

    /// A string, from its opening quote.
    fn string(&mut self) -> Result<Str> {
        self.at += 1;
        let start = self.at;
        // most strings are what stands between the quotes
        let rest = self.text.get(start..).unwrap_or_default();
        let plain = rest.iter().position(|b| *b == b'"' || *b == b'\\' || *b < b' ').unwrap_or(rest.len());
        let text = rest.get(..plain).unwrap_or_default();
        self.at += plain;
        if self.peek() == Some(b'"') && std::str::from_utf8(text).is_ok() {
            self.at += 1;
            return Ok(Str::from(text));
        }
        let mut out = Vec::with_capacity(plain + 16);
        out.extend_from_slice(to_valid_utf8(text).as_bytes());
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|b| *b == b'"' || *b == b'\\' || *b < b' ').unwrap_or(rest.len());
            out.extend_from_slice(to_valid_utf8(rest.get(..plain).unwrap_or_default()).as_bytes());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Str::from(out));
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                Some(_) => return Err(self.unexpected("in string literal")),
                None => return Err(end()),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let b = match self.peek() {
            Some(b @ (b'"' | b'\\' | b'/')) => b,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0C,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                let mut code = self.hex()?;
                if (0xD800..0xDC00).contains(&code) {
                    // the second half, where it is one
                    let second = self.text.get(self.at..).and_then(|rest| rest.strip_prefix(b"\\u"));
                    let second = second.and_then(|rest| rest.get(..4)).and_then(parse_hex);
                    if let Some(low) = second.filter(|low| (0xDC00..0xE000).contains(low)) {
                        self.at += 6;
                        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                    }
                }
                let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        out.push(b);
        self.at += 1;
        Ok(())
    }

    fn hex(&mut self) -> Result<u32> {
        let mut code = 0;
        for _ in 0..4 {
            match self.peek().and_then(|b| char::from(b).to_digit(16)) {
                Some(digit) => code = code * 16 + digit,
                None => return Err(self.unexpected("in \\u hexadecimal character escape")),
            }
            self.at += 1;
        }
        Ok(code)
    }

    fn word(&mut self, word: &'static [u8], data: Data) -> Result<Data> {
        for b in word {
            if self.peek() != Some(*b) {
                let word = String::from_utf8_lossy(word);
                return Err(self.unexpected(&format!("in literal {word} (expecting '{}')", char::from(*b))));
            }
            self.at += 1;
        }
        Ok(data)
    }

    fn number(&mut self) -> Result<Data> {
        let start = self.at;
        let negative = self.eat(b'-');
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.unexpected("in numeric literal")),
        }
        let mut whole = true;
        if self.eat(b'.') {
            whole = false;
            if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
                return Err(self.unexpected("after decimal point in numeric literal"));
            }
            self.digits();
        }
        if self.eat(b'e') || self.eat(b'E') {
            whole = false;
            let _sign = self.eat(b'+') || self.eat(b'-');
            if !self.peek().is_some_and(|b| b.is_ascii_digit()) {
                return Err(self.unexpected("in exponent of numeric literal"));
            }
            self.digits();
        }
        let text = self.text.get(start..self.at).and_then(|t| std::str::from_utf8(t).ok()).unwrap_or_default();
        if whole {
            match text.parse::<i64>() {
                // -0 is a float only
                Ok(n) if n != 0 || !negative => return Ok(Data::Int(n)),
                _ => {}
            }
            if let Ok(n) = text.parse::<u64>() {
                return Ok(Data::Uint(n));
            }
        }
        let f = text.parse::<f64>().unwrap_or(f64::NAN);
        if !f.is_finite() {
            if self.out_of_range.is_none() {
                let message = format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.out_of_range = Some(Error::new(ErrorKind::Syntax, message));
            }
            return Ok(Data::Null);
        }
        Ok(Data::Float(f))
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn eat(&mut self, b: u8) -> bool {
        let found = self.peek() == Some(b);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, b: u8, context: &str) -> Result<()> {
        if self.eat(b) {
            return Ok(());
        }
        Err(if self.at < self.text.len() { self.unexpected(context) } else { end() })
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The place of the next byte.
    fn mark(&mut self) -> Mark {
        for b in self.text.get(self.marked..self.at).unwrap_or_default() {
            match b {
                b'\n' => self.mark = Mark { line: self.mark.line.saturating_add(1), column: 1 },
                0x80..=0xBF => {}
                _ => self.mark.column = self.mark.column.saturating_add(1),
            }
        }
        self.marked = self.at;
        self.mark
    }

    /// The error for the next byte; at the end Go tries a space.
    fn unexpected(&self, context: &str) -> Error {
        let c = match char::from(self.peek().unwrap_or(b' ')) {
            '\'' => "'\\''".to_owned(),
            '"' => "'\"'".to_owned(),
            c => quote_char(c, false),
        };
        Error::new(ErrorKind::Syntax, format!("invalid character {c} {context}"))
    }
}

fn end() -> Error {
    Error::new(ErrorKind::Syntax, "unexpected end of JSON input")
}

fn parse_hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &[u8]) -> String {
        read_json(text, &Budget::default()).unwrap_err().to_string()
    }

    #[test]
    fn errors_are_gos() {
        let rows: &[(&str, &str)] = &[
            ("", "unexpected end of JSON input"),
            ("{", "unexpected end of JSON input"),
            ("[1", "unexpected end of JSON input"),
            ("\"a", "unexpected end of JSON input"),
            ("{\"a\"", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("{a", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 2}", "invalid character '2' after object key:value pair"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("1 2", "invalid character '2' after top-level value"),
            ("tru", "invalid character ' ' in literal true (expecting 'e')"),
            ("nuLl", "invalid character 'L' in literal null (expecting 'l')"),
            ("-", "invalid character ' ' in numeric literal"),
            ("01", "invalid character '1' after top-level value"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            ("1e", "invalid character ' ' in exponent of numeric literal"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("'a'", "invalid character '\\'' looking for beginning of value"),
            ("é", "invalid character 'Ã' looking for beginning of value"),
            ("[1e999]", "json: cannot unmarshal number 1e999 into Go value of type float64"),
        ];
        for (text, expected) in rows {
            assert_eq!(error(text.as_bytes()), *expected, "{text}");
        }
        assert_eq!(error("[".repeat(10_001).as_bytes()), "invalid character '[' exceeded max depth");
    }

    #[test]
    fn values_keep_their_place_and_their_digits() {
        let text = b"{\"a\": 1,\n \"b\": [18446744073709551615, -0, 1.5, 1e2],\n\"a\": null, \"\\ud83d\\ude00\\ud800\xff\": \"\\u0041\"}";
        let node = read_json(text, &Budget::default()).unwrap();
        assert_eq!(node.get("a"), Some(&Node { data: Data::Null, mark: Mark { line: 3, column: 6 } }));
        let list = node.get("b").unwrap();
        assert_eq!(list.mark, Mark { line: 2, column: 7 });
        let data: Vec<&Data> = list.as_list().unwrap().iter().map(|n| &n.data).collect();
        assert_eq!(data, [&Data::Uint(u64::MAX), &Data::Float(-0.0), &Data::Float(1.5), &Data::Float(100.0)]);
        assert_eq!(node.get("\u{1F600}\u{FFFD}\u{FFFD}").and_then(Node::as_str), Some("A"));
    }
}
