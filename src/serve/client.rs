//! The HTTP client for the artifact store and the upstream. It does not follow redirects, so headers reach only hosts that
//! the configuration names.

use std::time::Duration;

use axum::body::Body;
use axum::http::uri::{PathAndQuery, Scheme, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::{Config, tls};
use crate::error::{Error, ErrorKind, Result};

pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector>, Body>;

/// A client for all requests of a process.
pub(super) fn new(config: &Config) -> Result<Client> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(Duration::from_secs(5)));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls::client(config)?).https_or_http().enable_http1();
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(128)
        .build(https.wrap_connector(http)))
}

/// The base URL of a server.
#[derive(Clone, Debug)]
pub(super) struct Base {
    uri: Uri,
    path: String,
}

impl Base {
    /// Parses `http://host:port/path`.
    ///
    /// Errors: the text is not a URL, or has a password, a query or a fragment.
    pub(super) fn parse(what: &str, text: &str) -> Result<Self> {
        let wrong = |why: &str| Error::new(ErrorKind::Usage, format!("{what}: {text:?} {why}"));
        let uri: Uri = text.parse().map_err(|_| wrong("is not a URL"))?;
        let web = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
        let authority = uri.authority().filter(|_| web).ok_or_else(|| wrong("must begin with http:// or https://"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("must not contain a password"));
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(wrong("must have neither a query nor a fragment"));
        }
        Ok(Base { path: uri.path().trim_end_matches('/').to_owned(), uri })
    }

    /// The URL of a path (and query) below the base.
    pub(super) fn join(&self, path: &str) -> Option<Uri> {
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(format!("{}{path}", self.path)).ok()?);
        Uri::from_parts(parts).ok()
    }

    /// Whether a URL is below the base: same scheme, host and port, and a path below that of the base.
    pub(super) fn holds(&self, uri: &Uri) -> bool {
        let plain = !uri.path().split('/').any(|part| matches!(part, "." | "..") || part.contains(['%', '\\']));
        uri.scheme() == self.uri.scheme()
            && uri.authority() == self.uri.authority()
            && plain
            && uri.path().strip_prefix(&self.path).is_some_and(|rest| rest.starts_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_plain_url() {
        for (text, good) in [
            ("http://clouddriver:7002", true),
            ("https://c.example/api/", true),
            ("clouddriver:7002", false),
            ("ftp://c", false),
            ("http://user:secret@c", false),
            ("http://c/?a=b", false),
            ("", false),
        ] {
            assert_eq!(Base::parse("x", text).is_ok(), good, "{text}");
        }
        let base = Base::parse("x", "https://c.example/api/").unwrap();
        assert_eq!(base.join("/artifacts/fetch").unwrap(), "https://c.example/api/artifacts/fetch");
        for (url, held) in [
            ("https://c.example/api/x.tgz", true),
            ("https://c.example/api", false),
            ("https://c.example/apix/x", false),
            ("https://c.example/api/../secret", false),
            ("https://c.example/api/%2e%2e/secret", false),
            ("http://c.example/api/x", false),
            ("https://c.example:8443/api/x", false),
            ("https://c.example@evil/api/x", false),
        ] {
            assert_eq!(base.holds(&url.parse().unwrap()), held, "{url}");
        }
    }
}
