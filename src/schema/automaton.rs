//! Matches simple patterns (`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`) without the regular expression engine.
//!
//! Measured: without this file a bake of the built-in `workload` takes 7 % more instructions (13.6 instead of 12.7
//! million), as making a pattern ready for the engine takes far longer than matching the few short texts of a bake.
//! docs/second-ways.md.
//!
//! A pattern of at most 64 characters and classes is an automaton of as many states (Glushkov's), so one word of bits says
//! in which of them a text may be. Everything else is for the engine.

use std::iter::Peekable;
use std::str::Bytes;

/// A pattern as an automaton. It means what Go's and Rust's engines make of the pattern.
#[derive(Debug)]
pub(super) struct Automaton {
    positions: Vec<Position>,
    /// Where a match may start at the start of a text, and anywhere.
    start: u64,
    restart: u64,
    /// Where a match may end anywhere, and at the end of a text.
    end: u64,
    end_of_text: u64,
    /// Whether every text matches, as nothing need be found in it; and whether the empty one does.
    matches_all: bool,
    matches_empty: bool,
}

/// A character or class of the pattern, and what may come behind it.
#[derive(Debug)]
struct Position {
    class: Class,
    follow: u64,
}

/// Which characters there may be: those of ASCII by their bits, and all others or none.
#[derive(Clone, Copy, Debug, Default)]
struct Class {
    ascii: u128,
    others: bool,
}

/// A part of a pattern: its first and last positions, and whether it may be empty.
#[derive(Clone, Copy, Default)]
struct Span {
    first: u64,
    last: u64,
    nullable: bool,
}

/// Groups within groups that are looked into.
const MAX_DEPTH: usize = 16;

impl Automaton {
    /// The automaton of a pattern; `None` if the pattern is not plain enough, or wrong.
    pub(super) fn parse(pattern: &str) -> Option<Automaton> {
        if cfg!(full_way = "automata") {
            return None;
        }
        let mut parser = Parser { bytes: pattern.bytes().peekable(), positions: Vec::new() };
        let mut made = Automaton {
            positions: Vec::new(),
            start: 0,
            restart: 0,
            end: 0,
            end_of_text: 0,
            matches_all: false,
            matches_empty: false,
        };
        loop {
            let at_start = parser.bytes.next_if_eq(&b'^').is_some();
            let part = parser.sequence(0)?;
            let at_end = parser.bytes.next_if_eq(&b'$').is_some();
            made.start |= part.first;
            made.restart |= if at_start { 0 } else { part.first };
            *if at_end { &mut made.end_of_text } else { &mut made.end } |= part.last;
            made.matches_all |= part.nullable && !(at_start && at_end);
            made.matches_empty |= part.nullable;
            match parser.bytes.next() {
                None => return Some(Automaton { positions: parser.positions, ..made }),
                Some(b'|') => {}
                Some(_) => return None,
            }
        }
    }

    /// Whether the pattern is found in a text.
    pub(super) fn is_match(&self, text: &str) -> bool {
        if self.matches_all || text.is_empty() {
            return self.matches_all || self.matches_empty;
        }
        let (mut here, mut next) = (0, self.start);
        for c in text.chars() {
            let may_be = std::mem::replace(&mut next, self.restart);
            here = 0;
            for at in bits(may_be) {
                if let Some(position) = self.positions.get(at).filter(|position| position.class.has(c)) {
                    here |= 1 << at;
                    next |= position.follow;
                }
            }
            if here & self.end != 0 {
                return true;
            }
            if next == 0 && here & self.end_of_text == 0 {
                return false;
            }
        }
        here & self.end_of_text != 0
    }
}

impl Class {
    fn of(b: u8) -> Class {
        Class { ascii: 1 << (b & 0x7f), others: false }
    }

    fn any_of(bytes: impl IntoIterator<Item = u8>) -> Class {
        bytes.into_iter().map(Class::of).fold(Class::default(), Class::or)
    }

    fn or(self, other: Class) -> Class {
        Class { ascii: self.ascii | other.ascii, others: self.others || other.others }
    }

    fn negated(self) -> Class {
        Class { ascii: !self.ascii, others: !self.others }
    }

