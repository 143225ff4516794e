//! Splits a text at its `---` lines. Helm: `SplitManifests` in `pkg/releaseutil/manifest.go`.

use std::ops::Range;

use memchr::memmem;

/// The documents of a text, in order, without the white space around them.
///
/// A separator is three hyphens at the start of the text or of a line, with all white space around them. It needs no white
/// space after it (`---x` splits too), and splits even inside block scalars. Of two separators with nothing between them, the
/// second one is kept in the text of the next document. Helm: the pattern `(?:^|\s*\n)---\s*`.
pub fn split_manifests(text: &[u8]) -> Vec<&[u8]> {
    split_ranges(text).filter_map(|range| text.get(range)).collect()
}

/// The ranges of the documents of a text.
pub(super) fn split_ranges(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let whole = trim_range(text, 0..text.len());
    let mut pos = whole.start;
    let mut end = Some(whole.end);
    let at_start = bytes(text, &whole).starts_with(SEPARATOR);
    if at_start {
        pos = skip_space(text, pos + SEPARATOR.len(), whole.end);
    }
    let finder = memmem::Finder::new(b"\n---");
    std::iter::from_fn(move || {
        loop {
            let stop = end?;
            let start = pos;
            let mut piece_end = stop;
            match finder.find(bytes(text, &(start..stop))) {
                Some(offset) => {
                    piece_end = start + offset;
                    pos = skip_space(text, piece_end + 1 + SEPARATOR.len(), stop);
                    piece_end = back_over_space(text, start, piece_end);
                }
                None => end = None,
            }
            if piece_end > start {
                return Some(trim_range(text, start..piece_end));
            }
        }
    })
}

/// The text without the white space around it. Go: `strings.TrimSpace`.
pub(super) fn trim_space(text: &[u8]) -> &[u8] {
    bytes(text, &trim_range(text, 0..text.len()))
}

/// The text without trailing white space. Go: `strings.TrimRightFunc` with `unicode.IsSpace`.
pub(super) fn trim_space_end(text: &[u8]) -> &[u8] {
    bytes(text, &trim_end(text, 0..text.len()))
}

const SEPARATOR: &[u8] = b"---";

fn bytes<'a>(text: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    text.get(range.clone()).unwrap_or_default()
}

/// Whether `\s` matches the byte in Go.
fn is_pattern_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn skip_space(text: &[u8], from: usize, end: usize) -> usize {
    from + bytes(text, &(from..end)).iter().take_while(|b| is_pattern_space(**b)).count()
}

fn back_over_space(text: &[u8], start: usize, end: usize) -> usize {
    end - bytes(text, &(start..end)).iter().rev().take_while(|b| is_pattern_space(**b)).count()
}

fn trim_range(text: &[u8], mut range: Range<usize>) -> Range<usize> {
    loop {
        let rest = bytes(text, &range);
        let Some(&first) = rest.first() else { return range };
        let width = if first.is_ascii() { usize::from(is_space(first)) } else { wide_space(rest, true) };
        if width == 0 {
            break;
        }
        range.start += width;
    }
    trim_end(text, range)
}

fn trim_end(text: &[u8], mut range: Range<usize>) -> Range<usize> {
    loop {
        let rest = bytes(text, &range);
        let Some(&last) = rest.last() else { return range };
        let width = if last.is_ascii() { usize::from(is_space(last)) } else { wide_space(rest, false) };
        if width == 0 {
            return range;
        }
        range.end -= width;
    }
}

fn is_space(byte: u8) -> bool {
    is_pattern_space(byte) || byte == 0x0B
}

/// The width of a white space character outside ASCII at the start or end of the text; 0 if there is none.
fn wide_space(text: &[u8], at_start: bool) -> usize {
    for width in [2, 3] {
        let Some(cut) = (if at_start { Some(width) } else { text.len().checked_sub(width) }) else { break };
        let Some((head, tail)) = text.split_at_checked(cut) else { break };
        let part = if at_start { head } else { tail };
        if let Ok(part) = std::str::from_utf8(part) {
            return if part.chars().count() == 1 && part.chars().all(char::is_whitespace) { width } else { 0 };
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_helm_does() {
        let rows: &[(&str, &[&str])] = &[
            ("", &[]),
            ("a", &["a"]),
            ("---", &[]),
            ("---\n---", &["---"]),
            ("--- \n \n---\na", &["---\na"]),
            ("a\n---\nb", &["a", "b"]),
            ("a\n---b", &["a", "b"]),
            ("a\n--- # c\nb\n", &["a", "# c\nb"]),
            ("a\n --- \nb", &["a\n --- \nb"]),
            ("a ---\nb", &["a ---\nb"]),
            ("a\n----\nb", &["a", "-\nb"]),
            ("a\r\n---\r\nb", &["a", "b"]),
            ("\n\n---\n\n\na\n\n\n---\n\n", &["a"]),
            ("a\n---\n---\nb", &["a", "---\nb"]),
            ("a\n---\n---\n---\nb", &["a", "---", "b"]),
            ("a\n---\n\u{a0}\n---\nb", &["a", "", "b"]),
            ("\u{2003}a\u{a0}\n---\n\u{85}b\u{3000}", &["a", "b"]),
            ("a: |\n  x\n---\n  y", &["a: |\n  x", "y"]),
        ];
        for (text, expected) in rows {
            let docs: Vec<_> =
                split_manifests(text.as_bytes()).into_iter().map(|d| std::str::from_utf8(d).unwrap()).collect();
            assert_eq!(&docs, expected, "{text:?}");
        }
    }

    #[test]
    fn many_separators_take_linear_time() {
        let text = b"---\n".repeat(200_000);
        assert_eq!(split_manifests(&text).len(), 100_000);
    }
}
