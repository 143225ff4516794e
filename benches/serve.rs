//! `bake serve` under load: bakes per second and latencies, memory after many requests, and good requests beside hostile
//! ones.
//!
//!     cargo bench --bench serve --features full
//!
//! The load comes from this process, so both share the machine. `SERVE_SECONDS` says how long each row is measured
//! (default 5); with `BAKE_SHARED` a large chart takes part too.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss
)] // no library

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Serving;
use testkit::archive::{package, tarball};

const APP: &str = "testdata/apps/deploy-values/sample/web/frontend";
/// Requests after which memory must not grow any more, and the end of that measurement.
const WARM: usize = 1_000;
const MANY: usize = 20_000;
/// Memory goes up and down with what is under way: the median of some readings counts, with requests in between.
const READINGS: usize = 9;
const BETWEEN: usize = 100;

fn main() {
    let seconds = std::env::var("SERVE_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(5);
    let time = Duration::from_secs(seconds);
    let workload = package(testkit::charts(env!("CARGO_TARGET_TMPDIR")).join("workload"));
    let values = std::fs::read(format!("{APP}/values.yaml")).unwrap();
    let stack = std::fs::read(format!("{APP}/prod-values.yaml")).unwrap();
    let store = store(HashMap::from([
        ("chart".to_owned(), workload.clone()),
        ("values.yaml".to_owned(), values.clone()),
        ("prod-values.yaml".to_owned(), stack.clone()),
    ]));
    let service = Service::start(&["--clouddriver", &format!("http://{store}")]);
    let fetched = request(&[
        json!({"type": "helm/chart", "name": "chart"}),
        json!({"type": "github/file", "name": "values.yaml"}),
        json!({"type": "github/file", "name": "prod-values.yaml"}),
    ]);
    let inline = request(&[embedded(&workload), embedded(&values), embedded(&stack)]);
    println!("{:44} {:>4} {:>9} {:>9} {:>9} {:>9}", "", "at", "per s", "p50 ms", "p99 ms", "max ms");
    let (mut idle, mut rate) = (Duration::ZERO, 0.0);
    for (name, body) in
        [("workload chart, artifacts in the request", &inline), ("workload chart, from the store", &fetched)]
    {
        for clients in [1, 16, 64] {
            let load = service.load(body, clients, time);
            load.print(name, clients);
            if clients == 16 {
                idle = load.percentile(99);
                rate = load.rate();
            }
        }
    }
    if let Some((name, chart)) = large_chart() {
        for clients in [1, 16, 64] {
            service.load(&request(&[embedded(&chart)]), clients, time).print(&name, clients);
        }
    }

    let done = AtomicBool::new(false);
    let sent = AtomicUsize::new(0);
    let hostile = hostile();
    let beside = std::thread::scope(|scope| {
        for i in 0..4 {
            let (done, sent, hostile, address) = (&done, &sent, &hostile, service.0.address);
            scope.spawn(move || {
                let mut connection = Client::new(address);
                let mut next = i;
                while !done.load(Ordering::Relaxed) {
                    connection.post(&hostile[next % hostile.len()]);
                    sent.fetch_add(1, Ordering::Relaxed);
                    next += 1;
                }
            });
        }
        std::thread::sleep(Duration::from_millis(500));
        let load = service.load(&fetched, 16, time * 2);
        done.store(true, Ordering::Relaxed);
        load
    });
    beside.print("the same beside 4 hostile clients", 16);
    let ratio = beside.percentile(99).as_secs_f64() / idle.as_secs_f64();

    let service = Service::start(&["--clouddriver", &format!("http://{store}")]);
    service.send(&fetched, 16, WARM);
    let warm = service.resident_kib_of(&fetched);
    service.send(&fetched, 16, MANY - WARM - 2 * READINGS * BETWEEN);
    let many = service.resident_kib_of(&fetched);
    let growth = (many as f64 / warm as f64 - 1.0) * 100.0;

    println!("\nthe workload chart from the store, at 16 clients:");
    println!("  {rate:.0} bakes per second (goal: 1000 on two cores)");
    println!("  p99 {:.1} ms (goal: under 50)", idle.as_secs_f64() * 1e3);
    println!(
        "  p99 beside {} hostile requests: {ratio:.1} times the idle one (goal: under 2)",
        sent.load(Ordering::Relaxed)
    );
    println!(
        "  resident memory {warm} KiB after {WARM} requests, {many} KiB after {MANY}: {growth:+.1} % (goal: within 10)"
    );
}

/// A running `bake serve` whose log nobody wants.
struct Service(Serving);

impl Service {
    fn start(args: &[&str]) -> Self {
        let (serving, log) = Serving::start(env!("CARGO_BIN_EXE_bake"), args);
        std::thread::spawn(move || log.for_each(drop));
        Service(serving)
    }

    /// Clients that ask one after the other for a time.
    fn load(&self, body: &[u8], clients: usize, time: Duration) -> Load {
        // warm: connections, compiled charts
        self.send(body, clients, clients * 4);
        let start = Instant::now();
        let threads: Vec<Vec<Duration>> = std::thread::scope(|scope| {
            let run = || {
                let mut client = Client::new(self.0.address);
                let mut times = Vec::new();
                while start.elapsed() < time {
                    let begun = Instant::now();
                    assert_eq!(client.post(body), 200);
                    times.push(begun.elapsed());
                }
                times
            };
            let threads: Vec<_> = (0..clients).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        let mut times: Vec<Duration> = threads.into_iter().flatten().collect();
        times.sort();
        Load { times, whole: start.elapsed() }
    }

    fn send(&self, body: &[u8], clients: usize, count: usize) {
        let left = AtomicUsize::new(count);
        let take = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok();
        std::thread::scope(|scope| {
            for _ in 0..clients {
                scope.spawn(|| {
                    let mut client = Client::new(self.0.address);
                    while take() {
                        assert_eq!(client.post(body), 200);
                    }
                });
            }
        });
    }

    fn resident_kib_of(&self, body: &[u8]) -> u64 {
        let mut readings = [0; READINGS];
        for reading in &mut readings {
            self.send(body, 16, BETWEEN);
            *reading = self.resident_kib();
        }
        readings.sort_unstable();
        readings[READINGS / 2]
    }

    fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }
}

struct Load {
    /// Sorted.
    times: Vec<Duration>,
    whole: Duration,
}

impl Load {
    fn percentile(&self, percent: usize) -> Duration {
        self.times[(self.times.len() * percent / 100).min(self.times.len() - 1)]
    }

    fn rate(&self) -> f64 {
        self.times.len() as f64 / self.whole.as_secs_f64()
    }

    fn print(&self, name: &str, clients: usize) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let (p50, p99, max) = (ms(self.percentile(50)), ms(self.percentile(99)), ms(self.times[self.times.len() - 1]));
        let rate = self.rate();
        println!("{name:44} {clients:>4} {rate:>9.0} {p50:>9.1} {p99:>9.1} {max:>9.1}");
    }
}

/// A connection that stays open.
struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { address, stream: BufReader::new(stream) }
    }

    /// Posts a bake; answers the status, or 0 where the connection ended.
    fn post(&mut self, body: &[u8]) -> u16 {
        let head = format!(
            "POST /api/v2/manifest/bake/HELM3 HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let message = [head.as_bytes(), body].concat();
        let answer = self.stream.get_mut().write_all(&message).and_then(|()| read(&mut self.stream));
        let Ok((first, _)) = answer else {
            *self = Client::new(self.address);
            return 0;
        };
        first.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
    }
}

