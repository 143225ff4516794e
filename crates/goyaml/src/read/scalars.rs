//! Scalars: plain, quoted and block, with folding, chomping and escapes. go-yaml: `scannerc.go`.
//!
//! A scalar that is one run of the text is a slice of it; only what is folded or escaped is built anew.

use std::borrow::Cow;

use super::chars::{BLANK, BREAKZ, COLON, DOUBLE, FLOW, SINGLE, hex, is};
use super::pos::Pos;
use super::problem::Read;
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// Line breaks that wait to be folded: the first of a run of them, and the others.
#[derive(Default)]
struct Breaks<'a> {
    first: &'a [u8],
    others: Vec<u8>,
}

impl Breaks<'_> {
    /// Puts them into `out`: one line feed is a space, more are one less.
    fn fold(&mut self, out: &mut Vec<u8>) {
        if self.first != b"\n" {
            out.extend_from_slice(self.first);
        } else if self.others.is_empty() {
            out.push(b' ');
        }
        out.append(&mut self.others);
        self.first = &[];
    }
}

impl<'a> Scanner<'a> {
    fn slice(&self, from: usize, to: usize) -> &'a [u8] {
        self.text.get(from..to).unwrap_or_default()
    }

    /// A plain scalar.
    pub(super) fn scan_plain(&mut self) -> Read<Token<'a>> {
        let start = self.place();
        let indent = self.indent + 1;
        let stop = if self.flow_level > 0 { BREAKZ | BLANK | COLON | FLOW } else { BREAKZ | BLANK | COLON };
        if let Some(text) = self.plain_on_one_line(indent, stop) {
            return Ok(Token::text(Kind::PlainScalar, start, 0, Cow::Borrowed(text)));
        }
        let first = self.pos;
        let mut end = first;
        let mut built: Option<Vec<u8>> = None;
        let mut breaks = Breaks::default();
        let mut leading_blanks = false;
        loop {
            self.need(4)?;
            if self.is_document_indicator() || self.byte() == b'#' {
                break;
            }
            let word = self.pos;
            self.plain_word(stop)?;
            if self.pos > word {
                if leading_blanks {
                    let out = built.get_or_insert_with(|| self.slice(first, end).to_vec());
                    breaks.fold(out);
                    out.extend_from_slice(self.slice(word, self.pos));
                    leading_blanks = false;
                } else if let Some(out) = &mut built {
                    out.extend_from_slice(self.slice(end, self.pos));
                }
                end = self.pos;
            }
            if !is(self.byte(), BLANK) && self.break_at(self.pos) == 0 {
                break;
            }
            self.need(1)?;
            loop {
                let byte = self.byte();
                if is(byte, BLANK) {
                    if leading_blanks && byte == b'\t' && self.column() < indent {
                        return Err(self.fail(start, "found a tab character that violates indentation"));
                    }
                    self.skip();
                } else if self.break_at(self.pos) > 0 {
                    self.need(2)?;
                    self.take_break(&mut breaks, &mut leading_blanks);
                } else {
                    break;
                }
                self.need(1)?;
            }
            if self.flow_level == 0 && self.column() < indent {
                break;
            }
        }
        if leading_blanks {
            self.simple_key_allowed = true;
        }
        let text = built.map_or_else(|| Cow::Borrowed(self.slice(first, end)), Cow::Owned);
        Ok(Token::text(Kind::PlainScalar, start, 0, text))
    }

    /// The way of nearly all plain scalars: one that ends on its line. `None`, and nothing is moved, where more care
    /// is needed.
    fn plain_on_one_line(&mut self, indent: isize, stop: u8) -> Option<&'a [u8]> {
        if self.is_watched() {
            return None;
        }
        let run = self.rest(self.pos);
        let mut at = 0;
        let mut word = 0;
        let mut end = 0;
        loop {
            at += run.get(at..)?.iter().position(|&b| is(b, stop))?;
            if at > word {
                end = at;
            }
            let byte = *run.get(at)?;
            if byte == b':' {
                let next = *run.get(at + 1)?;
                if next == b'\n' || is(next, BLANK) {
                    break;
                }
                if is(next, BREAKZ) {
                    return None;
                }
                at += 1;
            } else if is(byte, BLANK) {
                at += run.get(at..)?.iter().position(|&b| !is(b, BLANK))?;
                word = at;
                if run.get(at) == Some(&b'#') {
                    break;
                }
            } else if byte == b'\n' {
                // the lines after it: the scalar has ended where the next text is not deeper
                let breaks = self.flow_level == 0;
                let (mut lines, mut next) = (0, at);
                let mut line_start = at;
                while breaks && run.get(next) == Some(&b'\n') {
                    lines += 1;
                    line_start = next + 1;
                    next = line_start + run.get(line_start..)?.iter().position(|&b| b != b' ')?;
                }
                let column = (next - line_start).cast_signed();
                if !breaks || column >= indent || is(*run.get(next)?, BREAKZ | BLANK) {
                    return None;
                }
                self.advance(self.pos + at, 0).ok()?;
                self.skip_lines(lines, line_start - at, next - line_start);
                self.simple_key_allowed = true;
                return run.get(..end);
            } else if is(byte, BREAKZ) {
                return None;
            } else {
                break; // an indicator of flow context
            }
        }
        self.advance(self.pos + at, 0).ok()?;
        run.get(..end)
    }

    /// Moves over the characters of a plain scalar up to a blank, a break or an indicator that ends it.
    #[inline]
    fn plain_word(&mut self, stop: u8) -> Read<()> {
        loop {
            self.advance_to(stop, 2)?;
            if self.byte() != b':' || self.is_blankz(self.pos + 1) {
                return Ok(());
            }
            self.skip();
            self.need(2)?;
        }
    }

    fn take_break(&mut self, breaks: &mut Breaks<'a>, leading_blanks: &mut bool) {
        let text = self.read_break();
        if *leading_blanks {
            breaks.others.extend_from_slice(text);
        } else {
            breaks.first = text;
            *leading_blanks = true;
        }
    }

    /// A scalar in single or double quotes.
    pub(super) fn scan_quoted(&mut self, single: bool) -> Read<Token<'a>> {
        let start = self.place();
        self.skip();
        let quote = if single { b'\'' } else { b'"' };
        if let Some(text) = self.quoted_on_one_line(quote) {
            return Ok(Token::text(Kind::QuotedScalar, start, 0, Cow::Borrowed(text)));
        }
        let stop = if single { BREAKZ | BLANK | SINGLE } else { BREAKZ | BLANK | DOUBLE };
        // what is built, and where the text starts that is not in it yet
        let mut out = Vec::new();
        let mut copied = self.pos;
        let mut is_built = false;
        let mut breaks = Breaks::default();
        loop {
            self.need(4)?;
            if self.is_document_indicator() {
                return Err(self.fail(start, "found unexpected document indicator"));
            }
            if self.byte() == 0 {
                return Err(self.fail(start, "found unexpected end of stream").shown_at(start));
            }
            let mut leading_blanks = false;
            loop {
                self.advance_to(stop, 2)?;
                let byte = self.byte();
                if single && byte == b'\'' && self.at(self.pos + 1) == b'\'' {
                    self.skip();
                    out.extend_from_slice(self.slice(copied, self.pos));
                    self.skip();
                } else if !single && byte == b'\\' {
                    out.extend_from_slice(self.slice(copied, self.pos));
                    if self.break_at(self.pos + 1) > 0 {
                        self.need(3)?;
                        self.skip();
                        self.read_break();
                        leading_blanks = true;
                    } else {
                        self.scan_escape(start, &mut out)?;
                    }
                } else {
                    break;
                }
                is_built = true;
                copied = self.pos;
                if leading_blanks {
                    break;
                }
                self.need(2)?;
            }
            self.need(1)?;
            if self.byte() == quote {
                break;
            }
            let blanks = self.pos;
            loop {
                if is(self.byte(), BLANK) {
                    self.skip();
                } else if self.break_at(self.pos) > 0 {
                    self.need(2)?;
                    self.take_break(&mut breaks, &mut leading_blanks);
                } else {
                    break;
                }
                self.need(1)?;
            }
            if leading_blanks {
                out.extend_from_slice(self.slice(copied, blanks));
                breaks.fold(&mut out);
                is_built = true;
                copied = self.pos;
            }
        }
        let text = self.slice(copied, self.pos);
        self.skip();
        let text = if is_built {
            out.extend_from_slice(text);
            Cow::Owned(out)
        } else {
            Cow::Borrowed(text)
        };
        Ok(Token::text(Kind::QuotedScalar, start, 0, text))
    }

    /// The way of most quoted scalars: one line without escapes. `None`, and nothing is moved, for the others.
    fn quoted_on_one_line(&mut self, quote: u8) -> Option<&'a [u8]> {
        if self.is_watched() {
            return None;
        }
        let run = self.rest(self.pos);
        let escape = if quote == b'"' { b'\\' } else { quote };
        let end = run.iter().position(|&b| b == quote || b == escape || is(b, BREAKZ))?;
        if run.get(end) != Some(&quote) || (quote == b'\'' && run.get(end + 1) == Some(&quote)) {
            return None;
        }
        self.advance(self.pos + end, 0).ok()?;
        self.skip();
        run.get(..end)
    }

    /// An escape sequence in double quotes.
    fn scan_escape(&mut self, start: Pos, out: &mut Vec<u8>) -> Read<()> {
        let (digits, text): (usize, &[u8]) = match self.at(self.pos + 1) {
            b'0' => (0, b"\0"),
            b'a' => (0, b"\x07"),
            b'b' => (0, b"\x08"),
            b't' | b'\t' => (0, b"\t"),
            b'n' => (0, b"\n"),
            b'v' => (0, b"\x0B"),
            b'f' => (0, b"\x0C"),
            b'r' => (0, b"\r"),
            b'e' => (0, b"\x1B"),
            b' ' => (0, b" "),
            b'"' => (0, b"\""),
            b'\'' => (0, b"'"),
            b'\\' => (0, b"\\"),
            b'N' => (0, "\u{85}".as_bytes()),
            b'_' => (0, "\u{A0}".as_bytes()),
            b'L' => (0, "\u{2028}".as_bytes()),
            b'P' => (0, "\u{2029}".as_bytes()),
            b'x' => (2, b""),
            b'u' => (4, b""),
            b'U' => (8, b""),
            _ => return Err(self.fail(start, "found unknown escape character")),
        };
        self.skip();
        self.skip();
        out.extend_from_slice(text);
        if digits == 0 {
            return Ok(());
        }
        self.need(digits)?;
        let mut value = 0_u32;
        for offset in 0..digits {
            match hex(self.at(self.pos + offset)) {
                Some(digit) => value = (value << 4) + digit,
                None => return Err(self.fail(start, "did not find expected hexdecimal number")),
            }
        }
        let Some(character) = char::from_u32(value) else {
            return Err(self.fail(start, "found invalid Unicode character escape code"));
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.pos += digits;
        Ok(())
    }

    /// A block scalar, literal (`|`) or folded (`>`).
    pub(super) fn scan_block(&mut self, literal: bool) -> Read<Token<'a>> {
        let start = self.place();
        self.skip();
        let (keep, strip, increment) = self.scan_block_header(start)?;
        let mut indent = match increment {
            0 => 0,
            increment => self.indent.max(0) + increment,
        };

        let mut out = Vec::new();
        let mut leading_break: &[u8] = &[];
        let mut breaks = Vec::new();
        let mut leading_blank = false;
        self.scan_block_breaks(&mut indent, &mut breaks, start)?;
        self.need(1)?;
        while self.column() == indent && self.byte() != 0 {
            let blank = is(self.byte(), BLANK);
            if !literal && !leading_blank && !blank && leading_break == b"\n" {
                if breaks.is_empty() {
                    out.push(b' ');
                }
            } else {
                out.extend_from_slice(leading_break);
            }
            out.append(&mut breaks);
            leading_blank = blank;
            let line = self.pos;
            self.advance_to_break(1)?;
            out.extend_from_slice(self.slice(line, self.pos));
            self.need(2)?;
            leading_break = self.read_break();
            self.scan_block_breaks(&mut indent, &mut breaks, start)?;
        }
        if !strip {
            out.extend_from_slice(leading_break);
        }
        if keep {
            out.append(&mut breaks);
        }
        Ok(Token::text(Kind::QuotedScalar, start, 0, Cow::Owned(out)))
    }

    /// The indicators after `|` or `>` and the rest of their line: keep, strip, and the indentation.
    fn scan_block_header(&mut self, start: Pos) -> Read<(bool, bool, isize)> {
        let mut keep = false;
        let mut strip = false;
        let mut increment = 0_isize;
        self.need(1)?;
        if matches!(self.byte(), b'+' | b'-') {
            (keep, strip) = (self.byte() == b'+', self.byte() == b'-');
            self.skip();
            self.need(1)?;
            if self.byte().is_ascii_digit() {
                increment = self.scan_increment(start)?;
            }
        } else if self.byte().is_ascii_digit() {
            increment = self.scan_increment(start)?;
            self.need(1)?;
            if matches!(self.byte(), b'+' | b'-') {
                (keep, strip) = (self.byte() == b'+', self.byte() == b'-');
                self.skip();
            }
        }
        self.scan_line_end(start)?;
        Ok((keep, strip, increment))
    }

    fn scan_increment(&mut self, start: Pos) -> Read<isize> {
        let digit = self.byte();
        if digit == b'0' {
            return Err(self.fail(start, "found an indentation indicator equal to 0"));
        }
        self.skip();
        Ok(isize::from(digit.wrapping_sub(b'0').cast_signed()))
    }

    /// Moves over indentation and empty lines; finds the indentation where it is not known yet.
    fn scan_block_breaks(&mut self, indent: &mut isize, breaks: &mut Vec<u8>, start: Pos) -> Read<()> {
        let mut deepest = 0;
        loop {
            self.need(1)?;
            while self.byte() == b' ' && (*indent == 0 || self.column() < *indent) {
                self.pos += 1;
                self.need(1)?;
            }
            deepest = deepest.max(self.column());
            if self.byte() == b'\t' && (*indent == 0 || self.column() < *indent) {
                return Err(self.fail(start, "found a tab character where an indentation space is expected"));
            }
            if self.break_at(self.pos) == 0 {
                break;
            }
            self.need(2)?;
            let text = self.read_break();
            breaks.extend_from_slice(text);
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
