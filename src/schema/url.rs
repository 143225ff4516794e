//! The addresses of schemas: URL references, fragments and JSON pointers. santhosh-tekuri/jsonschema v6: `util.go`.

use go::strconv::quote;
use go::url::{Url, path_escape, path_unescape};

/// The URL of a chart's schema in Helm.
pub(super) const MAIN: &str = "file:///values.schema.json";

/// A URL without its fragment, and the fragment, decoded: bytes that need not be UTF-8.
pub(super) type Split<U> = Result<(U, Vec<u8>), String>;

/// Splits at `#`. Errors where a `%` in the fragment is not followed by two hex digits.
pub(super) fn split_fragment(text: &str) -> Split<&str> {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    let fragment = path_unescape(fragment.as_bytes()).map_err(|why| in_parsing(text, &why))?;
    Ok((url, fragment))
}

/// The URL that a reference names which stands in a document at `base`.
pub(super) fn join(base: &str, reference: &str) -> Split<String> {
    let from = Url::parse(base.as_bytes()).map_err(|why| in_parsing(base, &why))?;
    let (reference, fragment) = split_fragment(reference)?;
    let to = Url::parse(reference.as_bytes()).map_err(|why| in_parsing(reference, &why))?;
    let mut joined = from.resolve(&to);
    if !to.is_absolute() && !from.opaque.is_empty() {
        joined.opaque = from.opaque;
    }
    Ok((String::from_utf8_lossy(&joined.joined()).into_owned(), fragment))
}

fn in_parsing(url: &str, why: &str) -> String {
    format!("error in parsing {}: {why}", quote(url.as_bytes()))
}

/// A fragment as it is written in a URL: all between slashes escaped.
pub(super) fn encode(fragment: &[u8]) -> String {
    let parts = fragment.split(|&b| b == b'/').map(path_escape);
    String::from_utf8_lossy(&parts.collect::<Vec<_>>().join(&b'/')).into_owned()
}

/// A token of a JSON pointer, escaped.
pub(super) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// What a token of a JSON pointer says; `None` where a `~` is followed by neither 0 nor 1.
pub(super) fn unescape(token: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(token.len());
    let mut rest = token.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'~' => match rest.next()? {
                b'0' => b'~',
                b'1' => b'/',
                _ => return None,
            },
            byte => *byte,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved() {
        let failed = |why: &str| Err(why.to_owned());
        for (base, reference, want) in [
            (MAIN, "other.json#/a", Ok(("file:///other.json", "/a"))),
            ("urn:a:b", "#c", Ok(("urn:a:b", "c"))),
            ("urn:a:b", "c", Ok(("urn:a:b", ""))),
            ("urn:a:b", "http://x.io/c", Ok(("http://x.io/c", ""))),
            (MAIN, ":a", failed(r#"error in parsing ":a": parse ":a": missing protocol scheme"#)),
            (MAIN, "a#%zz", failed(r#"error in parsing "a#%zz": invalid URL escape "%zz""#)),
        ] {
            let want = want.map(|(url, fragment)| (url.to_owned(), fragment.as_bytes().to_vec()));
            assert_eq!(join(base, reference), want, "{base} {reference}");
        }
    }

    #[test]
    fn pointers_and_fragments() {
        assert_eq!(unescape(b"a~1b~0c").as_deref(), Some(&b"a/b~c"[..]));
        assert_eq!((unescape(b"a~2"), unescape(b"a~")), (None, None));
        assert_eq!(escape("a/b~c"), "a~1b~0c");
        assert_eq!(encode("/a b/$defs/ü".as_bytes()), "/a%20b/$defs/%C3%BC");
        assert_eq!(split_fragment("x#/a%20b"), Ok(("x", b"/a b".to_vec())));
    }
}
