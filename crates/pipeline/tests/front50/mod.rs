//! A stand-in for Front50 over S3, with the behaviour of the real one that a sync meets: batches that check names against an old
//! state, lists from a cache that misses the second of two writes within a second, fields of its own in every answer.

#![allow(unreachable_pub)] // a module of a test

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use pipeline::{Json, Pipeline};

/// What goes wrong, counted over all requests from 1.
#[derive(Clone, Default)]
pub struct Faults {
    /// The server is gone from this request on.
    pub gone_from: Option<usize>,
    /// This request is answered with a status, without being done.
    pub status_at: Option<(usize, u16)>,
    /// This request is half done, and then the server fails.
    pub half_at: Option<usize>,
    /// Before this request, somebody edits all pipelines.
    pub edit_before: Option<usize>,
    /// Every request is redirected to a login page.
    pub login: bool,
}

#[derive(Default)]
struct Store {
    /// What is stored, and the second in which it was written.
    stored: Vec<(Pipeline, u64)>,
    /// What lists show.
    cache: Vec<(Pipeline, u64)>,
    requests: usize,
    writes: usize,
    faults: Faults,
    poison: Option<String>,
    /// Who asked: `Authorization` and `X-SPINNAKER-USER`, each pair once.
    headers: BTreeSet<(String, String)>,
}

/// A server on loopback.
#[derive(Clone)]
pub struct Server {
    pub address: String,
    store: Arc<Mutex<Store>>,
}

impl Server {
    /// Starts a server with these pipelines.
    pub async fn start(pipelines: &[Pipeline]) -> Server {
        let store = Arc::new(Mutex::new(Store::default()));
        for pipeline in pipelines {
            store.lock().unwrap().put(pipeline.clone(), "somebody", 0);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/pipelines", get(list))
            .route("/pipelines/batchUpdate", post(batch))
            // Gate passes these on
            .route("/applications/{application}/pipelineConfigs", get(of_application))
            .route("/pipelines/bulksave", post(batch))
            .route("/pipelines/{first}/{second}", delete(remove).get(history))
            .layer(from_fn_with_state(store.clone(), faults))
            .with_state(store.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Server { address, store }
    }

    /// Sets what goes wrong, and counts requests anew.
    pub fn set(&self, faults: Faults) {
        let mut store = self.store.lock().unwrap();
        store.faults = faults;
        store.requests = 0;
    }

    pub fn poison(&self, key: &str) {
        self.store.lock().unwrap().poison = Some(key.to_owned());
    }

    /// What is stored, by application and name.
    pub fn stored(&self) -> Vec<Pipeline> {
        let mut all: Vec<Pipeline> = self.store.lock().unwrap().stored.iter().map(|(p, _)| p.clone()).collect();
        all.sort_by_key(Pipeline::key);
        all
    }

    /// How many pipelines were written since the last time somebody asked.
    pub fn writes(&self) -> usize {
        std::mem::take(&mut self.store.lock().unwrap().writes)
    }

    /// Who asked since the last time somebody asked for it.
    pub fn headers(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.store.lock().unwrap().headers).into_iter().collect()
    }

    pub fn requests(&self) -> usize {
        self.store.lock().unwrap().requests
    }

    /// Somebody edits a pipeline.
    pub fn edit(&self, name: &str) {
        self.store.lock().unwrap().edit(|p| p.name() == name);
    }
}

fn second() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

impl Store {
    fn put(&mut self, mut pipeline: Pipeline, who: &str, at: u64) {
        let object = pipeline.object_mut();
        object.entry("schema".to_owned()).or_insert_with(|| Json::from("1"));
        object.entry("triggers".to_owned()).or_insert_with(|| Json::Array(Vec::new()));
        object.insert("updateTs".to_owned(), Json::from(format!("{at}000")));
        object.insert("lastModifiedBy".to_owned(), Json::from(who));
        let id = pipeline.id().unwrap_or_default().to_lowercase();
        self.stored.retain(|(other, _)| other.id().unwrap_or_default().to_lowercase() != id);
        self.stored.push((pipeline, at));
        self.writes += 1;
    }

    fn edit(&mut self, which: impl Fn(&Pipeline) -> bool) {
        let all: Vec<Pipeline> = self.stored.iter().map(|(p, _)| p.clone()).filter(which).collect();
        for mut pipeline in all {
            pipeline.object_mut().insert("description".to_owned(), Json::from("by hand"));
            self.put(pipeline, "kim", second() + 5);
        }
    }

