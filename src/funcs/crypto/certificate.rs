//! X.509 certificates as Sprig makes them. Go: `crypto/x509` `CreateCertificate`.

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::der::{self, Reader, bit_string, element, integer, sequence};
use super::keys::{OID_RSA, PrivateKey, PublicKey};
use super::{fail, key_rng, pem};
use crate::error::{Error, Result};
use crate::funcs::args;
use crate::funcs::encoding::decode64;
use crate::template::Context;
use crate::value::{List, Object, Str, Value, fmt};

/// What certificate functions answer: the PEM texts of a certificate and its key.
#[derive(Clone, Debug)]
pub(super) struct CertificateValue {
    pub(super) cert: Str,
    pub(super) key: Str,
}

impl CertificateValue {
    pub(super) const TYPE: &str = "sprig.certificate";

    fn into_value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

impl Object for CertificateValue {
    fn type_name(&self) -> &'static str {
        CertificateValue::TYPE
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(Value::Str(self.cert.clone())),
            "Key" => Some(Value::Str(self.key.clone())),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", Value::Str(self.cert.clone())), ("Key", Value::Str(self.key.clone()))]
    }
}

/// `buildCustomCert BASE64CERT BASE64KEY`
pub(super) fn build_custom(_cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let Ok(cert) = decode64(args::bytes(args, 0)) else {
        return fail("unable to decode base64 certificate");
    };
    let Ok(key) = decode64(args::bytes(args, 1)) else {
        return fail("unable to decode base64 private key");
    };
    let Some(block) = pem::decode(&cert) else { return fail("unable to decode certificate") };
    if let Err(error) = parse(&block.bytes) {
        return fail(format!("error parsing certificate: decodedCert.Bytes: {error}"));
    }
    if let Err(error) = PrivateKey::from_pem(&key) {
        return fail(format!("error parsing private key: {error}"));
    }
    Ok(CertificateValue { cert: cert.into(), key: key.into() }.into_value())
}

/// `genCA CN DAYS`
pub(super) fn gen_ca(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let request = Request::new(cx, args::bytes(args, 0), None, args::int(args, 1))?;
    let key = new_key(cx)?;
    request.ca().self_signed(&key)
}

/// `genCAWithKey CN DAYS KEY`
pub(super) fn gen_ca_with_key(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let key = given_key(args::bytes(args, 2))?;
    Request::new(cx, args::bytes(args, 0), None, args::int(args, 1))?.ca().self_signed(&key)
}

/// `genSelfSignedCert CN IPS NAMES DAYS`
pub(super) fn gen_self_signed(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let request = Request::new(cx, args::bytes(args, 0), Some(args), args::int(args, 3))?;
    let key = new_key(cx)?;
    request.self_signed(&key)
}

/// `genSelfSignedCertWithKey CN IPS NAMES DAYS KEY`
pub(super) fn gen_self_signed_with_key(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let key = given_key(args::bytes(args, 4))?;
    Request::new(cx, args::bytes(args, 0), Some(args), args::int(args, 3))?.self_signed(&key)
}

/// `genSignedCert CN IPS NAMES DAYS CA`
pub(super) fn gen_signed(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let signer = Signer::from_arg(args)?;
    let request = Request::new(cx, args::bytes(args, 0), Some(args), args::int(args, 3))?;
    let key = new_key(cx)?;
    request.signed(&key, &signer)
}

/// `genSignedCertWithKey CN IPS NAMES DAYS CA KEY`
pub(super) fn gen_signed_with_key(cx: &mut dyn Context, args: &[Value]) -> Result<Value> {
    let key = given_key(args::bytes(args, 5))?;
    let signer = Signer::from_arg(args)?;
    Request::new(cx, args::bytes(args, 0), Some(args), args::int(args, 3))?.signed(&key, &signer)
}

