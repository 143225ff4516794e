//! One semantic version: parsing, order, and how templates see it.

use std::any::Any;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

use super::super::{Kind, Method, Object, Ty, Value};
use crate::error::{Error, Result};

/// Longest text that is read as a version, in bytes. Masterminds/semver: `MaxVersionLen`.
const MAX_LEN: usize = 256;

/// Why a text is no version or no range; it prints as Masterminds/semver says it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub(super) Cow<'static, str>);

/// A semantic version: three numbers, a pre-release, metadata and the text that it was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
    /// What follows the first hyphen; empty where there is none.
    pub pre: String,
    /// What follows the plus sign; empty where there is none.
    pub metadata: String,
    /// The text as it was given.
    pub original: String,
}

impl Version {
    /// Reads a version leniently: a `v` in front, one or two numbers alone and leading zeros are fine.
    /// Masterminds/semver: `NewVersion`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > MAX_LEN {
            return Err(too_long());
        }
        let Some(parts) = Parts::split(text) else {
            return Err(Invalid::INVALID);
        };
        let segment = |digits: &str| {
            number(digits).map_err(|Invalid(text)| Invalid(format!("error parsing version segment: {text}").into()))
        };
        let version = Version {
            major: segment(parts.major)?,
            minor: segment(parts.minor.unwrap_or("0"))?,
            patch: segment(parts.patch.unwrap_or("0"))?,
            pre: parts.pre.to_owned(),
            metadata: parts.metadata.to_owned(),
            original: text.to_owned(),
        };
        if !version.pre.is_empty() {
            check_pre(&version.pre)?;
        }
        if !version.metadata.is_empty() {
            check_metadata(&version.metadata)?;
        }
        Ok(version)
    }

    /// The order of two versions; metadata does not count. Masterminds/semver: `Version.Compare`.
    pub fn compare(&self, other: &Version) -> Ordering {
        (self.major, self.minor, self.patch).cmp(&(other.major, other.minor, other.patch)).then_with(|| {
            match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_pre(&self.pre, &other.pre),
            }
        })
    }

    fn increased(&self, name: &str) -> Result<Self> {
        let overflow = || Error::func(format!("{} version increment would overflow uint64", name.to_ascii_lowercase()));
        let mut next = Version { pre: String::new(), metadata: String::new(), ..self.clone() };
        match name {
            "Patch" if !self.pre.is_empty() => {}
            "Patch" => next.patch = self.patch.checked_add(1).ok_or_else(overflow)?,
            "Minor" => {
                next.patch = 0;
                next.minor = self.minor.checked_add(1).ok_or_else(overflow)?;
            }
            _ => {
                next.patch = 0;
                next.minor = 0;
                next.major = self.major.checked_add(1).ok_or_else(overflow)?;
            }
        }
        Ok(next.renamed())
    }

    /// The same version with `original` written anew; a `v` in front stays.
    fn renamed(mut self) -> Self {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
        self
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

const POINTER: &str = "*semver.Version";
const PLAIN: &str = "semver.Version";

impl Object for Version {
    fn type_name(&self) -> &'static str {
        POINTER
    }

    fn kind(&self) -> Kind {
        Kind::Ptr
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn method(&self, name: &str) -> Option<Method> {
        method(name)
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        call(self, name, args)
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn to_json(&self) -> Value {
        Value::str(self.to_string())
    }
}

/// A version that is no pointer: what `IncMajor` and its like answer. Templates cannot take its address, so the methods
/// of the pointer are not there.
struct Plain(Version);

impl Object for Plain {
    fn type_name(&self) -> &'static str {
        PLAIN
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn method(&self, name: &str) -> Option<Method> {
        let of_pointer = matches!(
            name,
            "Compare" | "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" | "Original"
        );
        if of_pointer { None } else { method(name) }
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        call(&self.0, name, args)
    }

    fn text(&self) -> Option<String> {
        Some(self.0.to_string())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Plain>().is_some_and(|other| self.0 == other.0)
    }

    fn to_json(&self) -> Value {
        Value::str(self.0.to_string())
    }
}

fn method(name: &str) -> Option<Method> {
    const OTHER: &[Ty] = &[Ty::Object(POINTER)];
    let (params, ret): (&'static [Ty], Ty) = match name {
        "Major" | "Minor" | "Patch" => (&[], Ty::Uint64),
        "Prerelease" | "Metadata" | "Original" | "String" => (&[], Ty::Str),
        "IncMajor" | "IncMinor" | "IncPatch" => (&[], Ty::Object(PLAIN)),
        "SetPrerelease" | "SetMetadata" => (&[Ty::Str], Ty::Object(PLAIN)),
        "Compare" => (OTHER, Ty::Int),
        "Equal" | "LessThan" | "LessThanEqual" | "GreaterThan" | "GreaterThanEqual" => (OTHER, Ty::Bool),
        "MarshalJSON" | "MarshalText" => (&[], Ty::Bytes),
        "Value" => (&[], Ty::Any),
        _ => return None,
    };
    Some(Method::new(params, ret))
}

fn call(version: &Version, name: &str, args: &[Value]) -> Result<Value> {
    let plain = |version: Version| Value::Object(Rc::new(Plain(version)));
    let text = || args.first().and_then(Value::as_str).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let order = || {
        let other = args.first().and_then(Value::as_object::<Version>);
        other.map(|other| version.compare(other)).ok_or_else(|| Error::func(NIL_POINTER))
    };
    Ok(match name {
        "Major" => Value::Uint64(version.major),
        "Minor" => Value::Uint64(version.minor),
        "Patch" => Value::Uint64(version.patch),
        "Prerelease" => Value::str(version.pre.as_str()),
        "Metadata" => Value::str(version.metadata.as_str()),
        "Original" => Value::str(version.original.as_str()),
        "String" | "Value" => Value::str(version.to_string()),
        "MarshalText" => Value::Bytes(version.to_string().into()),
        "MarshalJSON" => Value::Bytes(format!("\"{version}\"").into()),
        "IncMajor" | "IncMinor" | "IncPatch" => plain(version.increased(name.trim_start_matches("Inc"))?),
        "SetPrerelease" => {
            let pre = text();
            if !pre.is_empty() {
                check_pre(&pre).map_err(|e| Error::func(e.to_string()))?;
            }
            plain(Version { pre, ..version.clone() }.renamed())
        }
        "SetMetadata" => {
            let metadata = text();
            if !metadata.is_empty() {
                check_metadata(&metadata).map_err(|e| Error::func(e.to_string()))?;
            }
            plain(Version { metadata, ..version.clone() }.renamed())
        }
        "Compare" => Value::Int(order()? as i64),
        "Equal" => Value::Bool(order().is_ok_and(Ordering::is_eq)),
        "LessThan" => Value::Bool(order()?.is_lt()),
        "LessThanEqual" => Value::Bool(order()?.is_le()),
        "GreaterThan" => Value::Bool(order()?.is_gt()),
        "GreaterThanEqual" => Value::Bool(order()?.is_ge()),
        _ => Value::Nil,
    })
}

const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

impl Invalid {
    pub(super) const INVALID: Invalid = Invalid(Cow::Borrowed("invalid semantic version"));
    const STARTS_WITH_ZERO: Invalid = Invalid(Cow::Borrowed("version segment starts with 0"));
}

fn too_long() -> Invalid {
    Invalid(format!("version string is too long (max {MAX_LEN} bytes)").into())
}

/// The pieces of a version text, unchecked but for their characters.
struct Parts<'a> {
    major: &'a str,
    minor: Option<&'a str>,
    patch: Option<&'a str>,
    pre: &'a str,
    metadata: &'a str,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (major, mut rest) = take(rest, |b| b.is_ascii_digit());
        if major.is_empty() {
            return None;
        }
        let mut segment = || {
            let (digits, after) = take(rest.strip_prefix('.')?, |b| b.is_ascii_digit());
            if digits.is_empty() {
                return None;
            }
            rest = after;
            Some(digits)
        };
        let minor = segment();
        let patch = if minor.is_some() { segment() } else { None };
        let (pre, rest) = take_identifiers(rest, '-')?;
        let (metadata, rest) = take_identifiers(rest, '+')?;
        rest.is_empty().then_some(Parts { major, minor, patch, pre, metadata })
    }
}

