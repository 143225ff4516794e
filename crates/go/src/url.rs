//! Taking URLs apart and putting them together. Go: `net/url`.

use memchr::memmem::find;

use crate::netip;
use crate::strconv::quote;

/// The parts of a URL, decoded.
#[derive(Clone, Debug, Default)]
pub struct Url {
    /// `https`, in lower case.
    pub scheme: Vec<u8>,
    /// What follows the scheme of a URL without slashes: `mailto:a@b`.
    pub opaque: Vec<u8>,
    /// The user in front of the host.
    pub user: Option<User>,
    /// The host, with its port.
    pub host: Vec<u8>,
    /// The path.
    pub path: Vec<u8>,
    /// The path as it was written, where it is not what encoding the path gives.
    pub raw_path: Vec<u8>,
    /// The query, as it is written.
    pub query: Vec<u8>,
    /// Whether a question mark stands before an empty query.
    pub force_query: bool,
    /// What follows `#`.
    pub fragment: Vec<u8>,
    /// The fragment as it was written, where it is not what encoding the fragment gives.
    pub raw_fragment: Vec<u8>,
    /// Whether no slashes stand before the empty host.
    pub omit_host: bool,
}

/// A user name, and a password where there is one.
#[derive(Clone, Debug)]
pub struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Which part of a URL text belongs to: each has its own bytes that stay as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Component {
    Path,
    Segment,
    Host,
    Zone,
    User,
    Fragment,
}

type Parsed<T> = Result<T, String>;

impl Url {
    /// Go: `url.Parse`; the error says `parse "...": ...`.
    pub fn parse(text: &[u8]) -> Parsed<Self> {
        let (front, fragment) = cut(text, b'#');
        let mut url = Url::parse_front(front).map_err(|e| format!("parse {}: {e}", quote(front)))?;
        let fragment = fragment.unwrap_or_default();
        url.fragment = decode(fragment, Component::Fragment).map_err(|e| format!("parse {}: {e}", quote(text)))?;
        if fragment != encoded(&url.fragment, Component::Fragment) {
            url.raw_fragment = fragment.to_vec();
        }
        Ok(url)
    }