    fn has(self, c: char) -> bool {
        if c.is_ascii() { self.ascii & 1 << u32::from(c) != 0 } else { self.others }
    }
}

struct Parser<'p> {
    bytes: Peekable<Bytes<'p>>,
    positions: Vec<Position>,
}

impl Parser<'_> {
    /// What stands in a group: sequences of which one is there.
    fn group(&mut self, depth: usize) -> Option<Span> {
        let mut whole = self.sequence(depth)?;
        while self.bytes.next_if_eq(&b'|').is_some() {
            let part = self.sequence(depth)?;
            whole.first |= part.first;
            whole.last |= part.last;
            whole.nullable |= part.nullable;
        }
        self.bytes.next_if_eq(&b')').map(|_| whole)
    }

    /// Items up to the end of a group, an alternative or the pattern.
    fn sequence(&mut self, depth: usize) -> Option<Span> {
        let mut whole = Span { nullable: true, ..Span::default() };
        while let Some(b) = self.bytes.next_if(|b| !matches!(b, b'|' | b')' | b'$')) {
            let mut part = self.item(b, depth)?;
            if let Some(repeat) = self.bytes.next_if(|b| matches!(b, b'*' | b'+' | b'?')) {
                part.nullable |= repeat != b'+';
                if repeat != b'?' {
                    self.connect(part.last, part.first);
                }
            }
            self.connect(whole.last, part.first);
            whole.first |= if whole.nullable { part.first } else { 0 };
            whole.last = part.last | if part.nullable { whole.last } else { 0 };
            whole.nullable &= part.nullable;
        }
        Some(whole)
    }

    /// A character, a class or a group. What repeats, counts or anchors is none.
    fn item(&mut self, b: u8, depth: usize) -> Option<Span> {
        let class = match b {
            b'(' if depth < MAX_DEPTH && self.bytes.peek() != Some(&b'?') => return self.group(depth + 1),
            b'.' => Class::of(b'\n').negated(),
            b'[' => self.class()?,
            b'\\' => escaped(self.bytes.next()?)?,
            b if b.is_ascii_alphanumeric() || b" _-/:,;@=<>#%!\"'~&".contains(&b) => Class::of(b),
            _ => return None,
        };
        let bit = 1_u64.checked_shl(u32::try_from(self.positions.len()).ok()?)?;
        self.positions.push(Position { class, follow: 0 });
        Some(Span { first: bit, last: bit, nullable: false })
    }

    /// A class behind its `[`. Those that the engines read in ways of their own are left to them.
    fn class(&mut self) -> Option<Class> {
        let is_negated = self.bytes.next_if_eq(&b'^').is_some();
        let mut class = Class::default();
        let mut low = None;
        let mut is_empty = true;
        loop {
            let b = self.bytes.next()?;
            low = match b {
                b']' if is_empty => return None,
                b']' => return Some(if is_negated { class.negated() } else { class }),
                b'-' if !is_empty && self.bytes.peek() != Some(&b']') => {
                    // a range
                    let high = self.bytes.next().filter(|b| is_member(*b))?;
                    class = class.or(Class::any_of(low.filter(|low| *low <= high)?..=high));
                    None
                }
                b'\\' => {
                    class = class.or(escaped(self.bytes.next()?)?);
                    None
                }
                b if is_member(b) => {
                    class = class.or(Class::of(b));
                    Some(b).filter(|b| *b != b'-')
                }
                _ => return None,
            };
            is_empty = false;
        }
    }

    /// What ends at one of these positions may go on at one of those.
    fn connect(&mut self, from: u64, to: u64) {
        for at in bits(from) {
            if let Some(position) = self.positions.get_mut(at) {
                position.follow |= to;
            }
        }
    }
}

/// Whether a byte stands for itself in a class.
fn is_member(b: u8) -> bool {
    matches!(b, b' '..=b'~') && !b"[]\\^".contains(&b)
}

