//! The parts of a pattern.

use crate::error::{Error, Result};
use crate::stack::with_stack;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text(String),
    One(One),
    /// `*`
    Any,
    /// `**`
    Super,
    /// `{a,b}`
    AnyOf(Vec<Vec<Part>>),
}

/// What stands for one character.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum One {
    /// `?`
    Single,
    /// `[abc]`
    List { chars: Vec<char>, not: bool },
    /// `[a-c]`
    Range { lo: char, hi: char, not: bool },
}

impl One {
    /// Whether it takes this character.
    pub(super) fn takes(&self, c: char) -> bool {
        match self {
            One::Single => c != '/',
            One::List { chars, not } => chars.contains(&c) != *not,
            One::Range { lo, hi, not } => (*lo..=*hi).contains(&c) != *not,
        }
    }
}

/// Depth of braces in a pattern.
const MAX_DEPTH: usize = 1000;

/// The parts of a pattern; `None` if it is wrong.
///
/// Errors: braces that are nested too deeply.
pub(super) fn parse(pattern: &str) -> Result<Option<Vec<Part>>> {
    let mut chars = pattern.chars().peekable();
    // the alternatives that are open, innermost last
    let mut open: Vec<Vec<Vec<Part>>> = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    while let Some(c) = chars.peek().copied() {
        match c {
            '{' => {
                chars.next();
                if open.len() >= MAX_DEPTH {
                    return Err(Error::new("the braces of a glob are nested too deeply"));
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
                    Some(one) => parts.push(Part::One(one)),
                    None => return Ok(None),
                }
            }
            '?' => {
                chars.next();
                parts.push(Part::One(One::Single));
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
fn class(chars: &mut Chars<'_>) -> Option<One> {
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
            return (first != '\0' && hi != '\0' && first <= hi).then_some(One::Range { lo: first, hi, not });
        }
        let list = text(chars, |c| c == ']');
        chars.next_if_eq(&']')?;
        return (!list.is_empty()).then(|| One::List { chars: list.chars().collect(), not });
    }
}

/// The number of parts, those inside of others included.
pub(super) fn count(parts: &[Part]) -> usize {
    let own = |part: &Part| match part {
        Part::AnyOf(choices) => 1 + with_stack(|| choices.iter().map(|c| 1 + count(c)).sum::<usize>()),
        _ => 1,
    };
    parts.iter().map(own).sum()
}
