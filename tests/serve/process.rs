//! The command itself: `bake serve` as a process, and `bake stage`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::JoinHandle;

use serde_json::{Value, json};
use testkit::archive::package;
use testkit::{Scratch, Serving, need};

use super::{http, manifest};

/// A running `bake serve`, and what it logs.
pub(crate) struct Process {
    serving: Serving,
    log: JoinHandle<Vec<String>>,
}

impl Process {
    pub(crate) fn start(args: &[&str]) -> Self {
        Process::of(Serving::start(env!("CARGO_BIN_EXE_bake"), args))
    }

    /// A process on this address, with a folder for temporary files.
    pub(crate) fn start_at(address: SocketAddr, args: &[&str], temporary: &Path) -> Self {
        Process::of(Serving::start_at(env!("CARGO_BIN_EXE_bake"), address, args, temporary))
    }

    fn of((serving, lines): (Serving, impl Iterator<Item = String> + Send + 'static)) -> Self {
        Process { serving, log: std::thread::spawn(move || lines.collect()) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.serving.address
    }

    /// What the process takes of the machine's memory, in KiB; 0 where the system does not say.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.serving.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }

    /// Ends it with a signal; answers its exit code and what it logged.
    pub(crate) fn end(mut self, signal: &str) -> (Option<i32>, Vec<String>) {
        let kill = Command::new("kill").args([signal, &self.serving.child.id().to_string()]).status().unwrap();
        assert!(kill.success());
        (self.serving.child.wait().unwrap().code(), self.log.join().unwrap())
    }
}

fn artifacts() -> Scratch {
    let scratch = Scratch::new("artifacts");
    scratch.file("probe-0.1.0.tgz", package("testdata/stage/charts/probe"));
    scratch.file("deploy-values/shop/web/values.yaml", b"greeting: from a file\npassword: hunter2\n");
    scratch
}

fn request() -> Value {
    json!({
        "templateRenderer": "HELM3", "outputName": "my-app", "outputArtifactName": "my-app-deploy",
        "inputArtifacts": [
            {"type": "helm/chart", "name": "probe", "version": "0.1.0", "reference": "harbor", "artifactAccount": "harbor"},
            {"type": "github/file", "name": "deploy-values/shop/web/values.yaml", "reference": "https://git.example/v"},
        ],
        "overrides": {"token": "swordfish"},
    })
}

#[test]
fn the_process_serves_logs_and_stops() {
    let scratch = artifacts();
    let process = Process::start(&["--artifacts", &scratch.path(".")]);
    let bake = "/api/v2/manifest/bake/HELM3";
    let headers =
        [("X-SPINNAKER-USER", "sammie"), ("X-SPINNAKER-EXECUTION-ID", "01HX"), ("Authorization", "Bearer tok")];
    let answer = http::post(process.serving.address, bake, &headers, request().to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(manifest(&answer.json()).contains("password: hunter2\n"));
    let mut failing = request();
    failing["overrides"] = json!({"fail": "swordfish was wrong"});
    assert_eq!(http::post(process.serving.address, bake, &headers, failing.to_string().as_bytes()).status, 400);
    let (code, log) = process.end("-TERM");
    assert_eq!(code, Some(0));
    let bakes: Vec<Value> = log
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["message"] == "bake")
        .collect();
    assert_eq!(bakes.len(), 2, "{log:?}");
    for (key, want) in [
        ("user", json!("sammie")),
        ("execution", json!("01HX")),
        ("release", json!("my-app")),
        ("chart", json!("probe 0.1.0")),
        ("status", json!(200)),
        ("outcome", json!("ok")),
    ] {
        assert_eq!(bakes[0][key], want, "{key}");
    }
    assert_eq!(bakes[1]["place"], "probe/templates/config.yaml:1:28");
    let all = log.join("\n");
    for secret in ["hunter2", "swordfish", "Bearer", "tok\""] {
        assert!(!all.contains(secret), "{secret} is in the log: {all}");
    }
}

#[test]
fn an_interrupt_stops_it_too_and_a_taken_address_is_an_error() {
    let process = Process::start(&[]);
    let taken = process.serving.address.to_string();
    let out = Command::new(env!("CARGO_BIN_EXE_bake")).args(["serve", "--listen", &taken]).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains(&format!("Error: {taken}: ")), "{out:?}");
    assert_eq!(process.end("-INT").0, Some(0));
}

fn stage(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bake")).arg("stage").args(args).output().unwrap()
}

#[test]
fn a_request_can_be_baked_without_a_service() {
    let scratch = artifacts();
    let file = &*scratch.written("request.json", request().to_string());
    let out = stage(&[file]);
    assert!(out.status.success(), "{out:?}");
    let artifact: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(artifact["name"], "my-app-deploy");
    let out = stage(&[file, "--manifest", "--artifacts", &scratch.path(".")]);
    assert_eq!(String::from_utf8(out.stdout).unwrap(), manifest(&artifact));
    // the service answers the same bytes
    let process = Process::start(&["--artifacts", &scratch.path(".")]);
    let answer =
        http::post(process.serving.address, "/api/v2/manifest/bake/HELM3", &[], request().to_string().as_bytes());
    assert_eq!(answer.json(), artifact);
    process.end("-TERM");
}

#[test]
fn a_request_that_fails_says_why() {
    let scratch = artifacts();
    let mut failing = request();
    failing["overrides"] = json!({"fail": "not today"});
    let mut missing = request();
    missing["inputArtifacts"][1]["name"] = json!("other/prod.yaml");
    missing["inputArtifacts"][1]["reference"] = Value::Null;
    for (body, text) in [
        (failing.to_string(), "Error: execution error at (probe/templates/config.yaml:1:27): not today"),
        (
            missing.to_string(),
            "the folder of artifacts contains none of other/prod.yaml, other/prod.yaml.tgz, other/prod.yaml.tar.gz, prod.yaml",
        ),
        ("{}".to_owned(), "Error: At least one input artifact must be provided to bake"),
    ] {
        let out = stage(&[&scratch.written("failing.json", body)]);
        assert_eq!(out.status.code(), Some(1));
        assert!(out.stdout.is_empty());
        let stderr = String::from_utf8(out.stderr).unwrap();
        assert!(stderr.contains(text), "{stderr}");
    }
}

/// The service itself as a service of our charts: what docs/bakery.md deploys.
#[test]
fn it_deploys_itself() {
    let app = "testdata/stage/deploy-values/platform/spinnaker/bakery";
    for stack in ["dev", "prod"] {
        let golden = format!("testdata/stage/golden/bakery.{stack}.yaml");
        if let Some(helm) = need::helm() {
            let mut text = Vec::new();
            for chart in ["workload", "service"].map(|name| testkit::charts(env!("CARGO_TARGET_TMPDIR")).join(name)) {
                let files = [format!("{app}/values.yaml"), format!("{app}/{stack}-values.yaml")];
                let args = ["--namespace", "spinnaker", "-f", &files[0], "-f", &files[1]];
                let out = Command::new(&helm).args(["template", "bakery"]).arg(chart).args(args).output().unwrap();
                assert!(out.status.success(), "{out:?}");
                text.extend(out.stdout);
            }
            if std::env::var_os("BAKE_RECORD").is_some() {
                std::fs::write(&golden, &text).unwrap();
            }
            assert_eq!(std::fs::read(&golden).unwrap(), text, "{golden} is not Helm's");
        }
        let out = Command::new(env!("CARGO_BIN_EXE_bake")).args([app, "--stack", stack]).output().unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap(), std::fs::read_to_string(&golden).unwrap());
    }
}
