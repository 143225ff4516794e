//! Constants: numbers under every type that can hold them, quoted strings, characters.
//! Go: `parse.newNumber`, `strconv.ParseInt`, `ParseFloat`, `Unquote`.

use std::borrow::Cow;

use crate::value::Complex;
use go::strconv::quote;
use go::utf8::decode_rune;

/// A number, under each type that can hold its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) int: Option<i64>,
    pub(super) uint: Option<u64>,
    pub(super) float: Option<f64>,
    /// A number that ends in `i`.
    pub(super) complex: Option<Complex>,
    /// Whether it is written as a float: what it is where no type is asked for.
    pub(super) floating: bool,
}

/// The number of a character constant, with its quotes.
pub(super) fn character(text: &[u8]) -> Result<Number, String> {
    let body = text.get(1..).unwrap_or_default();
    let (unit, used) = unquote_char(body, b'\'').ok_or("invalid syntax")?;
    if body.get(used..) != Some(b"'") {
        return Err(format!("malformed character constant: {}", String::from_utf8_lossy(text)));
    }
    let rune = match unit {
        Unit::Byte(b) => u32::from(b),
        Unit::Rune(c) => u32::from(c),
    };
    Ok(Number {
        int: Some(i64::from(rune)),
        uint: Some(u64::from(rune)),
        float: Some(f64::from(rune)),
        complex: None,
        floating: false,
    })
}

/// A number as the scanner found it.
pub(super) fn number(text: &[u8]) -> Result<Number, String> {
    let illegal = || format!("illegal number syntax: {}", quote(text));
    let text_str = std::str::from_utf8(text).map_err(|_| illegal())?;
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if let Some(before) = text_str.strip_suffix('i') {
        if let Some((real, imaginary)) = pair(before) {
            return complex(real, imaginary);
        }
        if let Some(imaginary) = parse_float(before) {
            return Ok(simplified(Complex(0.0, imaginary)));
        }
    }
    let signed = digits.len() != text.len();
    let magnitude = parse_uint(digits);
    let mut number = Number { int: None, uint: None, float: None, complex: None, floating: false };
    if let Some(magnitude) = magnitude {
        if !signed {
            number.uint = Some(magnitude);
        }
        number.int = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
        if number.int == Some(0) {
            number.uint = Some(0);
        }
    }
    let marked = text.iter().any(|b| b".eEpP".contains(b));
    let hex = matches!(text, [b'0', b'x' | b'X', _, ..]) && !text.iter().any(|b| b"pP".contains(b));
    number.floating = marked && !hex;
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // as Go converts
    if let Some(int) = number.int {
        number.float = Some(int as f64);
    } else if let Some(uint) = number.uint {
        number.float = Some(uint as f64);
    } else {
        let float = parse_float(text_str).ok_or_else(illegal)?;
        if !marked {
            return Err(format!("integer overflow: {}", quote(text)));
        }
        number.float = Some(float);
        if float.fract() == 0.0 {
            if (-TWO_63..TWO_63).contains(&float) {
                number.int = Some(float as i64);
            }
            if (0.0..TWO_63 * 2.0).contains(&float) {
                number.uint = Some(float as u64);
            }
        }
    }
    Ok(number)
}

/// The two numbers of `1+2`, a complex constant without its `i`; none where it is one number.
fn pair(text: &str) -> Option<(&str, &str)> {
    let sign = text.rfind(['+', '-']).filter(|at| *at > 0)?;
    let (real, imaginary) = text.split_at_checked(sign)?;
    if !is_hex(text) && real.ends_with(['e', 'E']) || real.ends_with(['p', 'P']) {
        // the sign of the last exponent: an earlier one may part the two
        let exponent = real.get(..real.len() - 1)?;
        let (real, _) = pair(exponent)?;
        return Some((real, text.get(real.len()..)?));
    }
    Some((real, imaginary))
}

fn is_hex(text: &str) -> bool {
    text.trim_start_matches(['+', '-']).starts_with(['0']) && text.contains(['x', 'X'])
}

/// Go: `fmt.Sscan` of a complex number.
fn complex(real: &str, imaginary: &str) -> Result<Number, String> {
    let float = |text: &str| match parse_float(text) {
        Some(float) => Ok(float),
        None if !text.ends_with(|c: char| c.is_ascii_digit() || c == '.') => {
            Err("syntax error scanning complex number".to_owned())
        }
        None => Err(format!("strconv.ParseFloat: parsing {}: value out of range", quote(text.as_bytes()))),
    };
    Ok(simplified(Complex(float(real)?, float(imaginary)?)))
}

/// A complex number is one of the other types too, where it has no imaginary part. Go: `NumberNode.simplifyComplex`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // as Go converts
fn simplified(number: Complex) -> Number {
    let float = (number.1 == 0.0).then_some(number.0);
    let whole = float.filter(|f| f.fract() == 0.0);
    Number {
        int: whole.filter(|f| (-TWO_63..TWO_63).contains(f)).map(|f| f as i64),
        uint: whole.filter(|f| (0.0..TWO_63 * 2.0).contains(f)).map(|f| f as u64),
        float,
        complex: Some(number),
        floating: float.is_some(),
    }
}

