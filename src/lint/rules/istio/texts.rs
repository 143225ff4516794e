//! Texts that Istio takes in a field: hosts, gateways, headers, regular expressions, durations, paths.

use go::regexp::translate;
use go::time::Duration;

use crate::lint::network::is_ip_block;

/// The longest regular expression that Istio takes, in bytes. Istio: `validateStringRegexp`.
const REGEX_LENGTH: usize = 1024;

/// Istio: `protocol.Parse`, in upper case.
pub(super) const PROTOCOLS: [&str; 13] = [
    "HTTP",
    "HTTP2",
    "HTTPS",
    "GRPC",
    "GRPC-WEB",
    "GRPC-WEB-TLS",
    "TCP",
    "TLS",
    "MONGO",
    "REDIS",
    "MYSQL",
    "UDP",
    "HTTP_PROXY",
];

/// A part of a host: as in Kubernetes, but with capital letters too. Istio: `labels.IsDNS1123Label`.
pub(super) fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    (1..=63).contains(&bytes.len())
        && ends.into_iter().flatten().all(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// Why Istio refuses a host; none if it takes it: a name whose first part may be or begin with `*`, or an address where that is
/// allowed. Istio: `ValidateWildcardDomain`.
pub(super) fn host_fault(text: &str, address: bool) -> Option<&'static str> {
    if address && !text.contains('/') && is_ip_block(text) {
        return None;
    }
    if text.contains("://") {
        return Some("is a URL, not a host: write the name alone");
    }
    if let Some((name, port)) = text.rsplit_once(':')
        && !name.is_empty()
        && port.bytes().all(|b| b.is_ascii_digit())
    {
        return Some("has a port: write the name alone");
    }
    if text.contains('/') {
        return Some("has a path: write the name alone");
    }
    let (first, rest) = text.split_once('.').unwrap_or((text, ""));
    let first_fits = first == "*" || is_label(first.strip_prefix("*-").or(first.strip_prefix('*')).unwrap_or(first));
    let mut parts = rest.split('.').peekable();
    let mut rest_fits = true;
    while let Some(part) = parts.next() {
        // a dot at the end is allowed
        rest_fits &= is_label(part) || part.is_empty() && parts.peek().is_none();
    }
    let numeric = rest.rsplit('.').next().is_some_and(|top| !top.is_empty() && top.bytes().all(|b| b.is_ascii_digit()));
    let fits = text.len() <= 255 && first_fits && rest_fits && !numeric;
    (!fits).then_some("is not a host name, such as web.shop.example or *.shop.example")
}

/// Whether a host is another, or a wildcard that has it. Istio: `host.Name.SubsetOf`.
pub(super) fn covers(host: &str, other: &str) -> bool {
    match (host.strip_prefix('*'), other.strip_prefix('*')) {
        (Some(end), inner) => inner.unwrap_or(other).ends_with(end),
        (None, _) => host.eq_ignore_ascii_case(other),
    }
}

/// A token of RFC 9110, the name of a header.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// What Go says of a regular expression that Istio refuses. Istio: `validateStringRegexp`.
pub(super) fn regex_fault(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("must not be empty".to_owned());
    }
    if text.len() > REGEX_LENGTH {
        return Some(format!("has {} characters; Istio takes at most {REGEX_LENGTH}", text.len()));
    }
    translate(text.as_bytes()).err()
}

/// Whether a text is a duration that Istio takes: whole milliseconds, at least one. Istio: `ValidateDuration`.
pub(super) fn is_duration(text: &str) -> bool {
    nanoseconds(text).is_some_and(|nanoseconds| nanoseconds >= 1_000_000 && nanoseconds % 1_000_000 == 0)
}

/// The length of a duration.
pub(super) fn nanoseconds(text: &str) -> Option<i64> {
    Duration::parse(text.as_bytes()).ok().map(|Duration(nanoseconds)| nanoseconds)
}

/// Why Istio refuses a path of an `AuthorizationPolicy`. Istio: `CheckValidPathTemplate`.
pub(super) fn path_fault(text: &str) -> Option<&'static str> {
    let is_template = text.contains("{*}") || text.contains("{**}");
    let mut after_rest = false;
    for part in text.trim_matches('/').split('/') {
        match part {
            "{*}" | "{**}" if after_rest => return Some("has {*} or {**} after {**}, which must be the last of them"),
            "{*}" => {}
            "{**}" => after_rest = true,
            _ if part.contains(['{', '}']) => {
                return Some("has braces around a name; Istio knows only {*} for one part and {**} for the rest");
            }
            _ if is_template
                && !part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&b)) =>
            {
                return Some("has a part that a path template cannot have");
            }
            _ => {}
        }
    }
    None
}

/// Whether an exact path is meant as a regular expression: it has what no path has.
pub(super) fn looks_like_regex(path: &str) -> bool {
    path.starts_with('^')
        || path.ends_with('$')
        || [".*", ".+", "\\d", "\\w", "\\.", "[a-z", "[0-9", "(?"].iter().any(|part| path.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for good in ["web", "web.shop.example", "*", "*.shop.example", "*-web.shop", "Web.Shop", "web.shop.example."] {
            assert_eq!(host_fault(good, false), None, "{good}");
        }
        for bad in [
            "https://shop.example",
            "shop.example:80",
            "shop.example/api",
            "a..b",
            "-a.b",
            "w*.b",
            "a_b.c",
            "1.2.3.4",
            "",
        ] {
            assert!(host_fault(bad, false).is_some(), "{bad}");
        }
        assert_eq!(host_fault("1.2.3.4", true), None);
    }

    #[test]
    fn rows() {
        for (text, want) in [
            ("/api/{*}/x", true),
            ("/a/{**}", true),
            ("/api/{id}", false),
            ("/{**}/x", true),
            ("/{**}/{*}", false),
            ("/a*", true),
            ("/a b/{*}", false),
        ] {
            assert_eq!(path_fault(text).is_none(), want, "{text}");
        }
        for (text, want) in
            [("1ms", true), ("1h2m", true), ("0s", false), ("5", false), ("1.0005s", false), ("-1s", false)]
        {
            assert_eq!(is_duration(text), want, "{text}");
        }
        for (text, want) in [("/api/.*", true), ("a{1,2}", true), ("/api/(?!x)", false), ("(", false), ("", false)] {
            assert_eq!(regex_fault(text).is_none(), want, "{text}");
        }
        for (text, want) in
            [("^/api/.*", true), ("/api/v1.2/x", false), ("/api/*", false), ("/files/[0-9]+", true), ("/a$", true)]
        {
            assert_eq!(looks_like_regex(text), want, "{text}");
        }
        for (text, want) in [("x-user", true), ("a b", false), ("", false), ("a:b", false)] {
            assert_eq!(is_token(text), want, "{text}");
        }
    }
}
