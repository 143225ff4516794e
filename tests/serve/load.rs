//! Limits, queues, deadlines and the way to stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bake::Limits;
use bake::host::Host;
use bake::serve::Config;
use bake::stage::StageConfig;
use serde_json::{Value, json};

use super::store::Store;
use super::{Service, config, http, inline, inline_files, probe};

/// A template that takes millions of steps.
const BUSY: &str = "{{ range until 3000 }}{{ range until 3000 }}{{ $a := 1 }}{{ end }}{{ end }}";

/// A configuration in which a bake may run until its deadline.
fn patient() -> Config {
    let mut config = Config::default();
    config.limits.set("fuel", u64::MAX);
    config
}

fn forever() -> Value {
    let inner = "{{ range until 30000 }}{{ range until 30000 }}{{ $a := 1 }}{{ end }}{{ end }}";
    inline(&inner.repeat(5))
}

#[test]
fn bodies_have_a_limit() {
    let service = Service::start({
        let mut config = Config::default();
        config.body_bytes = 1_000;
        config
    });
    let mut body = inline("a: b");
    body["padding"] = json!("x".repeat(2_000));
    let answer = service.bake(&body);
    assert_eq!((answer.status, &answer.json()["kind"]), (413, &json!("body-too-large")));
    // without a length it is counted as it comes
    let mut stream = TcpStream::connect(service.address).unwrap();
    write!(stream, "POST /api/v2/manifest/bake/HELM3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    for _ in 0..3 {
        let _ = write!(stream, "200\r\n{}\r\n", " ".repeat(0x200));
    }
    assert_eq!(http::read_answer(&mut stream).unwrap().status, 413);
}

#[test]
fn a_limit_is_named_and_counted() {
    let service = Service::start({
        let mut config = Config::default();
        // so that it does not take long without optimization
        config.limits.set("fuel", 2_000_000);
        config
    });
    for (template, limit) in [
        (BUSY.repeat(4), "fuel"),
        ("{{ repeat 100000000 \"a\" }}".to_owned(), "value-bytes"),
        ("{{ range until 500 }}{{ repeat 100000 \"a\" }}{{ end }}".to_owned(), "output-bytes"),
        ("{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}".to_owned(), "call-depth"),
    ] {
        let answer = service.bake(&inline(&template));
        let json = answer.json();
        assert_eq!((answer.status, &json["limit"]), (400, &json!(limit)), "{json}");
        let metrics = service.get("/metrics").text();
        assert!(metrics.contains(&format!("bake_limit_hits_total{{limit=\"{limit}\"}} 1\n")), "{metrics}");
    }
}

#[test]
fn a_deadline_ends_the_bake_itself() {
    let service = Service::start({
        let mut config = patient();
        config.bake_timeout = Duration::from_millis(200);
        config
    });
    let start = Instant::now();
    let answer = service.bake(&forever());
    assert_eq!((answer.status, &answer.json()["kind"]), (408, &json!("cancelled")));
    assert!(start.elapsed() < Duration::from_secs(3));
    wait(|| service.get("/metrics").text().contains("bake_in_flight 0\n"));
}

#[test]
fn a_client_that_goes_away_ends_its_bake() {
    let service = Service::start(patient());
    let body = forever().to_string();
    let mut stream = TcpStream::connect(service.address).unwrap();
    write!(
        stream,
        "POST /api/v2/manifest/bake/HELM3 HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    wait(|| service.get("/metrics").text().contains("bake_in_flight 1\n"));
    drop(stream);
    wait(|| service.get("/metrics").text().contains("bake_in_flight 0\n"));
}

#[test]
fn a_full_queue_answers_come_back_later() {
    let service = Service::start({
        let mut config = patient();
        config.concurrency = 1;
        config.queue = 1;
        config.slice = Duration::from_mins(1);
        config.bake_timeout = Duration::from_secs(2);
        config
    });
    std::thread::scope(|scope| {
        let first = scope.spawn(|| service.bake(&forever()));
        wait(|| service.get("/metrics").text().contains("bake_in_flight 1\n"));
        let second = scope.spawn(|| service.bake(&inline("a: b")));
        wait(|| service.get("/readyz").status == 503);
        let third = service.bake(&inline("a: b"));
        assert_eq!((third.status, third.header("retry-after")), (503, Some("1")));
        // neither waits in the queue
        assert_eq!((service.get("/healthz").status, service.get("/metrics").status), (200, 200));
        assert_eq!(first.join().unwrap().status, 408);
        assert_eq!(second.join().unwrap().status, 200);
    });
    assert_eq!(service.get("/readyz").status, 200);
}

#[test]
fn long_bakes_leave_room_for_short_ones() {
    let service = Service::start({
        let mut config = patient();
        config.concurrency = 2;
        config.bake_timeout = Duration::from_secs(4);
        config
    });
    let hostile = forever();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                // one at a time runs in the long lane, the others wait in it
                let answer = service.bake(&hostile);
                assert_eq!(answer.status, 408, "{}", answer.text());
            });
        }
        wait(|| service.get("/metrics").text().contains("bake_in_flight_long 6\n"));
        let start = Instant::now();
        for _ in 0..20 {
            assert_eq!(service.bake(&inline("a: b")).status, 200);
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    });
}

