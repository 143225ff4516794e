//! Regular expressions of schemas: Go's syntax for Rust's engine, which is linear as well.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::automaton::Automaton;
use crate::limits::Limits;

/// A compiled pattern, shared by its clones.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Plain(Arc<Automaton>),
    Engine(Regex),
}

impl Pattern {
    /// Whether the pattern is found in a text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        match self {
            Pattern::Plain(automaton) => automaton.is_match(text),
            Pattern::Engine(regex) => regex.is_match(text),
        }
    }
}

/// Go refuses deeper nesting.
const MAX_NEST: u32 = 1000;

/// What compiling a pattern counts for the watch: it takes from 10 microseconds to 20 milliseconds.
pub(super) const STEPS: u32 = 1024;

/// Compiles a pattern; the error has Go's form.
pub(super) fn compile(pattern: &str, limits: &Limits) -> Result<Pattern, String> {
    match everyday(pattern) {
        Some(pattern) => Ok(pattern),
        None => engine(pattern, limits).map(Pattern::Engine),
    }
}

/// The pattern where it needs no engine: it is right, and takes no time to compile.
pub(super) fn everyday(pattern: &str) -> Option<Pattern> {
    Automaton::parse(pattern).map(|automaton| Pattern::Plain(Arc::new(automaton)))
}

/// Compiles a pattern for the engine; the error has Go's form.
pub(super) fn engine(pattern: &str, limits: &Limits) -> Result<Regex, String> {
    for look in ["(?=", "(?!", "(?<=", "(?<!"] {
        if has_group(pattern, look) {
            let shown = if look.starts_with("(?<") { "(?<" } else { look };
            return Err(format!("error parsing regexp: invalid or unsupported Perl syntax: `{shown}`"));
        }
    }
    if let Some(bad) = large_repeat(pattern) {
        return Err(format!("error parsing regexp: invalid repeat count: `{bad}`"));
    }
    RegexBuilder::new(&translate(pattern))
        .size_limit(limits.regex_bytes)
        .dfa_size_limit(limits.regex_bytes.min(4 << 20))
        .nest_limit(MAX_NEST)
        .build()
        .map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("error parsing regexp: {last}: `{pattern}`")
        })
}

/// Whether an unescaped group starts so.
fn has_group(pattern: &str, start: &str) -> bool {
    pattern.match_indices(start).any(|(at, _)| {
        let before = pattern.get(..at).unwrap_or_default();
        before.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 0
    })
}

/// Go takes at most 1000 repetitions, those of groups within groups multiplied. Go: `regexp/syntax` `repeatIsValid`.
fn large_repeat(pattern: &str) -> Option<&str> {
    // the largest product within each open group, and of what stands last
    let mut groups: Vec<u64> = vec![1];
    let mut last = 1;
    let mut class = false;
    let mut chars = pattern.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
                last = 1;
            }
            _ if class => class = c != ']',
            '[' => {
                class = true;
                last = 1;
            }
            '(' => groups.push(1),
            ')' => {
                last = groups.pop().unwrap_or(1);
                let outer = groups.last_mut()?;
                *outer = last.max(*outer);
            }
            '{' => {
                let tail = pattern.get(at..)?;
                if !is_repetition(tail) {
                    last = 1;
                    continue;
                }
                let shown = tail.get(..=tail.find('}')?)?;
                let counts = shown.trim_matches(['{', '}']).split(',').filter(|n| !n.is_empty());
                let count = counts.map(|n| n.parse::<u64>().unwrap_or(u64::MAX)).max().unwrap_or(1);
                last = last.saturating_mul(count.max(1));
                if last > 1000 {
                    return Some(shown);
                }
                let outer = groups.last_mut()?;
                *outer = last.max(*outer);
            }
            '}' | '*' | '+' | '?' => {}
            _ => last = 1,
        }
    }
    None
}

