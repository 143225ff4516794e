//! Wrapping, abbreviating and collecting initials, byte by byte. goutils: `wordutils.go`, `stringutils.go`.

use crate::error::Result;
use crate::limits::Budget;
use go::utf8;

const MARKER: &[u8] = b"...";

/// Breaks text at spaces so that lines are at most `width` long, except for long words. goutils: `WrapCustom`.
pub(super) fn wrap(
    budget: &Budget,
    text: &[u8],
    width: i64,
    new_line: &[u8],
    break_long_words: bool,
) -> Result<Vec<u8>> {
    let new_line = if new_line.is_empty() { b"\n" } else { new_line };
    let width = usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    budget.charge(text.len() as u64)?;
    let mut out = Vec::with_capacity(text.len() + text.len() / width);
    let mut rest = text;
    while rest.len() > width {
        if let Some(tail) = rest.strip_prefix(b" ") {
            rest = tail;
            continue;
        }
        let (line, tail) = utf8::cut(rest, width + 1);
        let (end, next) = if let Some(space) = line.iter().rposition(|&b| b == b' ') {
            (space, space + 1)
        } else if break_long_words {
            (width, width)
        } else if let Some(space) = rest.iter().skip(width).position(|&b| b == b' ') {
            (width + space, width + space + 1)
        } else {
            debug_assert!(line.len() + tail.len() == rest.len());
            out.extend_from_slice(rest);
            return Ok(out);
        };
        budget.charge(new_line.len() as u64)?;
        budget.fits((out.len() + new_line.len() + end) as u64)?;
        out.extend_from_slice(utf8::cut(rest, end).0);
        out.extend_from_slice(new_line);
        rest = utf8::cut(rest, next).1;
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// Text cut to `width` bytes with an ellipsis on one or both sides; `None` if it does not change.
/// Sprig: `abbrev`, `abbrevboth`; goutils: `AbbreviateFull`.
pub(super) fn abbreviate(text: &[u8], offset: i64, width: i64) -> Option<Vec<u8>> {
    if width < 4 || (offset > 0 && width < 7) {
        return None;
    }
    let len = i64::try_from(text.len()).ok().filter(|len| width < *len)?;
    // as far right as the width allows; Go's int overflows if the offset is far below zero
    let right = len - (width - 3);
    let offset = offset.min(len);
    let offset = if len.wrapping_sub(offset) < width - 3 { right } else { offset };
    let width = usize::try_from(width).ok()?;
    let Some(offset) = usize::try_from(offset).ok().filter(|offset| *offset > 4) else {
        return Some([utf8::cut(text, width - 3).0, MARKER].concat());
    };
    if width < 7 {
        return Some(Vec::new());
    }
    let tail = utf8::cut(text, offset).1;
    if tail.len() > width - 3 {
        Some([MARKER, utf8::cut(tail, width - 6).0, MARKER].concat())
    } else {
        Some([MARKER, utf8::cut(text, text.len() - (width - 3)).1].concat())
    }
}

/// The first byte of every word, with each byte read as a Latin-1 character. goutils: `Initials`.
pub(super) fn initials(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_gap = true;
    for c in text.iter().map(|&b| char::from(b)) {
        if utf8::is_space(c) {
            after_gap = true;
        } else if after_gap {
            utf8::push(&mut out, c);
            after_gap = false;
        }
    }
    out
}

/// Text without white space. Each byte is read as a Latin-1 character, so if anything is removed, the remaining bytes beyond
/// ASCII are encoded again. goutils: `DeleteWhiteSpace`.
pub(super) fn delete_white_space(text: &[u8]) -> Option<Vec<u8>> {
    if !text.iter().any(|&b| utf8::is_space(char::from(b))) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.iter().map(|&b| char::from(b)).filter(|&c| !utf8::is_space(c)) {
        utf8::push(&mut out, c);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces() {
        for (text, width, new_line, long, want) in [
            ("hello big world", 5, "", false, "hello\nbig\nworld"),
            ("hello world", 80, "", false, "hello world"),
            ("a verylongword b", 4, "", false, "a\nverylongword\nb"),
            ("a verylongword b", 4, "|", true, "a|very|long|word|b"),
            ("abc", 0, "", true, "a\nb\nc"),
            ("", 5, "", false, ""),
            ("   abc   def", 4, "", false, "abc \n def"),
        ] {
            let got = wrap(&Budget::default(), text.as_bytes(), width, new_line.as_bytes(), long).unwrap();
            assert_eq!(String::from_utf8(got).unwrap(), want, "{text:?} {width}");
        }
    }

    #[test]
    fn abbreviates() {
        for (text, offset, width, want) in [
            ("hello world", 0, 5, Some("he...")),
            ("hello world", 0, 3, None),
            ("hello world", 0, 11, None),
            ("1234 5678 9123", 5, 10, Some("...5678...")),
            ("1234 5678 9123", 12, 10, Some("...78 9123")),
            ("hello world", 2, 6, None),
            ("2001-12-14", i64::MIN, 8, Some("...12-14")),
            ("2001-12-14", i64::MIN, 5, Some("")),
            ("2001-12-14", -1, 8, Some("2001-...")),
        ] {
            let got = abbreviate(text.as_bytes(), offset, width);
            assert_eq!(got.map(|b| String::from_utf8(b).unwrap()).as_deref(), want, "{text:?} {offset} {width}");
        }
    }
}