const OID_COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 4, 3];
const OID_KEY_USAGE: &[u8] = &[0x06, 3, 0x55, 0x1D, 15];
const OID_EXTENDED_KEY_USAGE: &[u8] = &[0x06, 3, 0x55, 0x1D, 37];
const OID_BASIC_CONSTRAINTS: &[u8] = &[0x06, 3, 0x55, 0x1D, 19];
const OID_SUBJECT_KEY_ID: &[u8] = &[0x06, 3, 0x55, 0x1D, 14];
const OID_AUTHORITY_KEY_ID: &[u8] = &[0x06, 3, 0x55, 0x1D, 35];
const OID_SUBJECT_ALT_NAME: &[u8] = &[0x06, 3, 0x55, 0x1D, 17];
const OID_SERVER_AUTH: &[u8] = &[0x06, 8, 0x2B, 6, 1, 5, 5, 7, 3, 1];
const OID_CLIENT_AUTH: &[u8] = &[0x06, 8, 0x2B, 6, 1, 5, 5, 7, 3, 2];

/// What a certificate is to say. Sprig: `getBaseCertTemplate`.
struct Request {
    serial: [u8; 16],
    subject: Vec<u8>,
    alternatives: Vec<u8>,
    not_before: Vec<u8>,
    not_after: Vec<u8>,
    is_ca: bool,
}

/// The certificate and key that sign another certificate.
struct Signer {
    key: PrivateKey,
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    public: PublicKey,
}

impl Request {
    /// `names`: the arguments, where the second and third are lists of addresses and names.
    fn new(cx: &dyn Context, common_name: &[u8], names: Option<&[Value]>, days: i64) -> Result<Request> {
        let list = |i| names.and_then(|args| args.get(i)).and_then(Value::as_list).map_or(&[][..], List::items);
        let mut alternatives = Vec::new();
        let mut addresses = Vec::new();
        for item in list(1) {
            addresses.extend(element(0x87, &[&address(cx, item)?]));
        }
        for item in list(2) {
            let Some(name) = item.as_str() else {
                return Err(no_string(cx, "error processing alternate dns name", item));
            };
            if !name.is_ascii() {
                let name = name.to_string_lossy();
                return fail(format!("error creating certificate: x509: {name:?} cannot be encoded as an IA5String"));
            }
            alternatives.extend(element(0x82, &[name]));
        }
        alternatives.extend(addresses);

        let host = &args::env(cx)?.host;
        let mut serial = [0; 16];
        host.random(&mut serial)?;
        let (seconds, nanos) = host.now();
        // Go counts a duration in nanoseconds and lets it overflow
        let lifetime = days.wrapping_mul(24 * 3600 * 1_000_000_000);
        let end = i128::from(seconds) * 1_000_000_000 + i128::from(nanos) + i128::from(lifetime);
        let end = i64::try_from(end.div_euclid(1_000_000_000)).unwrap_or(i64::MAX);
        Ok(Request {
            serial,
            subject: subject(common_name)?,
            alternatives,
            not_before: time(seconds)?,
            not_after: time(end)?,
            is_ca: false,
        })
    }

    fn ca(self) -> Self {
        Request { is_ca: true, ..self }
    }

    fn self_signed(&self, key: &PrivateKey) -> Result<Value> {
        self.create(key, key, &self.subject, None)
    }

