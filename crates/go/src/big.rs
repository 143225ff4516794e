//! Exact numbers of decimal texts, of any size. Go: `math/big`, as far as `Rat` reads decimals and compares them.
//!
//! A number is never written out: what an exponent costs does not depend on how large it is.

// Limbs are below 10^9, exponents below 10^7: their sums and products fit 64 bits.
#![allow(clippy::arithmetic_side_effects)]

use std::cmp::Ordering;

/// The largest power of ten that is read. Go: `Rat.SetString`.
const MAX_POWER: u64 = 1_000_000;

/// A decimal number: `0.d1d2d3... * 10^exponent`, without zeros at either end; no digits is zero. Go: `big.Rat`.
///
/// ```
/// use go::big::Rat;
/// let third = Rat::read("3e-1").unwrap();
/// assert_eq!(third.divides(&Rat::read("0.9").unwrap(), |_| true), Some(true));
/// assert!(third < Rat::read("1e1000000").unwrap());
/// assert_eq!(Rat::read("1e1000001"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rat {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Rat {
    /// Reads a decimal number, as JSON and Go's `%v` write it. `None` where its exponent is too large, or it is none.
    /// Go: `Rat.SetString`.
    pub fn read(text: &str) -> Option<Rat> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent = exponent.parse::<i64>().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if (whole.is_empty() && fraction.is_empty())
            || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        {
            return None;
        }
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|b| b - b'0').collect();
        let zeros = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..zeros);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Some(Rat { negative: false, digits, exponent: 0 });
        }
        let power = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        if power.unsigned_abs() > MAX_POWER {
            return None;
        }
        let shift = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()?;
        Some(Rat { negative, digits, exponent: exponent + shift })
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether it is a whole number. Go: `Rat.IsInt`.
    pub fn is_int(&self) -> bool {
        self.is_zero() || self.power() >= 0
    }

    /// The lowest 64 bits of a whole number, and its sign. Go: `Rat.Num`, `Int.Int64`.
    pub fn low_bits(&self) -> i64 {
        let low = self.digits.iter().fold(0_u64, |n, d| n.wrapping_mul(10).wrapping_add(u64::from(*d)));
        // 10^64 is a multiple of 2^64
        let low = (0..self.power().clamp(0, 64)).fold(low, |n, _| n.wrapping_mul(10));
        #[allow(clippy::cast_possible_wrap)] // as Go does it
        let low = low as i64;
        if self.negative { low.wrapping_neg() } else { low }
    }

    /// The power of ten of the last digit.
    fn power(&self) -> i64 {
        self.exponent - i64::try_from(self.digits.len()).unwrap_or(i64::MAX)
    }

    /// Whether `number` is a multiple of this one, which is not zero. `pays` is asked before a division that takes so many
    /// steps; `None` where it says no. Go: `Rat.Quo`, `Rat.IsInt`.
    pub fn divides(&self, number: &Rat, pays: impl FnOnce(u64) -> bool) -> Option<bool> {
        if number.is_zero() {
            return Some(true);
        }
        // the digits end with no zero: where the divisor has more tens, the number does not make up for them
        let Ok(tens) = u64::try_from(number.power() - self.power()) else { return Some(false) };
        let (len, number_len) = (self.digits.len() as u64, number.digits.len() as u64);
        if self.is_zero() || len > number_len + tens {
            return Some(false);
        }
        if !pays((len.min(tens) + 10 * number_len).saturating_mul(len / LIMB as u64 + 1)) {
            return None;
        }
        // for the same reason the divisor holds at most one of the factors of ten: what the tens give of it goes away,
        // and the rest has to divide the digits
        let mut divisor = limbs(&self.digits);
        match self.digits.last() {
            Some(5) => take_factors(&mut divisor, 5, tens),
            Some(2 | 4 | 6 | 8) => take_factors(&mut divisor, 2, tens),
            _ => {}
        }
        Some(is_multiple(&number.digits, &divisor))
    }
}

/// Digits of a limb.
const LIMB: usize = 9;
const BASE: u64 = 1_000_000_000;

/// Digits as a number in base 10^9, lowest limb first.
fn limbs(digits: &[u8]) -> Vec<u64> {
    digits.rchunks(LIMB).map(|limb| limb.iter().fold(0, |n, d| n * 10 + u64::from(*d))).collect()
}

/// The quotient by a small number, and what is left.
fn divided(limbs: &[u64], by: u64) -> (Vec<u64>, u64) {
    let mut quotient = limbs.to_vec();
    let mut rest = 0;
    for limb in quotient.iter_mut().rev() {
        let part = rest * BASE + *limb;
        (*limb, rest) = (part / by, part % by);
    }
    while quotient.last() == Some(&0) {
        quotient.pop();
    }
    (quotient, rest)
}

