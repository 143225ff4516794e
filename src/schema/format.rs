//! The formats of strings. santhosh-tekuri/jsonschema v6: `format.go`. Strings alone have a format; they are bytes, as Go has them.

use go::strconv::{quote, quote_char};
use go::time::{Time, Zone};
use go::url::{Url, path_unescape};
use go::{netip, utf8};

use super::pattern;
use crate::limits::Limits;
use crate::value::Value;

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

type Checked<T = ()> = Result<T, String>;

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
        match self {
            Format::Regex => pattern::compile(&text.to_string_lossy(), limits).map(drop),
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
            Format::Uri | Format::Iri if uri(text)?.is_absolute() => Ok(()),
            Format::Uri | Format::Iri => fail("relative url"),
            Format::UriReference | Format::IriReference => uri_reference(text),
            Format::UriTemplate => uri_template(text),
            Format::Semver => semver(text),
        }
    }
}

fn fail<T>(why: impl Into<String>) -> Checked<T> {
    Err(why.into())
}

/// The first character that is not allowed.
fn first_other(text: &[u8], is_allowed: impl Fn(char) -> bool) -> Option<char> {
    utf8::runes(text).map(|(c, _)| c).find(|c| !is_allowed(*c))
}

fn invalid(c: char) -> String {
    format!("invalid character {}", quote_char(c, false))
}

/// How many digits a text starts with.
fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// The text before the first such byte, and the one behind it.
fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = memchr::memchr(at, text)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// A text cut at each such byte.
fn split(text: &[u8], at: u8) -> impl Iterator<Item = &[u8]> {
    text.split(move |b| *b == at)
}

/// An integer. Go: `strconv.Atoi`.
fn atoi(text: &[u8]) -> Checked<i64> {
    let number = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let is_number = !number.is_empty() && digits(number) == number.len();
    let value = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    value.ok_or_else(|| {
        let why = if is_number { "value out of range" } else { "invalid syntax" };
        format!("strconv.Atoi: parsing {}: {why}", quote(text))
    })
}

fn json_pointer(text: &[u8]) -> Checked {
    if text.is_empty() {
        return Ok(());
    }
    if !text.starts_with(b"/") {
        return fail("not starting with /");
    }
    let is_wrong = |token: &[u8]| split(token, b'~').skip(1).any(|rest| !matches!(rest, [b'0' | b'1', ..]));
    if split(text, b'/').any(is_wrong) { fail("~ must be followed by 0 or 1") } else { Ok(()) }
}

fn relative_json_pointer(text: &[u8]) -> Checked {
    let number = digits(text);
    if number == 0 {
        return fail("must start with non-negative integer");
    }
    if number > 1 && text.starts_with(b"0") {
        return fail("starts with zero");
    }
    match text.get(number..) {
        Some(b"#") | None => Ok(()),
        Some(rest) => json_pointer(rest),
    }
}

fn uuid(text: &[u8]) -> Checked {
    let groups: Vec<_> = split(text, b'-').collect();
    if groups.len() != 5 {
        return fail("must have 5 elements");
    }
    for (i, (group, len)) in groups.iter().zip([8, 4, 4, 4, 12]).enumerate() {
        if group.len() != len {
            return fail(format!("element {} must be {len} characters long", i + 1));
        }
        if let Some(c) = first_other(group, |c| c.is_ascii_hexdigit()) {
            return fail(format!("non-hex character {}", quote_char(c, false)));
        }
    }
    Ok(())
}

fn duration(text: &[u8]) -> Checked {
    let Some(text) = text.strip_prefix(b"P") else { return fail("must start with P") };
    if text.is_empty() {
        return fail("nothing after P");
    }
    if let Some(weeks) = text.strip_suffix(b"W") {
        return match (weeks.is_empty(), weeks.len() == digits(weeks)) {
            (true, _) => fail("no number in week"),
            (_, false) => fail("invalid week"),
            _ => Ok(()),
        };
    }
    for (i, mut part) in split(text, b'T').enumerate() {
        if i != 0 && part.is_empty() {
            return fail("no time elements");
        }
        let all: &[u8] = match i {
            0 => b"YMD",
            1 => b"HMS",
            _ => return fail("more than one T"),
        };
        let mut units = all;
        while !part.is_empty() {
            let number = digits(part);
            if number == 0 {
                return fail("missing number");
            }
            let Some((unit, rest)) = part.get(number..).and_then(<[u8]>::split_first) else {
                return fail("missing unit");
            };
            // a unit is a byte, and shown as one
            let shown = || quote_char(char::from(*unit), false);
            match cut(units, *unit) {
                Some((_, after)) => units = after,
                None if all.contains(unit) => return fail(format!("unit {} out of order", shown())),
                None => return fail(format!("invalid unit {}", shown())),
            }
            part = rest;
        }
    }
    Ok(())
}

