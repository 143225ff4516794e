//! Lengths of time in nanoseconds. Go: `time.Duration`.

use std::fmt::{self, Write as _};

use crate::error::{Error, Result};

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration(pub i64);

/// A second in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
/// A minute in nanoseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour in nanoseconds.
pub const HOUR: i64 = 60 * MINUTE;

impl Duration {
    /// Reads `1h30m`, `-1.5s`. Go: `time.ParseDuration`; the error has Go's text.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let invalid = || Error::new(format!("time: invalid duration {}", quote(text)));
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if rest == b"0" {
            return Ok(Duration(0));
        }
        if rest.is_empty() {
            return Err(invalid());
        }
        let mut total: u64 = 0;
        while let Some(first) = rest.first() {
            if *first != b'.' && !first.is_ascii_digit() {
                return Err(invalid());
            }
            let (whole, after) = leading_int(rest).ok_or_else(invalid)?;
            let mut digits = after.len() < rest.len();
            rest = after;
            let (mut fraction, mut scale) = (0, 1.0);
            if let Some(after) = rest.strip_prefix(b".") {
                let left;
                (fraction, scale, left) = leading_fraction(after);
                digits |= left.len() < after.len();
                rest = left;
            }
            if !digits {
                return Err(invalid());
            }
            let end = rest.iter().position(|b| *b == b'.' || b.is_ascii_digit()).unwrap_or(rest.len());
            let (unit_name, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            rest = after;
            let unit: u64 = match unit_name {
                b"" => return Err(Error::new(format!("time: missing unit in duration {}", quote(text)))),
                b"ns" => 1,
                // the micro sign and the Greek letter
                b"us" | b"\xC2\xB5s" | b"\xCE\xBCs" => 1_000,
                b"ms" => 1_000_000,
                b"s" => 1_000_000_000,
                b"m" => 60 * 1_000_000_000,
                b"h" => 3600 * 1_000_000_000,
                _ => {
                    return Err(Error::new(format!(
                        "time: unknown unit {} in duration {}",
                        quote(unit_name),
                        quote(text)
                    )));
                }
            };
            let limit = 1u64 << 63;
            let mut nanos = whole.checked_mul(unit).filter(|&n| n <= limit).ok_or_else(invalid)?;
            if fraction > 0 {
                #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // as Go
                let part = (fraction as f64 * (unit as f64 / scale)) as u64;
                nanos = nanos.saturating_add(part);
            }
            total = total.checked_add(nanos).filter(|&n| n <= limit).ok_or_else(invalid)?;
        }
        if negative {
            return Ok(Duration(0i64.wrapping_sub_unsigned(total)));
        }
        i64::try_from(total).map(Duration).map_err(|_| invalid())
    }

    /// The part that is a multiple of `to`, towards zero. Go: `Duration.Truncate`.
    #[must_use]
    pub fn truncate(self, to: i64) -> Self {
        Duration(if to <= 0 { self.0 } else { self.0 - self.0 % to })
    }

    /// The length without its sign. Go: `Duration.Abs`.
    #[must_use]
    pub fn abs(self) -> Self {
        Duration(self.0.checked_abs().unwrap_or(i64::MAX))
    }

    /// The nearest multiple of `to`, halves away from zero. Go: `Duration.Round`.
    #[must_use]
    pub fn round(self, to: i64) -> Self {
        if to <= 0 {
            return self;
        }
        let rest = self.0 % to;
        let below_half = rest.unsigned_abs().saturating_mul(2) < to.unsigned_abs();
        let down = self.0 - rest;
        Duration(match (below_half, self.0 < 0) {
            (true, _) => down,
            (false, true) => down.checked_sub(to).unwrap_or(i64::MIN),
            (false, false) => down.checked_add(to).unwrap_or(i64::MAX),
        })
    }
}

/// Go: `Duration.String`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if nanos < 1_000_000_000 {
            let (unit, name, digits) = match nanos {
                0..1_000 => (1, "ns", 0),
                1_000..1_000_000 => (1_000, "µs", 3),
                _ => (1_000_000, "ms", 6),
            };
            return write!(f, "{sign}{}{}{name}", nanos / unit, fraction(nanos % unit, digits));
        }
        let seconds = nanos / 1_000_000_000;
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        f.write_str(sign)?;
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if seconds >= 60 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}{}s", seconds % 60, fraction(nanos % 1_000_000_000, 9))
    }
}

/// Text in double quotes; all bytes beyond ASCII escaped. Go: `time.quote`.
pub(super) fn quote(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=0x7F => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}

/// The digits at the start, and what follows; `None` above 2^63. Go: `leadingInt`.
pub(super) fn leading_int(text: &[u8]) -> Option<(u64, &[u8])> {
    let mut value: u64 = 0;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|&v| v <= 1 << 63)?;
        rest = after;
    }
    Some((value, rest))
}

/// The digits after a point as a number and its scale, and what follows; what is too fine does not count.
fn leading_fraction(text: &[u8]) -> (u64, f64, &[u8]) {
    let (mut value, mut scale): (u64, f64) = (0, 1.0);
    let mut fine = false;
    let mut rest = text;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        rest = after;
        let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
        match next.filter(|&v| v <= 1 << 63 && value <= i64::MAX.unsigned_abs() / 10) {
            Some(next) if !fine => {
                value = next;
                scale *= 10.0;
            }
            _ => fine = true,
        }
    }
    (value, scale, rest)
}

/// `.5` of 500 with three digits; nothing of 0.
fn fraction(value: u64, digits: usize) -> String {
    if value == 0 {
        return String::new();
    }
    let text = format!(".{value:0digits$}");
    text.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        for (text, want) in [
            ("1h30m", "1h30m0s"),
            ("-1.5h", "-1h30m0s"),
            ("1us1µs1ns", "2.001µs"),
            ("0", "0s"),
            ("100ms", "100ms"),
            (".5s", "500ms"),
            ("2562047h47m16.854775807s", "2562047h47m16.854775807s"),
            ("9999999h", "time: invalid duration \"9999999h\""),
            ("", "time: invalid duration \"\""),
            ("1", "time: missing unit in duration \"1\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            (".", "time: invalid duration \".\""),
        ] {
            let got = Duration::parse(text.as_bytes()).map_or_else(|e| e.to_string(), |d| d.to_string());
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn rounds() {
        assert_eq!(Duration(1_499_999_999).round(SECOND), Duration(SECOND));
        assert_eq!(Duration(-1_500_000_000).round(SECOND), Duration(-2 * SECOND));
    }
}
