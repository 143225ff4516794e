//! Whether text is an IP address. Go: `net/netip`.

use crate::strconv::quote;

/// Which kind of address a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `10.0.0.1`
    V4,
    /// `::1`, also one that embeds an IPv4 address.
    V6,
}

/// Checks an IP address; the error says what is wrong with it. Go: `netip.ParseAddr`.
pub fn parse(text: &[u8]) -> Result<Family, String> {
    let refuse = |why: &str| Err(error(text, why, b""));
    match text.iter().find(|b| matches!(b, b'.' | b':' | b'%')) {
        Some(b'.') => check_v4(text, text).map(|()| Family::V4),
        Some(b':') => check_v6(text).map(|()| Family::V6),
        Some(_) => refuse("missing IPv6 address"),
        None => refuse("unable to parse IP"),
    }
}

/// Checks the four fields in `part`, the end of the address `whole`.
fn check_v4(whole: &[u8], part: &[u8]) -> Result<(), String> {
    let refuse = |why: &str| Err(error(whole, why, b""));
    let (mut value, mut digits, mut fields) = (0, 0, 0);
    for (i, byte) in part.iter().enumerate() {
        let at = part.get(i..).unwrap_or_default();
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return refuse("IPv4 field has octet with leading zero");
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return refuse("IPv4 field has value >255");
                }
            }
            b'.' => {
                if digits == 0 || at.len() == 1 {
                    return Err(error(whole, "IPv4 field must have at least one digit", at));
                }
                if fields == 3 {
                    return refuse("IPv4 address too long");
                }
                fields += 1;
                (value, digits) = (0, 0);
            }
            _ => return Err(error(whole, "unexpected character", at)),
        }
    }
    if fields < 3 { refuse("IPv4 address too short") } else { Ok(()) }
}

fn check_v6(whole: &[u8]) -> Result<(), String> {
    let refuse = |why: &str, at: &[u8]| Err(error(whole, why, at));
    let mut parts = whole.splitn(2, |&b| b == b'%');
    let mut rest = parts.next().unwrap_or_default();
    if parts.next().is_some_and(<[u8]>::is_empty) {
        return refuse("zone must be a non-empty string", b"");
    }
    let mut ellipsis = false;
    if let Some(after) = rest.strip_prefix(b"::") {
        ellipsis = true;
        rest = after;
        if rest.is_empty() {
            return Ok(());
        }
    }
    // bytes of the address that are known
    let mut known = 0;
    while known < 16 {
        let digits = rest.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if digits > 4 {
            return refuse("each group must have 4 or less digits", rest);
        }
        if digits == 0 {
            return refuse("each colon-separated field must have at least one digit", rest);
        }
        let after = rest.get(digits..).unwrap_or_default();
        if after.starts_with(b".") {
            if !ellipsis && known != 12 {
                return refuse("embedded IPv4 address must replace the final 2 fields of the address", rest);
            }
            if known + 4 > 16 {
                return refuse("too many hex fields to fit an embedded IPv4 at the end of the address", rest);
            }
            check_v4(whole, rest)?;
            rest = &[];
            known += 4;
            break;
        }
        known += 2;
        rest = after;
        match rest {
            [] => break,
            [b':'] => return refuse("colon must be followed by more characters", rest),
            [b':', after @ ..] => rest = after,
            _ => return refuse("unexpected character, want colon", rest),
        }
        if let Some(after) = rest.strip_prefix(b":") {
            if ellipsis {
                return refuse("multiple :: in address", rest);
            }
            ellipsis = true;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return refuse("trailing garbage after address", rest);
    }
    if known < 16 && !ellipsis {
        return refuse("address string too short", b"");
    }
    if known == 16 && ellipsis {
        return refuse("the :: must expand to at least one field of zeros", b"");
    }
    Ok(())
}

fn error(text: &[u8], why: &str, at: &[u8]) -> String {
    let text = quote(text);
    if at.is_empty() {
        format!("ParseAddr({text}): {why}")
    } else {
        format!("ParseAddr({text}): {why} (at {})", quote(at))
    }
}
