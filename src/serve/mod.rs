//! The bake stage over HTTP: the requests that Spinnaker's Orca sends to Rosco for a "Bake (Manifest)" stage.
//!
//! | path | answer |
//! |---|---|
//! | `POST /api/v2/manifest/bake/{HELM2\|HELM3}` | the artifact of [`stage::bake`](crate::stage::bake), or an error in Spring's JSON |
//! | `GET /health`, `/healthz` | whether the process is alive |
//! | `GET /readyz` | whether it accepts bakes now |
//! | `GET /metrics` | Prometheus text |
//! | `GET /openapi.json` | the description of this API |
//! | anything else | the answer of the upstream if there is one, else 404 |
//!
//! A running bake holds a permit, and there are as many permits as cores; see [`lanes`]. A request cannot name a file or a
//! host: artifacts come from the store that the configuration names.

mod answer;
mod api;
mod auth;
mod client;
pub mod lanes;
mod listen;
mod memory;
mod metrics;
mod openapi;
mod pool;
mod proxy;
mod store;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use listen::Server;

use crate::limits::Limits;
use crate::stage::{OverrideMode, StageConfig};

/// The configuration of the service. `Config::default()` binds to loopback and sets every limit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The base URL of the artifact store, Clouddriver.
    pub clouddriver: Option<String>,
    /// A folder with all artifacts, instead of a store.
    pub artifacts: Option<PathBuf>,
    /// URLs below which artifacts of type `http/file` are fetched directly, not through Clouddriver.
    pub allowed_urls: Vec<String>,
    /// The base URL of a Rosco for all other requests.
    pub upstream: Option<String>,
    /// How overrides become values.
    pub overrides: OverrideMode,
    /// In Rosco's mode, overrides of at least this many bytes become a values file; 0 means never.
    pub overrides_file_threshold: usize,
    /// Whether errors have the statuses of Rosco.
    pub rosco_status: bool,
    /// The limits of one bake.
    pub limits: Limits,
    /// How many bakes run at the same time.
    pub concurrency: usize,
    /// How many bakes may wait.
    pub queue: usize,
    /// How long a bake runs before it moves to the lane for long bakes.
    pub slice: Duration,
    /// How many connections may be open.
    pub connections: usize,
    /// Maximum size of a request body.
    pub body_bytes: u64,
    /// Maximum size of a fetched artifact.
    pub artifact_bytes: u64,
    /// Maximum size of the bodies and artifacts of all requests together.
    pub memory_bytes: u64,
    /// Maximum size of the cache of compiled charts.
    pub cache_bytes: u64,
    /// How long a client may take to send its headers, and stay silent between requests.
    pub header_timeout: Duration,
    /// How long a request may take, including the fetching of artifacts.
    pub request_timeout: Duration,
    /// How long a bake may run.
    pub bake_timeout: Duration,
    /// How many times to try to fetch an artifact.
    pub fetch_attempts: u32,
    /// The pause after the first attempt; it doubles each time.
    pub fetch_pause: Duration,
    /// How long running bakes may continue after the signal to stop.
    pub grace: Duration,
    /// The bearer token that every request except health checks must carry.
    pub token: Option<String>,
    /// The certificate chain and key (PEM files) of the service. Without them it uses plain HTTP.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// The authorities (PEM file) that must have issued the certificates of clients.
    pub client_ca: Option<PathBuf>,
    /// The authorities (PEM file) for the artifact store and the upstream, instead of those of the system.
    pub ca: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8087)),
            clouddriver: None,
            artifacts: None,
            allowed_urls: Vec::new(),
            upstream: None,
            overrides: OverrideMode::Rosco,
            overrides_file_threshold: 0,
            rosco_status: false,
            limits: Limits::server(),
            concurrency: cores,
            queue: 64,
            slice: Duration::from_millis(30),
            connections: 1024,
            body_bytes: 32 << 20,
            artifact_bytes: 32 << 20,
            memory_bytes: 512 << 20,
            cache_bytes: 256 << 20,
            header_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(15),
            bake_timeout: Duration::from_secs(10),
            fetch_attempts: 5,
            fetch_pause: Duration::from_secs(1),
            grace: Duration::from_secs(20),
            token: None,
            certificate: None,
            client_ca: None,
            ca: None,
        }
    }
}

impl Config {
    fn stage_config(&self) -> StageConfig {
        StageConfig {
            overrides: self.overrides,
            overrides_file_threshold: self.overrides_file_threshold,
            charts: crate::stage::ChartCache::new(self.cache_bytes),
            ..StageConfig::new(self.limits.clone())
        }
    }
}