    fn signed(&self, key: &PrivateKey, signer: &Signer) -> Result<Value> {
        if let Some(public) = signer.key.public()
            && !same_key(&public, &signer.public)
        {
            return fail("error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
        }
        let key_id = signer.key_id.as_deref().filter(|_| signer.subject != self.subject);
        self.create(key, &signer.key, &signer.subject, key_id)
    }

    fn create(
        &self,
        key: &PrivateKey,
        signing_key: &PrivateKey,
        issuer: &[u8],
        authority_key_id: Option<&[u8]>,
    ) -> Result<Value> {
        let failed = |error: &str| Error::func(format!("error creating certificate: {error}"));
        if signing_key.public().is_none() {
            return Err(failed("x509: certificate private key does not implement crypto.Signer"));
        }
        let Some(public) = key.public() else {
            return Err(failed("x509: unsupported public key type: *dsa.PublicKey"));
        };
        let algorithm = signing_key.signature_algorithm();
        let body = sequence(&[
            &element(0xA0, &[&integer(&[2])]),
            &integer(&self.serial),
            &algorithm,
            issuer,
            &sequence(&[&self.not_before, &self.not_after]),
            &self.subject,
            &sequence(&[&public.algorithm, &bit_string(0, &public.bits)]),
            &element(0xA3, &[&sequence(&[&self.extensions(&public, authority_key_id)])]),
        ]);
        let signature = signing_key.sign(&body).map_err(|error| failed(&error))?;
        let certificate = sequence(&[&body, &algorithm, &bit_string(0, &signature)]);
        Ok(CertificateValue { cert: pem::encode("CERTIFICATE", &certificate).into(), key: key.to_pem().into() }
            .into_value())
    }

    /// The extensions, in Go's order. Go: `buildCertExtensions`.
    fn extensions(&self, public: &PublicKey, authority_key_id: Option<&[u8]>) -> Vec<u8> {
        const CRITICAL: &[u8] = &[0x01, 1, 0xFF];
        let extension = |oid: &[u8], critical: bool, value: &[u8]| {
            let critical = if critical { CRITICAL } else { &[] };
            sequence(&[oid, critical, &element(der::OCTET_STRING, &[value])])
        };
        // digitalSignature, keyEncipherment and, for a CA, keyCertSign
        let usage = if self.is_ca { bit_string(2, &[0xA4]) } else { bit_string(5, &[0xA0]) };
        let basic: &[u8] = if self.is_ca { CRITICAL } else { &[] };
        let mut out = extension(OID_KEY_USAGE, true, &usage);
        out.extend(extension(OID_EXTENDED_KEY_USAGE, false, &sequence(&[OID_SERVER_AUTH, OID_CLIENT_AUTH])));
        out.extend(extension(OID_BASIC_CONSTRAINTS, true, &sequence(&[basic])));
        if self.is_ca {
            // RFC 7093, section 2, method 1
            let digest = Sha256::digest(&public.bits);
            let key_id = digest.get(..20).unwrap_or_default();
            out.extend(extension(OID_SUBJECT_KEY_ID, false, &element(der::OCTET_STRING, &[key_id])));
        }
        if let Some(key_id) = authority_key_id {
            out.extend(extension(OID_AUTHORITY_KEY_ID, false, &sequence(&[&element(0x80, &[key_id])])));
        }
        if !self.alternatives.is_empty() {
            let no_subject = self.subject == sequence(&[]);
            out.extend(extension(OID_SUBJECT_ALT_NAME, no_subject, &sequence(&[&self.alternatives])));
        }
        out
    }
}

impl Signer {
    /// The signer that is the fifth argument.
    fn from_arg(args: &[Value]) -> Result<Signer> {
        let Some(ca) = args.get(4).and_then(Value::as_object::<CertificateValue>) else {
            return fail("unable to decode certificate");
        };
        let Some(block) = pem::decode(&ca.cert) else { return fail("unable to decode certificate") };
        let parsed = parse(&block.bytes)
            .map_err(|e| Error::func(format!("error parsing certificate: decodedSignerCert.Bytes: {e}")))?;
        let key = PrivateKey::from_pem(&ca.key).map_err(|e| Error::func(format!("error parsing private key: {e}")))?;
        Ok(Signer { key, subject: parsed.subject, key_id: parsed.key_id, public: parsed.public })
    }
}

/// What signing needs to know of a certificate.
struct Parsed {
    subject: Vec<u8>,
    key_id: Option<Vec<u8>>,
    public: PublicKey,
}

fn parse(bytes: &[u8]) -> Result<Parsed, &'static str> {
    const MALFORMED: &str = "x509: malformed certificate";
    let certificate = Certificate::from_der(bytes).map_err(|_| MALFORMED)?.tbs_certificate;
    let extensions = certificate.extensions.unwrap_or_default();
    let key_id = extensions
        .iter()
        .find(|extension| extension.extn_id.as_bytes() == OID_SUBJECT_KEY_ID.get(2..).unwrap_or_default())
        .and_then(|extension| Reader::new(extension.extn_value.as_bytes()).next(der::OCTET_STRING))
        .filter(|id| !id.is_empty())
        .map(<[u8]>::to_vec);
    let public = certificate.subject_public_key_info;
    Ok(Parsed {
        subject: certificate.subject.to_der().map_err(|_| MALFORMED)?,
        key_id,
        public: PublicKey {
            algorithm: public.algorithm.to_der().map_err(|_| MALFORMED)?,
            bits: public.subject_public_key.raw_bytes().to_vec(),
        },
    })
}

