//! Decodes bytes to text: encodings, and the characters that YAML allows. go-yaml: `readerc.go`.
//!
//! go-yaml decodes its input in blocks when the scanner requests characters. This is visible in two places: a syntax error
//! before an invalid character is reported only if the scanner has not requested the block with that character, and go-yaml looks
//! for a byte order mark at the start of its buffer instead of at its position. [`Blocks`] simulates this for the few texts for
//! which it matters. All other texts are validated once.

use std::borrow::Cow;

use super::chars::{break_len, width};
use super::pos::Pos;
use super::problem::{Problem, Read};

/// Bytes that go-yaml reads at once.
const BLOCK: usize = 512;

const MARK: &[u8] = "\u{FEFF}".as_bytes();

/// A decoded text.
#[derive(Debug)]
pub(super) struct Input<'a> {
    /// The text: UTF-8 without a leading byte order mark, as far as it could be decoded.
    pub(super) text: Cow<'a, [u8]>,
    /// Whether all of it is ASCII.
    pub(super) ascii: bool,
    blocks: Option<Blocks>,
}

/// The blocks that go-yaml decodes, and how far it has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    /// Where the blocks end in the decoded text.
    ends: Vec<usize>,
    next: usize,
    decoded: usize,
    start: usize,
    padding: usize,
    failure: Option<&'static str>,
}

impl<'a> Input<'a> {
    /// Decodes `bytes`. What is wrong with them shows when the scanner comes to it.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let rest = match bytes {
            [0xFF, 0xFE, ..] => return Input::decode(bytes, Encoding::Utf16Le),
            [0xFE, 0xFF, ..] => return Input::decode(bytes, Encoding::Utf16Be),
            bytes => bytes.strip_prefix(MARK).unwrap_or(bytes),
        };
        let ascii = rest.is_ascii();
        if has_plain_controls(rest) || (!ascii && !is_clean(rest)) {
            return Input::decode(bytes, Encoding::Utf8);
        }
        Input { text: Cow::Borrowed(rest), ascii, blocks: None }
    }

    /// How go-yaml would decode this text bit by bit, where that can show.
    pub(super) fn blocks(&self) -> Option<Box<Blocks>> {
        self.blocks.clone().map(Box::new)
    }

    #[cold]
    fn decode(bytes: &'a [u8], encoding: Encoding) -> Self {
        let mut text = Vec::with_capacity(bytes.len());
        let mut blocks = Blocks::default();
        let mut at = match encoding {
            Encoding::Utf8 if bytes.starts_with(MARK) => 3,
            Encoding::Utf8 => 0,
            Encoding::Utf16Le | Encoding::Utf16Be => 2,
        };
        let mut block_end = bytes.len().min(BLOCK);
        loop {
            let eof = block_end == at;
            while let Some(window) = bytes.get(at..block_end)
                && !window.is_empty()
            {
                match encoding.decode(window) {
                    Ok((value, used)) => {
                        let mut buffer = [0; 4];
                        text.extend_from_slice(value.encode_utf8(&mut buffer).as_bytes());
                        at += used;
                    }
                    Err(Stop::Incomplete(_)) if block_end < bytes.len() => break,
                    Err(stop) => {
                        let (Stop::Incomplete(problem) | Stop::Invalid(problem)) = stop;
                        if matches!(stop, Stop::Incomplete(_)) {
                            // shows only when go-yaml has seen the end, one read later
                            blocks.ends.push(text.len());
                        }
                        blocks.failure = Some(problem);
                        let ascii = text.is_ascii();
                        return Input { text: Cow::Owned(text), ascii, blocks: Some(blocks) };
                    }
                }
            }
            if eof {
                break;
            }
            blocks.ends.push(text.len());
            block_end = bytes.len().min(at + BLOCK);
        }
        let ascii = text.is_ascii();
        let marked = !ascii && text.windows(3).any(|w| w == MARK);
        Input { text: Cow::Owned(text), ascii, blocks: marked.then_some(blocks) }
    }
}

impl Blocks {
    /// Makes sure that `count` characters from `pos` on are decoded, as go-yaml does before it looks at them.
    pub(super) fn need(&mut self, text: &[u8], pos: usize, count: usize) -> Read<()> {
        let mut first = true;
        loop {
            let known = text.get(pos..self.decoded).unwrap_or_default();
            if known.len() >= count * 4 || known.iter().filter(|&&b| b & 0xC0 != 0x80).count() + self.padding >= count {
                return Ok(());
            }
            if first {
                self.start = pos;
                first = false;
            }
            if let Some(&end) = self.ends.get(self.next) {
                self.decoded = end;
                self.next += 1;
            } else if let Some(problem) = self.failure {
                // the text ends before the byte that cannot be decoded
                return Err(Problem::reader(problem, after(text)));
            } else {
                self.padding += 1;
                return Ok(());
            }
        }
    }

