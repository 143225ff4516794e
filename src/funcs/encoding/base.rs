//! base64, base32 and checksums. Go: `encoding/base64`, `encoding/base32` (their standard alphabets, padded).

use data_encoding::{BASE32, BASE64, HEXLOWER};
use sha1::Digest;

use crate::error::Result;
use crate::funcs::args;
use crate::template::Context;
use crate::value::Value;

pub(super) fn b64enc(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let bytes = args::bytes(args, 0);
    cx.budget().charge(BASE64.encode_len(bytes.len()) as u64)?;
    Ok(BASE64.encode(bytes).into())
}

/// The bytes, or the text of Go's error.
pub(super) fn b64dec(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let text = args::bytes(args, 0);
    cx.budget().charge(text.len() as u64)?;
    // the library does not accept line breaks, and accepts padding in the middle; most texts have neither
    let (body, _) = text.split_at_checked(text.len().saturating_sub(2)).unwrap_or_default();
    if !body.contains(&b'=')
        && let Ok(bytes) = BASE64.decode(text)
    {
        return Ok(Value::Str(bytes.into()));
    }
    Ok(Value::Str(decode64(text).unwrap_or_else(|at| corrupt("base64", at)).into()))
}

pub(super) fn b32enc(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let bytes = args::bytes(args, 0);
    cx.budget().charge(BASE32.encode_len(bytes.len()) as u64)?;
    Ok(BASE32.encode(bytes).into())
}

/// The bytes, or the text of Go's error.
pub(super) fn b32dec(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let text = args::bytes(args, 0);
    cx.budget().charge(text.len() as u64)?;
    Ok(Value::Str(decode32(text).unwrap_or_else(|at| corrupt("base32", at)).into()))
}

fn corrupt(encoding: &str, at: usize) -> Vec<u8> {
    format!("illegal {encoding} data at input byte {at}").into_bytes()
}

fn is_break(c: u8) -> bool {
    matches!(c, b'\r' | b'\n')
}

