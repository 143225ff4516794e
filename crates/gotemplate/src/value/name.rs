//! File names as text. A name is bytes, nearly always UTF-8. Other bytes are represented by private characters from U+10FF80 on,
//! so that a name can be a `String` everywhere and can be converted back (Python: `surrogateescape`).

use std::borrow::Cow;

/// The character that stands for the byte 0; only bytes from 0x80 on need one.
const BASE: u32 = 0x10_FF00;

/// A name as text.
pub fn name_to_text(name: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(name)
        && !text.chars().any(|c| byte(c).is_some())
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(2 * name.len());
    let escape = |out: &mut String, bytes: &[u8]| {
        out.extend(bytes.iter().filter_map(|b| char::from_u32(BASE + u32::from(*b))));
    };
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            // a name that has such a character itself
            if byte(c).is_some() {
                escape(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.push(c);
            }
        }
        escape(&mut out, chunk.invalid());
    }
    Cow::Owned(out)
}

/// The bytes of a name that [`name_to_text`] made text of.
pub fn text_to_name(text: &str) -> Cow<'_, [u8]> {
    // the first byte of all private characters
    if memchr::memchr(0xF4, text.as_bytes()).is_none() {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte(c) {
            Some(b) => out.push(b),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(out)
}

/// The byte that a character stands for.
fn byte(c: char) -> Option<u8> {
    u32::from(c).checked_sub(BASE).and_then(|b| u8::try_from(b).ok()).filter(|b| *b >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_as_they_went_in() {
        for name in
            [&b"a/b.yaml"[..], b"\xff\xfe.yaml", "é\u{10FF90}".as_bytes(), b"\xe2\x82", b"", "\u{10FF7F}".as_bytes()]
        {
            assert_eq!(*text_to_name(&name_to_text(name)), *name, "{name:?}");
        }
        assert_eq!(name_to_text("é".as_bytes()), "é");
    }
}
