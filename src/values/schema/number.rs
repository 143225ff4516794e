//! Compares numbers of schemas and values exactly, like Go's `big.Rat`, without expanding exponents.

use std::cmp::Ordering;

use crate::value::Value;

/// A decimal number: `0.d1d2d3... * 10^exponent`, without zeros at either end; no digits is zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

/// A number of a schema: its text's value, exactly and as a float.
#[derive(Clone, Debug)]
pub(super) struct Number {
    exact: Decimal,
    float: f64,
}

impl Decimal {
    /// Reads a JSON number (or what Rust prints for a number).
    fn read(text: &str) -> Decimal {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // an exponent beyond i64 is as good as the largest one
        let exponent =
            exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 });
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = digits.iter().take_while(|d| **d == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let shift = i64::try_from(whole.len()).unwrap_or(0) - i64::try_from(zeros).unwrap_or(0);
        if digits.is_empty() {
            return Decimal { negative: false, digits, exponent: 0 };
        }
        Decimal { negative, digits, exponent: exponent.clamp(i64::MIN / 4, i64::MAX / 4) + shift }
    }

    /// The number of a value, by its shortest text; `None` for anything else.
    pub(super) fn of(value: &Value) -> Option<Decimal> {
        Some(match value {
            Value::Float(f) => Decimal::read(&format!("{f:e}")),
            Value::Int(n) | Value::Int64(n) => Decimal::read(&n.to_string()),
            Value::Uint64(n) => Decimal::read(&n.to_string()),
            Value::Uint8(n) => Decimal::read(&n.to_string()),
            _ => return None,
        })
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    fn is_integer(&self) -> bool {
        self.is_zero() || i64::try_from(self.digits.len()).is_ok_and(|len| self.exponent >= len)
    }

    fn compare(&self, other: &Decimal) -> Ordering {
        let sign = |d: &Decimal| {
            if d.is_zero() {
                0
            } else if d.negative {
                -1
            } else {
                1
            }
        };
        sign(self).cmp(&sign(other)).then_with(|| {
            let magnitude = self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
            if self.negative { magnitude.reverse() } else { magnitude }
        })
    }

    /// The digits as a number, and the power of ten of the last one; `None` if there are too many digits.
    fn scaled(&self) -> Option<(u128, i64)> {
        let mantissa = self
            .digits
            .iter()
            .try_fold(0_u128, |n, d| n.checked_mul(10)?.checked_add(u128::from(d.wrapping_sub(b'0'))))?;
        Some((mantissa, self.exponent - i64::try_from(self.digits.len()).ok()?))
    }
}

impl Number {
    /// Reads a JSON number.
    pub(super) fn read(text: &str) -> Number {
        Number { exact: Decimal::read(text), float: text.parse().unwrap_or(0.0) }
    }

    /// The nearest float.
    pub(super) fn float(&self) -> f64 {
        self.float
    }

    /// Whether it is an integer, and then which (the nearest `i64`; Go's `int` wraps).
    pub(super) fn integer(&self) -> Option<i64> {
        if !self.exact.is_integer() {
            return None;
        }
        let (mantissa, power) = self.exact.scaled()?;
        // as `big.Int.Int64`: the low 64 bits
        let mut low = mantissa;
        for _ in 0..power.clamp(0, 128) {
            low = low.wrapping_mul(10);
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
        let low = low as u64 as i64;
        Some(if self.exact.negative { low.wrapping_neg() } else { low })
    }

    /// Compares the number of a value with this one; `None` for anything else.
    pub(super) fn order(&self, value: &Value) -> Option<Ordering> {
        if let Value::Float(f) = value
            && let Some(order @ (Ordering::Less | Ordering::Greater)) = f.partial_cmp(&self.float)
        {
            return Some(order);
        }
        Some(Decimal::of(value)?.compare(&self.exact))
    }

    /// Whether a value's number is a multiple of this one.
    pub(super) fn divides(&self, value: &Value) -> bool {
        let Some(number) = Decimal::of(value) else { return true };
        if number.is_zero() {
            return true;
        }
        let (Some((n, n_power)), Some((d, d_power))) = (number.scaled(), self.exact.scaled()) else {
            // more digits than anybody writes: as exact as a float
            return (float_of(value) / self.float).fract() == 0.0;
        };
        if d == 0 {
            return false;
        }
        let mut power = n_power.saturating_sub(d_power);
        if power < 0 {
            // the divisor grows; once it passes the number nothing is left to divide
            let mut divisor = d;
            while power < 0 {
                match divisor.checked_mul(10) {
                    Some(grown) if grown <= n => divisor = grown,
                    _ => return false,
                }
                power += 1;
            }
            return n % divisor == 0;
        }
        let mut rest = n % d;
        // 10^k mod d: after as many steps as d has bits the powers of two and five in d are used up
        for _ in 0..power.min(256) {
            match rest.checked_mul(10) {
                Some(grown) => rest = grown % d,
                None => return (float_of(value) / self.float).fract() == 0.0,
            }
            if rest == 0 {
                return true;
            }
        }
        rest == 0
    }

    /// Whether a value is this number.
    pub(super) fn equals(&self, value: &Value) -> bool {
        self.order(value) == Some(Ordering::Equal)
    }
}

/// Whether a value's number is an integer.
pub(super) fn is_integer(value: &Value) -> bool {
    match value {
        Value::Float(f) => f.fract() == 0.0,
        Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) => true,
        _ => false,
    }
}

