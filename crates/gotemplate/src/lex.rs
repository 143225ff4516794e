//! The scanner: template text to tokens, one at a time. Go: `text/template/parse/lex.go`.
//!
//! It works on bytes and looks at each byte a bounded number of times; only names and complaints look at runes.

use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;

use go::strconv::{is_print, quote};
use go::utf8::decode_rune;

/// The type of a token. Everything from [`Tok::Block`] on is a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Tok {
    Error,
    Bool,
    Char,
    CharConstant,
    Complex,
    Assign,
    Declare,
    Eof,
    Field,
    Identifier,
    LeftDelim,
    LeftParen,
    Number,
    Pipe,
    RawString,
    RightDelim,
    RightParen,
    Space,
    String,
    Text,
    Variable,
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

/// Classes of bytes: what a name is made of, and what may stand behind one.
#[derive(Clone, Copy)]
pub(super) struct Class(u8);

impl Class {
    pub(super) const NAME: Class = Class(1);
    pub(super) const TERMINATOR: Class = Class(2);
    pub(super) const SPACE: Class = Class(4);
    pub(super) const DIGIT: Class = Class(8);
}

static CLASSES: [u8; 256] = classes();

#[allow(clippy::indexing_slicing)] // the indexes are bytes
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)] // see the loop
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || b == b'_' {
            classes[byte] |= Class::NAME.0;
        }
        if b.is_ascii_digit() {
            classes[byte] |= Class::DIGIT.0;
        }
        if is_space(b) {
            classes[byte] |= Class::SPACE.0 | Class::TERMINATOR.0;
        }
        if matches!(b, b'.' | b',' | b'|' | b':' | b')' | b'(') {
            classes[byte] |= Class::TERMINATOR.0;
        }
        byte += 1;
    }
    classes
}

#[inline]
pub(super) fn is(byte: u8, class: Class) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class.0 != 0)
}

/// What a name is, where `break` and `continue` are functions: a keyword, a constant, or the name of a function.
#[inline]
pub(super) fn word(name: &[u8]) -> Tok {
    match name {
        // no keyword is as long
        _ if name.len() > 8 => Tok::Identifier,
        b"block" => Tok::Block,
        b"define" => Tok::Define,
        b"else" => Tok::Else,
        b"end" => Tok::End,
        b"if" => Tok::If,
        b"nil" => Tok::Nil,
        b"range" => Tok::Range,
        b"template" => Tok::Template,
        b"with" => Tok::With,
        b"true" | b"false" => Tok::Bool,
        _ => Tok::Identifier,
    }
}

impl Tok {
    fn is_keyword(self) -> bool {
        self >= Tok::Block
    }
}

/// A token: its type and its place in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) tok: Tok,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// The scanner of one text.
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    pos: usize,
    start: usize,
    paren_depth: u32,
    inside_action: bool,
    /// The text of the last error token.
    error: String,
    failed: bool,
    /// `break` and `continue` are keywords unless functions have these names.
    keywords: Keywords,
}

