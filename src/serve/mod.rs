//! The bake stage over HTTP: what Spinnaker's Orca asks of Rosco for a "Bake (Manifest)" stage.
//!
//! | path | answer |
//! |---|---|
//! | `POST /api/v2/manifest/bake/{HELM2\|HELM3}` | the artifact that [`stage::bake`](crate::stage::bake) makes, or Spring's JSON of an error |
//! | `GET /health`, `/healthz` | the process lives |
//! | `GET /readyz` | whether it takes bakes now |
//! | `GET /metrics` | Prometheus text |
//! | `GET /openapi.json` | the description of all this |
//! | anything else | the upstream's answer where there is one, else 404 |
//!
//! A bake holds one of as many permits as there are cores; see [`lanes`]. Nothing that a request says names a file or a
//! host: artifacts come from the one store that the configuration names.

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

/// How the service behaves. `Config::default()` binds to loopback and has every limit set.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The base URL of the artifact store, Clouddriver.
    pub clouddriver: Option<String>,
    /// A folder that has all artifacts, instead of a store.
    pub artifacts: Option<PathBuf>,
    /// URLs below which artifacts of type `http/file` are fetched straight away, not through Clouddriver.
    pub allowed_urls: Vec<String>,
    /// The base URL of the Rosco that answers everything else.
    pub upstream: Option<String>,
    /// How overrides become values.
    pub overrides: OverrideMode,
    /// Bytes from which on Rosco's mode puts overrides into a values file; 0 is never.
    pub overrides_file_threshold: usize,
    /// Whether errors have the statuses that Rosco gives them.
    pub rosco_status: bool,
    /// What one bake may use.
    pub limits: Limits,
    /// Bakes that run at one time.
    pub concurrency: usize,
    /// Bakes that may wait for their turn.
    pub queue: usize,
    /// How long a bake runs before it goes to the lane of long ones.
    pub slice: Duration,
    /// Connections that may be open.
    pub connections: usize,
    /// Bytes of a request's body.
    pub body_bytes: u64,
    /// Bytes of one fetched artifact.
    pub artifact_bytes: u64,
    /// Bytes that bodies and artifacts of all requests may take at one time.
    pub memory_bytes: u64,
    /// Bytes of compiled charts that are kept.
    pub cache_bytes: u64,
    /// How long a client may take for its headers, and be silent between two requests.
    pub header_timeout: Duration,
    /// How long a request may take, fetching included.
    pub request_timeout: Duration,
    /// How long a bake may take once it runs.
    pub bake_timeout: Duration,
    /// Times that an artifact is asked for.
    pub fetch_attempts: u32,
    /// The pause after the first attempt; it doubles each time.
    pub fetch_pause: Duration,
    /// How long bakes may go on after the signal to stop.
    pub grace: Duration,
    /// The token that every request but those for health must bear.
    pub token: Option<String>,
    /// The certificate chain and key (PEM files) of the service; without them it speaks plain HTTP.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// The authorities (PEM file) of which clients must have a certificate.
    pub client_ca: Option<PathBuf>,
    /// The authorities (PEM file) that the artifact store and the upstream are checked against, instead of the system's.
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
