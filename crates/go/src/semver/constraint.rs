//! Ranges of versions: `>=1.2 <2 || ~3.1`, `1.2 - 1.4`, `^1.x`.

use std::cmp::Ordering;

use super::version::{Version, compare_pre, take};
use crate::error::{Error, Result};
use crate::strconv::quote;

/// Longest text that is read as a range, in bytes. Masterminds/semver: `MaxConstraintLen`.
const MAX_LEN: usize = 512;

/// Most alternatives of a range. Masterminds/semver: `MaxConstraintGroups`.
const MAX_GROUPS: usize = 32;

/// Versions to accept: alternatives, each a list of conditions that must all hold.
#[derive(Clone, Debug)]
pub struct Constraint {
    groups: Vec<Group>,
}

#[derive(Clone, Debug)]
struct Group {
    conditions: Vec<Condition>,
    /// Whether a condition names a pre-release; only then the group accepts any.
    has_pre: bool,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    version: Version,
    wild: Wild,
}

/// The first part of a version that is left open: `x` or missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wild {
    None,
    Patch,
    Minor,
    Major,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Tilde,
    Caret,
}

impl Constraint {
    /// Reads a range. Masterminds/semver: `NewConstraint`.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_LEN {
            return Err(Error::new(format!("constraint string is too long (max {MAX_LEN} bytes)")));
        }
        let text = rewrite_hyphens(text);
        let alternatives: Vec<&str> = text.split("||").collect();
        if alternatives.len() > MAX_GROUPS {
            return Err(Error::new(format!("too many constraint groups (max {MAX_GROUPS})")));
        }
        let groups = alternatives.into_iter().map(Group::parse).collect::<Result<_, _>>()?;
        Ok(Constraint { groups })
    }

    /// Whether the range accepts a version. Masterminds/semver: `Constraints.Check`.
    pub fn check(&self, version: &Version) -> bool {
        self.groups
            .iter()
            .any(|group| (version.pre.is_empty() || group.has_pre) && group.conditions.iter().all(|c| c.check(version)))
    }
}

impl Group {
    fn parse(text: &str) -> Result<Self> {
        let improper = || Error::new(format!("improper constraint: {}", quote(text.as_bytes())));
        let mut conditions = Vec::new();
        let mut rest = skip_space(text);
        loop {
            let (operator, after) = Operator::take(rest);
            let (loose, after) = Loose::take(skip_space(after)).ok_or_else(improper)?;
            conditions.push((operator, loose));
            rest = skip_space(after);
            if rest.is_empty() {
                break;
            }
            let separated = rest.len() < after.len();
            match rest.strip_prefix(',') {
                Some(next) => rest = skip_space(next),
                None if separated => {}
                None => return Err(improper()),
            }
        }
        let conditions: Vec<Condition> =
            conditions.into_iter().map(|(operator, loose)| loose.condition(operator)).collect::<Result<_, _>>()?;
        let has_pre = conditions.iter().any(|c| !c.version.pre.is_empty());
        Ok(Group { conditions, has_pre })
    }
}

impl Operator {
    /// The operator at the start of a text; none means "equal".
    fn take(text: &str) -> (Self, &str) {
        const OPERATORS: [(&str, Operator); 11] = [
            ("!=", Operator::NotEqual),
            (">=", Operator::GreaterOrEqual),
            ("=>", Operator::GreaterOrEqual),
            ("<=", Operator::LessOrEqual),
            ("=<", Operator::LessOrEqual),
            ("~>", Operator::Tilde),
            ("=", Operator::Equal),
            (">", Operator::Greater),
            ("<", Operator::Less),
            ("~", Operator::Tilde),
            ("^", Operator::Caret),
        ];
        let found = OPERATORS.iter().find_map(|&(sign, operator)| Some((operator, text.strip_prefix(sign)?)));
        found.unwrap_or((Operator::Equal, text))
    }
}

