//! A process that is killed under load and started again: what a node that fails, or the memory killer, does to it.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Scratch;
use testkit::archive::{files, tarball};

use super::process::Process;
use super::store::{Item, Store};
use super::{http, manifest};

const BAKE: &str = "/api/v2/manifest/bake/HELM3";
const CLIENTS: usize = 6;
const KILLS: usize = 3;
/// Bakes that are answered between two kills, at least.
const BETWEEN: usize = 20;

/// A manifest that takes a while to bake and to send, so that a kill finds some half done.
const TEMPLATE: &str = "{{ range $i := until 200 }}---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ $.Release.Name }}-{{ printf \"%04d\" $i }}}
data: {who: {{ $.Values.who | quote }}}
{{ end }}";

fn request(client: usize, turn: usize) -> Value {
    json!({
        "templateRenderer": "HELM3", "outputName": format!("app-{client}-{turn}"), "outputArtifactName": "app",
        "inputArtifacts": [{"type": "helm/chart", "name": "chart"}, {"type": "github/file", "name": "values.yaml"}],
    })
}

fn expected(client: usize, turn: usize) -> String {
    let document = |i: usize| {
        format!(
            "---\n# Source: c/templates/t.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app-{client}-{turn}-{i:04}}}\ndata: {{who: \"somebody\"}}\n"
        )
    };
    (0..200).map(document).collect()
}

#[test]
fn a_process_that_is_killed_answers_again_after_its_start() {
    let chart = tarball([
        ("c/Chart.yaml".to_owned(), b"apiVersion: v2\nname: c\nversion: 1.0.0\n".to_vec()),
        ("c/templates/t.yaml".to_owned(), TEMPLATE.as_bytes().to_vec()),
    ]);
    let store = Store::start([
        ("chart".to_owned(), Item::Bytes(chart)),
        ("values.yaml".to_owned(), Item::Bytes(b"who: somebody\n".to_vec())),
    ]);
    let (url, temporary) = (store.url(), Scratch::new("killed"));
    let args = ["--clouddriver", url.as_str()];
    let mut process = Process::start_at(([127, 0, 0, 1], 0).into(), &args, temporary.dir());
    let address = process.address();
    let (done, whole, cut) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let process = std::thread::scope(|scope| {
        let _stop = Stop(&done);
        for client in 0..CLIENTS {
            let (done, whole, cut) = (&done, &whole, &cut);
            scope.spawn(move || {
                for turn in 0.. {
                    let Some(text) = repeat(address, &request(client, turn), cut, done) else { return };
                    assert_eq!(text, expected(client, turn));
                    whole.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..KILLS {
            let until = whole.load(Ordering::Relaxed) + BETWEEN;
            wait(|| whole.load(Ordering::Relaxed) >= until);
            process.end("-KILL");
            assert_eq!(files(temporary.dir()), [], "a killed process left files");
            process = Process::start_at(address, &args, temporary.dir());
        }
        let until = whole.load(Ordering::Relaxed) + BETWEEN;
        wait(|| whole.load(Ordering::Relaxed) >= until);
        process
    });
    assert!(cut.load(Ordering::Relaxed) > 0, "no kill came in the middle of an answer");
    let metrics = http::request(address, "GET", "/metrics", &[], b"").text();
    assert!(metrics.contains("bake_in_flight 0\n") && metrics.contains("bake_panics_total 0\n"), "{metrics}");
    assert_eq!(process.end("-TERM").0, Some(0));
    assert_eq!(files(temporary.dir()), []);
}

/// Asks until there is a whole answer, as Orca does, or until the test is done; counts the answers that were cut off.
fn repeat(address: SocketAddr, body: &Value, cut: &AtomicUsize, done: &AtomicBool) -> Option<String> {
    while !done.load(Ordering::Relaxed) {
        if let Ok(mut stream) = TcpStream::connect(address) {
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            match http::exchange(&mut stream, "POST", BAKE, &[], body.to_string().as_bytes()) {
                // what is answered at all is right
                Ok(answer) => {
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    return Some(manifest(&answer.json()));
                }
                Err(_) => cut.fetch_add(1, Ordering::Relaxed),
            };
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

/// Lets the clients end, also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn wait(mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(90), "it did not come to pass");
        std::thread::sleep(Duration::from_millis(5));
    }
}