/// A string in double or back quotes, without them. Go: `strconv.Unquote`.
pub(super) fn unquote(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let body = text.get(1..text.len().checked_sub(1)?)?;
    match text.first()? {
        b'`' if memchr::memchr(b'\r', body).is_none() => Some(body.into()),
        b'`' => Some(body.iter().copied().filter(|b| *b != b'\r').collect()),
        b'"' => {
            if memchr::memchr(b'\\', body).is_none() && std::str::from_utf8(body).is_ok() {
                return Some(body.into());
            }
            let mut out = Vec::with_capacity(body.len());
            let mut rest = body;
            while !rest.is_empty() {
                let (unit, used) = unquote_char(rest, b'"')?;
                match unit {
                    Unit::Byte(b) => out.push(b),
                    Unit::Rune(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                rest = rest.get(used..)?;
            }
            Some(out.into())
        }
        _ => None,
    }
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

enum Unit {
    /// `\x41` and `\101` mean a byte in a string.
    Byte(u8),
    Rune(char),
}

/// The first character of a quoted text and the bytes it takes. Go: `strconv.UnquoteChar`.
fn unquote_char(text: &[u8], quote: u8) -> Option<(Unit, usize)> {
    let first = *text.first()?;
    if first == quote {
        return None;
    }
    if first != b'\\' {
        let (rune, size) = decode_rune(text);
        return Some((Unit::Rune(rune), size));
    }
    let escape = *text.get(1)?;
    let simple = |b: u8| Some((Unit::Byte(b), 2));
    match escape {
        b'a' => simple(7),
        b'b' => simple(8),
        b'f' => simple(12),
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'v' => simple(11),
        b'\\' => simple(b'\\'),
        b'\'' | b'"' if escape == quote => simple(escape),
        b'x' => Some((Unit::Byte(u8::try_from(hex(text.get(2..4)?)?).ok()?), 4)),
        b'u' => Some((Unit::Rune(char::from_u32(hex(text.get(2..6)?)?)?), 6)),
        b'U' => Some((Unit::Rune(char::from_u32(hex(text.get(2..10)?)?)?), 10)),
        b'0'..=b'7' => {
            let mut value = 0u32;
            for digit in text.get(1..4)? {
                if !matches!(digit, b'0'..=b'7') {
                    return None;
                }
                value = value * 8 + u32::from(digit - b'0');
            }
            Some((Unit::Byte(u8::try_from(value).ok()?), 4))
        }
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for digit in digits {
        value = value.checked_mul(16)?.checked_add(char::from(*digit).to_digit(16)?)?;
    }
    Some(value)
}

/// An unsigned integer with Go's prefixes and underscores.
fn parse_uint(text: &[u8]) -> Option<u64> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        [b'0', rest @ ..] if !rest.is_empty() => (8, rest),
        _ => (10, text),
    };
    if digits.is_empty() || !underscores_ok(text) {
        return None;
    }
    let mut value = 0u64;
    let mut any = false;
    for digit in digits.iter().filter(|b| **b != b'_') {
        let digit = char::from(*digit).to_digit(base)?;
        value = value.checked_mul(u64::from(base))?.checked_add(u64::from(digit))?;
        any = true;
    }
    any.then_some(value)
}

/// Whether underscores stand between digits only, or after a prefix. Go: `strconv.underscoreOK`.
fn underscores_ok(text: &[u8]) -> bool {
    if !text.contains(&b'_') {
        return true;
    }
    let text = match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    };
    let (hex, body) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (true, rest),
        [b'0', b'o' | b'O' | b'b' | b'B', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    // a base prefix counts as a digit
    let mut last = if body.len() == text.len() { b'^' } else { b'0' };
    for byte in body {
        if byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit() {
            last = b'0';
        } else if *byte == b'_' {
            if last != b'0' {
                return false;
            }
            last = b'_';
        } else {
            if last == b'_' {
                return false;
            }
            last = b'!';
        }
    }
    last != b'_'
}

fn parse_float(text: &str) -> Option<f64> {
    if !underscores_ok(text.as_bytes()) {
        return None;
    }
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    let (negative, body) = match clean.strip_prefix(['-', '+']) {
        Some(rest) => (clean.starts_with('-'), rest),
        None => (false, clean.as_str()),
    };
    let value = match body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        Some(hex) => parse_hex_float(hex)?,
        None if body.starts_with(|c: char| c.is_ascii_digit() || c == '.') => body.parse().ok()?,
        None => return None,
    };
    let value: f64 = if negative { -value } else { value };
    value.is_finite().then_some(value)
}

/// `1.8p3`, the part after `0x`.
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let mut exponent: i64 = exponent.parse().ok()?;
    let mut value = 0u64;
    let mut seen_point = false;
    let mut any = false;
    for c in mantissa.chars() {
        if c == '.' {
            if seen_point {
                return None;
            }
            seen_point = true;
            continue;
        }
        let digit = c.to_digit(16)?;
        any = true;
        if value >> 58 == 0 {
            value = value << 4 | u64::from(digit);
            if seen_point {
                exponent -= 4;
            }
        } else {
            // beyond the precision: only whether anything was there matters
            value |= u64::from(digit != 0);
            if !seen_point {
                exponent = exponent.saturating_add(4);
            }
        }
    }
    if !any {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // the rounding is wanted
    let mut float = value as f64;
    let mut exponent = i32::try_from(exponent.clamp(-5000, 5000)).ok()?;
    while exponent != 0 {
        let step = exponent.clamp(-1000, 1000);
        float *= 2f64.powi(step);
        exponent -= step;
    }
    Some(float)
}
