//! The content type of a file by its first bytes. Go: `net/http/sniff.go`.

/// Names of elements at the start of a web page; a space or `>` follows.
const ELEMENTS: &[&[u8]] = &[
    b"<!DOCTYPE HTML",
    b"<HTML",
    b"<HEAD",
    b"<SCRIPT",
    b"<IFRAME",
    b"<H1",
    b"<DIV",
    b"<FONT",
    b"<TABLE",
    b"<A",
    b"<STYLE",
    b"<TITLE",
    b"<B",
    b"<BODY",
    b"<BR",
    b"<P",
    b"<!--",
];

/// The first bytes of a type. A `.` in the second of two texts hides a byte that may be anything.
const SIGNATURES: &[(&[u8], &[u8], &str)] = &[
    (b"%PDF-", b"", "application/pdf"),
    (b"%!PS-Adobe-", b"", "application/postscript"),
    (b"\xFE\xFF\0\0", b"xx..", "text/plain; charset=utf-16be"),
    (b"\xFF\xFE\0\0", b"xx..", "text/plain; charset=utf-16le"),
    (b"\xEF\xBB\xBF\0", b"xxx.", "text/plain; charset=utf-8"),
    (b"\x00\x00\x01\x00", b"", "image/x-icon"),
    (b"\x00\x00\x02\x00", b"", "image/x-icon"),
    (b"BM", b"", "image/bmp"),
    (b"GIF87a", b"", "image/gif"),
    (b"GIF89a", b"", "image/gif"),
    (b"RIFF\0\0\0\0WEBPVP", b"xxxx....xxxxxx", "image/webp"),
    (b"\x89PNG\x0D\x0A\x1A\x0A", b"", "image/png"),
    (b"\xFF\xD8\xFF", b"", "image/jpeg"),
    (b"FORM\0\0\0\0AIFF", b"xxxx....xxxx", "audio/aiff"),
    (b"ID3", b"", "audio/mpeg"),
    (b"OggS\x00", b"", "application/ogg"),
    (b"MThd\x00\x00\x00\x06", b"", "audio/midi"),
    (b"RIFF\0\0\0\0AVI ", b"xxxx....xxxx", "video/avi"),
    (b"RIFF\0\0\0\0WAVE", b"xxxx....xxxx", "audio/wave"),
    (b"\x1A\x45\xDF\xA3", b"", "video/webm"),
    (
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0LP",
        b"..................................xx",
        "application/vnd.ms-fontobject",
    ),
    (b"\x00\x01\x00\x00", b"", "font/ttf"),
    (b"OTTO", b"", "font/otf"),
    (b"ttcf", b"", "font/collection"),
    (b"wOFF", b"", "font/woff"),
    (b"wOF2", b"", "font/woff2"),
    (b"\x1F\x8B\x08", b"", "application/x-gzip"),
    (b"PK\x03\x04", b"", "application/zip"),
    (b"Rar!\x1A\x07\x00", b"", "application/x-rar-compressed"),
    (b"Rar!\x1A\x07\x01\x00", b"", "application/x-rar-compressed"),
    (b"\x00\x61\x73\x6D", b"", "application/wasm"),
];

/// The content type of a file with these first bytes, at most 512; the bytes after the end of the file are zero, as Helm
/// passes them. Go: `http.DetectContentType`.
pub(super) fn content_type(head: &[u8]) -> &'static str {
    let mut bytes = head.to_vec();
    bytes.resize(512, 0);
    let start = bytes.iter().take_while(|b| matches!(b, b'\t' | b'\n' | 0x0C | b'\r' | b' ')).count();
    let text = bytes.get(start..).unwrap_or_default();
    if ELEMENTS.iter().any(|name| is_element(text, name)) {
        return "text/html; charset=utf-8";
    }
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    if let Some((_, _, kind)) = SIGNATURES.iter().find(|(first, mask, _)| is_signed(&bytes, first, mask)) {
        return kind;
    }
    if is_mp4(&bytes) {
        return "video/mp4";
    }
    let binary = |b: &u8| matches!(b, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    if text.iter().any(binary) { "application/octet-stream" } else { "text/plain; charset=utf-8" }
}

fn is_element(text: &[u8], name: &[u8]) -> bool {
    let starts = text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    starts && text.get(name.len()).is_some_and(|after| matches!(after, b' ' | b'>'))
}

fn is_signed(bytes: &[u8], first: &[u8], mask: &[u8]) -> bool {
    let hidden = |at: usize| mask.get(at) == Some(&b'.');
    bytes.len() >= first.len() && first.iter().zip(bytes).enumerate().all(|(at, (a, b))| hidden(at) || a == b)
}

/// Go: `mp4Sig`.
fn is_mp4(bytes: &[u8]) -> bool {
    let Some((size, _)) = bytes.split_first_chunk::<4>() else { return false };
    let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
    if bytes.len() < 12 || bytes.len() < size || size % 4 != 0 || bytes.get(4..8) != Some(b"ftyp") {
        return false;
    }
    // the four bytes at 12 are the version of the first brand
    (8..size).step_by(4).any(|at| at != 12 && bytes.get(at..at + 3) == Some(b"mp4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_by_the_first_bytes() {
        let long_text = "text ".repeat(103);
        for (head, want) in [
            (b"<!doctype html><p>".as_slice(), "text/html; charset=utf-8"),
            (b"\n  <body class>", "text/html; charset=utf-8"),
            (b"<htmlx>", "application/octet-stream"),
            (b" <?xml version", "text/xml; charset=utf-8"),
            (b"RIFF1234WEBPVP8", "image/webp"),
            (b"BM12", "image/bmp"),
            (b"\xFE\xFF1", "text/plain; charset=utf-16be"),
            (b"\0\0\0\x10ftypmp42\0\0\0\0", "video/mp4"),
            (b"PK\x03\x04", "application/zip"),
            (b"", "application/octet-stream"),
            (b"short text", "application/octet-stream"),
            (long_text.as_bytes(), "text/plain; charset=utf-8"),
        ] {
            assert_eq!(content_type(head.get(..512).unwrap_or(head)), want, "{head:?}");
        }
    }
}
