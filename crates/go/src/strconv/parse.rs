//! Reads numbers. Go: `strconv/atoi.go`, `strconv/atof.go`.

/// Why a text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumError<T> {
    /// It is not written as such a number is. Go: `strconv.ErrSyntax`.
    Syntax,
    /// It is too large; with the nearest number. Go: `strconv.ErrRange`.
    Range(T),
}

/// Parses an integer of 64 bits. Base 0 takes the base from the prefix and allows underscores. Go: `strconv.ParseInt(s, base, 64)`.
///
/// Errors: the text is not an integer of the base, or the integer is too large.
pub fn parse_int(text: &[u8], base: u32) -> Result<i64, NumError<i64>> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let out_of_range = if negative { i64::MIN } else { i64::MAX };
    let size = parse_uint(digits, base)?.ok_or(NumError::Range(out_of_range))?;
    let signed = if negative { 0i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() };
    signed.ok_or(NumError::Range(out_of_range))
}

/// Digits without a sign; `None` if they do not fit into a `uint64`.
fn parse_uint(text: &[u8], base: u32) -> Result<Option<u64>, NumError<i64>> {
    if text.is_empty() {
        return Err(NumError::Syntax);
    }
    let (radix, digits) = match (base, text) {
        (0, [b'0', b'b' | b'B', digits @ ..]) if !digits.is_empty() => (2, digits),
        (0, [b'0', b'o' | b'O', digits @ ..]) if !digits.is_empty() => (8, digits),
        (0, [b'0', b'x' | b'X', digits @ ..]) if !digits.is_empty() => (16, digits),
        (0, [b'0', digits @ ..]) => (8, digits),
        (0, digits) => (10, digits),
        (base, digits) => (base, digits),
    };
    let mut underscores = false;
    let mut number = 0u64;
    for &c in digits {
        if c == b'_' && base == 0 {
            underscores = true;
            continue;
        }
        let digit = char::from(c).to_digit(radix).ok_or(NumError::Syntax)?;
        let Some(next) = number.checked_mul(u64::from(radix)).and_then(|n| n.checked_add(u64::from(digit))) else {
            return Ok(None);
        };
        number = next;
    }
    if underscores && !underscores_ok(text) {
        return Err(NumError::Syntax);
    }
    Ok(Some(number))
}

/// Parses a float of 64 bits. Go: `strconv.ParseFloat(s, 64)`.
///
/// Errors: the text is not a float, or the float is too large.
pub fn parse_float(text: &[u8]) -> Result<f64, NumError<f64>> {
    if let Some(special) = special_float(text) {
        return Ok(special);
    }
    let number = finite_float(text).ok_or(NumError::Syntax)?;
    if number.is_infinite() { Err(NumError::Range(number)) } else { Ok(number) }
}

/// A float that is written in digits; infinite if it is too large.
fn finite_float(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let hex = matches!(digits, [b'0', b'x' | b'X', _, ..]);
    if text.contains(&b'_') && !underscores_ok(text) {
        return None;
    }
    let size = if hex {
        hex_float(digits.get(2..).unwrap_or_default())?
    } else {
        let clean: Vec<u8> = digits.iter().copied().filter(|&c| c != b'_').collect();
        // Rust parses the same decimals, and also words
        if !clean.iter().all(|c| matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
            return None;
        }
        // a sign is allowed only after the letter of the exponent
        if matches!(clean.first(), Some(b'+' | b'-')) {
            return None;
        }
        std::str::from_utf8(&clean).ok()?.parse::<f64>().ok()?
    };
    Some(if negative { -size } else { size })
}

/// `inf`, `infinity` and `nan`, in upper or lower case.
fn special_float(text: &[u8]) -> Option<f64> {
    let (sign, word) = match text {
        [b'-', rest @ ..] => (Some(-1.0), rest),
        [b'+', rest @ ..] => (Some(1.0), rest),
        _ => (None, text),
    };
    if word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"infinity") {
        return Some(f64::INFINITY * sign.unwrap_or(1.0));
    }
    (sign.is_none() && word.eq_ignore_ascii_case(b"nan")).then_some(f64::NAN)
}

/// A hexadecimal float after `0x`: digits, an optional point, and a binary exponent.
#[allow(clippy::cast_precision_loss)]
fn hex_float(text: &[u8]) -> Option<f64> {
    let at = text.iter().position(|c| matches!(c, b'p' | b'P'))?;
    let (digits, exponent) = text.split_at_checked(at)?;
    let mut mantissa = 0u64;
    let mut shift = 0i64;
    let (mut seen, mut point) = (false, false);
    for &c in digits {
        match c {
            b'_' => {}
            b'.' if !point => point = true,
            _ => {
                let digit = u64::from(char::from(c).to_digit(16)?);
                seen = true;
                if mantissa >> 58 == 0 {
                    mantissa = (mantissa << 4) | digit;
                    shift = shift.wrapping_sub(if point { 4 } else { 0 });
                } else {
                    // beyond the bits of a float, only whether anything follows matters
                    mantissa |= u64::from(digit != 0);
                    shift = shift.wrapping_add(if point { 0 } else { 4 });
                }
            }
        }
    }
    let (sign, power) = match exponent.get(1..)? {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] | rest => (1, rest),
    };
    if !seen || !power.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mut size = 0i64;
    for &c in power.iter().filter(|&&c| c != b'_') {
        let digit = i64::from(char::from(c).to_digit(10)?);
        size = size.saturating_mul(10).saturating_add(digit).min(100_000);
    }
    Some(scale(mantissa, shift.saturating_add(sign * size)))
}

