//! The deadline holds in every phase of a bake, not in the interpreter alone: with all limits lifted, a chart that is slow
//! in one of them ends near its time.

use std::io::Write;
use std::time::Duration;

use bake::Limits;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::store::{Item, Store};
use super::{Service, config, embedded, tarball};

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";
const TIME: Duration = Duration::from_millis(300);
/// What may pass beyond it, on a busy machine without optimization.
const BEYOND: Duration = Duration::from_secs(5);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn chart(files: Vec<(String, String)>) -> Value {
    let head = ("Chart.yaml".to_owned(), CHART.to_owned());
    let files = std::iter::once(head).chain(files);
    embedded(&tarball(files.map(|(name, text)| (format!("c/{name}"), text.into_bytes()))))
}

fn file(name: &str, text: String) -> Vec<(String, String)> {
    vec![(name.to_owned(), text)]
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// An archive that inflates to gigabytes: its parts are the same compressed bytes again and again.
fn bomb(first: &[u8], part: &[u8], times: usize) -> Value {
    let mut archive = gzip(first);
    let part = gzip(part);
    for _ in 0..times {
        archive.extend_from_slice(&part);
    }
    embedded(&archive)
}

fn header(name: &str, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A repository whose `.helmignore` has many rules.
fn repository() -> Vec<u8> {
    let ignore = lines(300_000, |i| format!("a*b*c{i}\n"));
    let mut files = vec![("Chart.yaml".to_owned(), CHART.into()), (".helmignore".to_owned(), ignore.into_bytes())];
    files.extend((0..500).map(|i| (format!("files/abc/abc/abc/{i}"), Vec::new())));
    tarball(files)
}

/// Slow requests, by the phase that they are slow in.
fn slow() -> Vec<(&'static str, Value)> {
    let wide = lines(400_000, |i| format!("a{i}: [1, {{b: c}}]\n"));
    let mut rows = vec![
        ("inflating a file", bomb(&header("c/x", 8 << 30), &vec![0; 4 << 20], 2048)),
        ("listing an archive", bomb(&[], &header("c/x", 0).repeat(8192), 1024)),
        ("reading values.yaml", chart(file("values.yaml", wide.clone()))),
    ];

    let mut values = chart(Vec::new());
    let text = json!({"type": "embedded/base64", "reference": data_encoding::BASE64.encode(wide.as_bytes())});
    values["inputArtifacts"].as_array_mut().unwrap().push(text);
    rows.push(("reading a values file", values));

    let mut sets = chart(Vec::new());
    sets["overrides"] =
        (0..200_000).map(|i| (format!("a.b.c{i}"), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    rows.push(("setting overrides", sets));

    let mut ignoring = chart(Vec::new());
    ignoring["inputArtifacts"][0] = json!({"type": "git/repo", "name": "repository"});
    rows.push(("leaving files out", ignoring));

    let subcharts = |each: &dyn Fn(usize) -> String| -> Vec<(String, String)> {
        (0..3000).map(|i| (format!("charts/s{i}/Chart.yaml"), each(i))).collect()
    };
    let plain = |i: usize| format!("name: s{i}\nversion: 1.0.0\n");
    let declared = lines(60_000, |_| "- {name: s2999, version: 1.0.0}\n".to_owned());
    let mut dependencies = subcharts(&plain);
    dependencies.insert(0, ("requirements.yaml".to_owned(), format!("dependencies:\n{declared}")));
    rows.push(("matching dependencies", chart(dependencies)));

    let mut globals = subcharts(&plain);
    globals.push(("values.yaml".to_owned(), format!("global:\n{}", lines(2000, |i| format!("  g{i}: {{a: 1}}\n")))));
    rows.push(("spreading globals", chart(globals)));

    let all = vec![json!({"minimum": 0}); 200];
    let schema = json!({"properties": {"list": {"items": {"allOf": all}}}}).to_string();
    let list = format!("list: [{}]\n", vec!["1"; 100_000].join(","));
    rows.push(("checking a schema", chart(vec![("values.schema.json".into(), schema), ("values.yaml".into(), list)])));

    let patterns: serde_json::Map<_, _> =
        (0..20_000).map(|i| (format!("\\pL{{{}}}x{i}", 20 + i % 20), json!(true))).collect();
    let schema = json!({"patternProperties": patterns}).to_string();
    rows.push(("compiling a schema", chart(file("values.schema.json", schema))));

    let template = "{{ if .Values.a }}{{ .Values.b | quote }}{{ end }}\n".repeat(20_000);
    let templates = (0..40).map(|i| (format!("templates/_t{i}.tpl"), template.clone())).collect();
    rows.push(("compiling templates", chart(templates)));

    let documents = "---\nkind: a\n".repeat(400_000);
    rows.push((
        "sorting documents",
        chart(vec![
            ("documents".to_owned(), documents),
            ("templates/t.yaml".to_owned(), "{{ .Files.Get \"documents\" }}".to_owned()),
        ]),
    ));
    rows
}

#[test]
fn it_holds_in_every_phase() {
    let store = Store::start([("repository".to_owned(), Item::Bytes(repository()))]);
    let service = Service::start({
        let mut config = config(&store);
        for name in Limits::names() {
            // depths stay: they are about the stack
            if !name.contains("depth") {
                config.limits.set(&name, 1 << 40);
            }
        }
        config.bake_timeout = TIME;
        config.request_timeout = Duration::from_mins(1);
        config.cache_bytes = 0;
        config
    });
    for (phase, body) in slow() {
        let before = seconds(&service);
        let answer = service.bake(&body);
        let took = seconds(&service) - before;
        println!("{phase}: {} after {took:.2} s", answer.status);
        assert_eq!((answer.status, &answer.json()["kind"]), (408, &json!("cancelled")), "{phase}: {}", answer.text());
        assert!(took < (TIME + BEYOND).as_secs_f64(), "{phase} took {took:.2} s");
    }
    assert_eq!(service.bake(&chart(Vec::new())).status, 200);
    assert!(service.get("/metrics").text().contains("bake_in_flight 0\n"));
}

/// The time of all bakes so far.
fn seconds(service: &Service) -> f64 {
    let metrics = service.get("/metrics").text();
    let line = metrics.lines().find_map(|line| line.strip_prefix("bake_seconds_sum "));
    line.unwrap().parse().unwrap()
}

/// A bake that was stopped leaves nothing half made in a chart that others share.
#[test]
fn what_was_stopped_is_made_anew() {
    let schema = json!({"properties": {"a": {"pattern": "\\pL{9}"}}, "patternProperties": {"\\pN{99}": true}});
    let files = [("values.schema.json", schema.to_string()), ("templates/t.yaml", "a: b\n".to_owned())];
    let files = files.into_iter().chain([("Chart.yaml", CHART.to_owned())]);
    let files = files.map(|(name, text)| bake::chart::File { name: name.into(), data: text.as_str().into() }).collect();
    let chart = bake::Chart::from_files(files, &Limits::helm()).unwrap();
    for questions in 0..20 {
        let patience = std::sync::Arc::new(Patience(questions.into()));
        let bake = bake::Bake::new(&chart).checkpoint(patience);
        if let Err(error) = bake.render() {
            assert_eq!(error.kind(), bake::ErrorKind::Cancelled, "{error}");
        }
        let refused = bake::Bake::new(&chart).set("a=b").render().unwrap_err();
        assert!(refused.message().contains("does not match pattern"), "{refused}");
        assert!(bake::Bake::new(&chart).render().is_ok());
    }
}

/// Says yes so many times.
#[derive(Debug)]
struct Patience(std::sync::atomic::AtomicU32);

impl bake::limits::Checkpoint for Patience {
    fn pass(&self) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        self.0.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)).is_ok()
    }
}
