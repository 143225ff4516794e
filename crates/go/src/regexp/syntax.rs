//! Translates Go's RE2 syntax to the syntax of the `regex` crate. Go: `regexp/syntax`.
//!
//! Flags are resolved, so that every part of the result means the same in any context. Errors are those of Go.

use std::fmt::Write;

/// A pattern for the `regex` crate, and the names of its groups.
#[derive(Debug, Default)]
pub struct Translated {
    /// The pattern.
    pub pattern: String,
    /// The names of the groups; empty for one without. Group 0 is the whole match.
    pub names: Vec<String>,
}

/// Translates a pattern; the error has Go's text.
pub fn translate(pattern: &[u8]) -> Result<Translated, String> {
    let text = match std::str::from_utf8(pattern) {
        Ok(text) => text,
        Err(e) => {
            let rest = pattern.get(e.valid_up_to()..).unwrap_or_default();
            return Err(error("invalid UTF-8", &String::from_utf8_lossy(rest)));
        }
    };
    let mut parser = Parser {
        whole: text,
        out: String::with_capacity(2 * text.len()),
        flags: Flags::default(),
        open: vec![Level::default()],
        names: vec![String::new()],
    };
    parser.run()?;
    Ok(Translated { pattern: parser.out, names: parser.names })
}

/// Most repetitions, also of nested ones together. Go: `regexp/syntax` `repeatIsValid`.
const MAX_REPEAT: u64 = 1000;

/// Deepest nesting. Go: `regexp/syntax` `maxHeight`.
const MAX_HEIGHT: usize = 1000;

type Parsed<T> = Result<T, String>;

fn error(code: &str, expression: &str) -> String {
    format!("error parsing regexp: {code}: `{expression}`")
}

/// The front of `text` that `rest` leaves.
fn before<'a>(text: &'a str, rest: &str) -> &'a str {
    text.split_at_checked(text.len().saturating_sub(rest.len())).map_or(text, |(front, _)| front)
}

/// The first character, and what follows.
fn next(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    chars.next().map(|c| (c, chars.as_str()))
}

#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a letter of its own
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_newline: bool,
    swap_greed: bool,
}

/// What was read of one group, or of the whole pattern.
#[derive(Default)]
struct Level {
    /// The flags outside, which come back at the end.
    outer: Flags,
    captures: bool,
    /// Where the last atom starts in the output; none right after an opening or a bar.
    atom: Option<Atom>,
    /// The largest of all atoms before.
    product: u64,
    height: usize,
}

/// The last thing that an operator can repeat.
#[derive(Clone, Copy)]
struct Atom {
    /// How often its innermost part may be repeated.
    product: u64,
    height: usize,
}

struct Parser<'a> {
    whole: &'a str,
    out: String,
    flags: Flags,
    open: Vec<Level>,
    names: Vec<String>,
}

