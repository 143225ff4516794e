//! The artifact store, Clouddriver, and the stores that replace it. Rosco: `ArtifactDownloaderImpl.java`,
//! `ClouddriverService.java`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep, timeout_at};

use super::client::{Base, Client};
use super::memory::Reserved;
use super::metrics::Metrics;
use crate::stage::{Artifact, ArtifactStore, FetchError, Fetching, Folder, Input};

/// How many bytes of a store's error are read for its message.
const MAX_ERROR: u64 = 64 << 10;

/// The context in which one request fetches its artifacts.
pub(super) struct Fetcher<'a> {
    pub(super) client: &'a Client,
    pub(super) clouddriver: Option<&'a Base>,
    /// URLs from which artifacts of type `http/file` may be fetched without Clouddriver.
    pub(super) urls: &'a [Base],
    pub(super) metrics: &'a Metrics,
    /// The headers that Spinnaker's services pass on.
    pub(super) headers: &'a HeaderMap,
    pub(super) deadline: Instant,
    pub(super) attempts: u32,
    pub(super) pause: Duration,
    pub(super) max_bytes: u64,
    pub(super) reserved: &'a Reserved,
}

impl fmt::Debug for Fetcher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("clouddriver", &self.clouddriver).finish_non_exhaustive()
    }
}

impl ArtifactStore for Fetcher<'_> {
    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> Option<Fetching<'a>> {
        let direct = artifact.reference.as_deref().filter(|_| artifact.kind() == "http/file");
        let direct =
            direct.and_then(|url| url.parse::<Uri>().ok()).filter(|url| self.urls.iter().any(|u| u.holds(url)));
        if let Some(url) = direct {
            return Some(Box::pin(self.repeat(Method::GET, url, Bytes::new(), HeaderMap::new())));
        }
        let url = self.clouddriver?.join("/artifacts/fetch")?;
        let body = serde_json::to_vec(artifact).ok()?;
        let mut headers = self.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(Box::pin(self.repeat(Method::PUT, url, body.into(), headers)))
    }
}

impl Fetcher<'_> {
    /// Retries until the answer is final: a success, 400 or 404.
    async fn repeat(&self, method: Method, url: Uri, body: Bytes, headers: HeaderMap) -> Result<Input, FetchError> {
        let mut pause = self.pause;
        let mut attempt = 1;
        loop {
            let mut request = Request::new(Body::from(body.clone()));
            *request.method_mut() = method.clone();
            *request.uri_mut() = url.clone();
            *request.headers_mut() = headers.clone();
            let result = match timeout_at(self.deadline, self.ask(request, &url)).await {
                Ok(result) => result,
                Err(_) => Err(Answer::Final(FetchError {
                    status: Some(504),
                    message: format!("no answer in time, Method: {method}, URL: {url}"),
                })),
            };
            let error = match result {
                Ok(bytes) => return Ok(Input::Bytes(bytes)),
                Err(Answer::Final(error)) => return Err(error),
                Err(Answer::Again(error)) => error,
            };
            // an attempt that cannot begin in time would only hide the error of the store
            if attempt >= self.attempts || Instant::now() + pause >= self.deadline {
                return Err(error);
            }
            sleep(pause).await;
            attempt += 1;
            pause = pause.saturating_mul(2);
        }
    }

    async fn ask(&self, request: Request<Body>, url: &Uri) -> Result<Vec<u8>, Answer> {
        let method = request.method().clone();
        let network = |error: &dyn fmt::Display| {
            self.metrics.fetches.add("none");
            Answer::Again(FetchError::new(format!("{error}, Method: {method}, URL: {url}")))
        };
        let answer = self.client.request(request).await.map_err(|e| network(&deepest(&e)))?;
        let (parts, mut body) = answer.into_parts();
        let good = parts.status == StatusCode::OK;
        let max = if good { self.max_bytes } else { MAX_ERROR };
        // the announced size is reserved in advance; a failed attempt releases it
        let mut room = Room { reserved: self.reserved, bytes: 0 };
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) if good => return Err(network(&deepest(&error))),
                Err(_) => break,
            };
            let Ok(data) = frame.into_data() else { continue };
            if (bytes.len() + data.len()) as u64 > max {
                if !good {
                    break;
                }
                return Err(Answer::Final(FetchError {
                    status: Some(400),
                    message: format!("the artifact is larger than {max} bytes, Method: {method}, URL: {url}"),
                }));
            }
            if !room.grow(data.len() as u64) {
                let message = "the service has no memory for the artifact now".to_owned();
                return Err(Answer::Final(FetchError { status: Some(503), message }));
            }
            bytes.extend_from_slice(&data);
        }
        let status = parts.status.as_u16();
        self.metrics.fetches.add(match status {
            200 => "200",
            ..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        });
        if good {
            room.keep();
            return Ok(bytes);
        }
        let reason = || parts.status.canonical_reason().unwrap_or_default().to_owned();
        let message = message_of(&bytes).unwrap_or_else(reason);
        let message = format!("Status: {status}, Method: {method}, URL: {url}, Message: {message}");
        let error = FetchError { status: Some(status), message };
        Err(if matches!(status, 400 | 404) { Answer::Final(error) } else { Answer::Again(error) })
    }
}

/// The result of a failed attempt.
enum Answer {
    Final(FetchError),
    Again(FetchError),
}

/// The memory of one attempt, released unless it is kept.
struct Room<'a> {
    reserved: &'a Reserved,
    bytes: u64,
}

impl Room<'_> {
    fn grow(&mut self, bytes: u64) -> bool {
        let grown = self.reserved.grow(bytes);
        if grown {
            self.bytes += bytes;
        }
        grown
    }

    fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.reserved.shrink(self.bytes);
    }
}

/// The `message` of an error in the form of Spring Boot.
fn message_of(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("message")?.as_str()?.chars().take(2_000).collect())
}

/// The root cause of an error; the outer ones only repeat that there is one.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// A folder of artifacts, read on threads that may block.
#[derive(Clone, Debug)]
pub(super) struct OffThread(pub(super) Arc<Folder>);

impl ArtifactStore for OffThread {
    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> Option<Fetching<'a>> {
        let (folder, artifact) = (Arc::clone(&self.0), artifact.clone());
        Some(Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || folder.read(&artifact));
            read.await.unwrap_or_else(|_| Err(FetchError::new("the folder of artifacts could not be read")))
        }))
    }
}
