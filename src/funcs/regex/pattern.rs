//! Compiled patterns with a cache. They search and replace as Go does.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use regex::bytes::{CaptureLocations, Regex, RegexBuilder};
use regex_syntax::hir::{Class, ClassBytesRange, ClassUnicodeRange, Hir, HirKind};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Budget;
use crate::template::Context;
use go::stack::with_stack;
use go::utf8;

/// The number of patterns in the cache of a thread.
const KEPT: usize = 128;

/// The longest pattern in the cache, in bytes.
const KEPT_LEN: usize = 4 << 10;

/// The largest compiled pattern in the cache, in bytes.
const KEPT_BYTES: usize = 1 << 20;

/// The steps for compiling a pattern of at most this size, as nearly all are.
const SMALL_STEPS: u64 = 3_000;
const SMALL_BYTES: usize = 64 << 10;

/// The growth of the size limit at each further attempt to compile a pattern, and how many bytes cost a step.
const GROWTH: usize = 4;
const COMPILED_STEP_BYTES: usize = 8;

/// Maximum memory of a search for groups: one slot per group, for each state of the pattern.
const GROUPS_BYTES: usize = 128 << 20;

/// How many bytes of text a search may visit per step.
const STEP_BYTES: usize = 16;

/// The fixed steps of a single search, of one of several, and of finding its groups, in addition to those for bytes.
const SEARCH_STEPS: u64 = 2;
const NEXT_STEPS: u64 = 4;
const GROUPS_STEPS: u64 = 8;

/// A pattern with more alternatives may need more sets of states than a search caches. Then each byte costs one step for
/// this many alternatives.
const FEW_CHOICES: u64 = 12;
const CHOICES_STEP: u64 = 3;

/// The longest pattern that is compiled for ASCII texts first, in bytes.
const ASCII_LEN: usize = 128;

/// A size limit for compiled patterns that no pattern of that length reaches.
const ASCII_LIMIT: usize = 1 << 20;

/// Maximum size of the cache of a search.
const SEARCH_BYTES: usize = 2 << 20;

thread_local! {
    static CACHE: RefCell<HashMap<Key, Kept>> = RefCell::default();
}

/// A pattern and the limit under which it was compiled.
type Key = (Box<[u8]>, usize);

/// A compiled pattern, or Go's error text.
type Kept = std::result::Result<Rc<Pattern>, Rc<str>>;

/// Start and end of a match.
pub(super) type Span = (usize, usize);

/// A compiled pattern.
pub(super) struct Pattern {
    /// The form for ASCII texts, which nearly all are. Unicode classes take far longer to compile.
    ascii: Option<Regex>,
    /// The form for all texts.
    full: OnceCell<Regex>,
    /// The pattern in the crate's syntax, and the limit that it is compiled under.
    source: String,
    limit: usize,
    names: Vec<String>,
    /// Whether it may match between the bytes of a character, where Go does not look. Only `\B` can.
    within_chars: bool,
    /// The cost of a search.
    shape: Shape,
}

/// The properties of a pattern that determine the cost of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    /// The maximum length of a match in bytes, if bounded: a search looks no further beyond a match.
    reach: Option<usize>,
    /// The number of states that a search may be in at the same time.
    choices: u64,
}

impl Pattern {
    /// The pattern for a text, compiled at its first use. The error is Go's: `error parsing regexp: ...`.
    pub(super) fn get(cx: &dyn Context, text: &[u8]) -> Result<Rc<Pattern>> {
        let limit = cx.budget().limits.regex_bytes;
        let key: Key = (text.into(), limit);
        let kept = CACHE.with_borrow(|cache| cache.get(&key).cloned());
        let made = if let Some(kept) = kept {
            kept
        } else {
            // compiling costs more than any other function call
            cx.budget().step(SMALL_STEPS + text.len() as u64)?;
            let made = Pattern::compile(text, limit, cx.budget())?;
            let is_small = made.as_ref().map_or(true, |pattern| pattern.limit <= KEPT_BYTES);
            if text.len() <= KEPT_LEN && is_small {
                CACHE.with_borrow_mut(|cache| {
                    if cache.len() >= KEPT {
                        cache.clear();
                    }
                    cache.insert(key, made.clone());
                });
            }
            made
        };
        made.map_err(|text| Error::func(&*text))
    }

