//! Creates, reads, writes and uses private keys. Go: `crypto/x509` `pkcs1.go`, `pkcs8.go`, `sec1.go`.
//!
//! What is written here by hand is Go's treatment of nonstandard keys: its errors, its hints, and secrets of elliptic curves
//! with too many or too few leading zeros.

use der::asn1::{Any, BitStringRef, ObjectIdentifier, OctetStringRef, Uint};
use der::oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, ID_EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP_256_R_1,
    SECP_384_R_1, SECP_521_R_1, SHA_256_WITH_RSA_ENCRYPTION,
};
use der::oid::db::rfc8410::ID_ED_25519;
use der::{Decode, Encode, ErrorKind, Sequence, Tag};
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::SignatureEncoding as _;
use p256::pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfo};
use rand_core::CryptoRngCore;
use rsa::pkcs1::{self, EncodeRsaPrivateKey as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{BigUint, RsaPrivateKey};
use sha2::Sha256;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use super::{asn1, pem, primes};

/// A private key of a type that Go's `crypto/x509` supports, or a DSA key, which cannot sign certificates.
#[derive(Clone, Debug)]
pub(super) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Dsa,
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// Go: `ecPrivateKey`.
#[derive(Sequence)]
struct EcKey<'a> {
    version: i64,
    secret: OctetStringRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    curve: Option<ObjectIdentifier>,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    public: Option<BitStringRef<'a>>,
}

/// Sprig: `DSAKeyFormat`.
#[derive(Sequence)]
struct DsaKey {
    version: i64,
    p: Uint,
    q: Uint,
    g: Uint,
    y: Uint,
    x: Uint,
}

/// Larger RSA keys would take minutes to sign with.
const MAX_RSA_BITS: usize = 16_384;

impl PrivateKey {
    pub(super) fn generate_rsa(rng: &mut impl CryptoRngCore, bits: usize) -> Self {
        PrivateKey::Rsa(Box::new(primes::rsa_key(rng, bits)))
    }

    pub(super) fn generate_p256(rng: &mut impl CryptoRngCore) -> Self {
        PrivateKey::P256(p256::SecretKey::random(rng))
    }

    pub(super) fn generate_ed25519(rng: &mut impl CryptoRngCore) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Reads the first PEM block of a text. Sprig: `parsePrivateKeyPEM`.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, String> {
        let Some(block) = pem::decode(text) else { return Err("no PEM data in input".to_owned()) };
        if block.kind == b"PRIVATE KEY" {
            return pkcs8(&block.bytes).map_err(|e| format!("decoding PEM as PKCS#8: {e}"));
        }
        let kind = String::from_utf8_lossy(block.kind);
        match kind.strip_suffix(" PRIVATE KEY") {
            None => Err(format!("no private key data in PEM block of type {kind}")),
            Some("RSA") => pkcs1(&block.bytes).map_err(|e| format!("parsing RSA private key from PEM: {e}")),
            Some("EC") => sec1(None, &block.bytes).map_err(|e| format!("parsing EC private key from PEM: {e}")),
            Some("DSA") => match read::<DsaKey>(&block.bytes, Format::Dsa) {
                Ok(_) => Ok(PrivateKey::Dsa),
                Err(e) => Err(format!("parsing DSA private key from PEM: {e}")),
            },
            Some(_) => Err(format!("invalid private key type {kind}")),
        }
    }

