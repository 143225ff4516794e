//! The routes, and how a request for a bake is handled.
#![allow(clippy::disallowed_methods)] // a service keeps time

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use axum::middleware::{self, Next};
use axum::routing::{get, post};
use http_body_util::BodyExt;
use serde_json::Map;
use tokio::sync::oneshot;

use super::answer::{self, Refusal, spring};
use super::client::{Base, Client};
use super::lanes::{Lanes, Permit};
use super::memory::{Memory, Reserved};
use super::metrics::Metrics;
use super::pool::{NoThread, Pool};
use super::proxy::Upstream;
use super::store::{Fetcher, OffThread};
use super::{Config, auth, client, openapi};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Checkpoint;
use crate::stage::{self, ArtifactStore, BakeRequest, Builtin, Embedded, Failure, Folder, Input, StageConfig};

/// Larger bodies are parsed outside the threads that serve connections.
const LARGE: usize = 1 << 20;
/// Rosco's renderers other than Helm.
const OTHERS: [&str; 5] = ["KUSTOMIZE", "KUSTOMIZE4", "KUSTOMIZE5", "HELMFILE", "CF"];

/// The state that all requests share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) config: Config,
    client: Client,
    upstream: Option<Upstream>,
    pub(super) metrics: Metrics,
    pub(super) ready: AtomicBool,
    clouddriver: Option<Base>,
    urls: Vec<Base>,
    folder: Option<OffThread>,
    stage_config: Arc<StageConfig>,
    lanes: Arc<Lanes>,
    pool: Pool,
    memory: Arc<Memory>,
}

impl Shared {
    /// Loads what the configuration names.
    ///
    /// Errors: a URL, a folder or a file is not valid.
    pub(super) fn new(config: Config, stage_config: StageConfig) -> Result<Self> {
        let base = |what, url: &Option<String>| url.as_deref().map(|url| Base::parse(what, url)).transpose();
        let folder = |path: &std::path::PathBuf| {
            let failed = |e: std::io::Error| Error::io(path, e);
            Folder::new(path, config.artifact_bytes).map(|folder| OffThread(Arc::new(folder))).map_err(failed)
        };
        let client = client::new(&config)?;
        let upstream = |url: &String| Upstream::new(url, client.clone(), &config);
        Ok(Shared {
            upstream: config.upstream.as_ref().map(upstream).transpose()?,
            clouddriver: base("the artifact store", &config.clouddriver)?,
            urls: config.allowed_urls.iter().map(|url| Base::parse("an allowed URL", url)).collect::<Result<_>>()?,
            folder: config.artifacts.as_ref().map(folder).transpose()?,
            lanes: Arc::new(Lanes::new(config.concurrency, config.queue, config.slice)),
            pool: Pool::new(config.concurrency),
            memory: Arc::new(Memory::new(config.memory_bytes)),
            stage_config: Arc::new(stage_config),
            metrics: Metrics::default(),
            client,
            ready: AtomicBool::new(true),
            config,
        })
    }
}

/// The routes of the service.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let guarded = Router::new()
        .route("/api/v2/manifest/bake/{type}", post(bake))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(async || answer::text("application/json", openapi::TEXT)))
        .fallback(pass)
        .layer(middleware::from_fn_with_state(Arc::clone(shared), guard));
    Router::new()
        .route("/health", get(async || answer::text("application/json", "{\"status\":\"UP\"}")))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .merge(guarded)
        .with_state(Arc::clone(shared))
}

async fn guard(State(shared): State<Arc<Shared>>, request: Request<Body>, next: Next) -> Response<Body> {
    match &shared.config.token {
        Some(token) if !auth::bears(request.headers(), token) => {
            let mut answer = spring(StatusCode::UNAUTHORIZED, "a bearer token is required", Map::new());
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
            answer
        }
        _ => next.run(request).await,
    }
}

