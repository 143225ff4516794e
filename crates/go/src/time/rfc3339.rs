//! Times in RFC 3339. Go: `Time.UnmarshalJSON`.

/// Whether Go's `Time.UnmarshalJSON` accepts the text: RFC 3339, with fields in range.
pub fn is_rfc3339(text: &str) -> bool {
    let number = |at: usize, len: usize, max: u32| {
        text.get(at..at + len)
            .filter(|t| t.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|t| t.parse::<u32>().ok())
            .is_some_and(|n| n <= max)
    };
    let byte = |at: usize, want: &[u8]| text.as_bytes().get(at).is_some_and(|b| want.contains(b));
    let head = number(0, 4, 9999)
        && byte(4, b"-")
        && number(5, 2, 12)
        && byte(7, b"-")
        && number(8, 2, 31)
        && byte(10, b"T")
        && number(11, 2, 23)
        && byte(13, b":")
        && number(14, 2, 59)
        && byte(16, b":")
        && number(17, 2, 59);
    let Some(mut rest) = text.get(19..).filter(|_| head) else { return false };
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if end.len() == fraction.len() {
            return false;
        }
        rest = end;
    }
    let zone = rest.as_bytes();
    matches!(zone, b"Z")
        || matches!(zone, [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::is_rfc3339;

    #[test]
    fn rows() {
        for text in ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.5+01:00"] {
            assert!(is_rfc3339(text), "{text}");
        }
        for text in ["2024-01-02", "now", "2024-13-02T03:04:05Z", "2024-01-02T03:04:05.Z", "2024-01-02T03:04:05"] {
            assert!(!is_rfc3339(text), "{text}");
        }
    }
}
