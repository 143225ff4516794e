//! The order of keys in the output of go-yaml: letters after everything else, digits by their number.

use std::cmp::Ordering;

use go::utf8::to_valid_utf8;

/// Sorts pairs by their keys as go-yaml does. Its order is not transitive (`a1`, `a.` and `aa` form a cycle), so this sort works
/// with any relation, and starts from byte order so that the result is deterministic.
pub(super) fn sort<T>(pairs: &mut Vec<T>, key: impl Fn(&T) -> &[u8], pretty: bool) {
    pairs.sort_unstable_by(|a, b| key(a).cmp(key(b)));
    let less = |a: &T, b: &T| is_less(key(a), key(b), pretty);
    if pairs.windows(2).all(|pair| matches!(pair, [a, b] if !less(b, a))) {
        return;
    }
    // a merge sort over runs of twelve, each sorted by insertion
    let mut runs: Vec<Vec<T>> = Vec::with_capacity(pairs.len() / 12 + 1);
    let mut run: Vec<T> = Vec::with_capacity(12);
    for item in pairs.drain(..) {
        if run.len() == 12 {
            runs.push(std::mem::replace(&mut run, Vec::with_capacity(12)));
        }
        let after = run.iter().rposition(|other| !less(&item, other)).map_or(0, |i| i + 1);
        run.insert(after, item);
    }
    runs.push(run);
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut rest = runs.into_iter();
        while let Some(left) = rest.next() {
            merged.push(match rest.next() {
                Some(right) => merge(left, right, &less),
                None => left,
            });
        }
        runs = merged;
    }
    pairs.extend(runs.into_iter().flatten());
}

fn merge<T>(left: Vec<T>, right: Vec<T>, less: &impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(b, a) { right.next() } else { left.next() };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    out
}

/// Whether key `a` comes before key `b`. go-yaml: `keyList.Less` of `sorter.go`; version 3 (`pretty`) differs where a
/// letter meets something else after a digit.
pub(super) fn is_less(a: &[u8], b: &[u8], pretty: bool) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (Some(&x), Some(&y)) = (a.get(same), b.get(same)) else {
        // of equal beginnings the shorter comes first; Go counts characters, which is the same here
        return a.len() < b.len();
    };
    if x.is_ascii_alphabetic() && y.is_ascii_alphabetic() {
        return x < y;
    }
    if !(a.is_ascii() && b.is_ascii()) {
        let (a, b): (Vec<char>, Vec<char>) = (to_valid_utf8(a).chars().collect(), to_valid_utf8(b).chars().collect());
        let same = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
        return differ(&a, &b, same, pretty);
    }
    differ(a, b, same, pretty)
}

/// Compares from the first place `at` where the keys differ.
fn differ<C: Char>(a: &[C], b: &[C], at: usize, pretty: bool) -> bool {
    let (Some(x), Some(y)) = (a.get(at), b.get(at)) else {
        return a.len() < b.len();
    };
    match (x.is_letter(), y.is_letter()) {
        (true, true) => return x.code() < y.code(),
        (false, false) => {}
        (x_letter, y_letter) => {
            let after_digit = pretty && at.checked_sub(1).and_then(|i| a.get(i)).is_some_and(Char::is_digit);
            return if after_digit { x_letter } else { y_letter };
        }
    }
    let before = a.get(..at).unwrap_or_default();
    let zero = i64::from(b'0');
    let significant = (x.code() == zero || y.code() == zero)
        && before.iter().rev().take_while(|c| c.is_digit()).any(|c| c.code() != zero);
    let number = |key: &[C]| {
        let digits = key.get(at..).unwrap_or_default().iter().take_while(|c| c.is_digit());
        digits.fold((i64::from(significant), 0_usize), |(n, count), c| {
            (n.wrapping_mul(10).wrapping_add(c.code() - zero), count + 1)
        })
    };
    let (x_number, y_number) = (number(a), number(b));
    match x_number.cmp(&y_number) {
        Ordering::Equal => x.code() < y.code(),
        order => order == Ordering::Less,
    }
}

/// A character of a key.
trait Char {
    fn code(&self) -> i64;
    fn is_letter(&self) -> bool;
    fn is_digit(&self) -> bool;
}

impl Char for u8 {
    fn code(&self) -> i64 {
        i64::from(*self)
    }

    fn is_letter(&self) -> bool {
        self.is_ascii_alphabetic()
    }

    fn is_digit(&self) -> bool {
        self.is_ascii_digit()
    }
}

impl Char for char {
    fn code(&self) -> i64 {
        i64::from(u32::from(*self))
    }

    fn is_letter(&self) -> bool {
        self.is_alphabetic()
    }

    fn is_digit(&self) -> bool {
        let code = u32::from(*self);
        self.is_ascii_digit() || DIGIT_ZEROS.iter().any(|zero| (*zero..*zero + 10).contains(&code))
    }
}

/// The zero of each run of ten decimal digits beyond ASCII (Unicode category Nd).
#[rustfmt::skip]
const DIGIT_ZEROS: &[u32] = &[
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0, 0xF20,
    0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
    0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60,
    0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_natural_order() {
        let mut keys = vec!["b", "a10", "a2", "a", "B", "_x", "1", "10", "9", "a.b", "ab", "a-b", "", "a01", "a1"];
        sort(&mut keys, |k| k.as_bytes(), false);
        assert_eq!(keys, ["", "_x", "1", "9", "10", "B", "a", "a-b", "a.b", "a1", "a01", "a2", "a10", "ab", "b"]);
    }

    #[test]
    fn many_keys_are_sorted_too() {
        let mut keys: Vec<String> = (0..500).rev().map(|i| format!("key{i}")).collect();
        sort(&mut keys, |k| k.as_bytes(), false);
        let expected: Vec<String> = (0..500).map(|i| format!("key{i}")).collect();
        assert_eq!(keys, expected);
    }
}
