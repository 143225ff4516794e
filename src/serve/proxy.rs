//! Passes requests other than Helm bakes to the upstream, a real Rosco: image bakes, Kustomize, Helmfile, Cloud Foundry.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use http_body_util::Limited;
use serde_json::Map;

use super::Config;
use super::answer::spring;
use super::client::{Base, Client};
use super::metrics::Metrics;
use crate::error::Result;

/// How long the upstream may take to begin its answer. One of its bakes takes at least a second.
const PATIENCE: Duration = Duration::from_mins(2);
/// Headers that apply to a single connection. RFC 9110, 7.6.1.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The upstream, and the limits for requests to it.
#[derive(Debug)]
pub(super) struct Upstream {
    base: Base,
    client: Client,
    body_bytes: u64,
    /// Whether requests carry the token of this service, which must not be passed on.
    has_token: bool,
}

impl Upstream {
    /// The upstream at a URL.
    ///
    /// Errors: the URL is not valid.
    pub(super) fn new(url: &str, client: Client, config: &Config) -> Result<Self> {
        let base = Base::parse("the upstream", url)?;
        Ok(Upstream { base, client, body_bytes: config.body_bytes, has_token: config.token.is_some() })
    }

    /// Passes a request on.
    pub(super) async fn pass(&self, request: Request<Body>, metrics: &Metrics) -> Response<Body> {
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let Some(uri) = self.base.join(path) else {
            return spring(StatusCode::BAD_REQUEST, "the path cannot be passed on", Map::new());
        };
        if axum::body::HttpBody::size_hint(request.body()).lower() > self.body_bytes {
            let text = format!("the body is larger than {} bytes", self.body_bytes);
            return spring(StatusCode::PAYLOAD_TOO_LARGE, &text, Map::new());
        }
        metrics.proxied.fetch_add(1, Ordering::Relaxed);
        let (mut parts, body) = request.into_parts();
        parts.uri = uri;
        strip(&mut parts.headers);
        parts.headers.remove(header::HOST);
        if self.has_token {
            parts.headers.remove(header::AUTHORIZATION);
        }
        let max = usize::try_from(self.body_bytes).unwrap_or(usize::MAX);
        let request = Request::from_parts(parts, Body::new(Limited::new(body, max)));
        match tokio::time::timeout(PATIENCE, self.client.request(request)).await {
            Ok(Ok(answer)) => {
                let (mut parts, body) = answer.into_parts();
                strip(&mut parts.headers);
                Response::from_parts(parts, Body::new(body))
            }
            Ok(Err(_)) => spring(StatusCode::BAD_GATEWAY, "the upstream could not be reached", Map::new()),
            Err(_) => spring(StatusCode::GATEWAY_TIMEOUT, "the upstream did not answer in time", Map::new()),
        }
    }
}

fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}