async fn ready(State(shared): State<Arc<Shared>>) -> (StatusCode, &'static str) {
    match (shared.ready.load(Ordering::Relaxed), shared.lanes.has_room()) {
        (true, true) => (StatusCode::OK, "ok\n"),
        (true, false) => (StatusCode::SERVICE_UNAVAILABLE, "the queue is full\n"),
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "the process is stopping\n"),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let (charts, bytes) = shared.stage_config.charts.usage();
    let count = |n: usize| n as u64;
    let gauges = [
        ("bake_in_flight", "Running bakes.", count(shared.lanes.running())),
        ("bake_queue", "Bakes that wait for a permit.", count(shared.lanes.waiting())),
        ("bake_in_flight_long", "Bakes in the long lane.", count(shared.lanes.long())),
        ("bake_cached_charts", "Compiled charts in the cache.", count(charts)),
        ("bake_cache_bytes", "Estimated bytes of the charts in the cache.", bytes),
        ("bake_memory_bytes", "Bytes of request bodies and artifacts in memory.", shared.memory.used()),
    ];
    answer::text("text/plain; version=0.0.4; charset=utf-8", shared.metrics.text(&gauges))
}

/// The facts about a request for the log and the metrics. They contain no values, tokens or manifests.
#[derive(Debug, Default)]
struct Record {
    release: String,
    namespace: String,
    chart: String,
    artifacts: usize,
    fetch: Option<Duration>,
    queue: Option<Duration>,
    bake: Option<Duration>,
    body: usize,
    output: usize,
    warnings: usize,
    long: bool,
}

/// How a request ended.
struct Ended<'e> {
    status: StatusCode,
    outcome: &'static str,
    error: Option<&'e Refusal>,
    total: Duration,
}

async fn bake(
    State(shared): State<Arc<Shared>>,
    Path(renderer): Path<String>,
    request: Request<Body>,
) -> Response<Body> {
    let started = Instant::now();
    if !matches!(renderer.as_str(), "HELM2" | "HELM3") {
        return other(shared, &renderer, request).await;
    }
    let (parts, body) = request.into_parts();
    let headers = spinnaker(&parts.headers);
    let waits = parts.headers.contains_key(header::EXPECT);
    let id = request_id(&headers);
    let mut record = Record::default();
    let work = work(&shared, &headers, body, waits, &mut record);
    let result = match tokio::time::timeout(shared.config.request_timeout, work).await {
        Ok(result) => result,
        Err(_) => Err(Refusal::Late),
    };
    let (answer, outcome, error) = match result {
        Ok(text) => (answer::text("application/json", text), "ok", None),
        Err(refusal) => (refusal.answer(shared.config.rosco_status, &id), refusal.kind(), Some(refusal)),
    };
    let ended = Ended { status: answer.status(), outcome, error: error.as_ref(), total: started.elapsed() };
    note(&shared.metrics, &record, &ended);
    log(&headers, &id, &renderer, &record, &ended);
    answer
}

/// Handles a renderer other than Helm: passes it to the upstream.
async fn other(shared: Arc<Shared>, renderer: &str, request: Request<Body>) -> Response<Body> {
    let known = OTHERS.contains(&renderer) || OTHERS.iter().take(3).any(|name| name.eq_ignore_ascii_case(renderer));
    if !known {
        let text = format!("Cannot bake manifest with template renderer type: {renderer}");
        return spring(StatusCode::BAD_REQUEST, &text, Map::new());
    }
    if shared.upstream.is_none() {
        let text = format!(
            "{renderer} is not supported: this service bakes Helm charts, and no upstream is configured for others"
        );
        let errors = Map::from_iter([("errors".to_owned(), vec![text.clone()].into())]);
        return spring(StatusCode::BAD_REQUEST, &text, errors);
    }
    pass(State(shared), request).await
}

/// Passes a request to the upstream, or returns 404.
async fn pass(State(shared): State<Arc<Shared>>, request: Request<Body>) -> Response<Body> {
    match &shared.upstream {
        Some(upstream) => upstream.pass(request, &shared.metrics).await,
        None => spring(StatusCode::NOT_FOUND, "No message available", Map::new()),
    }
}