/// What a backslash and a byte stand for.
fn escaped(b: u8) -> Option<Class> {
    let word = || (b'0'..=b'9').chain(b'A'..=b'Z').chain(b'a'..=b'z').chain([b'_']);
    Some(match b {
        b'd' => Class::any_of(b'0'..=b'9'),
        b'D' => Class::any_of(b'0'..=b'9').negated(),
        b'w' => Class::any_of(word()),
        b'W' => Class::any_of(word()).negated(),
        b's' => Class::any_of(*b"\t\n\x0c\r "),
        b'S' => Class::any_of(*b"\t\n\x0c\r ").negated(),
        b if b"./-\\+*?()[]{}^$|".contains(&b) => Class::of(b),
        _ => return None,
    })
}

/// The numbers of the bits that are set.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (lowest < u64::BITS).then_some(lowest as usize)
    })
}

#[cfg(test)]
mod tests {
    use super::super::pattern;
    use super::*;
    use crate::limits::Limits;

    /// Random, and the same each time.
    struct Dice(u64);

    impl Dice {
        fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            from[usize::try_from(self.0 >> 33).unwrap() % from.len()]
        }

        fn text(&mut self, parts: &[&str], most: usize) -> String {
            let lens: Vec<String> = (0..=most).map(|len| "x".repeat(len)).collect();
            let lens: Vec<&str> = lens.iter().map(String::as_str).collect();
            (0..self.pick(&lens).len()).map(|_| self.pick(parts)).collect()
        }
    }

    #[test]
    fn an_automaton_finds_what_the_engine_finds() {
        const PARTS: [&str; 36] = [
            "a", "b", "c", "-", "~", "&", "1", " ", ".", "[a-c]", "[^a]", "[-a]", "[ -<>-~]", "[^-b]", r"[\w.-]",
            r"\d", r"\W", r"\s", r"\.", "(", "(", ")", ")", "(a|b)", "(a|)", "()", "*", "+", "?", "|", "|", "^", "^",
            "$", "$", "é",
        ];
        const TEXTS: [&str; 12] = ["a", "a", "b", "c", "1", "-", "~", ".", " ", "\n", "é", "\t"];
        let limits = Limits::helm();
        let mut dice = Dice(1);
        let mut seen = 0;
        for _ in 0..8_000 {
            let pattern = dice.text(&PARTS, 9);
            let Some(automaton) = Automaton::parse(&pattern) else { continue };
            let engine = pattern::engine(&pattern, &limits).unwrap_or_else(|e| panic!("{pattern}: {e}"));
            for _ in 0..12 {
                let text = dice.text(&TEXTS, 5);
                assert_eq!(automaton.is_match(&text), engine.is_match(text.as_bytes()), "{pattern:?} in {text:?}");
                seen += 1;
            }
        }
        assert!(seen > 10_000, "{seen}");
    }

    #[test]
    fn everyday_patterns_need_no_engine() {
        for (pattern, yes, no) in [
            ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "web-1", "web-"),
            ("^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$", "1.5Gi", "1.5GiB"),
            (r"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", "", "a..b"),
            (r"^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$", "1h30.5m", "1"),
            ("^https?://", "http://x", "ftp://x"),
            ("^[ -<>-~]+$", "a:b", "a=b"),
            ("", "", "no such"),
        ] {
            let automaton = Automaton::parse(pattern).expect(pattern);
            assert!(automaton.is_match(yes), "{pattern}");
            assert!(pattern.is_empty() || !automaton.is_match(no), "{pattern}");
        }
    }

    #[test]
    fn all_else_is_for_the_engine() {
        let (long, deep) = ("a".repeat(65), "(".repeat(5000));
        for pattern in [
            "(",
            ")",
            "[",
            "[]",
            "[]a]",
            "[z-a]",
            "[a-z-9]",
            "[[:alpha:]]",
            "[a&&b]x{2}",
            "a{2}",
            "*",
            "a**",
            "a+?",
            "(?i)a",
            "a^b",
            "(^a)",
            "a$b",
            r"\b",
            r"\p{L}",
            r"\Qa",
            "\\",
            "é",
            &long,
            &deep,
        ] {
            assert!(Automaton::parse(pattern).is_none(), "{pattern}");
        }
        assert!(Automaton::parse(&"a".repeat(64)).is_some());
    }
}
