//! Reading JSON: one walk over the text, told to whoever builds something of it. Go: `encoding/json`.
//!
//! A [`Sink`] decides what becomes of the values: a tree, a flat list, nothing. The walk needs no stack, whatever the depth.

use crate::strconv::quote_char;
use crate::utf8::to_valid_utf8;

/// Where the text of a value ends, and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One value is the whole text. Go: `json.Unmarshal`.
    Whole,
    /// A value is the start of a text. Go: `json.Decoder`.
    Stream,
}

/// Why a text is not JSON, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A character that does not belong where it is, or the end of the text.
    #[error("{0}")]
    Syntax(String),
    /// More levels than the limit says.
    #[error("{0}")]
    TooDeep(String),
}

/// A string or a key: bytes of the text as they are, or what they say where that differs.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    /// The first byte within the quotes.
    pub start: usize,
    /// The closing quote.
    pub end: usize,
    /// The string, where it has escapes or is not UTF-8.
    pub decoded: Option<&'a str>,
}

/// A value that holds no others.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, from its first byte up to this one.
    Number(usize),
    /// A string.
    Str(Text<'a>),
}

/// What is told of the values, in the order of the text.
pub trait Sink {
    /// A scalar, which starts at a byte.
    fn scalar(&mut self, at: usize, scalar: Scalar<'_>);

    /// An array (or else an object) that starts at a byte.
    fn open(&mut self, at: usize, is_list: bool);

    /// The key of the value that comes next.
    fn key(&mut self, key: Text<'_>);

    /// The end of the last array or object that is open.
    fn close(&mut self);
}

/// Reads one value of at most so many levels, and answers where it ends.
///
/// ```
/// use go::json::{Input, Scalar, Sink, Text, read};
/// #[derive(Default)]
/// struct Keys(usize);
/// impl Sink for Keys {
///     fn scalar(&mut self, _at: usize, _scalar: Scalar<'_>) {}
///     fn open(&mut self, _at: usize, _is_list: bool) {}
///     fn key(&mut self, _key: Text<'_>) { self.0 += 1 }
///     fn close(&mut self) {}
/// }
/// let mut keys = Keys::default();
/// read(br#"{"a": {"b": [1]}}"#, 10_000, Input::Whole, &mut keys)?;
/// assert_eq!(keys.0, 2);
/// # Ok::<(), go::json::Error>(())
/// ```
pub fn read<S: Sink>(text: &[u8], depth: usize, input: Input, sink: &mut S) -> Result<usize, Error> {
    let mut reader =
        Reader { text, at: 0, depth, input, is_utf8: std::str::from_utf8(text).is_ok(), decoded: String::new() };
    reader.value(sink)?;
    if input == Input::Whole {
        reader.spaces();
        if reader.at < text.len() {
            return Err(reader.unexpected("after top-level value"));
        }
    }
    Ok(reader.at)
}

/// The `float64` of a number. Go: `json.Unmarshal` into `interface{}`.
///
/// Errors: no float can hold it.
pub fn float(text: &str) -> Result<f64, Error> {
    let float = text.parse::<f64>().ok().filter(|f| f.is_finite());
    float.ok_or_else(|| Error::Syntax(format!("json: cannot unmarshal number {text} into Go value of type float64")))
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    input: Input,
    /// The whole text is UTF-8.
    is_utf8: bool,
    /// The last string that is not as it is written.
    decoded: String,
}

impl Reader<'_> {
    fn value<S: Sink>(&mut self, sink: &mut S) -> Result<(), Error> {
        self.spaces();
        if self.at >= self.text.len() && self.input == Input::Stream {
            return Err(Error::Syntax("EOF".to_owned()));
        }
        // which of the open ones are arrays
        let mut open: Vec<bool> = Vec::new();
        loop {
            let mut closes = false;
            if let Some(is_list) = self.start(sink, open.len())? {
                open.push(is_list);
                self.spaces();
                closes = self.peek() == Some(if is_list { b']' } else { b'}' });
                if !closes {
                    self.key(sink, is_list)?;
                    continue;
                }
            }
            // the end of what is around it, and of what is around that
            loop {
                if closes {
                    self.at += 1;
                    open.pop();
                    sink.close();
                }
                // a closed top-level value ends at once: what follows is not looked at
                let Some(is_list) = open.last().copied() else { return Ok(()) };
                self.spaces();
                closes = match (self.peek(), is_list) {
                    (Some(b','), _) => false,
                    (Some(b']'), true) | (Some(b'}'), false) => true,
                    (_, true) => return Err(self.unexpected_or_end("after array element")),
                    (_, false) => return Err(self.unexpected_or_end("after object key:value pair")),
                };
                if !closes {
                    self.at += 1;
                    self.spaces();
                    self.key(sink, is_list)?;
                    break;
                }
            }
        }
    }

    /// The key of the value that comes next, where it has one.
    #[inline]
    fn key<S: Sink>(&mut self, sink: &mut S, in_list: bool) -> Result<(), Error> {
        if in_list {
            return Ok(());
        }
        if self.peek() != Some(b'"') {
            return Err(self.unexpected_or_end("looking for beginning of object key string"));
        }
        let key = self.string()?;
        sink.key(key.text(&self.decoded));
        self.spaces();
        if self.peek() != Some(b':') {
            return Err(self.unexpected_or_end("after object key"));
        }
        self.at += 1;
        self.spaces();
        Ok(())
    }

    /// A scalar, or the start of an array or object: whether it is an array.
    #[inline]
    fn start<S: Sink>(&mut self, sink: &mut S, depth: usize) -> Result<Option<bool>, Error> {
        let at = self.at;
        match self.peek() {
            Some(bracket @ (b'{' | b'[')) => {
                if depth >= self.depth {
                    return Err(Error::TooDeep(self.unexpected("exceeded max depth").to_string()));
                }
                self.at += 1;
                sink.open(at, bracket == b'[');
                return Ok(Some(bracket == b'['));
            }
            Some(b'"') => {
                let text = self.string()?;
                sink.scalar(at, Scalar::Str(text.text(&self.decoded)));
            }
            Some(b't') => sink.scalar(at, self.literal("true", Scalar::Bool(true))?),
            Some(b'f') => sink.scalar(at, self.literal("false", Scalar::Bool(false))?),
            Some(b'n') => sink.scalar(at, self.literal("null", Scalar::Null)?),
            Some(b'-' | b'0'..=b'9') => sink.scalar(at, self.number()?),
            _ => return Err(self.unexpected_or_end("looking for beginning of value")),
        }
        Ok(None)
    }

    fn literal(&mut self, word: &str, scalar: Scalar<'static>) -> Result<Scalar<'static>, Error> {
        for want in word.bytes() {
            if self.peek() != Some(want) {
                return Err(self.unexpected(&format!("in literal {word} (expecting '{}')", char::from(want))));
            }
            self.at += 1;
        }
        Ok(scalar)
    }

    fn number(&mut self) -> Result<Scalar<'static>, Error> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(Scalar::Number(self.at))
    }

    fn digits(&mut self, place: &str) -> Result<(), Error> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected(place));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    #[inline]
    fn string(&mut self) -> Result<Place, Error> {
        self.at += 1;
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let stop = plain_len(rest);
        let is_utf8 = || std::str::from_utf8(rest.get(..stop).unwrap_or_default()).is_ok();
        if rest.get(stop) == Some(&b'"') && (self.is_utf8 || is_utf8()) {
            // nearly all strings
            self.at += stop + 1;
            return Ok(Place { start, end: start + stop, is_decoded: false });
        }
        self.decoded_string()?;
        Ok(Place { start, end: self.at - 1, is_decoded: true })
    }

