//! Compiled patterns with a cache. They search and replace as Go does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::bytes::CaptureLocations;
use regex_syntax::hir::{Class, ClassBytesRange, ClassUnicodeRange, Hir, HirKind};

use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::template::Context;
use go::regexp::{Refused, Regexp, Subject, Translated};
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
    regexp: Regexp,
    /// The limit that it was compiled under.
    limit: usize,
    /// The names of the groups.
    names: Vec<String>,
    /// How much a search has to look at.
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
        let shape = stacker::maybe_grow(1 << 20, 16 << 20, || Shape::of(&translated.pattern));
        let most = most.min(GROUPS_BYTES / translated.names.len().max(1));
        let Some((regexp, limit)) = compile_within(&translated, most, budget)? else {
            // deeper than the crate goes; Go has a limit on size that comes first
            let text = String::from_utf8_lossy(text);
            return Ok(Err(format!("error parsing regexp: expression too large: `{text}`").into()));
        };
        Ok(Ok(Rc::new(Pattern { regexp, limit, names: translated.names, shape })))
    }

    /// Whether the text contains a match.
    pub(super) fn is_match(&self, budget: &Budget, text: &[u8]) -> Result<bool> {
        self.pay(budget, SEARCH_STEPS, text.len())?;
        Ok(self.regexp.is_match(text))
    }

    /// The first match.
    pub(super) fn find_first(&self, budget: &Budget, text: &[u8]) -> Result<Option<Span>> {
        self.pay(budget, SEARCH_STEPS, text.len())?;
        let subject = Subject::new(text);
        let found = self.regexp.find_at(subject.text(), 0);
        Ok(found.map(|(start, end)| (subject.origin(start), subject.origin(end))))
    }

    /// Charges the steps of a search over this many bytes.
    fn pay(&self, budget: &Budget, steps: u64, bytes: usize) -> Result<()> {
        let bytes = bytes as u64;
        let choices = if self.shape.choices > FEW_CHOICES { self.shape.choices / CHOICES_STEP } else { 0 };
        budget.step(steps + (bytes / STEP_BYTES as u64).saturating_add(bytes.saturating_mul(choices)))
    }

    /// The next of several matches, paid by how far the search had to look.
    fn next(&self, budget: &Budget, subject: &Subject<'_>, position: usize) -> Result<Option<Span>> {
        let rest = subject.text().len() - position;
        if self.shape.reach.is_none() {
            self.pay(budget, NEXT_STEPS, rest)?;
        }
        let found = self.regexp.find_at(subject.text(), position);
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
        let mut found = Vec::new();
        let mut position = 0;
        let mut previous_end = None;
        while found.len() < limit && position <= subject.text().len() {
            let Some((start, end)) = self.next(budget, &subject, position)? else { break };
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
        let regex = self.regexp.regex(subject.text().as_bytes());
        let mut groups = regex.capture_locations();
        let mut out: Option<Vec<u8>> = None;
        let (mut position, mut copied) = (0, 0);
        while position <= subject.text().len() {
            let Some((start, end)) = self.next(budget, &subject, position)? else { break };
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
                        // the match is searched once more, and then its groups
                        let rest = subject.text().len() - start;
                        self.pay(budget, GROUPS_STEPS + (end - start) as u64, self.looked(end - start).min(rest))?;
                        regex.captures_read_at(&mut groups, subject.text().as_bytes(), start);
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
        out.extend_from_slice(source(copied, subject.text().len()));
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

/// Compiles a pattern, and tells under which limit. Nobody knows before how large it becomes: the limit starts small, and
/// grows up to `most` where the next attempt is paid for. `None` where it is nested too deep.
fn compile_within(translated: &Translated, most: usize, budget: &Budget) -> Result<Option<(Regexp, usize)>> {
    if let Some(plain) = translated.compile_plain(most) {
        return Ok(Some((plain, KEPT_BYTES)));
    }
    let mut limit = most.min(SMALL_BYTES);
    loop {
        match translated.compile(limit) {
            Ok(regexp) => return Ok(Some((regexp, limit))),
            Err(Refused::TooLarge(_)) if limit < most => {}
            Err(error @ Refused::TooLarge(_)) => return Err(Error::limit_reached("regex-bytes", error.to_string())),
            Err(_) => return Ok(None),
        }
        limit = limit.saturating_mul(GROWTH).min(most);
        budget.step((limit / COMPILED_STEP_BYTES) as u64)?;
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
}