    /// The PEM block of the key, with the type that Sprig chooses for it. Sprig: `pemBlockForKey`.
    ///
    /// Errors: a DSA key, or an RSA key of more than two primes.
    pub(super) fn to_pem(&self) -> Result<String, String> {
        match self {
            PrivateKey::Rsa(key) => {
                let der = key.to_pkcs1_der().map_err(|e| format!("crypto/rsa: {e}"))?;
                pem::encode("RSA PRIVATE KEY", der.as_bytes())
            }
            PrivateKey::Dsa => Err(NO_SIGNER.to_owned()),
            PrivateKey::P256(key) => self.ec_pem(SECP_256_R_1, &key.to_bytes()),
            PrivateKey::P384(key) => self.ec_pem(SECP_384_R_1, &key.to_bytes()),
            PrivateKey::P521(key) => self.ec_pem(SECP_521_R_1, &key.to_bytes()),
            PrivateKey::Ed25519(key) => {
                let seed = written(&OctetStringRef::new(key.as_bytes()).map_err(|e| e.to_string())?)?;
                let algorithm = AlgorithmIdentifierRef { oid: ID_ED_25519, parameters: None };
                pem::encode("PRIVATE KEY", &written(&PrivateKeyInfo::new(algorithm, &seed))?)
            }
        }
    }

    fn ec_pem(&self, curve: ObjectIdentifier, secret: &[u8]) -> Result<String, String> {
        let public = self.public()?.subject_public_key;
        let key = EcKey {
            version: 1,
            secret: OctetStringRef::new(secret).map_err(|e| e.to_string())?,
            curve: Some(curve),
            public: Some(BitStringRef::from(&public)),
        };
        pem::encode("EC PRIVATE KEY", &written(&key)?)
    }

    /// The public key, in the form for certificates.
    ///
    /// Errors: a DSA key.
    pub(super) fn public(&self) -> Result<SubjectPublicKeyInfoOwned, String> {
        let public = match self {
            PrivateKey::Rsa(key) => SubjectPublicKeyInfoOwned::from_key(key.to_public_key()),
            PrivateKey::Dsa => return Err("x509: unsupported public key type: *dsa.PublicKey".to_owned()),
            PrivateKey::P256(key) => SubjectPublicKeyInfoOwned::from_key(key.public_key()),
            PrivateKey::P384(key) => SubjectPublicKeyInfoOwned::from_key(key.public_key()),
            PrivateKey::P521(key) => SubjectPublicKeyInfoOwned::from_key(key.public_key()),
            PrivateKey::Ed25519(key) => SubjectPublicKeyInfoOwned::from_key(key.verifying_key()),
        };
        public.map_err(|e| e.to_string())
    }

    /// The algorithm with which the key signs. Go: `signingParamsForKey`.
    ///
    /// Errors: a DSA key.
    pub(super) fn signature_algorithm(&self) -> Result<AlgorithmIdentifierOwned, String> {
        let (oid, parameters) = match self {
            PrivateKey::Rsa(_) => (SHA_256_WITH_RSA_ENCRYPTION, Some(Any::null())),
            PrivateKey::Dsa => return Err(NO_SIGNER.to_owned()),
            PrivateKey::P256(_) => (ECDSA_WITH_SHA_256, None),
            PrivateKey::P384(_) => (ECDSA_WITH_SHA_384, None),
            PrivateKey::P521(_) => (ECDSA_WITH_SHA_512, None),
            PrivateKey::Ed25519(_) => (ID_ED_25519, None),
        };
        Ok(AlgorithmIdentifierOwned { oid, parameters })
    }

