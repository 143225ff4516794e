//! Parses addresses and URLs in fields of objects.

use std::net::IpAddr;

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
