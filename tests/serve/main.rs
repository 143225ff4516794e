//! The bake stage over HTTP, with a stub of the artifact store on loopback.
//!
//! With `HELM` the goldens are compared with what the real Helm prints; with `BAKE_RECORD=1` they are written anew.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::field_reassign_with_default
)] // a test may

mod access;
mod contract;
mod deadline;
mod faults;
mod hostile;
mod http;
mod load;
mod process;
mod restart;
mod store;
mod storm;

use std::net::SocketAddr;
use std::time::Duration;

use bake::serve::{Config, Server};
use bake::stage::StageConfig;
use serde_json::{Value, json};
use testkit::archive::tarball;
use tokio::sync::oneshot;

/// A service within this process, on a port of its own.
struct Service {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Service {
    fn start(config: Config) -> Self {
        Service::start_with(config, None)
    }

    fn start_with(mut config: Config, stage_config: Option<StageConfig>) -> Self {
        config.listen = ([127, 0, 0, 1], 0).into();
        let (tell, hear) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Server::runtime().unwrap();
            runtime.block_on(async {
                let server = match stage_config {
                    Some(stage_config) => Server::bind_with(config, stage_config).await.unwrap(),
                    None => Server::bind(config).await.unwrap(),
                };
                tell.send(server.address()).unwrap();
                server
                    .run(async {
                        let _ = stopped.await;
                    })
                    .await;
            });
        });
        Service { address: hear.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
    }

    fn bake(&self, body: &Value) -> http::Answer {
        http::post(self.address, "/api/v2/manifest/bake/HELM3", &[], body.to_string().as_bytes())
    }

    fn get(&self, path: &str) -> http::Answer {
        http::request(self.address, "GET", path, &[], b"")
    }

    /// Signals the stop; the thread ends on its own.
    fn stop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take()
            && !std::thread::panicking()
        {
            thread.join().unwrap();
        }
    }
}

/// A configuration whose retries do not take long.
fn config(store: &store::Store) -> Config {
    let mut config = Config::default();
    config.clouddriver = Some(store.url());
    config.fetch_pause = Duration::from_millis(5);
    config.grace = Duration::from_secs(5);
    config
}

/// A request for the probe chart.
fn probe(overrides: &Value) -> Value {
    json!({
        "templateRenderer": "HELM3", "outputName": "my-app", "outputArtifactName": "my-app-deploy",
        "inputArtifacts": [{"type": "helm/chart", "name": "probe"}], "overrides": overrides,
    })
}

/// A request whose chart has one template, and its archive within.
fn inline(template: &str) -> Value {
    inline_files(&[("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"), ("templates/t.yaml", template)])
}

fn inline_files(files: &[(&str, &str)]) -> Value {
    embedded(&tarball(files.iter().map(|(name, text)| (format!("c/{name}"), text))))
}

/// A request whose chart is these bytes.
fn embedded(archive: &[u8]) -> Value {
    let reference = data_encoding::BASE64.encode(archive);
    json!({
        "templateRenderer": "HELM3", "outputName": "a", "outputArtifactName": "a-deploy",
        "inputArtifacts": [{"type": "embedded/base64", "name": "c", "reference": reference}],
    })
}

/// The manifest in an artifact.
fn manifest(artifact: &Value) -> String {
    String::from_utf8(data_encoding::BASE64.decode(artifact["reference"].as_str().unwrap().as_bytes()).unwrap())
        .unwrap()
}
