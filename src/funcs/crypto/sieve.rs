//! Candidates for a prime: an arithmetic progression without the multiples of small primes, and a test that nearly all
//! composites fail. It only rules out: whether what is left is a prime is for a library to say.

use std::sync::LazyLock;

/// A number of `N` words, the lowest first.
pub(super) type Words<const N: usize> = [u64; N];

/// Terms of a progression that are looked at. One in about 700 odd numbers of 2048 bits is a prime.
const SPAN: usize = 1 << 13;

/// The odd primes that terms are divided by. More of them would cost more than the tests that they spare.
static SMALL: LazyLock<Vec<u32>> = LazyLock::new(|| {
    const END: u32 = 1 << 17;
    let mut composite = vec![false; END as usize];
    let mut primes = Vec::new();
    for (number, is_composite) in (0..END).zip(0..END as usize) {
        if number < 3 || number % 2 == 0 || composite.get(is_composite).copied().unwrap_or(true) {
            continue;
        }
        primes.push(number);
        mark(&mut composite, (number as usize).saturating_mul(number as usize), number as usize);
    }
    primes
});

/// Marks every `step`th place from `first` on.
fn mark(places: &mut [bool], first: usize, step: usize) {
    for place in places.iter_mut().skip(first).step_by(step) {
        *place = true;
    }
}

/// The terms of `start + k * step`, for k from 0 on, that are no multiples of small primes and pass Fermat's test with
/// base two. It ends before a term is too large for its words. The start is odd and the step even.
pub(super) fn candidates<const N: usize>(start: Words<N>, step: Words<N>) -> impl Iterator<Item = Words<N>> {
    let mut composite = vec![false; SPAN];
    for prime in SMALL.iter() {
        let (first, step) = (remainder(&start, *prime), remainder(&step, *prime));
        if step == 0 {
            if first == 0 {
                composite.fill(true);
            }
            continue;
        }
        // first + k * step = 0
        let k = u64::from(prime - first) * u64::from(inverse(step, *prime)) % u64::from(*prime);
        mark(&mut composite, usize::try_from(k).unwrap_or(SPAN), *prime as usize);
    }
    let left = composite.into_iter().zip(0_u64..).filter(|(composite, _)| !composite);
    left.map_while(move |(_, k)| term(&start, &step, k)).filter(passes_fermat)
}

/// `start + k * step`, where that has room.
fn term<const N: usize>(start: &Words<N>, step: &Words<N>, k: u64) -> Option<Words<N>> {
    let mut sum = *start;
    let carry = add_product(&mut sum, step, k);
    (carry == 0).then_some(sum)
}

/// Adds `words * factor`; what is carried out of the last word is left.
#[inline]
#[allow(clippy::cast_possible_truncation)] // the two halves of a wide number
fn add_product(to: &mut [u64], words: &[u64], factor: u64) -> u64 {
    let mut carry = 0;
    for (slot, word) in to.iter_mut().zip(words) {
        let sum = u128::from(*slot) + u128::from(factor) * u128::from(*word) + u128::from(carry);
        *slot = sum as u64;
        carry = (sum >> 64) as u64;
    }
    carry
}

fn remainder<const N: usize>(words: &Words<N>, prime: u32) -> u32 {
    let prime = u64::from(prime);
    let rest = words.iter().rev().fold(0, |rest, word| {
        let high = (rest << 32 | word >> 32) % prime;
        (high << 32 | word & 0xFFFF_FFFF) % prime
    });
    u32::try_from(rest).unwrap_or_default()
}

/// The inverse of what is not zero, modulo a prime.
fn inverse(number: u32, prime: u32) -> u32 {
    let (mut old, mut new) = ((i64::from(prime), 0), (i64::from(number), 1));
    while new.0 != 0 {
        let quotient = old.0 / new.0;
        (old, new) = (new, (old.0 - quotient * new.0, old.1 - quotient * new.1));
    }
    u32::try_from(old.1.rem_euclid(i64::from(prime))).unwrap_or_default()
}

/// Whether 2^(n-1) is 1 modulo n. The top bit of n is set, and n is odd.
fn passes_fermat<const N: usize>(n: &Words<N>) -> bool {
    let modulus = Montgomery::new(n);
    let one = modulus.one();
    let mut power = one;
    let mut wide = vec![0; 2 * N];
    // the bits of n - 1, the highest first
    let mut last = true;
    let odd_to_even = n.iter().rev().enumerate().map(|(i, word)| if i + 1 == N { word & !1 } else { *word });
    for word in odd_to_even {
        for bit in (0..64).rev() {
            if !std::mem::take(&mut last) {
                power = modulus.square(&power, &mut wide);
            }
            if word >> bit & 1 == 1 {
                modulus.double(&mut power);
            }
        }
    }
    power == one
}

/// Arithmetic modulo an odd number whose top bit is set, on numbers that are multiplied by 2^(64 N).
/// P. L. Montgomery, "Modular multiplication without trial division", 1985.
struct Montgomery<'n, const N: usize> {
    n: &'n Words<N>,
    /// -1/n modulo 2^64.
    inverse: u64,
}

