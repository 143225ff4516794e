//! Creates X.509 certificates as Sprig does. Go: `crypto/x509` `CreateCertificate`.

use std::any;
use std::net::IpAddr;
use std::rc::Rc;

use der::asn1::{Any, AnyRef, BitString, Ia5String, OctetString};
use der::oid::AssociatedOid;
use der::oid::db::rfc4519::COMMON_NAME;
use der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH};
use der::oid::db::rfc5912::RSA_ENCRYPTION;
use der::{Decode, Encode, Sequence, Tag, Tagged};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, Extensions};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::{Certificate, TbsCertificate, Version};

use super::keys::PrivateKey;
use super::private_key::key_rng;
use super::{CERTIFICATE, fail, pem};
use crate::error::{Error, Result};
use crate::funcs::args;
use crate::funcs::encoding::decode64;
use crate::template::Context;
use crate::value::{List, Object, Str, Value, fmt};

/// The result of certificate functions: the PEM texts of a certificate and its key.
#[derive(Clone, Debug)]
pub(super) struct CertificateValue {
    pub(super) cert: Str,
    pub(super) key: Str,
}

impl CertificateValue {
    fn into_value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

impl Object for CertificateValue {
    fn type_name(&self) -> &'static str {
        CERTIFICATE
    }

    fn as_any(&self) -> &dyn any::Any {
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

/// The content of a certificate. Sprig: `getBaseCertTemplate`.
struct Request {
    serial: SerialNumber,
    subject: Name,
    alternatives: Vec<GeneralName>,
    validity: Validity,
    is_ca: bool,
}

/// The certificate and key that sign another certificate.
struct Signer {
    key: PrivateKey,
    subject: Name,
    key_id: Option<SubjectKeyIdentifier>,
    public: SubjectPublicKeyInfoOwned,
}

/// The signed part. `x509_cert::TbsCertificate` does not support times before 1970, which Go's overflowing durations produce.
#[derive(Sequence)]
struct Body {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    public_key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Extensions,
}

#[derive(Clone, Sequence)]
struct Validity {
    not_before: Any,
    not_after: Any,
}

#[derive(Sequence)]
struct Signed {
    body: Body,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

impl Request {
    /// `names`: whether the second and third arguments are lists of addresses and names.
    fn new(cx: &dyn Context, common_name: &[u8], names: Option<&[Value]>, days: i64) -> Result<Request> {
        let list = |i| names.and_then(|args| args.get(i)).and_then(Value::as_list).map_or(&[][..], List::items);
        let mut alternatives = Vec::new();
        let addresses = list(1).iter().map(|item| address(cx, item)).collect::<Result<Vec<_>>>()?;
        for item in list(2) {
            let Some(name) = item.as_str() else {
                return Err(no_string(cx, "error processing alternate dns name", item));
            };
            let Ok(ascii) = Ia5String::new(&name[..]) else {
                let name = name.to_string_lossy();
                return Err(failed(format!("x509: {name:?} cannot be encoded as an IA5String")));
            };
            alternatives.push(GeneralName::DnsName(ascii));
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
            serial: SerialNumber::new(&serial).map_err(failed)?,
            subject: subject(common_name)?,
            alternatives,
            validity: Validity { not_before: time(seconds)?, not_after: time(end)? },
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
        if let Ok(public) = signer.key.public()
            && !same_key(&public, &signer.public)
        {
            return Err(failed("x509: provided PrivateKey doesn't match parent's PublicKey"));
        }
        let key_id = signer.key_id.as_ref().filter(|_| signer.subject != self.subject);
        self.create(key, &signer.key, &signer.subject, key_id)
    }

    fn create(
        &self,
        key: &PrivateKey,
        signing_key: &PrivateKey,
        issuer: &Name,
        authority: Option<&SubjectKeyIdentifier>,
    ) -> Result<Value> {
        let algorithm = signing_key.signature_algorithm().map_err(failed)?;
        let public_key = key.public().map_err(failed)?;
        let body = Body {
            version: Version::V3,
            serial: self.serial.clone(),
            signature: algorithm.clone(),
            issuer: issuer.clone(),
            validity: self.validity.clone(),
            subject: self.subject.clone(),
            extensions: self.extensions(&public_key, authority).map_err(failed)?,
            public_key,
        };
        let signature = signing_key.sign(&body.to_der().map_err(failed)?).map_err(failed)?;
        let signature = BitString::from_bytes(&signature).map_err(failed)?;
        let signed = Signed { body, algorithm, signature }.to_der().map_err(failed)?;
        let cert = pem::encode("CERTIFICATE", &signed).map_err(failed)?;
        Ok(CertificateValue { cert: cert.into(), key: key.to_pem().map_err(failed)?.into() }.into_value())
    }

    /// The extensions, in Go's order. Go: `buildCertExtensions`.
    fn extensions(
        &self,
        public: &SubjectPublicKeyInfoOwned,
        authority: Option<&SubjectKeyIdentifier>,
    ) -> der::Result<Extensions> {
        let usage = KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment;
        let usage = if self.is_ca { usage | KeyUsages::KeyCertSign } else { usage };
        let mut out = vec![
            extension(true, &KeyUsage(usage))?,
            extension(false, &ExtendedKeyUsage(vec![ID_KP_SERVER_AUTH, ID_KP_CLIENT_AUTH]))?,
            extension(true, &BasicConstraints { ca: self.is_ca, path_len_constraint: None })?,
        ];
        if self.is_ca {
            // RFC 7093, section 2, method 1
            let digest = Sha256::digest(public.subject_public_key.raw_bytes());
            let key_id = OctetString::new(digest.get(..20).unwrap_or_default())?;
            out.push(extension(false, &SubjectKeyIdentifier(key_id))?);
        }
        if let Some(SubjectKeyIdentifier(key_id)) = authority {
            let key_identifier = Some(key_id.clone());
            out.push(extension(
                false,
                &AuthorityKeyIdentifier { key_identifier, ..AuthorityKeyIdentifier::default() },
            )?);
        }
        if !self.alternatives.is_empty() {
            out.push(extension(self.subject.is_empty(), &SubjectAltName(self.alternatives.clone()))?);
        }
        Ok(out)
    }
}

fn extension<T: AssociatedOid + Encode>(critical: bool, value: &T) -> der::Result<Extension> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

/// The error for a certificate that cannot be created.
fn failed(error: impl std::fmt::Display) -> Error {
    Error::func(format!("error creating certificate: {error}"))
}

impl Signer {
    /// The signer in the fifth argument.
    fn from_arg(args: &[Value]) -> Result<Signer> {
        let Some(ca) = args.get(4).and_then(Value::as_object::<CertificateValue>) else {
            return fail("unable to decode certificate");
        };
        let Some(block) = pem::decode(&ca.cert) else { return fail("unable to decode certificate") };
        let parsed = parse(&block.bytes)
            .map_err(|e| Error::func(format!("error parsing certificate: decodedSignerCert.Bytes: {e}")))?;
        let key = PrivateKey::from_pem(&ca.key).map_err(|e| Error::func(format!("error parsing private key: {e}")))?;
        let key_id = parsed.get::<SubjectKeyIdentifier>().ok().flatten().map(|(_, id)| id);
        let key_id = key_id.filter(|id| !id.0.as_bytes().is_empty());
        Ok(Signer { key, key_id, subject: parsed.subject, public: parsed.subject_public_key_info })
    }
}

/// The first byte of a sequence in DER.
const SEQUENCE: u8 = 0x30;

fn parse(bytes: &[u8]) -> Result<TbsCertificate, &'static str> {
    Certificate::from_der(bytes).map(|read| read.tbs_certificate).map_err(|_| {
        // a key is a sequence, as a certificate is, but not of sequences. Go: `x509.parseCertificate`
        match AnyRef::from_der(bytes) {
            Ok(outer) if outer.tag() == Tag::Sequence && outer.value().first() != Some(&SEQUENCE) => {
                "x509: malformed tbs certificate"
            }
            _ => "x509: malformed certificate",
        }
    })
}

fn same_key(own: &SubjectPublicKeyInfoOwned, other: &SubjectPublicKeyInfoOwned) -> bool {
    // the parameters of RSA have no meaning
    let is_rsa = |key: &SubjectPublicKeyInfoOwned| key.algorithm.oid == RSA_ENCRYPTION;
    own.subject_public_key == other.subject_public_key
        && (own.algorithm == other.algorithm || is_rsa(own) && is_rsa(other))
}

fn new_key(cx: &dyn Context) -> Result<PrivateKey> {
    Ok(PrivateKey::generate_rsa(&mut key_rng(cx)?, 2048))
}

fn given_key(text: &[u8]) -> Result<PrivateKey> {
    PrivateKey::from_pem(text).map_err(|error| Error::func(format!("parsing private key: {error}")))
}

/// The bytes of an address: four for IPv4, else sixteen. Sprig: `getNetIPs`.
fn address(cx: &dyn Context, item: &Value) -> Result<GeneralName> {
    let Some(text) = item.as_str() else {
        return Err(no_string(cx, "error parsing ip", item));
    };
    match text.to_str().and_then(|text| text.parse::<IpAddr>().ok()) {
        Some(address) => Ok(GeneralName::from(address.to_canonical())),
        None => fail(format!("error parsing ip: {text}")),
    }
}

/// A name with one part, or an empty one. Go: `pkix.Name.ToRDNSequence`.
fn subject(common_name: &[u8]) -> Result<Name> {
    if common_name.is_empty() {
        return Ok(Name::default());
    }
    let printable =
        |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b' ' | b'\''..=b')' | b'+'..=b'/' | b':' | b'=' | b'?');
    let tag = if common_name.iter().all(printable) {
        Tag::PrintableString
    } else if std::str::from_utf8(common_name).is_ok() {
        Tag::Utf8String
    } else {
        return Err(failed("asn1: string not valid UTF-8"));
    };
    let value = Any::new(tag, common_name).map_err(failed)?;
    let part = RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid: COMMON_NAME, value }]);
    Ok(RdnSequence(vec![part.map_err(failed)?]))
}