    fn compile(text: &[u8], most: usize, budget: &Budget) -> Result<Kept> {
        let translated = match go::regexp::translate(text) {
            Ok(translated) => translated,
            Err(text) => return Ok(Err(text.into())),
        };
        let within_chars = translated.pattern.contains(r"\B");
        let shape = stacker::maybe_grow(1 << 20, 16 << 20, || Shape::of(&translated.pattern));
        let most = most.min(GROUPS_BYTES / translated.names.len().max(1));
        let mut pattern = Pattern {
            ascii: None,
            full: OnceCell::new(),
            source: translated.pattern,
            limit: most.min(ASCII_LIMIT),
            names: translated.names,
            within_chars,
            shape,
        };
        if pattern.may_be_ascii() {
            pattern.ascii = pattern.build(false).ok();
        }
        if pattern.ascii.is_none()
            && let Err(error) = pattern.compile_full(most, budget)
        {
            if error.kind() == ErrorKind::Limit {
                return Err(error);
            }
            // deeper than the crate supports; in Go, the size limit applies first
            let text = String::from_utf8_lossy(text);
            return Ok(Err(format!("error parsing regexp: expression too large: `{text}`").into()));
        }
        Ok(Ok(Rc::new(pattern)))
    }

    /// Compiles the form for all texts. Its size is not known in advance, so the limit starts small and grows up to `most`, and
    /// each attempt is charged.
    fn compile_full(&mut self, most: usize, budget: &Budget) -> Result<()> {
        self.limit = most.min(SMALL_BYTES);
        loop {
            match self.full() {
                Err(error) if error.kind() == ErrorKind::Limit && self.limit < most => {}
                made => return made.map(drop),
            }
            self.limit = self.limit.saturating_mul(GROWTH).min(most);
            budget.step((self.limit / COMPILED_STEP_BYTES) as u64)?;
        }
    }

    /// Whether the pattern is simple enough that it certainly compiles for all texts, and means the same for ASCII texts.
    fn may_be_ascii(&self) -> bool {
        // in the crate's syntax `\x{2E}` is `.`; every other brace is a repetition or a class name
        let mut braces = self.source.match_indices('{');
        let plain_brace = |at: usize| {
            let (before, after) = self.source.split_at_checked(at).unwrap_or_default();
            before.ends_with(r"\x") && after.find('}').is_some_and(|end| end <= 3)
        };
        self.limit >= ASCII_LIMIT
            && self.source.len() <= ASCII_LEN
            && self.source.is_ascii()
            && ![r"\p", r"\P", r"\u", r"\U"].iter().any(|class| self.source.contains(class))
            && braces.all(|(at, _)| plain_brace(at))
    }

    fn build(&self, unicode: bool) -> std::result::Result<Regex, regex::Error> {
        // deep groups are compiled by recursion
        stacker::maybe_grow(1 << 20, 16 << 20, || {
            RegexBuilder::new(&self.source)
                .unicode(unicode)
                .size_limit(self.limit)
                .dfa_size_limit(SEARCH_BYTES.min(self.limit))
                .nest_limit(8_000)
                .build()
        })
    }