impl<'n, const N: usize> Montgomery<'n, N> {
    fn new(n: &'n Words<N>) -> Self {
        let low = n.first().copied().unwrap_or(1);
        // Newton's steps: each doubles the bits that are right, of which an odd number has three
        let inverse = (0..5).fold(low, |x, _| x.wrapping_mul(2_u64.wrapping_sub(low.wrapping_mul(x))));
        Montgomery { n, inverse: inverse.wrapping_neg() }
    }

    /// 1: what is left of 2^(64 N).
    fn one(&self) -> Words<N> {
        let mut one = [0; N];
        subtract(&mut one, self.n);
        one
    }

    fn square(&self, number: &Words<N>, wide: &mut [u64]) -> Words<N> {
        square(number, wide);
        let mut carry = false;
        for i in 0..N {
            let Some((last, row)) = wide.get_mut(i..=i + N).and_then(<[u64]>::split_last_mut) else { break };
            let factor = row.first().copied().unwrap_or(0).wrapping_mul(self.inverse);
            let over = add_product(row, self.n, factor);
            let (sum, first) = last.overflowing_add(over);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *last = sum;
            carry = first || second;
        }
        let mut out = [0; N];
        for (to, from) in out.iter_mut().zip(wide.iter().skip(N)) {
            *to = *from;
        }
        self.reduce(&mut out, carry);
        out
    }

    fn double(&self, number: &mut Words<N>) {
        let mut carry = 0;
        for word in number.iter_mut() {
            (*word, carry) = (*word << 1 | carry, *word >> 63);
        }
        self.reduce(number, carry == 1);
    }

    /// Brings a number below n; with the carry it is less than 2 n.
    fn reduce(&self, number: &mut Words<N>, carry: bool) {
        if carry || number.iter().rev().ge(self.n.iter().rev()) {
            subtract(number, self.n);
        }
    }
}

fn subtract<const N: usize>(from: &mut Words<N>, what: &Words<N>) {
    let mut borrow = false;
    for (slot, word) in from.iter_mut().zip(what) {
        let (rest, first) = slot.overflowing_sub(*word);
        let (rest, second) = rest.overflowing_sub(u64::from(borrow));
        *slot = rest;
        borrow = first || second;
    }
}

/// The square of a number, twice as wide.
#[allow(clippy::cast_possible_truncation)] // the two halves of a wide number
fn square<const N: usize>(number: &Words<N>, wide: &mut [u64]) {
    wide.fill(0);
    // the products of different words, each once
    let mut rest: &[u64] = number;
    let mut at = 1;
    while let Some((first, others)) = rest.split_first() {
        if let Some((last, row)) = wide.get_mut(at..=at + others.len()).and_then(<[u64]>::split_last_mut) {
            *last = add_product(row, others, *first);
        }
        rest = others;
        at += 2;
    }
    // these twice, and the squares of the words
    let (mut shifted, mut carry) = (0, 0);
    for (pair, word) in wide.chunks_exact_mut(2).zip(number) {
        let [low, high] = pair else { continue };
        let own = u128::from(*word) * u128::from(*word);
        let twice = u128::from(*high) << 65 | u128::from(*low) << 1 | shifted;
        shifted = u128::from(*high >> 63);
        let sum = u128::from(twice as u64) + u128::from(own as u64) + carry;
        *low = sum as u64;
        let sum = (twice >> 64) + (own >> 64) + (sum >> 64);
        *high = sum as u64;
        carry = sum >> 64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a number below 2^64, with the top bit of all words set by a multiple of `step`.
    fn primes_from(start: u64, count: usize) -> Vec<u64> {
        candidates([start], [2]).map(|[n]| n).take(count).collect()
    }

    #[test]
    fn finds_the_primes_after_a_number() {
        // the first primes after 2^63
        let offsets: Vec<u64> = primes_from((1 << 63) + 1, 6).iter().map(|n| n - (1 << 63)).collect();
        assert_eq!(offsets, [29, 99, 123, 131, 155, 255]);
        // and the last ones below 2^64, where the words end
        let last: Vec<u64> = primes_from(u64::MAX - 300, 100).iter().map(|n| u64::MAX - n + 1).collect();
        assert_eq!(last, [279, 257, 189, 179, 95, 83, 59]);
    }

    #[test]
    fn reckons_as_the_library() {
        use rsa::BigUint;
        let words = [0x0123_4567_89AB_CDEF, u64::MAX, 0, 0xF000_0000_0000_0001];
        let big = |words: &[u64]| {
            BigUint::from_bytes_le(&words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>())
        };
        let n = big(&words);
        let mut wide = [0; 8];
        square(&words, &mut wide);
        assert_eq!(big(&wide), &n * &n);
        assert_eq!(
            remainder(&words, 65_537),
            u32::try_from((&n % 65_537_u32).to_bytes_be().iter().fold(0_u64, |n, b| n << 8 | u64::from(*b))).unwrap()
        );
        let two = BigUint::from(2_u8);
        let fermat = two.modpow(&(&n - 1_u8), &n) == BigUint::from(1_u8);
        assert_eq!(passes_fermat(&words), fermat);
        for (number, prime) in [(1, 3), (2, 3), (65_536, 65_537), (12_345, 131_071)] {
            assert_eq!(u64::from(inverse(number, prime)) * u64::from(number) % u64::from(prime), 1);
        }
    }
}