impl Condition {
    /// Whether a version meets the condition; the group has looked at its pre-release.
    fn check(&self, v: &Version) -> bool {
        let order = v.compare(&self.version);
        match self.operator {
            Operator::Equal if self.wild == Wild::None => order.is_eq(),
            Operator::Equal | Operator::Tilde => self.tilde(v, order),
            Operator::NotEqual => self.not_equal(v, order),
            Operator::Greater => self.greater(v, order),
            Operator::Less => order.is_lt(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::LessOrEqual => self.less_or_equal(v, order),
            Operator::Caret => self.caret(v, order),
        }
    }

    fn not_equal(&self, v: &Version, order: Ordering) -> bool {
        let own = &self.version;
        if self.wild == Wild::None {
            return order.is_ne();
        }
        if own.major != v.major {
            return true;
        }
        if self.wild == Wild::Minor {
            return false;
        }
        if own.minor != v.minor {
            return true;
        }
        if self.wild == Wild::Patch {
            return (!v.pre.is_empty() || !own.pre.is_empty()) && compare_pre(&v.pre, &own.pre).is_ne();
        }
        own.patch != v.patch || order.is_ne()
    }

    fn greater(&self, v: &Version, order: Ordering) -> bool {
        if self.wild == Wild::None || v.major != self.version.major {
            return if self.wild == Wild::None { order.is_gt() } else { v.major > self.version.major };
        }
        match self.wild {
            // >11 accepts 12 and later
            Wild::Minor => false,
            Wild::Patch => v.minor > self.version.minor,
            Wild::None | Wild::Major => order.is_gt(),
        }
    }

    fn less_or_equal(&self, v: &Version, order: Ordering) -> bool {
        if self.wild == Wild::None {
            return order.is_le();
        }
        match v.major.cmp(&self.version.major) {
            Ordering::Greater => false,
            Ordering::Equal => v.minor <= self.version.minor || self.wild == Wild::Minor,
            Ordering::Less => true,
        }
    }

    fn tilde(&self, v: &Version, order: Ordering) -> bool {
        let own = &self.version;
        if order.is_lt() {
            return false;
        }
        let open = matches!(self.wild, Wild::Minor | Wild::Patch);
        if (own.major, own.minor, own.patch) == (0, 0, 0) && !open {
            return true;
        }
        v.major == own.major && (v.minor == own.minor || self.wild == Wild::Minor)
    }

    fn caret(&self, v: &Version, order: Ordering) -> bool {
        let own = &self.version;
        if order.is_lt() {
            return false;
        }
        if own.major > 0 || self.wild == Wild::Minor {
            return v.major == own.major;
        }
        if v.major > 0 {
            return false;
        }
        if own.minor > 0 || self.wild == Wild::Patch {
            return v.minor == own.minor;
        }
        v.minor == 0 && v.patch == own.patch
    }
}

/// A version as ranges may write it: wildcards, parts left out.
struct Loose<'a> {
    whole: &'a str,
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    /// With its hyphen.
    pre: &'a str,
}

impl<'a> Loose<'a> {
    /// The longest loose version at the start of a text, and what follows.
    fn take(text: &'a str) -> Option<(Self, &'a str)> {
        let is_digit = |b: u8| b.is_ascii_digit() || matches!(b, b'x' | b'X' | b'*' | b'|');
        let (major, mut rest) = take(text.strip_prefix('v').unwrap_or(text), is_digit);
        if major.is_empty() {
            return None;
        }
        let mut segment = || {
            let (digits, after) = rest.strip_prefix('.').map_or(("", rest), |r| take(r, is_digit));
            if !digits.is_empty() {
                rest = after;
            }
            digits
        };
        let minor = segment();
        let patch = if minor.is_empty() { "" } else { segment() };
        let before_pre = rest;
        let rest = skip_identifiers(before_pre, '-');
        let (pre, _) = front(before_pre, rest);
        let rest = skip_identifiers(rest, '+');
        let (whole, _) = front(text, rest);
        Some((Loose { whole, major, minor, patch, pre }, rest))
    }

    fn condition(&self, operator: Operator) -> Result<Condition> {
        let is_open = |part: &str| matches!(part, "" | "x" | "X" | "*");
        let (wild, text) = if is_open(self.major) {
            (Wild::Major, format!("0.0.0{}", self.pre))
        } else if is_open(self.minor) {
            (Wild::Minor, format!("{}.0.0{}", self.major, self.pre))
        } else if is_open(self.patch) {
            (Wild::Patch, format!("{}.{}.0{}", self.major, self.minor, self.pre))
        } else {
            (Wild::None, self.whole.to_owned())
        };
        let version = Version::parse(&text).map_err(|_| Error::new("constraint parser error"))?;
        Ok(Condition { operator, version, wild })
    }
}

