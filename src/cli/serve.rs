//! `bake serve`: serves the bake stage over HTTP.

use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use super::flags::{LimitArgs, size};
use super::stage::Overrides;
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::serve::{Config, Server};

/// `bake serve`
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8087")]
    pub listen: SocketAddr,

    /// The base URL of Clouddriver, which fetches artifacts.
    #[arg(long, value_name = "URL", conflicts_with = "artifacts")]
    pub clouddriver: Option<String>,

    /// A folder with all artifacts, instead of Clouddriver: see `bake stage --help`.
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,

    /// Fetch http/file artifacts below this URL directly, without Clouddriver.
    #[arg(long, value_name = "URL")]
    pub allow_url: Vec<String>,

    /// The base URL of a Rosco for all other requests: image bakes, Kustomize, Helmfile.
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,

    /// How overrides become values.
    #[arg(long, value_name = "MODE", default_value = "rosco")]
    pub overrides: Overrides,

    /// Pass overrides of at least this many bytes as a values file after the others; 0 means never. Rosco:
    /// `helm.overridesFileThreshold`.
    #[arg(long, value_name = "BYTES", default_value = "0")]
    pub overrides_file_threshold: usize,

    /// Use Rosco's statuses for errors: 500 for a chart that fails, which Orca retries five times.
    #[arg(long)]
    pub rosco_status: bool,

    /// The format of the log on standard error [default: text on a terminal, else json].
    #[arg(long, value_name = "FORMAT")]
    pub log: Option<LogFormat>,

    /// The limits of one bake.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// The limits of the whole service.
    #[command(flatten)]
    pub load: LoadArgs,

    /// Tokens and TLS.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Limits of the whole service.
#[derive(Debug, Args)]
#[command(next_help_heading = "Load")]
pub(super) struct LoadArgs {
    /// How many bakes run at the same time [default: one per core].
    #[arg(long, value_name = "N")]
    pub concurrency: Option<usize>,

    /// How many bakes may wait; others get status 503.
    #[arg(long, value_name = "N", default_value = "64")]
    pub queue: usize,

    /// How long a bake runs before it moves to the lane for long bakes.
    #[arg(long, value_name = "TIME", default_value = "30ms", value_parser = duration)]
    pub slice: Duration,

    /// How many connections may be open.
    #[arg(long, value_name = "N", default_value = "1024")]
    pub connections: usize,

    /// Maximum size of a request body; a larger one gets status 413.
    #[arg(long, value_name = "SIZE", default_value = "32Mi", value_parser = size)]
    pub body_bytes: u64,

    /// Maximum size of a fetched artifact.
    #[arg(long, value_name = "SIZE", default_value = "32Mi", value_parser = size)]
    pub artifact_bytes: u64,

    /// Maximum size of the bodies and artifacts of all requests together.
    #[arg(long, value_name = "SIZE", default_value = "512Mi", value_parser = size)]
    pub memory: u64,

    /// Maximum size of the cache of compiled charts; 0 turns it off.
    #[arg(long, value_name = "SIZE", default_value = "256Mi", value_parser = size)]
    pub cache: u64,

    /// How long a client may take to send its headers, and stay silent between requests.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub header_timeout: Duration,

    /// How long a request may take, including the fetching of artifacts.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    pub request_timeout: Duration,

    /// How long a bake may run; a longer one gets status 408.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub bake_timeout: Duration,

    /// How many times to try to fetch an artifact from Clouddriver.
    #[arg(long, value_name = "N", default_value = "5")]
    pub fetch_attempts: u32,

    /// The pause after the first attempt; it doubles each time.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    pub fetch_pause: Duration,

    /// How long running bakes may continue after SIGTERM.
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration)]
    pub grace: Duration,
}

/// TLS and tokens.
#[derive(Debug, Args)]
#[command(next_help_heading = "Access")]
pub(super) struct AccessArgs {
    /// A file with the bearer token that requests must carry. Health checks need none.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// The certificate chain of the service (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Accept only clients with a certificate of these authorities (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_client_ca: Option<PathBuf>,

    /// Verify Clouddriver and the upstream with these authorities (PEM) instead of the system's.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// The format of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people to read.
    Text,
    /// One JSON object per line.
    Json,
}

