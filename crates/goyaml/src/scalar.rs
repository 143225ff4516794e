//! Resolves plain scalars as go-yaml reads YAML 1.1, and thus determines which strings must be quoted in output. go-yaml:
//! `resolve.go`, and `isBase60Float` in `encode.go`.

use go::time::days_in;

/// A resolved scalar. A string is the text itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Resolved {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str,
    /// The text in base64.
    Binary,
}

/// Resolves the text of a plain scalar without a tag.
#[inline]
pub(super) fn resolve_plain(text: &[u8]) -> Resolved {
    let Some(&first) = text.first() else {
        return Resolved::Null;
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' => resolve_number(text),
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' if text.len() <= 5 => {
            resolve_word(text)
        }
        b'.' => resolve_dot(text),
        _ => Resolved::Str,
    }
}

/// Whether every YAML parser reads the plain text as a string. Other parsers support times and base-60 numbers (`12:30`), which
/// are strings for [`resolve_plain`]; version 3 of go-yaml (`pretty`) also supports `0o-7`.
#[inline]
pub(super) fn is_string(text: &[u8], pretty: bool) -> bool {
    if !matches!(resolve_plain(text), Resolved::Str) {
        return false;
    }
    let may_be_number = matches!(text.first(), Some(b'0'..=b'9' | b'+' | b'-'));
    let is_signed_octal = || signed_after_prefix(&without_underscores(text), b"0o", 8).is_some();
    !(may_be_number && (is_timestamp(text) || is_base_60(text) || pretty && is_signed_octal()))
}

fn resolve_word(text: &[u8]) -> Resolved {
    match text {
        b"y" | b"Y" | b"yes" | b"Yes" | b"YES" | b"true" | b"True" | b"TRUE" | b"on" | b"On" | b"ON" => {
            Resolved::Bool(true)
        }
        b"n" | b"N" | b"no" | b"No" | b"NO" | b"false" | b"False" | b"FALSE" | b"off" | b"Off" | b"OFF" => {
            Resolved::Bool(false)
        }
        b"~" | b"null" | b"Null" | b"NULL" => Resolved::Null,
        _ => Resolved::Str,
    }
}

fn resolve_dot(text: &[u8]) -> Resolved {
    match text {
        b".nan" | b".NaN" | b".NAN" => return Resolved::Float(f64::NAN),
        b".inf" | b".Inf" | b".INF" => return Resolved::Float(f64::INFINITY),
        _ => {}
    }
    let plain = without_underscores(text);
    // Go: `strconv.ParseFloat` takes an underscore between two digits
    if text.len() != plain.len() && !text.windows(3).filter(|w| w.get(1) == Some(&b'_')).all(is_between_digits)
        || text.ends_with(b"_")
    {
        return Resolved::Str;
    }
    decimal(&plain).map_or(Resolved::Str, Resolved::Float)
}

fn is_between_digits(window: &[u8]) -> bool {
    matches!(window, [b'0'..=b'9', _, b'0'..=b'9'])
}

fn resolve_number(text: &[u8]) -> Resolved {
    if let Some(n) = short_int(text) {
        return Resolved::Int(n);
    }
    match text {
        b"+.inf" | b"+.Inf" | b"+.INF" => return Resolved::Float(f64::INFINITY),
        b"-.inf" | b"-.Inf" | b"-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let plain = without_underscores(text);
    if let Some(number) = int_literal(&plain) {
        return number;
    }
    if let Some(float) = decimal(&plain) {
        return Resolved::Float(float);
    }
    signed_after_prefix(&plain, b"0b", 2).unwrap_or(Resolved::Str)
}

/// The most usual numbers: a few decimal digits.
#[inline]
fn short_int(text: &[u8]) -> Option<i64> {
    if text.len() > 18 || (text.len() > 1 && text.first() == Some(&b'0')) {
        return None;
    }
    text.iter().try_fold(0_i64, |n, b| if b.is_ascii_digit() { Some(n * 10 + i64::from(b - b'0')) } else { None })
}

fn without_underscores(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if text.contains(&b'_') { text.iter().copied().filter(|&b| b != b'_').collect() } else { text.into() }
}

/// An integer as Go writes it, with a prefix for its base. Go: `strconv.ParseInt(s, 0, 64)`, then `ParseUint`.
fn int_literal(text: &[u8]) -> Option<Resolved> {
    let digits = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
        [b'0', b'b' | b'B', digits @ ..] => (2, digits),
        [b'0', b'o' | b'O', digits @ ..] => (8, digits),
        [b'0', digits @ ..] if !digits.is_empty() => (8, digits),
        digits => (10, digits),
    };
    with_sign(text.first().copied(), magnitude(digits, base)?)
}

/// A sign after the prefix (`0b-1`): go-yaml hands what follows the prefix to a parser that takes one.
/// Go: `strconv.ParseInt(s, base, 64)`, then `ParseUint`.
fn signed_after_prefix(text: &[u8], prefix: &[u8], base: u32) -> Option<Resolved> {
    let text = text.strip_prefix(prefix)?;
    let digits = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    with_sign(text.first().copied(), magnitude(digits, base)?)
}

fn magnitude(digits: &[u8], base: u32) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits
        .iter()
        .try_fold(0_u64, |n, &b| n.checked_mul(u64::from(base))?.checked_add(u64::from(char::from(b).to_digit(base)?)))
}

