//! TLS: the certificate of the service, the certificates of its clients, and the verification of servers it connects to.

use std::path::Path;
use std::sync::Arc;

use hyper_rustls::ConfigBuilderExt;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::Config;
use crate::error::{Error, ErrorKind, Result};

/// The TLS configuration of the service; `None` if it has no certificate.
///
/// Errors: a file cannot be read or contains no certificate or key; client certificates are required without TLS.
pub(super) fn server(config: &Config) -> Result<Option<Arc<ServerConfig>>> {
    let Some((certificate, key)) = &config.certificate else {
        return match &config.client_ca {
            Some(_) => Err(Error::new(ErrorKind::Usage, "client certificates need TLS: pass a certificate and a key")),
            None => Ok(None),
        };
    };
    let chain = certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|e| unusable(key, &e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable(certificate, &e))?;
    let builder = match &config.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(path)?), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(|e| unusable(path, &e))?)
        }
    };
    let mut tls = builder.with_single_cert(chain, private).map_err(|e| unusable(certificate, &e))?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(Arc::new(tls)))
}

/// How servers are verified: with the authorities of the system, or those of a file.
pub(super) fn client(config: &Config) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let failed = |e: &dyn std::fmt::Display| Error::new(ErrorKind::Usage, format!("TLS: {e}"));
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|e| failed(&e))?;
    let builder = match &config.ca {
        Some(path) => builder.with_root_certificates(roots(path)?),
        None => match builder.clone().with_native_roots() {
            Ok(builder) => builder,
            // a container without authorities can still use plain HTTP
            Err(_) => builder.with_root_certificates(RootCertStore::empty()),
        },
    };
    Ok(builder.with_no_client_auth())
}

fn roots(path: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|e| unusable(path, &e))?;
    }
    Ok(roots)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|e| unusable(path, &e))?.collect();
    match certificates.map_err(|e| unusable(path, &e))? {
        none if none.is_empty() => Err(unusable(path, &"the file contains no certificate")),
        some => Ok(some),
    }
}

fn unusable(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Usage, format!("{}: {why}", path.display()))
}
