//! Keys, certificates, password hashes, AES. Sprig: `crypto.go`.
//!
//! The algorithms and the formats of keys and certificates come from libraries, with the feature `crypto`. This module adds
//! Sprig's rules. Randomness and time come from the host.

#[cfg(feature = "crypto")]
mod asn1;
#[cfg(feature = "crypto")]
mod certificate;
#[cfg(feature = "crypto")]
mod keys;
#[cfg(feature = "crypto")]
mod password;
#[cfg(feature = "crypto")]
mod pem;
#[cfg(feature = "crypto")]
mod primes;
#[cfg(feature = "crypto")]
mod private_key;

use crate::error::{Error, Result};
use crate::template::Func;
use crate::value::Ty;

/// A row of the table.
#[cfg(feature = "crypto")]
macro_rules! row {
    ($name:literal, $params:expr, $ret:expr, $call:path, $weight:expr) => {
        Func::new($name, $params, $ret, $call).weight($weight)
    };
}

/// A row whose function reports the missing feature.
#[cfg(not(feature = "crypto"))]
macro_rules! row {
    ($name:literal, $params:expr, $ret:expr, $call:path, $weight:expr) => {
        Func::new($name, $params, $ret, |_, _| fail(concat!($name, ": bake was built without the feature `crypto`")))
    };
}

pub(super) const FUNCS: &[Func] = &[
    row!("bcrypt", &[Ty::Str], Ty::Str, password::bcrypt, BCRYPT),
    row!("htpasswd", &[Ty::Str, Ty::Str], Ty::Str, password::htpasswd, BCRYPT),
    row!(
        "derivePassword",
        &[Ty::Uint32, Ty::Str, Ty::Str, Ty::Str, Ty::Str],
        Ty::Str,
        password::derive_password,
        SCRYPT
    ),
    row!("encryptAES", &[Ty::Str, Ty::Str], Ty::Str, password::encrypt_aes, 2),
    row!("decryptAES", &[Ty::Str, Ty::Str], Ty::Str, password::decrypt_aes, 2),
    row!("genPrivateKey", &[Ty::Str], Ty::Str, private_key::generate, 2),
    row!("buildCustomCert", &[Ty::Str, Ty::Str], CERT, certificate::build_custom, 1_000),
    row!("genCA", &[Ty::Str, Ty::Int], CERT, certificate::gen_ca, RSA),
    row!("genCAWithKey", &[Ty::Str, Ty::Int, Ty::Str], CERT, certificate::gen_ca_with_key, SIGN),
    row!("genSelfSignedCert", &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int], CERT, certificate::gen_self_signed, RSA),
    row!(
        "genSelfSignedCertWithKey",
        &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int, Ty::Str],
        CERT,
        certificate::gen_self_signed_with_key,
        SIGN
    ),
    row!("genSignedCert", &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int, CERT], CERT, certificate::gen_signed, RSA),
    row!(
        "genSignedCertWithKey",
        &[Ty::Str, Ty::ListAny, Ty::ListAny, Ty::Int, CERT, Ty::Str],
        CERT,
        certificate::gen_signed_with_key,
        SIGN
    ),
];

/// The name of the result type of certificate functions.
const CERTIFICATE: &str = "sprig.certificate";
const CERT: Ty = Ty::Object(CERTIFICATE);
/// Steps of about 30 ns: the mean cost of a call if two cores search for the primes of a key (`benches/keys.rs`).
#[cfg(feature = "crypto")]
const RSA: u32 = 3_000_000;
#[cfg(feature = "crypto")]
const SIGN: u32 = 200_000;
#[cfg(feature = "crypto")]
const BCRYPT: u32 = 2_000_000;
#[cfg(feature = "crypto")]
const SCRYPT: u32 = 6_000_000;

/// A Go error that the engine shows.
fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::func(message))
}

#[cfg(all(test, not(feature = "crypto")))]
mod tests {
    use super::super::testing::{call, text};

    #[test]
    fn without_the_feature_each_function_names_it() {
        for func in super::FUNCS {
            let expected = format!("{}: bake was built without the feature `crypto`", func.name);
            assert_eq!(text(call(func.name, &[])), expected);
        }
    }
}
