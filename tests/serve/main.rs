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
#![cfg(feature = "server")]

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

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bake::serve::{Config, Server};
use bake::stage::Kitchen;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
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

    fn start_with(mut config: Config, kitchen: Option<Kitchen>) -> Self {
        config.listen = ([127, 0, 0, 1], 0).into();
        let (tell, hear) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = Server::runtime(&config).unwrap();
            runtime.block_on(async {
                let server = match kitchen {
                    Some(kitchen) => Server::bind_with(config, kitchen).await.unwrap(),
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
    let files: Vec<_> = files.iter().map(|(name, text)| (format!("c/{name}"), text.as_bytes().to_vec())).collect();
    embedded(&tarball(&files))
}

/// A request whose chart is these bytes.
fn embedded(archive: &[u8]) -> Value {
    let reference = data_encoding::BASE64.encode(archive);
    json!({
        "templateRenderer": "HELM3", "outputName": "a", "outputArtifactName": "a-deploy",
        "inputArtifacts": [{"type": "embedded/base64", "name": "c", "reference": reference}],
    })
}

/// A gzipped tar archive.
fn tarball(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, data) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, data.as_slice()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// The files below a folder, by their paths from it, in order.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The archive of a chart's folder, as `helm package` makes it.
fn package(folder: &str) -> Vec<u8> {
    let files: Vec<_> =
        files(Path::new(folder)).into_iter().map(|(name, data)| (format!("chart/{name}"), data)).collect();
    tarball(&files)
}

/// The manifest in an artifact.
fn manifest(artifact: &Value) -> String {
    String::from_utf8(data_encoding::BASE64.decode(artifact["reference"].as_str().unwrap().as_bytes()).unwrap())
        .unwrap()
}

/// A new folder that is removed when the test ends.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bake-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn file(&self, name: &str, data: &[u8]) -> std::path::PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(&path).unwrap().write_all(data).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