/// Which of the keywords that came late to Go are keywords here.
#[derive(Clone, Copy)]
pub(super) struct Keywords {
    pub(super) break_ok: bool,
    pub(super) continue_ok: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8], keywords: Keywords) -> Self {
        Lexer {
            text,
            pos: 0,
            start: 0,
            paren_depth: 0,
            inside_action: false,
            error: String::new(),
            failed: false,
            keywords,
        }
    }

    /// The text of a token.
    pub(super) fn text(&self, item: Item) -> &'t [u8] {
        self.text.get(item.start as usize..item.end as usize).unwrap_or_default()
    }

    /// A token as error texts show it. Go: `item.String`.
    pub(super) fn show(&self, item: Item) -> String {
        match item.tok {
            Tok::Eof => "EOF".to_owned(),
            Tok::Error => self.error.clone(),
            tok if tok.is_keyword() => format!("<{}>", String::from_utf8_lossy(self.text(item))),
            _ => {
                let text = self.text(item);
                if text.len() > 10 { format!("{}...", quote(first_runes(text, 10))) } else { quote(text) }
            }
        }
    }

    /// The next token. After an error there is only the end.
    #[inline]
    pub(super) fn next_item(&mut self) -> Item {
        if self.failed {
            return self.take(Tok::Eof);
        }
        if self.inside_action { self.lex_action() } else { self.lex_text() }
    }

    /// Where the next token begins.
    #[inline]
    pub(super) fn place(&self) -> usize {
        self.pos
    }

    /// Goes on at another place of the same action.
    #[inline]
    pub(super) fn move_to(&mut self, place: usize) {
        self.pos = place;
        self.start = place;
    }

    /// Whether `define` is the first word of the action that has begun.
    pub(super) fn at_define(&self) -> bool {
        let rest = self.rest();
        let word = rest.get(trim_left(rest)..).unwrap_or_default();
        word.starts_with(b"define")
    }

    /// Ends the action with the right delimiter at `delim`.
    #[inline]
    pub(super) fn close_action(&mut self, delim: usize, trims: bool) -> Item {
        // the space and the dash of the marker stand before it
        self.pos = if trims { delim - 2 } else { delim };
        self.lex_right_delim(trims)
    }

    #[inline]
    fn rest(&self) -> &'t [u8] {
        self.text.get(self.pos..).unwrap_or_default()
    }

    #[inline]
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.pos + ahead).copied()
    }

    #[allow(clippy::cast_possible_truncation)] // the parser refuses texts of 4 GiB
    fn take(&mut self, tok: Tok) -> Item {
        let item = Item { tok, start: self.start as u32, end: self.pos as u32 };
        self.start = self.pos;
        item
    }

    fn fail(&mut self, message: impl Into<String>) -> Item {
        self.error = message.into();
        self.failed = true;
        self.pos = self.start;
        self.take(Tok::Error)
    }

    fn skip(&mut self, bytes: usize) {
        self.pos += bytes;
        self.start = self.pos;
    }

    fn lex_text(&mut self) -> Item {
        loop {
            let Some(found) = find_left_delim(self.rest()) else {
                self.pos = self.text.len();
                return if self.pos > self.start { self.take(Tok::Text) } else { self.take(Tok::Eof) };
            };
            if found > 0 {
                let delim = self.pos + found;
                let mut end = delim;
                if trims_left(self.text.get(delim + 2..).unwrap_or_default()) {
                    let text = self.text.get(self.start..delim).unwrap_or_default();
                    end = self.start + trim_right(text);
                }
                self.pos = end;
                let item = self.take(Tok::Text);
                self.pos = delim;
                self.start = delim;
                if item.end > item.start {
                    return item;
                }
            }
            // at the left delimiter
            self.pos += 2;
            let marker = if trims_left(self.rest()) { 2 } else { 0 };
            if self.text.get(self.pos + marker..).unwrap_or_default().starts_with(b"/*") {
                self.skip(marker);
                if let Some(error) = self.lex_comment() {
                    return error;
                }
                continue;
            }
            let item = self.take(Tok::LeftDelim);
            self.inside_action = true;
            self.paren_depth = 0;
            self.skip(marker);
            return item;
        }
    }

    /// Skips a comment; answers an error token where it is not closed.
    fn lex_comment(&mut self) -> Option<Item> {
        self.pos += 2;
        let Some(end) = memmem::find(self.rest(), b"*/") else {
            return Some(self.fail("unclosed comment"));
        };
        self.pos += end + 2;
        let Some(trim) = self.right_delim() else {
            return Some(self.fail("comment ends before closing delimiter"));
        };
        self.end_action(trim);
        None
    }

    /// Whether a right delimiter is next, and whether it has a trim marker.
    fn right_delim(&self) -> Option<bool> {
        match (self.byte(0)?, self.byte(1)?) {
            (b'}', b'}') => Some(false),
            (space, b'-') if is_space(space) && self.byte(2) == Some(b'}') && self.byte(3) == Some(b'}') => Some(true),
            _ => None,
        }
    }

    /// Passes a right delimiter and what it trims; answers where the delimiter itself begins and ends.
    fn end_action(&mut self, trim: bool) -> (usize, usize) {
        if trim {
            self.pos += 2;
        }
        let delim = (self.pos, self.pos + 2);
        self.pos += 2;
        if trim {
            self.pos += trim_left(self.rest());
        }
        self.start = self.pos;
        delim
    }

    #[allow(clippy::cast_possible_truncation)] // the parser refuses texts of 4 GiB
    fn lex_right_delim(&mut self, trim: bool) -> Item {
        self.inside_action = false;
        let (start, end) = self.end_action(trim);
        Item { tok: Tok::RightDelim, start: start as u32, end: end as u32 }
    }

    #[inline]
    fn lex_action(&mut self) -> Item {
        let Some(first) = self.byte(0) else {
            return self.fail("unclosed action");
        };
        if (first == b'}' || is(first, Class::SPACE))
            && let Some(trim) = self.right_delim()
        {
            if self.paren_depth == 0 {
                return self.lex_right_delim(trim);
            }
            return self.fail("unclosed left paren");
        }
        if is(first, Class::SPACE) {
            return self.lex_space();
        }
        if is(first, Class::NAME) && !first.is_ascii_digit() {
            return self.lex_identifier();
        }
        match first {
            b'.' => match self.byte(1) {
                Some(next) if !next.is_ascii_digit() => {
                    self.pos += 1;
                    self.lex_name(Tok::Field)
                }
                _ => self.lex_number(),
            },
            b'+' | b'-' | b'0'..=b'9' => self.lex_number(),
            b'=' => self.one(Tok::Assign),
            b':' => {
                self.pos += 1;
                if self.byte(0) == Some(b'=') { self.one(Tok::Declare) } else { self.fail("expected :=") }
            }
            b'|' => self.one(Tok::Pipe),
            b'"' => self.lex_quoted(b'"', Tok::String, "unterminated quoted string"),
            b'\'' => self.lex_quoted(b'\'', Tok::CharConstant, "unterminated character constant"),
            b'`' => {
                self.pos += 1;
                match memchr::memchr(b'`', self.rest()) {
                    Some(end) => {
                        self.pos += end;
                        self.one(Tok::RawString)
                    }
                    None => self.fail("unterminated raw quoted string"),
                }
            }
            b'$' => {
                self.pos += 1;
                self.lex_name(Tok::Variable)
            }
            b'(' => {
                self.paren_depth = self.paren_depth.saturating_add(1);
                self.one(Tok::LeftParen)
            }
            b')' => match self.paren_depth.checked_sub(1) {
                Some(depth) => {
                    self.paren_depth = depth;
                    self.one(Tok::RightParen)
                }
                None => self.fail("unexpected right paren"),
            },
            _ => {
                let (rune, _) = decode_rune(self.rest());
                if is_alphanumeric(rune) {
                    self.lex_identifier()
                } else if matches!(first, b' '..=b'~') {
                    self.one(Tok::Char)
                } else {
                    self.fail(format!("unrecognized character in action: {}", show_rune(rune)))
                }
            }
        }
    }

    fn one(&mut self, tok: Tok) -> Item {
        self.pos += 1;
        self.take(tok)
    }

    fn lex_space(&mut self) -> Item {
        let rest = self.rest();
        self.pos += rest.iter().position(|b| !is(*b, Class::SPACE)).unwrap_or(rest.len());
        // the last space may belong to a trim marker
        if self.rest().starts_with(b"-}}") {
            self.pos -= 1;
            if self.pos == self.start {
                return self.lex_right_delim(true);
            }
        }
        self.take(Tok::Space)
    }

    /// Passes letters, digits and `_`.
    #[inline]
    fn pass_alphanumeric(&mut self) {
        let rest = self.rest();
        let length = rest.iter().position(|b| !is(*b, Class::NAME)).unwrap_or(rest.len());
        self.pos += length;
        if rest.get(length).is_some_and(|b| !b.is_ascii()) {
            self.pass_runes();
        }
    }

    #[cold]
    fn pass_runes(&mut self) {
        loop {
            let rest = self.rest();
            let (rune, size) = decode_rune(rest);
            if rest.is_empty() || !is_alphanumeric(rune) {
                return;
            }
            self.pos += size;
        }
    }

    fn lex_identifier(&mut self) -> Item {
        self.pass_alphanumeric();
        if !self.at_terminator() {
            let (rune, _) = decode_rune(self.rest());
            return self.fail(format!("bad character {}", show_rune(rune)));
        }
        let name = self.text.get(self.start..self.pos).unwrap_or_default();
        let tok = match name {
            b"break" if self.keywords.break_ok => Tok::Break,
            b"continue" if self.keywords.continue_ok => Tok::Continue,
            _ => word(name),
        };
        self.take(tok)
    }

    /// Scans the name of a field or variable; its `.` or `$` is past.
    fn lex_name(&mut self, tok: Tok) -> Item {
        if self.at_terminator() {
            return self.take(if tok == Tok::Field { Tok::Dot } else { tok });
        }
        self.pass_alphanumeric();
        if !self.at_terminator() {
            let (rune, _) = decode_rune(self.rest());
            return self.fail(format!("bad character {}", show_rune(rune)));
        }
        self.take(tok)
    }

    #[inline]
    fn at_terminator(&self) -> bool {
        match self.byte(0) {
            None => true,
            Some(b'}') => self.byte(1) == Some(b'}'),
            Some(byte) => is(byte, Class::TERMINATOR),
        }
    }

    fn lex_quoted(&mut self, end: u8, tok: Tok, unterminated: &str) -> Item {
        self.pos += 1;
        loop {
            let rest = self.rest();
            let plain = rest.iter().position(|b| *b == end || matches!(b, b'\n' | b'\\'));
            self.pos += plain.unwrap_or(rest.len());
            match self.byte(0) {
                None | Some(b'\n') => return self.fail(unterminated),
                Some(b'\\') => {
                    if matches!(self.byte(1), None | Some(b'\n')) {
                        return self.fail(unterminated);
                    }
                    self.pos += 2;
                }
                Some(_) => return self.one(tok),
            }
        }
    }

    fn lex_number(&mut self) -> Item {
        let mut tok = Tok::Number;
        let mut good = self.scan_number();
        if good && matches!(self.byte(0), Some(b'+' | b'-')) {
            tok = Tok::Complex;
            good = self.scan_number() && self.text.get(..self.pos).unwrap_or_default().ends_with(b"i");
        }
        if good {
            return self.take(tok);
        }
        let text = self.text.get(self.start..self.pos).unwrap_or_default();
        self.fail(format!("bad number syntax: {}", quote(text)))
    }

    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        let mut exponent: &[u8] = b"eE";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
                exponent = b"pP";
            } else if self.accept(b"oO") {
                digits = b"01234567_";
                exponent = b"";
            } else if self.accept(b"bB") {
                digits = b"01_";
                exponent = b"";
            }
        }
        while self.accept(digits) {}
        if self.accept(b".") {
            while self.accept(digits) {}
        }
        if self.accept(exponent) {
            self.accept(b"+-");
            while self.accept(b"0123456789_") {}
        }
        self.accept(b"i");
        if self.pos < self.text.len() {
            let (rune, size) = decode_rune(self.rest());
            if is_alphanumeric(rune) {
                self.pos += size;
                return false;
            }
        }
        true
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let found = self.byte(0).is_some_and(|b| valid.contains(&b));
        self.pos += usize::from(found);
        found
    }
}

