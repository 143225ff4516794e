//! Who may ask: tokens, TLS and client certificates.

use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;

use bake::serve::Config;
use bake::{Bake, Chart, Limits};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use testkit::Scratch;

use super::{Service, http, inline, probe};

#[test]
fn a_token_is_wanted_for_all_but_health() {
    let service = Service::start({
        let mut config = Config::default();
        config.token = Some("s3cret".to_owned());
        config
    });
    for path in ["/health", "/healthz", "/readyz"] {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
    let body = inline("a: b").to_string();
    let bake = "/api/v2/manifest/bake/HELM3";
    for (token, status) in [("Bearer s3cret", 200), ("Bearer other", 401), ("", 401)] {
        let headers = [("Authorization", token)];
        let answer = http::post(service.address, bake, &headers, body.as_bytes());
        assert_eq!(answer.status, status, "{token}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
        let metrics = http::request(service.address, "GET", "/metrics", &headers, b"");
        assert_eq!(metrics.status, status);
    }
    assert_eq!(service.get("/api/v1/bakes").status, 401);
}

/// Certificates, made by the functions that charts have for them.
fn certificates(scratch: &Scratch) -> [PathBuf; 5] {
    let template = "{{ $ca := genCA \"authority\" 30 }}\
        {{ $server := genSignedCert \"localhost\" (list \"127.0.0.1\") (list \"localhost\") 30 $ca }}\
        {{ $client := genSignedCert \"orca\" nil (list \"orca\") 30 $ca }}\
        {{ join \"=====\\n\" (list $ca.Cert $server.Cert $server.Key $client.Cert $client.Key) }}";
    let file = |name: &str, text: &str| bake::chart::File { name: name.to_owned(), data: text.into() };
    let files = vec![file("Chart.yaml", "name: c\nversion: 1.0.0\n"), file("templates/NOTES.txt", template)];
    let chart = Chart::from_files(files, &Limits::helm()).unwrap();
    let rendered = Bake::new(&chart).prepare().unwrap().render_files().unwrap();
    let text = String::from_utf8(rendered[0].text.clone()).unwrap();
    let parts: Vec<&str> = text.split("=====\n").collect();
    let names = ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"];
    std::array::from_fn(|i| scratch.written(names[i], parts[i]).into())
}

#[test]
fn tls_and_client_certificates() {
    let scratch = Scratch::new("tls");
    let [ca, cert, key, client_cert, client_key] = certificates(&scratch);
    let start = |client_ca: bool| {
        let mut config = Config::default();
        config.certificate = Some((cert.clone(), key.clone()));
        config.client_ca = client_ca.then(|| ca.clone());
        Service::start(config)
    };
    let ask = |service: &Service, with_certificate: bool| {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&ca).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(roots);
        let config = if with_certificate {
            let chain = vec![CertificateDer::from_pem_file(&client_cert).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(&client_key).unwrap()).unwrap()
        } else {
            builder.with_no_client_auth()
        };
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(service.address).unwrap());
        let body = inline("a: b").to_string();
        http::exchange(&mut stream, "POST", "/api/v2/manifest/bake/HELM3", &[], body.as_bytes()).map(|a| a.status)
    };
    let open = start(false);
    assert_eq!(ask(&open, false).unwrap(), 200);
    let closed = start(true);
    assert_eq!(ask(&closed, true).unwrap(), 200);
    assert!(ask(&closed, false).is_err());
    // plain HTTP gets nothing
    let mut plain = TcpStream::connect(open.address).unwrap();
    assert!(http::exchange(&mut plain, "GET", "/healthz", &[], b"").is_err());
}

#[test]
fn wrong_configurations_are_told_at_the_start() {
    let scratch = Scratch::new("wrong");
    let empty = PathBuf::from(scratch.written("empty.pem", ""));
    let bind = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::default();
        config.listen = ([127, 0, 0, 1], 0).into();
        change(&mut config);
        let runtime = bake::serve::Server::runtime().unwrap();
        runtime.block_on(bake::serve::Server::bind(config)).map(drop).unwrap_err().to_string()
    };
    for (text, change) in [
        (
            "the artifact store: \"clouddriver\" must begin with http:// or https://",
            &(|c: &mut Config| {
                c.clouddriver = Some("clouddriver".into());
            }) as &dyn Fn(&mut Config),
        ),
        ("the upstream: \"http://u:p@h\" must not contain a password", &|c: &mut Config| {
            c.upstream = Some("http://u:p@h".into());
        }),
        ("empty.pem", &|c: &mut Config| c.certificate = Some((empty.clone(), empty.clone()))),
        ("client certificates need TLS", &|c: &mut Config| c.client_ca = Some(empty.clone())),
        ("no/such/folder", &|c: &mut Config| c.artifacts = Some("no/such/folder".into())),
    ] {
        let error = bind(change);
        assert!(error.contains(text), "{error}");
    }
}

/// The certificate of the store is checked: one that nobody vouches for gets no artifact out of it.
#[test]
fn the_store_must_prove_who_it_is() {
    let scratch = Scratch::new("store-tls");
    let [ca, cert, key, ..] = certificates(&scratch);
    // a service with TLS stands in for the store: what counts is whether the connection is made
    let store = Service::start({
        let mut config = Config::default();
        config.certificate = Some((cert, key));
        config
    });
    let status = |ca: Option<PathBuf>| {
        let service = Service::start({
            let mut config = Config::default();
            config.clouddriver = Some(format!("https://localhost:{}", store.address.port()));
            config.fetch_attempts = 1;
            config.ca = ca;
            config
        });
        service.bake(&probe(&serde_json::json!({}))).status
    };
    assert_eq!(status(Some(ca)), 404);
    assert_eq!(status(None), 502);
}