    fn parse_front(text: &[u8]) -> Parsed<Self> {
        if text.iter().any(|&b| b < b' ' || b == 0x7F) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Url::default();
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) = cut(rest, b'?');
        url.force_query = query.is_some_and(<[u8]>::is_empty);
        url.query = query.unwrap_or_default().to_vec();
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if let Some(after) = rest.strip_prefix(b"//")
            && (!url.scheme.is_empty() || !after.starts_with(b"/"))
        {
            let end = after.iter().position(|&b| b == b'/').unwrap_or(after.len());
            let (authority, path) = after.split_at_checked(end).unwrap_or((after, &[]));
            (url.user, url.host) = parse_authority(&url.scheme, authority)?;
            rest = path;
        } else if !url.scheme.is_empty() && rest.starts_with(b"/") {
            url.omit_host = true;
        }
        url.set_path(rest)?;
        Ok(url)
    }

    /// Go: `URL.setPath`.
    fn set_path(&mut self, path: &[u8]) -> Parsed<()> {
        self.path = decode(path, Component::Path)?;
        self.raw_path = if path == encoded(&self.path, Component::Path) { Vec::new() } else { path.to_vec() };
        Ok(())
    }

    /// Whether it has a scheme. Go: `URL.IsAbs`.
    pub fn is_absolute(&self) -> bool {
        !self.scheme.is_empty()
    }

    /// The path as it is written in a URL. Go: `URL.EscapedPath`.
    pub fn escaped_path(&self) -> Vec<u8> {
        if is_written_so(&self.raw_path, &self.path, Component::Path) {
            return self.raw_path.clone();
        }
        if self.path == b"*" { self.path.clone() } else { encoded(&self.path, Component::Path) }
    }

    /// The URL that a reference names which stands in this one. Go: `URL.ResolveReference`.
    #[must_use]
    pub fn resolve(&self, reference: &Url) -> Url {
        let mut url = reference.clone();
        if reference.scheme.is_empty() {
            url.scheme.clone_from(&self.scheme);
        }
        // the paths are encoded well: they cannot be refused
        if reference.is_absolute() || !reference.host.is_empty() || reference.user.is_some() {
            let _ = url.set_path(&resolve_path(&reference.escaped_path(), b""));
            return url;
        }
        let has_query = reference.force_query || !reference.query.is_empty();
        if reference.path.is_empty() && !has_query {
            url.query.clone_from(&self.query);
            if reference.fragment.is_empty() {
                url.fragment.clone_from(&self.fragment);
                url.raw_fragment.clone_from(&self.raw_fragment);
            }
        }
        if reference.path.is_empty() && !self.opaque.is_empty() {
            url.opaque.clone_from(&self.opaque);
            return url;
        }
        url.host.clone_from(&self.host);
        url.user.clone_from(&self.user);
        let _ = url.set_path(&resolve_path(&self.escaped_path(), &reference.escaped_path()));
        url
    }

    /// The host without port and brackets. Go: `URL.Hostname`.
    pub fn hostname(&self) -> &[u8] {
        let mut host = self.host.as_slice();
        if let Some((name, port)) = host.iter().rposition(|&b| b == b':').and_then(|i| host.split_at_checked(i))
            && is_optional_port(port)
        {
            host = name;
        }
        host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host)
    }

    /// The URL as text. Go: `URL.String`.
    pub fn joined(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let names_host = !self.host.is_empty() || self.user.is_some();
            if names_host || (!self.omit_host && self.is_absolute() && !self.path.is_empty()) {
                out.extend_from_slice(b"//");
            }
            if let Some(user) = &self.user {
                out.extend_from_slice(&user.encoded());
                out.push(b'@');
            }
            encode(&mut out, &self.host, Component::Host);
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(&path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if self.force_query || !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            if is_written_so(&self.raw_fragment, &self.fragment, Component::Fragment) {
                out.extend_from_slice(&self.raw_fragment);
            } else {
                encode(&mut out, &self.fragment, Component::Fragment);
            }
        }
        out
    }
}

impl User {
    /// Go: `Userinfo.String`.
    pub fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out, &self.name, Component::User);
        if let Some(password) = &self.password {
            out.push(b':');
            encode(&mut out, password, Component::User);
        }
        out
    }
}

/// The text before the first `mark`, and what follows it where it is there.
fn cut(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = text.splitn(2, |&b| b == mark);
    (parts.next().unwrap_or_default(), parts.next())
}

/// Go: `getScheme`.
fn split_scheme(text: &[u8]) -> Parsed<(&[u8], &[u8])> {
    let end = text.iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')));
    let (Some(end), true) = (end, text.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b':')) else {
        return Ok((&[], text));
    };
    match (text.get(..end), text.get(end..)) {
        (Some([]), Some([b':', ..])) => Err("missing protocol scheme".to_owned()),
        (Some(scheme), Some([b':', rest @ ..])) => Ok((scheme, rest)),
        _ => Ok((&[], text)),
    }
}

/// Go: `parseAuthority`.
fn parse_authority(scheme: &[u8], authority: &[u8]) -> Parsed<(Option<User>, Vec<u8>)> {
    let Some(at) = authority.iter().rposition(|&b| b == b'@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let userinfo = authority.get(..at).unwrap_or_default();
    let host = parse_host(scheme, authority.get(at + 1..).unwrap_or_default())?;
    if !userinfo.iter().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(b)) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(userinfo, b':');
    let name = decode(name, Component::User)?;
    let password = password.map(|p| decode(p, Component::User)).transpose()?;
    Ok((Some(User { name, password }), host))
}