/// Divides by a factor as long as that goes, and at most so many times; by eight of them at once where that goes.
fn take_factors(limbs: &mut Vec<u64>, factor: u64, most: u64) {
    let mut left = most;
    for (times, by) in [(8, factor.pow(8)), (1, factor)] {
        while left >= times {
            let (quotient, rest) = divided(limbs, by);
            if rest != 0 {
                break;
            }
            *limbs = quotient;
            left -= times;
        }
    }
}

/// Whether the number of these digits is a multiple of another one: long division, digit by digit.
fn is_multiple(digits: &[u8], divisor: &[u64]) -> bool {
    let mut rest: Vec<u64> = Vec::new();
    for digit in digits {
        let mut carry = u64::from(*digit);
        for limb in &mut rest {
            let part = *limb * 10 + carry;
            (*limb, carry) = (part % BASE, part / BASE);
        }
        if carry > 0 {
            rest.push(carry);
        }
        while rest.len().cmp(&divisor.len()).then_with(|| rest.iter().rev().cmp(divisor.iter().rev())).is_ge() {
            let mut borrow = 0;
            for (i, limb) in rest.iter_mut().enumerate() {
                let part = BASE + *limb - divisor.get(i).copied().unwrap_or(0) - borrow;
                (*limb, borrow) = (part % BASE, u64::from(part < BASE));
            }
            while rest.last() == Some(&0) {
                rest.pop();
            }
        }
    }
    rest.is_empty()
}

impl Ord for Rat {
    fn cmp(&self, other: &Rat) -> Ordering {
        let sign = |n: &Rat| i8::from(!n.is_zero()) * if n.negative { -1 } else { 1 };
        sign(self).cmp(&sign(other)).then_with(|| {
            let magnitude = self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits));
            if self.negative { magnitude.reverse() } else { magnitude }
        })
    }
}

impl PartialOrd for Rat {
    fn partial_cmp(&self, other: &Rat) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Rat {
        Rat::read(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        for (text, want) in [
            ("1e1000000", true),
            ("1e1000001", false),
            ("1.5e1000001", true),
            ("10e1000000", true),
            ("1e-1000000", true),
            ("1.0e-1000000", false),
            ("0e1000001", true),
            ("0e99999999999999999999", false),
            ("-0", true),
            ("1e100000000", false),
            ("x", false),
            ("", false),
        ] {
            assert_eq!(Rat::read(text).is_some(), want, "{text}");
        }
        for (text, is_int, low) in [
            ("1e3", true, 1000),
            ("1.50e1", true, 15),
            ("1.55e1", false, 155),
            ("-12", true, -12),
            ("18446744073709551621", true, 5),
            ("1e400", true, 0),
            ("9223372036854775808", true, i64::MIN),
        ] {
            assert_eq!((read(text).is_int(), read(text).low_bits()), (is_int, low), "{text}");
        }
    }

    #[test]
    fn numbers_are_compared_by_what_they_are() {
        let sorted =
            ["-1e400", "-5.5", "-5", "0", "1e-1000000", "0.1", "0.10000000000000001", "1", "1e300", "1e1000000"];
        for pair in sorted.windows(2) {
            assert!(read(pair[0]) < read(pair[1]), "{pair:?}");
        }
        assert_eq!((read("1.0"), read("-0")), (read("10e-1"), read("0e5")));
    }

    #[test]
    fn multiples() {
        let fifth = format!("0.{:0>40}", 5_u64.pow(20));
        let half = format!("{}e-3000", "5".repeat(2000));
        for (divisor, number, want) in [
            ("7", "14", true),
            ("7", "15", false),
            ("0.1", "0.3", true),
            ("0.01", "19.99", true),
            ("0.01", "19.995", false),
            ("3", "1e300", false),
            ("2", "1e300", true),
            ("1e-300", "5", true),
            ("1e300", "5", false),
            ("1e300", "0", true),
            ("1.5", "-4.5", true),
            ("125", "1e2", false),
            ("125", "1e3", true),
            ("1024", "1e9", false),
            ("1024", "1e10", true),
            ("75", "225", true),
            ("75", "22500", true),
            ("75", "22510", false),
            ("123456789123456789", "987654312987654312", true),
            ("1e-1000000", "1e308", true),
            (fifth.as_str(), "1", true),
            (half.as_str(), "1", false),
            (half.as_str(), "5.5", false),
        ] {
            assert_eq!(read(divisor).divides(&read(number), |_| true), Some(want), "{divisor} {number}");
        }
        let mut cost = 0;
        let large = Rat { negative: false, digits: vec![6; 100_000], exponent: -900_000 };
        assert_eq!(
            large.divides(&read("1e17"), |steps| {
                cost = steps;
                false
            }),
            None
        );
        assert!(cost > 1_000_000_000, "{cost}");
    }
}
