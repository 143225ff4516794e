//! Random strings, numbers and identifiers. Sprig: `strings.go`, `numeric.go`; goutils `cryptorandomstringutils.go`.

use data_encoding::{BASE64, HEXLOWER};

use super::args;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::template::{Context, Func};
use crate::value::{Ty, Value};

pub(super) const FUNCS: &[Func] = &[
    Func::new("randAlphaNum", &[Ty::Int], Ty::Str, |cx, args| characters(cx, args, ALPHA_NUMERIC)),
    Func::new("randAlpha", &[Ty::Int], Ty::Str, |cx, args| characters(cx, args, ALPHA)),
    Func::new("randNumeric", &[Ty::Int], Ty::Str, |cx, args| characters(cx, args, NUMERIC)),
    Func::new("randAscii", &[Ty::Int], Ty::Str, |cx, args| characters(cx, args, ASCII)),
    Func::new("randBytes", &[Ty::Int], Ty::Str, rand_bytes),
    Func::new("randInt", &[Ty::Int, Ty::Int], Ty::Int, rand_int),
    Func::new("shuffle", &[Ty::Str], Ty::Str, shuffle),
    Func::new("uuidv4", &[], Ty::Str, uuid_v4),
];

const ALPHA_NUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const ALPHA: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const NUMERIC: &[u8] = b"0123456789";
const ASCII: &[u8] =
    b" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

/// This many characters of an alphabet, all equally likely; none for a negative number.
fn characters(cx: &mut dyn Context, args: &[Value], alphabet: &[u8]) -> Result<Value> {
    let Ok(count) = usize::try_from(args::int(args, 0)) else { return Ok(Value::str("")) };
    cx.budget().charge(count as u64)?;
    cx.budget().step(count as u64 / 64)?;
    let mut draw = Draw::new(&*args::env(cx)?.host, count);
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let place = draw.below(alphabet.len() as u64)?;
        out.extend(usize::try_from(place).ok().and_then(|place| alphabet.get(place)));
    }
    Ok(Value::str(out))
}

/// The base64 text of this many random bytes.
fn rand_bytes(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let Ok(count) = usize::try_from(args::int(args, 0)) else {
        return Err(Error::func("runtime error: makeslice: len out of range"));
    };
    cx.budget().charge((count as u64).saturating_mul(3))?;
    let mut bytes = vec![0; count];
    args::env(cx)?.host.random(&mut bytes)?;
    Ok(Value::str(BASE64.encode(&bytes)))
}

/// A number from the first argument up to, but not including, the second.
fn rand_int(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let (min, max) = (args::int(args, 0), args::int(args, 1));
    match u64::try_from(max.wrapping_sub(min)) {
        Ok(span) if span > 0 => {
            let offset = Draw::new(&*args::env(cx)?.host, 8).below(span)?;
            Ok(Value::Int(min.wrapping_add_unsigned(offset)))
        }
        _ => Err(Error::func("invalid argument to Intn")),
    }
}

/// The characters of a string in random order. xstrings: `Shuffle`.
fn shuffle(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let text = args::bytes(args, 0);
    cx.budget().charge(text.len() as u64 * 4)?;
    // bytes that are not UTF-8 become U+FFFD, as in a []rune
    let mut characters: Vec<char> = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        characters.extend(chunk.valid().chars());
        characters.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    let mut draw = Draw::new(&*args::env(cx)?.host, characters.len());
    for i in (1..characters.len()).rev() {
        let other = draw.below(i as u64 + 1)?;
        characters.swap(i, usize::try_from(other).unwrap_or(i));
    }
    Ok(Value::str(characters.into_iter().collect::<String>()))
}

/// A random identifier. RFC 4122, version 4.
fn uuid_v4(cx: &mut dyn Context, _args: &[Value]) -> Result<Value> {
    let mut bytes = [0; 16];
    args::env(cx)?.host.random(&mut bytes)?;
    for (at, keep, set) in [(6, 0x0F, 0x40), (8, 0x3F, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = *byte & keep | set;
        }
    }
    let mut text = HEXLOWER.encode(&bytes);
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    Ok(Value::str(text))
}

