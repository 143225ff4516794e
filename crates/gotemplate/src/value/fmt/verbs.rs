//! Formats numbers, quoted text and hexadecimal text by the flags of a directive. Go: `fmt/format.go`.

use super::printer::{Flags, Printer, truncated};
use crate::error::Result;
use crate::value::{Complex, Value};
use go::strconv::{append_float, can_backquote, is_print, quote, quote_char, quote_to_ascii};

impl Printer<'_> {
    pub(super) fn integer(&mut self, n: u64, signed: bool, verb: char, value: &Value) -> Result<()> {
        match verb {
            'v' if self.flags.sharp_v && !signed => self.hex_number(n, true),
            'v' | 'd' => self.number(n, 10, signed, verb),
            'b' => self.number(n, 2, signed, verb),
            'o' | 'O' => self.number(n, 8, signed, verb),
            'x' | 'X' => self.number(n, 16, signed, verb),
            'c' => self.pad(rune(n).encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => self.pad(quote_char(rune(n), self.flags.plus).as_bytes()),
            'U' => self.unicode(n),
            _ => self.bad_verb(value, verb),
        }
    }

    pub(super) fn hex_number(&mut self, n: u64, leading: bool) -> Result<()> {
        let sharp = std::mem::replace(&mut self.flags.sharp, leading);
        let done = self.number(n, 16, false, 'v');
        self.flags.sharp = sharp;
        done
    }

    pub(super) fn number(&mut self, n: u64, base: u32, signed: bool, verb: char) -> Result<()> {
        let flags = self.flags;
        let negative = signed && n.cast_signed() < 0;
        let mut n = if negative { n.wrapping_neg() } else { n };
        if flags.precision == Some(0) && n == 0 {
            return self.fill(flags.width.unwrap_or(0), b' ');
        }
        let sign: &[u8] = match flags {
            _ if negative => b"-",
            Flags { plus: true, .. } => b"+",
            Flags { space: true, .. } => b" ",
            _ => b"",
        };
        let wanted = match flags {
            Flags { precision: Some(precision), .. } => precision,
            Flags { zero: true, minus: false, width: Some(width), .. } => width.saturating_sub(sign.len()),
            _ => 0,
        };
        let mut digits = [0_u8; 64];
        let mut used = 0;
        for slot in digits.iter_mut().rev() {
            #[allow(clippy::cast_possible_truncation)] // less than the base
            let digit = char::from_digit((n % u64::from(base)) as u32, 16).unwrap_or('0') as u8;
            *slot = if verb == 'X' { digit.to_ascii_uppercase() } else { digit };
            n /= u64::from(base);
            used += 1;
            if n == 0 {
                break;
            }
        }
        let digits = digits.get(digits.len() - used..).unwrap_or_default();
        let zeros = wanted.saturating_sub(used);
        let prefix: &[u8] = match base {
            2 if flags.sharp => b"0b",
            8 if flags.sharp && zeros == 0 && digits.first() != Some(&b'0') => b"0",
            16 if flags.sharp && verb == 'X' => b"0X",
            16 if flags.sharp => b"0x",
            _ => b"",
        };
        let octal: &[u8] = if verb == 'O' { b"0o" } else { b"" };
        let width = sign.len() + octal.len() + prefix.len() + zeros + used;
        let padding = flags.width.unwrap_or(0).saturating_sub(width);
        if !flags.minus {
            self.fill(padding, b' ')?;
        }
        for part in [sign, octal, prefix] {
            self.out.extend_from_slice(part);
        }
        self.fill(zeros, b'0')?;
        self.out.extend_from_slice(digits);
        if flags.minus {
            self.fill(padding, b' ')?;
        }
        Ok(())
    }

    /// `U+0041 'A'`
    fn unicode(&mut self, n: u64) -> Result<()> {
        let digits = format!("{n:X}");
        let zeros = self.flags.precision.unwrap_or(0).max(4).saturating_sub(digits.len());
        let shown = u32::try_from(n).ok().and_then(char::from_u32).filter(|c| self.flags.sharp && is_print(*c));
        let shown = shown.map_or_else(String::new, |c| format!(" '{c}'"));
        let width = 2 + zeros + digits.len() + shown.chars().count();
        let padding = self.flags.width.unwrap_or(0).saturating_sub(width);
        if !self.flags.minus {
            self.fill(padding, b' ')?;
        }
        self.out.extend_from_slice(b"U+");
        self.fill(zeros, b'0')?;
        self.out.extend_from_slice(digits.as_bytes());
        self.out.extend_from_slice(shown.as_bytes());
        if self.flags.minus {
            self.fill(padding, b' ')?;
        }
        Ok(())
    }

    /// `(1+2i)`. Go: `fmtComplex`.
    pub(super) fn complex(&mut self, number: Complex, verb: char, value: &Value) -> Result<()> {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.out.push(b'(');
        self.float(number.0, verb, value)?;
        self.flags.plus = true;
        self.float(number.1, verb, value)?;
        self.flags.plus = plus;
        self.out.extend_from_slice(b"i)");
        Ok(())
    }

    pub(super) fn float(&mut self, f: f64, verb: char, value: &Value) -> Result<()> {
        let (format, precision) = match verb {
            'v' => (b'g', -1),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb as u8, -1),
            'f' | 'e' | 'E' => (verb as u8, 6),
            'F' => (b'f', 6),
            _ => return self.bad_verb(value, verb),
        };
        let flags = self.flags;
        let precision = flags.precision.map_or(precision, |p| i32::try_from(p).unwrap_or(i32::MAX));
        self.room(usize::try_from(precision).unwrap_or(0))?;
        if self.is_plain() && !flags.sharp && !flags.plus && !flags.space && !f.is_nan() {
            append_float(self.out, f, format, precision);
            return Ok(());
        }
        let mut number = Vec::with_capacity(32);
        append_float(&mut number, f, format, precision);
        let mut sign = match number.first() {
            Some(b'-' | b'+') => number.remove(0),
            _ => b'+',
        };
        if flags.space && sign == b'+' && !flags.plus {
            sign = b' ';
        }
        if f.is_nan() && !flags.space && !flags.plus {
            return self.pad_with(&number, b' ');
        }
        if !f.is_finite() {
            number.insert(0, sign);
            return self.pad_with(&number, b' ');
        }
        if flags.sharp && format != b'b' {
            with_point(&mut number, format, precision);
        }
        if flags.plus || sign != b'+' {
            if flags.zero && !flags.minus && flags.width.is_some_and(|w| w > number.len() + 1) {
                self.out.push(sign);
                self.fill(flags.width.unwrap_or(0) - number.len() - 1, b'0')?;
                self.out.extend_from_slice(&number);
                return Ok(());
            }
            number.insert(0, sign);
        }
        self.pad(&number)
    }

    pub(super) fn quoted(&mut self, s: &[u8]) -> Result<()> {
        let s = truncated(s, self.flags.precision);
        self.room(s.len())?;
        if self.flags.sharp && can_backquote(s) {
            return self.pad(&[b"`", s, b"`"].concat());
        }
        let text = if self.flags.plus { quote_to_ascii(s) } else { quote(s) };
        self.pad(text.as_bytes())
    }

    /// The bytes in hexadecimal.
    pub(super) fn hex(&mut self, bytes: &[u8], verb: char) -> Result<()> {
        const LOWER: &[u8; 16] = b"0123456789abcdef";
        const UPPER: &[u8; 16] = b"0123456789ABCDEF";
        let flags = self.flags;
        let bytes = flags.precision.and_then(|p| bytes.get(..p)).unwrap_or(bytes);
        if bytes.is_empty() {
            return self.fill(flags.width.unwrap_or(0), flags.filler());
        }
        let (digits, prefix): (_, &[u8]) = if verb == 'X' { (UPPER, b"0X") } else { (LOWER, b"0x") };
        let mut width = 2 * bytes.len();
        if flags.space {
            width = width * if flags.sharp { 2 } else { 1 } + bytes.len() - 1;
        } else if flags.sharp {
            width += 2;
        }
        self.room(width)?;
        let padding = flags.width.unwrap_or(0).saturating_sub(width);
        if !flags.minus {
            self.fill(padding, flags.filler())?;
        }
        for (i, b) in bytes.iter().enumerate() {
            if flags.space && i > 0 {
                self.out.push(b' ');
            }
            if flags.sharp && (flags.space || i == 0) {
                self.out.extend_from_slice(prefix);
            }
            self.out.extend([b >> 4, b & 0xF].iter().filter_map(|d| digits.get(usize::from(*d))));
        }
        if flags.minus {
            self.fill(padding, flags.filler())?;
        }
        Ok(())
    }
}

fn rune(n: u64) -> char {
    u32::try_from(n).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The `#` flag of floats: a decimal point always, and the zeros that `%g` removes.
fn with_point(number: &mut Vec<u8>, format: u8, precision: i32) {
    let mut missing = match format {
        b'g' | b'G' | b'x' if precision == -1 => 6,
        b'g' | b'G' | b'x' => precision,
        _ => 0,
    };
    let is_hex = matches!(format, b'x' | b'X');
    let tail = number.iter().position(|b| match b {
        b'p' | b'P' => true,
        b'e' | b'E' => !is_hex,
        _ => false,
    });
    let tail = tail.map(|at| number.split_off(at)).unwrap_or_default();
    let mut significant = false;
    for b in number.iter().filter(|b| **b != b'.') {
        significant |= *b != b'0';
        missing -= i32::from(significant);
    }
    if !number.contains(&b'.') {
        if number.as_slice() == b"0" {
            missing -= 1;
        }
        number.push(b'.');
    }
    number.resize(number.len() + usize::try_from(missing).unwrap_or(0), b'0');
    number.extend_from_slice(&tail);
}