    /// What is not UTF-8 and halves of surrogate pairs become U+FFFD.
    fn decoded_string(&mut self) -> Result<(), Error> {
        self.decoded.clear();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = plain_len(rest);
            self.decoded.push_str(&to_valid_utf8(rest.get(..plain).unwrap_or_default()));
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escape()?;
                    self.decoded.push(c);
                }
                _ => return Err(self.unexpected_or_end("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
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
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn spaces(&mut self) {
        if self.peek().is_some_and(is_space) {
            self.at += self.text.get(self.at..).map_or(0, spaces_len);
        }
    }

    /// The error for the next byte, which is taken for a character. Where the text ends Go tries a space.
    fn unexpected(&self, place: &str) -> Error {
        match self.peek() {
            None if self.input == Input::Stream => Error::Syntax("unexpected EOF".to_owned()),
            next => {
                let c = quote_char(char::from(next.unwrap_or(b' ')), false);
                Error::Syntax(format!("invalid character {c} {place}"))
            }
        }
    }

    /// The same where a space would do no harm.
    fn unexpected_or_end(&self, place: &str) -> Error {
        match self.peek() {
            None if self.input == Input::Whole => Error::Syntax("unexpected end of JSON input".to_owned()),
            _ => self.unexpected(place),
        }
    }
}

/// A string that was read.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    end: usize,
    is_decoded: bool,
}

impl Place {
    #[inline]
    fn text(self, decoded: &str) -> Text<'_> {
        Text { start: self.start, end: self.end, decoded: self.is_decoded.then_some(decoded) }
    }
}

