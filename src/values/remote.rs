//! References to other machines: Helm downloads them, bake opens no connections.

use crate::error::{Error, ErrorKind};

/// Whether Helm downloads what the reference names. Helm: `getter.All`.
pub(crate) fn is_remote(reference: &str) -> bool {
    let scheme = reference.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(&*scheme, "http" | "https" | "oci"))
}

/// The error for a reference that would need a download.
pub(crate) fn no_download(what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("{what} would have to be downloaded, and bake opens no connections"))
        .with_hint("download it and pass the path of the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_of_helm_s_getters_are_remote() {
        for (reference, want) in [
            ("https://example.com/v.yaml", true),
            ("HTTP://example.com", true),
            ("oci://example.com/c", true),
            ("file:///v.yaml", false),
            ("./https/x", false),
            ("values.yaml", false),
            ("-", false),
        ] {
            assert_eq!(is_remote(reference), want, "{reference}");
        }
    }
}
