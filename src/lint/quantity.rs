//! Small texts that fields hold: durations, addresses, hosts, label keys.

use std::net::IpAddr;

/// The seconds of a duration as Go writes it: `1h30m`, `1.5s`, `100ms`. Go: `time.ParseDuration`.
pub(super) fn duration(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut seconds = 0.0;
    let mut any = false;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let number: f64 = number.parse().ok()?;
        let units = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("μs", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ];
        let (unit, next) = units.iter().find_map(|(name, unit)| Some((*unit, after.strip_prefix(name)?)))?;
        // `1m` is a minute: `ms` was looked for first
        seconds += number * unit;
        rest = next;
        any = true;
    }
    any.then_some(sign * seconds)
}

/// Whether a text is an IP address, or a network in CIDR notation.
pub(super) fn is_ip_block(text: &str) -> bool {
    match text.split_once('/') {
        None => text.parse::<IpAddr>().is_ok(),
        Some((address, bits)) => address.parse::<IpAddr>().is_ok_and(|address| {
            bits.bytes().all(|b| b.is_ascii_digit())
                && bits.parse::<u8>().is_ok_and(|bits| bits <= if address.is_ipv4() { 32 } else { 128 })
        }),
    }
}

/// Whether a URL has one of these schemes and a host.
pub(super) fn is_url(text: &str, schemes: &[&str]) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let clean = !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
    clean && !host.is_empty() && schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, want) in [
            ("1h30m", Some(5400.0)),
            ("1.5s", Some(1.5)),
            ("100ms", Some(0.1)),
            ("-2m", Some(-120.0)),
            ("0", Some(0.0)),
            ("5", None),
            ("apple", None),
            ("", None),
            ("s", None),
            ("1d", None),
        ] {
            assert_eq!(duration(text), want, "{text}");
        }
        for (text, want) in
            [("10.0.0.0/8", true), ("10.0.0.1", true), ("::1/128", true), ("10.0.0.0/33", false), ("10.0", false)]
        {
            assert_eq!(is_ip_block(text), want, "{text}");
        }
        for (text, want) in [
            ("https://id.example/keys", true),
            ("HTTP://x:80", true),
            ("hTPp\\\\lah", false),
            ("id.example/keys", false),
            ("https://", false),
            ("ftp://x", false),
        ] {
            assert_eq!(is_url(text, &["http", "https"]), want, "{text}");
        }
    }
}
