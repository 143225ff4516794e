//! Names of DNS, as Kubernetes and Helm take them. RFC 1123.

/// `web-1`: at most 63 lower-case letters, digits and hyphens, with a letter or a digit at both ends.
pub(crate) fn is_label(name: &str) -> bool {
    name.len() <= 63 && is_part(name)
}

/// `web.shop.example`: labels of any length with dots between them.
pub(crate) fn is_dotted(name: &str) -> bool {
    name.split('.').all(is_part)
}

fn is_part(name: &str) -> bool {
    let is_edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    is_edge(bytes.first()) && is_edge(bytes.last()) && bytes.iter().all(|b| *b == b'-' || is_edge(Some(b)))
}
