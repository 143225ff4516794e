//! Compiled patterns.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::subject::Subject;
use super::syntax::{Translated, translate};

/// Longest pattern that is compiled for ASCII texts first, in bytes.
const ASCII_LEN: usize = 128;

/// The limit on compiled patterns that no pattern of that length comes near.
const ASCII_LIMIT: usize = 1 << 20;

/// Bytes of the cache that a search may build up.
const SEARCH_BYTES: usize = 2 << 20;

/// Why a pattern is not compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Go's text.
    #[error("{0}")]
    Syntax(String),
    /// It takes more bytes than the limit says.
    #[error("the regular expression takes more than {0} bytes when compiled")]
    TooLarge(usize),
    /// It is nested deeper than any pattern that Go takes.
    #[error("the regular expression is nested too deep")]
    TooDeep,
}

/// A compiled pattern, which finds what Go finds.
///
/// ```
/// let word = go::regexp::Regexp::compile(br"^\w+$", 1 << 20)?;
/// assert!(word.is_match(b"abc") && !word.is_match("é".as_bytes()));
/// # Ok::<(), go::regexp::Refused>(())
/// ```
#[derive(Clone, Debug)]
pub struct Regexp {
    form: Form,
    /// Whether it may match between the bytes of a character, where Go does not look: `\B` alone can.
    within_chars: bool,
}

/// What matches any character takes far longer to compile than what matches ASCII, and nearly all texts are ASCII.
#[derive(Clone, Debug)]
enum Form {
    /// For all texts.
    Full(Regex),
    /// For texts that are ASCII, and for all texts once there was another one.
    Ascii { ascii: Regex, source: Box<str>, full: OnceLock<Option<Regex>> },
}

impl Regexp {
    /// Compiles a pattern into at most so many bytes. Go: `regexp.Compile`.
    pub fn compile(pattern: &[u8], limit: usize) -> Result<Regexp, Refused> {
        translate(pattern).map_err(Refused::Syntax)?.compile(limit)
    }

    /// Whether the text holds a match. Go: `Regexp.Match`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        if self.within_chars || std::str::from_utf8(text).is_err() {
            let subject = Subject::new(text);
            return self.find_at(subject.text(), 0).is_some();
        }
        self.regex(text).is_match(text)
    }

    /// Start and end of the leftmost match from a place on. An empty match inside of a character is none.
    pub fn find_at(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let regex = self.regex(text.as_bytes());
        let mut from = from;
        loop {
            let found = regex.find_at(text.as_bytes(), from)?;
            if text.is_char_boundary(found.start()) {
                return Some((found.start(), found.end()));
            }
            from = found.start() + 1;
            while !text.is_char_boundary(from) {
                from += 1;
            }
        }
    }

    /// The pattern of the `regex` crate for a text, for what else it can do.
    pub fn regex(&self, text: &[u8]) -> &Regex {
        match &self.form {
            Form::Full(full) => full,
            Form::Ascii { ascii, .. } if text.is_ascii() => ascii,
            Form::Ascii { ascii, source, full } => {
                // a pattern of which there is an ASCII form surely compiles
                full.get_or_init(|| build(source, true, ASCII_LIMIT).ok()).as_ref().unwrap_or(ascii)
            }
        }
    }
}

impl Translated {
    /// Compiles the pattern into at most so many bytes.
    pub fn compile(&self, limit: usize) -> Result<Regexp, Refused> {
        if let Some(plain) = self.compile_plain(limit) {
            return Ok(plain);
        }
        match build(&self.pattern, true, limit) {
            Ok(full) => Ok(Regexp { form: Form::Full(full), within_chars: self.within_chars() }),
            Err(regex::Error::CompiledTooBig(limit)) => Err(Refused::TooLarge(limit)),
            Err(_) => Err(Refused::TooDeep),
        }
    }

    /// Compiles a pattern that is plain: short, and with nothing in it that takes much room. `None` for any other one,
    /// and where the limit is so low that it might not do.
    pub fn compile_plain(&self, limit: usize) -> Option<Regexp> {
        if limit < ASCII_LIMIT || !self.may_be_ascii() {
            return None;
        }
        let ascii = build(&self.pattern, false, ASCII_LIMIT).ok()?;
        let form = Form::Ascii { ascii, source: self.pattern.as_str().into(), full: OnceLock::new() };
        Some(Regexp { form, within_chars: self.within_chars() })
    }