    /// The cache takes what is newer by whole seconds, and forgets what is gone.
    fn refresh(&mut self) {
        let kept = |known: &[(Pipeline, u64)], pipeline: &Pipeline, at: u64| {
            known.iter().find(|(other, seen)| other.id() == pipeline.id() && *seen >= at).cloned()
        };
        let fresh = self.stored.iter().map(|(p, at)| kept(&self.cache, p, *at).unwrap_or_else(|| (p.clone(), *at)));
        self.cache = fresh.collect();
    }
}

type Shared = State<Arc<Mutex<Store>>>;

async fn faults(State(store): Shared, request: Request, next: Next) -> Response {
    let (number, faults) = {
        let mut store = store.lock().unwrap();
        store.requests += 1;
        let header =
            |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        store.headers.insert((header("authorization"), header("x-spinnaker-user")));
        let number = store.requests;
        if store.faults.edit_before == Some(number) {
            store.edit(|_| true);
        }
        (number, store.faults.clone())
    };
    if faults.login {
        return (StatusCode::FOUND, [(header::LOCATION, "https://login.example/")]).into_response();
    }
    if faults.gone_from.is_some_and(|from| number >= from) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    if let Some((at, status)) = faults.status_at
        && at == number
    {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    next.run(request).await
}

fn json(status: u16, body: &Json) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn list(State(store): Shared) -> Response {
    let mut store = store.lock().unwrap();
    if let Some(key) = &store.poison {
        let body = format!(r#"{{"status":500,"message":"Unable to deserialize object (key: {key})"}}"#);
        return json(500, &Json::read(body.as_bytes()).unwrap());
    }
    store.refresh();
    json(200, &store.cache.iter().map(|(pipeline, _)| pipeline.clone().into_json()).collect())
}

async fn of_application(State(store): Shared, Path(application): Path<String>) -> Response {
    let mut store = store.lock().unwrap();
    store.refresh();
    let own = |p: &&Pipeline| p.application().eq_ignore_ascii_case(&application);
    let found: Vec<Json> = store.cache.iter().map(|(p, _)| p).filter(own).map(|p| p.clone().into_json()).collect();
    if found.is_empty() { StatusCode::NOT_FOUND.into_response() } else { json(200, &Json::Array(found)) }
}

async fn batch(State(store): Shared, body: Bytes) -> Response {
    let mut store = store.lock().unwrap();
    let Ok(Json::Array(items)) = Json::read(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    // names are compared with the state before the batch, and applications with regard to case
    let before: Vec<Pipeline> = store.cache.iter().map(|(pipeline, _)| pipeline.clone()).collect();
    let half = store.faults.half_at == Some(store.requests);
    let count = if half { items.len() / 2 } else { items.len() };
    let (mut failed, mut saved) = (Vec::new(), Vec::new());
    for item in items.into_iter().take(count) {
        let pipeline = Pipeline::from_json(item).unwrap();
        let twin = before.iter().any(|other| {
            other.id() != pipeline.id()
                && other.application() == pipeline.application()
                && other.name().eq_ignore_ascii_case(pipeline.name())
        });
        if twin {
            let mut refused = pipeline;
            let text = format!(
                "A pipeline with name {} already exists in the application {}",
                refused.name(),
                refused.application()
            );
            refused.object_mut().insert("errorMsg".to_owned(), Json::from(text));
            failed.push(refused.into_json());
        } else {
            saved.push(Json::from(pipeline.name()));
            store.put(pipeline, "anonymous", second());
        }
    }
    if half {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let count = |n: usize| Json::from(i64::try_from(n).unwrap());
    let pairs = [
        ("failed_pipelines_count", count(failed.len())),
        ("failed_pipelines", Json::Array(failed)),
        ("successful_pipelines_count", count(saved.len())),
        ("successful_pipelines", Json::Array(saved)),
    ];
    json(200, &Json::Object(pairs.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()))
}

async fn remove(State(store): Shared, Path((application, name)): Path<(String, String)>) -> Response {
    let mut store = store.lock().unwrap();
    let before = store.stored.len();
    let same =
        |p: &Pipeline| p.application().eq_ignore_ascii_case(&application) && p.name().eq_ignore_ascii_case(&name);
    store.stored.retain(|(pipeline, _)| !same(pipeline));
    if store.stored.len() == before { StatusCode::NOT_FOUND.into_response() } else { StatusCode::OK.into_response() }
}

async fn history(State(store): Shared, Path((id, _)): Path<(String, String)>) -> Response {
    let store = store.lock().unwrap();
    let found = store.stored.iter().filter(|(pipeline, _)| pipeline.id() == Some(&id));
    json(200, &found.map(|(pipeline, _)| pipeline.clone().into_json()).collect())
}