/// A time with seconds; from 1950 to 2049 with two digits for the year. Go: `encoding/asn1` `outsideUTCRange`.
fn time(seconds: i64) -> Result<Any> {
    let Ok(moment) = Timestamp::from_second(seconds) else {
        return Err(failed("asn1: structure error: cannot represent time as GeneralizedTime"));
    };
    let moment = moment.to_zoned(TimeZone::UTC);
    let (tag, format) = if (1950..2050).contains(&moment.year()) {
        (Tag::UtcTime, "%y%m%d%H%M%SZ")
    } else {
        (Tag::GeneralizedTime, "%Y%m%d%H%M%SZ")
    };
    Any::new(tag, moment.strftime(format).to_string().as_bytes()).map_err(failed)
}

/// The error for an item that is not a string.
fn no_string(cx: &dyn Context, what: &str, item: &Value) -> Error {
    match fmt::sprint(std::slice::from_ref(item), cx.budget()) {
        Ok(text) => Error::func(format!("{what}: {} is not a string", String::from_utf8_lossy(&text))),
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::funcs::testing::{FakeContext, text};

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
        let mut cx = FakeContext::default();
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
                &mut FakeContext::default(),
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
        let mut cx = FakeContext::default();
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
        for (seconds, tag, text) in [
            (0, Tag::UtcTime, "700101000000Z"),
            (2_524_608_000, Tag::GeneralizedTime, "20500101000000Z"),
            (-1_000_000_000, Tag::GeneralizedTime, "19380424221320Z"),
        ] {
            assert_eq!(time(seconds).unwrap(), Any::new(tag, text.as_bytes()).unwrap());
        }
    }
}