/// Where `{{` begins. A search for one byte is set up faster than one for two.
fn find_left_delim(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'{', text).find(|at| text.get(at + 1) == Some(&b'{'))
}

/// Whether a byte is a space of Go's template syntax.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a rune may stand in a name. Go: `unicode.IsLetter`, `unicode.IsDigit`.
fn is_alphanumeric(rune: char) -> bool {
    static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}]").ok());
    if rune.is_ascii() {
        return rune.is_ascii_alphanumeric() || rune == '_';
    }
    let mut buffer = [0; 4];
    NAME.as_ref().is_some_and(|name| name.is_match(rune.encode_utf8(&mut buffer)))
}

/// A rune as Go's `%#U` prints it.
fn show_rune(rune: char) -> String {
    let number = u32::from(rune);
    if is_print(rune) { format!("U+{number:04X} '{rune}'") } else { format!("U+{number:04X}") }
}

fn first_runes(text: &[u8], count: usize) -> &[u8] {
    let mut end = 0;
    for _ in 0..count {
        let rest = text.get(end..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        end += decode_rune(rest).1;
    }
    text.get(..end).unwrap_or(text)
}

fn trims_left(after: &[u8]) -> bool {
    matches!(after, [b'-', space, ..] if is_space(*space))
}

/// Length of the text without the spaces at its end.
fn trim_right(text: &[u8]) -> usize {
    text.iter().rposition(|b| !is_space(*b)).map_or(0, |last| last + 1)
}

/// Number of spaces at the beginning.
fn trim_left(text: &[u8]) -> usize {
    text.iter().position(|b| !is_space(*b)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEYWORDS: Keywords = Keywords { break_ok: false, continue_ok: false };

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// What stands between two tokens is only what Go leaves out: comments, and the space that a trim mark eats.
        #[test]
        fn tokens_in_their_order_are_the_text(
            text in "(a|\\{\\{|\\}\\}|\\{\\{- | -\\}\\}|/\\*|\\*/|\"|`|\\(|\\)|\\.x|\\$v|:=| |\n|1|'c'|\\||if|é){0,20}"
        ) {
            let mut lexer = Lexer::new(text.as_bytes(), KEYWORDS);
            let mut end = 0;
            loop {
                let item = lexer.next_item();
                prop_assert!(item.start >= end && item.end >= item.start && item.end as usize <= text.len());
                let between = text.get(end as usize..item.start as usize).unwrap_or_default();
                let left_out = between.trim().is_empty() || between.contains("/*") || between.contains('-');
                if item.tok == Tok::Error {
                    break;
                }
                prop_assert!(left_out, "{between:?} of {text:?} is lost");
                end = item.end;
                if item.tok == Tok::Eof {
                    prop_assert_eq!(end as usize, text.len());
                    break;
                }
            }
        }
    }
}
