//! Matches like gobwas/glob v0.2.3. It compiles a pattern to matchers with shortcuts, which decide some cases differently from
//! the meaning of the pattern (`a/**/b` matches `a/b`; `?` does not match a multi-byte character beside text). Charts rely on
//! the first, so this module uses the same matchers. gobwas/glob: `compiler`, `match`.

use std::cell::Cell;

use super::pattern::{One, Part};
use crate::utf8::decode_rune;

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Matcher {
    Text(Vec<u8>),
    /// No slash.
    Any,
    Super,
    One(One),
    AnyOf(Vec<Matcher>),
    EveryOf(Vec<Matcher>),
    /// One after the other, each of a known length; and the sum.
    Row(Vec<Matcher>, usize),
    /// What is searched for first, and what must match before and after it.
    Tree(Box<Matcher>, Option<Box<Matcher>>, Option<Box<Matcher>>),
    Min(usize),
    Max(usize),
    Contains {
        needle: Vec<u8>,
        not: bool,
    },
    Prefix(Vec<u8>),
    Suffix(Vec<u8>),
    PrefixSuffix(Vec<u8>, Vec<u8>),
    PrefixAny(Vec<u8>),
    SuffixAny(Vec<u8>),
    Nothing,
}

/// Steps of one match; a pattern that needs more is matched by its plain meaning.
pub(super) type Steps = Cell<u32>;

/// Where a matcher is found, and the lengths it can have there; `None` if it is not found or the steps are used up.
type Position = Option<(usize, Vec<usize>)>;

/// Compiles the parts of a pattern.
pub(super) fn compile(parts: &[Part]) -> Matcher {
    if parts.is_empty() {
        return Matcher::Nothing;
    }
    assemble(parts.iter().map(compile_part).collect())
}

fn compile_part(part: &Part) -> Matcher {
    optimize(match part {
        Part::Text(text) => Matcher::Text(text.clone().into_bytes()),
        Part::One(one) => Matcher::One(one.clone()),
        Part::Any => Matcher::Any,
        Part::Super => Matcher::Super,
        Part::AnyOf(choices) => {
            return common(choices).unwrap_or_else(|| any_of(choices));
        }
    })
}

/// Alternatives that begin or end alike: the common parts once, the rest between them.
fn common(choices: &[Vec<Part>]) -> Option<Matcher> {
    let (least_at, least) = choices.iter().enumerate().min_by_key(|(_, c)| c.len())?;
    if choices.len() < 2 {
        return None;
    }
    let length = least.len();
    let others = || choices.iter().enumerate().filter(|(k, _)| *k != least_at).map(|(_, c)| c);
    let (mut left, mut right) = (0, 0);
    let (mut break_left, mut break_right) = (false, false);
    let mut total = 0;
    for i in 0..length {
        let j = length - 1 - i;
        if total >= length || (break_left && break_right) {
            break;
        }
        for other in others() {
            if break_left && break_right {
                break;
            }
            break_left |= least.get(i) != other.get(i);
            break_right |= !break_left && j <= i;
            break_right |= least.get(j) != other.get(j + other.len() - length);
        }
        if !break_left {
            total += 1;
            left += 1;
        }
        if !break_right {
            total += 1;
            right = length - j;
        }
    }
    if left == 0 && right == 0 {
        return None;
    }
    let mut rests: Vec<&[Part]> = Vec::new();
    for choice in choices {
        let rest = choice.get(left..choice.len() - right).unwrap_or_default();
        if !rests.contains(&rest) {
            rests.push(rest);
        }
    }
    let mut matchers = Vec::new();
    if left > 0 {
        matchers.push(compile(least.get(..left).unwrap_or_default()));
    }
    match rests.as_slice() {
        [[]] => {}
        [one] => matchers.push(compile(one)),
        many => {
            let choices: Vec<Vec<Part>> = many.iter().map(|rest| rest.to_vec()).collect();
            // an empty rest is no pattern of its own: then nothing more is taken out in common
            let inner = if choices.iter().any(Vec::is_empty) { None } else { common(&choices) };
            matchers.push(optimize(inner.unwrap_or_else(|| any_of(&choices))));
        }
    }
    if right > 0 {
        matchers.push(compile(least.get(length - right..).unwrap_or_default()));
    }
    Some(assemble(matchers))
}

