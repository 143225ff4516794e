//! Resolves scalars that may have a tag. go-yaml: `resolve.go`.

use std::sync::LazyLock;

use data_encoding::{BASE64_NOPAD, Encoding};

use super::tree::{Item, Tag};
use crate::scalar::{Resolved, is_timestamp, resolve_plain};

/// What a scalar is. The error is go-yaml's text.
#[inline]
pub(super) fn resolve(item: &Item<'_>) -> Result<Resolved, String> {
    if item.tag == Tag::None {
        return Ok(if item.implicit { resolve_plain(&item.text) } else { Resolved::Str });
    }
    resolve_tagged(item.tag, &item.text).map_err(|found| {
        let text = String::from_utf8_lossy(&item.text);
        format!("cannot decode {} `{text}` as a {}", found.name(), item.tag.name())
    })
}

/// Resolves the text of a scalar with a tag. The error is the tag of what the text is, where that is not `tag`.
fn resolve_tagged(tag: Tag, text: &[u8]) -> Result<Resolved, Tag> {
    match tag {
        Tag::Str | Tag::Merge | Tag::Other => return Ok(Resolved::Str),
        Tag::Binary => return Ok(Resolved::Binary),
        Tag::Timestamp if text.first().is_some_and(u8::is_ascii_digit) && is_timestamp(text) => {
            return Ok(Resolved::Str);
        }
        _ => {}
    }
    match (tag, resolve_plain(text)) {
        #[allow(clippy::cast_precision_loss)] // Go: `float64(v)`
        (Tag::Float, Resolved::Int(n)) => Ok(Resolved::Float(n as f64)),
        (_, resolved) if tag_of(resolved) == tag => Ok(resolved),
        (_, resolved) => Err(tag_of(resolved)),
    }
}

fn tag_of(resolved: Resolved) -> Tag {
    match resolved {
        Resolved::Null => Tag::Null,
        Resolved::Bool(_) => Tag::Bool,
        Resolved::Int(_) | Resolved::Uint(_) => Tag::Int,
        Resolved::Float(_) => Tag::Float,
        Resolved::Str => Tag::Str,
        Resolved::Binary => Tag::Binary,
    }
}

/// The bytes of a text in base64, line breaks ignored. Go: `base64.StdEncoding.DecodeString`.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    static UNPADDED: LazyLock<Encoding> = LazyLock::new(|| {
        let mut specification = BASE64_NOPAD.specification();
        // Go does not look at the bits that are left over
        specification.check_trailing_bits = false;
        specification.encoding().unwrap_or(BASE64_NOPAD)
    });
    let symbols: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    if !symbols.len().is_multiple_of(4) {
        return None;
    }
    let padding = symbols.iter().rev().take(2).take_while(|b| **b == b'=').count();
    UNPADDED.decode(symbols.get(..symbols.len() - padding)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_as_go_does() {
        for (text, want) in [
            ("", Some(&b""[..])),
            ("aGk=", Some(b"hi")),
            ("aG\r\nk=\n", Some(b"hi")),
            ("aGl=", Some(b"hi")),
            ("YQ==", Some(b"a")),
            ("aGk", None),
            ("aG=k", None),
            ("YQ==YQ==", None),
            ("a===", None),
            ("====", None),
            ("aG-=", None),
        ] {
            assert_eq!(decode_base64(text.as_bytes()).as_deref(), want, "{text:?}");
        }
    }
}
