//! Classes of bytes, for scanning runs of text.

/// A byte that is, or may start, a line break or the end of the text.
pub(super) const BREAKZ: u8 = 1;
/// A space or a tab.
pub(super) const BLANK: u8 = 2;
/// A character that ends a plain scalar in flow context.
pub(super) const FLOW: u8 = 4;
/// `:`
pub(super) const COLON: u8 = 8;
/// `'`
pub(super) const SINGLE: u8 = 16;
/// `"` and `\`
pub(super) const DOUBLE: u8 = 32;
/// Letters, digits, `_` and `-`.
pub(super) const WORD: u8 = 64;
/// What may stand in a tag besides [`WORD`].
pub(super) const URI: u8 = 128;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0_u8; 256];
    let mut i = 0_usize;
    #[allow(clippy::indexing_slicing)] // the index runs over the table itself
    while i < 256 {
        #[allow(clippy::cast_possible_truncation)]
        let byte = i as u8;
        table[i] = match byte {
            0 | b'\r' | b'\n' | 0xC2 | 0xE2 => BREAKZ,
            b' ' | b'\t' => BLANK,
            b',' | b'?' | b'[' | b']' => FLOW | URI,
            b'{' | b'}' => FLOW,
            b':' => COLON | URI,
            b'\'' => SINGLE | URI,
            b'"' | b'\\' => DOUBLE,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-' => WORD,
            b';' | b'/' | b'@' | b'&' | b'=' | b'+' | b'$' | b'.' | b'!' | b'~' | b'*' | b'(' | b')' | b'%' => URI,
            _ => 0,
        };
        i += 1;
    }
    table
}

/// Whether the byte is of one of the classes.
#[inline]
pub(super) fn is(byte: u8, classes: u8) -> bool {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(0) & classes != 0
}

/// Bytes of the line break at the start of `text`; 0 if there is none. A carriage return and a line feed are one.
#[inline]
pub(super) fn break_len(text: &[u8]) -> usize {
    match text {
        [b'\r', b'\n', ..] | [0xC2, 0x85, ..] => 2,
        [b'\n' | b'\r', ..] => 1,
        [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
        _ => 0,
    }
}

/// A line of a text, counted from 0.
pub(super) fn line(text: &[u8], number: u32) -> Option<&[u8]> {
    let mut rest = text;
    for _ in 0..number {
        let (_, after) = split_line(rest);
        rest = after.get(break_len(after)..).filter(|_| !after.is_empty())?;
    }
    Some(split_line(rest).0)
}

/// The first line, and what follows it from its break on.
fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = (0..text.len()).find(|&i| text.get(i..).is_some_and(|rest| break_len(rest) > 0));
    end.and_then(|end| text.split_at_checked(end)).unwrap_or((text, &[]))
}

/// Bytes of the character that starts with `byte`.
#[inline]
pub(super) fn width(byte: u8) -> usize {
    match byte {
        0..=0x7F => 1,
        0x80..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}
