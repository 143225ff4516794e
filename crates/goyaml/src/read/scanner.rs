//! Turns text into tokens: indentation, flow levels and simple keys. go-yaml: `scannerc.go`.
//!
//! Whether a scalar is a key is known only at its `:`, so tokens wait in a queue while a `KEY` may still be inserted before the
//! first of them. The details are visible in the order of go-yaml's errors, so the queue grows and shrinks exactly as in go-yaml.

use std::collections::VecDeque;

use super::chars::{BLANK, BREAKZ, break_len, is, width};
use super::input::{Blocks, Input};
use super::pos::Pos;
use super::problem::{Problem, Read};
use super::token::{Head, Kind, Token};

/// Characters after which a simple key must have ended. YAML 1.2: 7.4.2.
const KEY_LENGTH: usize = 1024;

/// The scanner: where it is in the text, and the tokens that wait.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) pos: usize,
    /// Bytes before `pos` that continue a character.
    continued: usize,
    line: u32,
    /// The index, in characters, of the start of the line.
    line_start: usize,
    ascii: bool,
    blocks: Option<Box<Blocks>>,
    max_depth: usize,

    pub(super) flow_level: usize,
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) simple_key_allowed: bool,
    keys: Vec<SimpleKey>,
    /// For each number from `parsed` on: 1 + the index in `keys` of the key that starts with this token.
    keys_by_number: VecDeque<u32>,
    queue: VecDeque<Token<'a>>,
    parsed: usize,
    head_is_ready: bool,
}

/// A place where a simple key may have started.
#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    number: usize,
    index: usize,
    pos: Pos,
}

impl<'a> Scanner<'a> {
    /// A scanner at the start of a text.
    pub(super) fn new(input: &'a Input<'_>, max_depth: usize) -> Self {
        Scanner {
            text: &input.text,
            pos: 0,
            continued: 0,
            line: 0,
            line_start: 0,
            ascii: input.ascii,
            blocks: input.blocks(),
            max_depth,
            flow_level: 0,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            keys: vec![SimpleKey::default()],
            keys_by_number: VecDeque::new(),
            queue: VecDeque::from([Token::indicator(Kind::StreamStart, Pos::default(), 0)]),
            parsed: 0,
            head_is_ready: false,
        }
    }

    /// The next token, which stays in the queue.
    #[inline]
    pub(super) fn peek(&mut self) -> Read<Head> {
        if !self.head_is_ready {
            self.fetch_more()?;
        }
        match self.queue.front() {
            Some(token) => Ok(token.head),
            // cannot happen: `fetch_more` leaves one
            None => Ok(Head { kind: Kind::StreamEnd, start: self.place(), width: 0 }),
        }
    }

