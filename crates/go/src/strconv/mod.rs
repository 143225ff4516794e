//! Numbers and string literals in Go's form. Go: `strconv`.

mod float;
mod parse;
mod printable;
mod quote;

pub use float::{append_float, float32_text, format_float, small_int};
pub use parse::{NumError, parse_float, parse_int};
pub use printable::is_print;
pub use quote::{can_backquote, quote, quote_char, quote_to_ascii};

/// Appends a decimal integer.
pub fn append_int(out: &mut Vec<u8>, n: i64) {
    if n < 0 {
        out.push(b'-');
    }
    append_uint(out, n.unsigned_abs());
}

/// Appends a decimal integer without a sign.
pub fn append_uint(out: &mut Vec<u8>, mut n: u64) {
    let mut digits = [0_u8; 20];
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + (n % 10) as u8;
        n /= 10;
        used += 1;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_gos_shortest_form() {
        let rows = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (123_456_789.0, "1.23456789e+08"),
            (1e21, "1e+21"),
            (5e-324, "5e-324"),
            (0.1, "0.1"),
            (1e100, "1e+100"),
        ];
        for (f, expected) in rows {
            assert_eq!(format_float(f, b'g', -1), expected);
        }
        assert_eq!(format_float(236_642_391_823_393.13, b'f', -1), "236642391823393.12");
        assert_eq!(format_float(0.5, b'f', 0), "0");
        assert_eq!(format_float(2.5, b'f', 0), "2");
        assert_eq!(format_float(1.0, b'f', 1200).len(), 1202);
    }

    #[test]
    fn quotes_are_gos() {
        let rows: &[(&[u8], &str, &str)] = &[
            (b"a\"b\\", r#""a\"b\\""#, r#""a\"b\\""#),
            (b"\x07\n\x00\x7f\xff", r#""\a\n\x00\x7f\xff""#, r#""\a\n\x00\x7f\xff""#),
            ("é\u{AD}\u{1F600}".as_bytes(), "\"é\\u00ad\u{1F600}\"", r#""\u00e9\u00ad\U0001f600""#),
        ];
        for (text, expected, ascii) in rows {
            assert_eq!(quote(text), *expected);
            assert_eq!(quote_to_ascii(text), *ascii);
        }
    }
}
