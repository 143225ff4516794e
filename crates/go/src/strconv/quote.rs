//! Go string and character literals, for bytes that may not be UTF-8.

use super::is_print;

/// A double-quoted Go string literal; invalid bytes become `\x..`. Go: `strconv.Quote`.
pub fn quote(text: &[u8]) -> String {
    quoted(text, false)
}

/// A double-quoted Go string literal in ASCII. Go: `strconv.QuoteToASCII`.
pub fn quote_to_ascii(text: &[u8]) -> String {
    quoted(text, true)
}

/// A single-quoted Go character literal, optionally in ASCII. Go: `strconv.QuoteRune`, `QuoteRuneToASCII`.
pub fn quote_char(c: char, ascii: bool) -> String {
    let mut out = String::from("'");
    escape(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

/// Whether the text can be written in back quotes on one line. Go: `strconv.CanBackquote`.
pub fn can_backquote(text: &[u8]) -> bool {
    std::str::from_utf8(text)
        .is_ok_and(|text| text.chars().all(|c| c == '\t' || (c >= ' ' && !matches!(c, '`' | '\u{7F}' | '\u{FEFF}'))))
}

fn quoted(text: &[u8], ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            escape(&mut out, c, '"', ascii);
        }
        for b in chunk.invalid() {
            out.push_str("\\x");
            hex(&mut out, u32::from(*b), 2);
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, c: char, quote: char, ascii: bool) {
    if c == quote || c == '\\' {
        out.push('\\');
        out.push(c);
        return;
    }
    if is_print(c) && (c.is_ascii() || !ascii) {
        out.push(c);
        return;
    }
    let short = match c {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0C' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0B' => 'v',
        _ => {
            let (mark, digits) = match u32::from(c) {
                0..0x20 | 0x7F => ('x', 2),
                0..0x10000 => ('u', 4),
                _ => ('U', 8),
            };
            out.push('\\');
            out.push(mark);
            hex(out, u32::from(c), digits);
            return;
        }
    };
    out.push('\\');
    out.push(short);
}

fn hex(out: &mut String, n: u32, digits: u32) {
    out.extend((0..digits).rev().filter_map(|i| char::from_digit(n >> (4 * i) & 0xF, 16)));
}