fn value64(c: u8) -> Option<u32> {
    Some(u32::from(match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Decodes as Go does: skips line breaks and ignores spare bits. The error is the offset of the illegal byte.
pub(in crate::funcs) fn decode64(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut rest = text.iter().copied().enumerate().filter(|&(_, c)| !is_break(c)).peekable();
    let (mut bits, mut count) = (0u32, 0usize);
    while let Some((at, c)) = rest.next() {
        if let Some(value) = value64(c) {
            bits = bits << 6 | value;
            count += 1;
            if count == 4 {
                out.extend(bits.to_be_bytes().into_iter().skip(1));
                (bits, count) = (0, 0);
            }
            continue;
        }
        if c != b'=' || count < 2 {
            return Err(at);
        }
        if count == 2 {
            match rest.next() {
                Some((_, b'=')) => {}
                // Go points before the byte that should have been the second `=`
                Some((second, _)) => return Err(second - 1),
                None => return Err(text.len()),
            }
        }
        if let Some(&(garbage, _)) = rest.peek() {
            return Err(garbage);
        }
        let shifted = bits << (6 * (4 - count));
        out.extend(shifted.to_be_bytes().into_iter().skip(1).take(count - 1));
        return Ok(out);
    }
    if count == 0 { Ok(out) } else { Err(text.len() - count) }
}

fn value32(c: u8) -> Option<u8> {
    match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'2'..=b'7' => Some(c - b'2' + 26),
        _ => None,
    }
}

/// Decodes as Go does. Offsets in errors do not count line breaks.
fn decode32(text: &[u8]) -> Result<Vec<u8>, usize> {
    let text: Vec<u8> = text.iter().copied().filter(|&c| !is_break(c)).collect();
    let mut out = Vec::with_capacity(text.len() / 8 * 5 + 5);
    let mut group = [0u8; 8];
    let mut count = 0;
    let length = text.len();
    for (at, &c) in text.iter().enumerate() {
        let left = length - at - 1;
        if c == b'=' && count >= 2 && left < 8 {
            if left + count < 7 {
                return Err(length);
            }
            let wanted = text.iter().skip(at + 1).take(7 - count);
            if let Some(k) = wanted.into_iter().position(|&c| c != b'=') {
                return Err(at + k);
            }
            if matches!(count, 3 | 6) {
                return Err(at);
            }
            append32(&mut out, group, count);
            return Ok(out);
        }
        let (Some(value), Some(slot)) = (value32(c), group.get_mut(count)) else { return Err(at) };
        *slot = value;
        count += 1;
        if count == 8 {
            append32(&mut out, group, 8);
            (group, count) = ([0; 8], 0);
        }
    }
    if count == 0 { Ok(out) } else { Err(length - count) }
}

/// Appends the whole bytes of the first `count` digits of five bits.
fn append32(out: &mut Vec<u8>, group: [u8; 8], count: usize) {
    let bits = group.iter().take(count).fold(0u64, |bits, &digit| bits << 5 | u64::from(digit));
    let shifted = bits << (5 * (8 - count));
    out.extend(shifted.to_be_bytes().into_iter().skip(3).take(count * 5 / 8));
}

pub(super) fn sha1sum(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(HEXLOWER.encode(&sha1::Sha1::digest(args::bytes(args, 0))).into())
}

pub(super) fn sha256sum(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(HEXLOWER.encode(&sha2::Sha256::digest(args::bytes(args, 0))).into())
}

pub(super) fn sha512sum(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(HEXLOWER.encode(&sha2::Sha512::digest(args::bytes(args, 0))).into())
}

pub(super) fn adler32sum(_: &mut dyn Context, args: &[Value]) -> Result<Value> {
    Ok(adler2::adler32_slice(args::bytes(args, 0)).to_string().into())
}

#[cfg(test)]
mod tests {
    use crate::funcs::testing::call;

    #[test]
    fn encodings_and_checksums() {
        for (name, text, expected) in [
            ("b64enc", "abc\n", "YWJjCg=="),
            ("b64dec", "YWJjCg==", "abc\n"),
            ("b64dec", "YWJj\r\nCg=\n=\n", "abc\n"),
            ("b64dec", "YR==", "a"),
            ("b64dec", "", ""),
            ("b64dec", "\n", ""),
            ("b64dec", "YWJj!", "illegal base64 data at input byte 4"),
            ("b64dec", "YWJjC", "illegal base64 data at input byte 4"),
            ("b64dec", "YWJjCg", "illegal base64 data at input byte 4"),
            ("b64dec", "YWJjCg\n", "illegal base64 data at input byte 5"),
            ("b64dec", "YWJjCg=", "illegal base64 data at input byte 7"),
            ("b64dec", "YWJjCg=a", "illegal base64 data at input byte 6"),
            ("b64dec", "YQ==YQ==", "illegal base64 data at input byte 4"),
            ("b64dec", "=", "illegal base64 data at input byte 0"),
            ("b64dec", "YW-_", "illegal base64 data at input byte 2"),
            ("b32enc", "abc", "MFRGG==="),
            ("b32dec", "MFRGG===", "abc"),
            ("b32dec", "MFR\nGG===", "abc"),
            ("b32dec", "ME======", "a"),
            ("b32dec", "MFRGG", "illegal base32 data at input byte 0"),
            ("b32dec", "MFRGG==", "illegal base32 data at input byte 7"),
            ("b32dec", "mfrgg===", "illegal base32 data at input byte 0"),
            ("b32dec", "MFR=====", "illegal base32 data at input byte 3"),
            ("sha1sum", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("sha256sum", "a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
            ("adler32sum", "Wikipedia", "300286872"),
        ] {
            assert_eq!(call(name, &[text.into()]).unwrap().as_str().unwrap(), &expected, "{name} {text:?}");
        }
    }
}