fn with_sign(sign: Option<u8>, magnitude: u64) -> Option<Resolved> {
    match sign {
        Some(b'-') => 0_i64.checked_sub_unsigned(magnitude).map(Resolved::Int),
        Some(b'+') => i64::try_from(magnitude).ok().map(Resolved::Int),
        _ => Some(i64::try_from(magnitude).map_or(Resolved::Uint(magnitude), Resolved::Int)),
    }
}

/// A decimal number that a `float64` can hold. go-yaml: `yamlStyleFloat`.
fn decimal(text: &[u8]) -> Option<f64> {
    let only = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.iter().all(only) {
        return None;
    }
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`: an hour and minute of YAML 1.1.
fn is_base_60(text: &[u8]) -> bool {
    if !text.contains(&b':') {
        return false;
    }
    let text = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let mut parts = text.split(|b| *b == b':');
    let first = parts.next().unwrap_or_default();
    if !first.first().is_some_and(u8::is_ascii_digit) || !first.iter().all(|b| b.is_ascii_digit() || *b == b'_') {
        return false;
    }
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let digits = match part.iter().position(|b| *b == b'.') {
            Some(point) if parts.peek().is_none() => {
                let (digits, decimals) = part.split_at_checked(point).unwrap_or((part, &[]));
                if !decimals.iter().skip(1).all(|b| b.is_ascii_digit() || *b == b'_') {
                    return false;
                }
                digits
            }
            _ => part,
        };
        if !matches!(digits, [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']) {
            return false;
        }
    }
    true
}

/// A date, or a date and time. go-yaml: `parseTimestamp`; Go: `time.Parse`.
pub(super) fn is_timestamp(text: &[u8]) -> bool {
    let [a, b, c, d, b'-', rest @ ..] = text else { return false };
    let Some(year) = number(&[*a, *b, *c, *d]) else { return false };
    let Some((month, rest)) = one_or_two(rest) else { return false };
    let Some((day, rest)) = rest.strip_prefix(b"-").and_then(one_or_two) else { return false };
    if !(1..=days_in(year.into(), month.into())).contains(&day.into()) {
        return false;
    }
    match rest {
        [] => true,
        [b'T' | b't', rest @ ..] => clock(rest).is_some_and(is_zone),
        [b' ', rest @ ..] => {
            let spaces = rest.iter().take_while(|b| **b == b' ').count();
            rest.get(spaces..).and_then(clock).is_some_and(<[u8]>::is_empty)
        }
        _ => false,
    }
}

/// `15:4:5.999`; what follows it.
fn clock(text: &[u8]) -> Option<&[u8]> {
    let (hour, rest) = one_or_two(text)?;
    let (minute, rest) = one_or_two(rest.strip_prefix(b":")?)?;
    let (second, rest) = one_or_two(rest.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    match rest {
        [b'.' | b',', decimals @ ..] if count_digits(decimals) > 0 => decimals.get(count_digits(decimals)..),
        _ => Some(rest),
    }
}

fn is_zone(text: &[u8]) -> bool {
    match text {
        b"Z" => true,
        [b'+' | b'-', a, b, b':', c, d] => {
            number(&[*a, *b]).is_some_and(|hours| hours <= 24) && number(&[*c, *d]).is_some_and(|minutes| minutes <= 60)
        }
        _ => false,
    }
}

/// A number of one digit or two, and what follows it.
fn one_or_two(text: &[u8]) -> Option<(u32, &[u8])> {
    let count = count_digits(text).min(2);
    let (digits, rest) = text.split_at_checked(count)?;
    Some((number(digits)?, rest))
}

fn number(digits: &[u8]) -> Option<u32> {
    let all = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    all.then(|| digits.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0')))
}

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_reads_as_something_else_is_known() {
        let others = [
            "",
            "~",
            "null",
            "y",
            "No",
            "TRUE",
            "off",
            ".inf",
            "-.Inf",
            "+.INF",
            ".NaN",
            "0",
            "-1",
            "+12",
            "1_000",
            "0x1F",
            "-0b101",
            "0o17",
            "0777",
            "08",
            "1.5",
            ".5",
            "1.",
            "1e3",
            "-1.5E-3",
            ".1_2",
            "0b-1",
            "12:30",
            "1:30:45.5",
            "2001-01-01",
            "2001-1-2T3:4:5Z",
            "2001-12-14t21:59:43.10-05:00",
            "2001-12-14  21:59:43.10",
            "18446744073709551615",
            "99999999999999999999",
        ];
        for text in others {
            assert!(!is_string(text.as_bytes(), false), "{text}");
            assert!(!is_string(text.as_bytes(), true), "{text}");
        }
        let strings = [
            "yEs",
            "nul",
            "a",
            "1a",
            "1.2.3",
            "10Gi",
            ".",
            "..",
            "-",
            "+",
            "0x",
            "0xg",
            "1e",
            "1e+",
            "._1",
            ".1_",
            "12:60",
            "12:3x",
            "2001-13-01",
            "2001-02-30",
            "2001-01-01T",
            "2001-01-01 10:00",
            "1e999",
            "0x1ffffffffffffffff",
            "<<",
            "=",
            "-a",
            "--1",
            "+-1",
        ];
        for text in strings {
            assert!(is_string(text.as_bytes(), false), "{text}");
            assert!(is_string(text.as_bytes(), true), "{text}");
        }
        let least = format!("0b-1{}", "0".repeat(63));
        assert!(!is_string(least.as_bytes(), false));
        assert!(is_string(b"0o-7", false));
        assert!(!is_string(b"0o-7", true));
    }
}
