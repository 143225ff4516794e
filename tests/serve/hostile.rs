//! Hostile archives as artifacts: the service lives, and each has a typed answer.

use std::time::{Duration, Instant};

use bake::serve::Config;
use serde_json::{Value, json};
use testkit::archive::{files, tarball};
use testkit::need;

use super::store::{Item, Store};
use super::{Service, config, embedded, inline};

/// Every archive of the suite, as a chart and as the tarball of a repository.
#[test]
fn hostile_archives_are_answered() {
    let Some(shared) = need::shared() else { return };
    let folder = shared.join("adversarial/archives");
    let archives: Vec<_> = files(&folder);
    let store = Store::start(archives.into_iter().map(|(name, data)| (name, Item::Bytes(data))));
    let service = Service::start(config(&store));
    let mut count = 0;
    for (name, _) in files(&folder) {
        let archive = |kind: &str| json!({"type": kind, "name": name});
        let values = inline("a: {{ .Values }}")["inputArtifacts"][0].clone();
        for inputs in
            [json!([archive("helm/chart")]), json!([archive("git/repo")]), json!([values, archive("github/file")])]
        {
            let start = Instant::now();
            let answer = service.bake(&json!({"outputName": "a", "helmChartFilePath": "c", "inputArtifacts": inputs}));
            check(&answer.json(), answer.status, &format!("{name} in {}", inputs[0]["type"]));
            assert!(start.elapsed() < Duration::from_secs(10), "{name} took {:?}", start.elapsed());
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
    assert_eq!(service.bake(&inline("a: b")).status, 200);
    let metrics = service.get("/metrics").text();
    assert!(metrics.contains("bake_panics_total 0\n"), "{metrics}");
}

#[test]
fn hostile_requests_are_answered() {
    let service = Service::start(Config::default());
    let deep = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    let good = inline("a: b");
    let artifacts = good["inputArtifacts"].to_string();
    for body in [
        deep("[", "]", 100_000),
        deep("{\"a\":", "}", 100_000),
        format!("{{\"outputName\":\"a\",\"overrides\":{{\"a\":{}}}}}", deep("[", "]", 10_000)),
        format!("{{\"outputName\":\"a\",\"inputArtifacts\":{artifacts},\"overrides\":{{\"a[999999999]\":1}}}}"),
        format!(
            "{{\"outputName\":\"a\",\"inputArtifacts\":{artifacts},\"overrides\":{{\"{}\":1}}}}",
            "a.".repeat(10_000)
        ),
        format!(
            "{{\"outputName\":\"a\",\"inputArtifacts\":{artifacts},\"overrides\":{{\"a{}\":1}}}}",
            "[0]".repeat(10_000)
        ),
        format!("{{\"outputName\":\"a\",\"inputArtifacts\":{artifacts},\"kubeVersion\":\"{}\"}}", "1".repeat(100_000)),
        format!("{{\"outputName\":\"{}\",\"inputArtifacts\":{artifacts}}}", "a".repeat(100_000)),
        format!("{{\"outputName\":\"a\",\"inputArtifacts\":{artifacts},\"apiVersions\":\"\\\"a\"}}"),
        "\u{0}".to_owned(),
        "{\"outputName\":\"\\ud800\"}".to_owned(),
    ] {
        let answer = super::http::post(service.address, "/api/v2/manifest/bake/HELM3", &[], body.as_bytes());
        let start: String = body.chars().take(60).collect();
        check(&answer.json(), answer.status, &start);
        assert_eq!(answer.status, 400, "{start}");
    }
    let error = "{{ fail (repeat 100000 \"x\") }}";
    let answer = service.bake(&inline(error));
    assert!(answer.body.len() < 20_000, "an error of {} bytes", answer.body.len());
    let link = tarball([("c/Chart.yaml", "name: ../../x\nversion: 1.0.0\n")]);
    assert_eq!(service.bake(&embedded(&link)).status, 400);
    assert_eq!(service.bake(&good).status, 200);
}

fn check(answer: &Value, status: u16, what: &str) {
    if status == 200 {
        assert!(answer["reference"].is_string(), "{what}: {answer}");
    } else {
        assert!(matches!(status, 400 | 408 | 413 | 503), "{what}: {status} {answer}");
        assert!(
            answer["message"].is_string() && answer["errors"].is_array() && answer["kind"].is_string(),
            "{what}: {answer}"
        );
        assert_ne!(answer["kind"], "panic", "{what}");
    }
}
