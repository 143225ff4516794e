//! Exact decimal numbers, for the functions on floats. shopspring/decimal 1.4.0.
// Limbs are below 10^9: their sums and products fit 64 bits.
#![allow(clippy::arithmetic_side_effects)]

use std::cmp::Ordering;
use std::fmt::Write;

use crate::error::{Error, Result};
use crate::strconv::format_float;

/// Digits of a limb.
const LIMB: usize = 9;
const BASE: u64 = 1_000_000_000;

/// Digits after the point that a quotient is rounded to. shopspring/decimal: `DivisionPrecision`.
const QUOTIENT_DIGITS: i64 = 16;

/// An integer in base 10^9, lowest limb first, without leading zeros.
type Digits = Vec<u32>;

/// An integer times a power of ten.
pub struct Decimal {
    negative: bool,
    digits: Digits,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that parses as `f`. Fails for NaN and infinities.
    pub fn new(f: f64) -> Result<Self> {
        if !f.is_finite() {
            let name = if f.is_nan() {
                "NaN"
            } else if f > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(Error::new(format!("Cannot create a Decimal from {name}")));
        }
        let text = format_float(f.abs(), b'e', -1);
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let power: i64 = power.parse().unwrap_or(0);
        let digits = read_digits(&format!("{whole}{fraction}"));
        let fraction = i64::try_from(fraction.len()).unwrap_or(0);
        Ok(Decimal { negative: f < 0.0, exponent: if digits.is_empty() { 0 } else { power - fraction }, digits })
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        if self.digits.is_empty() {
            return 0.0;
        }
        let mut text = String::from(if self.negative { "-" } else { "" });
        for limb in self.digits.iter().rev() {
            // writing to a string cannot fail
            let _ = write!(text, "{limb:09}");
        }
        // Rust reads decimals correctly rounded, as `big.Rat` gives them
        format!("{text}e{}", self.exponent).parse().unwrap_or(0.0)
    }

    /// The number of limbs, which determines the cost of operations.
    pub fn size(&self) -> u64 {
        self.digits.len() as u64
    }

    /// The sum, exact.
    #[must_use]
    pub fn add(&self, other: &Decimal) -> Decimal {
        let exponent = self.exponent.min(other.exponent);
        let (a, b) = (self.at_exponent(exponent), other.at_exponent(exponent));
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, sum(&a, &b))
        } else if compare(&a, &b) == Ordering::Less {
            (other.negative, difference(&b, &a))
        } else {
            (self.negative, difference(&a, &b))
        };
        Decimal { negative: negative && !digits.is_empty(), digits, exponent }
    }

    /// The difference, exact.
    #[must_use]
    pub fn sub(&self, other: &Decimal) -> Decimal {
        let negated = Decimal { negative: !other.negative, digits: other.digits.clone(), exponent: other.exponent };
        self.add(&negated)
    }

    /// The product, exact.
    #[must_use]
    pub fn mul(&self, other: &Decimal) -> Decimal {
        let digits = product(&self.digits, &other.digits);
        let negative = self.negative != other.negative && !digits.is_empty();
        Decimal { negative, digits, exponent: self.exponent + other.exponent }
    }

    /// The quotient rounded to 16 digits after the point, halves away from zero; `None` if `other` is 0.
    pub fn div(&self, other: &Decimal) -> Option<Decimal> {
        if other.digits.is_empty() {
            return None;
        }
        let shift = self.exponent - other.exponent + QUOTIENT_DIGITS;
        let (dividend, divisor) = if shift < 0 {
            (self.digits.clone(), times_power_of_ten(&other.digits, shift.unsigned_abs()))
        } else {
            (times_power_of_ten(&self.digits, shift.unsigned_abs()), other.digits.clone())
        };
        let (mut digits, rest) = quotient(&dividend, &divisor);
        if compare(&sum(&rest, &rest), &divisor) != Ordering::Less {
            digits = sum(&digits, &[1]);
        }
        let negative = self.negative != other.negative && !digits.is_empty();
        Some(Decimal { negative, digits, exponent: -QUOTIENT_DIGITS })
    }

    /// The digits of the same number with a lower exponent.
    fn at_exponent(&self, exponent: i64) -> Digits {
        times_power_of_ten(&self.digits, (self.exponent - exponent).unsigned_abs())
    }
}

fn read_digits(text: &str) -> Digits {
    let limbs = text.as_bytes().rchunks(LIMB);
    trimmed(limbs.map(|limb| limb.iter().fold(0, |n, c| n * 10 + u32::from(c - b'0'))).collect())
}

fn trimmed(mut digits: Digits) -> Digits {
    while digits.last() == Some(&0) {
        digits.pop();
    }
    digits
}

