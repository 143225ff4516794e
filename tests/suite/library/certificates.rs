//! Keys and certificates that templates make, looked at by another implementation.

use std::sync::Arc;
use std::time::Duration;

use bake::chart::File;
use bake::host::FixedHost;
use bake::{Bake, Chart, Limits};
use ring::rsa::KeyPair;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// When the bakes run.
const NOW: i64 = 1_700_000_000;
const DAY: u64 = 86_400;

/// What a template makes of a chart without values: a text for each name of the dict `$out`.
fn render(template: &str) -> serde_json::Map<String, serde_json::Value> {
    let file = |name: &str, text: &str| File { name: name.to_owned(), data: text.into() };
    let text = format!("{{{{- $out := dict }}}}{template}{{{{ toJson $out }}}}");
    let files = vec![file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"), file("templates/t.yaml", &text)];
    let chart = Chart::from_files(files, &Limits::helm()).unwrap();
    let bake = Bake::new(&chart).host(Arc::new(FixedHost::new((NOW, 0), 7)));
    let rendered = bake.prepare().unwrap().render_files().unwrap();
    serde_json::from_slice(&rendered[0].text).unwrap()
}

/// The bytes of a PEM block with this label.
fn pem(text: &serde_json::Value, label: &str) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let text = text.strip_prefix(&format!("-----BEGIN {label}-----\n")).unwrap();
    let text = text.strip_suffix(&format!("-----END {label}-----\n")).unwrap();
    data_encoding::BASE64.decode(text.replace('\n', "").as_bytes()).unwrap()
}

fn certificate(text: &serde_json::Value) -> CertificateDer<'static> {
    pem(text, "CERTIFICATE").into()
}

/// Whether `leaf` is a server's certificate signed by `ca`, some days from now.
fn verify(leaf: &CertificateDer<'_>, ca: &CertificateDer<'_>, days: u64) -> Result<(), Error> {
    let anchors = [anchor_from_trusted_cert(ca).unwrap()];
    let time = UnixTime::since_unix_epoch(Duration::from_secs(NOW.unsigned_abs() + days * DAY));
    let leaf = EndEntityCert::try_from(leaf).unwrap();
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &[], time, usage, None, None).map(drop)
}

fn is_for(leaf: &CertificateDer<'_>, name: &str) -> bool {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    EndEntityCert::try_from(leaf).unwrap().verify_is_valid_for_subject_name(&name).is_ok()
}

/// Whether the certificate holds the public half of an RSA key.
fn holds(leaf: &CertificateDer<'_>, key: &serde_json::Value) -> bool {
    let key = KeyPair::from_der(&pem(key, "RSA PRIVATE KEY")).unwrap();
    let info = EndEntityCert::try_from(leaf).unwrap().subject_public_key_info();
    info.ends_with(key.public().as_ref())
}

#[test]
fn a_signed_certificate_verifies_against_its_ca_alone() {
    let made = render(
        r#"
        {{- $ca := genCA "my-ca" 365 }}{{ $other := genCA "my-ca" 365 }}
        {{- $leaf := genSignedCert "web.example" (list "10.0.0.1" "::1") (list "web.example" "*.api.example") 30 $ca }}
        {{- $_ := set $out "ca" $ca.Cert }}{{ $_ = set $out "caKey" $ca.Key }}{{ $_ = set $out "other" $other.Cert }}
        {{- $_ = set $out "leaf" $leaf.Cert }}{{ $_ = set $out "key" $leaf.Key }}"#,
    );
    let (ca, leaf) = (certificate(&made["ca"]), certificate(&made["leaf"]));
    verify(&leaf, &ca, 0).unwrap();
    verify(&leaf, &ca, 29).unwrap();
    assert!(matches!(verify(&leaf, &ca, 31), Err(Error::CertExpired { .. })));
    // of the same name, but with another key
    assert_eq!(verify(&leaf, &certificate(&made["other"]), 0), Err(Error::InvalidSignatureForPublicKey));
    for (name, valid) in [
        ("web.example", true),
        ("v1.api.example", true),
        ("10.0.0.1", true),
        ("::1", true),
        ("example", false),
        ("10.0.0.2", false),
    ] {
        assert_eq!(is_for(&leaf, name), valid, "{name}");
    }
    assert!(holds(&leaf, &made["key"]) && holds(&ca, &made["caKey"]));
    assert!(!holds(&leaf, &made["caKey"]));
}

#[test]
fn a_self_signed_certificate_verifies_against_itself() {
    let made = render(
        r#"
        {{- $c := genSelfSignedCert "web" nil (list "web.example") 10 }}
        {{- $_ := set $out "cert" $c.Cert }}{{ $_ = set $out "key" $c.Key }}"#,
    );
    let cert = certificate(&made["cert"]);
    verify(&cert, &cert, 9).unwrap();
    assert!(is_for(&cert, "web.example") && holds(&cert, &made["key"]));
}

#[test]
fn keys_of_each_kind_sign_certificates_that_verify() {
    for kind in ["ecdsa", "ed25519"] {
        let made = render(&format!(
            r#"
            {{{{- $key := genPrivateKey "{kind}" }}}}{{{{ $ca := genCAWithKey "ca" 10 $key }}}}
            {{{{- $own := genSelfSignedCertWithKey "x" nil (list "x.example") 10 $key }}}}
            {{{{- $leaf := genSignedCertWithKey "x" nil (list "x.example") 10 $ca (genPrivateKey "{kind}") }}}}
            {{{{- $_ := set $out "ca" $ca.Cert }}}}{{{{ $_ = set $out "own" $own.Cert }}}}
            {{{{- $_ = set $out "leaf" $leaf.Cert }}}}"#
        ));
        let [ca, own, leaf] = ["ca", "own", "leaf"].map(|name| certificate(&made[name]));
        verify(&leaf, &ca, 0).unwrap_or_else(|e| panic!("{kind}: {e}"));
        verify(&own, &own, 0).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert_eq!(verify(&own, &ca, 0), Err(Error::UnknownIssuer));
    }
}

#[test]
fn an_rsa_key_is_one_of_4096_bits() {
    let made = render(r#"{{- $_ := set $out "key" (genPrivateKey "rsa") }}"#);
    let key = KeyPair::from_der(&pem(&made["key"], "RSA PRIVATE KEY")).unwrap();
    assert_eq!(key.public().modulus_len(), 512);
}

#[test]
fn what_is_sealed_can_be_opened_with_the_password() {
    let made = render(
        r#"
        {{- $sealed := encryptAES "pass" "한글 and more than one block of text" }}
        {{- $_ := set $out "sealed" $sealed }}{{ $_ = set $out "opened" (decryptAES "pass" $sealed) }}"#,
    );
    assert_eq!(made["opened"], "한글 and more than one block of text");
    assert!(!made["sealed"].as_str().unwrap().contains("text"));
}
