//! The search for primes, and the keys that are made of them.
//!
//! The `rsa` crate can make keys too, but fifteen times slower: its big numbers live on the heap.

use crypto_bigint::{U256, U1024, U2048};
use crypto_primes::hazmat::{SetBits, SmallPrimesSieveFactory};
use crypto_primes::{is_prime_with_rng, sieve_and_find};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRngCore, RngCore as _, SeedableRng};
use rsa::{BigUint, RsaPrivateKey};

use super::sieve::{self, Words};

/// An RSA key of 2048 bits with the exponent 65537.
pub(super) fn rsa_2048(rng: &mut impl CryptoRngCore) -> RsaPrivateKey {
    rsa_key(rng, |rng| prime::<16>(rng, is_prime_1024))
}

/// An RSA key of 4096 bits with the exponent 65537.
pub(super) fn rsa_4096(rng: &mut impl CryptoRngCore) -> RsaPrivateKey {
    rsa_key(rng, |rng| prime::<32>(rng, is_prime_2048))
}

/// The numbers of a DSA key.
#[derive(Clone, Debug)]
pub(super) struct DsaKey {
    pub(super) p: BigUint,
    pub(super) q: BigUint,
    pub(super) g: BigUint,
    pub(super) y: BigUint,
    pub(super) x: BigUint,
}

/// A DSA key with 2048 and 256 bits. FIPS 186-4, appendix A.2.1; p is the first prime after a random number.
#[allow(clippy::many_single_char_names)] // the standard's own names
pub(super) fn dsa_key(rng: &mut impl CryptoRngCore) -> DsaKey {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    let (p, q) = dsa_primes(&mut ChaCha20Rng::from_seed(seed));
    let one = BigUint::from(1_u8);
    let exponent = (&p - &one) / &q;
    let mut base = BigUint::from(2_u8);
    let mut g = base.modpow(&exponent, &p);
    while g == one {
        base += 1_u8;
        g = base.modpow(&exponent, &p);
    }
    // 64 bits more than q has: what is left of the bias of `%` is out of reach
    let mut bytes = [0; 40];
    rng.fill_bytes(&mut bytes);
    let x = BigUint::from_bytes_be(&bytes) % (&q - &one) + &one;
    let y = g.modpow(&x, &p);
    DsaKey { p, q, g, y, x }
}

/// How a prime is searched for.
type Search = fn(&mut ChaCha20Rng) -> Vec<u8>;

fn rsa_key(rng: &mut impl CryptoRngCore, prime: Search) -> RsaPrivateKey {
    loop {
        let (p, q) = two(rng, prime);
        let (p, q) = (BigUint::from_bytes_be(&p), BigUint::from_bytes_be(&q));
        if p == q {
            continue;
        }
        // it fails where the exponent divides p-1 or q-1
        if let Ok(key) = RsaPrivateKey::from_p_q(p, q, BigUint::from(65_537_u32)) {
            return key;
        }
    }
}

/// Two primes, searched for at the same time.
fn two(rng: &mut impl CryptoRngCore, prime: Search) -> (Vec<u8>, Vec<u8>) {
    let mut seeds = [[0; 32]; 2];
    for seed in &mut seeds {
        rng.fill_bytes(seed);
    }
    let [first, second] = seeds.map(ChaCha20Rng::from_seed);
    let search = |mut rng: ChaCha20Rng| prime(&mut rng);
    std::thread::scope(|scope| {
        // without a thread one comes after the other
        let helper = std::thread::Builder::new().spawn_scoped(scope, || search(first.clone()));
        let q = search(second);
        let p = helper.ok().and_then(|helper| helper.join().ok());
        (p.unwrap_or_else(|| search(first.clone())), q)
    })
}

/// A prime whose two top bits are set, so that the product of two is as wide as both together.
fn prime<const N: usize>(rng: &mut ChaCha20Rng, is_prime: fn(&mut ChaCha20Rng, &[u8]) -> bool) -> Vec<u8> {
    let mut step = [0; N];
    if let Some(low) = step.first_mut() {
        *low = 2;
    }
    loop {
        let mut start: Words<N> = std::array::from_fn(|_| rng.next_u64());
        if let Some(low) = start.first_mut() {
            *low |= 1;
        }
        if let Some(high) = start.last_mut() {
            *high |= 3 << 62;
        }
        let found = sieve::candidates(start, step).map(|words| bytes(&words)).find(|bytes| is_prime(rng, bytes));
        if let Some(prime) = found {
            return prime;
        }
    }
}

fn is_prime_1024(rng: &mut ChaCha20Rng, bytes: &[u8]) -> bool {
    is_prime_with_rng(rng, &U1024::from_be_slice(bytes))
}

fn is_prime_2048(rng: &mut ChaCha20Rng, bytes: &[u8]) -> bool {
    is_prime_with_rng(rng, &U2048::from_be_slice(bytes))
}

/// The bytes of a number, the highest first.
fn bytes(words: &[u64]) -> Vec<u8> {
    words.iter().rev().flat_map(|word| word.to_be_bytes()).collect()
}

/// The words of a number, the lowest first.
fn words<const N: usize>(bytes: &[u8]) -> Words<N> {
    let mut words = [0; N];
    for (word, chunk) in words.iter_mut().zip(bytes.rchunks(8)) {
        *word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    words
}

/// A prime q of 256 bits and a prime p of 2048 bits such that q divides p - 1.
fn dsa_primes(rng: &mut ChaCha20Rng) -> (BigUint, BigUint) {
    loop {
        let sieve = SmallPrimesSieveFactory::<U256>::new(256, SetBits::Msb);
        let Some(q) = sieve_and_find(rng, sieve, is_prime_with_rng) else { continue };
        let q = BigUint::from_bytes_be(&q.to_be_bytes());
        let step = &q << 1;
        let mut top = [0; 256];
        rng.fill_bytes(&mut top);
        let top = (BigUint::from_bytes_be(&top) >> 1) + (BigUint::from(1_u8) << 2047);
        // the numbers from here on that leave 1 when divided by 2 q
        let start = &top - &top % &step + &step + 1_u8;
        if start.bits() > 2048 {
            continue;
        }
        let terms = sieve::candidates::<32>(words(&start.to_bytes_be()), words(&step.to_bytes_be()));
        let found = terms.map(|words| bytes(&words)).find(|bytes| is_prime_2048(rng, bytes));
        if let Some(p) = found {
            return (BigUint::from_bytes_be(&p), q);
        }
    }
}

#[cfg(test)]
mod tests {
    use rsa::traits::PublicKeyParts;

    use super::*;

    fn rng() -> rand_chacha::ChaCha20Rng {
        rand_chacha::ChaCha20Rng::from_seed([7; 32])
    }

    #[test]
    fn rsa_keys_have_their_size() {
        let key = rsa_2048(&mut rng());
        assert_eq!(key.n().bits(), 2048);
        key.validate().unwrap();
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
}
