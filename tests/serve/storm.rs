//! Thousands of hostile requests against one process: it lives, every answer is typed, its memory is bounded, and good
//! requests in between get the right bytes.
//!
//! `BAKE_STORM=10000` says how many; without it there are as many as some seconds allow.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use testkit::archive::{files, package, tarball};
use testkit::need;

use super::process::Process;
use super::store::{Item, Store};
use super::{http, inline, probe};

const BAKE: &str = "/api/v2/manifest/bake/HELM3";
const CLIENTS: usize = 8;
/// What a run without a number may take, and the least that it must come to.
const SHORT: Duration = Duration::from_secs(10);
const LEAST: usize = 100;
/// Bytes that a body may have here.
const BODY: usize = 4 << 20;
/// What the process may take, with 64 MiB of charts and 128 MiB of bodies and artifacts.
const MEMORY_KIB: u64 = 1 << 20;

/// One hostile thing to do.
enum Shot<'a> {
    /// A body.
    Post(&'a str),
    /// A body that is no longer JSON, or other JSON.
    Broken(&'a str),
    /// More bytes than a body may have, announced or in chunks.
    Large,
    Chunks,
    /// Half a request, and then silence.
    Slow,
    /// Half a request, and then the end of the connection.
    Gone(&'a str),
}

impl<'a> Shot<'a> {
    fn number(i: usize, bodies: &'a [String]) -> Self {
        // the bodies by turns, from another one on in each round
        let body = &bodies[(i + i / 97) % bodies.len()];
        match i % 97 {
            90..93 => Shot::Broken(body),
            93 => Shot::Large,
            94 => Shot::Chunks,
            95 => Shot::Slow,
            96 => Shot::Gone(body),
            _ => Shot::Post(body),
        }
    }

    /// Fires; answers what came back where something must.
    fn fire(&self, i: usize, address: SocketAddr) -> Option<http::Answer> {
        let answer = match self {
            Shot::Post(body) => http::post(address, BAKE, &[], body.as_bytes()),
            Shot::Broken(body) => http::post(address, BAKE, &[], &break_up(body.as_bytes(), i)),
            Shot::Large => http::post(address, BAKE, &[], &vec![b' '; BODY + 1]),
            Shot::Chunks => {
                let mut stream = head(address, "Transfer-Encoding: chunked");
                for _ in 0..=BODY / 0x10000 {
                    let chunk = format!("10000\r\n{}\r\n", "[".repeat(0x10000));
                    if stream.write_all(chunk.as_bytes()).is_err() {
                        break;
                    }
                }
                http::read_answer(&mut stream).unwrap()
            }
            Shot::Slow => http::read_answer(&mut head(address, "Content-Length: 100")).unwrap(),
            Shot::Gone(body) => {
                let mut stream = head(address, &format!("Content-Length: {}", body.len()));
                stream.write_all(&body.as_bytes()[..body.len() / 2]).unwrap();
                return None;
            }
        };
        Some(answer)
    }

    fn name(&self) -> &'static str {
        match self {
            Shot::Post(_) => "a hostile body",
            Shot::Broken(_) => "broken JSON",
            Shot::Large => "a large body",
            Shot::Chunks => "endless chunks",
            Shot::Slow => "a slow body",
            Shot::Gone(_) => "half a body",
        }
    }
}

fn head(address: SocketAddr, length: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    write!(stream, "POST {BAKE} HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n").unwrap();
    stream
}

/// The text with a byte changed, cut off, or with a byte too many.
fn break_up(text: &[u8], i: usize) -> Vec<u8> {
    let at = i.wrapping_mul(7919) % text.len();
    let mut text = text.to_vec();
    match i % 3 {
        0 => text[at] = b"{}[]\",:\\\0\xFF"[i / 3 % 10],
        1 => text.truncate(at),
        _ => text.insert(at, b'"'),
    }
    text
}

/// Requests with the charts, archives, values and flags of the suite, and what the store then has.
fn suite(folder: &Path) -> (Vec<String>, Vec<(String, Item)>) {
    // some name devices and folders of the system: the store has none of them
    let inside = |path: &str| Some(folder.join(path)).filter(|full| full.starts_with(folder) && !path.contains(".."));
    let read = |path: &str| inside(path).and_then(|full| std::fs::read(full).ok());
    let mut items = BTreeMap::new();
    let mut bodies = Vec::new();
    let cases = std::fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let arguments: Vec<String> = case["args"].as_array().unwrap().iter().flat_map(words).collect();
        let (mut artifacts, mut overrides, mut body) = (Vec::new(), Map::new(), Map::new());
        let mut words = arguments.into_iter();
        while let Some(word) = words.next() {
            let mut next = || words.next().unwrap_or_default();
            match word.as_str() {
                "-f" | "--values" => {
                    let name = next();
                    let content = read(&name).unwrap_or_default();
                    items.insert(name.clone(), Item::Bytes(content));
                    artifacts.push(json!({"type": "github/file", "name": name}));
                }
                "--set" | "--set-string" | "--set-json" | "--set-literal" | "--set-file" => {
                    body.insert("rawOverrides".to_owned(), json!(word == "--set"));
                    let line = next();
                    let (key, value) = line.split_once('=').unwrap_or((&line, ""));
                    overrides.insert(key.to_owned(), json!(value));
                }
                "--namespace" | "-n" => drop(body.insert("namespace".to_owned(), json!(next()))),
                "--kube-version" => drop(body.insert("kubeVersion".to_owned(), json!(next()))),
                "--api-versions" | "-a" => drop(body.insert("apiVersions".to_owned(), json!(next()))),
                flag if flag.starts_with('-') => {}
                path => {
                    if let Some(full) = inside(path).filter(|full| full.is_dir()) {
                        items.insert(path.to_owned(), Item::Bytes(pack(&full)));
                    } else if let Some(content) = read(path) {
                        items.insert(path.to_owned(), Item::Bytes(content));
                    }
                    artifacts.insert(0, json!({"type": "helm/chart", "name": path}));
                }
            }
        }
        body.insert("outputName".to_owned(), json!("rel"));
        body.insert("overrides".to_owned(), overrides.into());
        body.insert("inputArtifacts".to_owned(), artifacts.into());
        let mut body = Value::Object(body);
        bodies.push(body.to_string());
        // and as the tarball of a repository
        if body["inputArtifacts"][0].is_object() {
            body["inputArtifacts"][0]["type"] = json!("git/repo");
            for path in ["c", "../..", ""] {
                body["helmChartFilePath"] = json!(path);
                bodies.push(body.to_string());
            }
        }
    }
    (bodies, items.into_iter().collect())
}