    fn full(&self) -> Result<&Regex> {
        if let Some(full) = self.full.get() {
            return Ok(full);
        }
        let built = self.build(true).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => Error::limit_reached(
                "regex-bytes",
                format!("the regular expression takes more than {limit} bytes when compiled"),
            ),
            error => Error::func(error.to_string()),
        })?;
        Ok(self.full.get_or_init(|| built))
    }

    fn regex(&self, text: &[u8]) -> Result<&Regex> {
        match &self.ascii {
            Some(ascii) if text.is_ascii() => Ok(ascii),
            _ => self.full(),
        }
    }

    /// Whether the text contains a match.
    pub(super) fn is_match(&self, budget: &Budget, text: &[u8]) -> Result<bool> {
        if self.within_chars || std::str::from_utf8(text).is_err() {
            return Ok(self.find_first(budget, text)?.is_some());
        }
        self.pay(budget, SEARCH_STEPS, text.len())?;
        Ok(self.regex(text)?.is_match(text))
    }

    /// The first match.
    pub(super) fn find_first(&self, budget: &Budget, text: &[u8]) -> Result<Option<Span>> {
        self.pay(budget, SEARCH_STEPS, text.len())?;
        let subject = Subject::new(text);
        let regex = self.regex(subject.text.as_bytes())?;
        Ok(find_at(regex, &subject.text, 0).map(|(start, end)| (subject.origin(start), subject.origin(end))))
    }

    /// Charges the steps of a search over this many bytes.
    fn pay(&self, budget: &Budget, steps: u64, bytes: usize) -> Result<()> {
        let bytes = bytes as u64;
        let choices = if self.shape.choices > FEW_CHOICES { self.shape.choices / CHOICES_STEP } else { 0 };
        budget.step(steps + (bytes / STEP_BYTES as u64).saturating_add(bytes.saturating_mul(choices)))
    }

    /// The next of several matches, charged by how far the search had to look.
    fn next(&self, budget: &Budget, regex: &Regex, subject: &Subject<'_>, position: usize) -> Result<Option<Span>> {
        let rest = subject.text.len() - position;
        if self.shape.reach.is_none() {
            self.pay(budget, NEXT_STEPS, rest)?;
        }
        let found = find_at(regex, &subject.text, position);
        if self.shape.reach.is_some() {
            let looked = found.map_or(rest, |(_, end)| self.looked(end.saturating_sub(position)).min(rest));
            self.pay(budget, NEXT_STEPS, looked)?;
        }
        Ok(found)
    }

    /// How many bytes a search visited to find a match that ends `bytes` after its start.
    fn looked(&self, bytes: usize) -> usize {
        self.shape.reach.map_or(usize::MAX, |reach| bytes.saturating_add(reach))
    }

    /// The first `count` matches, or all if it is negative. Go: `Regexp.FindAllIndex`.
    pub(super) fn find_all(&self, budget: &Budget, text: &[u8], count: i64) -> Result<Vec<Span>> {
        let limit = usize::try_from(count).unwrap_or(usize::MAX);
        let subject = Subject::new(text);
        let regex = self.regex(subject.text.as_bytes())?;
        let mut found = Vec::new();
        let mut position = 0;
        let mut previous_end = None;
        while found.len() < limit && position <= subject.text.len() {
            let Some((start, end)) = self.next(budget, regex, &subject, position)? else { break };
            let mut accepted = true;
            if end == position {
                // an empty match directly after a match does not count
                accepted = previous_end != Some(start);
                position += subject.width(position).max(1);
            } else {
                position = end;
            }
            previous_end = Some(end);
            if accepted {
                budget.charge(40)?;
                found.push((subject.origin(start), subject.origin(end)));
            }
        }
        Ok(found)
    }

    /// The text with every match replaced; `None` if there is no match. Go: `Regexp.ReplaceAll`, `Regexp.ReplaceAllLiteral`.
    pub(super) fn replace_all(
        &self,
        budget: &Budget,
        text: &[u8],
        replacement: &[u8],
        literally: bool,
    ) -> Result<Option<Vec<u8>>> {
        let subject = Subject::new(text);
        let source = |from: usize, to: usize| text.get(subject.origin(from)..subject.origin(to)).unwrap_or_default();
        let template = if literally || !replacement.contains(&b'$') { None } else { Some(replacement) };
        let regex = self.regex(subject.text.as_bytes())?;
        let mut groups = regex.capture_locations();
        let mut out: Option<Vec<u8>> = None;
        let (mut position, mut copied) = (0, 0);
        while position <= subject.text.len() {
            let Some((start, end)) = self.next(budget, regex, &subject, position)? else { break };
            let out = out.get_or_insert_with(|| Vec::with_capacity(text.len()));
            out.extend_from_slice(source(copied, start));
            if end > copied || start == 0 {
                let length = out.len();
                match template {
                    None => {
                        budget.fits((length + replacement.len()) as u64)?;
                        out.extend_from_slice(replacement);
                    }
                    Some(template) => {
                        // the match is searched again, with its groups
                        let rest = subject.text.len() - start;
                        self.pay(budget, GROUPS_STEPS + (end - start) as u64, self.looked(end - start).min(rest))?;
                        regex.captures_read_at(&mut groups, subject.text.as_bytes(), start);
                        self.expand(budget, out, template, &groups, &source)?;
                    }
                }
                budget.charge((out.len() - length) as u64)?;
            }
            copied = end;
            position = end.max(position + subject.width(position).max(1));
        }
        let Some(mut out) = out else {
            return Ok(None);
        };
        out.extend_from_slice(source(copied, subject.text.len()));
        budget.charge(text.len() as u64)?;
        Ok(Some(out))
    }

    /// Appends a template with its `$1`, `${name}` and `$$` filled in. Go: `Regexp.expand`.
    fn expand<'t>(
        &self,
        budget: &Budget,
        out: &mut Vec<u8>,
        template: &[u8],
        groups: &CaptureLocations,
        source: &impl Fn(usize, usize) -> &'t [u8],
    ) -> Result<()> {
        let mut rest = template;
        while let Some(dollar) = rest.iter().position(|&b| b == b'$') {
            out.extend_from_slice(rest.get(..dollar).unwrap_or_default());
            rest = rest.get(dollar + 1..).unwrap_or_default();
            if let Some(after) = rest.strip_prefix(b"$") {
                out.push(b'$');
                rest = after;
                continue;
            }
            let Some((name, after)) = group_name(rest) else {
                out.push(b'$');
                continue;
            };
            rest = after;
            let span = if let Some(number) = group_number(name) {
                groups.get(number)
            } else {
                let mut named = self.names.iter().enumerate().filter(|(_, own)| own.as_bytes() == name);
                named.find_map(|(i, _)| groups.get(i))
            };
            if let Some((start, end)) = span {
                let group = source(start, end);
                budget.fits((out.len() + group.len()) as u64)?;
                out.extend_from_slice(group);
            }
        }
        out.extend_from_slice(rest);
        budget.fits(out.len() as u64)
    }
}