fn any_of(choices: &[Vec<Part>]) -> Matcher {
    Matcher::AnyOf(choices.iter().map(|choice| optimize(compile(choice))).collect())
}

/// One matcher of several, one after the other.
fn assemble(matchers: Vec<Matcher>) -> Matcher {
    optimize(combine(minimize(matchers.into_iter().map(optimize).collect())))
}

fn optimize(matcher: Matcher) -> Matcher {
    match matcher {
        Matcher::AnyOf(mut list) if list.len() == 1 => list.pop().unwrap_or(Matcher::Nothing),
        Matcher::One(One::List { chars, not: false }) if chars.len() == 1 => {
            Matcher::Text(chars.into_iter().collect::<String>().into_bytes())
        }
        Matcher::Tree(value, left, right) => {
            let left = left.map(|m| Box::new(optimize(*m)));
            let right = right.map(|m| Box::new(optimize(*m)));
            let Matcher::Text(text) = *value else { return Matcher::Tree(value, left, right) };
            match (left.as_deref(), right.as_deref()) {
                (None, None) => Matcher::Text(text),
                (Some(Matcher::Super), Some(Matcher::Super)) => Matcher::Contains { needle: text, not: false },
                (Some(Matcher::Super), None) => Matcher::Suffix(text),
                (None, Some(Matcher::Super)) => Matcher::Prefix(text),
                (None, Some(Matcher::Suffix(suffix))) => Matcher::PrefixSuffix(text, suffix.clone()),
                (Some(Matcher::Prefix(prefix)), None) => Matcher::PrefixSuffix(prefix.clone(), text),
                (Some(Matcher::Any), None) => Matcher::SuffixAny(text),
                (None, Some(Matcher::Any)) => Matcher::PrefixAny(text),
                _ => Matcher::Tree(Box::new(Matcher::Text(text)), left, right),
            }
        }
        other => other,
    }
}

/// A tree of matchers around the longest one of a known length.
fn combine(mut matchers: Vec<Matcher>) -> Matcher {
    if matchers.len() == 1 {
        return matchers.pop().unwrap_or(Matcher::Nothing);
    }
    if let Some(glued) = glue(&matchers) {
        return glued;
    }
    let longest = matchers.iter().enumerate().filter_map(|(i, m)| Some((m.len()?, i))).max();
    let Some((_, at)) = longest else {
        let rest = matchers.split_off(1.min(matchers.len()));
        let first = matchers.pop().unwrap_or(Matcher::Nothing);
        return Matcher::Tree(Box::new(first), None, Some(Box::new(combine(rest))));
    };
    let right = matchers.split_off(at + 1);
    let value = matchers.pop().unwrap_or(Matcher::Nothing);
    let side = |list: Vec<Matcher>| (!list.is_empty()).then(|| Box::new(combine(list)));
    Matcher::Tree(Box::new(value), side(matchers), side(right))
}

fn glue(matchers: &[Matcher]) -> Option<Matcher> {
    if matchers.len() < 2 {
        return None;
    }
    glue_every(matchers).or_else(|| {
        let sum = matchers.iter().try_fold(0, |sum, m| Some(sum + m.len()?))?;
        Some(Matcher::Row(matchers.to_vec(), sum))
    })
}