/// What Go reads differently: `\d`, `\s`, `\w` and `\b` are ASCII, a brace that is no repetition is a brace, and classes
/// know no set operations.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.char_indices().peekable();
    let mut class = false;
    let mut class_start = false;
    while let Some((at, c)) = chars.next() {
        let first = std::mem::take(&mut class_start);
        match c {
            '\\' => match chars.next() {
                Some((_, 'd')) => out.push_str(if class { "0-9" } else { "[0-9]" }),
                Some((_, 'w')) => out.push_str(if class { "0-9A-Za-z_" } else { "[0-9A-Za-z_]" }),
                Some((_, 's')) => out.push_str(if class { r"\t\n\f\r " } else { r"[\t\n\f\r ]" }),
                Some((_, 'D')) => out.push_str("[^0-9]"),
                Some((_, 'W')) => out.push_str("[^0-9A-Za-z_]"),
                Some((_, 'S')) => out.push_str(r"[^\t\n\f\r ]"),
                Some((_, 'b')) if !class => out.push_str(r"(?-u:\b)"),
                Some((_, 'B')) if !class => out.push_str(r"(?-u:\B)"),
                Some((_, 'Q')) if !class => {
                    let rest = pattern.get(at + 2..).unwrap_or_default();
                    let quoted = rest.split_once("\\E").map_or(rest, |(quoted, _)| quoted);
                    out.push_str(&regex::escape(quoted));
                    let end = at + 2 + quoted.len() + 2;
                    while chars.next_if(|(i, _)| *i < end).is_some() {}
                }
                Some((_, c)) => {
                    out.push('\\');
                    out.push(c);
                    if matches!(c, 'p' | 'P' | 'x') && chars.next_if(|(_, c)| *c == '{').is_some() {
                        out.push('{');
                        for (_, c) in chars.by_ref() {
                            out.push(c);
                            if c == '}' {
                                break;
                            }
                        }
                    }
                }
                None => out.push('\\'),
            },
            '[' if class => {
                if pattern.get(at..).is_some_and(|rest| rest.starts_with("[:")) {
                    // a named class: taken as it is
                    let rest = pattern.get(at..).unwrap_or_default();
                    let len = rest.find(":]").map_or(1, |end| end + 2);
                    out.push_str(rest.get(..len).unwrap_or_default());
                    while chars.next_if(|(i, _)| *i < at + len).is_some() {}
                } else {
                    out.push_str("\\[");
                }
            }
            '[' => {
                class = true;
                class_start = true;
                out.push('[');
                if let Some((_, caret)) = chars.next_if(|(_, c)| *c == '^') {
                    out.push(caret);
                }
            }
            ']' if class && first => out.push_str("\\]"),
            ']' if class => {
                class = false;
                out.push(']');
            }
            '&' | '~' if class => {
                out.push('\\');
                out.push(c);
            }
            '{' if !class && !is_repetition(pattern.get(at..).unwrap_or_default()) => out.push_str("\\{"),
            '}' if !class && !closes_repetition(pattern.get(..at).unwrap_or_default()) => out.push_str("\\}"),
            c => out.push(c),
        }
    }
    out
}

fn is_repetition(text: &str) -> bool {
    let Some(end) = text.find('}') else { return false };
    let inner = text.get(1..end).unwrap_or_default();
    inner.starts_with(|c: char| c.is_ascii_digit())
        && inner.bytes().all(|b| b.is_ascii_digit() || b == b',')
        && inner.matches(',').count() <= 1
}

fn closes_repetition(before: &str) -> bool {
    let Some(start) = before.rfind('{') else { return false };
    is_repetition(&format!("{}}}", before.get(start..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_as_go_reads_them() {
        for (pattern, text, want) in [
            ("^[a-z]+$", "abc", true),
            (r"^\d+$", "١٢", false),
            (r"^[\w.-]+$", "a_b.c-d", true),
            ("^a{2}$", "aa", true),
            ("^a{b}$", "a{b}", true),
            ("^{{.*}}$", "{{x}}", true),
            ("^[[a]+$", "[a", true),
            ("^[]a]+$", "]a", true),
            ("^[a&&b]+$", "a&b", true),
            ("^[[:alpha:]]+$", "ab", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\p{Greek}$", "α", true),
            ("", "x", true),
        ] {
            let regex = compile(pattern, &Limits::helm()).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            assert_eq!(regex.is_match(text), want, "{pattern}");
        }
    }

    #[test]
    fn patterns_that_go_refuses() {
        let limits = Limits::helm();
        let error = |pattern: &str| compile(pattern, &limits).err().unwrap_or_default();
        assert_eq!(error("(?=a)"), "error parsing regexp: invalid or unsupported Perl syntax: `(?=`");
        assert_eq!(error("a{1001}"), "error parsing regexp: invalid repeat count: `{1001}`");
        assert_eq!(error("(a{1000}){1000}"), "error parsing regexp: invalid repeat count: `{1000}`");
        assert_eq!(error("(a{2}){2}b{1000}"), "");
        for pattern in ["(", "[", "*", &"(".repeat(5000)] {
            assert!(error(pattern).starts_with("error parsing regexp: "), "{pattern}");
        }
    }
}
