//! Numbers of schemas and values: compared exactly, shown in English.

use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

use go::big::Rat;

use crate::value::{Kind, Object, Value};

/// A number of a schema: its text's value, exactly and as a float.
#[derive(Clone, Debug)]
pub(super) struct Number {
    exact: Rat,
    float: f64,
}

/// A number of a schema that no `float64` holds, as a value that is checked itself. Go: `json.Number`.
#[derive(Debug)]
pub(super) struct Written(String);

impl Written {
    /// The value of a number, as it is written.
    pub(super) fn value(text: &str) -> Value {
        match text.parse::<f64>() {
            // most are whole and short
            Ok(f) if text.len() < 16 && f.fract() == 0.0 && text.bytes().all(|b| b.is_ascii_digit()) => Value::Float(f),
            Ok(f) if f.is_finite() && Rat::read(text).is_some_and(|exact| rat_of(&Value::Float(f)) == Some(exact)) => {
                Value::Float(f)
            }
            _ => Value::Object(Rc::new(Written(text.to_owned()))),
        }
    }
}

impl Object for Written {
    fn type_name(&self) -> &'static str {
        "json.Number"
    }

    fn kind(&self) -> Kind {
        Kind::String
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// How a value's number is written, where it is one.
fn written(value: &Value) -> Option<&str> {
    value.as_object::<Written>().map(|number| number.0.as_str())
}

/// Whether a value is a number.
pub(super) fn is_number(value: &Value) -> bool {
    match value {
        Value::Float(f) => f.is_finite(),
        Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) => true,
        _ => written(value).is_some(),
    }
}

/// A value's number, by its shortest text; `None` for what is not a number, and for one with an exponent that Go does not
/// read.
pub(super) fn rat_of(value: &Value) -> Option<Rat> {
    match value {
        Value::Float(f) => Rat::read(&format!("{f:e}")),
        Value::Int(n) | Value::Int64(n) => Rat::read(&n.to_string()),
        Value::Uint64(n) => Rat::read(&n.to_string()),
        Value::Uint8(n) => Rat::read(&n.to_string()),
        _ => Rat::read(written(value)?),
    }
}

impl Number {
    /// Reads a JSON number; `None` where its exponent is too large for Go.
    pub(super) fn read(text: &str) -> Option<Number> {
        Some(Number { exact: Rat::read(text)?, float: text.parse().unwrap_or(0.0) })
    }

    /// The nearest float.
    pub(super) fn float(&self) -> f64 {
        self.float
    }

    /// Whether it is an integer, and then which. Go's `int` wraps.
    pub(super) fn integer(&self) -> Option<i64> {
        self.exact.is_int().then(|| self.exact.low_bits())
    }

    /// How a value's number stands to this one; `None` where it cannot be read.
    pub(super) fn order(&self, value: &Value) -> Option<Ordering> {
        if let Value::Float(f) = value
            && let Some(order @ (Ordering::Less | Ordering::Greater)) = f.partial_cmp(&self.float)
        {
            return Some(order);
        }
        Some(rat_of(value)?.cmp(&self.exact))
    }

    /// Whether a value's number is a multiple of this one, as [`Rat::divides`] tells it.
    pub(super) fn divides(&self, number: &Rat, pays: impl FnOnce(u64) -> bool) -> Option<bool> {
        self.exact.divides(number, pays)
    }
}

/// Whether a value's number is an integer.
pub(super) fn is_integer(value: &Value) -> bool {
    match value {
        Value::Float(f) => f.fract() == 0.0,
        Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Uint8(_) => true,
        _ => rat_of(value).is_some_and(|number| number.is_int()),
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
        _ => written(value).and_then(|text| text.parse().ok()).unwrap_or(0.0),
    }
}

/// A float in English: thousands apart, powers of ten with raised digits. Go: `golang.org/x/text/message` `%v`.
pub(super) fn english_float(f: f64) -> String {
    if f == 0.0 {
        // zero has no sign
        return "0".to_owned();
    }
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..6).contains(&exponent) || f.is_infinite() {
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
    fn values_are_compared_exactly() {
        for (number, value, want) in [
            ("1", Value::Float(1.0), Some(Ordering::Equal)),
            ("0.10000000000000001", Value::Float(0.1), Some(Ordering::Less)),
            ("1e400", Value::Float(1e300), Some(Ordering::Less)),
            ("-1e400", Value::Int64(-3), Some(Ordering::Greater)),
            ("9007199254740993", Value::Int64(9_007_199_254_740_993), Some(Ordering::Equal)),
            ("9007199254740993", Value::Int64(9_007_199_254_740_992), Some(Ordering::Less)),
            ("0", Value::Float(-0.0), Some(Ordering::Equal)),
            ("0", Written::value("1e-400"), Some(Ordering::Greater)),
            ("0", Written::value("1e1000001"), None),
        ] {
            assert_eq!(Number::read(number).unwrap().order(&value), want, "{number} {value:?}");
        }
        assert!(matches!(Written::value("1.50"), Value::Float(_)) && matches!(Written::value("0.1"), Value::Float(_)));
        assert!(is_integer(&Written::value("1e400")) && !is_integer(&Written::value("9007199254740993.5")));
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