impl Parser<'_> {
    fn run(&mut self) -> Parsed<()> {
        let mut rest = self.whole;
        // the text from the last operator on, where nothing stands between
        let mut last_repeat: Option<&str> = None;
        while let Some((c, after)) = next(rest) {
            let start = rest;
            let mut repeated = false;
            match c {
                '(' if after.starts_with('?') => rest = self.perl_group(rest)?,
                '(' => {
                    self.open_group("(", true);
                    self.names.push(String::new());
                    rest = after;
                }
                ')' => {
                    self.close_group()?;
                    rest = after;
                }
                '|' => {
                    self.out.push('|');
                    self.settle();
                    rest = after;
                }
                '^' => rest = self.plain(if self.flags.multi_line { "(?m:^)" } else { r"\A" }, after),
                '$' => rest = self.plain(if self.flags.multi_line { "(?m:$)" } else { r"\z" }, after),
                '.' => rest = self.plain(if self.flags.dot_newline { "(?s:.)" } else { r"[^\n]" }, after),
                '[' => rest = self.class(rest)?,
                '*' => rest = self.repeat(start, after, last_repeat, "*", None)?,
                '+' => rest = self.repeat(start, after, last_repeat, "+", None)?,
                '?' => rest = self.repeat(start, after, last_repeat, "?", None)?,
                '{' => match counts(rest) {
                    None => {
                        self.literal('{');
                        rest = after;
                    }
                    Some((min, max, after)) => {
                        let too_large = |n: Option<u64>| n.is_some_and(|n| n > MAX_REPEAT);
                        if too_large(Some(min)) || too_large(max) || max.is_some_and(|max| min > max) {
                            return Err(error("invalid repeat count", before(start, after)));
                        }
                        let operator = match max {
                            None => format!("{{{min},}}"),
                            Some(max) => format!("{{{min},{max}}}"),
                        };
                        rest = self.repeat(start, after, last_repeat, &operator, Some((min, max)))?;
                        repeated = true;
                    }
                },
                '\\' => rest = self.escape(rest)?,
                _ => {
                    self.literal(c);
                    rest = after;
                }
            }
            repeated |= matches!(c, '*' | '+' | '?');
            last_repeat = repeated.then_some(start);
        }
        if self.open.len() > 1 {
            return Err(error("missing closing )", self.whole));
        }
        Ok(())
    }

    /// Appends an atom that needs no more work, and answers what follows.
    fn plain<'t>(&mut self, atom: &str, after: &'t str) -> &'t str {
        self.begin_atom();
        self.out.push_str(atom);
        after
    }

    fn literal(&mut self, c: char) {
        self.begin_atom();
        self.fold(|out| push_char(out, c));
    }

    /// Appends what `write` writes, without regard to case where the flag says so.
    fn fold(&mut self, write: impl FnOnce(&mut String)) {
        if self.flags.fold_case {
            self.out.push_str("(?i:");
            write(&mut self.out);
            self.out.push(')');
        } else {
            write(&mut self.out);
        }
    }

    fn begin_atom(&mut self) {
        self.settle();
        if let Some(level) = self.open.last_mut() {
            level.atom = Some(Atom { product: 1, height: 1 });
        }
    }

    /// Counts the last atom among those before.
    fn settle(&mut self) {
        if let Some(level) = self.open.last_mut()
            && let Some(atom) = level.atom.take()
        {
            level.product = level.product.max(atom.product);
            level.height = level.height.max(atom.height);
        }
    }

    fn open_group(&mut self, text: &str, captures: bool) {
        self.settle();
        self.out.push_str(text);
        self.open.push(Level { outer: self.flags, captures, ..Level::default() });
    }

    fn close_group(&mut self) -> Parsed<()> {
        self.settle();
        if self.open.len() < 2 {
            return Err(error("unexpected )", self.whole));
        }
        let closed = self.open.pop().unwrap_or_default();
        self.flags = closed.outer;
        self.out.push(')');
        let height = closed.height.max(1) + usize::from(closed.captures);
        if height > MAX_HEIGHT {
            return Err(error("expression nests too deeply", self.whole));
        }
        if let Some(level) = self.open.last_mut() {
            level.atom = Some(Atom { product: closed.product.max(1), height });
        }
        Ok(())
    }

    /// A repetition operator at `start`, with the counts where it has any; answers what follows it.
    fn repeat<'t>(
        &mut self,
        start: &'t str,
        after: &'t str,
        last_repeat: Option<&str>,
        operator: &str,
        counts: Option<(u64, Option<u64>)>,
    ) -> Parsed<&'t str> {
        let (after, lazy) = match after.strip_prefix('?') {
            Some(after) => (after, !self.flags.swap_greed),
            None => (after, self.flags.swap_greed),
        };
        if let Some(last) = last_repeat {
            return Err(error("invalid nested repetition operator", before(last, after)));
        }
        let Some(atom) = self.open.last_mut().and_then(|level| level.atom.as_mut()) else {
            return Err(error("missing argument to repetition operator", before(start, after)));
        };
        atom.height += 1;
        if let Some((min, max)) = counts {
            let times = max.unwrap_or(min);
            atom.product = if max == Some(0) { 1 } else { atom.product.saturating_mul(times.max(1)) };
            if (min >= 2 || max.is_some_and(|max| max >= 2)) && atom.product > MAX_REPEAT {
                return Err(error("invalid repeat count", before(start, after)));
            }
        }
        if atom.height > MAX_HEIGHT {
            return Err(error("expression nests too deeply", self.whole));
        }
        self.out.push_str(operator);
        if lazy {
            self.out.push('?');
        }
        Ok(after)
    }

    /// `(?P<name>`, `(?<name>`, `(?flags)` or `(?flags:`; answers what follows.
    fn perl_group<'t>(&mut self, text: &'t str) -> Parsed<&'t str> {
        let named = text.strip_prefix("(?P<").or_else(|| text.strip_prefix("(?<")).filter(|name| !name.is_empty());
        if let Some(named) = named {
            let Some((name, after)) = named.split_once('>') else {
                return Err(error("invalid named capture", text));
            };
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(error("invalid named capture", before(text, after)));
            }
            self.open_group("(", true);
            self.names.push(name.to_owned());
            return Ok(after);
        }
        let mut rest = text.strip_prefix("(?").unwrap_or_default();
        let mut flags = self.flags;
        let mut set = true;
        let mut complete = true;
        while let Some((c, after)) = next(rest) {
            rest = after;
            match c {
                'i' => flags.fold_case = set,
                'm' => flags.multi_line = set,
                's' => flags.dot_newline = set,
                'U' => flags.swap_greed = set,
                '-' if set => {
                    set = false;
                    complete = false;
                    continue;
                }
                ':' if complete => {
                    self.open_group("(?:", false);
                    self.flags = flags;
                    return Ok(rest);
                }
                ')' if complete => {
                    self.flags = flags;
                    return Ok(rest);
                }
                _ => break,
            }
            complete = true;
        }
        Err(error("invalid or unsupported Perl syntax", before(text, rest)))
    }

    /// What starts with a backslash outside of a class; answers what follows.
    fn escape<'t>(&mut self, text: &'t str) -> Parsed<&'t str> {
        if let Some((c, after)) = text.strip_prefix('\\').and_then(next) {
            match c {
                'A' => return Ok(self.plain(r"\A", after)),
                'z' => return Ok(self.plain(r"\z", after)),
                'b' => return Ok(self.plain(r"(?-u:\b)", after)),
                'B' => return Ok(self.plain(r"(?-u:\B)", after)),
                'C' => return Err(error("invalid escape sequence", r"\C")),
                'Q' => {
                    let (quoted, after) = after.split_once(r"\E").unwrap_or((after, ""));
                    quoted.chars().for_each(|c| self.literal(c));
                    return Ok(after);
                }
                _ => {}
            }
        }
        let mut set = String::new();
        if let Some(after) = class_escape(&mut set, text)? {
            self.begin_atom();
            self.fold(|out| {
                out.push('[');
                out.push_str(&set);
                out.push(']');
            });
            return Ok(after);
        }
        let (code, after) = char_escape(text)?;
        match char::from_u32(code) {
            Some(c) => self.literal(c),
            // half of a surrogate pair: no text holds it
            None => {
                self.plain(NOTHING, "");
            }
        }
        Ok(after)
    }

    /// `[...]`; answers what follows.
    fn class<'t>(&mut self, text: &'t str) -> Parsed<&'t str> {
        let mut set = String::from("[");
        let mut rest = text.strip_prefix('[').unwrap_or_default();
        if let Some(after) = rest.strip_prefix('^') {
            set.push('^');
            rest = after;
        }
        let empty = set.len();
        let mut first = true;
        while first || !rest.starts_with(']') {
            first = false;
            if let Some(after) = posix_class(&mut set, rest)? {
                rest = after;
                continue;
            }
            if let Some(after) = class_escape(&mut set, rest)? {
                rest = after;
                continue;
            }
            let start = rest;
            let (low, after) = class_char(rest, text)?;
            rest = after;
            let mut high = low;
            if let Some(after) = rest.strip_prefix('-').filter(|after| !after.is_empty() && !after.starts_with(']')) {
                (high, rest) = class_char(after, text)?;
                if high < low {
                    return Err(error("invalid character class range", before(start, rest)));
                }
            }
            push_range(&mut set, low, high);
        }
        if set.len() == empty {
            // only halves of surrogate pairs
            set.push_str(NOTHING);
        }
        set.push(']');
        self.begin_atom();
        self.fold(|out| out.push_str(&set));
        Ok(rest.strip_prefix(']').unwrap_or(rest))
    }
}

