//! Rosco's contract: the bytes of `helm template` with Rosco's command line, its statuses and its messages.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use testkit::archive::{files, package, tarball};
use testkit::{Scratch, need};

use super::store::{Item, Store};
use super::{Service, config, http, manifest, probe};

const FOLDER: &str = "testdata/stage";

fn cases() -> Value {
    serde_json::from_slice(&std::fs::read(format!("{FOLDER}/cases.json")).unwrap()).unwrap()
}

fn content(spec: &str) -> Vec<u8> {
    match spec.split_once(':').unwrap() {
        ("chart", folder) => package(laid_out(folder)),
        ("repo", folder) => tarball(files(laid_out(folder))),
        ("file", path) => std::fs::read(path).unwrap(),
        ("text", text) => text.as_bytes().to_vec(),
        other => panic!("{other:?}"),
    }
}

/// A folder of the repository; the built-in charts stand there without the schema that they share.
fn laid_out(folder: &str) -> PathBuf {
    match Path::new(folder).strip_prefix("charts") {
        Ok(below) => testkit::charts(env!("CARGO_TARGET_TMPDIR")).join(below),
        Err(_) => folder.into(),
    }
}

fn store(cases: &Value) -> Store {
    let items = cases["store"].as_object().unwrap().iter();
    Store::start(items.map(|(name, spec)| (name.clone(), Item::Bytes(content(spec.as_str().unwrap())))))
}

/// What the real Helm prints for a case, on standard output or standard error; temporary paths are artifact names again.
fn helm(helm: &Path, case: &Value, store: &Value, scratch: &Scratch) -> (bool, String) {
    let body = &case["body"];
    let artifacts = body["inputArtifacts"].as_array().unwrap();
    let mut names = Vec::new();
    let mut paths: Vec<String> = artifacts
        .iter()
        .enumerate()
        .map(|(i, artifact)| {
            let name = artifact["name"].as_str().unwrap();
            // Rosco's names are random too
            let path = scratch.written(&format!("artifact-{i}"), content(store[name].as_str().unwrap()));
            names.push((path.clone(), name.to_owned()));
            path
        })
        .collect();
    let chart = match case["chart_dir"].as_str() {
        Some(folder) => std::fs::canonicalize(laid_out(folder)).unwrap().to_str().unwrap().to_owned(),
        None => paths[0].clone(),
    };
    let values = paths.split_off(1);
    let mut command = Command::new(helm);
    command.args(["template", body["outputName"].as_str().unwrap(), &chart]);
    command.args(case["argv"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()));
    if !values.is_empty() {
        command.args(["--values", &values.join(",")]);
    }
    command.env_remove("HELM_NAMESPACE").env("KUBECONFIG", "/dev/null").current_dir(scratch.dir());
    let out = command.output().unwrap();
    let text = if out.status.success() { &out.stdout } else { &out.stderr };
    let mut text = String::from_utf8_lossy(text).into_owned();
    for (path, name) in names {
        text = text.replace(&path, &name);
    }
    (out.status.success(), text)
}