fn same_key(own: &PublicKey, other: &PublicKey) -> bool {
    // the parameters of RSA say nothing
    let is_rsa = |key: &PublicKey| key.algorithm.get(2..).is_some_and(|rest| rest.starts_with(OID_RSA));
    own.bits == other.bits && (own.algorithm == other.algorithm || is_rsa(own) && is_rsa(other))
}

fn new_key(cx: &dyn Context) -> Result<PrivateKey> {
    Ok(PrivateKey::generate_rsa_2048(&mut key_rng(cx)?))
}

fn given_key(text: &[u8]) -> Result<PrivateKey> {
    PrivateKey::from_pem(text).map_err(|error| Error::func(format!("parsing private key: {error}")))
}

/// The bytes of an address: four, or sixteen where it is no IPv4 address. Sprig: `getNetIPs`.
fn address(cx: &dyn Context, item: &Value) -> Result<Vec<u8>> {
    let Some(text) = item.as_str() else {
        return Err(no_string(cx, "error parsing ip", item));
    };
    match text.to_str().and_then(|text| text.parse().ok()) {
        Some(IpAddr::V4(address)) => Ok(address.octets().to_vec()),
        Some(IpAddr::V6(address)) => {
            Ok(address.to_ipv4_mapped().map_or_else(|| address.octets().to_vec(), |four| four.octets().to_vec()))
        }
        None => fail(format!("error parsing ip: {text}")),
    }
}

/// A name with one part, or an empty one. Go: `pkix.Name.ToRDNSequence`.
fn subject(common_name: &[u8]) -> Result<Vec<u8>> {
    const PRINTABLE_STRING: u8 = 0x13;
    const UTF8_STRING: u8 = 0x0C;
    if common_name.is_empty() {
        return Ok(sequence(&[]));
    }
    let printable =
        |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b' ' | b'\''..=b')' | b'+'..=b'/' | b':' | b'=' | b'?');
    let tag = if common_name.iter().all(printable) {
        PRINTABLE_STRING
    } else if std::str::from_utf8(common_name).is_ok() {
        UTF8_STRING
    } else {
        return fail("error creating certificate: asn1: string not valid UTF-8");
    };
    let part = sequence(&[OID_COMMON_NAME, &element(tag, &[common_name])]);
    Ok(sequence(&[&element(der::SET, &[&part])]))
}

/// A time with seconds; from 1950 to 2049 with two digits for the year. Go: `encoding/asn1` `outsideUTCRange`.
fn time(seconds: i64) -> Result<Vec<u8>> {
    const UTC_TIME: u8 = 0x17;
    const GENERALIZED_TIME: u8 = 0x18;
    let Ok(moment) = Timestamp::from_second(seconds) else {
        return fail("error creating certificate: asn1: structure error: cannot represent time as GeneralizedTime");
    };
    let moment = moment.to_zoned(TimeZone::UTC);
    Ok(if (1950..2050).contains(&moment.year()) {
        element(UTC_TIME, &[moment.strftime("%y%m%d%H%M%SZ").to_string().as_bytes()])
    } else {
        element(GENERALIZED_TIME, &[moment.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()])
    })
}