/// The first line and the body of a message.
fn read(from: &mut impl BufRead) -> std::io::Result<(String, Vec<u8>)> {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim_end().is_empty() {
            break;
        }
        if first.is_empty() {
            first.clone_from(&line);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok((first, body))
}

/// A stub of the artifact store.
fn store(items: HashMap<String, Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let items = Arc::new(items);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, items) = (stream.unwrap(), Arc::clone(&items));
            std::thread::spawn(move || {
                stream.set_nodelay(true).unwrap();
                let mut reader = BufReader::new(stream);
                while let Ok((_, body)) = read(&mut reader) {
                    let artifact: Value = serde_json::from_slice(&body).unwrap();
                    let item = &items[artifact["name"].as_str().unwrap()];
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", item.len());
                    if reader.get_mut().write_all(&[head.as_bytes(), item].concat()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn request(artifacts: &[Value]) -> Vec<u8> {
    let mut body = json!({
        "templateRenderer": "HELM3", "outputName": "frontend", "outputArtifactName": "frontend-deploy",
        "namespace": "web", "overrides": {"version": "1.2.3"}, "inputArtifacts": artifacts,
    });
    // other charts may know no `version`
    if artifacts.len() == 1 {
        body["overrides"] = Value::Null;
    }
    body.to_string().into_bytes()
}

fn embedded(content: &[u8]) -> Value {
    json!({"type": "embedded/base64", "name": "c", "reference": data_encoding::BASE64.encode(content)})
}

fn large_chart() -> Option<(String, Vec<u8>)> {
    let shared = testkit::need::shared()?;
    let name = "kube-prometheus-stack";
    let folder = shared.join("corpus/charts/prometheus-community").join(name);
    folder.is_dir().then(|| (name.to_owned(), package(&folder)))
}

/// Charts that would take for ever, or all memory.
fn hostile() -> Vec<Vec<u8>> {
    let busy = "{{ range until 5000 }}{{ range until 5000 }}{{ $a := 1 }}{{ end }}{{ end }}";
    let templates = [
        busy.to_owned(),
        "{{ range until 100000 }}{{ $a := repeat 100000 \"a\" }}{{ end }}".to_owned(),
        "{{ define \"a\" }}{{ include \"b\" . }}{{ end }}{{ define \"b\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}".to_owned(),
        "{{ range until 100000 }}{{ sha256sum (repeat 1000 \"a\") }}\n{{ end }}".to_owned(),
        "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ $d | toString }}".to_owned(),
    ];
    let chart =
        |template: &String| tarball([("c/Chart.yaml", "name: c\nversion: 1.0.0\n"), ("c/templates/t.yaml", template)]);
    let mut bodies: Vec<Vec<u8>> = templates.iter().map(|t| request(&[embedded(&chart(t))])).collect();
    let bomb = (0..20).map(|i| (format!("c/zeros{i}"), vec![0; 4 << 20]));
    bodies.push(request(&[embedded(&tarball(bomb))]));
    bodies
}
