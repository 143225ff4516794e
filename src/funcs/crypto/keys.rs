//! Private keys: making, reading, writing, signing. Go: `crypto/x509` `pkcs1.go`, `pkcs8.go`, `sec1.go`.

use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::SignatureEncoding as _;
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use rand_core::CryptoRngCore;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BigUint, RsaPrivateKey};
use sha2::Sha256;

use super::der::{self, Reader, bit_string, element, integer, sequence};
use super::pem;
use super::primes::{self, DsaKey};

/// A private key of a kind that Go's `crypto/x509` knows, or a DSA key.
#[derive(Clone, Debug)]
pub(super) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Dsa(Box<DsaKey>),
    P256(p256::SecretKey),
    P384(p384::SecretKey),
    P521(p521::SecretKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// How a certificate names a key: its algorithm as DER, and its bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    pub(super) algorithm: Vec<u8>,
    pub(super) bits: Vec<u8>,
}

pub(super) const OID_RSA: &[u8] = &[0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
const OID_SHA256_RSA: &[u8] = &[0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11];
const OID_ECDSA: &[u8] = &[0x06, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
const OID_ECDSA_SHA256: &[u8] = &[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
const OID_ECDSA_SHA384: &[u8] = &[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3];
const OID_ECDSA_SHA512: &[u8] = &[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 4];
const OID_ED25519: &[u8] = &[0x06, 3, 0x2B, 0x65, 0x70];
const OID_P256: &[u8] = &[0x06, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
const OID_P384: &[u8] = &[0x06, 5, 0x2B, 0x81, 0x04, 0x00, 0x22];
const OID_P521: &[u8] = &[0x06, 5, 0x2B, 0x81, 0x04, 0x00, 0x23];

/// Larger RSA keys would take minutes to sign with.
const MAX_RSA_BITS: usize = 16_384;

impl PrivateKey {
    pub(super) fn generate_rsa_2048(rng: &mut impl CryptoRngCore) -> Self {
        PrivateKey::Rsa(Box::new(primes::rsa_2048(rng)))
    }

    pub(super) fn generate_rsa_4096(rng: &mut impl CryptoRngCore) -> Self {
        PrivateKey::Rsa(Box::new(primes::rsa_4096(rng)))
    }

    pub(super) fn generate_dsa(rng: &mut impl CryptoRngCore) -> Self {
        PrivateKey::Dsa(Box::new(primes::dsa_key(rng)))
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
            Some("DSA") => dsa(&block.bytes).map_err(|e| format!("parsing DSA private key from PEM: {e}")),
            Some(_) => Err(format!("invalid private key type {kind}")),
        }
    }

    /// The PEM block of the key, with the type that Sprig chooses for it. Sprig: `pemBlockForKey`.
    pub(super) fn to_pem(&self) -> String {
        match self {
            PrivateKey::Rsa(key) => pem::encode("RSA PRIVATE KEY", &write_pkcs1(key)),
            PrivateKey::Dsa(key) => {
                let numbers = [&key.p, &key.q, &key.g, &key.y, &key.x].map(number).concat();
                pem::encode("DSA PRIVATE KEY", &sequence(&[&integer(&[]), &numbers]))
            }
            PrivateKey::P256(key) => self.ec_pem(OID_P256, &key.to_bytes()),
            PrivateKey::P384(key) => self.ec_pem(OID_P384, &key.to_bytes()),
            PrivateKey::P521(key) => self.ec_pem(OID_P521, &key.to_bytes()),
            PrivateKey::Ed25519(key) => {
                let seed = element(der::OCTET_STRING, &[key.as_bytes()]);
                let wrapped = element(der::OCTET_STRING, &[&seed]);
                pem::encode("PRIVATE KEY", &sequence(&[&integer(&[]), &sequence(&[OID_ED25519]), &wrapped]))
            }
        }
    }

    /// The key's public half; a DSA key has none that a certificate could hold.
    pub(super) fn public(&self) -> Option<PublicKey> {
        let ec =
            |curve: &[u8], bits: &[u8]| PublicKey { algorithm: sequence(&[OID_ECDSA, curve]), bits: bits.to_vec() };
        Some(match self {
            PrivateKey::Rsa(key) => PublicKey {
                algorithm: sequence(&[OID_RSA, der::NULL]),
                bits: sequence(&[&number(key.n()), &number(key.e())]),
            },
            PrivateKey::Dsa(_) => return None,
            PrivateKey::P256(key) => ec(OID_P256, key.public_key().to_encoded_point(false).as_bytes()),
            PrivateKey::P384(key) => ec(OID_P384, key.public_key().to_encoded_point(false).as_bytes()),
            PrivateKey::P521(key) => ec(OID_P521, key.public_key().to_encoded_point(false).as_bytes()),
            PrivateKey::Ed25519(key) => {
                PublicKey { algorithm: sequence(&[OID_ED25519]), bits: key.verifying_key().to_bytes().to_vec() }
            }
        })
    }

    /// The algorithm, as DER, with which the key signs. Go: `signingParamsForKey`.
    pub(super) fn signature_algorithm(&self) -> Vec<u8> {
        match self {
            PrivateKey::Rsa(_) => sequence(&[OID_SHA256_RSA, der::NULL]),
            PrivateKey::P384(_) => sequence(&[OID_ECDSA_SHA384]),
            PrivateKey::P521(_) => sequence(&[OID_ECDSA_SHA512]),
            PrivateKey::P256(_) | PrivateKey::Dsa(_) => sequence(&[OID_ECDSA_SHA256]),
            PrivateKey::Ed25519(_) => sequence(&[OID_ED25519]),
        }
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
            PrivateKey::Dsa(_) => Err("x509: certificate private key does not implement crypto.Signer".to_owned()),
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

    fn ec_pem(&self, curve: &[u8], secret: &[u8]) -> String {
        let public = self.public().map(|public| public.bits).unwrap_or_default();
        let der = sequence(&[
            &integer(&[1]),
            &element(der::OCTET_STRING, &[secret]),
            &element(0xA0, &[curve]),
            &element(0xA1, &[&bit_string(0, &public)]),
        ]);
        pem::encode("EC PRIVATE KEY", &der)
    }
}

fn number(n: &BigUint) -> Vec<u8> {
    integer(&n.to_bytes_be())
}

fn write_pkcs1(key: &RsaPrivateKey) -> Vec<u8> {
    let mut numbers = vec![integer(if key.primes().len() > 2 { &[1] } else { &[] })];
    numbers.extend([key.n(), key.e(), key.d()].map(number));
    numbers.extend(key.primes().iter().take(2).map(number));
    numbers.extend([key.dp(), key.dq()].into_iter().flatten().map(number));
    numbers.extend(key.crt_coefficient().as_ref().map(number));
    sequence(&[&numbers.concat()])
}

fn pkcs1(bytes: &[u8]) -> Result<PrivateKey, String> {
    let content = match der::open_sequence(bytes, "pkcs1PrivateKey") {
        Ok(content) => content,
        Err(error) => return Err(other_format(bytes, Format::Pkcs1).unwrap_or(error)),
    };
    let mut reader = Reader::new(content);
    let Some(version) = reader.integer() else {
        return Err(malformed(bytes, Format::Pkcs1, "asn1: structure error: integer not minimally-encoded"));
    };
    let mut numbers: Vec<BigUint> = Vec::with_capacity(8);
    while numbers.len() < 8 {
        let Some(digits) = reader.integer() else {
            return Err(malformed(bytes, Format::Pkcs1, "asn1: syntax error: sequence truncated"));
        };
        numbers.push(BigUint::from_bytes_be(digits));
    }
    if !matches!(version, [] | [1]) {
        return Err("x509: unsupported private key version".to_owned());
    }
    if numbers.iter().any(|n| *n == BigUint::default()) {
        return Err("x509: private key contains zero or negative value".to_owned());
    }
    let mut numbers = numbers.into_iter();
    let mut next = || numbers.next().unwrap_or_default();
    let (modulus, exponent, secret) = (next(), next(), next());
    let mut primes = vec![next(), next()];
    if modulus.bits() > MAX_RSA_BITS {
        return Err(format!("crypto/rsa: keys of more than {MAX_RSA_BITS} bits are not supported"));
    }
    if let Some(more) = reader.next(der::SEQUENCE) {
        let mut more = Reader::new(more);
        while let Some(other) = more.next(der::SEQUENCE) {
            primes.push(BigUint::from_bytes_be(Reader::new(other).integer().unwrap_or_default()));
        }
    }
    match RsaPrivateKey::from_components(modulus, exponent, secret, primes) {
        Ok(key) => Ok(PrivateKey::Rsa(Box::new(key))),
        Err(_) => Err("crypto/rsa: invalid private key".to_owned()),
    }
}

fn sec1(curve: Option<&[u8]>, bytes: &[u8]) -> Result<PrivateKey, String> {
    let prefix = "x509: failed to parse EC private key: ";
    let content = match der::open_sequence(bytes, "ecPrivateKey") {
        Ok(content) => content,
        Err(error) => return Err(other_format(bytes, Format::Sec1).unwrap_or_else(|| format!("{prefix}{error}"))),
    };
    let mut reader = Reader::new(content);
    let (Some(version), Some(secret)) = (reader.integer(), reader.next(der::OCTET_STRING)) else {
        return Err(malformed(bytes, Format::Sec1, &format!("{prefix}asn1: syntax error: sequence truncated")));
    };
    if version != [1] {
        let version = version.iter().fold(0_i64, |n, b| n.wrapping_shl(8) | i64::from(*b));
        return Err(format!("x509: unknown EC private key version {version}"));
    }
    let curve = curve.or_else(|| reader.next(0xA0)).unwrap_or_default();
    let size = match curve {
        OID_P256 => 32,
        OID_P384 => 48,
        OID_P521 => 66,
        _ => return Err("x509: unknown elliptic curve".to_owned()),
    };
    // some write zeros before the number, some leave its own zeros out
    let skip = secret.len().saturating_sub(size);
    if secret.iter().take(skip).any(|b| *b != 0) {
        return Err("x509: invalid private key length".to_owned());
    }
    let secret = secret.get(skip..).unwrap_or_default();
    let secret = [vec![0; size - secret.len()], secret.to_vec()].concat();
    let key = match curve {
        OID_P256 => p256::SecretKey::from_slice(&secret).map(PrivateKey::P256),
        OID_P384 => p384::SecretKey::from_slice(&secret).map(PrivateKey::P384),
        _ => p521::SecretKey::from_slice(&secret).map(PrivateKey::P521),
    };
    key.map_err(|_| "ecdsa: private key scalar is zero or not less than the order".to_owned())
}

fn pkcs8(bytes: &[u8]) -> Result<PrivateKey, String> {
    let content = match der::open_sequence(bytes, "pkcs8") {
        Ok(content) => content,
        Err(error) => return Err(other_format(bytes, Format::Pkcs8).unwrap_or(error)),
    };
    let mut reader = Reader::new(content);
    let (Some(_), Some(algorithm), Some(key)) =
        (reader.integer(), reader.next(der::SEQUENCE), reader.next(der::OCTET_STRING))
    else {
        return Err(malformed(bytes, Format::Pkcs8, "asn1: syntax error: sequence truncated"));
    };
    let split = algorithm.get(1).map_or(0, |length| 2 + usize::from(*length));
    let (oid, parameters) = algorithm.split_at_checked(split).unwrap_or((algorithm, &[]));
    match oid {
        OID_RSA => pkcs1(key).map_err(|e| format!("x509: failed to parse RSA private key embedded in PKCS#8: {e}")),
        OID_ECDSA => {
            let curve = (parameters.first() == Some(&0x06)).then_some(parameters);
            sec1(curve, key).map_err(|e| format!("x509: failed to parse EC private key embedded in PKCS#8: {e}"))
        }
        OID_ED25519 if !parameters.is_empty() => Err("x509: invalid Ed25519 private key parameters".to_owned()),
        OID_ED25519 => match Reader::new(key).next(der::OCTET_STRING) {
            None => Err("x509: invalid Ed25519 private key: asn1: syntax error: sequence truncated".to_owned()),
            Some(seed) => match <[u8; 32]>::try_from(seed) {
                Ok(seed) => Ok(PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))),
                Err(_) => Err(format!("x509: invalid Ed25519 private key length: {}", seed.len())),
            },
        },
        _ => Err(format!(
            "x509: PKCS#8 wrapping contained private key with unknown algorithm: {}",
            oid_text(oid.get(2..).unwrap_or_default())
        )),
    }
}

fn dsa(bytes: &[u8]) -> Result<PrivateKey, String> {
    let mut reader = Reader::new(der::open_sequence(bytes, "DSAKeyFormat")?);
    let mut next = || match reader.integer() {
        Some(digits) => Ok(BigUint::from_bytes_be(digits)),
        None => Err("asn1: syntax error: sequence truncated".to_owned()),
    };
    next()?;
    Ok(PrivateKey::Dsa(Box::new(DsaKey { p: next()?, q: next()?, g: next()?, y: next()?, x: next()? })))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Pkcs1,
    Pkcs8,
    Sec1,
}

fn malformed(bytes: &[u8], wanted: Format, error: &str) -> String {
    other_format(bytes, wanted).unwrap_or_else(|| error.to_owned())
}

/// Go's hint when the key is fine, but in another format than its PEM block says.
fn other_format(bytes: &[u8], wanted: Format) -> Option<String> {
    let looks_like = |format| {
        let Some(content) = Reader::new(bytes).next(der::SEQUENCE) else { return false };
        let mut reader = Reader::new(content);
        let has_version = reader.integer().is_some();
        has_version
            && match format {
                Format::Pkcs1 => (0..8).all(|_| reader.integer().is_some()),
                Format::Pkcs8 => reader.next(der::SEQUENCE).is_some() && reader.next(der::OCTET_STRING).is_some(),
                Format::Sec1 => reader.next(der::OCTET_STRING).is_some(),
            }
    };
    let (format, function) = [
        (Format::Sec1, "ParseECPrivateKey"),
        (Format::Pkcs8, "ParsePKCS8PrivateKey"),
        (Format::Pkcs1, "ParsePKCS1PrivateKey"),
    ]
    .into_iter()
    .find(|(format, _)| *format != wanted && looks_like(*format))?;
    debug_assert!(format != wanted);
    Some(format!("x509: failed to parse private key (use {function} instead for this key format)"))
}

fn oid_text(content: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number: u64 = 0;
    for byte in content {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= 40 * first;
            }
            numbers.push(number);
            number = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;

    #[test]
    fn keys_survive_pem() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
        let keys = [
            ("RSA PRIVATE KEY", PrivateKey::generate_rsa_2048(&mut rng)),
            ("EC PRIVATE KEY", PrivateKey::generate_p256(&mut rng)),
            ("EC PRIVATE KEY", PrivateKey::P384(p384::SecretKey::random(&mut rng))),
            ("EC PRIVATE KEY", PrivateKey::P521(p521::SecretKey::random(&mut rng))),
            ("PRIVATE KEY", PrivateKey::generate_ed25519(&mut rng)),
        ];
        for (kind, key) in keys {
            let text = key.to_pem();
            assert!(text.starts_with(&format!("-----BEGIN {kind}-----\n")), "{text}");
            let read = PrivateKey::from_pem(text.as_bytes()).unwrap();
            assert_eq!(read.to_pem(), text);
            assert_eq!(read.public(), key.public());
            assert!(!key.sign(b"message").unwrap().is_empty());
        }
    }

    #[test]
    fn wrong_keys_have_gos_text() {
        let block = |kind: &str, bytes: &[u8]| pem::encode(kind, bytes);
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
        let ec = pem::decode(PrivateKey::generate_p256(&mut rng).to_pem().as_bytes()).unwrap().bytes;
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
        if let Ok(key) = PrivateKey::from_pem(pem::encode(kind, bytes).as_bytes()) {
            let _ = key.sign(b"message");
            let _ = (key.public(), key.to_pem());
        }
    }

    #[test]
    fn broken_keys_do_not_panic() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([2; 32]);
        let keys = [
            ("RSA PRIVATE KEY", PrivateKey::generate_rsa_2048(&mut rng), 67),
            ("EC PRIVATE KEY", PrivateKey::generate_p256(&mut rng), 1),
            ("PRIVATE KEY", PrivateKey::generate_ed25519(&mut rng), 1),
        ];
        for (kind, key, step) in keys {
            let bytes = pem::decode(key.to_pem().as_bytes()).unwrap().bytes;
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
            let numbers = numbers.map(|n| integer(&[n])).concat();
            read_and_use("RSA PRIVATE KEY", &sequence(&[&integer(&[]), &numbers]));
        }
        let zeros = integer(&[]).repeat(9);
        read_and_use("RSA PRIVATE KEY", &sequence(&[&zeros]));
        read_and_use("DSA PRIVATE KEY", &sequence(&[&zeros]));
    }
}
