//! Keys of mappings as strings. sigs.k8s.io/yaml: `convertToJSONableObject`.

use crate::scalar::Resolved;
use gotemplate::value::Str;

/// The key as JSON has it; `None` for the kinds that it cannot have: null, and integers beyond `int64`.
pub(super) fn to_string(key: Resolved) -> Option<Str> {
    match key {
        Resolved::Int(n) => Some(n.to_string().into()),
        Resolved::Bool(b) => Some(if b { "true" } else { "false" }.into()),
        #[allow(clippy::cast_possible_truncation)] // Go: `strconv.FormatFloat(k, 'g', -1, 32)`
        Resolved::Float(f) => {
            let short = f as f32;
            Some(match short {
                f32::INFINITY => ".inf".into(),
                f32::NEG_INFINITY => "-.inf".into(),
                short if short.is_nan() => ".nan".into(),
                short => shortest(&format!("{short:e}")).into(),
            })
        }
        Resolved::Null | Resolved::Uint(_) | Resolved::Str | Resolved::Binary => None,
    }
}

/// The layout of `strconv.FormatFloat(x, 'g', -1, n)` for a number as Rust's `{:e}` prints it.
pub(super) fn shortest(scientific: &str) -> String {
    let (sign, unsigned) = scientific.strip_prefix('-').map_or(("", scientific), |rest| ("-", rest));
    let (mantissa, exponent) = unsigned.split_once('e').unwrap_or((unsigned, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if !(-4..6).contains(&exponent) {
        let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
        let point = if rest.is_empty() { "" } else { "." };
        let exponent_sign = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{point}{rest}e{exponent_sign}{:02}", exponent.unsigned_abs());
    }
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    let padded = format!("{digits:0<whole$}");
    let (head, tail) = padded.split_at_checked(whole).unwrap_or((&padded, ""));
    let point = if tail.is_empty() { "" } else { "." };
    format!("{sign}{head}{point}{tail}")
}