fn parse_hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |n, b| Some(n * 16 + char::from(*b).to_digit(16)?))
}

/// Whether a byte is white space between values.
pub fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// A byte, eight times.
const fn eight(b: u8) -> u64 {
    u64::from_le_bytes([b; 8])
}

/// How many spaces a text starts with. Half of an indented text is indentation, so blanks count by eights.
fn spaces_len(text: &[u8]) -> usize {
    let mut len = 0;
    while let Some(rest) = text.get(len..) {
        let Some(bytes) = rest.first_chunk() else {
            return len + rest.iter().position(|b| !is_space(*b)).unwrap_or(rest.len());
        };
        let others = u64::from_le_bytes(*bytes) ^ eight(b' ');
        let blanks = (others.trailing_zeros() / 8) as usize;
        len += blanks;
        match bytes.get(blanks) {
            None => {}
            Some(b) if is_space(*b) => len += 1,
            Some(_) => break,
        }
    }
    len
}

/// How far a text stands in a string as it is: up to a quote, a backslash or a control character. Looks at eight bytes
/// at once: the high bit of each tells what is zero, or below a blank, and the lowest one set is right.
fn plain_len(text: &[u8]) -> usize {
    const HIGH: u64 = eight(0x80);
    let zero = |word: u64| word.wrapping_sub(eight(1)) & !word;
    let mut len = 0;
    while let Some(bytes) = text.get(len..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*bytes);
        let control = word.wrapping_sub(eight(0x20)) & !word;
        let found = (zero(word ^ eight(b'"')) | zero(word ^ eight(b'\\')) | control) & HIGH;
        if found != 0 {
            return len + (found.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    let rest = text.get(len..).unwrap_or_default();
    len + rest.iter().position(|b| *b < 0x20 || matches!(b, b'"' | b'\\')).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes everything and keeps nothing.
    struct Nothing;

    impl Sink for Nothing {
        fn scalar(&mut self, _at: usize, _scalar: Scalar<'_>) {}
        fn open(&mut self, _at: usize, _is_list: bool) {}
        fn key(&mut self, _key: Text<'_>) {}
        fn close(&mut self) {}
    }

    fn error(text: &[u8], input: Input) -> String {
        read(text, 10_000, input, &mut Nothing).map_or_else(|e| e.to_string(), |end| format!("ends at {end}"))
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
        ];
        for (text, expected) in rows {
            assert_eq!(error(text.as_bytes(), Input::Whole), *expected, "{text}");
        }
        for (text, expected) in [
            ("", "EOF"),
            (" ", "EOF"),
            ("{", "unexpected EOF"),
            ("tru", "unexpected EOF"),
            ("-", "unexpected EOF"),
            ("1 2", "ends at 1"),
            ("{}x", "ends at 2"),
            ("[1 2]", "invalid character '2' after array element"),
        ] {
            assert_eq!(error(text.as_bytes(), Input::Stream), expected, "{text}");
        }
        let deep = "[".repeat(10_001);
        assert_eq!(error(deep.as_bytes(), Input::Whole), "invalid character '[' exceeded max depth");
        assert!(matches!(read(deep.as_bytes(), 10_000, Input::Stream, &mut Nothing), Err(Error::TooDeep(_))));
    }

    #[test]
    fn many_bytes_at_once_are_found_as_one_by_one() {
        let bytes = [b' ', b'\n', b'\t', b'\r', b'a', b'"', b'\\', 0, 0x1f, 0x21, 0x7f, 0x80, 0xff];
        for len in 0..20 {
            for filler in bytes {
                for (at, byte) in (0..=len).flat_map(|at| bytes.map(|byte| (at, byte))) {
                    let mut text = vec![filler; len];
                    text.insert(at, byte);
                    let until = |stops: &dyn Fn(u8) -> bool| text.iter().position(|b| stops(*b)).unwrap_or(text.len());
                    assert_eq!(spaces_len(&text), until(&|b| !is_space(b)), "{text:?}");
                    assert_eq!(plain_len(&text), until(&|b| b < 0x20 || b == b'"' || b == b'\\'), "{text:?}");
                }
            }
        }
    }
}