/// What follows `mark` as identifiers between dots, empty where `mark` does not follow; `None` where one is empty.
pub(super) fn take_identifiers(text: &str, mark: char) -> Option<(&str, &str)> {
    let Some(after) = text.strip_prefix(mark) else {
        return Some(("", text));
    };
    let (identifiers, rest) = take(after, |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    let whole = identifiers.split('.').all(|part| !part.is_empty());
    whole.then_some((identifiers, rest))
}

/// The longest front whose bytes (ASCII ones) `belong`, and what follows.
pub(super) fn take(text: &str, belong: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|b| !belong(b)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn number(digits: &str) -> Result<u64, Invalid> {
    digits.parse().map_err(|_| {
        let why = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
        Invalid(format!("strconv.ParseUint: parsing \"{digits}\": {why}").into())
    })
}

fn is_numeric(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn check_pre(pre: &str) -> Result<(), Invalid> {
    for part in pre.split('.') {
        if part.is_empty() || !is_identifier(part) {
            return Err(Invalid("invalid prerelease string".into()));
        }
        if is_numeric(part) && part.len() > 1 && part.starts_with('0') {
            return Err(Invalid::STARTS_WITH_ZERO);
        }
    }
    Ok(())
}

fn check_metadata(metadata: &str) -> Result<(), Invalid> {
    if metadata.split('.').all(|part| !part.is_empty() && is_identifier(part)) {
        Ok(())
    } else {
        Err(Invalid("invalid metadata string".into()))
    }
}

/// Masterminds/semver: `comparePrerelease`.
pub(super) fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => compare_part(a.unwrap_or_default(), b.unwrap_or_default()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Numbers by value and before words, words by bytes, nothing before anything.
fn compare_part(a: &str, b: &str) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    if a.is_empty() || b.is_empty() {
        return a.len().cmp(&b.len());
    }
    // a number too large for 64 bits counts as a word
    let as_number = |s: &str| if is_numeric(s) { s.parse::<u64>().ok() } else { None };
    match (as_number(a), as_number(b)) {
        (None, None) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        // two spellings of one number are never equal here
        (Some(a), Some(b)) => a.cmp(&b).then(Ordering::Less),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_leniently() {
        for (text, want) in [
            ("1", "1.0.0"),
            ("v1.2", "1.2.0"),
            ("01.02.03", "1.2.3"),
            ("1.2.3-beta.1+b.7", "1.2.3-beta.1+b.7"),
            ("1-2-3", "1.0.0-2-3"),
            ("", "invalid semantic version"),
            ("1.2.3.4", "invalid semantic version"),
            ("1.2.3-", "invalid semantic version"),
            ("1.2.3-a..b", "invalid semantic version"),
            ("1.2.3-01", "version segment starts with 0"),
            (" 1.2.3", "invalid semantic version"),
            (
                "99999999999999999999",
                "error parsing version segment: strconv.ParseUint: parsing \"99999999999999999999\": value out of range",
            ),
        ] {
            let got = Version::parse(text).map_or_else(|e| e.to_string(), |v| v.to_string());
            assert_eq!(got, want, "{text}");
        }
        let long = "1".repeat(257);
        assert_eq!(Version::parse(&long).unwrap_err().to_string(), "version string is too long (max 256 bytes)");
    }

    #[test]
    fn orders() {
        let sorted = ["1.0.0-1", "1.0.0-2", "1.0.0-11", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0", "1.0.1"];
        for pair in sorted.windows(2) {
            let (a, b) = (Version::parse(pair[0]).unwrap(), Version::parse(pair[1]).unwrap());
            assert_eq!((a.compare(&b), b.compare(&a)), (Ordering::Less, Ordering::Greater), "{pair:?}");
        }
        let (a, b) = (Version::parse("1.0+a").unwrap(), Version::parse("v1.0.0+b").unwrap());
        assert!(a.compare(&b).is_eq());
    }
}