/// `1.2 - 1.4` as `>= 1.2, <= 1.4`. Masterminds/semver: `rewriteRange`.
fn rewrite_hyphens(text: &str) -> String {
    let mut out = text.to_owned();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some((low, high, after)) = hyphen_range(rest) {
            let (found, _) = front(rest, after);
            out = out.replacen(found, &format!(">= {low}, <= {high} "), 1);
            rest = after;
        } else {
            let mut chars = rest.chars();
            chars.next();
            rest = chars.as_str();
        }
    }
    out
}

fn hyphen_range(text: &str) -> Option<(&str, &str, &str)> {
    let (low, rest) = Loose::take(skip_space(text))?;
    let after = skip_space(rest).strip_prefix('-').filter(|_| rest.starts_with(is_space))?;
    let (high, rest) = Loose::take(skip_space(after)).filter(|_| after.starts_with(is_space))?;
    Some((low.whole, high.whole, skip_space(rest)))
}

/// What follows `mark` and its identifiers; the text itself where they are not there.
fn skip_identifiers(text: &str, mark: char) -> &str {
    let is_identifier = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let mut rest = text;
    let mut mark = mark;
    while let Some(after) = rest.strip_prefix(mark) {
        let (identifier, next) = take(after, is_identifier);
        if identifier.is_empty() {
            break;
        }
        rest = next;
        mark = '.';
    }
    rest
}

/// The text without its `tail`, and the tail.
fn front<'a>(text: &'a str, tail: &str) -> (&'a str, &'a str) {
    text.split_at_checked(text.len() - tail.len()).unwrap_or((text, ""))
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

/// Go's `\s`.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0C' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts() {
        for (range, version, want) in [
            (">=1.2", "1.2.0", true),
            (">1", "1.5.0", false),
            (">1", "2.0.0", true),
            (">1.1", "1.1.9", false),
            ("<2", "1.9.9", true),
            ("<=1.2", "1.2.9", true),
            ("<=1", "1.9.9", true),
            ("1.2 - 1.4", "1.4.9", true),
            ("1.2 - 1.4.0", "1.4.9", false),
            ("~1.2.3", "1.2.9", true),
            ("~1.2.3", "1.3.0", false),
            ("~1", "1.9.0", true),
            ("~0.0.0", "5.0.0", true),
            ("^0.2.3", "0.2.9", true),
            ("^0.2.3", "0.3.0", false),
            ("^0.0.3", "0.0.4", false),
            ("^0", "0.9.0", true),
            ("^1.2", "2.0.0", false),
            ("*", "7.0.0", true),
            ("*", "7.0.0-a", false),
            ("*-0", "7.0.0-a", true),
            ("!=1.2.x", "1.2.7", false),
            ("!=1.2.x", "1.3.7", true),
            ("1.x || >=3, <4", "3.5.0", true),
            (">=1.19-0", "1.19.0-gke.1", true),
            (">=1.19", "1.19.1-gke.1", false),
            ("=>1.0.0", "1.0.0", true),
            ("= 1.0", "1.0.7", true),
        ] {
            let (parsed, v) = (Constraint::parse(range).unwrap(), Version::parse(version).unwrap());
            assert_eq!(parsed.check(&v), want, "{version} in {range}");
        }
    }

    #[test]
    fn refuses() {
        for (range, want) in [
            ("", "improper constraint: \"\""),
            ("||", "improper constraint: \"\""),
            ("==1.2.3", "improper constraint: \"==1.2.3\""),
            (">=1.0<2.0", "improper constraint: \">=1.0<2.0\""),
            (">=1.0,,<2", "improper constraint: \">=1.0,,<2\""),
            ("1.2.3.4", "improper constraint: \"1.2.3.4\""),
            ("1.2.3-01", "constraint parser error"),
            ("xx", "constraint parser error"),
        ] {
            assert_eq!(Constraint::parse(range).unwrap_err().to_string(), want, "{range}");
        }
        let long = "1".repeat(513);
        assert_eq!(Constraint::parse(&long).unwrap_err().to_string(), "constraint string is too long (max 512 bytes)");
        let many = "1||".repeat(32) + "1";
        assert_eq!(Constraint::parse(&many).unwrap_err().to_string(), "too many constraint groups (max 32)");
    }
}