/// Reads the request, fetches the inputs, waits for a permit and bakes. Returns the body of the answer.
async fn work(
    shared: &Arc<Shared>,
    headers: &HeaderMap,
    body: Body,
    waits: bool,
    record: &mut Record,
) -> std::result::Result<Bytes, Refusal> {
    let config = &shared.config;
    let deadline = tokio::time::Instant::now() + config.request_timeout;
    let reserved = shared.memory.reserve();
    let body = read(body, config.body_bytes, waits, &reserved).await?;
    record.body = body.len();
    let request = if body.len() > LARGE {
        let parse = tokio::task::spawn_blocking(move || BakeRequest::from_json(&body));
        parse.await.map_err(|_| Refusal::Panic)??
    } else {
        let request = BakeRequest::from_json(&body)?;
        // it may have to wait
        drop(body);
        request
    };
    record.describe(&request);

    let begun = Instant::now();
    let fetcher = Fetcher {
        client: &shared.client,
        clouddriver: shared.clouddriver.as_ref(),
        urls: &shared.urls,
        metrics: &shared.metrics,
        headers,
        deadline,
        attempts: config.fetch_attempts,
        pause: config.fetch_pause,
        max_bytes: config.artifact_bytes,
        reserved: &reserved,
    };
    let mut sources: Vec<&dyn ArtifactStore> = vec![&Embedded, &Builtin];
    sources.extend(shared.folder.as_ref().map(|folder| folder as &dyn ArtifactStore));
    sources.push(&fetcher);
    let inputs = stage::fetch(&request, &sources).await?;
    record.fetch = Some(begun.elapsed());

    let begun = Instant::now();
    let permit = shared.lanes.enter(config.bake_timeout).await;
    record.queue = Some(begun.elapsed());
    let permit = permit.map_err(|_| Refusal::Busy("the queue is full"))?;
    let begun = Instant::now();
    let result = run(shared, Arc::clone(&permit), request, inputs, reserved).await;
    record.bake = Some(begun.elapsed());
    record.long = permit.was_long();
    let cooked = result?;
    record.output = cooked.manifest;
    record.warnings = cooked.warnings;
    Ok(cooked.answer)
}

/// The result of a bake for the answer and the log. Everything else is freed on the thread that allocated it, which is
/// faster and fragments memory less.
struct Answered {
    answer: Bytes,
    /// The size of the manifest.
    manifest: usize,
    /// The number of documents.
    warnings: usize,
}

/// Bakes on a thread of the pool. If the client goes away, the bake ends at its next step.
async fn run(
    shared: &Arc<Shared>,
    permit: Arc<Permit>,
    request: BakeRequest,
    inputs: Vec<Input>,
    reserved: Reserved,
) -> std::result::Result<Answered, Refusal> {
    struct Leave(Arc<Permit>);
    impl Drop for Leave {
        fn drop(&mut self) {
            self.0.leave();
        }
    }
    let _leave = Leave(Arc::clone(&permit));
    let stage_config = Arc::clone(&shared.stage_config);
    let (done, result) = oneshot::channel();
    let job = move || {
        let checkpoint: Arc<dyn Checkpoint> = permit;
        let made = catch_unwind(AssertUnwindSafe(|| {
            let baked = stage::bake(&request, inputs, &stage_config, Some(&checkpoint))?;
            let failed = |e: serde_json::Error| Failure::request(e.to_string());
            let text = serde_json::to_vec(&baked.artifact()).map_err(failed)?;
            Ok(Answered { answer: text.into(), manifest: baked.manifest.len(), warnings: baked.warnings.len() })
        }));
        // released when the bake ends, not when its client goes away, and before the client gets the answer
        drop((reserved, checkpoint));
        // the client may be gone
        let _ = done.send(made);
    };
    let started = shared.pool.run(shared.lanes.running(), job);
    started.map_err(|NoThread| Refusal::Busy("the system cannot start another thread"))?;
    match result.await {
        Ok(Ok(result)) => result.map_err(Refusal::Failure),
        Ok(Err(_)) | Err(_) => Err(Refusal::Panic),
    }
}

/// Reads the body, up to `max` bytes. `waits`: the client sent `Expect: 100-continue`, so a body that is too large need not
/// be drained.
async fn read(mut body: Body, max: u64, waits: bool, reserved: &Reserved) -> std::result::Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let claimed = axum::body::HttpBody::size_hint(&body).lower();
    if claimed > max {
        if !waits {
            drain(body, max).await;
        }
        return Err(Refusal::TooLarge(max));
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| Refusal::Broken(e.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        let refusal = if (bytes.len() + data.len()) as u64 > max {
            Refusal::TooLarge(max)
        } else if !reserved.grow(data.len() as u64) {
            Refusal::Busy("the service has no memory for the body now")
        } else {
            bytes.extend_from_slice(&data);
            continue;
        };
        reserved.shrink(reserved.bytes());
        drop(bytes);
        drain(body, max).await;
        return Err(refusal);
    }
    Ok(bytes)
}