    /// Signs a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("crypto: {error}");
        match self {
            PrivateKey::Rsa(key) => {
                if key.n().bits() < 1024 {
                    return Err(format!(
                        "crypto/rsa: {}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
                        key.n().bits()
                    ));
                }
                let signer = rsa::pkcs1v15::SigningKey::<Sha256>::new(RsaPrivateKey::clone(key));
                signer.try_sign(message).map(|signature| signature.to_vec()).map_err(|e| failed(&e))
            }
            PrivateKey::Dsa => Err(NO_SIGNER.to_owned()),
            PrivateKey::P256(key) => {
                let signature: p256::ecdsa::Signature =
                    p256::ecdsa::SigningKey::from(key).try_sign(message).map_err(|e| failed(&e))?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            PrivateKey::P384(key) => {
                let signature: p384::ecdsa::Signature =
                    p384::ecdsa::SigningKey::from(key).try_sign(message).map_err(|e| failed(&e))?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            PrivateKey::P521(key) => {
                let signer = p521::ecdsa::SigningKey::from_bytes(&key.to_bytes()).map_err(|e| failed(&e))?;
                let signature: p521::ecdsa::Signature = signer.try_sign(message).map_err(|e| failed(&e))?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            PrivateKey::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
        }
    }
}

const NO_SIGNER: &str = "x509: certificate private key does not implement crypto.Signer";

fn written(value: &impl Encode) -> Result<Vec<u8>, String> {
    value.to_der().map_err(|e| e.to_string())
}

#[allow(clippy::many_single_char_names)] // the names that RSA gives them
fn pkcs1(bytes: &[u8]) -> Result<PrivateKey, String> {
    let key: pkcs1::RsaPrivateKey<'_> = read(bytes, Format::Pkcs1)?;
    let (n, e, d) = (key.modulus, key.public_exponent, key.private_exponent);
    let (p, q) = (key.prime1, key.prime2);
    if [n, d, p, q, key.exponent1, key.exponent2, key.coefficient].iter().any(|number| number.as_bytes() == [0]) {
        return Err("x509: private key contains zero or negative value".to_owned());
    }
    let number = |number: der::asn1::UintRef<'_>| BigUint::from_bytes_be(number.as_bytes());
    if number(n).bits() > MAX_RSA_BITS {
        return Err(format!("crypto/rsa: keys of more than {MAX_RSA_BITS} bits are not supported"));
    }
    let more = key.other_prime_infos.into_iter().flatten().map(|other| other.prime);
    let primes = [p, q].into_iter().chain(more).map(number).collect();
    match RsaPrivateKey::from_components(number(n), number(e), number(d), primes) {
        Ok(key) => Ok(PrivateKey::Rsa(Box::new(key))),
        Err(_) => Err("crypto/rsa: invalid private key".to_owned()),
    }
}

fn sec1(curve: Option<ObjectIdentifier>, bytes: &[u8]) -> Result<PrivateKey, String> {
    let key: EcKey<'_> = read(bytes, Format::Sec1)?;
    if key.version != 1 {
        return Err(format!("x509: unknown EC private key version {}", key.version));
    }
    let curve = curve.or(key.curve);
    let size = match curve {
        Some(SECP_256_R_1) => 32,
        Some(SECP_384_R_1) => 48,
        Some(SECP_521_R_1) => 66,
        _ => return Err("x509: unknown elliptic curve".to_owned()),
    };
    // some programs add leading zeros to the number, some omit its own
    let secret = key.secret.as_bytes();
    let skip = secret.len().saturating_sub(size);
    if secret.iter().take(skip).any(|b| *b != 0) {
        return Err("x509: invalid private key length".to_owned());
    }
    let secret = secret.get(skip..).unwrap_or_default();
    let secret = [vec![0; size - secret.len()], secret.to_vec()].concat();
    let key = match curve {
        Some(SECP_256_R_1) => p256::SecretKey::from_slice(&secret).map(PrivateKey::P256),
        Some(SECP_384_R_1) => p384::SecretKey::from_slice(&secret).map(PrivateKey::P384),
        _ => p521::SecretKey::from_slice(&secret).map(PrivateKey::P521),
    };
    key.map_err(|_| "ecdsa: private key scalar is zero or not less than the order".to_owned())
}

fn pkcs8(bytes: &[u8]) -> Result<PrivateKey, String> {
    let PrivateKeyInfo { algorithm, private_key, .. } = read(bytes, Format::Pkcs8)?;
    match algorithm.oid {
        RSA_ENCRYPTION => {
            pkcs1(private_key).map_err(|e| format!("x509: failed to parse RSA private key embedded in PKCS#8: {e}"))
        }
        ID_EC_PUBLIC_KEY => {
            let curve = algorithm.parameters.and_then(|parameters| parameters.decode_as().ok());
            sec1(curve, private_key)
                .map_err(|e| format!("x509: failed to parse EC private key embedded in PKCS#8: {e}"))
        }
        ID_ED_25519 if algorithm.parameters.is_some() => Err("x509: invalid Ed25519 private key parameters".to_owned()),
        ID_ED_25519 => match OctetStringRef::from_der(private_key) {
            Err(_) => Err("x509: invalid Ed25519 private key: asn1: syntax error: sequence truncated".to_owned()),
            Ok(seed) => match <[u8; 32]>::try_from(seed.as_bytes()) {
                Ok(seed) => Ok(PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))),
                Err(_) => Err(format!("x509: invalid Ed25519 private key length: {}", seed.as_bytes().len())),
            },
        },
        other => Err(format!("x509: PKCS#8 wrapping contained private key with unknown algorithm: {other}")),
    }
}

