//! Parses the format of `printf`: flags, width, precision, operand indexes. Go: `doPrintf` in `fmt/print.go`.

use super::printer::{Flags, Printer};
use crate::error::Result;
use crate::value::Value;
use go::utf8::decode_rune;

/// Widths and precisions larger than this are refused.
const MAX_NUMBER: i64 = 1_000_000;

/// The place in a format, and the operand that comes next.
#[allow(clippy::struct_excessive_bools)] // Go's own
struct Cursor<'f> {
    format: &'f [u8],
    at: usize,
    operand: usize,
    operands: usize,
    reordered: bool,
    good_index: bool,
    after_index: bool,
    /// Whether no bracket closes in the rest of the format.
    unclosed: bool,
}

impl Printer<'_> {
    /// The operands as a format says.
    pub(super) fn format(&mut self, format: &[u8], args: &[Value]) -> Result<()> {
        let mut cursor = Cursor {
            format,
            at: 0,
            operand: 0,
            operands: args.len(),
            reordered: false,
            good_index: true,
            after_index: false,
            unclosed: false,
        };
        while let Some(rest) = format.get(cursor.at..).filter(|rest| !rest.is_empty()) {
            let text = rest.iter().position(|b| *b == b'%').unwrap_or(rest.len());
            self.out.extend_from_slice(rest.get(..text).unwrap_or_default());
            cursor.at += text + 1;
            if text < rest.len() {
                self.directive(&mut cursor, args)?;
            }
        }
        if !cursor.reordered && cursor.operand < args.len() {
            self.extra(args.get(cursor.operand..).unwrap_or_default())?;
        }
        Ok(())
    }

    /// One directive, from after its `%`.
    fn directive(&mut self, cursor: &mut Cursor<'_>, args: &[Value]) -> Result<()> {
        self.flags = Flags::default();
        cursor.good_index = true;
        while let Some(b) = cursor.peek() {
            match b {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                b'a'..=b'z' => {
                    let Some(arg) = args.get(cursor.operand) else { break };
                    cursor.at += 1;
                    cursor.operand += 1;
                    return self.verb(arg, char::from(b));
                }
                _ => break,
            }
            cursor.at += 1;
        }

        cursor.argument_index();
        if cursor.eat(b'*') {
            match cursor.star(args) {
                Some(width) => {
                    self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                }
                None => self.out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            cursor.after_index = false;
        } else {
            self.flags.width = cursor.number();
            if cursor.after_index && self.flags.width.is_some() {
                cursor.good_index = false;
            }
        }

        // a point at the very end is the verb
        if cursor.peek() == Some(b'.') && cursor.at + 1 < cursor.format.len() {
            cursor.at += 1;
            if cursor.after_index {
                cursor.good_index = false;
            }
            cursor.argument_index();
            if cursor.eat(b'*') {
                self.flags.precision = cursor.star(args).and_then(|n| usize::try_from(n).ok());
                if self.flags.precision.is_none() {
                    self.out.extend_from_slice(b"%!(BADPREC)");
                }
                cursor.after_index = false;
            } else {
                self.flags.precision = Some(cursor.number().unwrap_or(0));
            }
        }
        if !cursor.after_index {
            cursor.argument_index();
        }

        let (verb, size) = decode_rune(cursor.format.get(cursor.at..).unwrap_or_default());
        if size == 0 {
            self.out.extend_from_slice(b"%!(NOVERB)");
            return Ok(());
        }
        cursor.at += size;
        if verb == '%' {
            self.out.push(b'%');
        } else if !cursor.good_index {
            self.mistake(verb, b"(BADINDEX)");
        } else if let Some(arg) = args.get(cursor.operand) {
            cursor.operand += 1;
            return self.verb(arg, verb);
        } else {
            self.mistake(verb, b"(MISSING)");
        }
        Ok(())
    }

    /// Operands that the format did not use.
    fn extra(&mut self, args: &[Value]) -> Result<()> {
        self.flags = Flags::default();
        self.out.extend_from_slice(b"%!(EXTRA ");
        for (i, arg) in args.iter().enumerate() {
            if i > 0 {
                self.out.extend_from_slice(b", ");
            }
            self.out.extend_from_slice(arg.type_name().as_bytes());
            if !arg.is_nil() {
                self.out.push(b'=');
                self.arg(arg, 'v')?;
            }
        }
        self.out.push(b')');
        Ok(())
    }
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    fn eat(&mut self, b: u8) -> bool {
        let found = self.peek() == Some(b);
        self.at += usize::from(found);
        found
    }

    /// A decimal number; one that is too large ends the format.
    fn number(&mut self) -> Option<usize> {
        let (number, at) = parse_number(self.format, self.at);
        self.at = at;
        number
    }

    /// The operand of a `*`.
    fn star(&mut self, args: &[Value]) -> Option<i64> {
        let n = match args.get(self.operand)? {
            Value::Int(n) | Value::Int64(n) => Some(*n),
            Value::Uint64(n) => i64::try_from(*n).ok(),
            Value::Uint8(n) => Some(i64::from(*n)),
            _ => None,
        };
        self.operand += 1;
        n.filter(|n| (-MAX_NUMBER..=MAX_NUMBER).contains(n))
    }

    /// An explicit operand index, `[3]`.
    fn argument_index(&mut self) {
        self.after_index = false;
        if self.peek() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = self.format.get(self.at..).unwrap_or_default();
        let close = if rest.len() < 3 || self.unclosed { None } else { memchr::memchr(b']', rest) };
        self.unclosed = close.is_none();
        let Some(close) = close else {
            self.good_index = false;
            self.at += 1;
            return;
        };
        let inside = rest.get(..close).unwrap_or_default();
        self.at += close + 1;
        match parse_number(inside, 1) {
            (Some(n), end) if end == close => {
                self.after_index = true;
                match n.checked_sub(1).filter(|n| *n < self.operands) {
                    Some(operand) => self.operand = operand,
                    None => self.good_index = false,
                }
            }
            _ => self.good_index = false,
        }
    }
}

/// The number at `at` and where it ends; the end of the format where it is too large.
fn parse_number(format: &[u8], at: usize) -> (Option<usize>, usize) {
    let mut number: Option<usize> = None;
    let mut end = at;
    while let Some(digit) = format.get(end).filter(|b| b.is_ascii_digit()) {
        let so_far = number.unwrap_or(0);
        if so_far > 1_000_000 {
            return (None, format.len());
        }
        number = Some(so_far * 10 + usize::from(digit - b'0'));
        end += 1;
    }
    (number, end.min(format.len()))
}