/// A class that holds no character.
const NOTHING: &str = r"[^\x{0}-\x{10FFFF}]";

fn push_char(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:X}}}", u32::from(c));
    }
}

fn push_range(out: &mut String, low: u32, high: u32) {
    let low = char::from_u32(low).unwrap_or('\u{E000}');
    let high = char::from_u32(high).unwrap_or('\u{D7FF}');
    if low > high {
        return;
    }
    push_char(out, low);
    if high != low {
        out.push('-');
        push_char(out, high);
    }
}

/// `{n}`, `{n,}` or `{n,m}`: the counts, and what follows; `None` if it is plain text.
fn counts(text: &str) -> Option<(u64, Option<u64>, &str)> {
    let (min, rest) = count(text.strip_prefix('{')?)?;
    let (max, rest) = match rest.strip_prefix(',') {
        None => (Some(min), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => count(rest).map(|(max, rest)| (Some(max), rest))?,
    };
    Some((min, max, rest.strip_prefix('}')?))
}

fn count(text: &str) -> Option<(u64, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = before(text, rest);
    let valid = !digits.is_empty() && (digits.len() == 1 || !digits.starts_with('0'));
    // what is too large for a number is too large for a count
    valid.then(|| (digits.parse().unwrap_or(u64::MAX), rest))
}

/// `\d`, `\pL` and their like, as the inside of a class; answers what follows, `None` if it is something else.
fn class_escape<'t>(set: &mut String, text: &'t str) -> Parsed<Option<&'t str>> {
    let Some((c, after)) = text.strip_prefix('\\').and_then(next) else {
        return Ok(None);
    };
    let perl = match c {
        'd' => "0-9",
        'D' => "[^0-9]",
        's' => r"\t\n\x0C\r\x20",
        'S' => r"[^\t\n\x0C\r\x20]",
        'w' => "0-9A-Za-z_",
        'W' => "[^0-9A-Za-z_]",
        'p' | 'P' => return unicode_class(set, text, after, c == 'P').map(Some),
        _ => return Ok(None),
    };
    set.push_str(perl);
    Ok(Some(after))
}