pub(super) fn run(args: &ServeArgs) -> Result<()> {
    let config = config(args)?;
    start_log(args.log);
    let runtime = Server::runtime()?;
    let open = config.token.is_none() && config.client_ca.is_none();
    let result = runtime.block_on(async {
        let failed = |e: io::Error| Error::new(ErrorKind::Io, format!("signals: {e}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let server = Server::bind(config).await?;
        let address = server.address();
        if open && !address.ip().is_loopback() {
            tracing::warn!(
                "anyone who reaches {address} may bake: neither a token nor client certificates are required"
            );
        }
        tracing::info!(%address, "listening");
        let (told, heard) = tokio::sync::oneshot::channel();
        let serving = server.run(async {
            // an error means that the sender is gone, so stop as well
            let _ = heard.await;
        });
        let signals = async {
            let mut next = async || {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            };
            next().await;
            let _ = told.send(());
            next().await;
        };
        tokio::select! {
            () = serving => {}
            // the second signal
            () = signals => {}
        }
        Ok(())
    });
    // bakes that did not finish in time are abandoned
    runtime.shutdown_background();
    result
}

fn config(args: &ServeArgs) -> Result<Config> {
    let (load, access) = (&args.load, &args.access);
    let default = Config::default();
    let config = Config {
        listen: args.listen,
        clouddriver: args.clouddriver.clone(),
        artifacts: args.artifacts.clone(),
        allowed_urls: args.allow_url.clone(),
        upstream: args.upstream.clone(),
        overrides: args.overrides.into(),
        overrides_file_threshold: args.overrides_file_threshold,
        rosco_status: args.rosco_status,
        limits: args.limits.limits_on(Limits::server()),
        concurrency: load.concurrency.unwrap_or(default.concurrency),
        queue: load.queue,
        slice: load.slice,
        connections: load.connections,
        body_bytes: load.body_bytes,
        artifact_bytes: load.artifact_bytes,
        memory_bytes: load.memory,
        cache_bytes: load.cache,
        header_timeout: load.header_timeout,
        request_timeout: load.request_timeout,
        bake_timeout: load.bake_timeout,
        fetch_attempts: load.fetch_attempts,
        fetch_pause: load.fetch_pause,
        grace: load.grace,
        token: access.token_file.as_deref().map(token).transpose()?,
        certificate: access.tls_cert.clone().zip(access.tls_key.clone()),
        client_ca: access.tls_client_ca.clone(),
        ca: access.ca.clone(),
    };
    Ok(config)
}

/// The token in a file, without the white space around it.
fn token(path: &std::path::Path) -> Result<String> {
    let text = String::from_utf8_lossy(&chart::read_file(path, 1 << 16)?).trim().to_owned();
    if text.is_empty() {
        return Err(Error::new(ErrorKind::Usage, format!("{}: the file does not contain a token", path.display())));
    }
    Ok(text)
}

fn start_log(format: Option<LogFormat>) {
    let format = format.unwrap_or(if io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json });
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(tracing::Level::INFO);
    // a second call keeps the first log
    let _ = match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).try_init(),
    };
    // the text of a panic could contain values
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a thread panicked");
    }));
}

/// `500ms`, `15s`, `2m`
fn duration(text: &str) -> std::result::Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    let found = units.iter().find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, *millis)));
    let time = found.and_then(|(digits, millis)| digits.parse::<u64>().ok()?.checked_mul(millis));
    // a time-out of years makes no sense, and could overflow the clock
    let time = time.filter(|millis| *millis <= 86_400_000);
    time.map(Duration::from_millis).ok_or_else(|| format!("{text:?} is not a time such as 500ms, 15s or 2m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, want) in [
            ("500ms", Some(500)),
            ("15s", Some(15_000)),
            ("2m", Some(120_000)),
            ("0s", Some(0)),
            ("15", None),
            ("-1s", None),
            ("s", None),
            ("2d", None),
            ("99999999999999999999s", None),
            ("25000m", None),
        ] {
            assert_eq!(duration(text).ok(), want.map(Duration::from_millis), "{text}");
        }
    }
}