#[test]
fn bakes_equal_helm_with_roscos_command_line() {
    let all = cases();
    let store = store(&all);
    let service = Service::start(config(&store));
    let rosco = Service::start({
        let mut config = config(&store);
        config.rosco_status = true;
        config
    });
    let record = std::env::var_os("BAKE_RECORD").is_some();
    let real = need::helm();
    let mut wrong = Vec::new();
    let mut names = std::collections::HashSet::new();
    for case in all["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        assert!(names.insert(name), "two cases are called {name}");
        let fails = case["fails"] == json!(true);
        let golden = format!("{FOLDER}/golden/{name}.{}", if fails { "err" } else { "yaml" });
        if let Some(real) = &real {
            let (success, text) = helm(real, case, &all["store"], &Scratch::new("contract"));
            assert_eq!(success, !fails, "{name}: {text}");
            // what Rosco leaves out is left out of the goldens too, by hand and not by the code under test
            let text = text.replace(TEST_POD, "");
            if record {
                std::fs::write(&golden, &text).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&golden).unwrap(), text, "{name}: the golden is not Helm's");
        }
        let want = std::fs::read_to_string(&golden).unwrap();
        let path = format!("/api/v2/manifest/bake/{}", case["type"].as_str().unwrap_or("HELM3"));
        let body = case["body"].to_string();
        let answer = http::post(service.address, &path, &[], body.as_bytes());
        let json = answer.json();
        if fails {
            let message = json["message"].as_str().unwrap();
            if answer.status != 400 || message != format!("Bake failed: {want}") {
                wrong.push(format!("{name}: {} {message:?}, not {want:?}", answer.status));
            }
            assert!(json["errors"][0].as_str().is_some_and(|line| want.contains(line)), "{name}: {json}");
            let answer = http::post(rosco.address, &path, &[], body.as_bytes());
            assert_eq!((answer.status, &answer.json()["message"]), (500, &json["message"]), "{name}");
        } else {
            if answer.status != 200 {
                wrong.push(format!("{name}: {} {json}", answer.status));
                continue;
            }
            assert_eq!(json["type"], "embedded/base64");
            assert_eq!(json["name"], case["body"]["outputArtifactName"], "{name}");
            let got = manifest(&json);
            if got != want {
                wrong.push(format!("{name}: other bytes\n{got}\n--- want\n{want}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    assert!(names.len() >= 40);
}

/// The probe chart's manifest below templates/tests/.
const TEST_POD: &str = "---
# Source: probe/templates/tests/test.yaml
apiVersion: v1
kind: Pod
metadata:
  name: my-app-test
  annotations: {helm.sh/hook: test}
";

#[test]
fn the_answer_is_byte_for_byte_roscos() {
    let store = Store::with_charts();
    let service = Service::start(config(&store));
    let answer = service.bake(&probe(&json!({})));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let text = answer.text();
    let reference = answer.json()["reference"].as_str().unwrap().to_owned();
    assert_eq!(
        text,
        format!(
            r#"{{"type":"embedded/base64","customKind":false,"name":"my-app-deploy","version":null,"location":null,"reference":"{reference}","metadata":{{}},"artifactAccount":null,"provenance":null,"uuid":null}}"#
        )
    );
}

#[test]
fn wrong_requests_have_roscos_statuses_and_messages() {
    let store = Store::start([
        ("probe".to_owned(), Item::Bytes(package("testdata/stage/charts/probe"))),
        ("repo".to_owned(), Item::Bytes(tarball([("x", "")]))),
        ("bad".to_owned(), Item::Error(400, "bad artifact")),
        ("forbidden".to_owned(), Item::Error(403, "no access")),
        ("broken".to_owned(), Item::Error(500, "it broke")),
    ]);
    let service = Service::start(config(&store));
    let rosco = Service::start({
        let mut config = config(&store);
        config.rosco_status = true;
        config
    });
    let one = |kind: &str, name: &str| json!([{"type": kind, "name": name, "reference": "r"}]);
    let two = |name: &str| json!([{"type": "helm/chart", "name": "probe"}, {"type": "github/file", "name": name}]);
    let with = |key: &str, value: Value| {
        let mut body = probe(&json!({}));
        body[key] = value;
        body.to_string()
    };
    let url = store.url();
    let enum_text = "Cannot deserialize value of type `TemplateRenderer` from String \"helm3\": not one of the values accepted for Enum class: [HELM2, HELM3, KUSTOMIZE, KUSTOMIZE4, KUSTOMIZE5, HELMFILE, CF]";
    let staging = "Attempting to create a file outside of the staging path.";
    // path, body, status, Rosco's status, how the message begins or ends
    let rows: Vec<(&str, String, u16, u16, String)> = vec![
        ("HELM4", "{}".into(), 400, 400, "Cannot bake manifest with template renderer type: HELM4".into()),
        ("helm3", "{}".into(), 400, 400, "Cannot bake manifest with template renderer type: helm3".into()),
        ("KUSTOMIZE4", "{}".into(), 400, 400, "KUSTOMIZE4 is not supported: this service bakes Helm charts, and no upstream is configured for others".into()),
        ("kustomize", "{}".into(), 400, 400, "kustomize is not supported: this service bakes Helm charts, and no upstream is configured for others".into()),
        ("CF", "{}".into(), 400, 400, "CF is not supported: this service bakes Helm charts, and no upstream is configured for others".into()),
        ("HELM3", "{".into(), 400, 400, "EOF while parsing an object at line 1 column 1".into()),
        ("HELM3", "[]".into(), 400, 400, "the body must be a JSON object".into()),
        ("HELM3", "{}".into(), 400, 400, "At least one input artifact must be provided to bake".into()),
        ("HELM2", with("inputArtifacts", Value::Null), 400, 400, "At least one input artifact must be provided to bake".into()),
        ("HELM3", with("templateRenderer", json!("helm3")), 400, 400, enum_text.into()),
        ("HELM3", with("outputName", Value::Null), 400, 500, "outputName is required: it is the release name".into()),
        ("HELM3", with("overrides", json!({"a": null})), 400, 500, "the override \"a\" is null".into()),
        ("HELM3", with("namespace", json!("a\nkind: Evil")), 400, 400, "namespace \"a\\nkind: Evil\" is not a valid Kubernetes name".into()),
        ("HELM3", with("inputArtifacts", one("helm/chart", "gone")), 404, 404, "Failed to fetch helm template: Failed to download artifact: Artifact(type=helm/chart, customKind=false, name=gone, version=null, location=null, reference=r, artifactAccount=null, uuid=null). Error: Status: 404, Method: PUT, URL: URL/artifacts/fetch, Message: no such artifact".replace("URL/", &format!("{url}/"))),
        ("HELM3", with("inputArtifacts", one("helm/chart", "bad")), 400, 400, "Failed to fetch helm template: ".into()),
        ("HELM3", with("inputArtifacts", one("helm/chart", "forbidden")), 403, 403, "Failed to fetch helm template: ".into()),
        ("HELM3", with("inputArtifacts", two("broken")), 500, 500, "Failed to fetch helm values file: ".into()),
        ("HELM3", json!({"outputName": "a", "helmChartFilePath": "../..", "inputArtifacts": one("git/repo", "repo")}).to_string(), 400, 500, staging.into()),
    ];
    for (path, body, status, rosco_status, message) in rows {
        let path = format!("/api/v2/manifest/bake/{path}");
        for (service, status) in [(&service, status), (&rosco, rosco_status)] {
            let answer = http::post(service.address, &path, &[], body.as_bytes());
            let json = answer.json();
            assert_eq!(answer.status, status, "{path} {body}: {json}");
            assert_eq!(json["status"], json!(status));
            assert!(json["error"].is_string() && json["timestamp"].as_str().unwrap().ends_with("+00:00"), "{json}");
            let text = json["message"].as_str().unwrap();
            assert!(text.starts_with(&message), "{path} {body}: {text}");
        }
    }
    let answer = service.get("/api/v2/manifest/bake/HELM3");
    assert_eq!((answer.status, answer.body.len()), (405, 0));
    assert_eq!(service.get("/api/v1/bakes").status, 404);
}

#[test]
fn a_failed_bake_tells_where_and_why() {
    let store = Store::with_charts();
    let service = Service::start(config(&store));
    let json = service.bake(&probe(&json!({"fail": "not today"}))).json();
    assert_eq!(json["kind"], "fail");
    assert_eq!(json["file"], "probe/templates/config.yaml");
    assert_eq!((json["line"].as_u64(), json["error"].as_str()), (Some(1), Some("Bad Request")));
    let errors: Vec<&str> = json["errors"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
    assert_eq!(errors[0], "execution error at (probe/templates/config.yaml:1:27): not today");
    assert!(errors.iter().any(|line| line.starts_with("  at probe/templates/config.yaml:1")), "{errors:?}");
    assert!(json["requestId"].as_str().is_some_and(|id| id.len() == 16));
}

#[test]
fn safe_overrides_mean_what_they_say() {
    let store = Store::with_charts();
    let service = Service::start({
        let mut config = config(&store);
        config.overrides = bake::stage::OverrideMode::Safe;
        config
    });
    let overrides = json!({
        "comma": "a,injected=1", "brace": "{a,b}", "slash": "a\\b", "number": 12_345_678, "ratio": 1.5, "flag": true,
        "text": "true", "gone": null, "map": {"b": [1, {"c": "d,e"}], "a": "x"}, "image.tag": "2,3",
    });
    let answer = service.bake(&probe(&overrides));
    let text = manifest(&answer.json());
    let want = "  values: |
    brace: '{a,b}'
    comma: a,injected=1
    flag: true
    greeting: 안녕
    image:
      repository: registry.example/app
      tag: 2,3
    list:
    - a
    - b
    map:
      a: x
      b:
      - 1
      - c: d,e
    number: 12345678
    ratio: 1.5
    slash: a\\b
    text: \"true\"
";
    assert!(text.contains(want), "{text}");
}

#[test]
fn spinnakers_headers_reach_the_store_and_others_do_not() {
    let store = Store::with_charts();
    let service = Service::start(config(&store));
    let headers = [
        ("X-SPINNAKER-USER", "sammie@example.com"),
        ("X-SPINNAKER-EXECUTION-ID", "01HX"),
        ("Authorization", "Bearer secret"),
        ("Cookie", "session=1"),
    ];
    let body = probe(&json!({})).to_string();
    let answer = http::post(service.address, "/api/v2/manifest/bake/HELM3", &headers, body.as_bytes());
    assert_eq!(answer.status, 200);
    let calls = store.calls();
    assert_eq!(calls[0].line, "PUT /artifacts/fetch HTTP/1.1");
    assert_eq!(calls[0].artifact["name"], "probe");
    let has = |name: &str| calls[0].headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str());
    assert_eq!(has("x-spinnaker-user"), Some("sammie@example.com"));
    assert_eq!(has("x-spinnaker-execution-id"), Some("01HX"));
    assert_eq!((has("authorization"), has("cookie")), (None, None));
}

/// With Spinnaker's artifact store on, references lead there, and Clouddriver resolves them.
#[test]
fn references_to_the_artifact_store_are_clouddrivers_matter() {
    let store = Store::start([
        ("probe".to_owned(), Item::Bytes(package("testdata/stage/charts/probe"))),
        ("values.yaml".to_owned(), Item::Bytes(b"greeting: from the store\n".to_vec())),
    ]);
    let service = Service::start(config(&store));
    for kind in ["remote/base64", "embedded/base64"] {
        let mut body = probe(&json!({}));
        let values = json!({"type": kind, "name": "values.yaml", "reference": "ref://shop/5f3c"});
        body["inputArtifacts"].as_array_mut().unwrap().push(values);
        let answer = service.bake(&body);
        assert!(manifest(&answer.json()).contains("greeting: from the store\n"), "{kind}: {}", answer.text());
        // what is made is never a reference
        assert_eq!(answer.json()["type"], "embedded/base64");
        let call = store.calls().into_iter().rfind(|call| call.artifact["name"] == "values.yaml").unwrap();
        assert_eq!((&call.artifact["type"], &call.artifact["reference"]), (&json!(kind), &json!("ref://shop/5f3c")));
    }
}

/// Rosco's `overridesFileThreshold`: a values file after the others replaces lists, and its numbers are floats.
#[test]
fn long_overrides_go_to_a_values_file() {
    let store = Store::with_charts();
    let overrides =
        json!({"list[1].x": "q", "num": 7, "big": 12_345_678, "octal": "007", "flag": true, "none": "null"});
    let values = |threshold: usize, raw: bool| {
        let service = Service::start({
            let mut config = config(&store);
            config.overrides_file_threshold = threshold;
            config
        });
        let mut body = probe(&overrides);
        body["rawOverrides"] = json!(raw);
        let list = json!({"type": "embedded/base64", "reference": data_encoding::BASE64.encode(b"list: [a, b, c]")});
        body["inputArtifacts"].as_array_mut().unwrap().push(list);
        let text = manifest(&service.bake(&body).json());
        let values = text.split("  values: |\n").nth(1).unwrap().lines().take_while(|line| line.starts_with("    "));
        values.map(|line| line.trim_start_matches("    ")).collect::<Vec<_>>().join("\n")
    };
    let has = |text: &str, want: &str| assert!(text.contains(want), "{want}\n{text}");
    let flags = values(1000, true);
    has(&flags, "list:\n- a\n- x: q\n- c\n");
    has(&flags, "big: 12345678\n");
    let file = values(10, true);
    has(&file, "list:\n- null\n- x: q\n");
    has(&file, "big: 12345678\nflag: true\n");
    has(&file, "\nnum: 7\n");
    has(&file, "octal: \"007\"");
    has(&values(10, false), "big: \"12345678\"\nflag: \"true\"\n");
}

#[test]
fn the_upstreams_errors_and_streams_are_passed_on() {
    let upstream =
        Store::start([("broken".to_owned(), Item::Error(500, "it broke")), ("endless".to_owned(), Item::Endless)]);
    let start = |url: String| {
        Service::start({
            let mut config = config(&upstream);
            config.upstream = Some(url);
            config.body_bytes = 1_000;
            config
        })
    };
    let service = start(upstream.url());
    let answer = service.get("/broken");
    assert_eq!((answer.status, &answer.json()["message"]), (500, &json!("it broke")));
    // the answer begins before it ends, which this one never does
    let mut stream = std::net::TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
    std::io::Write::write_all(&mut stream, b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut some = vec![0; 200_000];
    std::io::Read::read_exact(&mut stream, &mut some).unwrap();
    assert!(some.starts_with(b"HTTP/1.1 200"));
    drop(stream);
    assert_eq!(http::post(service.address, "/api/v1/bakes", &[], &[b' '; 2_000]).status, 413);
    // nobody listens there
    let answer = start("http://127.0.0.1:1".to_owned()).get("/api/v1/bakes");
    assert_eq!((answer.status, &answer.json()["error"]), (502, &json!("Bad Gateway")));
}

#[test]
fn everything_else_goes_to_the_upstream() {
    let upstream = Store::start([
        ("api/v1/bakes".to_owned(), Item::Bytes(b"images".to_vec())),
        (String::new(), Item::Bytes(b"kustomized".to_vec())),
    ]);
    let service = Service::start({
        let mut config = config(&upstream);
        config.upstream = Some(upstream.url());
        config
    });
    assert_eq!(service.get("/api/v1/bakes").text(), "images");
    let path = "/api/v2/manifest/bake/KUSTOMIZE4";
    let hop = [("Connection", "close, X-Hop"), ("X-Hop", "1"), ("X-SPINNAKER-USER", "u")];
    let answer = http::post(service.address, path, &hop, b"{}");
    assert_eq!((answer.status, answer.text().as_str()), (200, "kustomized"));
    let call = upstream.calls().pop().unwrap();
    assert_eq!(call.line, format!("POST {path} HTTP/1.1"));
    assert!(call.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("x-spinnaker-user")));
    assert!(!call.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("x-hop")));
    drop(upstream);
    // Helm itself is never the upstream's matter
    assert_eq!(http::post(service.address, "/api/v2/manifest/bake/helm3", &[], b"{}").status, 400);
}