/// The number of a value as a float; 0 for anything else.
#[allow(clippy::cast_precision_loss)]
pub(super) fn float_of(value: &Value) -> f64 {
    match value {
        Value::Float(f) => *f,
        Value::Int(n) | Value::Int64(n) => *n as f64,
        Value::Uint64(n) => *n as f64,
        Value::Uint8(n) => f64::from(*n),
        _ => 0.0,
    }
}

/// A float in English: thousands apart, powers of ten with raised digits. Go: `golang.org/x/text/message` `%v`.
pub(super) fn english_float(f: f64) -> String {
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f != 0.0 && !(-4..6).contains(&exponent) || f.is_infinite() {
        let raised: String = format!("{:02}", exponent.unsigned_abs()).chars().map(raise).collect();
        let sign = if exponent < 0 { "⁻" } else { "" };
        return if f.is_infinite() {
            format!("{}∞", if f < 0.0 { "-" } else { "" })
        } else {
            format!("{mantissa}×10{sign}{raised}")
        };
    }
    let plain = f.to_string();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let grouped = group(whole);
    if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") }
}

/// An integer in English: thousands apart.
pub(super) fn english_int(n: i64) -> String {
    group(&n.to_string())
}

fn group(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let mut out = String::from(sign);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn raise(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        for (number, value, want) in [
            ("1", Value::Float(1.0), Ordering::Equal),
            ("1.0", Value::Int64(1), Ordering::Equal),
            ("0.1", Value::Float(0.1), Ordering::Equal),
            ("0.10000000000000001", Value::Float(0.1), Ordering::Less),
            ("1e400", Value::Float(1e300), Ordering::Less),
            ("1e999999999999999999999", Value::Float(1e300), Ordering::Less),
            ("-1e400", Value::Int64(-3), Ordering::Greater),
            ("9007199254740993", Value::Int64(9_007_199_254_740_993), Ordering::Equal),
            ("9007199254740993", Value::Int64(9_007_199_254_740_992), Ordering::Less),
            ("0", Value::Float(-0.0), Ordering::Equal),
            ("-5", Value::Float(-5.5), Ordering::Less),
        ] {
            assert_eq!(Number::read(number).order(&value), Some(want), "{number} {value:?}");
        }
    }

    #[test]
    fn multiples() {
        for (number, value, want) in [
            ("7", 14.0, true),
            ("7", 15.0, false),
            ("0.1", 0.3, true),
            ("0.01", 19.99, true),
            ("0.01", 19.995, false),
            ("3", 1e300, false),
            ("2", 1e300, true),
            ("1e-300", 5.0, true),
            ("1e300", 5.0, false),
            ("1e300", 0.0, true),
            ("1.5", 4.5, true),
        ] {
            assert_eq!(Number::read(number).divides(&Value::Float(value)), want, "{number} {value}");
        }
    }

    #[test]
    fn floats_in_english() {
        for (f, want) in [
            (1234.5678, "1,234.5678"),
            (1.0, "1"),
            (-5.5, "-5.5"),
            (100_000.0, "100,000"),
            (1_000_000.0, "1×10⁰⁶"),
            (1.2e-6, "1.2×10⁻⁰⁶"),
            (1e300, "1×10³⁰⁰"),
            (0.0001, "0.0001"),
            (0.0, "0"),
        ] {
            assert_eq!(english_float(f), want);
        }
        assert_eq!(english_int(12345), "12,345");
    }
}
