//! The patterns of `.Files.Glob`. gobwas/glob v0.2.3 with `/` as separator.
//!
//! [`matcher`] answers as gobwas does; what follows here is the plain meaning of a pattern, for those it gives up on.
//! `*` and `?` stop at a slash, `**` does not, `[a-c]` and `[!abc]` are classes, `{a,b}` are alternatives, `\` quotes.

use super::matcher::{self, Matcher, Steps};
use crate::error::{Error, Result};

/// A pattern.
#[derive(Debug)]
pub(super) struct Glob {
    parts: Vec<Part>,
    /// The pattern as gobwas compiles it; none for one that is very long.
    compiled: Option<Matcher>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    /// `?`
    Single,
    /// `*`
    Any,
    /// `**`
    Super,
    /// `[abc]`
    List {
        chars: Vec<char>,
        not: bool,
    },
    /// `[a-c]`
    Range {
        lo: char,
        hi: char,
        not: bool,
    },
    /// `{a,b}`
    AnyOf(Vec<Vec<Part>>),
}

/// Depth of braces in a pattern.
const MAX_DEPTH: usize = 1000;
/// Parts of a pattern that is compiled: more than anybody writes, and few enough for cubic time.
const MAX_PARTS: usize = 64;
/// Steps of matching one name with a compiled pattern.
const MAX_STEPS: u32 = 100_000;

impl Glob {
    /// Reads a pattern. A wrong one matches everything, as Helm has it.
    pub(super) fn parse(pattern: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(pattern).ok().filter(|t| !t.contains(char::REPLACEMENT_CHARACTER));
        let parts = match text {
            Some(text) => parse(text)?,
            None => None,
        };
        let parts = parts.unwrap_or_else(|| vec![Part::Super]);
        let compiled = (count(&parts) <= MAX_PARTS).then(|| matcher::compile(&parts));
        Ok(Glob { parts, compiled })
    }

