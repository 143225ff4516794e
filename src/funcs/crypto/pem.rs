//! PEM blocks and base64 as Go reads and writes them. Go: `encoding/pem`, `encoding/base64`.

use data_encoding::BASE64;
use memchr::memmem;

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
pub(super) fn encode(kind: &str, bytes: &[u8]) -> String {
    let base64 = BASE64.encode(bytes);
    let mut out = String::with_capacity(base64.len() + base64.len() / 64 + 2 * kind.len() + 40);
    out.push_str("-----BEGIN ");
    out.push_str(kind);
    out.push_str("-----\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(64).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out.push_str("-----END ");
    out.push_str(kind);
    out.push_str("-----\n");
    out
}

/// Decodes standard base64 with padding; line breaks do not count. Errors: the place that Go names.
pub(super) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let error = |at: usize| format!("illegal base64 data at input byte {at}");
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut chars = text.iter().copied().enumerate().filter(|(_, c)| !matches!(c, b'\n' | b'\r'));
    loop {
        let mut quantum = [0_u8; 4];
        let mut count = 0;
        while let Some(slot) = quantum.get_mut(count) {
            let Some((at, c)) = chars.next() else {
                // Go names the place where the piece that is too short began
                return if count == 0 { Ok(out) } else { Err(error(text.len() - count)) };
            };
            match sextet(c) {
                Some(bits) => *slot = bits,
                None if c == b'=' && count >= 2 => {
                    if count == 2 {
                        match chars.next() {
                            None => return Err(error(text.len())),
                            Some((_, b'=')) => {}
                            // Go names the byte before it
                            Some((at, _)) => return Err(error(at - 1)),
                        }
                    }
                    if let Some((at, _)) = chars.next() {
                        return Err(error(at));
                    }
                    let [a, b, c, _] = quantum;
                    out.push(a << 2 | b >> 4);
                    if count == 3 {
                        out.push(b << 4 | c >> 2);
                    }
                    return Ok(out);
                }
                None => return Err(error(at)),
            }
            count += 1;
        }
        let [a, b, c, d] = quantum;
        out.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
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
    Some(Block { kind, bytes: decode_base64(&base64).ok()? })
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

fn sextet(c: u8) -> Option<u8> {
    Some(match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
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
    fn base64_errors_name_gos_place() {
        let rows = [
            ("aGVsbG8=", Ok("hello")),
            ("aGVs\nbG8=\n", Ok("hello")),
            ("", Ok("")),
            ("!!!", Err(0)),
            ("b", Err(0)),
            ("abc", Err(0)),
            ("YWJj=", Err(4)),
            ("aGVsbG8", Err(4)),
            ("YQ=", Err(3)),
            ("YQ==x", Err(4)),
            ("YQ=x", Err(2)),
            ("=", Err(0)),
            ("Y=", Err(1)),
            ("YQ\n=", Err(4)),
            ("YWJj\nYQ", Err(5)),
            ("YWJj\nY\nQ\n", Err(7)),
            ("YWJjZ*", Err(5)),
        ];
        for (text, expected) in rows {
            let expected = expected
                .map(|t: &str| t.as_bytes().to_vec())
                .map_err(|at| format!("illegal base64 data at input byte {at}"));
            assert_eq!(decode_base64(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn lines_have_64_characters() {
        assert_eq!(encode("A", &[0; 3]), "-----BEGIN A-----\nAAAA\n-----END A-----\n");
        let text = encode("A", &[0; 49]);
        assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [17, 64, 4, 15]);
        assert_eq!(decode(text.as_bytes()).unwrap().bytes, [0; 49]);
    }
}
