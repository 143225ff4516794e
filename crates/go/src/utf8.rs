//! Characters of strings as in Go: decoding with U+FFFD for every invalid byte, Unicode classes, one-to-one case mapping.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex_syntax::hir::{Class, HirKind};

/// The first character and its length in bytes; U+FFFD and 1 if the bytes are not UTF-8 (0 if there are none).
/// Go: `utf8.DecodeRune`.
#[inline]
pub fn decode_rune(bytes: &[u8]) -> (char, usize) {
    match bytes.first() {
        None => (char::REPLACEMENT_CHARACTER, 0),
        Some(&b) if b < 0x80 => (char::from(b), 1),
        Some(&b) => {
            let len = match b {
                0xC2..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF4 => 4,
                _ => return (char::REPLACEMENT_CHARACTER, 1),
            };
            let text = bytes.get(..len).and_then(|b| std::str::from_utf8(b).ok());
            text.and_then(|t| t.chars().next()).map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, len))
        }
    }
}

/// The last character of `bytes` and its width, like [`decode_rune`] for the first. Go: `utf8.DecodeLastRune`.
pub fn decode_last_rune(bytes: &[u8]) -> (char, usize) {
    let Some(&last) = bytes.last() else {
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    if last.is_ascii() {
        return (char::from(last), 1);
    }
    for width in 2..=4 {
        let Some(tail) = bytes.len().checked_sub(width).and_then(|start| bytes.get(start..)) else {
            break;
        };
        let (c, w) = decode_rune(tail);
        if w == width {
            return (c, w);
        }
    }
    (char::REPLACEMENT_CHARACTER, 1)
}

/// The number of characters, where each invalid byte counts as one. Go: `utf8.RuneCount`.
pub fn rune_count(bytes: &[u8]) -> usize {
    bytes.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// The text with each invalid byte replaced by U+FFFD, as in Go's conversion to `[]rune`. Rust's `from_utf8_lossy` replaces a
/// truncated character by a single U+FFFD instead.
pub fn to_valid_utf8(text: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for chunk in text.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(out)
}

/// The characters of a string with their widths, as in `range` over a Go string.
pub fn runes(bytes: &[u8]) -> impl Iterator<Item = (char, usize)> + '_ {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (c, width) = decode_rune(rest);
        let (_, tail) = rest.split_at_checked(width).filter(|(head, _)| !head.is_empty())?;
        rest = tail;
        Some((c, width))
    })
}

/// The first `width` bytes, and the others.
pub fn cut(bytes: &[u8], width: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(width).unwrap_or((bytes, &[]))
}