    /// Whether the whole name matches.
    pub(super) fn matches(&self, name: &str) -> bool {
        if let Some(compiled) = &self.compiled {
            let steps = Steps::new(MAX_STEPS);
            let found = compiled.matches(name.as_bytes(), &steps);
            if steps.get() > 0 {
                return found;
            }
        }
        let mut reached = vec![false; name.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        sequence(&self.parts, name, reached).last() == Some(&true)
    }
}

/// The number of parts, those inside of others included.
fn count(parts: &[Part]) -> usize {
    let own = |part: &Part| match part {
        Part::AnyOf(choices) => {
            1 + stacker::maybe_grow(64 << 10, 1 << 20, || choices.iter().map(|c| 1 + count(c)).sum::<usize>())
        }
        _ => 1,
    };
    parts.iter().map(own).sum()
}

/// The places in `name` that the parts can reach from the places given. Every part is looked at once for each place, so
/// no pattern takes more than their product.
fn sequence(parts: &[Part], name: &str, mut reached: Vec<bool>) -> Vec<bool> {
    for part in parts {
        if !reached.contains(&true) {
            break;
        }
        reached = step(part, name, &reached);
    }
    reached
}

fn step(part: &Part, name: &str, from: &[bool]) -> Vec<bool> {
    let mut to = vec![false; from.len()];
    let mut mark = |at: usize| {
        if let Some(place) = to.get_mut(at) {
            *place = true;
        }
    };
    let starts = from.iter().enumerate().filter(|(_, on)| **on).map(|(i, _)| i);
    match part {
        Part::Text(text) => {
            for at in starts.filter(|at| name.get(*at..).is_some_and(|rest| rest.starts_with(text.as_str()))) {
                mark(at + text.len());
            }
        }
        Part::Single => one(name, starts, |c| c != '/', mark),
        Part::List { chars, not } => one(name, starts, |c| chars.contains(&c) != *not, mark),
        Part::Range { lo, hi, not } => one(name, starts, |c| (*lo..=*hi).contains(&c) != *not, mark),
        Part::Any | Part::Super => {
            let stops = matches!(part, Part::Any);
            let mut on = false;
            for (at, byte) in name.bytes().map(Some).chain([None]).enumerate() {
                on |= from.get(at) == Some(&true);
                if on && name.is_char_boundary(at) {
                    mark(at);
                }
                on &= !(stops && byte == Some(b'/'));
            }
        }
        Part::AnyOf(choices) => {
            for choice in choices {
                let reached = stacker::maybe_grow(64 << 10, 1 << 20, || sequence(choice, name, from.to_vec()));
                for (at, _) in reached.iter().enumerate().filter(|(_, on)| **on) {
                    mark(at);
                }
            }
        }
    }
    to
}

/// Goes past one character that is wanted.
fn one(name: &str, starts: impl Iterator<Item = usize>, wanted: impl Fn(char) -> bool, mut mark: impl FnMut(usize)) {
    for at in starts {
        if let Some(c) = name.get(at..).and_then(|rest| rest.chars().next()).filter(|c| wanted(*c)) {
            mark(at + c.len_utf8());
        }
    }
}

/// The parts of a pattern; `None` where it is wrong.
fn parse(pattern: &str) -> Result<Option<Vec<Part>>> {
    let mut chars = pattern.chars().peekable();
    // the alternatives that are open, innermost last
    let mut open: Vec<Vec<Vec<Part>>> = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    while let Some(c) = chars.peek().copied() {
        match c {
            '{' => {
                chars.next();
                if open.len() >= MAX_DEPTH {
                    return Err(Error::func("the braces of a glob are nested too deeply"));
                }
                open.push(vec![std::mem::take(&mut parts)]);
            }
            ',' | '}' if !open.is_empty() => {
                chars.next();
                if let Some(choices) = open.last_mut() {
                    choices.push(std::mem::take(&mut parts));
                }
                if c == '}' {
                    parts = close(&mut open);
                }
            }
            '[' => {
                chars.next();
                match class(&mut chars) {
                    Some(part) => parts.push(part),
                    None => return Ok(None),
                }
            }
            '?' => {
                chars.next();
                parts.push(Part::Single);
            }
            '*' => {
                chars.next();
                parts.push(if chars.next_if_eq(&'*').is_some() { Part::Super } else { Part::Any });
            }
            _ => {
                let in_braces = !open.is_empty();
                let text =
                    text(&mut chars, |c| matches!(c, '?' | '*' | '[' | '{') || (in_braces && matches!(c, '}' | ',')));
                if !text.is_empty() {
                    parts.push(Part::Text(text));
                }
            }
        }
    }
    // a brace that is not closed ends with the pattern
    while let Some(choices) = open.last_mut() {
        choices.push(std::mem::take(&mut parts));
        parts = close(&mut open);
    }
    Ok(Some(parts))
}

/// Ends the innermost alternatives: the parts before them, and they.
fn close(open: &mut Vec<Vec<Vec<Part>>>) -> Vec<Part> {
    let mut choices = open.pop().unwrap_or_default().into_iter();
    let mut parts = choices.next().unwrap_or_default();
    parts.push(Part::AnyOf(choices.collect()));
    parts
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Text up to a character that ends it; a backslash takes what follows as it is.
fn text(chars: &mut Chars<'_>, ends: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    while let Some(c) = chars.next_if(|c| !ends(*c)) {
        if c == '\\' {
            out.extend(chars.next());
        } else {
            out.push(c);
        }
    }
    out
}

/// A class, after its opening bracket: one range or one list.
fn class(chars: &mut Chars<'_>) -> Option<Part> {
    let mut not = false;
    loop {
        let first = *chars.peek()?;
        let mut ahead = chars.clone();
        ahead.next();
        if !not && first == '!' {
            chars.next();
            not = true;
            continue;
        }
        if ahead.next_if_eq(&'-').is_some() {
            let hi = ahead.next()?;
            *chars = ahead;
            chars.next_if_eq(&']')?;
            // a zero character counts as no range
            return (first != '\0' && hi != '\0' && first <= hi).then_some(Part::Range { lo: first, hi, not });
        }
        let list = text(chars, |c| c == ']');
        chars.next_if_eq(&']')?;
        return (!list.is_empty()).then(|| Part::List { chars: list.chars().collect(), not });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_helm() {
        let names = [
            "a",
            "b",
            "ab",
            "a/b",
            "a/b/c",
            "conf/a.txt",
            "conf/b.yaml",
            "conf/sub/c.txt",
            "x.md",
            ".x",
            "a*b",
            "a,b",
            "{a}",
            "한글.txt",
        ];
        for (pattern, want) in [
            ("*", "a b ab x.md .x a*b a,b {a} 한글.txt"),
            ("**", "a b ab a/b a/b/c conf/a.txt conf/b.yaml conf/sub/c.txt x.md .x a*b a,b {a} 한글.txt"),
            ("conf/*", "conf/a.txt conf/b.yaml"),
            ("conf/**", "conf/a.txt conf/b.yaml conf/sub/c.txt"),
            ("conf/**.txt", "conf/a.txt conf/sub/c.txt"),
            ("**/*.txt", "conf/a.txt conf/sub/c.txt"),
            ("*/*", "a/b conf/a.txt conf/b.yaml"),
            ("{conf/*,*.md}", "conf/a.txt conf/b.yaml x.md"),
            ("conf/{a,b}.{txt,yaml}", "conf/a.txt conf/b.yaml"),
            ("{a,{b,ab}}", "a b ab"),
            ("{a,}b", "b ab"),
            ("{a", "a"),
            ("a}", ""),
            ("a,b", "a,b"),
            ("?", "a b"),
            ("[a-b]", "a b"),
            ("[!a]", "b"),
            ("[!a-b]*", "x.md .x {a} 한글.txt"),
            ("[^a]", "a"),
            ("a\\*b", "a*b"),
            ("\\{a\\}", "{a}"),
            ("한*", "한글.txt"),
            // gobwas: a character of several bytes is cut beside text, and the ends of `a/**/b` may share a slash
            ("??.txt", ""),
            ("conf/**/a.txt", "conf/a.txt"),
            ("", ""),
        ] {
            let glob = Glob::parse(pattern.as_bytes()).unwrap();
            let got: Vec<_> = names.into_iter().filter(|name| glob.matches(name)).collect();
            assert_eq!(got.join(" "), want, "{pattern}");
        }
        for wrong in ["[", "[]", "[a", "[b-a]", "[a-bc]", "a[!]", "\u{fffd}"] {
            let glob = Glob::parse(wrong.as_bytes()).unwrap();
            assert!(names.into_iter().all(|name| glob.matches(name)), "{wrong}");
        }
    }

    #[test]
    fn hard_patterns_take_no_time() {
        let name = "a".repeat(200);
        let stars = "*a".repeat(200) + "b";
        assert!(!Glob::parse(stars.as_bytes()).unwrap().matches(&name));
        assert!(Glob::parse("{".repeat(1000).as_bytes()).is_ok());
        assert!(Glob::parse("{".repeat(1001).as_bytes()).is_err());
    }
}