/// Drains the rest of a body, up to `max` bytes and for a limited time: a client that is still sending when the connection
/// closes would lose the answer.
async fn drain(mut body: Body, max: u64) {
    const PATIENCE: Duration = Duration::from_secs(2);
    let rest = async {
        let mut left = max;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
            match left.checked_sub(bytes) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // after that, the client may lose the answer
    let _ = tokio::time::timeout(PATIENCE, rest).await;
}

/// The headers that Spinnaker's services pass on.
fn spinnaker(headers: &HeaderMap) -> HeaderMap {
    let ours = |name: &header::HeaderName| name.as_str().starts_with("x-spinnaker-");
    headers.iter().filter(|(name, _)| ours(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The id of a request: that of the client, or a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = text_of(headers, "x-spinnaker-request-id");
    if !given.is_empty() {
        return given.to_owned();
    }
    let mut bytes = [0; 8];
    // duplicate ids do no harm
    let _ = getrandom::fill(&mut bytes);
    data_encoding::HEXLOWER.encode(&bytes)
}

/// The value of a header if it is short and printable, else nothing.
fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let text = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text.len() <= 128 { text } else { "" }
}

impl Record {
    fn describe(&mut self, request: &BakeRequest) {
        let short = |text: Option<&str>| text.unwrap_or_default().chars().take(128).collect::<String>();
        self.release = short(request.output_name.as_deref());
        self.namespace = short(request.namespace.as_deref());
        self.artifacts = request.input_artifacts.len();
        if let Some(chart) = request.input_artifacts.first() {
            self.chart = short(chart.name.as_deref());
            if let Some(version) = &chart.version {
                self.chart = format!("{} {}", self.chart, short(Some(version)));
            }
        }
    }
}

/// Updates the metrics.
fn note(metrics: &Metrics, record: &Record, ended: &Ended<'_>) {
    metrics.requests.add(ended.outcome);
    metrics.request.add(ended.total);
    for (histogram, time) in
        [(&metrics.fetch, record.fetch), (&metrics.queue, record.queue), (&metrics.bake, record.bake)]
    {
        if let Some(time) = time {
            histogram.add(time);
        }
    }
    metrics.output_bytes.fetch_add(record.output as u64, Ordering::Relaxed);
    metrics.long.fetch_add(u64::from(record.long), Ordering::Relaxed);
    match ended.error {
        Some(Refusal::Panic) => drop(metrics.panics.fetch_add(1, Ordering::Relaxed)),
        Some(Refusal::TooLarge(_)) => metrics.limits.add("body-bytes"),
        Some(Refusal::Late) => metrics.limits.add("request-timeout"),
        Some(Refusal::Failure(failure)) => match failure.error() {
            Some(error) if error.kind() == ErrorKind::Cancelled => metrics.limits.add("bake-timeout"),
            Some(error) => error.limit().into_iter().for_each(|limit| metrics.limits.add(limit)),
            None => {}
        },
        _ => {}
    }
}

/// Logs the request. The text of an error may contain values, so only its kind, limit and place are logged.
fn log(headers: &HeaderMap, id: &str, renderer: &str, record: &Record, ended: &Ended<'_>) {
    let millis = |time: Option<Duration>| time.map(|t| (t.as_secs_f64() * 1e5).round() / 100.0);
    let bake_error = match ended.error {
        Some(Refusal::Failure(failure)) => failure.error(),
        _ => None,
    };
    tracing::info!(
        request_id = id,
        execution = text_of(headers, "x-spinnaker-execution-id"),
        user = text_of(headers, "x-spinnaker-user"),
        application = text_of(headers, "x-spinnaker-application"),
        renderer,
        status = ended.status.as_u16(),
        outcome = ended.outcome,
        release = record.release,
        namespace = record.namespace,
        chart = record.chart,
        artifacts = record.artifacts,
        limit = bake_error.and_then(Error::limit),
        place = bake_error.and_then(Error::location).map(ToString::to_string),
        body_bytes = record.body,
        output_bytes = record.output,
        warnings = record.warnings,
        long = record.long,
        fetch_ms = millis(record.fetch),
        queue_ms = millis(record.queue),
        bake_ms = millis(record.bake),
        total_ms = millis(Some(ended.total)),
        "bake"
    );
}