/// The leftmost match from a position on. An empty match inside a character does not count.
fn find_at(regex: &Regex, text: &str, from: usize) -> Option<Span> {
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

/// The name after a dollar sign, with or without braces, and the rest. Go: `extract`.
fn group_name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (inner, braced) = text.strip_prefix(b"{").map_or((text, false), |inner| (inner, true));
    let is_name = |c: char| utf8::is_letter(c) || utf8::is_digit(c) || c == '_';
    let length: usize = utf8::runes(inner).take_while(|&(c, _)| is_name(c)).map(|(_, width)| width).sum();
    let (name, rest) = inner.split_at_checked(length).filter(|(name, _)| !name.is_empty())?;
    let rest = if braced { rest.strip_prefix(b"}")? } else { rest };
    Some((name, rest))
}

/// The number in a name; a name with a leading zero is not a number.
fn group_number(name: &[u8]) -> Option<usize> {
    let digits = name.iter().all(u8::is_ascii_digit) && (name.len() == 1 || !name.starts_with(b"0"));
    let number = std::str::from_utf8(name).ok().filter(|_| digits && name.len() <= 9)?;
    number.parse().ok()
}

/// A text to search as valid UTF-8, with a mapping to positions in the original text.
struct Subject<'t> {
    text: Cow<'t, str>,
    /// The position of each invalid byte of the original.
    stray: Vec<usize>,
}

impl<'t> Subject<'t> {
    fn new(bytes: &'t [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Subject { text: Cow::Borrowed(text), stray: Vec::new() };
        }
        // Go reads each invalid byte as U+FFFD
        let mut text = String::with_capacity(bytes.len() + 16);
        let mut stray = Vec::new();
        for (c, width) in utf8::runes(bytes) {
            if c == char::REPLACEMENT_CHARACTER && width == 1 {
                stray.push(text.len());
            }
            text.push(c);
        }
        Subject { text: Cow::Owned(text), stray }
    }

    /// The position in the original text: each invalid byte before it has grown by two bytes.
    fn origin(&self, place: usize) -> usize {
        place - 2 * self.stray.partition_point(|&at| at < place)
    }

    /// The width of the character at a position.
    fn width(&self, place: usize) -> usize {
        self.text.get(place..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
    }
}

