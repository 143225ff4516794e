//! What a plain scalar would be read as: text that a reader would take for a number, a boolean, null or a time must be
//! quoted. go-yaml: `resolve.go`, and `isBase60Float` of `encode.go`.

/// Whether a YAML 1.1 reader takes the plain text for a string. Version 3 of go-yaml (`pretty`) knows `0o7` too.
#[inline]
pub(super) fn is_string(text: &[u8], pretty: bool) -> bool {
    match text.first() {
        None => false,
        Some(b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O') => !is_word(text),
        Some(b'.') => !is_special_float(text) && !is_point_float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            !is_special_float(text) && !is_timestamp(text) && !is_number(text, pretty) && !is_base_60(text)
        }
        _ => true,
    }
}

/// The words for booleans and null.
fn is_word(text: &[u8]) -> bool {
    text.len() <= 5
        && matches!(
            text,
            b"~" | b"null"
                | b"Null"
                | b"NULL"
                | b"y"
                | b"Y"
                | b"yes"
                | b"Yes"
                | b"YES"
                | b"n"
                | b"N"
                | b"no"
                | b"No"
                | b"NO"
                | b"true"
                | b"True"
                | b"TRUE"
                | b"false"
                | b"False"
                | b"FALSE"
                | b"on"
                | b"On"
                | b"ON"
                | b"off"
                | b"Off"
                | b"OFF"
        )
}

/// The words for infinity and not-a-number.
fn is_special_float(text: &[u8]) -> bool {
    let word = match text {
        b".nan" | b".NaN" | b".NAN" => return true,
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    };
    matches!(word, b".inf" | b".Inf" | b".INF")
}

/// A float that starts with its point. Go: `strconv.ParseFloat`, which allows underscores between digits.
fn is_point_float(text: &[u8]) -> bool {
    let mut previous = 0_u8;
    for b in text {
        let ok = match b {
            b'_' => previous.is_ascii_digit(),
            _ => previous != b'_' || b.is_ascii_digit(),
        };
        if !ok {
            return false;
        }
        previous = *b;
    }
    previous != b'_' && is_float(&without_underscores(text))
}

/// A number that starts with a sign or a digit.
fn is_number(text: &[u8], pretty: bool) -> bool {
    let plain = &*without_underscores(text);
    let (sign, digits) = match plain {
        [sign @ (b'+' | b'-'), digits @ ..] => (Some(*sign), digits),
        _ => (None, plain),
    };
    match digits {
        [b'0', base @ (b'x' | b'X' | b'o' | b'O' | b'b' | b'B'), rest @ ..] => {
            let radix = match base.to_ascii_lowercase() {
                b'x' => 16,
                b'o' => 8,
                _ => 2,
            };
            let limit = match sign {
                None => u64::MAX,
                Some(b'-') => 1 << 63,
                _ => i64::MAX.cast_unsigned(),
            };
            if parse(rest, radix).is_some_and(|n| n <= limit) {
                return true;
            }
            // go-yaml hands what follows `0b` to a parser that takes a sign
            match (sign, *base, rest) {
                (None, b'b', [b'+' | b'-', rest @ ..]) => parse(rest, 2).is_some_and(|n| n < 1 << 63),
                (None, b'o', [b'+' | b'-', rest @ ..]) if pretty => parse(rest, 8).is_some_and(|n| n < 1 << 63),
                _ => false,
            }
        }
        _ => is_float(plain),
    }
}

fn parse(digits: &[u8], radix: u32) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok().filter(|t| !t.starts_with('+'))?;
    u64::from_str_radix(text, radix).ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, not too large.
fn is_float(text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let whole = count_digits(unsigned);
    let mut rest = unsigned.get(whole..).unwrap_or_default();
    if let [b'.', decimals @ ..] = rest {
        let count = count_digits(decimals);
        if whole == 0 && count == 0 {
            return false;
        }
        rest = decimals.get(count..).unwrap_or_default();
    } else if whole == 0 {
        return false;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            _ => exponent,
        };
        if exponent.is_empty() || count_digits(exponent) != exponent.len() {
            return false;
        }
    } else if !rest.is_empty() {
        return false;
    }
    // most numbers are far from the limits of a float
    text.len() < 18 && rest.is_empty()
        || std::str::from_utf8(text).ok().and_then(|t| t.parse::<f64>().ok()).is_some_and(f64::is_finite)
}

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

fn without_underscores(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if text.contains(&b'_') {
        text.iter().copied().filter(|b| *b != b'_').collect::<Vec<_>>().into()
    } else {
        text.into()
    }
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
fn is_timestamp(text: &[u8]) -> bool {
    let [a, b, c, d, b'-', rest @ ..] = text else { return false };
    let Some(year) = number(&[*a, *b, *c, *d]) else { return false };
    let Some((month, rest)) = one_or_two(rest) else { return false };
    let Some((day, rest)) = rest.strip_prefix(b"-").and_then(one_or_two) else { return false };
    let days = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    if day == 0 || day > days {
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
        assert!(is_string(b"0o-7", false));
        assert!(!is_string(b"0o-7", true));
    }
}
