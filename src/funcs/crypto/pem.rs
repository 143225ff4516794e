//! PEM blocks as Go reads and writes them. Go: `encoding/pem`.
//!
//! Reading is by hand: Go takes headers, lines of any length and text around blocks, which `pem-rfc7468` refuses.

use der::pem::{LineEnding, encode_string};
use memchr::memmem;

use crate::funcs::encoding::decode64;

/// The first block of a text: its type and its bytes.
pub(super) struct Block<'a> {
    pub(super) kind: &'a [u8],
    pub(super) bytes: Vec<u8>,
}

/// The first complete block of a text; what stands around blocks does not matter.
pub(super) fn decode(text: &[u8]) -> Option<Block<'_>> {
    let mut rest = text;
    loop {
        // the first END line, and the last BEGIN line before it
        let end = memmem::find(rest, END)?;
        let (before, after_end) = rest.split_at_checked(end)?;
        let next = after_end.get(END.len()..)?;
        if let Some(block) = decode_block(before, next) {
            return Some(block);
        }
        rest = next;
    }
}

/// A block with lines of 64 characters.
pub(super) fn encode(kind: &str, bytes: &[u8]) -> Result<String, String> {
    encode_string(kind, LineEnding::LF, bytes).map_err(|e| e.to_string())
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const END_OF_LINE: &[u8] = b"-----";

fn decode_block<'a>(before: &'a [u8], after_end: &'a [u8]) -> Option<Block<'a>> {
    let begin = memmem::rfind(before, BEGIN)?;
    if begin > 0 && before.get(begin - 1) != Some(&b'\n') {
        return None;
    }
    let (type_line, mut body) = line(before.get(begin + BEGIN.len()..)?);
    let kind = type_line.strip_suffix(END_OF_LINE)?;
    // headers end at the first line without a colon
    while let (header, rest) = line(body)
        && header.contains(&b':')
    {
        body = rest;
    }
    let after_kind = after_end.strip_prefix(kind)?.strip_prefix(END_OF_LINE)?;
    if !line(after_kind).0.is_empty() {
        return None;
    }
    let base64: Vec<u8> = body.iter().copied().filter(|c| !matches!(c, b' ' | b'\t')).collect();
    Some(Block { kind, bytes: decode64(&base64).ok()? })
}

/// The first line without the space at its end, and what follows it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', text) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => (text, &[][..]),
    };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let blank = line.iter().rev().take_while(|c| matches!(c, b' ' | b'\t')).count();
    (line.get(..line.len() - blank).unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_as_go_finds_them() {
        type Row = (&'static str, Option<(&'static str, &'static [u8])>);
        let rows: &[Row] = &[
            ("-----BEGIN A-----\nAAAA\n-----END A-----\n", Some(("A", &[0, 0, 0]))),
            ("x\n-----BEGIN A B-----\r\nAA\r\nAA\r\n-----END A B-----", Some(("A B", &[0, 0, 0]))),
            ("x-----BEGIN A-----\nAAAA\n-----END A-----\n", None),
            ("-----BEGIN A-----\nAAAA\n-----END B-----\n", None),
            ("-----BEGIN A-----\nk: v\n\nAAAA\n-----END A-----\n", Some(("A", &[0, 0, 0]))),
            ("-----BEGIN A-----\nA!AA\n-----END A-----\n", None),
            ("-----BEGIN A-----\n-----END A-----\n", Some(("A", &[]))),
            ("-----BEGIN X-----\n-----BEGIN A-----\nAAAA\n-----END A-----\n", Some(("A", &[0, 0, 0]))),
            ("", None),
        ];
        for (text, expected) in rows {
            let block = decode(text.as_bytes());
            let found = block.as_ref().map(|b| (std::str::from_utf8(b.kind).unwrap(), b.bytes.as_slice()));
            assert_eq!(&found, expected, "{text:?}");
        }
    }

    #[test]
    fn lines_have_64_characters() {
        assert_eq!(encode("A", &[0; 3]).unwrap(), "-----BEGIN A-----\nAAAA\n-----END A-----\n");
        let text = encode("A", &[0; 49]).unwrap();
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [17, 64, 4, 15]);
        assert_eq!(decode(text.as_bytes()).unwrap().bytes, [0; 49]);
    }
}