impl Shape {
    fn of(pattern: &str) -> Self {
        let mut parser = regex_syntax::ParserBuilder::new().utf8(false).nest_limit(8_000).build();
        // a pattern that does not parse is refused when it is compiled
        let Ok(hir) = parser.parse(pattern) else { return Shape::default() };
        Shape { reach: hir.properties().maximum_len(), choices: choices(&hir, false) }
    }
}

/// The states of a pattern, counting repetitions. Text outside a repetition is in one state at a time.
fn choices(hir: &Hir, repeated: bool) -> u64 {
    with_stack(|| match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(text) => u64::from(repeated) * text.0.len() as u64,
        HirKind::Class(class) => u64::from(repeated || !is_one_letter(class)),
        HirKind::Capture(group) => choices(&group.sub, repeated),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(0, |all: u64, part| all.saturating_add(choices(part, repeated)))
        }
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            let repeated = repeated || times > 1 || repetition.max.is_none();
            choices(&repetition.sub, repeated).saturating_mul(u64::from(times))
        }
    })
}

/// Whether a class is one letter in both cases, as in a case-insensitive pattern.
fn is_one_letter(class: &Class) -> bool {
    match class {
        Class::Unicode(class) => class.iter().map(ClassUnicodeRange::len).sum::<usize>() <= 3,
        Class::Bytes(class) => class.iter().map(ClassBytesRange::len).sum::<usize>() <= 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_patterns_are_paid_for_and_groups_cost_room() {
        let pattern = |text: &str| {
            let budget = Budget::default();
            let made = Pattern::compile(text.as_bytes(), budget.limits.regex_bytes, &budget);
            let limit = made.map(|made| made.unwrap_or_else(|error| panic!("{error}")).limit);
            (limit.map_err(|error| error.limit()), budget.used())
        };
        assert_eq!(pattern("a|b{3}"), (Ok(SMALL_BYTES), 0));
        let (limit, steps) = pattern(r"\pL{1,300}");
        assert!(limit.is_ok_and(|limit| limit > KEPT_BYTES) && steps > 500_000, "{steps} steps");
        let groups = "(n)?".repeat(5000);
        assert_eq!(pattern(&groups).0, Err(Some("regex-bytes")));
    }

    #[test]
    fn places_of_a_pattern_are_counted() {
        for (pattern, choices, reach) in [
            ("abcdef", 0, Some(6)),
            ("(?i)abc", 0, Some(3)),
            // a long s takes two bytes
            ("(?i)abs", 0, Some(4)),
            ("foo|bar", 0, Some(3)),
            ("[a-z]+", 1, None),
            ("(abc)*", 3, None),
            ("[ab]{2,9}c", 9, Some(10)),
            ("(foo[0-9]{3}){2}", 12, Some(12)),
            (r"[ab]*a[ab]{20}", 21, None),
            ("(((a{10}){10}){10}){10}", 10_000, Some(10_000)),
        ] {
            assert_eq!(Shape::of(pattern), Shape { reach, choices }, "{pattern}");
        }
    }

    #[test]
    fn ascii_texts_match_alike_in_both_forms() {
        let (limit, budget) = (128 << 20, Budget::default());
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
            let Ok(pattern) = Pattern::compile(pattern.as_bytes(), limit, &budget).unwrap() else {
                panic!("{pattern}")
            };
            let ascii = pattern.ascii.as_ref().unwrap_or_else(|| panic!("{}", pattern.source));
            let full = pattern.full().unwrap();
            for text in ["", "a", "ab\nc", "KkSs", "x xy yx", "team/a:b@c", "$(A) $(B_1)", "\u{0}\u{7f}", "bbb aab"] {
                let spans = |regex: &Regex| {
                    let captures = regex.captures_iter(text.as_bytes());
                    captures
                        .map(|found| found.iter().map(|group| group.map(|m| m.range())).collect::<Vec<_>>())
                        .collect::<Vec<_>>()
                };
                assert_eq!(spans(ascii), spans(full), "{} {text:?}", pattern.source);
            }
        }
        for pattern in ["é", r"\pL", r"\x{e9}", "a{2}", "[^é]", &"a".repeat(129)] {
            let Ok(pattern) = Pattern::compile(pattern.as_bytes(), limit, &budget).unwrap() else {
                panic!("{pattern}")
            };
            assert!(pattern.ascii.is_none(), "{}", pattern.source);
        }
    }
}