fn period(text: &[u8]) -> Checked {
    let Some((start, end)) = cut(text, b'/') else { return fail("missing slash") };
    let within = |what: &str, checked: Checked| checked.map_err(|why| format!("invalid {what}: {why}"));
    if start.starts_with(b"P") {
        within("start duration", duration(start))?;
        return within("end date-time", date_time(end));
    }
    within("start date-time", date_time(start))?;
    if end.starts_with(b"P") { within("end duration", duration(end)) } else { within("end date-time", date_time(end)) }
}

fn ipv4(text: &[u8]) -> Checked {
    if split(text, b'.').count() != 4 {
        return fail("expected four decimals");
    }
    for group in split(text, b'.') {
        if group.len() > 1 && group.starts_with(b"0") {
            return fail("leading zeros");
        }
        if !(0..=255).contains(&atoi(group)?) {
            return fail("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

fn ipv6(text: &[u8]) -> Checked {
    if !text.contains(&b':') {
        return fail("missing colon");
    }
    netip::parse(text)?;
    if text.contains(&b'%') { fail("zone id is not a part of ipv6 address") } else { Ok(()) }
}

fn hostname(text: &[u8]) -> Checked {
    let text = text.strip_suffix(b".").unwrap_or(text);
    if text.len() > 253 {
        return fail("more than 253 characters long");
    }
    for label in split(text, b'.') {
        if label.is_empty() || label.len() > 63 {
            return fail("label must be 1 to 63 characters long");
        }
        if label.starts_with(b"-") {
            return fail("label starts with hyphen");
        }
        if label.ends_with(b"-") {
            return fail("label ends with hyphen");
        }
        if let Some(c) = first_other(label, |c| c.is_ascii_alphanumeric() || c == '-') {
            return fail(invalid(c));
        }
    }
    Ok(())
}

fn email(text: &[u8]) -> Checked {
    if text.len() > 254 {
        return fail("more than 255 characters long");
    }
    let Some((local, domain)) = memchr::memrchr(b'@', text).and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)))
    else {
        return fail("missing @");
    };
    if local.len() > 64 {
        return fail("local part more than 64 characters long");
    }
    if let Some(inner) = local.strip_prefix(b"\"").and_then(|local| local.strip_suffix(b"\"")) {
        if inner.contains(&b'\\') || inner.contains(&b'"') {
            return fail("backslash and quote are not allowed within quoted local part");
        }
    } else {
        if local.starts_with(b".") {
            return fail("starts with dot");
        }
        if local.ends_with(b".") {
            return fail("ends with dot");
        }
        if memchr::memmem::find(local, b"..").is_some() {
            return fail("consecutive dots");
        }
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
        if let Some(c) = first_other(local, is_allowed) {
            return fail(invalid(c));
        }
    }
    if let Some(address) = domain.strip_prefix(b"[").and_then(|domain| domain.strip_suffix(b"]")) {
        return match address.strip_prefix(b"IPv6:") {
            Some(address) => ipv6(address).map_err(|why| format!("invalid ipv6 address: {why}")),
            None => ipv4(address).map_err(|why| format!("invalid ipv4 address: {why}")),
        };
    }
    hostname(domain).map_err(|why| format!("invalid domain: {why}"))
}

fn date(text: &[u8]) -> Checked {
    Time::parse(b"2006-01-02", text, &Zone::local("UTC")).map(drop).map_err(|why| why.to_string())
}

fn time(text: &[u8]) -> Checked {
    let (clock, mut rest) = match text.split_at_checked(8) {
        Some((clock, rest)) if !rest.is_empty() => (clock, rest),
        _ => return fail("less than 9 characters long"),
    };
    if clock.get(2) != Some(&b':') || clock.get(5) != Some(&b':') {
        return fail("missing colon in correct place");
    }
    // numbers of any form that an integer may have, as long as the colons are in their places
    let number = |text: &[u8], place: &str| match atoi(text) {
        Ok(number) if number < 0 => fail(format!("non-positive {place}")),
        Ok(number) => Ok(number),
        Err(_) => fail(format!("invalid {place}")),
    };
    let mut parts = clock.splitn(3, |b| *b == b':');
    let mut part = || number(parts.next().unwrap_or_default(), "hour/min/sec");
    let (hour, minute, second) = (part()?, part()?, part()?);
    if hour > 23 || minute > 59 || second > 60 {
        return fail("hour/min/sec out of range");
    }
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return fail("no digits in second fraction");
        }
        rest = fraction.get(count..).unwrap_or_default();
    }
    let mut at = hour * 60 + minute;
    if rest != b"z" && rest != b"Z" {
        if rest.len() != 6 {
            return fail("offset must be 6 characters long");
        }
        let (sign, offset) = match rest {
            [b'+', offset @ ..] => (-1, offset),
            [b'-', offset @ ..] => (1, offset),
            _ => return fail("offset must begin with plus/minus"),
        };
        if offset.get(2) != Some(&b':') {
            return fail("missing colon in offset in correct place");
        }
        let mut parts = offset.splitn(2, |b| *b == b':');
        let mut part = || number(parts.next().unwrap_or_default(), "hour/min in offset");
        let (hours, minutes) = (part()?, part()?);
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

fn date_time(text: &[u8]) -> Checked {
    let (Some(day), Some(clock)) = (text.get(..10), text.get(11..).filter(|_| text.len() >= 20)) else {
        return fail("less than 20 characters long");
    };
    if !matches!(text.get(10), Some(b't' | b'T')) {
        return fail("11th character must be t or T");
    }
    date(day).map_err(|why| format!("invalid date element: {why}"))?;
    time(clock).map_err(|why| format!("invalid time element: {why}"))
}

/// Any URL, absolute or not.
fn uri(text: &[u8]) -> Checked<Url> {
    let url = Url::parse(text)?;
    if url.hostname().contains(&b':') {
        if !url.host.contains(&b'[') || !url.host.contains(&b']') {
            return fail("ipv6 address not enclosed in brackets");
        }
        ipv6(url.hostname()).map_err(|why| format!("invalid ipv6 address: {why}"))?;
    }
    Ok(url)
}

fn uri_reference(text: &[u8]) -> Checked {
    if text.contains(&b'\\') {
        return fail("contains \\");
    }
    uri(text).map(drop)
}

fn uri_template(text: &[u8]) -> Checked {
    for token in split(&uri(text)?.raw_path, b'/') {
        let token = path_unescape(token).map_err(|why| format!("percent decode failed: {why}"))?;
        let mut is_open = false;
        for brace in token.iter().filter(|b| matches!(b, b'{' | b'}')) {
            if (*brace == b'{') == is_open {
                return fail("nested curly braces");
            }
            is_open = !is_open;
        }
        if is_open {
            return fail("no matching closing brace");
        }
    }
    Ok(())
}

fn semver(text: &[u8]) -> Checked {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (text, build) = cut(text, b'+').map_or((text, None), |(text, build)| (text, Some(build)));
    if let Some(build) = build {
        if build.is_empty() {
            return fail("build is empty");
        }
        for part in split(build, b'.') {
            if part.is_empty() {
                return fail("build identifier is empty");
            }
            if let Some(c) = first_other(part, is_allowed) {
                return fail(format!("{} in build identifier", invalid(c)));
            }
        }
    }
    let (core, pre) = cut(text, b'-').map_or((text, None), |(core, pre)| (core, Some(pre)));
    for part in pre.into_iter().flat_map(|pre| split(pre, b'.')) {
        if part.is_empty() {
            return fail("pre-release identifier is empty");
        }
        if let Some(c) = first_other(part, is_allowed) {
            return fail(format!("{} in pre-release identifier", invalid(c)));
        }
        if part.len() > 1 && part.starts_with(b"0") && digits(part) == part.len() {
            return fail("pre-release numeric identifier starts with zero");
        }
    }
    if split(core, b'.').count() != 3 {
        return fail("versionCore must have 3 numbers separated by dot");
    }
    for (number, name) in split(core, b'.').zip(["major", "minor", "patch"]) {
        if number.is_empty() {
            return fail(format!("{name} is empty"));
        }
        if number.len() > 1 && number.starts_with(b"0") {
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