/// Appends a character as UTF-8.
pub fn push(out: &mut Vec<u8>, c: char) {
    if c.is_ascii() {
        out.push(c as u8);
    } else {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// The string with each character replaced; invalid UTF-8 becomes U+FFFD. Go: `strings.Map`.
pub fn map(bytes: &[u8], mut f: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (c, _) in runes(bytes) {
        push(&mut out, f(c));
    }
    out
}

/// `unicode.IsLetter`: category L.
pub fn is_letter(c: char) -> bool {
    static TABLE: OnceLock<Ranges> = OnceLock::new();
    if c.is_ascii() { c.is_ascii_alphabetic() } else { contains(&TABLE, r"\pL", c) }
}

/// `unicode.IsUpper`: category Lu.
pub fn is_upper(c: char) -> bool {
    static TABLE: OnceLock<Ranges> = OnceLock::new();
    if c.is_ascii() { c.is_ascii_uppercase() } else { contains(&TABLE, r"\p{Lu}", c) }
}

/// `unicode.IsLower`: category Ll.
pub fn is_lower(c: char) -> bool {
    static TABLE: OnceLock<Ranges> = OnceLock::new();
    if c.is_ascii() { c.is_ascii_lowercase() } else { contains(&TABLE, r"\p{Ll}", c) }
}

/// `unicode.IsTitle`: category Lt.
pub fn is_title(c: char) -> bool {
    static TABLE: OnceLock<Ranges> = OnceLock::new();
    !c.is_ascii() && contains(&TABLE, r"\p{Lt}", c)
}

/// `unicode.IsPunct`: category P.
pub fn is_punct(c: char) -> bool {
    static TABLE: OnceLock<Ranges> = OnceLock::new();
    contains(&TABLE, r"\pP", c)
}

/// `unicode.IsNumber`: category N.
pub fn is_number(c: char) -> bool {
    c.is_numeric()
}

/// `unicode.IsDigit`: category Nd.
pub fn is_digit(c: char) -> bool {
    static TABLE: OnceLock<Ranges> = OnceLock::new();
    if c.is_ascii() { c.is_ascii_digit() } else { contains(&TABLE, r"\p{Nd}", c) }
}

/// `unicode.IsSpace`: the `White_Space` property.
pub fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// `unicode.ToLower`: one character for one.
pub fn to_lower(c: char) -> char {
    if c == '\u{130}' { 'i' } else { single(c.to_lowercase(), c) }
}

/// `unicode.ToUpper`: one character for one.
pub fn to_upper(c: char) -> char {
    match c {
        // whose full mapping has two characters, and which have a simple one too
        '\u{1F80}'..='\u{1F87}' | '\u{1F90}'..='\u{1F97}' | '\u{1FA0}'..='\u{1FA7}' => shift(c, 8),
        '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => shift(c, 9),
        _ => single(c.to_uppercase(), c),
    }
}

/// `unicode.ToTitle`: one character for one.
pub fn to_title(c: char) -> char {
    match c {
        '\u{1C4}'..='\u{1C6}' => '\u{1C5}',
        '\u{1C7}'..='\u{1C9}' => '\u{1C8}',
        '\u{1CA}'..='\u{1CC}' => '\u{1CB}',
        '\u{1F1}'..='\u{1F3}' => '\u{1F2}',
        '\u{10D0}'..='\u{10FA}' | '\u{10FD}'..='\u{10FF}' => c,
        _ => to_upper(c),
    }
}

type Ranges = Vec<(char, char)>;

fn contains(table: &'static OnceLock<Ranges>, class: &str, c: char) -> bool {
    let ranges = table.get_or_init(|| ranges_of(class));
    let after = ranges.partition_point(|&(start, _)| start <= c);
    after.checked_sub(1).and_then(|i| ranges.get(i)).is_some_and(|&(_, end)| c <= end)
}

/// The sorted ranges of a class, from the tables of the regular expression engine.
fn ranges_of(class: &str) -> Ranges {
    let hir = regex_syntax::parse(class);
    match hir.as_ref().map(regex_syntax::hir::Hir::kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.iter().map(|r| (r.start(), r.end())).collect(),
        _ => Vec::new(),
    }
}

fn single(mut mapped: impl Iterator<Item = char>, otherwise: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(c), None) => c,
        _ => otherwise,
    }
}

fn shift(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_as_go_does() {
        let decoded: Vec<_> = runes(b"a\xC3\xA9\xFFb\xE2\x82").collect();
        let bad = ('\u{FFFD}', 1);
        assert_eq!(decoded, [('a', 1), ('é', 2), bad, ('b', 1), bad, bad]);
        assert_eq!(decode_last_rune("x€".as_bytes()), ('€', 3));
        assert_eq!(decode_last_rune(b"x\x82"), bad);
        assert_eq!(decode_last_rune(b""), ('\u{FFFD}', 0));
    }

    #[test]
    fn case_is_one_to_one() {
        for (c, upper, lower, title) in [
            ('ß', 'ß', 'ß', 'ß'),
            ('ᾳ', 'ᾼ', 'ᾳ', 'ᾼ'),
            ('İ', 'İ', 'i', 'İ'),
            ('\u{1C6}', '\u{1C4}', '\u{1C6}', '\u{1C5}'),
            ('ა', 'Ა', 'ა', 'ა'),
            ('ÿ', 'Ÿ', 'ÿ', 'Ÿ'),
        ] {
            assert_eq!((to_upper(c), to_lower(c), to_title(c)), (upper, lower, title), "{c}");
        }
    }
}