/// Go: `parseHost`.
fn parse_host(scheme: &[u8], host: &[u8]) -> Parsed<Vec<u8>> {
    match host.iter().rposition(|&b| b == b'[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    let is_http = scheme == b"http" || scheme == b"https";
    let is_colon = |&b: &u8| b == b':';
    let colon = if is_http { host.iter().position(is_colon) } else { host.iter().rposition(is_colon) };
    check_port(colon.and_then(|i| host.get(i..)).unwrap_or_default())?;
    decode(host, Component::Host)
}

/// A host in brackets: an IPv6 address, perhaps with a zone.
fn parse_literal(host: &[u8]) -> Parsed<Vec<u8>> {
    let Some(close) = host.iter().rposition(|&b| b == b']') else {
        return Err("missing ']' in host".to_owned());
    };
    let port = host.get(close + 1..).unwrap_or_default();
    check_port(port)?;
    let port = decode(port, Component::Host)?;
    let name = host.get(1..close).unwrap_or_default();
    let zone = find(name, b"%25").unwrap_or(name.len());
    let (front, zone) = name.split_at_checked(zone).unwrap_or((name, &[]));
    let mut decoded = decode(front, Component::Host)?;
    decoded.extend(decode(zone, Component::Zone)?);
    let family = netip::parse(&decoded).map_err(|e| format!("invalid host: {e}"))?;
    if family == netip::Family::V4 {
        return Err("invalid IP-literal".to_owned());
    }
    Ok([b"[", decoded.as_slice(), b"]", &port].concat())
}

fn check_port(port: &[u8]) -> Parsed<()> {
    if is_optional_port(port) { Ok(()) } else { Err(format!("invalid port {} after host", quote(port))) }
}

fn is_optional_port(port: &[u8]) -> bool {
    match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Whether a byte stands for itself in a part.
fn is_plain(byte: u8, part: Component) -> bool {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        return true;
    }
    let others: &[u8] = match part {
        Component::Path => b"$&+,/:;=@",
        Component::Segment => b"$&+:=@",
        Component::Host | Component::Zone => b"!\"$&'()*+,:;<=>[]",
        Component::User => b"$&+,;=",
        Component::Fragment => b"!$&()*+,/:;=?@",
    };
    others.contains(&byte)
}

/// A segment of a path as it is written in a URL. Go: `url.PathEscape`.
pub fn path_escape(segment: &[u8]) -> Vec<u8> {
    encoded(segment, Component::Segment)
}

/// What a segment of a path says. Go: `url.PathUnescape`.
pub fn path_unescape(segment: &[u8]) -> Parsed<Vec<u8>> {
    decode(segment, Component::Segment)
}

/// Whether `raw` says the same as `text`, and holds nothing that it may not. Go: `validEncoded`.
fn is_written_so(raw: &[u8], text: &[u8], part: Component) -> bool {
    !raw.is_empty()
        && raw.iter().all(|b| b"!$&'()*+,;=:@[]%".contains(b) || is_plain(*b, part))
        && decode(raw, part).is_ok_and(|decoded| decoded == text)
}

/// Undoes `.` and `..`. Go: `resolvePath`.
fn resolve_path(base: &[u8], reference: &[u8]) -> Vec<u8> {
    let folder = base.iter().rposition(|&b| b == b'/').and_then(|at| base.get(..=at)).unwrap_or_default();
    let full = match reference.first() {
        None => base.to_vec(),
        Some(b'/') => reference.to_vec(),
        Some(_) => [folder, reference].concat(),
    };
    if full.is_empty() {
        return full;
    }
    let mut out = vec![b'/'];
    let mut first = true;
    let mut last: &[u8] = b"";
    for part in full.split(|&b| b == b'/') {
        last = part;
        match part {
            b"." => first = false,
            b".." => {
                let slash = out.iter().skip(1).rposition(|&b| b == b'/');
                out.truncate(slash.map_or(1, |at| at + 1));
                first = out.len() == 1;
            }
            _ => {
                if !first {
                    out.push(b'/');
                }
                out.extend_from_slice(part);
                first = false;
            }
        }
    }
    if matches!(last, b"." | b"..") {
        out.push(b'/');
    }
    // a slash stands there already
    if out.starts_with(b"//") {
        out.remove(0);
    }
    out
}

/// Go: `unescape`.
fn decode(text: &[u8], part: Component) -> Parsed<Vec<u8>> {
    let in_host = matches!(part, Component::Host | Component::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            if in_host && byte.is_ascii() && !is_plain(*byte, part) {
                return Err(format!("invalid character {} in host name", quote(&[*byte])));
            }
            out.push(*byte);
            continue;
        }
        let digit = |i: usize| after.get(i).and_then(|&b| char::from(b).to_digit(16));
        let refused = || {
            let escape = [b"%", after.get(..2).unwrap_or(after)].concat();
            Err(format!("invalid URL escape {}", quote(&escape)))
        };
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return refused();
        };
        let value = u8::try_from(high * 16 + low).unwrap_or_default();
        let is_percent = value == b'%';
        if part == Component::Host && high < 8 && !is_percent {
            return refused();
        }
        if part == Component::Zone && !is_percent && value != b' ' && !is_plain(value, Component::Host) {
            return refused();
        }
        out.push(value);
        rest = after.get(2..).unwrap_or_default();
    }
    Ok(out)
}