/// The words of an argument: some are stored as pieces that repeat.
fn words(argument: &Value) -> Vec<String> {
    let text = |argument: &Value| match argument {
        Value::String(text) => text.clone(),
        Value::Object(long) => long["pieces"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|piece| piece[0].as_str().unwrap().repeat(usize::try_from(piece[1].as_u64().unwrap()).unwrap()))
            .collect(),
        other => other.to_string(),
    };
    match argument.get("repeat").and_then(Value::as_array) {
        // an override is set once by its name
        Some(words) => words.iter().map(text).collect(),
        None => vec![text(argument)],
    }
}

/// The archive of a chart's folder, the folder's name first.
fn pack(folder: &Path) -> Vec<u8> {
    let files: Vec<_> = files(folder).into_iter().map(|(name, data)| (format!("c/{name}"), data)).collect();
    tarball(files)
}

/// What a store can do wrong.
fn faults() -> Vec<(String, Item)> {
    let chart = package("testdata/stage/charts/probe");
    let named = |(name, item): (&str, Item)| (name.to_owned(), item);
    [
        ("slow", Item::Slow(Duration::from_millis(300), chart.clone())),
        ("dropped", Item::Dropped(chart.clone())),
        ("endless", Item::Endless),
        ("denied", Item::Error(403, "no access")),
        ("failing", Item::Error(500, "it broke")),
        ("probe", Item::Bytes(chart)),
    ]
    .map(named)
    .into()
}

/// Whether an answer is one of the contract: a status of its table and JSON of the right shape.
fn check(answer: &http::Answer, what: &str) {
    let body: Value = serde_json::from_slice(&answer.body)
        .unwrap_or_else(|e| panic!("{what}: {} without JSON: {e}: {}", answer.status, answer.text()));
    if answer.status == 200 {
        assert!(body["type"] == "embedded/base64" && body["reference"].is_string(), "{what}: {body}");
        return;
    }
    let passed_on = body["kind"] == "fetch" && matches!(answer.status, 403 | 404 | 500 | 502 | 504);
    assert!(matches!(answer.status, 400 | 408 | 413 | 503) || passed_on, "{what}: {body}");
    assert_eq!(body["status"], json!(answer.status), "{what}");
    for key in ["timestamp", "error", "message", "kind", "requestId"] {
        assert!(body[key].is_string(), "{what}: no {key} in {body}");
    }
    assert!(body["errors"].as_array().is_some_and(|lines| lines.iter().all(Value::is_string)), "{what}: {body}");
    assert!(answer.body.len() < 200_000, "{what}: an error of {} bytes", answer.body.len());
}

