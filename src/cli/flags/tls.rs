//! The files of `--cert-file`, `--key-file` and `--ca-file`. Helm reads them before anything else, although nothing of a
//! local chart needs them. Helm: `internal/tlsutil/tls.go`; Go: `tls.X509KeyPair`.

use std::path::Path;

use super::helm::InertArgs;
use crate::chart::read_file;
use crate::error::{Error, ErrorKind, Result};

/// The largest file that is read.
const MAX_PEM: u64 = 16 << 20;

/// Refuses files that Helm would refuse: they are missing, or have no PEM data.
pub(in crate::cli) fn check(args: &InertArgs) -> Result<()> {
    let named = |file: &Option<String>| file.clone().filter(|name| !name.is_empty());
    if let (Some(cert), Some(key)) = (named(&args.cert_file), named(&args.key_file)) {
        let failed = |why: &str| refused(&format!("can't load key pair from cert {cert} and key {key}: {why}"));
        let read = |name: &str| read_file(Path::new(name), MAX_PEM).map_err(|e| failed(e.message()));
        let (cert, key) = (read(&cert)?, read(&key)?);
        if !has_pem(&cert, |kind| kind == b"CERTIFICATE") {
            return Err(failed("tls: failed to find any PEM data in certificate input"));
        }
        if !has_pem(&key, |kind| kind == b"PRIVATE KEY" || kind.ends_with(b" PRIVATE KEY")) {
            return Err(failed("tls: failed to find any PEM data in key input"));
        }
    }
    if let Some(name) = named(&args.ca_file) {
        let text = read_file(Path::new(&name), MAX_PEM).map_err(|_| refused(&format!("can't read CA file: {name}")))?;
        if !has_pem(&text, |kind| kind == b"CERTIFICATE") {
            return Err(refused(&format!("failed to append certificates from file: {name}")));
        }
    }
    Ok(())
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("missing registry client: can't create TLS config for client: {why}"))
}

/// Whether a line begins a PEM block of such a kind.
fn has_pem(text: &[u8], is_kind: impl Fn(&[u8]) -> bool) -> bool {
    text.split(|b| *b == b'\n').any(|line| {
        let kind = line.trim_ascii_end().strip_prefix(b"-----BEGIN ").and_then(|rest| rest.strip_suffix(b"-----"));
        kind.is_some_and(&is_kind)
    })
}
