//! The formats of strings; other types have no format. santhosh-tekuri/jsonschema v6: `format.go`.

use std::net::Ipv6Addr;

use super::pattern;
use super::url::decode;
use crate::limits::Limits;
use crate::value::Value;
use go::strconv::{quote, quote_char};
use go::time::days_in;

/// A format that is checked; others mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Regex,
    JsonPointer,
    RelativeJsonPointer,
    Uuid,
    Duration,
    Period,
    Ipv4,
    Ipv6,
    Hostname,
    Email,
    Date,
    Time,
    DateTime,
    Uri,
    Iri,
    UriReference,
    IriReference,
    UriTemplate,
    Semver,
}

const NAMES: [(&str, Format); 19] = [
    ("regex", Format::Regex),
    ("json-pointer", Format::JsonPointer),
    ("relative-json-pointer", Format::RelativeJsonPointer),
    ("uuid", Format::Uuid),
    ("duration", Format::Duration),
    ("period", Format::Period),
    ("ipv4", Format::Ipv4),
    ("ipv6", Format::Ipv6),
    ("hostname", Format::Hostname),
    ("email", Format::Email),
    ("date", Format::Date),
    ("time", Format::Time),
    ("date-time", Format::DateTime),
    ("uri", Format::Uri),
    ("iri", Format::Iri),
    ("uri-reference", Format::UriReference),
    ("iri-reference", Format::IriReference),
    ("uri-template", Format::UriTemplate),
    ("semver", Format::Semver),
];

type Checked = Result<(), String>;

impl Format {
    /// The format of a name.
    pub(super) fn named(name: &str) -> Option<Format> {
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, format)| *format)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Checks whether a value has the format; the error has the reason.
    pub(super) fn check(self, value: &Value, limits: &Limits) -> Checked {
        let Value::Str(text) = value else { return Ok(()) };
        let text = &*text.to_string_lossy();
        match self {
            Format::Regex => pattern::compile(text, limits).map(drop),
            Format::JsonPointer => json_pointer(text),
            Format::RelativeJsonPointer => relative_json_pointer(text),
            Format::Uuid => uuid(text),
            Format::Duration => duration(text),
            Format::Period => period(text),
            Format::Ipv4 => ipv4(text),
            Format::Ipv6 => ipv6(text),
            Format::Hostname => hostname(text),
            Format::Email => email(text),
            Format::Date => date(text),
            Format::Time => time(text),
            Format::DateTime => date_time(text),
            Format::Uri | Format::Iri => {
                if uri(text)? {
                    Ok(())
                } else {
                    fail("relative url")
                }
            }
            Format::UriReference | Format::IriReference if text.contains('\\') => fail("contains \\"),
            Format::UriReference | Format::IriReference => uri(text).map(drop),
            Format::UriTemplate => uri_template(text),
            Format::Semver => semver(text),
        }
    }
}

fn fail(why: impl Into<String>) -> Checked {
    Err(why.into())
}

