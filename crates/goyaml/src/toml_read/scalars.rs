//! Strings, numbers, times and booleans of TOML.

use super::super::toml_time::Time;
use super::super::toml_tree::Item;
use super::{END, Reader, is_newline};
use go::strconv::{quote, quote_char};
use gotemplate::error::Result;
use gotemplate::value::Str;

impl Reader<'_> {
    /// A string in double quotes, from after its first quote.
    pub(super) fn string(&mut self) -> Result<Str> {
        self.escaped = false;
        loop {
            match self.next()? {
                END => return Err(self.error("unexpected EOF; expected '\"'")),
                c if is_newline(c) => return Err(self.fail(self.line - 1, "strings cannot contain newlines")),
                '\\' => self.escape()?,
                '"' => {
                    let line = self.line;
                    let text = self.text.get(self.start..self.at - 1).unwrap_or_default();
                    return if self.escaped { self.unescaped(text, line) } else { Ok(Str::from(text)) };
                }
                _ => {}
            }
        }
    }

    pub(super) fn raw_string(&mut self) -> Result<Str> {
        loop {
            match self.next()? {
                END => return Err(self.error("unexpected EOF; expected \"'\"")),
                c if is_newline(c) => return Err(self.fail(self.line - 1, "strings cannot contain newlines")),
                '\'' => return Ok(Str::from(self.text.get(self.start..self.at - 1).unwrap_or_default())),
                _ => {}
            }
        }
    }

    /// A string in three quotes, from after the third.
    pub(super) fn multiline(&mut self, mark: char) -> Result<Str> {
        let raw = mark == '\'';
        loop {
            match self.next()? {
                END if raw => return Err(self.error("unexpected EOF; expected \"'''\"")),
                END => return Err(self.error("unexpected EOF; expected '\"\"\"'")),
                '\\' if !raw => {
                    let c = self.next()?;
                    if !is_newline(c) {
                        self.back();
                        self.escape()?;
                    }
                }
                c if c == mark && self.accept(mark)? => {
                    if !self.accept(mark)? {
                        continue;
                    }
                    if self.peek()? == mark {
                        // up to two more quotes belong to the text
                        let five: &[u8] = if raw { b"'''''" } else { b"\"\"\"\"\"" };
                        if self.current().ends_with(five) && (raw || !self.current().ends_with(b"\\\"\"\"\"\"")) {
                            let message = if raw { "unexpected \"''''''\"" } else { "unexpected '\"\"\"\"\"\"'" };
                            return Err(self.error(message));
                        }
                        self.back();
                        self.back();
                        continue;
                    }
                    let text = self.text.get(self.start..self.at - 3).unwrap_or_default();
                    let text = text.strip_prefix(b"\n").or_else(|| text.strip_prefix(b"\r\n")).unwrap_or(text);
                    if raw {
                        return Ok(Str::from(text));
                    }
                    let line = self.line;
                    return self.unescaped(&without_escaped_newlines(text), line);
                }
                _ => {}
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<()> {
        self.escaped = true;
        let (count, name, mark) = match self.next()? {
            'e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\' => return Ok(()),
            'x' => (2, "two", 'x'),
            'u' => (4, "four", 'u'),
            'U' => (8, "eight", 'U'),
            c => {
                let line = if self.at_end { self.line - 1 } else { self.line };
                return Err(self.fail(line, &format!("invalid escape in string '\\{c}'")));
            }
        };
        for _ in 0..count {
            if !self.next()?.is_ascii_hexdigit() {
                let got = quote(self.current());
                let message = format!("expected {name} hexadecimal digits after '\\{mark}', but got {got} instead");
                return Err(self.error(&message));
            }
        }
        Ok(())
    }

    /// The text with its escapes replaced; they are well formed.
    fn unescaped(&self, text: &[u8], line: u32) -> Result<Str> {
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.iter().position(|b| *b == b'\\') {
            let (before, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            out.extend_from_slice(before);
            let code = after.get(1).copied().unwrap_or_default();
            let mut width = 2;
            match code {
                b'b' => out.push(0x08),
                b't' => out.push(b'\t'),
                b'n' => out.push(b'\n'),
                b'f' => out.push(0x0C),
                b'r' => out.push(b'\r'),
                b'e' => out.push(0x1B),
                b'x' | b'u' | b'U' => {
                    width += match code {
                        b'x' => 2,
                        b'u' => 4,
                        _ => 8,
                    };
                    let digits = after.get(2..width).and_then(|d| std::str::from_utf8(d).ok()).unwrap_or_default();
                    let Some(c) = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) else {
                        let message = format!("Escaped character '\\u{digits}' is not valid UTF-8.");
                        return Err(self.fail(line, &message));
                    };
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                b' ' | b'\t' => {
                    return Err(self.fail(line, &format!("invalid escape: '\\{}'", char::from(code))));
                }
                _ => out.push(code),
            }
            rest = after.get(width..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
        Ok(Str::from(out))
    }

    /// A number or time, from its first digit.
    pub(super) fn number_or_date(&mut self) -> Result<Item> {
        if self.next()? == '0' {
            let c = self.next()?;
            let (is_digit, name): (fn(char) -> bool, _) = match c {
                '0'..='9' => return self.decimal_or_date(),
                '_' => return self.decimal(),
                '.' | 'e' | 'E' => return self.decimal_float(),
                'b' => (|c| matches!(c, '0' | '1'), "a binary"),
                'o' => (|c| matches!(c, '0'..='7'), "an octal"),
                'x' => (|c| c.is_ascii_hexdigit(), "a hexadecimal"),
                _ => {
                    self.back();
                    return self.integer();
                }
            };
            let next = self.peek()?;
            if !is_digit(next) {
                let text = String::from_utf8_lossy(self.current()).into_owned();
                return Err(self.error(&format!("not {name} number: '{text}{next}'")));
            }
            self.take(|c| is_digit(c) || c == '_')?;
            return self.integer();
        }
        self.decimal_or_date()
    }

    fn decimal_or_date(&mut self) -> Result<Item> {
        self.take(|c| c.is_ascii_digit())?;
        match self.next()? {
            '-' | ':' => {
                self.take(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 't' | ' ' | '.' | 'Z' | 'z' | '+'))?;
                self.time()
            }
            '_' => self.decimal(),
            '.' | 'e' | 'E' => self.decimal_float(),
            _ => {
                self.back();
                self.integer()
            }
        }
    }

    fn decimal(&mut self) -> Result<Item> {
        self.take(|c| c.is_ascii_digit() || c == '_')?;
        if matches!(self.peek()?, '.' | 'e' | 'E') {
            return self.decimal_float();
        }
        self.integer()
    }

    fn decimal_float(&mut self) -> Result<Item> {
        self.take(|c| c.is_ascii_digit() || matches!(c, '_' | '.' | '-' | '+' | 'e' | 'E'))?;
        self.float()
    }

    /// What follows a sign.
    pub(super) fn signed(&mut self) -> Result<Item> {
        let c = self.next()?;
        match c {
            'i' | 'n' => {
                let rest = if c == 'i' { ['n', 'f'] } else { ['a', 'n'] };
                for c in rest {
                    if !self.accept(c)? {
                        let text = String::from_utf8_lossy(self.current()).into_owned();
                        return Err(self.error(&format!("invalid float: '{text}'")));
                    }
                }
                self.float()
            }
            '.' => Err(self.error("floats must start with a digit, not '.'")),
            '0'..='9' => {
                let next = self.peek()?;
                if c == '0' && matches!(next, 'b' | 'o' | 'x') {
                    let text = String::from_utf8_lossy(self.current()).into_owned();
                    return Err(self.error(&format!("cannot use sign with non-decimal numbers: '{text}{next}'")));
                }
                self.decimal()
            }
            c => Err(self.error(&format!("expected a digit but got {}", quote_char(c, false)))),
        }
    }

    fn integer(&mut self) -> Result<Item> {
        let text = String::from_utf8_lossy(self.current()).into_owned();
        if !underscores_ok(&text) {
            let message =
                format!("Invalid integer {}: underscores must be surrounded by digits", quote(text.as_bytes()));
            return Err(self.fail(self.line, &message));
        }
        if has_leading_zero(&text) {
            let message = format!("Invalid integer {}: cannot have leading zeroes", quote(text.as_bytes()));
            return Err(self.fail(self.line, &message));
        }
        let plain = text.replace('_', "");
        let number = match plain.get(..2) {
            Some("0x") => i64::from_str_radix(plain.get(2..).unwrap_or_default(), 16),
            Some("0o") => i64::from_str_radix(plain.get(2..).unwrap_or_default(), 8),
            Some("0b") => i64::from_str_radix(plain.get(2..).unwrap_or_default(), 2),
            _ => plain.parse(),
        };
        number.map(Item::Int).map_err(|_| self.fail(self.line, &format!("{text} is out of range for int64")))
    }

    pub(super) fn float(&mut self) -> Result<Item> {
        let text = String::from_utf8_lossy(self.current()).into_owned();
        let quoted = quote(text.as_bytes());
        let parts: Vec<&str> = text.split(['.', 'e', 'E']).filter(|part| !part.is_empty()).collect();
        let wrong = if !parts.iter().all(|part| underscores_ok(part)) {
            Some("underscores must be surrounded by digits")
        } else if parts.first().is_some_and(|part| has_leading_zero(part)) {
            Some("cannot have leading zeroes")
        } else if text.split('.').skip(1).any(|after| !after.starts_with(|c: char| c.is_ascii_digit())) {
            Some("'.' must be followed by one or more digits")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            return Err(self.fail(self.line, &format!("Invalid float {quoted}: {wrong}")));
        }
        let f = match text.trim_start_matches(['+', '-']) {
            "nan" if text.starts_with('-') => -f64::NAN,
            "nan" => f64::NAN,
            "inf" if text.starts_with('-') => f64::NEG_INFINITY,
            "inf" => f64::INFINITY,
            _ => match text.replace('_', "").parse::<f64>() {
                Ok(f) if f.is_infinite() => {
                    return Err(self.fail(self.line, &format!("{text} is out of range for float64")));
                }
                Ok(f) => f,
                Err(_) => return Err(self.fail(self.line, &format!("Invalid float value: {quoted}"))),
            },
        };
        Ok(Item::Float(f))
    }

    fn time(&mut self) -> Result<Item> {
        let text = String::from_utf8_lossy(self.current()).into_owned();
        let text = text.trim().replace('z', "Z").replace(['t', ' '], "T");
        let message = || self.fail(self.line, &format!("invalid datetime: {}", quote(text.as_bytes())));
        Time::parse(&text).map(Item::Time).ok_or_else(message)
    }

    pub(super) fn boolean(&mut self) -> Result<Item> {
        let start = self.at;
        self.take(char::is_alphabetic)?;
        match self.text.get(start..self.at).unwrap_or_default() {
            b"true" => Ok(Item::Bool(true)),
            b"false" => Ok(Item::Bool(false)),
            other => {
                let message = format!("expected value but found {} instead", quote(other));
                Err(self.error(&message))
            }
        }
    }
}

fn underscores_ok(text: &str) -> bool {
    if matches!(text.trim_start_matches(['+', '-']), "nan" | "inf") {
        return true;
    }
    let mut digit = false;
    for c in text.chars() {
        if c == '_' && !digit {
            return false;
        }
        digit = c.is_ascii_hexdigit();
    }
    digit
}

fn has_leading_zero(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', second, ..] => !matches!(second, b'b' | b'o' | b'x'),
        [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}

/// Removes each backslash at the end of a line with the white space after it.
fn without_escaped_newlines(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| *b == b'\\') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(before);
        if after.get(1) == Some(&b'\\') {
            out.extend_from_slice(b"\\\\");
            rest = after.get(2..).unwrap_or_default();
            continue;
        }
        let tail = after.get(1..).unwrap_or_default();
        let space = tail.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
        let (space, tail) = tail.split_at_checked(space).unwrap_or((tail, &[]));
        if space.contains(&b'\n') {
            rest = tail;
        } else {
            out.push(b'\\');
            rest = after.get(1..).unwrap_or_default();
        }
    }
    out.extend_from_slice(rest);
    out
}
