//! Anchors, aliases, tags and directives. go-yaml: `scannerc.go`.

use std::borrow::Cow;

use super::chars::{URI, WORD, hex, is, width};
use super::pos::Pos;
use super::problem::Read;
use super::scanner::Scanner;
use super::token::{Kind, Token};

/// Digits of a version number in a `%YAML` directive.
const VERSION_DIGITS: usize = 2;

impl<'a> Scanner<'a> {
    /// Moves over letters, digits, `_` and `-`.
    fn word(&mut self) -> Read<&'a [u8]> {
        let start = self.pos;
        self.need(1)?;
        while is(self.byte(), WORD) {
            self.pos += 1;
            self.need(1)?;
        }
        Ok(self.text.get(start..self.pos).unwrap_or_default())
    }

    /// An anchor or an alias.
    pub(super) fn scan_anchor(&mut self, kind: Kind) -> Read<Token<'a>> {
        let start = self.place();
        self.skip();
        let name = self.word()?;
        let ends =
            self.is_blankz(self.pos) || matches!(self.byte(), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return Err(self.fail(start, "did not find expected alphabetic or numeric character"));
        }
        Ok(Token::text(kind, start, 0, Cow::Borrowed(name)))
    }

    /// A tag: `!<uri>`, `!suffix`, `!handle!suffix` or `!`.
    pub(super) fn scan_tag(&mut self) -> Read<Token<'a>> {
        let start = self.place();
        self.need(2)?;
        let (handle, suffix): (&[u8], _);
        if self.at(self.pos + 1) == b'<' {
            self.skip();
            self.skip();
            suffix = self.scan_tag_uri(&[], start)?;
            handle = &[];
            if self.byte() != b'>' {
                return Err(self.fail(start, "did not find the expected '>'"));
            }
            self.skip();
        } else {
            let head = self.scan_tag_handle(false, start)?;
            if head.len() > 1 && head.ends_with(b"!") {
                handle = head;
                suffix = self.scan_tag_uri(&[], start)?;
            } else {
                let uri = self.scan_tag_uri(head, start)?;
                // `!` alone is a tag of its own
                (handle, suffix) =
                    if uri.is_empty() { (b"".as_slice(), head.to_vec()) } else { (b"!".as_slice(), uri) };
            }
        }
        self.need(1)?;
        if !self.is_blankz(self.pos) {
            return Err(self.fail(start, "did not find expected whitespace or line break"));
        }
        let mut token = Token::text(Kind::Tag, start, 0, Cow::Borrowed(handle));
        token.suffix = Some(suffix.into());
        Ok(token)
    }

    fn scan_tag_handle(&mut self, directive: bool, start: Pos) -> Read<&'a [u8]> {
        self.need(1)?;
        let first = self.pos;
        if self.byte() != b'!' {
            return Err(self.fail(start, "did not find expected '!'"));
        }
        self.skip();
        let name = self.word()?;
        if self.byte() == b'!' {
            self.skip();
        } else if directive && !name.is_empty() {
            return Err(self.fail(start, "did not find expected '!'"));
        }
        Ok(self.text.get(first..self.pos).unwrap_or_default())
    }

    /// The characters of a tag after its `head`, without the head's `!`.
    fn scan_tag_uri(&mut self, head: &[u8], start: Pos) -> Read<Vec<u8>> {
        let mut uri = head.get(1..).unwrap_or_default().to_vec();
        let mut found = !head.is_empty();
        self.need(1)?;
        while is(self.byte(), WORD | URI) {
            if self.byte() == b'%' {
                self.scan_uri_escapes(start, &mut uri)?;
            } else {
                uri.push(self.byte());
                self.pos += 1;
            }
            self.need(1)?;
            found = true;
        }
        if !found {
            return Err(self.fail(start, "did not find expected tag URI"));
        }
        Ok(uri)
    }

    /// One character, written as `%` and two hexadecimal digits for each of its bytes.
    fn scan_uri_escapes(&mut self, start: Pos, uri: &mut Vec<u8>) -> Read<()> {
        let mut left = None;
        while left != Some(0) {
            self.need(3)?;
            let digits = (hex(self.at(self.pos + 1)), hex(self.at(self.pos + 2)));
            let (b'%', (Some(high), Some(low))) = (self.byte(), digits) else {
                return Err(self.fail(start, "did not find URI escaped octet"));
            };
            let octet = u8::try_from(high * 16 + low).unwrap_or(0);
            left = Some(match left {
                None if matches!(octet, 0x80..=0xBF | 0xF8..) => {
                    return Err(self.fail(start, "found an incorrect leading UTF-8 octet"));
                }
                None => width(octet) - 1,
                Some(_) if octet & 0xC0 != 0x80 => {
                    return Err(self.fail(start, "found an incorrect trailing UTF-8 octet"));
                }
                Some(left) => left - 1,
            });
            uri.push(octet);
            self.pos += 3;
        }
        Ok(())
    }

    /// A `%YAML` or `%TAG` directive: a version is text and suffix, a tag directive its handle and prefix.
    pub(super) fn scan_directive(&mut self) -> Read<Token<'a>> {
        let start = self.place();
        self.skip();
        let name = self.word()?;
        if name.is_empty() {
            return Err(self.fail(start, "could not find expected directive name"));
        }
        if !self.is_blankz(self.pos) {
            return Err(self.fail(start, "found unexpected non-alphabetical character"));
        }
        let token = match name {
            b"YAML" => {
                self.skip_blanks()?;
                let major = self.scan_version_number(start)?;
                if self.byte() != b'.' {
                    return Err(self.fail(start, "did not find expected digit or '.' character"));
                }
                self.skip();
                let minor = self.scan_version_number(start)?;
                let mut token = Token::text(Kind::VersionDirective, start, 0, Cow::Borrowed(major));
                token.suffix = Some(minor.into());
                token
            }
            b"TAG" => {
                self.skip_blanks()?;
                let handle = self.scan_tag_handle(true, start)?;
                self.need(1)?;
                if !matches!(self.byte(), b' ' | b'\t') {
                    return Err(self.fail(start, "did not find expected whitespace"));
                }
                self.skip_blanks()?;
                let prefix = self.scan_tag_uri(&[], start)?;
                self.need(1)?;
                if !self.is_blankz(self.pos) {
                    return Err(self.fail(start, "did not find expected whitespace or line break"));
                }
                let mut token = Token::text(Kind::TagDirective, start, 0, Cow::Borrowed(handle));
                token.suffix = Some(prefix.into());
                token
            }
            _ => return Err(self.fail(start, "found unknown directive name")),
        };
        self.scan_line_end(start)?;
        Ok(token)
    }

    /// Moves to the next line over blanks and a comment. What started at `start` takes no more of this one.
    pub(super) fn scan_line_end(&mut self, start: Pos) -> Read<()> {
        self.skip_blanks()?;
        self.skip_comment()?;
        if !self.is_breakz(self.pos) {
            return Err(self.fail(start, "did not find expected comment or line break"));
        }
        if self.break_at(self.pos) > 0 {
            self.need(2)?;
            self.read_break();
        }
        Ok(())
    }

    fn scan_version_number(&mut self, start: Pos) -> Read<&'a [u8]> {
        self.need(1)?;
        let first = self.pos;
        while self.byte().is_ascii_digit() {
            if self.pos - first == VERSION_DIGITS {
                return Err(self.fail(start, "found extremely long version number"));
            }
            self.pos += 1;
            self.need(1)?;
        }
        if self.pos == first {
            return Err(self.fail(start, "did not find expected version number"));
        }
        Ok(self.text.get(first..self.pos).unwrap_or_default())
    }
}