fn encoded(text: &[u8], part: Component) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    encode(&mut out, text, part);
    out
}

/// Go: `escape`.
fn encode(out: &mut Vec<u8>, text: &[u8], part: Component) {
    for &byte in text {
        if is_plain(byte, part) {
            out.push(byte);
        } else {
            let hex = |n: u8| if n < 10 { b'0' + n } else { b'A' - 10 + n };
            out.extend_from_slice(&[b'%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_apart() {
        for (text, want) in [
            ("http://u:p@h.example:8080/a%20b?q=1#f", "http|u:p|h.example:8080|h.example|/a b|q=1||f"),
            ("mailto:a@b", "mailto||||||a@b|"),
            ("//h/p", "||h|h|/p|||"),
            ("HTTPS://[fe80::1%25en0]:80/", "https||[fe80::1%en0]:80|fe80::1%en0|/|||"),
        ] {
            let url = Url::parse(text.as_bytes()).unwrap();
            let user = url.user.as_ref().map(User::encoded).unwrap_or_default();
            let parts: Vec<String> = [
                &url.scheme,
                &user,
                &url.host,
                &url.hostname().to_vec(),
                &url.path,
                &url.query,
                &url.opaque,
                &url.fragment,
            ]
            .iter()
            .map(|p| String::from_utf8_lossy(p).into_owned())
            .collect();
            assert_eq!(parts.join("|"), want);
        }
    }

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
            ("https://x.io/a", "?", "https://x.io/a?"),
            ("https://x.io/a/..", ".", "https://x.io/a/"),
            ("https://x.io/a", "b%2fc", "https://x.io/b%2fc"),
            ("https://x.io/a", "b c'd", "https://x.io/b%20c%27d"),
            ("https://u:p@x.io/a?q#f", "", "https://u:p@x.io/a?q#f"),
            ("urn:a:b", "", "urn:a:b"),
            ("file:/a/b", "c", "file:///a/c"),
            ("a/b", "c:d", "c:d"),
        ] {
            let (base, reference) = (Url::parse(base.as_bytes()).unwrap(), Url::parse(reference.as_bytes()).unwrap());
            let resolved = base.resolve(&reference).joined();
            assert_eq!(String::from_utf8_lossy(&resolved), want, "{reference:?}");
        }
    }

    #[test]
    fn refuses() {
        for (text, want) in [
            (":a", "parse \":a\": missing protocol scheme"),
            ("http://h:x/", "parse \"http://h:x/\": invalid port \":x\" after host"),
            ("http://[::1", "parse \"http://[::1\": missing ']' in host"),
            ("http://a b/", "parse \"http://a b/\": invalid character \" \" in host name"),
            ("/%zz", "parse \"/%zz\": invalid URL escape \"%zz\""),
            ("a:b:c", ""),
            ("1a:b", "parse \"1a:b\": first path segment in URL cannot contain colon"),
            ("http://[1.2.3.4]/", "parse \"http://[1.2.3.4]/\": invalid IP-literal"),
        ] {
            let got = Url::parse(text.as_bytes()).err().unwrap_or_default();
            assert_eq!(got, want, "{text}");
        }
    }
}