fn invalid(c: char) -> String {
    format!("invalid character {}", quote_char(c, false))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn json_pointer(text: &str) -> Checked {
    if text.is_empty() {
        return Ok(());
    }
    if !text.starts_with('/') {
        return fail("not starting with /");
    }
    for token in text.split('/') {
        if token.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
            return fail("~ must be followed by 0 or 1");
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Checked {
    let number = digits(text);
    if number == 0 {
        return fail("must start with non-negative integer");
    }
    if number > 1 && text.starts_with('0') {
        return fail("starts with zero");
    }
    match text.get(number..) {
        Some("#") | None => Ok(()),
        Some(rest) => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Checked {
    let groups: Vec<_> = text.split('-').collect();
    if groups.len() != 5 {
        return fail("must have 5 elements");
    }
    for (i, (group, len)) in groups.iter().zip([8, 4, 4, 4, 12]).enumerate() {
        if group.len() != len {
            return fail(format!("element {} must be {len} characters long", i + 1));
        }
        if let Some(c) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return fail(format!("non-hex character {}", quote_char(c, false)));
        }
    }
    Ok(())
}

fn duration(text: &str) -> Checked {
    let Some(text) = text.strip_prefix('P') else { return fail("must start with P") };
    if text.is_empty() {
        return fail("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix('W') {
        return match (weeks.is_empty(), weeks.len() == digits(weeks)) {
            (true, _) => fail("no number in week"),
            (_, false) => fail("invalid week"),
            _ => Ok(()),
        };
    }
    for (i, mut part) in text.split('T').enumerate() {
        if i != 0 && part.is_empty() {
            return fail("no time elements");
        }
        let all = match i {
            0 => "YMD",
            1 => "HMS",
            _ => return fail("more than one T"),
        };
        let mut units = all;
        while !part.is_empty() {
            let number = digits(part);
            if number == 0 {
                return fail("missing number");
            }
            let mut rest = part.get(number..).unwrap_or_default().chars();
            let Some(unit) = rest.next() else { return fail("missing unit") };
            let Some((_, after)) = units.split_once(unit) else {
                let what = if all.contains(unit) { "out of order" } else { "" };
                return fail(match what {
                    "" => format!("invalid unit {}", quote_char(unit, false)),
                    _ => format!("unit {} {what}", quote_char(unit, false)),
                });
            };
            units = after;
            part = rest.as_str();
        }
    }
    Ok(())
}

fn period(text: &str) -> Checked {
    let Some((start, end)) = text.split_once('/') else { return fail("missing slash") };
    let within = |what: &str, checked: Checked| checked.map_err(|why| format!("invalid {what}: {why}"));
    if start.starts_with('P') {
        within("start duration", duration(start))?;
        return within("end date-time", date_time(end));
    }
    within("start date-time", date_time(start))?;
    if end.starts_with('P') { within("end duration", duration(end)) } else { within("end date-time", date_time(end)) }
}

fn ipv4(text: &str) -> Checked {
    let groups: Vec<_> = text.split('.').collect();
    if groups.len() != 4 {
        return fail("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return fail("leading zeros");
        }
        match group.parse::<i64>() {
            Ok(0..=255) => {}
            Ok(_) => return fail("decimal must be between 0 and 255"),
            Err(_) => return fail(format!("strconv.Atoi: parsing {}: invalid syntax", quote(group.as_bytes()))),
        }
    }
    Ok(())
}

fn ipv6(text: &str) -> Checked {
    if !text.contains(':') {
        return fail("missing colon");
    }
    if text.contains('%') {
        return fail("zone id is not a part of ipv6 address");
    }
    match text.parse::<Ipv6Addr>() {
        Ok(_) => Ok(()),
        Err(_) => fail(format!("ParseAddr({}): unable to parse IP", quote(text.as_bytes()))),
    }
}

fn hostname(text: &str) -> Checked {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return fail("more than 253 characters long");
    }
    for label in text.split('.') {
        if label.is_empty() || label.len() > 63 {
            return fail("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return fail("label starts with hyphen");
        }
        if label.ends_with('-') {
            return fail("label ends with hyphen");
        }
        if let Some(c) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return fail(invalid(c));
        }
    }
    Ok(())
}

fn email(text: &str) -> Checked {
    if text.len() > 254 {
        return fail("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return fail("missing @") };
    if local.len() > 64 {
        return fail("local part more than 64 characters long");
    }
    if let Some(inner) = local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        if inner.contains(['\\', '"']) {
            return fail("backslash and quote are not allowed within quoted local part");
        }
    } else {
        if local.starts_with('.') {
            return fail("starts with dot");
        }
        if local.ends_with('.') {
            return fail("ends with dot");
        }
        if local.contains("..") {
            return fail("consecutive dots");
        }
        let allowed = |c: &char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(*c);
        if let Some(c) = local.chars().find(|c| !allowed(c)) {
            return fail(invalid(c));
        }
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|why| format!("invalid ipv6 address: {why}")),
            None => ipv4(address).map_err(|why| format!("invalid ipv4 address: {why}")),
        };
    }
    hostname(domain).map_err(|why| format!("invalid domain: {why}"))
}

fn date(text: &str) -> Checked {
    let layout = "2006-01-02";
    let bad = |rest: &str, part: &str| {
        fail(format!(
            "parsing time {} as {}: cannot parse {} as {}",
            quote(text.as_bytes()),
            quote(layout.as_bytes()),
            quote(rest.as_bytes()),
            quote(part.as_bytes())
        ))
    };
    let number =
        |rest: &str, len: usize| rest.get(..len).filter(|d| digits(d) == len).and_then(|d| d.parse::<i64>().ok());
    let Some(year) = number(text, 4) else { return bad(text, "2006") };
    let rest = text.get(4..).unwrap_or_default();
    let Some(rest) = rest.strip_prefix('-') else { return bad(rest, "-") };
    let Some(month) = number(rest, 2) else { return bad(rest, "01") };
    let out_of_range = |what: &str| fail(format!("parsing time {}: {what} out of range", quote(text.as_bytes())));
    if !(1..=12).contains(&month) {
        return out_of_range("month");
    }
    let rest = rest.get(2..).unwrap_or_default();
    let Some(rest) = rest.strip_prefix('-') else { return bad(rest, "-") };
    let Some(day) = number(rest, 2) else { return bad(rest, "02") };
    let rest = rest.get(2..).unwrap_or_default();
    if !rest.is_empty() {
        return fail(format!("parsing time {}: extra text: {}", quote(text.as_bytes()), quote(rest.as_bytes())));
    }
    if (1..=days_in(year, month)).contains(&day) { Ok(()) } else { out_of_range("day") }
}

fn time(text: &str) -> Checked {
    if text.len() < 9 {
        return fail("less than 9 characters long");
    }
    let byte = |i: usize| text.as_bytes().get(i).copied();
    if byte(2) != Some(b':') || byte(5) != Some(b':') {
        return fail("missing colon in correct place");
    }
    let pair = |from: usize| text.get(from..from + 2).filter(|d| digits(d) == 2).and_then(|d| d.parse::<i32>().ok());
    let (Some(hour), Some(minute), Some(second)) = (pair(0), pair(3), pair(6)) else {
        return fail("invalid hour/min/sec");
    };
    if hour > 23 || minute > 59 || second > 60 {
        return fail("hour/min/sec out of range");
    }
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if count == 0 {
            return fail("no digits in second fraction");
        }
        rest = fraction.get(count..).unwrap_or_default();
    }
    let mut at = hour * 60 + minute;
    if rest != "z" && rest != "Z" {
        if rest.len() != 6 {
            return fail("offset must be 6 characters long");
        }
        let (sign, offset) = match (rest.strip_prefix('+'), rest.strip_prefix('-')) {
            (Some(offset), _) => (-1, offset),
            (_, Some(offset)) => (1, offset),
            _ => return fail("offset must begin with plus/minus"),
        };
        if offset.as_bytes().get(2) != Some(&b':') {
            return fail("missing colon in offset in correct place");
        }
        let pair =
            |from: usize| offset.get(from..from + 2).filter(|d| digits(d) == 2).and_then(|d| d.parse::<i32>().ok());
        let (Some(hours), Some(minutes)) = (pair(0), pair(3)) else { return fail("invalid hour/min in offset") };
        if hours > 23 || minutes > 59 {
            return fail("hour/min in offset out of range");
        }
        at += sign * (hours * 60 + minutes);
        if at < 0 {
            at += 24 * 60;
        }
    }
    if second >= 60 && (at / 60 != 23 || at % 60 != 59) {
        return fail("invalid leap second");
    }
    Ok(())
}

fn date_time(text: &str) -> Checked {
    if text.len() < 20 {
        return fail("less than 20 characters long");
    }
    if !matches!(text.as_bytes().get(10), Some(b't' | b'T')) {
        return fail("11th character must be t or T");
    }
    let (Some(day), Some(clock)) = (text.get(..10), text.get(11..)) else {
        return fail("invalid date element");
    };
    date(day).map_err(|why| format!("invalid date element: {why}"))?;
    time(clock).map_err(|why| format!("invalid time element: {why}"))
}

/// Whether a URL is absolute. Errors: the text is not a URL. Go: `url.Parse`.
fn uri(text: &str) -> Result<bool, String> {
    let bad = |why: String| Err(format!("parse {}: {why}", quote(text.as_bytes())));
    if text.bytes().any(|b| b < 0x20 || b == 0x7F) {
        return bad("net/url: invalid control character in URL".to_owned());
    }
    let rest = text.split('#').next().unwrap_or_default();
    let mut scheme = "";
    let mut tail = rest;
    if let Some((head, after)) = rest.split_once(':') {
        let mut chars = head.chars();
        let first = chars.next();
        let is_scheme = first.is_some_and(|c| c.is_ascii_alphabetic())
            && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if is_scheme {
            (scheme, tail) = (head, after);
        } else if first.is_none() {
            return bad("missing protocol scheme".to_owned());
        } else if first.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
            && !head.contains(['/', '?'])
        {
            return bad("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let path = tail.split('?').next().unwrap_or_default();
    let mut path_only = path;
    if let Some(after) = path.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        let (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
        path_only = path;
        if let Err(why) = authority_error(authority) {
            return bad(why);
        }
    } else if scheme.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
        return bad("first path segment in URL cannot contain colon".to_owned());
    }
    for part in [path_only, text.split_once('#').map_or("", |(_, fragment)| fragment)] {
        if let Err(escape) = decode(part) {
            return bad(format!("invalid URL escape {}", quote(escape.as_bytes())));
        }
    }
    Ok(!scheme.is_empty())
}

fn authority_error(authority: &str) -> Checked {
    let host = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
            if !user.chars().all(allowed) {
                return fail("net/url: invalid userinfo");
            }
            host
        }
        None => authority,
    };
    let port = if let Some(rest) = host.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return fail("missing ']' in host") };
        ipv6(address).map_err(|why| format!("invalid ipv6 address: {why}"))?;
        port
    } else {
        let allowed = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || "!$&'()*+,;=:[]<>\"-_.~%".contains(c);
        if let Some(c) = host.chars().find(|c| !allowed(*c)) {
            return fail(format!("invalid character {} in host name", quote(c.to_string().as_bytes())));
        }
        if host.matches(':').count() > 1 {
            return fail("ipv6 address not enclosed in brackets");
        }
        host.find(':').and_then(|at| host.get(at..)).unwrap_or_default()
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(()),
        Some(number) if number.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
        _ => fail(format!("invalid port {} after host", quote(port.as_bytes()))),
    }
}

