//! Keys, certificates, password hashes, AES. Sprig: `crypto.go`.
//!
//! The algorithms are those of well-kept libraries; here are Sprig's rules around them, and the DER and PEM that Go
//! writes. Randomness and time come from the host.

mod certificate;
mod der;
mod keys;
mod password;
mod pem;
mod primes;
mod sieve;
#[cfg(test)]
pub(super) mod testing;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use self::certificate::CertificateValue;
use self::keys::PrivateKey;
use self::password::{bcrypt, decrypt_aes, derive_password, encrypt_aes, htpasswd};
use super::args;
use crate::error::{Error, Result};
use crate::template::{Context, Func};
use crate::value::{Ty, Value};

pub(super) const FUNCS: &[Func] = &[
    Func::new("bcrypt", &[Ty::Str], Ty::Str, bcrypt).weight(BCRYPT),
    Func::new("htpasswd", &[Ty::Str, Ty::Str], Ty::Str, htpasswd).weight(BCRYPT),
    Func::new("derivePassword", &[Ty::Uint32, Ty::Str, Ty::Str, Ty::Str, Ty::Str], Ty::Str, derive_password)
        .weight(SCRYPT),
    Func::new("encryptAES", &[Ty::Str, Ty::Str], Ty::Str, encrypt_aes),
    Func::new("decryptAES", &[Ty::Str, Ty::Str], Ty::Str, decrypt_aes),
    Func::new("genPrivateKey", &[Ty::Str], Ty::Str, gen_private_key),
    Func::new("buildCustomCert", &[Ty::Str, Ty::Str], CERT, certificate::build_custom).weight(1_000),
    Func::new("genCA", &[Ty::Str, Ty::Int], CERT, certificate::gen_ca).weight(RSA),
    Func::new("genCAWithKey", &[Ty::Str, Ty::Int, Ty::Str], CERT, certificate::gen_ca_with_key).weight(SIGN),
    Func::new("genSelfSignedCert", &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int], CERT, certificate::gen_self_signed)
        .weight(RSA),
    Func::new(
        "genSelfSignedCertWithKey",
        &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int, Ty::Str],
        CERT,
        certificate::gen_self_signed_with_key,
    )
    .weight(SIGN),
    Func::new("genSignedCert", &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int, CERT], CERT, certificate::gen_signed)
        .weight(RSA),
    Func::new(
        "genSignedCertWithKey",
        &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int, CERT, Ty::Str],
        CERT,
        certificate::gen_signed_with_key,
    )
    .weight(SIGN),
];

const CERT: Ty = Ty::Object(CertificateValue::TYPE);
/// Steps of about 30 ns: what a call takes where two cores search for the primes of a key.
const RSA: u32 = 1_500_000;
const SIGN: u32 = 200_000;
const BCRYPT: u32 = 2_000_000;
const SCRYPT: u32 = 6_000_000;
const LARGE_RSA: u64 = 15_000_000;
const DSA: u64 = 10_000_000;
const SMALL_KEY: u64 = 20_000;

/// A generator for keys, seeded by the host.
fn key_rng(cx: &dyn Context) -> Result<ChaCha20Rng> {
    let mut seed = [0; 32];
    args::env(cx)?.host.random(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
}

fn gen_private_key(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let kind = args::bytes(args, 0);
    let mut rng = key_rng(cx)?;
    cx.budget().step(match kind {
        b"" | b"rsa" => LARGE_RSA,
        b"dsa" => DSA,
        _ => SMALL_KEY,
    })?;
    let key = match kind {
        b"" | b"rsa" => PrivateKey::generate_rsa_4096(&mut rng),
        b"dsa" => PrivateKey::generate_dsa(&mut rng),
        b"ecdsa" => PrivateKey::generate_p256(&mut rng),
        b"ed25519" => PrivateKey::generate_ed25519(&mut rng),
        other => return Ok(Value::str([b"Unknown type ", other].concat())),
    };
    Ok(Value::str(key.to_pem()))
}

/// A Go error that the engine shows.
fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::func(message))
}