/// The error of an item that is no string.
fn no_string(cx: &dyn Context, what: &str, item: &Value) -> Error {
    match fmt::sprint(std::slice::from_ref(item), cx.budget()) {
        Ok(text) => Error::func(format!("{what}: {} is not a string", String::from_utf8_lossy(&text))),
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TestContext, text};
    use super::*;
    use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectAltName};

    // made once for these tests
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";

    fn field(value: &Value, name: &str) -> String {
        value.as_object::<CertificateValue>().unwrap().field(name).unwrap().as_str().unwrap().to_string()
    }

    fn certificate(value: &Value) -> Certificate {
        let text = field(value, "Cert");
        Certificate::from_der(&pem::decode(text.as_bytes()).unwrap().bytes).unwrap()
    }

    #[test]
    fn a_ca_signs_a_certificate() {
        let mut cx = TestContext::new();
        let ca = gen_ca(&mut cx, &["my-ca".into(), Value::Int(365)]).unwrap();
        let body = certificate(&ca).tbs_certificate;
        assert_eq!(body.subject.to_string(), "CN=my-ca");
        assert_eq!(body.issuer, body.subject);
        assert_eq!(body.validity.not_before.to_unix_duration().as_secs(), 1_700_000_000);
        assert_eq!(body.validity.not_after.to_unix_duration().as_secs(), 1_700_000_000 + 365 * 86_400);
        let (critical, constraints) = body.get::<BasicConstraints>().unwrap().unwrap();
        assert!(critical && constraints.ca);
        let (_, usage) = body.get::<KeyUsage>().unwrap().unwrap();
        assert_eq!(usage.0, KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment | KeyUsages::KeyCertSign);
        assert!(field(&ca, "Key").starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));

        let ips = Value::list(vec!["10.0.0.1".into(), "::1".into(), "::ffff:1.2.3.4".into()]);
        let names = Value::list(vec!["a.example".into(), "*.b.example".into()]);
        let args = ["*.example".into(), ips, names, Value::Int(1), ca, KEY.into()];
        let signed = gen_signed_with_key(&mut cx, &args).unwrap();
        let signed_body = certificate(&signed).tbs_certificate;
        assert_eq!(signed_body.issuer, body.subject);
        assert_eq!(signed_body.subject.to_string(), "CN=*.example");
        let (_, alternatives) = signed_body.get::<SubjectAltName>().unwrap().unwrap();
        assert_eq!(alternatives.0.len(), 5);
        assert_eq!(field(&signed, "Key"), KEY);
    }

    #[test]
    fn errors_have_sprigs_text() {
        let nothing = || Value::Nil;
        let list = |item: Value| Value::list(vec![item]);
        let self_signed = |ips: Value, names: Value, key: &str| {
            text(gen_self_signed_with_key(
                &mut TestContext::new(),
                &["x".into(), ips, names, Value::Int(30), key.into()],
            ))
        };
        let rows = [
            (self_signed(list("bad-ip".into()), nothing(), KEY), "error parsing ip: bad-ip"),
            (self_signed(list("".into()), nothing(), KEY), "error parsing ip: "),
            (self_signed(list("010.0.0.1".into()), nothing(), KEY), "error parsing ip: 010.0.0.1"),
            (self_signed(list(Value::Int(5)), nothing(), KEY), "error parsing ip: 5 is not a string"),
            (self_signed(list(nothing()), nothing(), KEY), "error parsing ip: <nil> is not a string"),
            (
                self_signed(nothing(), list(Value::Int(1)), KEY),
                "error processing alternate dns name: 1 is not a string",
            ),
            (
                self_signed(nothing(), list("é".into()), KEY),
                "error creating certificate: x509: \"é\" cannot be encoded as an IA5String",
            ),
            (self_signed(nothing(), nothing(), ""), "parsing private key: no PEM data in input"),
        ];
        for (found, expected) in rows {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_ca_with_another_key_does_not_sign() {
        let mut cx = TestContext::new();
        let ca = gen_ca_with_key(&mut cx, &["ca".into(), Value::Int(1), KEY.into()]).unwrap();
        let other = gen_self_signed(&mut cx, &["x".into(), Value::Nil, Value::Nil, Value::Int(1)]).unwrap();
        let mixed = CertificateValue { cert: field(&ca, "Cert").into(), key: field(&other, "Key").into() }.into_value();
        let args = ["x".into(), Value::Nil, Value::Nil, Value::Int(1), mixed, KEY.into()];
        assert_eq!(
            text(gen_signed_with_key(&mut cx, &args)),
            "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey"
        );
    }

    #[test]
    fn times_outside_1950_to_2049_have_four_digits() {
        assert_eq!(time(0).unwrap(), [&[0x17, 13], &b"700101000000Z"[..]].concat());
        assert_eq!(time(2_524_608_000).unwrap(), [&[0x18, 15], &b"20500101000000Z"[..]].concat());
        assert_eq!(time(-1_000_000_000).unwrap(), [&[0x18, 15], &b"19380424221320Z"[..]].concat());
    }
}
