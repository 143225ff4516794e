//! `genPrivateKey`, and the generator that all keys come from.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::keys::{self, PrivateKey};
use crate::error::{Error, Result};
use crate::funcs::args;
use crate::template::Context;
use crate::value::Value;

const LARGE_RSA: u64 = 15_000_000;
const DSA: u64 = 10_000_000;
const SMALL_KEY: u64 = 20_000;

/// A generator for keys, seeded by the host.
pub(super) fn key_rng(cx: &dyn Context) -> Result<ChaCha20Rng> {
    let mut seed = [0; 32];
    args::env(cx)?.host.random(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
}

/// `genPrivateKey KIND`
pub(super) fn generate(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let kind = args::bytes(args, 0);
    let mut rng = key_rng(cx)?;
    cx.budget().step(match kind {
        b"" | b"rsa" => LARGE_RSA,
        b"dsa" => DSA,
        _ => SMALL_KEY,
    })?;
    let key = match kind {
        b"" | b"rsa" => PrivateKey::generate_rsa(&mut rng, 4096).to_pem(),
        b"dsa" => keys::dsa_pem(&mut rng),
        b"ecdsa" => PrivateKey::generate_p256(&mut rng).to_pem(),
        b"ed25519" => PrivateKey::generate_ed25519(&mut rng).to_pem(),
        other => return Ok(Value::str([b"Unknown type ", other].concat())),
    };
    key.map(Value::str).map_err(Error::func)
}