/// `mantissa` times two to the `exponent`, rounded once.
#[allow(clippy::cast_precision_loss)]
fn scale(mantissa: u64, exponent: i64) -> f64 {
    if mantissa == 0 || exponent < -1200 {
        return 0.0;
    }
    if exponent > 1100 {
        return f64::INFINITY;
    }
    // bits that a denormal cannot hold are folded into the last one, so that the conversion rounds once
    let bits = 64 - i64::from(mantissa.leading_zeros());
    let kept = (bits + exponent + 1074).clamp(0, 53) + 2;
    let drop = (bits - kept).clamp(0, 63);
    let sticky = mantissa & ((1u64 << drop) - 1) != 0;
    let quarter = (mantissa >> drop) | u64::from(sticky);
    // round half to even at the last kept bit, two below which were kept
    let rounded = if drop > 0 {
        let low = quarter & 3;
        let whole = quarter >> 2;
        (whole + u64::from(low == 3 || (low == 2 && whole & 1 == 1)), exponent + drop + 2)
    } else {
        (quarter, exponent)
    };
    let (whole, exponent) = rounded;
    let half = exponent / 2;
    whole as f64 * power_of_two(half) * power_of_two(exponent - half)
}

fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits((u64::try_from(exponent + 1023).unwrap_or(0)) << 52)
}

/// Whether each underscore is between digits, where the prefix counts as a digit. Go: `strconv.underscoreOK`.
fn underscores_ok(text: &[u8]) -> bool {
    let text = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    let (mut last, hex, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (b'0', true, rest),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (b'0', false, rest),
        _ => (b'^', false, text),
    };
    for &c in digits {
        if c.is_ascii_digit() || (hex && c.is_ascii_hexdigit()) {
            last = b'0';
        } else if c == b'_' {
            if last != b'0' {
                return false;
            }
            last = b'_';
        } else if last == b'_' {
            return false;
        } else {
            last = b'!';
        }
    }
    last != b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_as_strconv_reads_them() {
        for (text, base, expected) in [
            ("12", 0, Ok(12)),
            ("-12", 0, Ok(-12)),
            ("+5", 0, Ok(5)),
            ("0x1F", 0, Ok(31)),
            ("0b101", 0, Ok(5)),
            ("0o17", 0, Ok(15)),
            ("017", 0, Ok(15)),
            ("00", 0, Ok(0)),
            ("08", 0, Err(NumError::Syntax)),
            ("1_000", 0, Ok(1000)),
            ("0x_1", 0, Ok(1)),
            ("1__0", 0, Err(NumError::Syntax)),
            ("_1", 0, Err(NumError::Syntax)),
            ("1_000", 10, Err(NumError::Syntax)),
            ("", 0, Err(NumError::Syntax)),
            ("-", 0, Err(NumError::Syntax)),
            (" 5", 0, Err(NumError::Syntax)),
            ("9223372036854775807", 0, Ok(i64::MAX)),
            ("9223372036854775808", 0, Err(NumError::Range(i64::MAX))),
            ("-9223372036854775808", 0, Ok(i64::MIN)),
            ("-99999999999999999999999", 10, Err(NumError::Range(i64::MIN))),
            ("777777777777777777777", 8, Ok(i64::MAX)),
        ] {
            assert_eq!(parse_int(text.as_bytes(), base), expected, "{text}");
        }
    }

    #[test]
    fn floats_as_strconv_reads_them() {
        for (text, expected) in [
            ("1.5", Some(1.5)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            (".", None),
            ("+5", Some(5.0)),
            ("+-5", None),
            ("1e3", Some(1000.0)),
            ("1e", None),
            ("1_000", Some(1000.0)),
            ("1_.5", None),
            ("0x1F", None),
            ("0x1p4", Some(16.0)),
            ("0x1.8p1", Some(3.0)),
            ("-0x.8p0", Some(-0.5)),
            ("0x1p-1074", Some(5e-324)),
            ("0x1.fffffffffffff8p1023", None),
            ("0x1.fffffffffffff7p1023", Some(f64::MAX)),
            ("0x1.00000000000008p0", Some(1.0)),
            ("0x1.00000000000018p0", Some(1.000_000_000_000_000_4)),
            ("0x1.000000000000080001p0", Some(1.000_000_000_000_000_2)),
            ("1e400", None),
            ("1e-400", Some(0.0)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("infi", None),
            ("+nan", None),
            (" 1", None),
            ("", None),
            ("08", Some(8.0)),
        ] {
            assert_eq!(parse_float(text.as_bytes()).ok(), expected, "{text}");
        }
        assert!(parse_float(b"NaN").is_ok_and(f64::is_nan));
    }
}
