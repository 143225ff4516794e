//! The listener: connections with their limits, TLS, and shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use super::api::{self, Shared};
use super::{Config, tls};
use crate::error::{Error, ErrorKind, Result};
use crate::stage::StageConfig;

/// Threads beside those of bakes, for large requests, files and DNS.
const BLOCKING_THREADS: usize = 16;
/// Maximum size of the headers of a request.
const HEADER_BYTES: usize = 64 << 10;

/// The service, bound to its address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<rustls::ServerConfig>>,
    shared: Arc<Shared>,
}

impl Server {
    /// Binds to the configured address.
    ///
    /// Errors: the address is in use, or the configuration is not valid.
    pub async fn bind(config: Config) -> Result<Self> {
        let stage_config = config.stage_config();
        Server::bind_with(config, stage_config).await
    }

    /// Like [`Server::bind`], with another configuration of the stage: another host, another cache.
    ///
    /// Errors: those of [`Server::bind`].
    pub async fn bind_with(config: Config, stage_config: StageConfig) -> Result<Self> {
        let tls = tls::server(&config)?;
        let listen = config.listen;
        let shared = Arc::new(Shared::new(config, stage_config)?);
        let failed = |e: std::io::Error| Error::io(listen.to_string(), e);
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Server { listener, address, tls, shared })
    }

    /// The address. If the configured port is 0, it has the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` completes. Then accepts no more requests, and lets running bakes finish within the grace period.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Server { listener, tls, shared, .. } = self;
        let router = api::router(&shared);
        let acceptor = tls.map(TlsAcceptor::from);
        let room = Arc::new(Semaphore::new(shared.config.connections.clamp(1, Semaphore::MAX_PERMITS)));
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let next = async {
                let place = Arc::clone(&room).acquire_owned().await;
                (listener.accept().await, place)
            };
            let (accepted, place) = tokio::select! {
                biased;
                () = &mut stop => break,
                next = next => next,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // for example out of file descriptors: others must be closed first
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let connection = Connection {
                router: router.clone(),
                header_timeout: shared.config.header_timeout,
                watcher: graceful.watcher(),
            };
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                connection.accept(stream, acceptor).await;
                drop(place);
            });
        }
        shared.ready.store(false, Ordering::Relaxed);
        drop(listener);
        tracing::info!(connections = graceful.count(), "stopping");
        if tokio::time::timeout(shared.config.grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("some bakes did not finish in time");
        }
    }

    /// A runtime with the threads that a service needs beside those that bake.
    ///
    /// Errors: the system cannot start the threads.
    pub fn runtime() -> Result<tokio::runtime::Runtime> {
        tokio::runtime::Builder::new_multi_thread()
            .max_blocking_threads(BLOCKING_THREADS)
            .enable_all()
            .build()
            .map_err(|e| Error::new(ErrorKind::Io, format!("cannot start threads: {e}")))
    }
}

/// Serves one connection.
struct Connection {
    router: Router,
    header_timeout: Duration,
    watcher: Watcher,
}

impl Connection {
    async fn accept(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        // answers are small, so waiting for more data would only cost time
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = acceptor else { return self.serve(stream).await };
        // a client that does not finish the handshake, or has no certificate, gets no answer
        if let Ok(Ok(stream)) = tokio::time::timeout(self.header_timeout, acceptor.accept(stream)).await {
            self.serve(stream).await;
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(HEADER_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(self.router));
        // an error means that the client went away or does not speak HTTP
        let _ = self.watcher.watch(connection).await;
    }
}