    /// Whether go-yaml's buffer starts with a byte order mark. go-yaml: `is_bom`, which ignores the position.
    pub(super) fn starts_with_mark(&self, text: &[u8]) -> bool {
        text.get(self.start..).is_some_and(|rest| rest.starts_with(MARK))
    }
}

/// The place after the last character of a text.
fn after(text: &[u8]) -> Pos {
    let (mut place, mut rest) = (Pos::default(), text);
    while let Some(&first) = rest.first() {
        let breaks = break_len(rest);
        place = if breaks > 0 {
            Pos { line: place.line.saturating_add(1), column: 0 }
        } else {
            Pos { column: place.column.saturating_add(1), ..place }
        };
        rest = rest.get(breaks.max(width(first))..).unwrap_or_default();
    }
    place
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

enum Stop {
    Incomplete(&'static str),
    Invalid(&'static str),
}

impl Encoding {
    /// The first character of `bytes` and how many bytes it takes.
    fn decode(self, bytes: &[u8]) -> Result<(char, usize), Stop> {
        let (value, used) = match self {
            Encoding::Utf8 => utf8(bytes)?,
            Encoding::Utf16Le => utf16(bytes, u16::from_le_bytes)?,
            Encoding::Utf16Be => utf16(bytes, u16::from_be_bytes)?,
        };
        match char::from_u32(value) {
            Some(c) if is_allowed(value) => Ok((c, used)),
            _ => Err(Stop::Invalid("control characters are not allowed")),
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<(u32, usize), Stop> {
    let Some((&first, rest)) = bytes.split_first() else {
        return Err(Stop::Incomplete("incomplete UTF-8 octet sequence"));
    };
    let (width, start) = match first {
        0..=0x7F => return Ok((u32::from(first), 1)),
        0xC0..=0xDF => (2, first & 0x1F),
        0xE0..=0xEF => (3, first & 0x0F),
        0xF0..=0xF7 => (4, first & 0x07),
        _ => return Err(Stop::Invalid("invalid leading UTF-8 octet")),
    };
    let Some(trail) = rest.get(..width - 1) else {
        return Err(Stop::Incomplete("incomplete UTF-8 octet sequence"));
    };
    let mut value = u32::from(start);
    for byte in trail {
        if byte & 0xC0 != 0x80 {
            return Err(Stop::Invalid("invalid trailing UTF-8 octet"));
        }
        value = (value << 6) + u32::from(byte & 0x3F);
    }
    let least = match width {
        2 => 0x80,
        3 => 0x800,
        _ => 0x1_0000,
    };
    if value < least {
        return Err(Stop::Invalid("invalid length of a UTF-8 sequence"));
    }
    if char::from_u32(value).is_none() {
        return Err(Stop::Invalid("invalid Unicode character"));
    }
    Ok((value, width))
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Result<(u32, usize), Stop> {
    let [a, b, rest @ ..] = bytes else {
        return Err(Stop::Incomplete("incomplete UTF-16 character"));
    };
    let unit = u32::from(read([*a, *b]));
    match unit & 0xFC00 {
        0xDC00 => Err(Stop::Invalid("unexpected low surrogate area")),
        0xD800 => {
            let [c, d, ..] = rest else {
                return Err(Stop::Incomplete("incomplete UTF-16 surrogate pair"));
            };
            let low = u32::from(read([*c, *d]));
            if low & 0xFC00 != 0xDC00 {
                return Err(Stop::Invalid("expected low surrogate area"));
            }
            Ok((0x1_0000 + ((unit & 0x3FF) << 10) + (low & 0x3FF), 4))
        }
        _ => Ok((unit, 2)),
    }
}

fn is_allowed(value: u32) -> bool {
    matches!(value, 0x09 | 0x0A | 0x0D | 0x20..=0x7E | 0x85 | 0xA0..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
}

/// Whether a control character of one byte is there. One pass that the compiler turns into vector code.
fn has_plain_controls(bytes: &[u8]) -> bool {
    let is_control = |b: u8| (b < 0x20 && b != b'\t' && b != b'\n' && b != b'\r') || b == 0x7F;
    bytes.chunks(1024).any(|chunk| chunk.iter().fold(0_u8, |found, &b| found | u8::from(is_control(b))) != 0)
}

/// Whether text that is not ASCII is UTF-8 without control characters and byte order marks.
fn is_clean(bytes: &[u8]) -> bool {
    if std::str::from_utf8(bytes).is_err() {
        return false;
    }
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(0xC2, 0xEF, rest) {
        rest = rest.get(at..).unwrap_or_default();
        if matches!(rest, [0xC2, 0x80..=0x84 | 0x86..=0x9F, ..] | [0xEF, 0xBB, 0xBF, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..])
        {
            return false;
        }
        rest = rest.get(width(0xC2)..).unwrap_or_default();
    }
    true
}