/// The format of a key, by the name of its type in Go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Pkcs1,
    Pkcs8,
    Sec1,
    Dsa,
}

/// Parses a key in a format. Trailing data is an error only in PKCS #1.
///
/// Errors: Go's text.
fn read<'a, T: Decode<'a>>(bytes: &'a [u8], format: Format) -> Result<T, String> {
    let (type_name, prefix) = match format {
        Format::Pkcs1 => ("pkcs1PrivateKey", ""),
        Format::Pkcs8 => ("pkcs8", ""),
        Format::Sec1 => ("ecPrivateKey", "x509: failed to parse EC private key: "),
        Format::Dsa => ("DSAKeyFormat", ""),
    };
    let (key, rest) = asn1::sequence(bytes, type_name).map_err(|e| format!("{prefix}{e}"))?;
    let read = T::from_der(key).map_err(|error| match (other_format(key, format), error.kind()) {
        (Some(hint), _) => hint,
        (None, ErrorKind::Value { tag: Tag::Integer }) if format == Format::Pkcs1 => {
            "x509: unsupported private key version".to_owned()
        }
        (None, _) => format!("{prefix}asn1: syntax error: sequence truncated"),
    });
    match rest {
        [_, ..] if read.is_ok() && format == Format::Pkcs1 => Err("asn1: syntax error: trailing data".to_owned()),
        _ => read,
    }
}

/// Go's hint if the key is valid, but in another format than that of its PEM block.
fn other_format(key: &[u8], wanted: Format) -> Option<String> {
    let others = [
        (Format::Sec1, EcKey::from_der(key).is_ok(), "ParseECPrivateKey"),
        (Format::Pkcs8, PrivateKeyInfo::from_der(key).is_ok(), "ParsePKCS8PrivateKey"),
        (Format::Pkcs1, pkcs1::RsaPrivateKey::from_der(key).is_ok(), "ParsePKCS1PrivateKey"),
    ];
    let is_other = |format| wanted != Format::Dsa && wanted != format;
    let (_, _, function) = others.into_iter().find(|(format, is_it, _)| *is_it && is_other(*format))?;
    Some(format!("x509: failed to parse private key (use {function} instead for this key format)"))
}

