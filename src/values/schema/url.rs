//! Addresses of schemas: URL references, fragments and JSON pointers, for `$id` and `$ref`.

use go::strconv::quote;

/// The URL of a chart's schema in Helm.
pub(super) const MAIN: &str = "file:///values.schema.json";

/// Splits at `#`; the fragment is decoded. Errors: a `%` is not followed by two hex digits.
pub(super) fn split_fragment(text: &str) -> Result<(&str, String), String> {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    match decode(fragment) {
        Ok(fragment) => Ok((url, fragment)),
        Err(escape) => {
            Err(format!("error in parsing {}: invalid URL escape {}", quote(text.as_bytes()), quote(escape.as_bytes())))
        }
    }
}

/// Undoes `%xx`. Go: `url.PathUnescape`.
pub(super) fn decode(text: &str) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        if byte != b'%' {
            out.push(byte);
            rest = tail;
            continue;
        }
        let digits = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(byte) => out.push(byte),
            None => return Err(String::from_utf8_lossy(rest.get(..3).unwrap_or(rest)).into_owned()),
        }
        rest = tail.get(2..).unwrap_or_default();
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// A fragment as it is written in a URL. Go: `url.PathEscape` on all between slashes.
pub(super) fn encode(fragment: &str) -> String {
    let mut out = String::with_capacity(fragment.len());
    for byte in fragment.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'$'
            | b'&'
            | b'+'
            | b':'
            | b'='
            | b'@'
            | b'/' => out.push(char::from(byte)),
            _ => {
                let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0').to_ascii_uppercase();
                out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out
}

/// A token of a JSON pointer, escaped.
pub(super) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// A token of a JSON pointer, as it was; `None` if a `~` is not followed by 0 or 1.
pub(super) fn unescape(token: &str) -> Option<String> {
    let mut parts = token.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = if let Some(rest) = part.strip_prefix('0') {
            out.push('~');
            rest
        } else {
            out.push('/');
            part.strip_prefix('1')?
        };
        out.push_str(rest);
    }
    Some(out)
}

/// A reference without its fragment, resolved against a base. RFC 3986, section 5.2.
pub(super) fn join(base: &str, reference: &str) -> String {
    let to = Parts::split(reference);
    if to.scheme.is_some() {
        return to.build(None);
    }
    let from = Parts::split(base);
    if to.authority.is_some() {
        return to.build(from.scheme);
    }
    // `urn:x` and its like have no hierarchy
    let opaque = from.scheme.is_some() && from.authority.is_none() && !from.path.starts_with('/');
    if to.path.is_empty() || opaque {
        let query = to.query.or(from.query.filter(|_| to.path.is_empty()));
        let parts = Parts { query, ..from };
        return parts.write(parts.path);
    }
    let path = if to.path.starts_with('/') {
        to.path.to_owned()
    } else {
        let folder = from.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/{}", to.path)
    };
    let parts = Parts { query: to.query, ..from };
    parts.write(&without_dots(&path))
}

#[derive(Clone, Copy)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn split(url: &'a str) -> Self {
        let is_scheme = |s: &&str| {
            s.starts_with(|c: char| c.is_ascii_alphabetic())
                && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        };
        let (scheme, rest) = match url.split_once(':') {
            Some((scheme, rest)) if is_scheme(&scheme) => (Some(scheme), rest),
            _ => (None, url),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Parts { scheme, authority, path, query }
    }

    /// The URL that the parts make, of this scheme where they have none.
    fn build(&self, scheme: Option<&str>) -> String {
        let parts = Parts { scheme: self.scheme.or(scheme), ..*self };
        if parts.path.starts_with('/') { parts.write(&without_dots(parts.path)) } else { parts.write(parts.path) }
    }

    fn write(&self, path: &str) -> String {
        let mut out = String::new();
        if let Some(scheme) = self.scheme {
            out.push_str(&scheme.to_ascii_lowercase());
            out.push(':');
        }
        if let Some(authority) = self.authority {
            out.push_str("//");
            out.push_str(authority);
        }
        out.push_str(path);
        if let Some(query) = self.query {
            out.push('?');
            out.push_str(query);
        }
        out
    }
}

fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        match part {
            "." if last => out.push(""),
            "." => {}
            ".." => {
                if out.len() > 1 {
                    out.pop();
                }
                if last {
                    out.push("");
                }
            }
            _ => out.push(part),
        }
    }
    let joined = out.join("/");
    if joined.starts_with('/') { joined } else { format!("/{joined}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved() {
        for (base, reference, want) in [
            ("file:///values.schema.json", "", "file:///values.schema.json"),
            ("file:///values.schema.json", "other.json", "file:///other.json"),
            ("file:///a/b.json", "../../c.json", "file:///c.json"),
            ("https://x.io/a/b.json", "c/d.json?e", "https://x.io/a/c/d.json?e"),
            ("https://x.io/a/b.json", "/c", "https://x.io/c"),
            ("https://x.io", "c", "https://x.io/c"),
            ("https://x.io/a", "//y.io/b", "https://y.io/b"),
            ("https://x.io/a", "HTTP://y.io/./b/../c", "http://y.io/c"),
            ("urn:a:b", "", "urn:a:b"),
        ] {
            assert_eq!(join(base, reference), want, "{base} {reference}");
        }
    }

    #[test]
    fn pointers_and_fragments() {
        assert_eq!(unescape("a~1b~0c").as_deref(), Some("a/b~c"));
        assert_eq!(unescape("a~2"), None);
        assert_eq!(escape("a/b~c"), "a~1b~0c");
        assert_eq!(encode("/a b/$defs/ü"), "/a%20b/$defs/%C3%BC");
        assert_eq!(split_fragment("x#/a%20b"), Ok(("x", "/a b".to_owned())));
        assert_eq!(split_fragment("x#%zz"), Err(r#"error in parsing "x#%zz": invalid URL escape "%zz""#.to_owned()));
    }
}
