//! Formats floats like Go's `strconv.FormatFloat`.

use std::fmt::Write as _;

use super::{append_int, append_uint};

/// More significant digits or decimals than any `float64` has; what lies beyond is zeros.
const EXACT: usize = 1100;

/// A `float64` in one of Go's formats (`b e E f g G x X`); precision -1 is the shortest text that reads back the same.
/// Go: `strconv.FormatFloat(f, verb, precision, 64)`.
pub fn format_float(f: f64, verb: u8, precision: i32) -> String {
    let mut out = Vec::with_capacity(24);
    append_float(&mut out, f, verb, precision);
    // every format is ASCII
    String::from_utf8(out).unwrap_or_default()
}

/// A number where a string is expected, as in sigs.k8s.io/yaml: `1.10` is `1.1` and `1e6` is `1e+06`.
/// Go: `strconv.FormatFloat(f, 'g', -1, 32)`.
#[allow(clippy::cast_possible_truncation)] // on purpose: the text is that of a float32
pub fn float32_text(f: f64) -> String {
    let f = f as f32;
    if f.is_nan() {
        return "NaN".to_owned();
    }
    if f.is_infinite() {
        return if f > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let shortest = format!("{f:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{f}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Appends the result of [`format_float`].
pub fn append_float(out: &mut Vec<u8>, f: f64, verb: u8, precision: i32) {
    if !f.is_finite() {
        let name: &[u8] = match f {
            _ if f.is_nan() => b"NaN",
            _ if f < 0.0 => b"-Inf",
            _ => b"+Inf",
        };
        out.extend_from_slice(name);
        return;
    }
    if verb == b'g' && precision < 0 && small_int(out, f, 1e6) {
        return;
    }
    if !matches!(verb, b'b' | b'e' | b'E' | b'f' | b'g' | b'G' | b'x' | b'X') {
        out.extend_from_slice(&[b'%', verb]);
        return;
    }
    if f.is_sign_negative() {
        out.push(b'-');
    }
    let f = f.abs();
    match (verb, usize::try_from(precision).ok()) {
        (b'b', _) => {
            let (mantissa, exponent) = parts(f);
            append_uint(out, mantissa);
            out.push(b'p');
            if exponent >= 0 {
                out.push(b'+');
            }
            append_int(out, i64::from(exponent));
        }
        (b'x' | b'X', precision) => hexadecimal(out, f, verb, precision),
        (b'f', Some(precision)) => {
            let mut text = String::new();
            let _ = write!(text, "{f:.*}", precision.min(EXACT));
            out.extend_from_slice(text.as_bytes());
            out.resize(out.len() + precision.saturating_sub(EXACT), b'0');
        }
        (b'f', None) => {
            let digits = Digits::shortest(f);
            plain(out, &digits, usize::try_from(digits.len() - digits.point).unwrap_or(0));
        }
        (b'e' | b'E', Some(precision)) => scientific(out, &Digits::rounded(f, precision + 1), precision, verb),
        (b'e' | b'E', None) => {
            let digits = Digits::shortest(f);
            scientific(out, &digits, digits.digits.len().saturating_sub(1), verb);
        }
        (_, Some(precision)) => {
            let precision = precision.max(1);
            let mut digits = Digits::rounded(f, precision);
            digits.trim();
            general(out, &digits, i32::try_from(precision).unwrap_or(i32::MAX), verb, false);
        }
        (_, None) => {
            let digits = Digits::shortest(f);
            general(out, &digits, digits.len(), verb, true);
        }
    }
}

/// Appends an integer smaller than `limit`; most floats of values files are such.
#[allow(clippy::float_cmp)] // exactly whole
pub fn small_int(out: &mut Vec<u8>, f: f64, limit: f64) -> bool {
    if !(f.abs() < limit && f.trunc() == f && (f != 0.0 || f.is_sign_positive())) {
        return false;
    }
    #[allow(clippy::cast_possible_truncation)] // whole and small
    append_int(out, f as i64);
    true
}

/// The decimal digits of a number: `0.DIGITS * 10^point`. Zero has no digits.
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

impl Digits {
    /// The fewest digits that read back as `f`.
    fn shortest(f: f64) -> Self {
        let digits = Digits::parse(&format!("{f:e}"), f);
        if digits.digits.len() < 16 {
            return digits;
        }
        // where two texts are equally near, Go takes the even one; that can only be with 16 or 17 digits
        let text = format!("{f:.*e}", digits.digits.len() - 1);
        if text.parse() == Ok(f) { Digits::parse(&text, f) } else { digits }
    }

    /// `f` rounded to `count` digits, or all of them.
    fn rounded(f: f64, count: usize) -> Self {
        Digits::parse(&format!("{f:.*e}", count.clamp(1, EXACT) - 1), f)
    }

    fn parse(text: &str, f: f64) -> Self {
        if f == 0.0 {
            return Digits { digits: Vec::new(), point: 0 };
        }
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        Digits { digits, point: exponent.parse::<i32>().unwrap_or(0) + 1 }
    }

    fn trim(&mut self) {
        let zeros = self.digits.iter().rev().take_while(|d| **d == b'0').count();
        self.digits.truncate(self.digits.len() - zeros);
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // at most `EXACT`
    fn len(&self) -> i32 {
        self.digits.len() as i32
    }

    fn at(&self, i: i32) -> u8 {
        usize::try_from(i).ok().and_then(|i| self.digits.get(i)).copied().unwrap_or(b'0')
    }
}

/// `%g`: scientific for small and large exponents.
fn general(out: &mut Vec<u8>, digits: &Digits, precision: i32, verb: u8, shortest: bool) {
    let mut large = precision;
    if large > digits.len() && digits.len() >= digits.point {
        large = digits.len();
    }
    if shortest {
        large = 6;
    }
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= large {
        let precision = precision.min(digits.len()) - 1;
        scientific(out, digits, usize::try_from(precision).unwrap_or(0), verb - 2);
    } else {
        let precision = if precision > digits.point { digits.len() } else { precision };
        plain(out, digits, usize::try_from(precision - digits.point).unwrap_or(0));
    }
}

/// `d.ddde+dd`
fn scientific(out: &mut Vec<u8>, digits: &Digits, precision: usize, e: u8) {
    out.push(digits.at(0));
    if precision > 0 {
        out.push(b'.');
        let decimals = digits.digits.get(1..).unwrap_or_default();
        let decimals = decimals.get(..precision).unwrap_or(decimals);
        out.extend_from_slice(decimals);
        out.resize(out.len() + precision - decimals.len(), b'0');
    }
    out.push(e);
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    out.push(if exponent < 0 { b'-' } else { b'+' });
    if exponent.abs() < 10 {
        out.push(b'0');
    }
    append_uint(out, u64::from(exponent.unsigned_abs()));
}

/// `ddd.ddd`
fn plain(out: &mut Vec<u8>, digits: &Digits, precision: usize) {
    if digits.point > 0 {
        out.extend((0..digits.point).map(|i| digits.at(i)));
    } else {
        out.push(b'0');
    }
    if precision > 0 {
        out.push(b'.');
        let decimals = i32::try_from(precision).unwrap_or(i32::MAX);
        out.extend((0..decimals).map(|i| digits.at(digits.point.saturating_add(i))));
    }
}

/// Mantissa and binary exponent of a number that is not negative.
fn parts(f: f64) -> (u64, i32) {
    let bits = f.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    let exponent = i32::try_from(bits >> 52).unwrap_or(0);
    if exponent == 0 { (mantissa, -1074) } else { (mantissa | 1 << 52, exponent - 1075) }
}

/// `0x1.8p+01`
fn hexadecimal(out: &mut Vec<u8>, f: f64, verb: u8, precision: Option<usize>) {
    let (mut mantissa, mut exponent) = parts(f);
    // the leading 1 goes to bit 60
    exponent += 52;
    if mantissa == 0 {
        exponent = 0;
    }
    mantissa <<= 8;
    while mantissa != 0 && mantissa & (1 << 60) == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|p| *p < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & ((1 << 60) - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    out.extend_from_slice(&[b'0', verb, b'0' + ((mantissa >> 60) & 1) as u8]);
    mantissa <<= 4;
    let count = precision.unwrap_or_else(|| (64 - mantissa.trailing_zeros() as usize).div_ceil(4));
    if count > 0 {
        out.push(b'.');
    }
    for _ in 0..count {
        let digit = char::from_digit((mantissa >> 60) as u32, 16).unwrap_or('0') as u8;
        mantissa <<= 4;
        out.push(if verb == b'X' { digit.to_ascii_uppercase() } else { digit });
    }
    out.push(if verb == b'x' { b'p' } else { b'P' });
    out.push(if exponent < 0 { b'-' } else { b'+' });
    if exponent.abs() < 10 {
        out.push(b'0');
    }
    append_uint(out, u64::from(exponent.unsigned_abs()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::excessive_precision)] // exact, unlike the shortest texts
    fn halfway_between_two_shortest_texts() {
        for (f, expected) in [
            (2_241_337_792_479_759.25, "2.2413377924797592e+15"),
            (2_241_337_792_479_759.75, "2.2413377924797598e+15"),
            (183_724_417_112_267.625, "1.8372441711226762e+14"),
            (637_413_855_626_521.25, "6.374138556265212e+14"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(format_float(f, b'g', -1), expected);
        }
    }

    #[test]
    fn numbers_where_a_string_is_wanted() {
        for (number, want) in [
            (1.1, "1.1"),
            (-2.5, "-2.5"),
            (1e5, "100000"),
            (1e6, "1e+06"),
            (123_456.7, "123456.7"),
            (100_000.5, "100000.5"),
            (1_234_567.0, "1.234567e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (123_400_000.0, "1.234e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.234_567_89, "1.2345679"),
            (2.345_678_912_345, "2.3456788"),
            (1e300, "+Inf"),
        ] {
            assert_eq!(float32_text(number), want);
        }
    }
}