#[test]
fn a_panic_is_an_answer_and_the_service_goes_on() {
    #[derive(Debug)]
    struct Broken;
    impl Host for Broken {
        fn now(&self) -> (i64, u32) {
            panic!("a clock that breaks")
        }
        fn time_zone(&self) -> String {
            "UTC".to_owned()
        }
        fn random(&self, _: &mut [u8]) -> bake::error::Result<()> {
            Ok(())
        }
    }
    let stage_config = StageConfig { host: Arc::new(Broken), ..StageConfig::new(Limits::server()) };
    let service = Service::start_with(Config::default(), Some(stage_config));
    let answer = service.bake(&inline("a: {{ now }}"));
    assert_eq!((answer.status, &answer.json()["kind"]), (500, &json!("panic")));
    assert!(!answer.text().contains("clock"), "{}", answer.text());
    assert_eq!(service.bake(&inline("a: b")).status, 200);
    assert!(service.get("/metrics").text().contains("bake_panics_total 1\n"));
}

#[test]
fn slow_clients_are_cut_off() {
    let service = Service::start({
        let mut config = Config::default();
        config.header_timeout = Duration::from_millis(200);
        config.request_timeout = Duration::from_millis(300);
        config
    });
    // headers that never end
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    write!(stream, "POST /api/v2/manifest/bake/HELM3 HTTP/1.1\r\nHost: a\r\nX-A:").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
    // a body that never comes
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    write!(stream, "POST /api/v2/manifest/bake/HELM3 HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{{").unwrap();
    assert_eq!(http::read_answer(&mut stream).unwrap().status, 408);
}

#[test]
fn memory_is_shared_and_given_back() {
    let service = Service::start({
        let mut config = Config::default();
        config.memory_bytes = 100_000;
        config
    });
    let mut body = inline("a: b");
    body["padding"] = json!("x".repeat(200_000));
    let answer = service.bake(&body);
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text());
    assert_eq!(service.bake(&inline("a: b")).status, 200);
    assert!(service.get("/metrics").text().contains("bake_memory_bytes 0\n"));
}

#[test]
fn stopping_lets_bakes_end() {
    let store = Store::with_charts();
    let mut service = Service::start({
        let mut config = config(&store);
        config.limits.set("fuel", u64::MAX);
        config.bake_timeout = Duration::from_millis(700);
        config
    });
    let address = service.address;
    let mut idle = TcpStream::connect(address).unwrap();
    assert_eq!(http::exchange(&mut idle, "GET", "/healthz", &[], b"").unwrap().status, 200);
    let body = forever().to_string();
    let running = std::thread::spawn(move || http::post(address, "/api/v2/manifest/bake/HELM3", &[], body.as_bytes()));
    wait(|| service.get("/metrics").text().contains("bake_in_flight 1\n"));
    service.stop();
    assert_eq!(running.join().unwrap().status, 408);
    // an idle connection does not hold the process up, and new ones are refused
    drop(service);
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn charts_are_compiled_once() {
    let store = Store::with_charts();
    let service = Service::start(config(&store));
    for name in ["a", "b", "c"] {
        let mut body = probe(&json!({"image.tag": name}));
        body["outputName"] = json!(name);
        assert_eq!(service.bake(&body).status, 200);
    }
    assert!(service.get("/metrics").text().contains("bake_cached_charts 1\n"));
    let other = inline_files(&[("Chart.yaml", "apiVersion: v2\nname: o\nversion: 1.0.0\n")]);
    assert_eq!(service.bake(&other).status, 200);
    assert!(service.get("/metrics").text().contains("bake_cached_charts 2\n"));
}

/// Waits until something is so, for ten seconds at most.
fn wait(mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(10), "it did not come to pass");
        std::thread::sleep(Duration::from_millis(10));
    }
}