/// Unbiased draws from the randomness of the host, which is requested in blocks.
struct Draw<'a> {
    host: &'a dyn Host,
    block: [u8; 512],
    next: usize,
    /// How many bytes of the block to request: a short string needs few.
    size: usize,
}

impl<'a> Draw<'a> {
    /// For about this many draws.
    fn new(host: &'a dyn Host, draws: usize) -> Self {
        let size = draws.saturating_add(draws / 2).saturating_add(8).min(512);
        Draw { host, block: [0; 512], next: size, size }
    }

    /// A number below `bound`, all equally likely; 0 for the bound 0.
    fn below(&mut self, bound: u64) -> Result<u64> {
        let width = if bound <= 1 << 8 { 1 } else { 8 };
        // the largest multiple of the bound that fits; draws above it would favour small numbers
        let all = if width == 1 { 1_u128 << 8 } else { 1_u128 << 64 };
        let fair = all - all % u128::from(bound.max(1));
        loop {
            let drawn = self.bytes(width)?;
            if u128::from(drawn) < fair {
                return Ok(drawn % bound.max(1));
            }
        }
    }

    fn bytes(&mut self, width: usize) -> Result<u64> {
        if self.next + width > self.size {
            let block = self.block.get_mut(..self.size).unwrap_or_default();
            self.host.random(block)?;
            self.next = 0;
        }
        let bytes = self.block.iter().skip(self.next).take(width);
        self.next += width;
        Ok(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{call, text};
    use super::*;

    #[test]
    fn strings_have_their_length_and_alphabet() {
        type Class = fn(u8) -> bool;
        let rows: [(&str, Class); 4] = [
            ("randAlphaNum", |c| c.is_ascii_alphanumeric()),
            ("randAlpha", |c| c.is_ascii_alphabetic()),
            ("randNumeric", |c| c.is_ascii_digit()),
            ("randAscii", |c| (32..127).contains(&c)),
        ];
        for (name, class) in rows {
            let found = text(call(name, &[Value::Int(3000)]));
            assert_eq!(found.len(), 3000, "{name}");
            assert!(found.bytes().all(class), "{name}: {found}");
            assert_eq!(text(call(name, &[Value::Int(-1)])), "");
            assert_eq!(text(call(name, &[Value::Int(0)])), "");
        }
    }

    #[test]
    fn every_character_of_an_alphabet_comes() {
        let found = text(call("randAscii", &[Value::Int(20_000)]));
        assert!((32..127).all(|c| found.as_bytes().contains(&c)));
    }

    #[test]
    fn a_huge_string_is_refused_before_it_is_made() {
        for name in ["randAlphaNum", "randBytes"] {
            let error = call(name, &[Value::Int(1_000_000_000)]).unwrap_err();
            assert_eq!(error.limit(), Some("value-bytes"), "{name}");
        }
        assert_eq!(text(call("randBytes", &[Value::Int(-1)])), "runtime error: makeslice: len out of range");
    }

    #[test]
    fn integers_stay_in_their_span() {
        for (min, max) in [(5, 6), (-5, -4), (0, 300), (-3, 3), (0, i64::MAX)] {
            for _ in 0..20 {
                match call("randInt", &[Value::Int(min), Value::Int(max)]).unwrap() {
                    Value::Int(n) => assert!((min..max).contains(&n), "{n}"),
                    other => panic!("{other:?}"),
                }
            }
        }
        for (min, max) in [(5, 5), (6, 5), (i64::MIN, i64::MAX)] {
            assert_eq!(text(call("randInt", &[Value::Int(min), Value::Int(max)])), "invalid argument to Intn");
        }
    }

    #[test]
    fn shuffling_keeps_the_characters() {
        let mut found: Vec<char> = text(call("shuffle", &["한글abc".into()])).chars().collect();
        found.sort_unstable();
        assert_eq!(found, ['a', 'b', 'c', '글', '한']);
        assert_eq!(text(call("shuffle", &[Value::str(&b"\xff\xff"[..])])), "\u{fffd}\u{fffd}");
        assert_eq!(text(call("shuffle", &["".into()])), "");
    }

    #[test]
    fn identifiers_are_version_4() {
        let found = text(call("uuidv4", &[]));
        let parts: Vec<_> = found.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(found.as_bytes()[14], b'4');
        assert!(b"89ab".contains(&found.as_bytes()[19]));
    }
}