fn uri_template(text: &str) -> Checked {
    uri(text)?;
    for token in text.split(['?', '#']).next().unwrap_or_default().split('/') {
        let token = decode(token)
            .map_err(|escape| format!("percent decode failed: invalid URL escape {}", quote(escape.as_bytes())))?;
        let mut open = false;
        for c in token.chars().filter(|c| matches!(c, '{' | '}')) {
            if (c == '{') == open {
                return fail("nested curly braces");
            }
            open = !open;
        }
        if open {
            return fail("no matching closing brace");
        }
    }
    Ok(())
}

fn semver(text: &str) -> Checked {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        if build.is_empty() {
            return fail("build is empty");
        }
        for part in build.split('.') {
            if part.is_empty() {
                return fail("build identifier is empty");
            }
            if let Some(c) = part.chars().find(|c| !allowed(c)) {
                return fail(format!("{} in build identifier", invalid(c)));
            }
        }
    }
    let (core, pre) = text.split_once('-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    for part in pre.into_iter().flat_map(|pre| pre.split('.')) {
        if part.is_empty() {
            return fail("pre-release identifier is empty");
        }
        if let Some(c) = part.chars().find(|c| !allowed(c)) {
            return fail(format!("{} in pre-release identifier", invalid(c)));
        }
        if part.len() > 1 && part.starts_with('0') && digits(part) == part.len() {
            return fail("pre-release numeric identifier starts with zero");
        }
    }
    let numbers: Vec<_> = core.split('.').collect();
    if numbers.len() != 3 {
        return fail("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in numbers.iter().zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return fail(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with('0') {
            return fail(format!("{name} starts with zero"));
        }
        if digits(number) != number.len() {
            return fail(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_accept_and_refuse() {
        for (name, good, bad) in [
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("ipv6", "::1", "::g"),
            ("hostname", "a-b.example.com.", "-a"),
            ("email", "a.b@example.com", "a@b@"),
            ("date", "2024-02-29", "2023-02-29"),
            ("time", "23:59:60Z", "22:59:60Z"),
            ("date-time", "2024-01-01T10:00:00.5+01:00", "2024-01-01 10:00:00Z!"),
            ("uri", "https://x.io/a?b#c", "/a"),
            ("uri", "urn:a:b", "https://x.io:a/"),
            ("uri-reference", "../a#b", "a\\b"),
            ("uri-template", "/a/{b}", "/a/{b"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
            ("duration", "P1Y2DT3H", "P1D2Y"),
            ("period", "2024-01-01T10:00:00Z/P1D", "P1D"),
            ("json-pointer", "/a~0/b", "/a~2"),
            ("relative-json-pointer", "1/a", "01"),
            ("semver", "1.2.3-a.1+b", "1.2"),
            ("regex", "^a$", "("),
        ] {
            let format = Format::named(name).unwrap();
            let check = |text: &str| format.check(&Value::str(text), &Limits::helm());
            assert_eq!(check(good), Ok(()), "{name} {good}");
            assert!(check(bad).is_err(), "{name} {bad}");
        }
    }
}
