//! Regular expressions of schemas. Go: `regexp`.

use std::sync::Arc;

use go::regexp::{Refused, Regexp, Subject};

use super::automaton::Automaton;
use crate::limits::Limits;

/// A compiled pattern, shared by its clones.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Plain(Arc<Automaton>),
    Engine(Arc<Regexp>),
}

impl Pattern {
    /// Whether the pattern is found in a text.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Pattern::Plain(automaton) => automaton.is_match(Subject::new(text).text()),
            Pattern::Engine(regexp) => regexp.is_match(text),
        }
    }
}

/// What compiling a pattern counts for the watch: it takes from 10 microseconds to 20 milliseconds.
pub(super) const STEPS: u32 = 1024;

/// Compiles a pattern; the error has Go's text.
pub(super) fn compile(pattern: &str, limits: &Limits) -> Result<Pattern, String> {
    match everyday(pattern) {
        Some(pattern) => Ok(pattern),
        None => engine(pattern, limits),
    }
}

/// The pattern where it needs no engine: it is right, and takes no time to compile.
pub(super) fn everyday(pattern: &str) -> Option<Pattern> {
    Automaton::parse(pattern).map(|automaton| Pattern::Plain(Arc::new(automaton)))
}

/// Compiles a pattern for the engine; the error has Go's text.
pub(super) fn engine(pattern: &str, limits: &Limits) -> Result<Pattern, String> {
    let compiled = Regexp::compile(pattern.as_bytes(), limits.regex_bytes);
    compiled.map(|regexp| Pattern::Engine(Arc::new(regexp))).map_err(|refused| match refused {
        Refused::Syntax(text) => text,
        // Go has a limit on the size too
        Refused::TooLarge(_) | Refused::TooDeep => {
            format!("error parsing regexp: expression too large: `{pattern}`")
        }
    })
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
            assert_eq!(regex.is_match(text.as_bytes()), want, "{pattern}");
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
