//! `html`, `js` and `urlquery`. Go: `text/template/funcs.go`, `net/url.QueryEscape`.

use std::io::Write as _;

use go::strconv::is_print;
use go::utf8::decode_rune;

/// Appends the text with HTML's special characters escaped; returns whether there were any.
pub(super) fn html(text: &[u8], out: &mut Vec<u8>) -> bool {
    let before = out.len();
    for byte in text {
        let escaped: &[u8] = match byte {
            0 => "\u{FFFD}".as_bytes(),
            b'"' => b"&#34;",
            b'\'' => b"&#39;",
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            other => std::slice::from_ref(other),
        };
        out.extend_from_slice(escaped);
    }
    out.len() - before != text.len()
}

/// Appends the text escaped for a JavaScript string; returns whether anything was escaped.
pub(super) fn js(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut special = false;
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let mut size = 1;
        special |= !(b' '..0x80).contains(&byte) || b"\\'\"<>&=".contains(&byte);
        match byte {
            b'\\' => out.extend_from_slice(br"\\"),
            b'\'' => out.extend_from_slice(br"\'"),
            b'"' => out.extend_from_slice(br#"\""#),
            b'<' | b'>' | b'&' | b'=' | 0..b' ' => {
                let _ = write!(out, "\\u{byte:04X}");
            }
            b' '..0x80 => out.push(byte),
            _ => {
                let (rune, width) = decode_rune(rest);
                size = width;
                if is_print(rune) {
                    // unchanged, even if it is not valid UTF-8
                    out.extend_from_slice(rest.get(..width).unwrap_or_default());
                } else {
                    let _ = write!(out, "\\u{:04X}", u32::from(rune));
                }
            }
        }
        rest = rest.get(size..).unwrap_or_default();
    }
    special
}

/// Appends the text escaped for the query of a URL; returns whether anything was escaped.
pub(super) fn url_query(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut escaped = false;
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(*byte);
                continue;
            }
            b' ' => out.push(b'+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        escaped = true;
    }
    escaped
}
