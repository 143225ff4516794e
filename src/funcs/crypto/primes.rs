//! The search for primes, and the keys that are made of them. Sieve and tests are those of `crypto-primes`.
//!
//! `RsaPrivateKey::new` tests with numbers that cost twice as much, and `dsa` has no step that finds `p` without trying
//! hundreds of candidates in full, so the search is here.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crypto_bigint::BoxedUint;
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use rand_core::CryptoRngCore;
use rsa::{BigUint, RsaPrivateKey};

/// An RSA key of so many bits with the exponent 65537.
pub(super) fn rsa_key(rng: &mut impl CryptoRngCore, bits: usize) -> RsaPrivateKey {
    loop {
        let (p, q) = (prime(rng, bits / 2), prime(rng, bits / 2));
        // it fails where the two are equal, or the exponent divides p-1 or q-1
        if p != q
            && let Ok(key) = RsaPrivateKey::from_p_q(p, q, BigUint::from(65_537_u32))
        {
            return key;
        }
    }
}

/// The numbers of a DSA key.
#[derive(Clone, Debug)]
pub(super) struct DsaNumbers {
    pub(super) p: BigUint,
    pub(super) q: BigUint,
    pub(super) g: BigUint,
    pub(super) y: BigUint,
    pub(super) x: BigUint,
}

/// A DSA key with 2048 and 256 bits. FIPS 186-4, appendix A.2.1; p is the first prime after a random number.
#[allow(clippy::many_single_char_names)] // the standard's own names
pub(super) fn dsa_key(rng: &mut impl CryptoRngCore) -> DsaNumbers {
    let (p, q) = dsa_primes(rng);
    let one = BigUint::from(1_u8);
    let exponent = (&p - &one) / &q;
    let mut base = BigUint::from(2_u8);
    let mut g = base.modpow(&exponent, &p);
    while g == one {
        base += 1_u8;
        g = base.modpow(&exponent, &p);
    }
    // 64 bits more than q has: what is left of the bias of `%` is out of reach
    let x = random(rng, 320) % (&q - &one) + &one;
    let y = g.modpow(&x, &p);
    DsaNumbers { p, q, g, y, x }
}

/// A prime q of 256 bits and a prime p of 2048 bits such that q divides p - 1.
fn dsa_primes(rng: &mut impl CryptoRngCore) -> (BigUint, BigUint) {
    /// Dividing by all odd numbers below this leaves one candidate in seven.
    const TRIED: u32 = 2000;
    loop {
        let q = prime(rng, 256);
        let step = &q << 1;
        // the numbers from here on that leave 1 when divided by 2 q
        let top = random(rng, 2047) + (BigUint::from(1_u8) << 2047);
        let start = &top - &top % &step + &step + 1_u8;
        let terms =
            std::iter::successors(Some(start), |term| Some(term + &step)).take_while(|term| term.bits() == 2048);
        let zero = BigUint::default();
        let candidates = terms.filter(|term| (3..TRIED).step_by(2).all(|divisor| term % divisor != zero));
        if let Some(p) = first_prime(&candidates.map(|term| BoxedUint::from_be_slice_vartime(&term.to_bytes_be()))) {
            return (p, q);
        }
    }
}

/// A prime whose two top bits are set, so that the product of two is as wide as both together.
fn prime(rng: &mut impl CryptoRngCore, bits: usize) -> BigUint {
    loop {
        let start = random(rng, bits) | BigUint::from(3_u8) << (bits - 2);
        let start = BoxedUint::from_be_slice_vartime(&start.to_bytes_be());
        let sieve = u32::try_from(bits).ok().and_then(NonZeroU32::new);
        let sieve = sieve.and_then(|bits| SmallFactorsSieve::new(start, bits, false).ok());
        if let Some(prime) = first_prime(&sieve.into_iter().flatten()) {
            return prime;
        }
    }
}

/// A number of at most so many bits.
fn random(rng: &mut impl CryptoRngCore, bits: usize) -> BigUint {
    let mut bytes = vec![0; bits.div_ceil(8)];
    rng.fill_bytes(&mut bytes);
    BigUint::from_bytes_be(&bytes) >> (bytes.len() * 8 - bits)
}

/// The first of these numbers that is a prime. Two threads test every second number each; the result is the same as with one.
///
/// A test of 2048 bits takes 4.7 ms (measured), and a key of 4096 bits needs 160 of them on average. So three such keys, as
/// the public chart of etcd makes, take 1.8 s on two cores and 3.5 s on one, on average. `benches/keys.rs`
/// measures whole keys. The threads share nothing but the place of the best result: with a barrier after each pair of tests, a
/// 2048-bit key took 1.6 times as long on a machine with 20 runnable processes.
fn first_prime(candidates: &(impl Iterator<Item = BoxedUint> + Clone + Sync)) -> Option<BigUint> {
    let found = AtomicUsize::new(usize::MAX);
    let search = |first: usize| {
        let own = candidates.clone().enumerate().skip(first).step_by(2);
        let mut own = own.take_while(|(place, _)| *place < found.load(Ordering::Relaxed));
        let prime = own.find(|(_, candidate)| is_prime(Flavor::Any, candidate));
        if let Some((place, _)) = &prime {
            found.fetch_min(*place, Ordering::Relaxed);
        }
        prime
    };
    let both = thread::scope(|scope| {
        let helper = thread::Builder::new().spawn_scoped(scope, || search(1));
        let own = search(0);
        // without a thread one comes after the other
        [own, helper.map_or_else(|_| search(1), |helper| helper.join().ok().flatten())]
    });
    let (_, prime) = both.into_iter().flatten().min_by_key(|(place, _)| *place)?;
    Some(BigUint::from_bytes_be(&prime.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng as _;
    use rsa::traits::PublicKeyParts as _;

    use super::*;

    fn rng() -> rand_chacha::ChaCha20Rng {
        rand_chacha::ChaCha20Rng::from_seed([7; 32])
    }

    #[test]
    fn rsa_keys_have_their_size_and_follow_from_the_seed() {
        let key = rsa_key(&mut rng(), 2048);
        assert_eq!(key.n().bits(), 2048);
        key.validate().unwrap();
        assert_eq!(rsa_key(&mut rng(), 2048), key);
    }

    #[test]
    fn dsa_keys_hold_together() {
        let key = dsa_key(&mut rng());
        let one = BigUint::from(1_u8);
        assert_eq!((key.p.bits(), key.q.bits()), (2048, 256));
        assert_eq!((&key.p - &one) % &key.q, BigUint::from(0_u8));
        assert_eq!(key.g.modpow(&key.q, &key.p), one);
        assert_eq!(key.g.modpow(&key.x, &key.p), key.y);
    }

    #[test]
    fn the_first_prime_is_found() {
        let numbers =
            |numbers: &[u32]| first_prime(&numbers.iter().map(|n| BoxedUint::from(*n)).collect::<Vec<_>>().into_iter());
        for (candidates, expected) in [
            (&[9_u32, 15, 25, 17, 19][..], Some(17_u32)),
            (&[9, 11, 13], Some(11)),
            (&[9, 15, 13], Some(13)),
            (&[9, 15, 21], None),
            (&[], None),
        ] {
            assert_eq!(numbers(candidates), expected.map(BigUint::from), "{candidates:?}");
        }
    }
}