fn glue_every(matchers: &[Matcher]) -> Option<Matcher> {
    let (mut has_any, mut has_super, mut min) = (false, false, 0);
    let mut separator: Option<&[char]> = None;
    for matcher in matchers {
        let own: &[char] = match matcher {
            Matcher::Super => {
                has_super = true;
                &[]
            }
            Matcher::Any => {
                has_any = true;
                &['/']
            }
            Matcher::One(One::Single) => {
                min += 1;
                &['/']
            }
            Matcher::One(One::List { chars, not: true }) => {
                min += 1;
                chars
            }
            _ => return None,
        };
        if **separator.get_or_insert(own) != *own {
            return None;
        }
    }
    let separator = separator.unwrap_or_default();
    if has_super && !has_any && min == 0 {
        return Some(Matcher::Super);
    }
    if has_any && !has_super && min == 0 {
        return Some(Matcher::Any);
    }
    if (has_any || has_super) && min > 0 && separator.is_empty() {
        return Some(Matcher::Min(min));
    }
    let mut every = Vec::new();
    if min > 0 {
        every.push(Matcher::Min(min));
        if !has_any && !has_super {
            every.push(Matcher::Max(min));
        }
    }
    if !separator.is_empty() {
        every.push(Matcher::Contains { needle: separator.iter().collect::<String>().into_bytes(), not: true });
    }
    Some(Matcher::EveryOf(every))
}

/// Glues neighbours together as long as that makes fewer of them.
fn minimize(matchers: Vec<Matcher>) -> Vec<Matcher> {
    let mut done: Option<(Matcher, usize, usize)> = None;
    for l in 0..matchers.len() {
        for r in (l + 1..=matchers.len()).rev() {
            let Some(glued) = matchers.get(l..r).and_then(glue) else { continue };
            let better = done.as_ref().is_none_or(|(_, left, right)| right - left < r - l);
            if better {
                done = Some((glued, l, r));
            }
        }
    }
    let Some((glued, left, right)) = done else { return matchers };
    let before = matchers.len();
    let mut next = matchers.get(..left).unwrap_or_default().to_vec();
    next.push(glued);
    next.extend_from_slice(matchers.get(right..).unwrap_or_default());
    if next.len() == before { next } else { minimize(next) }
}

impl Matcher {
    /// The number of characters, where it is known.
    fn len(&self) -> Option<usize> {
        match self {
            Matcher::Text(text) => Some(crate::utf8::rune_count(text)),
            Matcher::One(_) => Some(1),
            Matcher::Nothing => Some(0),
            Matcher::Row(_, sum) => Some(*sum),
            Matcher::EveryOf(list) if list.is_empty() => Some(0),
            Matcher::AnyOf(list) => {
                let mut length = None;
                for matcher in list {
                    let own = matcher.len();
                    if length.is_none() {
                        length = own;
                    } else if own != length {
                        return None;
                    }
                }
                length
            }
            Matcher::Tree(value, left, right) => {
                let side = |m: &Option<Box<Matcher>>| m.as_ref().map_or(Some(0), |m| m.len());
                Some(value.len()? + side(left)? + side(right)?)
            }
            _ => None,
        }
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, s: &[u8], steps: &Steps) -> bool {
        if !step(steps) {
            return false;
        }
        match self {
            Matcher::Text(text) => text == s,
            Matcher::Any => !s.contains(&b'/'),
            Matcher::Super => true,
            Matcher::One(one) => {
                let (c, width) = first(s);
                s.len() <= width && one.takes(c)
            }
            Matcher::AnyOf(list) => list.iter().any(|m| m.matches(s, steps)),
            Matcher::EveryOf(list) => list.iter().all(|m| m.matches(s, steps)),
            Matcher::Row(list, sum) => runes(s).count() == *sum && row(list, s, steps),
            Matcher::Tree(value, left, right) => tree(value, left.as_deref(), right.as_deref(), s, steps),
            Matcher::Min(least) => runes(s).count() >= *least,
            Matcher::Max(most) => runes(s).count() <= *most,
            Matcher::Contains { needle, not } => find(s, needle).is_some() != *not,
            Matcher::Prefix(prefix) => s.starts_with(prefix),
            Matcher::Suffix(suffix) => s.ends_with(suffix),
            Matcher::PrefixSuffix(prefix, suffix) => s.starts_with(prefix) && s.ends_with(suffix),
            Matcher::PrefixAny(prefix) => s.strip_prefix(prefix.as_slice()).is_some_and(|rest| !rest.contains(&b'/')),
            Matcher::SuffixAny(suffix) => s.strip_suffix(suffix.as_slice()).is_some_and(|rest| !rest.contains(&b'/')),
            Matcher::Nothing => s.is_empty(),
        }
    }