/// The PEM block of a new DSA key.
pub(super) fn dsa_pem(rng: &mut impl CryptoRngCore) -> Result<String, String> {
    let primes::DsaNumbers { p, q, g, y, x } = primes::dsa_key(rng);
    let number = |number: &BigUint| Uint::new(&number.to_bytes_be()).map_err(|e| e.to_string());
    let key = DsaKey { version: 0, p: number(&p)?, q: number(&q)?, g: number(&g)?, y: number(&y)?, x: number(&x)? };
    pem::encode("DSA PRIVATE KEY", &written(&key)?)
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn keys_survive_pem() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
        let keys = [
            ("RSA PRIVATE KEY", PrivateKey::generate_rsa(&mut rng, 2048)),
            ("EC PRIVATE KEY", PrivateKey::generate_p256(&mut rng)),
            ("EC PRIVATE KEY", PrivateKey::P384(p384::SecretKey::random(&mut rng))),
            ("EC PRIVATE KEY", PrivateKey::P521(p521::SecretKey::random(&mut rng))),
            ("PRIVATE KEY", PrivateKey::generate_ed25519(&mut rng)),
        ];
        for (kind, key) in keys {
            let text = key.to_pem().unwrap();
            assert!(text.starts_with(&format!("-----BEGIN {kind}-----\n")), "{text}");
            let read = PrivateKey::from_pem(text.as_bytes()).unwrap();
            assert_eq!(read.to_pem().unwrap(), text);
            assert_eq!(read.public(), key.public());
            assert!(!key.sign(b"message").unwrap().is_empty());
        }
    }

    #[test]
    fn wrong_keys_have_gos_text() {
        let block = |kind: &str, bytes: &[u8]| pem::encode(kind, bytes).unwrap();
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
        let ec = pem::decode(PrivateKey::generate_p256(&mut rng).to_pem().unwrap().as_bytes()).unwrap().bytes;
        let rows = [
            (String::new(), "no PEM data in input"),
            (block("FOO", &[0; 3]), "no private key data in PEM block of type FOO"),
            (block("FOO PRIVATE KEY", &[0; 3]), "invalid private key type FOO PRIVATE KEY"),
            (
                block("RSA PRIVATE KEY", &[0; 3]),
                "parsing RSA private key from PEM: asn1: structure error: tags don't match (16 vs {class:0 tag:0 length:0 isCompound:false}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} pkcs1PrivateKey @2",
            ),
            (
                block("EC PRIVATE KEY", &[0; 3]),
                "parsing EC private key from PEM: x509: failed to parse EC private key: asn1: structure error: tags don't match (16 vs {class:0 tag:0 length:0 isCompound:false}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} ecPrivateKey @2",
            ),
            (
                block("PRIVATE KEY", &ec),
                "decoding PEM as PKCS#8: x509: failed to parse private key (use ParseECPrivateKey instead for this key format)",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(PrivateKey::from_pem(text.as_bytes()).unwrap_err(), expected);
        }
    }

    /// Reads a key and uses it, for its panics.
    fn read_and_use(kind: &str, bytes: &[u8]) {
        if let Ok(key) = PrivateKey::from_pem(pem::encode(kind, bytes).unwrap().as_bytes()) {
            let _ = key.sign(b"message");
            let _ = (key.public(), key.to_pem());
        }
    }

    #[test]
    fn broken_keys_do_not_panic() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([2; 32]);
        let keys = [
            ("RSA PRIVATE KEY", PrivateKey::generate_rsa(&mut rng, 2048), 67),
            ("EC PRIVATE KEY", PrivateKey::generate_p256(&mut rng), 1),
            ("PRIVATE KEY", PrivateKey::generate_ed25519(&mut rng), 1),
        ];
        for (kind, key, step) in keys {
            let bytes = pem::decode(key.to_pem().unwrap().as_bytes()).unwrap().bytes;
            for at in (0..bytes.len()).step_by(step) {
                let mut changed = bytes.clone();
                changed[at] = changed[at].wrapping_add(0x7F);
                read_and_use(kind, &changed);
                read_and_use(kind, &bytes[..at]);
            }
        }
        // n, e, d, p, q, dp, dq, qinv
        for numbers in
            [[15, 3, 3, 3, 5, 1, 3, 2], [1, 1, 1, 1, 1, 1, 1, 1], [16, 3, 3, 4, 4, 1, 1, 1], [6, 5, 5, 2, 3, 1, 1, 1]]
        {
            read_and_use("RSA PRIVATE KEY", &written(&[0].into_iter().chain(numbers).collect::<Vec<u8>>()).unwrap());
        }
        let zeros = written(&vec![0_u8; 9]).unwrap();
        read_and_use("RSA PRIVATE KEY", &zeros);
        read_and_use("DSA PRIVATE KEY", &zeros);
    }
}
