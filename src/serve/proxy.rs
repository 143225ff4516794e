//! What is no Helm bake goes to the upstream, a real Rosco: image bakes, Kustomize, Helmfile, Cloud Foundry.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use http_body_util::Limited;
use serde_json::Map;

use super::answer::spring;
use super::api::Shared;

/// How long the upstream may take to begin its answer. A bake of its own takes a second at least.
const PATIENCE: Duration = Duration::from_mins(2);
/// Headers that speak of one connection alone. RFC 9110, 7.6.1.
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

/// Passes a request on, or says that there is no such path.
pub(super) async fn pass(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let Some(upstream) = &shared.upstream else {
        return spring(StatusCode::NOT_FOUND, "No message available", Map::new());
    };
    let Some(uri) = upstream.join(path) else {
        return spring(StatusCode::BAD_REQUEST, "the path cannot be passed on", Map::new());
    };
    if axum::body::HttpBody::size_hint(request.body()).lower() > shared.config.body_bytes {
        let text = format!("the body is larger than {} bytes", shared.config.body_bytes);
        return spring(StatusCode::PAYLOAD_TOO_LARGE, &text, Map::new());
    }
    shared.metrics.proxied.fetch_add(1, Ordering::Relaxed);
    let (mut parts, body) = request.into_parts();
    parts.uri = uri;
    strip(&mut parts.headers);
    parts.headers.remove(header::HOST);
    if shared.config.token.is_some() {
        // it is for this service alone
        parts.headers.remove(header::AUTHORIZATION);
    }
    let max = usize::try_from(shared.config.body_bytes).unwrap_or(usize::MAX);
    let request = Request::from_parts(parts, Body::new(Limited::new(body, max)));
    match tokio::time::timeout(PATIENCE, shared.client.request(request)).await {
        Ok(Ok(answer)) => {
            let (mut parts, body) = answer.into_parts();
            strip(&mut parts.headers);
            Response::from_parts(parts, Body::new(body))
        }
        Ok(Err(_)) => spring(StatusCode::BAD_GATEWAY, "the upstream could not be reached", Map::new()),
        Err(_) => spring(StatusCode::GATEWAY_TIMEOUT, "the upstream did not answer in time", Map::new()),
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