    /// The first place where the matcher is found.
    fn index(&self, s: &[u8], steps: &Steps) -> Position {
        if !step(steps) {
            return None;
        }
        let starts = |s: &[u8]| runes(s).map(|(i, _)| i).chain([s.len()]).collect::<Vec<_>>();
        let ends = |s: &[u8], add: usize| runes(s).map(|(i, c)| add + i + c.len_utf8()).collect::<Vec<_>>();
        match self {
            Matcher::Text(text) => Some((find(s, text)?, vec![text.len()])),
            Matcher::Any => Some((0, starts(before_slash(s)))),
            Matcher::Super => Some((0, starts(s))),
            Matcher::One(one) => {
                let (at, c) = runes(s).find(|(_, c)| one.takes(*c))?;
                Some((at, vec![c.len_utf8()]))
            }
            Matcher::AnyOf(list) => {
                let mut best: Position = None;
                for (at, lengths) in list.iter().filter_map(|m| m.index(s, steps)) {
                    match &mut best {
                        Some((least, all)) if at == *least => {
                            all.extend(lengths);
                            all.sort_unstable();
                            all.dedup();
                        }
                        Some((least, _)) if at > *least => {}
                        best => *best = Some((at, lengths)),
                    }
                }
                best
            }
            Matcher::EveryOf(list) => every(list, s, steps),
            Matcher::Row(list, sum) => {
                let rest = |at: usize| s.get(at..).unwrap_or_default();
                let mut places = runes(s).map(|(i, _)| i).take_while(|i| rest(*i).len() >= *sum);
                Some((places.find(|i| row(list, rest(*i), steps))?, vec![*sum]))
            }
            Matcher::Tree(..) => None,
            Matcher::Min(least) => {
                let lengths: Vec<_> = ends(s, 0).into_iter().skip(least.saturating_sub(1)).collect();
                (s.len() + 1 > *least && !lengths.is_empty()).then_some((0, lengths))
            }
            Matcher::Max(most) => Some((0, std::iter::once(0).chain(ends(s, 0).into_iter().take(*most)).collect())),
            Matcher::Contains { needle, not } => {
                let found = find(s, needle);
                if *not {
                    return Some((0, starts(found.and_then(|at| s.get(..at)).unwrap_or(s))));
                }
                let offset = found? + needle.len();
                Some((0, starts(s.get(offset..).unwrap_or_default()).into_iter().map(|i| offset + i).collect()))
            }
            Matcher::Prefix(prefix) | Matcher::PrefixAny(prefix) => {
                let at = find(s, prefix)?;
                let mut rest = s.get(at + prefix.len()..).unwrap_or_default();
                if matches!(self, Matcher::PrefixAny(_)) {
                    rest = before_slash(rest);
                }
                Some((at, std::iter::once(prefix.len()).chain(ends(rest, prefix.len())).collect()))
            }
            Matcher::Suffix(suffix) => Some((0, vec![find(s, suffix)? + suffix.len()])),
            Matcher::PrefixSuffix(prefix, suffix) => {
                let at = find(s, prefix)?;
                let mut rest = s.get(at..).unwrap_or_default();
                let mut lengths = Vec::new();
                while let Some(last) = rfind(rest, suffix) {
                    lengths.push(last + suffix.len());
                    rest = rest.get(..last).unwrap_or_default();
                }
                lengths.reverse();
                (!lengths.is_empty()).then_some((at, lengths))
            }
            Matcher::SuffixAny(suffix) => {
                let at = find(s, suffix)?;
                let start = s.get(..at)?.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
                Some((start, vec![at + suffix.len() - start]))
            }
            Matcher::Nothing => Some((0, vec![0])),
        }
    }
}

