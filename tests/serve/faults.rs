//! A store that fails: every fault has a typed answer, and the service goes on.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::archive::package;

use super::store::{Item, Store};
use super::{Service, config, manifest, probe};

fn items() -> Vec<(String, Item)> {
    let chart = package("testdata/stage/charts/probe");
    let ms = Duration::from_millis;
    [
        ("probe", Item::Bytes(chart.clone())),
        ("slow", Item::Slow(ms(150), chart.clone())),
        ("stuck", Item::Slow(ms(5_000), chart.clone())),
        ("dropped", Item::Dropped(chart.clone())),
        ("endless", Item::Endless),
        ("flaky", Item::Flaky(503, 3, chart.clone())),
        ("throttled", Item::Flaky(403, 9, chart)),
        ("broken", Item::Error(500, "it broke")),
        ("moved", Item::Error(302, "over there")),
        ("large", Item::Bytes(vec![b'#'; 3 << 20])),
        ("empty", Item::Bytes(Vec::new())),
    ]
    .map(|(name, item)| (name.to_owned(), item))
    .into()
}

#[test]
fn every_fault_has_its_answer() {
    let store = Store::start(items());
    let service = Service::start({
        let mut config = config(&store);
        config.request_timeout = Duration::from_secs(2);
        config.artifact_bytes = 2 << 20;
        config
    });
    for (name, status, calls, text) in [
        ("slow", 200, 1, ""),
        ("flaky", 200, 4, ""),
        ("stuck", 504, 1, "no answer in time"),
        ("dropped", 502, 5, "Method: PUT"),
        ("endless", 400, 1, "the artifact is larger than 2097152 bytes"),
        ("throttled", 403, 5, "Error: Status: 403, Method: PUT"),
        ("broken", 500, 5, "Message: it broke"),
        ("moved", 502, 5, "Status: 302"),
        ("gone", 404, 1, "Message: no such artifact"),
        ("large", 400, 1, "the artifact is larger than"),
        ("empty", 400, 1, "does not appear to be a gzipped archive"),
    ] {
        let mut body = probe(&json!({}));
        body["inputArtifacts"][0]["name"] = json!(name);
        let answer = service.bake(&body);
        // the whole request's time-out may come first
        let in_time = answer.status == status || (name == "stuck" && answer.status == 408);
        assert!(in_time, "{name}: {}", answer.text());
        if answer.status != 200 && name != "stuck" {
            assert!(answer.json()["message"].as_str().unwrap().contains(text), "{name}: {}", answer.text());
        }
        let made = store.calls().iter().filter(|call| call.artifact["name"] == name).count();
        assert_eq!(made, calls, "{name}");
    }
    assert_eq!(service.bake(&probe(&json!({}))).status, 200);
    let metrics = service.get("/metrics").text();
    assert!(metrics.contains("bake_memory_bytes 0\n"), "{metrics}");
}

#[test]
fn pauses_double_and_do_not_outlast_the_request() {
    let store = Store::start(items());
    let service = Service::start({
        let mut config = config(&store);
        config.fetch_pause = Duration::from_millis(50);
        config.request_timeout = Duration::from_secs(10);
        config
    });
    let mut body = probe(&json!({}));
    body["inputArtifacts"][0]["name"] = json!("broken");
    assert_eq!(service.bake(&body).status, 500);
    let times: Vec<Instant> = store.calls().iter().map(|call| call.at).collect();
    let pauses: Vec<u128> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
    assert_eq!(pauses.len(), 4);
    for (pause, least) in pauses.iter().zip([50, 100, 200, 400]) {
        assert!(*pause >= least && *pause < 4 * least, "{pauses:?}");
    }
    // the store's answer is worth more than a time-out
    let hurried = Service::start({
        let mut config = config(&store);
        config.fetch_pause = Duration::from_secs(1);
        config.request_timeout = Duration::from_secs(2);
        config
    });
    let start = Instant::now();
    let answer = hurried.bake(&body);
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert!(start.elapsed() < Duration::from_millis(1_900));
}

#[test]
fn artifacts_are_fetched_at_the_same_time() {
    let store = Store::start([
        ("probe".to_owned(), Item::Slow(Duration::from_millis(300), package("testdata/stage/charts/probe"))),
        ("a.yaml".to_owned(), Item::Slow(Duration::from_millis(300), b"greeting: a\n".to_vec())),
        ("b.yaml".to_owned(), Item::Slow(Duration::from_millis(300), b"greeting: b\n".to_vec())),
    ]);
    let service = Service::start(config(&store));
    let mut body = probe(&json!({}));
    for name in ["a.yaml", "b.yaml"] {
        body["inputArtifacts"].as_array_mut().unwrap().push(json!({"type": "github/file", "name": name}));
    }
    let start = Instant::now();
    let answer = service.bake(&body);
    assert!(start.elapsed() < Duration::from_millis(800), "{:?}", start.elapsed());
    assert!(manifest(&answer.json()).contains("greeting: b\n"));
}

#[test]
fn no_store_and_no_network_is_told_plainly() {
    let service = Service::start(bake::serve::Config::default());
    let answer = service.bake(&probe(&json!({})));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("no store is configured for type \\\"helm/chart\\\""), "{}", answer.text());
    // nobody listens there
    let service = Service::start({
        let mut config = bake::serve::Config::default();
        config.clouddriver = Some("http://127.0.0.1:1".to_owned());
        config.fetch_pause = Duration::from_millis(1);
        config
    });
    let answer = service.bake(&probe(&json!({})));
    assert_eq!(answer.status, 502, "{}", answer.text());
}

#[test]
fn only_allowed_urls_are_fetched_without_the_store() {
    let files = Store::start([
        ("charts/probe.tgz".to_owned(), Item::Bytes(package("testdata/stage/charts/probe"))),
        ("secret".to_owned(), Item::Bytes(b"secret".to_vec())),
    ]);
    let service = Service::start({
        let mut config = bake::serve::Config::default();
        config.allowed_urls = vec![format!("{}/charts", files.url())];
        config
    });
    let body = |path: &str| {
        let mut body = probe(&json!({}));
        body["inputArtifacts"][0] = json!({"type": "http/file", "reference": format!("{}/{path}", files.url())});
        body
    };
    assert_eq!(service.bake(&body("charts/probe.tgz")).status, 200);
    for path in ["secret", "charts/../secret", "charts/%2e%2e/secret"] {
        assert_eq!(service.bake(&body(path)).status, 404, "{path}");
    }
    assert_eq!(files.calls().len(), 1);
}
