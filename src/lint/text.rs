//! The texts that the API server takes in a field: names, labels, quantities, times. Kubernetes:
//! `apimachinery/pkg/util/validation`, `apimachinery/pkg/api/resource`.

use std::cmp::Ordering;

use crate::dns::is_dotted;
pub(super) use crate::dns::is_label as is_dns_label;

/// A label that starts with a letter, as the names of Services did before version 1.36 or so, and names of ports still do.
pub(super) fn is_service_name(text: &str) -> bool {
    is_dns_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// `web.shop.example`: parts with dots between them, at most 253 characters.
pub(super) fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && is_dotted(text)
}

/// `shop.example/team`: a name of at most 63 characters, after a domain if there is one.
pub(super) fn is_qualified_name(text: &str) -> bool {
    let (domain, name) = match text.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, text),
    };
    domain.is_none_or(is_subdomain) && !name.is_empty() && is_label_value(name)
}

/// The value of a label: empty, or at most 63 letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends.
pub(super) fn is_label_value(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    text.len() <= 63
        && ends.into_iter().flatten().all(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

/// The key of a `ConfigMap` or a Secret.
pub(super) fn is_config_key(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (1..=253).contains(&text.len()) && text != "." && !text.starts_with("..") && text.bytes().all(plain)
}

/// The name of a port of a container: at most 15 lower-case letters, digits and hyphens, among them a letter.
pub(super) fn is_port_name(text: &str) -> bool {
    text.len() <= 15 && is_dns_label(text) && !text.contains("--") && text.bytes().any(|b| b.is_ascii_lowercase())
}

/// The name of an environment variable: printable ASCII without `=`.
pub(super) fn is_variable_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=')
}

/// Whether a text is a quantity.
pub(super) fn is_quantity(text: &str) -> bool {
    quantity(text).is_some()
}

/// Compares two quantities, if both are quantities.
pub(super) fn compare_quantities(one: &str, other: &str) -> Option<Ordering> {
    Some(quantity(one)?.cmp(&quantity(other)?))
}

/// Whether a quantity is below zero, and whether it is a whole number.
pub(super) fn quantity_traits(text: &str) -> Option<(bool, bool)> {
    let value = quantity(text)?;
    Some((value < 0, value % NANO == 0))
}

const NANO: i128 = 1_000_000_000;

/// A quantity in billionths; more than fits is the largest number.
fn quantity(text: &str) -> Option<i128> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at_checked(end)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() || part.contains('.') {
        return None;
    }
    let (base, power): (i128, i32) = match suffix {
        "n" => (10, -9),
        "u" => (10, -6),
        "m" => (10, -3),
        "" => (10, 0),
        "k" => (10, 3),
        "M" => (10, 6),
        "G" => (10, 9),
        "T" => (10, 12),
        "P" => (10, 15),
        "E" => (10, 18),
        "Ki" => (1024, 1),
        "Mi" => (1024, 2),
        "Gi" => (1024, 3),
        "Ti" => (1024, 4),
        "Pi" => (1024, 5),
        "Ei" => (1024, 6),
        _ => (10, suffix.strip_prefix(['e', 'E'])?.parse::<i32>().ok()?),
    };
    let mut value: i128 = 0;
    let mut scale = NANO;
    for digit in whole.bytes().filter(u8::is_ascii_digit) {
        value = value.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
    }
    value = value.saturating_mul(scale);
    for digit in part.bytes().filter(u8::is_ascii_digit) {
        scale /= 10;
        value = value.saturating_add(i128::from(digit - b'0').saturating_mul(scale));
    }
    let factor = base.saturating_pow(power.unsigned_abs().min(40));
    Some(sign * if power < 0 { value / factor } else { value.saturating_mul(factor) })
}

/// Base64 with padding, as Go decodes it: line ends do not count.
pub(super) fn is_base64(text: &str) -> bool {
    let clean: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    data_encoding::BASE64.decode(&clean).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (fits, good, bad) in [
            (is_dns_label as fn(&str) -> bool, &["a", "1-a"][..], &["", "-a", "a.b", "A"][..]),
            (is_service_name, &["a1"], &["1a"]),
            (is_subdomain, &["a.b-c.d"], &["a..b", "a.", "a_b"]),
            (is_qualified_name, &["a", "A_b", "x.example/a"], &["", "a b", "/a", "x_y/a", "a/", "a/b/c"]),
            (is_label_value, &["", "a", "A.b_c"], &["a&b", "-a", "a "]),
            (is_config_key, &["a", ".a", "_"], &["", ".", "..", "..a", "a/b"]),
            (is_port_name, &["http", "p1"], &["", "80", "a--b", "http_x", "sixteen-letters-x"]),
            (is_variable_name, &["A", "a.b", "1"], &["", "A=B", "é"]),
            (is_base64, &["", "YQ==", "YW\nE="], &["a", "YQ", "Y&=="]),
        ] {
            assert!(good.iter().all(|text| fits(text)) && !bad.iter().any(|text| fits(text)), "{good:?} {bad:?}");
        }
    }

    #[test]
    fn quantities() {
        for text in ["1", "0.5", ".5", "5.", "100m", "1Ki", "1e3", "1E-3", "-1", "+1", "1E", "9999999999999Ei", "1e400"]
        {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "1 Gi", "1gb", "1ki", "m", "1.2.3", "1e", "e3", ".", "0x1", "1GB"] {
            assert!(!is_quantity(text), "{text}");
        }
        for (one, other) in [("1", "1000m"), ("1Ki", "1024"), ("1e3", "1k"), ("0.5Gi", "512Mi"), ("1E", "1e18")] {
            assert_eq!(compare_quantities(one, other), Some(Ordering::Equal), "{one} {other}");
        }
        assert_eq!(compare_quantities("1Gi", "1G"), Some(Ordering::Greater));
        assert_eq!(compare_quantities("1.2.3", "1G"), None);
        assert_eq!((quantity_traits("-1"), quantity_traits("1500m")), (Some((true, true)), Some((false, false))));
    }
}
