//! Converts any value to a number. This never fails: anything else becomes 0.
//!
//! spf13/cast 1.7.0: `ToInt64`, `ToFloat64`.

use crate::funcs::dates::month_or_weekday;
use crate::value::Value;
use go::strconv::{parse_float, parse_int};

/// The value as an `int64`: floats are cut, strings read with Go's prefixes and underscores, booleans are 1 and 0.
pub(in crate::funcs) fn to_int64(value: &Value) -> i64 {
    match value {
        Value::Int(n) | Value::Int64(n) => *n,
        Value::Uint8(n) => i64::from(*n),
        Value::Uint64(n) => n.cast_signed(),
        Value::Float(f) => float_to_int(*f),
        Value::Str(s) => parse_int(trim_zero_decimal(s), 0).unwrap_or(0),
        Value::Bool(b) => i64::from(*b),
        Value::Object(_) => month_or_weekday(value).unwrap_or(0),
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => 0,
    }
}

/// The value as a `float64`.
#[allow(clippy::cast_precision_loss)] // as Go converts
pub(in crate::funcs) fn to_float64(value: &Value) -> f64 {
    match value {
        Value::Int(n) | Value::Int64(n) => *n as f64,
        Value::Uint8(n) => f64::from(*n),
        Value::Uint64(n) => *n as f64,
        Value::Float(f) => *f,
        Value::Str(s) => parse_float(s).unwrap_or(0.0),
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::Object(_) => month_or_weekday(value).unwrap_or(0) as f64,
        Value::Nil | Value::Bytes(_) | Value::List(_) | Value::Map(_) => 0.0,
    }
}

/// Truncates a float to an integer as Go does on amd64: a float that does not fit becomes the smallest integer.
#[allow(clippy::cast_possible_truncation)]
pub(in crate::funcs) fn float_to_int(f: f64) -> i64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&f) { f as i64 } else { i64::MIN }
}

/// `10.00` as `10`: cast removes a fraction of zeros before it parses an integer.
fn trim_zero_decimal(text: &[u8]) -> &[u8] {
    let mut zero = false;
    for (i, c) in text.iter().enumerate().rev() {
        match c {
            b'.' if zero => return text.get(..i).unwrap_or_default(),
            b'.' => {}
            b'0' => zero = true,
            _ => return text,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_cast_reads_them() {
        for (value, int, float) in [
            (Value::Nil, 0, 0.0),
            (Value::Bool(true), 1, 1.0),
            (Value::Float(2.9), 2, 2.9),
            (Value::Float(-2.9), -2, -2.9),
            (Value::Float(1e19), i64::MIN, 1e19),
            (Value::Uint64(u64::MAX), -1, 18_446_744_073_709_551_615.0),
            ("10.00".into(), 10, 10.0),
            ("1.9".into(), 0, 1.9),
            ("1e3".into(), 0, 1000.0),
            ("5.".into(), 0, 5.0),
            ("0.0".into(), 0, 0.0),
            ("100".into(), 100, 100.0),
            ("0".into(), 0, 0.0),
            (Value::Bytes("5".into()), 0, 0.0),
            (Value::list(vec![Value::Int(1)]), 0, 0.0),
        ] {
            assert_eq!(to_int64(&value), int, "{value:?}");
            assert_eq!(to_float64(&value).to_bits(), f64::to_bits(float), "{value:?}");
        }
        assert_eq!(to_int64(&Value::Float(f64::NAN)), i64::MIN);
    }
}