    fn within_chars(&self) -> bool {
        self.pattern.contains(r"\B")
    }

    /// Whether the pattern is so plain that it surely compiles for all texts, and means the same for those of ASCII.
    fn may_be_ascii(&self) -> bool {
        let source = &self.pattern;
        // the crate's syntax has `\x{2E}` for `.`; every other brace counts something or names a class
        let mut braces = source.match_indices('{');
        let plain_brace = |at: usize| {
            let (before, after) = source.split_at_checked(at).unwrap_or_default();
            before.ends_with(r"\x") && after.find('}').is_some_and(|end| end <= 3)
        };
        source.len() <= ASCII_LEN
            && source.is_ascii()
            && ![r"\p", r"\P", r"\u", r"\U"].iter().any(|class| source.contains(class))
            && braces.all(|(at, _)| plain_brace(at))
    }
}

fn build(source: &str, unicode: bool, limit: usize) -> Result<Regex, regex::Error> {
    // deep groups are compiled by recursion
    stacker::maybe_grow(1 << 20, 16 << 20, || {
        RegexBuilder::new(source)
            .unicode(unicode)
            .size_limit(limit)
            .dfa_size_limit(SEARCH_BYTES.min(limit))
            .nest_limit(8_000)
            .build()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_texts_match_alike_in_both_forms() {
        let limit = 128 << 20;
        for pattern in [
            "[^A-Za-z0-9_.-]",
            "(@|:[^/]+$)",
            r"\$\([^()]+\)",
            ".",
            ".*",
            "",
            "(?i)k+S",
            r"\bx\B",
            r"\Bx\b",
            "(?s).+",
            "(?m)^a.$",
            r"\W+",
            r"\D\S",
            "[[:alpha:]]",
            "(?P<n>a)|(b)?",
            "a*?b",
            "[^a]*",
            r"\Aa|b\z",
        ] {
            let pattern = translate(pattern.as_bytes()).unwrap();
            let Form::Ascii { ascii, .. } = pattern.compile(limit).unwrap().form else { panic!("{}", pattern.pattern) };
            let full = build(&pattern.pattern, true, limit).unwrap();
            for text in ["", "a", "ab\nc", "KkSs", "x xy yx", "team/a:b@c", "$(A) $(B_1)", "\u{0}\u{7f}", "bbb aab"] {
                let spans = |regex: &Regex| {
                    let captures = regex.captures_iter(text.as_bytes());
                    captures
                        .map(|found| found.iter().map(|group| group.map(|m| m.range())).collect::<Vec<_>>())
                        .collect::<Vec<_>>()
                };
                assert_eq!(spans(&ascii), spans(&full), "{} {text:?}", pattern.pattern);
            }
        }
        for pattern in ["é", r"\pL", r"\x{e9}", "a{2}", "[^é]", &"a".repeat(129)] {
            let compiled = Regexp::compile(pattern.as_bytes(), limit).unwrap();
            assert!(matches!(compiled.form, Form::Full(_)), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_ascii_or_not_utf8_is_matched_as_go_does() {
        for (pattern, text, want) in [
            (r"^.$", "é".as_bytes(), true),
            (r"^\w$", "é".as_bytes(), false),
            (r"^..$", b"\xff\xff", true),
            (r"^\x{FFFD}$", b"\xff", true),
            (r"é\B", "é".as_bytes(), true),
            (r"^\B.\B$", "é".as_bytes(), true),
        ] {
            let compiled = Regexp::compile(pattern.as_bytes(), 1 << 20).unwrap();
            assert_eq!(compiled.is_match(text), want, "{pattern} {text:?}");
        }
        assert_eq!(Regexp::compile(b"(a{50}){20}", 1 << 10).unwrap_err(), Refused::TooLarge(1 << 10));
        let error = Regexp::compile(b"a**", 1 << 10).unwrap_err();
        assert_eq!(error.to_string(), "error parsing regexp: invalid nested repetition operator: `**`");
    }
}
