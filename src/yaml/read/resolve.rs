//! What a scalar is: YAML 1.1 as go-yaml v2 reads it. go-yaml: `resolve.go`.

use super::tree::Tag;

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

impl Resolved {
    fn tag(self) -> Tag {
        match self {
            Resolved::Null => Tag::Null,
            Resolved::Bool(_) => Tag::Bool,
            Resolved::Int(_) | Resolved::Uint(_) => Tag::Int,
            Resolved::Float(_) => Tag::Float,
            Resolved::Str => Tag::Str,
            Resolved::Binary => Tag::Binary,
        }
    }
}

/// Resolves the text of a scalar with a tag. The error is the tag of what the text is, where that is not `tag`.
pub(super) fn resolve(tag: Tag, text: &[u8]) -> Result<Resolved, Tag> {
    match tag {
        Tag::None => return Ok(resolve_plain(text)),
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
        (_, resolved) if resolved.tag() == tag => Ok(resolved),
        (_, resolved) => Err(resolved.tag()),
    }
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
    // a sign after the prefix: `0b-1`
    if let Some(digits) = plain.strip_prefix(b"0b")
        && let Some(number) = signed(digits, 2)
    {
        return number;
    }
    Resolved::Str
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

/// Digits that may follow a sign. Go: `strconv.ParseInt(s, base, 64)`, then `ParseUint`.
fn signed(text: &[u8], base: u32) -> Option<Resolved> {
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

/// Whether the text is a point in time as go-yaml knows them. Go: `time.Parse` with go-yaml's four layouts.
fn is_timestamp(text: &[u8]) -> bool {
    timestamp(text).is_some()
}

fn timestamp(text: &[u8]) -> Option<()> {
    let (year, rest) = text.split_at_checked(4)?;
    let year = magnitude(year, 10)?;
    let (month, rest) = one_or_two(rest.strip_prefix(b"-")?)?;
    let (day, rest) = one_or_two(rest.strip_prefix(b"-")?)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days).contains(&day) {
        return None;
    }
    let (zoned, rest) = match rest {
        [] => return Some(()),
        [b'T' | b't', rest @ ..] => (true, rest),
        [b' ', ..] => (false, rest.trim_ascii_start()),
        _ => return None,
    };
    let (hour, rest) = one_or_two(rest)?;
    let (minute, rest) = one_or_two(rest.strip_prefix(b":")?)?;
    let (second, mut rest) = one_or_two(rest.strip_prefix(b":")?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if let [b'.' | b',', fraction @ ..] = rest
        && fraction.first().is_some_and(u8::is_ascii_digit)
    {
        let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        rest = fraction.get(digits..)?;
    }
    match (zoned, rest) {
        (false, []) | (true, b"Z") => Some(()),
        (true, [b'+' | b'-', hour @ .., b':', m1, m2]) if hour.len() == 2 => {
            (magnitude(hour, 10)? <= 24 && magnitude(&[*m1, *m2], 10)? <= 60).then_some(())
        }
        _ => None,
    }
}

fn one_or_two(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take(2).take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((magnitude(number, 10)?, rest))
}

/// The bytes of a text in base64, line breaks ignored. Go: `base64.StdEncoding.DecodeString`.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let mut out = Vec::with_capacity(symbols.len() / 4 * 3);
    if !symbols.len().is_multiple_of(4) {
        return None;
    }
    let mut chunks = symbols.chunks_exact(4).peekable();
    while let Some(chunk) = chunks.next() {
        let padding = chunk.iter().rev().take_while(|&&b| b == b'=').count();
        if padding > 2 || (padding > 0 && chunks.peek().is_some()) {
            return None;
        }
        let mut bits = 0_u32;
        for &symbol in chunk.iter().take(4 - padding) {
            let value = match symbol {
                b'A'..=b'Z' => symbol - b'A',
                b'a'..=b'z' => symbol - b'a' + 26,
                b'0'..=b'9' => symbol - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = (bits << 6) | u32::from(value);
        }
        bits <<= 6 * padding;
        out.extend(bits.to_be_bytes().iter().skip(1).take(3 - padding));
    }
    Some(out)
}