#[test]
fn a_storm_is_weathered() {
    let Some(shared) = need::shared() else { return };
    let wanted: Option<usize> = std::env::var("BAKE_STORM").ok().map(|n| n.parse().unwrap());
    let (mut bodies, mut items) = suite(&shared.join("adversarial"));
    items.extend(faults());
    for (name, _) in faults() {
        bodies.push(json!({"outputName": "rel", "inputArtifacts": [{"type": "helm/chart", "name": name}]}).to_string());
    }
    let store = Store::start(items);
    let url = store.url();
    let limits = ["--request-timeout", "4s", "--bake-timeout", "1s", "--fetch-pause", "5ms", "--body-bytes", "4Mi"];
    let memory = ["--artifact-bytes", "4Mi", "--memory", "128Mi", "--cache", "64Mi"];
    // without optimization everything takes longer, good bakes too
    let slice = ["--slice", if cfg!(debug_assertions) { "300ms" } else { "30ms" }];
    let process = Process::start(&[&["--clouddriver", url.as_str()], &limits[..], &memory[..], &slice].concat());
    let address = process.address();
    let good = probe(&json!({"image.tag": "1.2.3"})).to_string();
    let right = http::post(address, BAKE, &[], good.as_bytes());
    assert_eq!(right.status, 200, "{}", right.text());
    let before = process.resident_kib();

    let (next, goods, peak) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicU64::new(before));
    let away = AtomicUsize::new(0);
    let (done, start) = (AtomicBool::new(false), Instant::now());
    let answers: Mutex<BTreeMap<(&str, u16), usize>> = Mutex::default();
    std::thread::scope(|scope| {
        let shooting: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let enough = match wanted {
                            Some(wanted) => i >= wanted,
                            None => start.elapsed() > SHORT,
                        };
                        if enough {
                            return;
                        }
                        let shot = Shot::number(i, &bodies);
                        let answer = shot.fire(i, address);
                        if let Some(answer) = &answer {
                            check(answer, shot.name());
                        }
                        let status = answer.map_or(0, |answer| answer.status);
                        *answers.lock().unwrap().entry((shot.name(), status)).or_default() += 1;
                    }
                })
            })
            .collect();
        let asking = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let answer = http::post(address, BAKE, &[], good.as_bytes());
                // where the machine is busy with other things too, it may be turned away and come again
                if matches!(answer.status, 408 | 503) {
                    away.fetch_add(1, Ordering::Relaxed);
                } else {
                    assert!(answer.status == 200 && answer.body == right.body, "{}", answer.text());
                    goods.fetch_add(1, Ordering::Relaxed);
                }
                peak.fetch_max(process.resident_kib(), Ordering::Relaxed);
            }
        });
        // the others end first: a panic of theirs shall be told
        let failed = shooting.into_iter().map(std::thread::ScopedJoinHandle::join).filter(Result::is_err).count();
        done.store(true, Ordering::Relaxed);
        assert!(asking.join().is_ok() && failed == 0, "{failed} clients got a wrong answer");
    });

    let fired = answers.lock().unwrap().values().sum::<usize>();
    let (peak, after, took) = (peak.into_inner(), process.resident_kib(), start.elapsed());
    println!(
        "{fired} hostile and {} good requests ({} turned away) in {took:.0?}; {before} KiB before, {peak} at most, {after} after",
        goods.load(Ordering::Relaxed),
        away.load(Ordering::Relaxed)
    );
    for ((what, status), count) in &*answers.lock().unwrap() {
        println!("{what:16} {status:>4} {count:>6}");
    }
    assert!(fired >= wanted.unwrap_or(LEAST) && goods.into_inner() > 0);
    assert!(peak < MEMORY_KIB, "{peak} KiB");
    let metrics = settled(address);
    assert!(metrics.contains("bake_panics_total 0\n") && metrics.contains("bake_memory_bytes 0\n"), "{metrics}");
    assert_eq!(http::post(address, BAKE, &[], inline("a: b").to_string().as_bytes()).status, 200);
    assert_eq!(process.end("-TERM").0, Some(0));
}

/// The metrics when nothing runs any more.
fn settled(address: SocketAddr) -> String {
    let start = Instant::now();
    loop {
        let metrics = http::request(address, "GET", "/metrics", &[], b"").text();
        if metrics.contains("bake_in_flight 0\n") || start.elapsed() > Duration::from_secs(10) {
            return metrics;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