fn unicode_class<'t>(set: &mut String, text: &'t str, after: &'t str, negated: bool) -> Parsed<&'t str> {
    let Some((c, mut rest)) = next(after) else {
        return Err(error("invalid character class range", text));
    };
    let mut name = before(after, rest);
    if c == '{' {
        let Some((inner, after)) = rest.split_once('}') else {
            return Err(error("invalid character class range", text));
        };
        (name, rest) = (inner, after);
    }
    let (name, negated) = name.strip_prefix('^').map_or((name, negated), |name| (name, !negated));
    let known = |property: &'static str| {
        let class = format!(r"\p{{{property}={name}}}");
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_- ".contains(&b));
        (plain && regex_syntax::parse(&class).is_ok()).then_some(property)
    };
    let Some(property) = known("gc").or_else(|| known("sc")) else {
        return Err(error("invalid character class range", before(text, rest)));
    };
    let letter = if negated { 'P' } else { 'p' };
    let _ = write!(set, r"\{letter}{{{property}={name}}}");
    Ok(rest)
}

/// `[:alpha:]` and its like in a class; answers what follows, `None` if it is something else.
fn posix_class<'t>(set: &mut String, text: &'t str) -> Parsed<Option<&'t str>> {
    let Some((name, after)) = text.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) else {
        return Ok(None);
    };
    let (bare, negated) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
    let ranges = match bare {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7F",
        "blank" => r"\t\x20",
        "cntrl" => r"\x00-\x1F\x7F",
        "digit" => "0-9",
        "graph" => r"\x21-\x7E",
        "lower" => "a-z",
        "print" => r"\x20-\x7E",
        "punct" => r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E",
        "space" => r"\t-\r\x20",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return Err(error("invalid character class range", before(text, after))),
    };
    if negated {
        let _ = write!(set, "[^{ranges}]");
    } else {
        set.push_str(ranges);
    }
    Ok(Some(after))
}

fn class_char<'t>(text: &'t str, class: &str) -> Parsed<(u32, &'t str)> {
    match next(text) {
        None => Err(error("missing closing ]", class)),
        Some(('\\', _)) => char_escape(text),
        Some((c, after)) => Ok((u32::from(c), after)),
    }
}