    /// Takes the token that was peeked at.
    #[inline]
    pub(super) fn take(&mut self) -> Token<'a> {
        self.head_is_ready = false;
        self.parsed += 1;
        self.keys_by_number.pop_front();
        self.queue.pop_front().unwrap_or_else(|| Token::indicator(Kind::StreamEnd, self.place(), 0))
    }

    // ---- the text ----

    #[inline]
    pub(super) fn at(&self, index: usize) -> u8 {
        self.text.get(index).copied().unwrap_or(0)
    }

    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.at(self.pos)
    }

    #[inline]
    pub(super) fn rest(&self, from: usize) -> &'a [u8] {
        self.text.get(from..).unwrap_or_default()
    }

    #[inline]
    fn index(&self) -> usize {
        self.pos - self.continued
    }

    /// The column, in characters.
    #[inline]
    pub(super) fn column(&self) -> isize {
        // a text that fits memory has fewer characters than `isize::MAX`
        (self.index() - self.line_start).cast_signed()
    }

    /// Where the scanner is.
    #[inline]
    pub(super) fn place(&self) -> Pos {
        Pos { line: self.line, column: u32::try_from(self.index() - self.line_start).unwrap_or(u32::MAX) }
    }

    /// Whether it shows when go-yaml asks for characters: then each is looked at on its own.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        self.blocks.is_some()
    }

    /// Moves over `lines` line feeds with blanks between them, `bytes` in all, and then over `column` spaces.
    #[inline]
    pub(super) fn skip_lines(&mut self, lines: u32, bytes: usize, column: usize) {
        self.pos += bytes;
        self.line = self.line.saturating_add(lines);
        self.line_start = self.index();
        self.pos += column;
    }

    /// Asks for `count` characters, as go-yaml does before it looks at them.
    #[inline]
    pub(super) fn need(&mut self, count: usize) -> Read<()> {
        if self.blocks.is_none() { Ok(()) } else { self.need_slow(count) }
    }

    #[cold]
    fn need_slow(&mut self, count: usize) -> Read<()> {
        match &mut self.blocks {
            Some(blocks) => blocks.need(self.text, self.pos, count),
            None => Ok(()),
        }
    }

    /// Bytes of the line break at `index`.
    #[inline]
    pub(super) fn break_at(&self, index: usize) -> usize {
        break_len(self.rest(index))
    }

    /// Whether a line break or the end is at `index`.
    #[inline]
    pub(super) fn is_breakz(&self, index: usize) -> bool {
        let byte = self.at(index);
        is(byte, BREAKZ) && (byte == 0 || self.break_at(index) > 0)
    }

    /// Whether a blank, a line break or the end is at `index`.
    #[inline]
    pub(super) fn is_blankz(&self, index: usize) -> bool {
        is(self.at(index), BLANK) || self.is_breakz(index)
    }

    /// Moves over one character.
    #[inline]
    pub(super) fn skip(&mut self) {
        let width = width(self.byte());
        self.pos += width;
        self.continued += width - 1;
    }

    /// Moves over characters up to `end`; none of them is a line break. Asks for `count` characters after each.
    #[inline]
    pub(super) fn advance(&mut self, end: usize, count: usize) -> Read<()> {
        if self.blocks.is_some() {
            while self.pos < end {
                self.skip();
                self.need(count)?;
            }
            return Ok(());
        }
        if !self.ascii {
            let run = self.text.get(self.pos..end).unwrap_or_default();
            self.continued += run.iter().filter(|&&b| b & 0xC0 == 0x80).count();
        }
        self.pos = end;
        Ok(())
    }

    /// Moves up to the first byte of one of the classes. [`BREAKZ`] among them stops at true breaks only.
    #[inline]
    pub(super) fn advance_to(&mut self, classes: u8, count: usize) -> Read<()> {
        loop {
            let run = self.rest(self.pos);
            let length = run.iter().position(|&b| is(b, classes)).unwrap_or(run.len());
            self.advance(self.pos + length, count)?;
            // a byte that only looks like the start of a break
            if self.byte() < 0x80 || self.break_at(self.pos) > 0 {
                return Ok(());
            }
            self.skip();
            self.need(count)?;
        }
    }

    /// Moves up to the end of the line.
    pub(super) fn advance_to_break(&mut self, count: usize) -> Read<()> {
        let run = self.rest(self.pos);
        let length = memchr::memchr(b'\n', run).unwrap_or(run.len());
        let line = run.get(..length).unwrap_or_default();
        // other breaks, the end, and what may start a break
        if line.iter().fold(false, |found, b| found | matches!(b, 0 | b'\r' | 0xC2 | 0xE2)) {
            return self.advance_to(BREAKZ, count);
        }
        self.advance(self.pos + length, count)
    }

    /// Moves over a line break and answers what it stands for: a line feed, or itself where it is U+2028 or U+2029.
    pub(super) fn read_break(&mut self) -> &'a [u8] {
        let rest = self.rest(self.pos);
        let (length, characters, text): (_, _, &[u8]) = match rest {
            [b'\r', b'\n', ..] => (2, 2, b"\n"),
            [b'\r' | b'\n', ..] => (1, 1, b"\n"),
            [0xC2, 0x85, ..] => (2, 1, b"\n"),
            [0xE2, 0x80, 0xA8 | 0xA9, ..] => (3, 1, rest.get(..3).unwrap_or_default()),
            _ => return &[],
        };
        self.pos += length;
        self.continued += length - characters;
        self.line = self.line.saturating_add(1);
        self.line_start = self.index();
        text
    }

    /// Moves over blanks.
    pub(super) fn skip_blanks(&mut self) -> Read<()> {
        self.need(1)?;
        while is(self.byte(), BLANK) {
            self.skip();
            self.need(1)?;
        }
        Ok(())
    }

    /// Moves over a comment, where one is here.
    pub(super) fn skip_comment(&mut self) -> Read<()> {
        if self.byte() == b'#' { self.advance_to_break(1) } else { Ok(()) }
    }

    /// Whether `---` or `...` stands at the start of a line here.
    #[inline]
    pub(super) fn is_document_indicator(&self) -> bool {
        self.column() == 0
            && matches!(self.byte(), b'-' | b'.')
            && matches!(self.rest(self.pos), [b'-', b'-', b'-', ..] | [b'.', b'.', b'.', ..])
            && self.is_blankz(self.pos + 3)
    }

    /// An error while reading what starts at `context`.
    pub(super) fn fail(&self, context: Pos, problem: &'static str) -> Problem {
        Problem::scanner(problem, context, self.place())
    }

    // ---- tokens ----

    fn fetch_more(&mut self) -> Read<()> {
        loop {
            if !self.queue.is_empty() {
                match self.keys_by_number.front() {
                    None | Some(0) => break,
                    Some(&key) => {
                        if !self.is_key_valid(key as usize - 1)? {
                            break;
                        }
                    }
                }
            }
            self.fetch_next()?;
        }
        self.head_is_ready = true;
        Ok(())
    }

    fn fetch_next(&mut self) -> Read<()> {
        self.skip_to_token()?;
        self.unroll_indent(self.column());
        self.need(4)?;

        let byte = self.byte();
        if byte == 0 {
            return self.fetch_stream_end();
        }
        if self.column() == 0 {
            if byte == b'%' {
                return self.fetch_directive();
            }
            if self.is_document_indicator() {
                let kind = if byte == b'-' { Kind::DocumentStart } else { Kind::DocumentEnd };
                return self.fetch_document_indicator(kind);
            }
        }
        let flow = self.flow_level > 0;
        match byte {
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.push_indicator(Kind::FlowEntry);
                Ok(())
            }
            b'-' if self.is_blankz(self.pos + 1) => self.fetch_block_entry(),
            b'?' if flow || self.is_blankz(self.pos + 1) => self.fetch_key(),
            b':' if flow || self.is_blankz(self.pos + 1) => self.fetch_value(),
            b'*' => self.fetch_anchor(Kind::Alias),
            b'&' => self.fetch_anchor(Kind::Anchor),
            b'!' => self.fetch_tag(),
            b'|' if !flow => self.fetch_block_scalar(true),
            b'>' if !flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted(true),
            b'"' => self.fetch_quoted(false),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b'\t' => {
                Err(self.fail(self.place(), "found character that cannot start any token"))
            }
            _ => self.fetch_plain(),
        }
    }

    /// Moves over blanks, comments and line breaks.
    fn skip_to_token(&mut self) -> Read<()> {
        loop {
            self.need(1)?;
            if let Some(blocks) = &self.blocks
                && self.column() == 0
                && blocks.starts_with_mark(self.text)
            {
                self.skip();
            }
            self.need(1)?;
            let tabs = self.flow_level > 0 || !self.simple_key_allowed;
            let rest = self.rest(self.pos);
            let blanks = rest.iter().take_while(|&&b| b == b' ' || (tabs && b == b'\t')).count();
            self.advance(self.pos + blanks, 1)?;
            self.skip_comment()?;
            if !is(self.byte(), BREAKZ) || self.break_at(self.pos) == 0 {
                return Ok(());
            }
            self.need(2)?;
            self.read_break();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn push(&mut self, token: Token<'a>) {
        self.queue.push_back(token);
    }

    /// Queues the indicator of one character that is here.
    fn push_indicator(&mut self, kind: Kind) {
        let start = self.place();
        self.skip();
        self.push(Token::indicator(kind, start, 1));
    }

    /// Puts a token before the one with this number, or last where that was handed out already.
    fn insert(&mut self, number: Option<usize>, token: Token<'a>) {
        match number.and_then(|n| n.checked_sub(self.parsed)) {
            Some(index) if index <= self.queue.len() => self.queue.insert(index, token),
            _ => self.queue.push_back(token),
        }
    }

    // ---- simple keys ----

    fn is_key_valid(&mut self, key: usize) -> Read<bool> {
        let (line, index) = (self.line, self.index());
        let Some(key) = self.keys.get_mut(key) else {
            return Ok(false);
        };
        if !key.possible {
            return Ok(false);
        }
        if key.pos.line < line || key.index + KEY_LENGTH < index {
            if key.required {
                let start = key.pos;
                return Err(self.missing_colon(start));
            }
            key.possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    /// A line in a block mapping that is no key. Shown where it starts; go-yaml names the line after it.
    fn missing_colon(&self, start: Pos) -> Problem {
        self.fail(start, "could not find expected ':'").shown_at(start)
    }

    /// Notes that a simple key may start here.
    pub(super) fn save_simple_key(&mut self) -> Read<()> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let key = SimpleKey {
            possible: true,
            required: self.flow_level == 0 && self.indent == self.column(),
            number: self.parsed + self.queue.len(),
            index: self.index(),
            pos: self.place(),
        };
        self.remove_simple_key()?;
        if let Some(last) = self.keys.last_mut() {
            *last = key;
        }
        let offset = key.number - self.parsed;
        while self.keys_by_number.len() <= offset {
            self.keys_by_number.push_back(0);
        }
        if let Some(slot) = self.keys_by_number.get_mut(offset) {
            *slot = u32::try_from(self.keys.len()).unwrap_or(0);
        }
        Ok(())
    }

    /// Forgets the simple key of this flow level.
    pub(super) fn remove_simple_key(&mut self) -> Read<()> {
        let Some(last) = self.keys.last_mut() else {
            return Ok(());
        };
        if last.possible {
            let key = *last;
            if key.required {
                return Err(self.missing_colon(key.pos));
            }
            last.possible = false;
            self.forget_number(key.number);
        }
        Ok(())
    }

    fn forget_number(&mut self, number: usize) {
        if let Some(slot) = number.checked_sub(self.parsed).and_then(|offset| self.keys_by_number.get_mut(offset)) {
            *slot = 0;
        }
    }

    // ---- indentation ----

    /// Starts a block collection at `column`, where that is deeper than the one around it.
    fn roll_indent(&mut self, column: isize, number: Option<usize>, kind: Kind, start: Pos) -> Read<()> {
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > self.max_depth {
            let context = self.keys.last().map(|key| key.pos).unwrap_or_default();
            return Err(self.too_deep(context));
        }
        self.insert(number, Token::indicator(kind, start, 0));
        Ok(())
    }

    /// Ends the block collections that are deeper than `column`.
    pub(super) fn unroll_indent(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            let place = self.place();
            self.push(Token::indicator(Kind::BlockEnd, place, 0));
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn too_deep(&self, context: Pos) -> Problem {
        Problem::scanner(format!("exceeded max depth of {}", self.max_depth), context, self.place()).limit("yaml-depth")
    }

    // ---- one function for each kind of token ----

    fn fetch_stream_end(&mut self) -> Read<()> {
        if self.column() != 0 {
            self.line = self.line.saturating_add(1);
            self.line_start = self.index();
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let place = self.place();
        self.push(Token::indicator(Kind::StreamEnd, place, 0));
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: Kind) -> Read<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.place();
        self.pos += 3;
        self.push(Token::indicator(kind, start, 3));
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind) -> Read<()> {
        self.save_simple_key()?;
        self.keys.push(SimpleKey {
            possible: false,
            required: false,
            number: self.parsed + self.queue.len(),
            index: self.index(),
            pos: self.place(),
        });
        self.flow_level += 1;
        if self.flow_level > self.max_depth {
            return Err(self.too_deep(self.place()));
        }
        self.simple_key_allowed = true;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind) -> Read<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            // go-yaml forgets the number even where it is the outer level's: `{}: x` is no mapping
            if let Some(key) = self.keys.pop() {
                self.forget_number(key.number);
            }
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Read<()> {
        let place = self.place();
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.fail(place, "block sequence entries are not allowed in this context"));
            }
            self.roll_indent(self.column(), None, Kind::BlockSequenceStart, place)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.push_indicator(Kind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Read<()> {
        let place = self.place();
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return Err(self.fail(place, "mapping keys are not allowed in this context"));
            }
            self.roll_indent(self.column(), None, Kind::BlockMappingStart, place)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.push_indicator(Kind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Read<()> {
        let last = self.keys.len() - 1;
        if self.is_key_valid(last)?
            && let Some(slot) = self.keys.get_mut(last)
        {
            slot.possible = false;
            let key = *slot;
            self.insert(Some(key.number), Token::indicator(Kind::Key, key.pos, 0));
            let column = isize::try_from(key.pos.column).unwrap_or(isize::MAX);
            self.roll_indent(column, Some(key.number), Kind::BlockMappingStart, key.pos)?;
            self.forget_number(key.number);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                let place = self.place();
                if !self.simple_key_allowed {
                    return Err(self.fail(place, "mapping values are not allowed in this context"));
                }
                self.roll_indent(self.column(), None, Kind::BlockMappingStart, place)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(Kind::Value);
        Ok(())
    }

    fn fetch_quoted(&mut self, single: bool) -> Read<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_quoted(single)?;
        self.push(token);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Read<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_plain()?;
        self.push(token);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Read<()> {
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block(literal)?;
        self.push(token);
        Ok(())
    }

    fn fetch_anchor(&mut self, kind: Kind) -> Read<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_anchor(kind)?;
        self.push(token);
        Ok(())
    }

    fn fetch_tag(&mut self) -> Read<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_tag()?;
        self.push(token);
        Ok(())
    }

    fn fetch_directive(&mut self) -> Read<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_directive()?;
        self.push(token);
        Ok(())
    }
}
