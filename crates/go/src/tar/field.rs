//! The fields of headers: fixed places in blocks of 512 bytes, and numbers in three notations.

use crate::error::{Error, Result};

/// The size of headers; contents are padded to it.
pub(super) const BLOCK: usize = 512;
/// Bytes of an extended header. Go: `maxSpecialFileSize`.
pub(super) const MAX_SPECIAL: u64 = 1 << 20;

/// The bytes of a field.
pub(super) fn field(block: &[u8], at: usize, len: usize) -> &[u8] {
    block.get(at..at + len).unwrap_or_default()
}

/// Text that ends at the first zero byte.
pub(super) fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

/// A number in base 256 or in octal digits. Go: `parser.parseNumeric`.
pub(super) fn numeric(bytes: &[u8]) -> Result<i64> {
    let Some(first) = bytes.first().filter(|b| **b & 0x80 != 0) else { return octal(bytes) };
    let invert = if first & 0x40 == 0 { 0 } else { 0xff };
    let mut x = 0_u64;
    for (i, byte) in bytes.iter().enumerate() {
        let byte = byte ^ invert;
        let byte = if i == 0 { byte & 0x7f } else { byte };
        if x >> 56 > 0 {
            return Err(bad_header());
        }
        x = x << 8 | u64::from(byte);
    }
    let x = i64::try_from(x).map_err(|_| bad_header())?;
    Ok(if invert == 0 { x } else { !x })
}

/// A number in octal digits between blanks. Go: `parser.parseOctal`.
pub(super) fn octal(bytes: &[u8]) -> Result<i64> {
    let blank = |b: &u8| matches!(b, b' ' | 0);
    let start = bytes.iter().position(|b| !blank(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !blank(b)).map_or(start, |i| i + 1);
    let digits = c_string(bytes.get(start..end).unwrap_or_default());
    if start == end {
        return Ok(0);
    }
    let text = std::str::from_utf8(digits).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
    let number = text.and_then(|t| u64::from_str_radix(t, 8).ok()).ok_or_else(bad_header)?;
    Ok(number.cast_signed())
}

/// A number in decimal digits.
pub(super) fn signed(text: &[u8]) -> Result<i64> {
    std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).ok_or_else(bad_header)
}

/// A number in decimal digits that is not negative.
pub(super) fn decimal(text: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(text).map_err(|_| bad_header())?;
    text.parse::<i64>().map_err(|_| bad_header()).and_then(positive)
}

pub(super) fn positive(n: i64) -> Result<u64> {
    u64::try_from(n).map_err(|_| bad_header())
}

pub(super) fn bad_header() -> Error {
    Error::new("archive/tar: invalid tar header")
}

pub(super) fn unexpected_eof() -> Error {
    Error::new("unexpected EOF")
}