/// A backslash and what it stands for, as a code point; and what follows. Go: `parseEscape`.
fn char_escape(text: &str) -> Parsed<(u32, &str)> {
    let Some((c, mut rest)) = text.strip_prefix('\\').and_then(next) else {
        return Err(error("trailing backslash at end of expression", ""));
    };
    let octal = |text: &str| text.chars().next().and_then(|c| c.to_digit(8));
    let simple = match c {
        'a' => 0x07,
        'f' => 0x0C,
        'n' => 0x0A,
        'r' => 0x0D,
        't' => 0x09,
        'v' => 0x0B,
        '0'..='7' if c == '0' || octal(rest).is_some() => {
            let mut code = c.to_digit(8).unwrap_or_default();
            for _ in 0..2 {
                let Some(digit) = octal(rest) else { break };
                code = code * 8 + digit;
                rest = next(rest).map_or("", |(_, after)| after);
            }
            code
        }
        'x' => return hex_escape(text, rest),
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => u32::from(c),
        _ => return Err(error("invalid escape sequence", before(text, rest))),
    };
    Ok((simple, rest))
}

fn hex_escape<'t>(text: &'t str, digits: &'t str) -> Parsed<(u32, &'t str)> {
    let refused = |rest: &str| Err(error("invalid escape sequence", before(text, rest)));
    let Some((c, mut rest)) = next(digits) else {
        return refused(digits);
    };
    if c != '{' {
        let Some((second, after)) = next(rest) else {
            return refused(rest);
        };
        return match (c.to_digit(16), second.to_digit(16)) {
            (Some(high), Some(low)) => Ok((high * 16 + low, after)),
            _ => refused(after),
        };
    }
    let mut code: u32 = 0;
    let mut any = false;
    while let Some((c, after)) = next(rest) {
        rest = after;
        if c == '}' {
            return if any { Ok((code, rest)) } else { refused(rest) };
        }
        let Some(digit) = c.to_digit(16) else {
            return refused(rest);
        };
        code = code * 16 + digit;
        if code > 0x0010_FFFF {
            return refused(rest);
        }
        any = true;
    }
    refused(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_as_go_does() {
        for (pattern, want) in [
            ("(", "missing closing ): `(`"),
            ("a)", "unexpected ): `a)`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("a|*?", "missing argument to repetition operator: `*?`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a+?+", "invalid nested repetition operator: `+?+`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("a{2,1}", "invalid repeat count: `{2,1}`"),
            ("(a{100}){100}", "invalid repeat count: `{100}`"),
            ("[a", "missing closing ]: `[a`"),
            ("[b-a]", "invalid character class range: `b-a`"),
            ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
            (r"\pX", r"invalid character class range: `\pX`"),
            (r"\p{Foo}", r"invalid character class range: `\p{Foo}`"),
            (r"\8", r"invalid escape sequence: `\8`"),
            (r"\1", r"invalid escape sequence: `\1`"),
            (r"\Z", r"invalid escape sequence: `\Z`"),
            (r"\x{110000}", r"invalid escape sequence: `\x{110000`"),
            ("\\", "trailing backslash at end of expression: ``"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
            ("(?P<n", "invalid named capture: `(?P<n`"),
            ("(?P<n!>a)", "invalid named capture: `(?P<n!>`"),
            ("(?P=n)", "invalid or unsupported Perl syntax: `(?P`"),
            (r"\p", r"invalid character class range: `\p`"),
            (r"\x1", r"invalid escape sequence: `\x1`"),
            (r"(?i)*", "missing argument to repetition operator: `*`"),
            (r"[a-\d]", r"invalid escape sequence: `\d`"),
        ] {
            let got = translate(pattern.as_bytes()).err().unwrap_or_default();
            assert_eq!(got.strip_prefix("error parsing regexp: ").unwrap_or(&got), want, "{pattern}");
        }
        let deep = "(".repeat(1001) + &")".repeat(1001);
        assert!(translate(deep.as_bytes()).unwrap_err().contains("nests too deeply"));
    }

    #[test]
    fn accepts_what_go_accepts() {
        for pattern in [
            r"a{,2}",
            r"a{1,2,3}",
            r"(?i)(?-i:a)b",
            r"a(?i)*",
            r"\Qa.b\E+",
            r"[]a]",
            r"[^]a]",
            r"[a-]",
            r"[\d\pL[:^alpha:]-]",
            r"(?P<1>a)(?<n>b)",
            r"\p{^Greek}\P{letter}",
            r"\x41\x{1F600}\101\0",
            r"x{0}",
            r"(?s-m:.)(?U:a*)",
            r"\x{D800}",
            "|",
            "()",
            "a||b",
        ] {
            let translated = translate(pattern.as_bytes()).unwrap();
            regex::bytes::Regex::new(&translated.pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
        }
    }
}
