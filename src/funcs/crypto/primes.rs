//! The search for primes, and the keys that are made of them.
//!
//! The `rsa` crate can make keys too, but seven times slower: its big numbers live on the heap.

use crypto_bigint::{Encoding, Integer, NonZero, Odd, RandomBits, RandomMod, U256, U1024, U2048};
use crypto_primes::hazmat::{MillerRabin, SetBits, SmallPrimesSieveFactory};
use crypto_primes::{is_prime_with_rng, sieve_and_find};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRngCore, SeedableRng};
use rsa::{BigUint, RsaPrivateKey};

/// An RSA key of 2048 bits with the exponent 65537.
pub(super) fn rsa_2048(rng: &mut impl CryptoRngCore) -> Result<RsaPrivateKey, String> {
    rsa_key(rng, prime::<U1024>)
}

/// An RSA key of 4096 bits with the exponent 65537.
pub(super) fn rsa_4096(rng: &mut impl CryptoRngCore) -> Result<RsaPrivateKey, String> {
    rsa_key(rng, prime::<U2048>)
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

/// A DSA key with 2048 and 256 bits. FIPS 186-4, appendix A.1.1.2 and A.2.1.
#[allow(clippy::many_single_char_names)] // the standard's own names
pub(super) fn dsa_key(rng: &mut impl CryptoRngCore) -> DsaKey {
    let (p, q) = dsa_primes(rng);
    let (p, q) = (BigUint::from_bytes_be(&p.to_be_bytes()), BigUint::from_bytes_be(&q.to_be_bytes()));
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
type Search = fn(&mut ChaCha20Rng) -> Option<Vec<u8>>;

fn rsa_key(rng: &mut impl CryptoRngCore, prime: Search) -> Result<RsaPrivateKey, String> {
    loop {
        let (Some(p), Some(q)) = two(rng, prime) else { return Err("crypto/rsa: no prime found".to_owned()) };
        let (p, q) = (BigUint::from_bytes_be(&p), BigUint::from_bytes_be(&q));
        if p == q {
            continue;
        }
        // it fails where the exponent divides p-1 or q-1
        let Ok(key) = RsaPrivateKey::from_p_q(p, q, BigUint::from(65_537_u32)) else { continue };
        return Ok(key);
    }
}

/// Two primes, searched for at the same time.
fn two(rng: &mut impl CryptoRngCore, prime: Search) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
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
        let p = match helper {
            Ok(helper) => helper.join().unwrap_or(None),
            Err(_) => search(first.clone()),
        };
        (p, q)
    })
}

/// A prime as wide as its type whose two top bits are set, so that the product of two is as wide as both together.
fn prime<T: Integer + RandomBits + RandomMod + Encoding>(rng: &mut impl CryptoRngCore) -> Option<Vec<u8>> {
    let sieve = SmallPrimesSieveFactory::<T>::new(T::zero().bits_precision(), SetBits::TwoMsb);
    let prime = sieve_and_find(rng, sieve, is_prime_with_rng)?;
    Some(prime.to_be_bytes().as_ref().to_vec())
}

/// A prime q of 256 bits and a prime p of 2048 bits such that q divides p - 1.
fn dsa_primes(rng: &mut impl CryptoRngCore) -> (U2048, U256) {
    loop {
        let sieve = SmallPrimesSieveFactory::<U256>::new(256, SetBits::Msb);
        let Some(q) = sieve_and_find(rng, sieve, is_prime_with_rng) else { continue };
        let q_wide: U2048 = q.resize();
        let Some(step) = Option::<NonZero<U2048>>::from(NonZero::new(q_wide.shl_vartime(1))) else { continue };
        for _ in 0..8192 {
            let start = U2048::random_bits(rng, 2048) | U2048::ONE.shl_vartime(2047);
            let p = start.wrapping_sub(&start.rem_vartime(&step)).wrapping_add(&U2048::ONE);
            if p.bits_vartime() == 2048 && !has_small_factor(&p) && is_prime(rng, &p) {
                return (p, q);
            }
        }
    }
}

/// Candidates are far apart, so they cannot be sieved; a few divisions rule out most of them.
fn has_small_factor(candidate: &U2048) -> bool {
    // products of odd primes from 3 on, each below 2^64
    const PRODUCTS: [(u64, &[u64]); 4] = [
        (16_294_579_238_595_022_365, &[3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53]),
        (7_145_393_598_349_078_859, &[59, 61, 67, 71, 73, 79, 83, 89, 97, 101]),
        (6_408_001_374_760_705_163, &[103, 107, 109, 113, 127, 131, 137, 139, 149]),
        (690_862_709_424_854_779, &[151, 157, 163, 167, 173, 179, 181, 191]),
    ];
    PRODUCTS.iter().any(|(product, primes)| {
        let words = candidate.to_be_bytes();
        let rest = words.iter().fold(0_u128, |rest, byte| (rest << 8 | u128::from(*byte)) % u128::from(*product));
        primes.iter().any(|prime| rest % u128::from(*prime) == 0)
    })
}

fn is_prime(rng: &mut impl CryptoRngCore, candidate: &U2048) -> bool {
    let Some(odd) = Option::<Odd<U2048>>::from(Odd::new(*candidate)) else { return false };
    // one cheap test before the full ones
    MillerRabin::new(odd).test_base_two().is_probably_prime() && is_prime_with_rng(rng, candidate)
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
        let key = rsa_2048(&mut rng()).unwrap();
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