fn tree(value: &Matcher, left: Option<&Matcher>, right: Option<&Matcher>, s: &[u8], steps: &Steps) -> bool {
    let side = |m: Option<&Matcher>, s: &[u8]| m.map_or(s.is_empty(), |m| m.matches(s, steps));
    // lengths are counted in characters and used as bytes, as gobwas does
    let left_length = left.map_or(Some(0), Matcher::len);
    let right_length = right.map_or(Some(0), Matcher::len);
    let whole = value.len().zip(left_length).zip(right_length).map(|((v, l), r)| v + l + r);
    if whole.is_some_and(|whole| whole > s.len()) {
        return false;
    }
    let mut offset = left_length.unwrap_or(0);
    let limit = s.len().saturating_sub(right_length.unwrap_or(0));
    while offset < limit {
        if !step(steps) {
            return false;
        }
        let Some((at, lengths)) = s.get(offset..limit).and_then(|part| value.index(part, steps)) else { return false };
        let start = offset + at;
        if side(left, s.get(..start).unwrap_or_default()) {
            let after = |length: usize| s.get(start + length..).unwrap_or_default();
            if lengths.iter().rev().any(|length| side(right, after(*length))) {
                return true;
            }
        }
        offset = start + first(s.get(start..).unwrap_or_default()).1.max(1);
    }
    false
}

/// Each matcher takes as many characters as it is long; the last one is cut after its first byte, as gobwas does.
fn row(list: &[Matcher], s: &[u8], steps: &Steps) -> bool {
    let mut rest = s;
    for matcher in list {
        let length = matcher.len().unwrap_or(0);
        let mut next = 0;
        let mut count = 0;
        for (i, _) in runes(rest) {
            next = i;
            count += 1;
            if count == length {
                break;
            }
        }
        let Some((part, after)) = rest.split_at_checked(next + 1) else { return false };
        if count < length || !matcher.matches(part, steps) {
            return false;
        }
        rest = after;
    }
    true
}

fn every(list: &[Matcher], s: &[u8], steps: &Steps) -> Position {
    let (mut index, mut offset) = (0_usize, 0_usize);
    let mut current: Vec<usize> = Vec::new();
    let mut sub = s;
    for (i, matcher) in list.iter().enumerate() {
        let (at, lengths) = matcher.index(sub, steps)?;
        if i == 0 {
            current = lengths;
        } else {
            let (before, here) = (index, at + offset);
            current.retain(|length| (length + before).checked_sub(here).is_some_and(|l| lengths.contains(&l)));
            if current.is_empty() {
                return None;
            }
        }
        index = at + offset;
        sub = s.get(index..)?;
        offset += at;
    }
    Some((index, current))
}

fn step(steps: &Steps) -> bool {
    let left = steps.get();
    steps.set(left.saturating_sub(1));
    left > 0
}

fn first(s: &[u8]) -> (char, usize) {
    if s.is_empty() { (char::REPLACEMENT_CHARACTER, 0) } else { decode_rune(s) }
}

/// The characters of a text and where they start; bytes that are none count as U+FFFD.
fn runes(s: &[u8]) -> impl Iterator<Item = (usize, char)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = s.get(at..).filter(|rest| !rest.is_empty())?;
        let (c, width) = decode_rune(rest);
        let here = at;
        at += width.max(1);
        Some((here, c))
    })
}

fn find(s: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() { Some(0) } else { s.windows(needle.len()).position(|w| w == needle) }
}

fn rfind(s: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() { None } else { s.windows(needle.len()).rposition(|w| w == needle) }
}

fn before_slash(s: &[u8]) -> &[u8] {
    s.split(|b| *b == b'/').next().unwrap_or_default()
}
