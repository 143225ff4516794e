//! Semantic versions: parsing and ordering.

use std::cmp::Ordering;
use std::fmt;

use crate::error::{Error, Result};

/// Longest text that is read as a version, in bytes. Masterminds/semver: `MaxVersionLen`.
const MAX_LEN: usize = 256;

/// A semantic version: three numbers, a pre-release, metadata and the text that it was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
    /// What follows the first hyphen; empty if there is none.
    pub pre: String,
    /// What follows the plus sign; empty if there is none.
    pub metadata: String,
    /// The original text.
    pub original: String,
}

impl Version {
    /// Parses a version leniently: it accepts a leading `v`, one or two numbers only, and leading zeros.
    /// Masterminds/semver: `NewVersion`.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_LEN {
            return Err(too_long());
        }
        let Some(parts) = Parts::split(text) else {
            return Err(Error::new(INVALID));
        };
        let segment =
            |digits: &str| number(digits).map_err(|e| Error::new(format!("error parsing version segment: {e}")));
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

    /// The order of two versions, ignoring metadata. Masterminds/semver: `Version.Compare`.
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

    /// The next patch; a pre-release becomes its release. Masterminds/semver: `IncPatch`.
    pub fn inc_patch(&self) -> Result<Self> {
        let mut next = self.without_suffix();
        if self.pre.is_empty() {
            next.patch = self.patch.checked_add(1).ok_or_else(|| overflow("patch"))?;
        }
        Ok(next.renamed())
    }

    /// The next minor version. Masterminds/semver: `IncMinor`.
    pub fn inc_minor(&self) -> Result<Self> {
        let minor = self.minor.checked_add(1).ok_or_else(|| overflow("minor"))?;
        Ok(Version { minor, patch: 0, ..self.without_suffix() }.renamed())
    }

    /// The next major version. Masterminds/semver: `IncMajor`.
    pub fn inc_major(&self) -> Result<Self> {
        let major = self.major.checked_add(1).ok_or_else(|| overflow("major"))?;
        Ok(Version { major, minor: 0, patch: 0, ..self.without_suffix() }.renamed())
    }

    /// The same version with another pre-release. Masterminds/semver: `SetPrerelease`.
    pub fn with_prerelease(&self, pre: &str) -> Result<Self> {
        if !pre.is_empty() {
            check_pre(pre)?;
        }
        Ok(Version { pre: pre.to_owned(), ..self.clone() }.renamed())
    }

    /// The same version with other metadata. Masterminds/semver: `SetMetadata`.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self> {
        if !metadata.is_empty() {
            check_metadata(metadata)?;
        }
        Ok(Version { metadata: metadata.to_owned(), ..self.clone() }.renamed())
    }

    fn without_suffix(&self) -> Self {
        Version { pre: String::new(), metadata: String::new(), ..self.clone() }
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

const INVALID: &str = "invalid semantic version";
const STARTS_WITH_ZERO: &str = "version segment starts with 0";

fn overflow(part: &str) -> Error {
    Error::new(format!("{part} version increment would overflow uint64"))
}

fn too_long() -> Error {
    Error::new(format!("version string is too long (max {MAX_LEN} bytes)"))
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

/// What follows `mark` as identifiers between dots, empty where `mark` does not follow; `None` if one is empty.
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

fn number(digits: &str) -> Result<u64> {
    digits.parse().map_err(|_| {
        let why = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
        Error::new(format!("strconv.ParseUint: parsing \"{digits}\": {why}"))
    })
}

fn is_numeric(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn is_identifier(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn check_pre(pre: &str) -> Result<()> {
    for part in pre.split('.') {
        if part.is_empty() || !is_identifier(part) {
            return Err(Error::new("invalid prerelease string"));
        }
        if is_numeric(part) && part.len() > 1 && part.starts_with('0') {
            return Err(Error::new(STARTS_WITH_ZERO));
        }
    }
    Ok(())
}

fn check_metadata(metadata: &str) -> Result<()> {
    if metadata.split('.').all(|part| !part.is_empty() && is_identifier(part)) {
        Ok(())
    } else {
        Err(Error::new("invalid metadata string"))
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