/// The limb of a number below `BASE`.
fn limb(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn compare(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

fn sum(a: &[u32], b: &[u32]) -> Digits {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let mut carry = 0;
    let mut digits: Digits = Vec::with_capacity(long.len() + 1);
    for (i, &n) in long.iter().enumerate() {
        let n = u64::from(n) + u64::from(short.get(i).copied().unwrap_or(0)) + carry;
        carry = n / BASE;
        digits.push(limb(n % BASE));
    }
    digits.push(limb(carry));
    trimmed(digits)
}

/// `a - b`, where `a` is not smaller.
fn difference(a: &[u32], b: &[u32]) -> Digits {
    let mut borrow = 0;
    let digits = a.iter().enumerate().map(|(i, &n)| {
        let n = BASE + u64::from(n) - u64::from(b.get(i).copied().unwrap_or(0)) - borrow;
        borrow = u64::from(n < BASE);
        limb(n % BASE)
    });
    trimmed(digits.collect())
}

fn times(a: &[u32], factor: u64) -> Digits {
    let mut carry = 0;
    let mut digits: Digits = Vec::with_capacity(a.len() + 1);
    for &n in a {
        let n = u64::from(n) * factor + carry;
        carry = n / BASE;
        digits.push(limb(n % BASE));
    }
    digits.push(limb(carry));
    trimmed(digits)
}

fn product(a: &[u32], b: &[u32]) -> Digits {
    let mut digits = Digits::new();
    for (i, &factor) in b.iter().enumerate() {
        let mut row = vec![0; i];
        row.extend(times(a, u64::from(factor)));
        digits = sum(&digits, &row);
    }
    trimmed(digits)
}

fn times_power_of_ten(a: &[u32], power: u64) -> Digits {
    if a.is_empty() {
        return Digits::new();
    }
    let power = usize::try_from(power).unwrap_or(usize::MAX);
    let mut digits = vec![0; power / LIMB];
    digits.extend(times(a, 10u64.pow(u32::try_from(power % LIMB).unwrap_or(0))));
    digits
}

/// Quotient and remainder, limb by limb from the highest.
fn quotient(dividend: &[u32], divisor: &[u32]) -> (Digits, Digits) {
    let mut rest = Digits::new();
    let mut limbs = Vec::with_capacity(dividend.len());
    for &next in dividend.iter().rev() {
        rest.insert(0, next);
        rest = trimmed(rest);
        let mut q = 0u64;
        while compare(&rest, divisor) != Ordering::Less {
            // an estimate from the highest limbs that is never too large, and soon exact
            let low = divisor.len().saturating_sub(2);
            let above = high(&rest, low);
            let below = high(divisor, low) + u128::from(low > 0);
            let guess = u64::try_from(above / below).unwrap_or(1).max(1);
            rest = difference(&rest, &times(divisor, guess));
            q += guess;
        }
        limbs.push(limb(q));
    }
    limbs.reverse();
    (trimmed(limbs), rest)
}

/// The number that the limbs from `low` on make; three of them at most.
fn high(digits: &[u32], low: usize) -> u128 {
    let limbs = digits.get(low..).unwrap_or_default();
    limbs.iter().rev().fold(0, |n, &limb| n * u128::from(BASE) + u128::from(limb))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_results() {
        let d = |f: f64| Decimal::new(f).unwrap();
        for (result, expected) in [
            (d(0.1).add(&d(0.2)), 0.3),
            (d(1e20).add(&d(1e-20)), 1e20),
            (d(5.0).sub(&d(7.5)), -2.5),
            (d(5.0).sub(&d(5.0)), 0.0),
            (d(123_456_789_012.5).mul(&d(-8.0)), -987_654_312_100.0),
            (d(1e308).mul(&d(1e308)), f64::INFINITY),
            (d(5e-324).mul(&d(5e-324)), 0.0),
            (d(0.0).mul(&d(-3.0)), 0.0),
            (d(1.0).div(&d(7.0)).unwrap(), 0.142_857_142_857_142_9),
            (d(-2.0).div(&d(3.0)).unwrap(), -0.666_666_666_666_666_7),
            (d(1e300).div(&d(1e-300)).unwrap(), f64::INFINITY),
            (d(1e-300).div(&d(1e300)).unwrap(), 0.0),
            (d(9_007_199_254_740_993.0).div(&d(3.3)).unwrap(), 9_007_199_254_740_992.0 / 3.3),
        ] {
            let float = result.to_f64();
            assert_eq!(float.to_bits(), f64::to_bits(expected), "{float} {expected}");
        }
        assert!(d(1.0).div(&d(0.0)).is_none());
    }

    #[test]
    fn long_division_agrees_with_multiplication() {
        // the quotient times the divisor plus the rest is the dividend
        for (a, b) in [
            ("999999999999999999999999999", "1000000001"),
            ("123456789123456789123456789", "999999999999999999"),
            ("1000000000000000000000000000000", "500000000999999999"),
        ] {
            let (a, b) = (read_digits(a), read_digits(b));
            let (q, r) = quotient(&a, &b);
            assert_eq!(compare(&r, &b), Ordering::Less);
            assert_eq!(sum(&product(&q, &b), &r), a);
        }
    }
}
