//! `bake lint`: what it finds, how it shows that, and what it is asked to look at.

use std::fs;
use std::path::Path;

use crate::program::{bake, bake_in, run};
use bake::lint::rules;
use testkit::Scratch;

const FRONTEND: &str = "testdata/lint/shop/web/frontend";
const BROKEN: &str = "testdata/lint/shop/web/broken";
const QUIET: &str = "testdata/lint/shop/web/quiet";

#[test]
fn findings_are_shown_in_each_format() {
    for format in ["text", "json", "sarif", "github"] {
        let (text, code) = run(&["lint", FRONTEND, "--format", format]);
        assert_eq!(code, Some(1), "{text}");
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(r#""semanticVersion": "[^"]+""#, r#""semanticVersion": "VERSION""#);
        settings.bind(|| insta::assert_snapshot!(format!("lint_{format}"), text));
    }
    insta::assert_snapshot!("lint_broken", run(&["lint", BROKEN]).0);
    insta::assert_snapshot!("lint_rules", run(&["lint", "--list-rules"]).0);
}

#[test]
fn sarif_has_what_its_readers_need() {
    let (text, _) = run(&["lint", FRONTEND, BROKEN, "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let described = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(described.len(), rules().len());
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(described[at]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        let file = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(Path::new(file).is_file(), "{file}");
        assert!(place.get("region").is_none_or(|region| region["startLine"].as_u64() > Some(0)));
    }
}

#[test]
fn exit_codes_tell_findings_from_a_run_that_could_not_be_made() {
    let rows: &[(&[&str], i32)] = &[
        (&["lint", QUIET], 0),
        (&["lint", QUIET, "--strict"], 1),
        (&["lint", QUIET, "--allow", "unknown-rule", "--strict"], 0),
        (&["lint", QUIET, "--deny", "B005"], 1),
        (&["lint", FRONTEND], 1),
        (&["lint", FRONTEND, "--stack", "none"], 2),
        (&["lint", "no/such/folder"], 2),
        (&["lint", "src"], 2),
        (&["lint", "charts"], 2),
        (&["lint", QUIET, "--allow", "B999"], 2),
        (&["lint", QUIET, "--format", "xml"], 2),
        (&["lint", QUIET, "--schemas", "no/such/folder"], 2),
        (&["lint", "--no-such-flag"], 2),
        (&["lint", "--help"], 0),
        (&["lint", "--list-rules"], 0),
    ];
    for (args, code) in rows {
        assert_eq!(bake(*args).status.code(), Some(*code), "{args:?}");
    }
}

#[test]
fn comments_and_settings_silence_rules() {
    let (text, _) = run(&["lint", QUIET]);
    assert!(
        text.contains("no rule \"B999\"") && text.lines().filter(|l| l.contains("warning[")).count() == 1,
        "{text}"
    );
    let (text, _) = run(&["lint", FRONTEND, "--stack", "prod", "--allow", "duplicate-key", "--allow", "b201"]);
    assert!(!text.contains("B101") && !text.contains("B201") && text.contains("B204"), "{text}");
    assert!(!text.contains("dev-values.yaml"), "{text}");
}

#[test]
fn colours_come_when_wanted() {
    assert!(!run(&["lint", QUIET]).0.contains('\u{1b}'));
    assert!(run(&["lint", QUIET, "--color", "always"]).0.contains("\u{1b}[1;33mwarning[B005]\u{1b}[0m"));
    let (text, code) = run(&["lint", "--list-rules", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((listed.as_array().unwrap().len(), code), (rules().len(), Some(0)));
}

#[test]
fn layers_of_the_command_line_go_on_top() {
    let (text, code) = run(&["lint", QUIET, "--set", "replica=1"]);
    assert!(code == Some(1) && text.contains("there is no key \"replica\" here"), "{text}");
    let scratch = Scratch::new("over");
    let over = scratch.written("over.yaml", "a: 1\nreplica: 2\n");
    let (text, _) = run(&["lint", QUIET, "-f", &over]);
    assert!(text.contains(&format!("{over}:2:10: error[B004]")), "{text}");
}

#[test]
fn the_applications_of_the_tests_are_clean() {
    // the pipelines of these applications set the tags of their images
    let (text, code) = run(&["lint", "testdata/apps", "--allow", "image-tag"]);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("nothing found in "), "{text}");
}

#[test]
fn a_misspelt_key_in_a_stack_names_its_line() {
    let scratch = Scratch::new("misspelt");
    scratch.file("web/values.yaml", "image: a\nversion: '1'\nports: {http: 80}\n");
    let stack = scratch.written("web/prod-values.yaml", "env: {A: x}\nreplica: 2\n");
    let out = bake([&scratch.path("web"), "--stack", "prod"]);
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(text.contains(&format!("{stack}:2")) && text.contains("\"replicas\""), "{text}");
    let (text, _) = run(&["lint", &scratch.path("web")]);
    assert!(text.contains(&format!("{stack}:2:10: error[B004]: there is no key \"replica\" here")), "{text}");
}

// ---- projects ----

/// A project with a chart of its own, layers of every kind and exceptions; each file has one mistake.
fn project(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch.file(
        "bake.yaml",
        "layout: apps/{team}/{app}\nnamespace: \"{team}\"\nfiles: [base.yaml, \"{stack}.yaml?\"]\n\
         layers: [defaults/all.yaml, \"defaults/{team}.yaml?\"]\ncharts: {show: charts/show}\n\
         stacks:\n  dev:\n  prod: {apiVersions: [example.com/v1], layers: [defaults/prod.yaml]}\n\
         services:\n  red/b: {layers: [defaults/b.yaml], stacks: [prod]}\n  blue/old: {skip: true}\n",
    );
    scratch.file("charts/show/Chart.yaml", "apiVersion: v2\nname: show\nversion: 1.0.0\n");
    scratch.file(
        "charts/show/values.schema.json",
        r#"{"properties": {"env": {"type": "object"}, "items": {"type": "array"}, "api": {"type": "boolean"}}}"#,
    );
    scratch.file(
        "charts/show/templates/show.yaml",
        "{{ if and .Values.api (not (.Capabilities.APIVersions.Has \"example.com/v1\")) }}{{ fail \"no such API\" }}{{ end }}\n\
         apiVersion: example.com/v1\nkind: Show\nmetadata: {name: {{ .Release.Name }}}\nvalues: {{ .Values | toJson }}\n",
    );
    scratch.file("defaults/all.yaml", "env: {ALL: 1.10}\nitems: [a, b]\n");
    scratch.file("defaults/red.yaml", "env: {RED: 0123}\n");
    scratch.file("defaults/prod.yaml", "env: {PROD: 1e5}\nitems: [b]\n");
    scratch.file("defaults/b.yaml", "env: {B: \"${B}\"}\n");
    scratch.file("apps/red/a/base.yaml", "api: true\nenv: {A: 1, A: 2}\n");
    scratch.file("apps/red/a/prod.yaml", "items: [b]\nenv: {RDE: null}\n");
    scratch.file("apps/red/b/base.yaml", "env: 5\n");
    scratch.file("apps/blue/c/base.yaml", "items: [c]\n");
    scratch.file("apps/blue/old/base.yaml", "a: [\n");
    scratch
}

/// What lint says of a project, and its exit code: a line per finding, as `FILE:LINE CODE STACKS SERVICES`.
fn findings(folder: &Path, args: &[&str]) -> (Vec<String>, Option<i32>) {
    let out = bake_in(folder, ["lint", "--format", "json"].iter().chain(args));
    let Ok(all) = serde_json::from_slice::<serde_json::Value>(&out.stdout) else {
        return (vec![String::from_utf8(out.stderr).unwrap()], out.status.code());
    };
    let texts = |list: &serde_json::Value| {
        list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join(",")
    };
    let line = |one: &serde_json::Value| {
        let (file, code) = (one["file"].as_str().unwrap(), one["code"].as_str().unwrap());
        format!("{file}:{} {code} {} {}", one["line"], texts(&one["stacks"]), texts(&one["services"]))
    };
    (all["findings"].as_array().unwrap().iter().map(line).collect(), out.status.code())
}

#[test]
fn every_layer_of_a_project_is_linted_and_named() {
    let scratch = project("lint-project");
    let all = [
        "apps/blue/c/base.yaml:1 B105 dev blue/c",
        "apps/blue/c/base.yaml:1 B105 prod blue/c",
        "apps/red/a/base.yaml:null B002 dev red/a",
        "apps/red/a/base.yaml:2 B101  red/a",
        "apps/red/a/prod.yaml:1 B104 prod red/a",
        "apps/red/a/prod.yaml:2 B106 prod red/a",
        "apps/red/b/base.yaml:1 B003 prod red/b",
        "defaults/all.yaml:1 B103  blue/c,red/a,red/b",
        "defaults/b.yaml:1 B102  red/b",
        "defaults/prod.yaml:1 B103 prod blue/c,red/a,red/b",
        "defaults/prod.yaml:2 B105 prod blue/c,red/a,red/b",
        "defaults/red.yaml:1 B103  red/a,red/b",
    ];
    assert_eq!(findings(scratch.dir(), &[]), (all.map(str::to_owned).to_vec(), Some(1)));
    // from a folder below, and by the path of another folder
    assert_eq!(findings(&scratch.dir().join("apps"), &[]).0.len(), all.len());
    assert_eq!(findings(Path::new("."), &[&scratch.path("")]).0.len(), all.len());
    assert_eq!(findings(Path::new("."), &["--project", &scratch.path("bake.yaml")]).0.len(), all.len());
    // as fleet, which cannot bake the same two
    let fleet = bake(["fleet", "--project", &scratch.path(""), "-o", &scratch.path("out"), "--error-format", "json"]);
    let text = String::from_utf8(fleet.stderr).unwrap();
    assert!(text.contains("2 of 5 bakes failed") || text.contains("\"red/b\""), "{text}");
}

#[test]
fn paths_names_globs_and_stacks_pick_what_is_linted() {
    let scratch = project("lint-pick");
    let of = |args: &[&str]| {
        let (lines, _) = findings(scratch.dir(), args);
        let own = lines.iter().filter_map(|line| line.strip_prefix("apps/"));
        let mut files: Vec<String> = own.map(|line| line.split("/base").next().unwrap().to_owned()).collect();
        files.dedup();
        files
    };
    assert_eq!(of(&["apps/blue"]), ["blue/c"]);
    assert_eq!(of(&["c", "apps/red/b"]), ["blue/c", "red/b"]);
    assert_eq!(of(&["--app", "red/*", "--stack", "dev"]), ["red/a"]);
    assert_eq!(of(&["apps", "--app", "b", "-s", "all"]), ["red/b"]);
    // what is left out of the project is linted when it is asked for
    assert_eq!(of(&["apps/blue/old"]), ["blue/old"]);
    // in the folder of a service, it alone is meant
    let (lines, _) = findings(&scratch.dir().join("apps/red/b"), &[]);
    assert!(lines.iter().all(|line| line.ends_with("red/b")), "{lines:?}");
    for (args, want) in [
        (&["-s", "prd"][..], "no stack \"prd\"; the stacks are: dev, prod\n  hint: did you mean \"prod\"?"),
        (&["--app", "q"], "no service matches \"q\""),
        (&["-c", "workload"], "no chart \"workload\"; the charts are: show"),
        (&["nope"], "nope: no such folder, and no service of that name"),
        (&["charts"], "charts: the folder contains no service"),
        (&["b", "-s", "dev"], "nothing to lint: none of the services is in dev"),
        (&["--project", "no/such"], "no/such: no such file or folder"),
    ] {
        let (text, code) = findings(scratch.dir(), args);
        assert!(code == Some(2) && text[0].contains(want), "{args:?}: {}", text[0]);
    }
}

#[test]
fn a_layer_that_cannot_be_read_is_a_finding() {
    let scratch = project("lint-unreadable");
    scratch.file("defaults/prod.yaml", "- a\n");
    fs::remove_file(scratch.dir().join("defaults/b.yaml")).unwrap();
    let (lines, code) = findings(scratch.dir(), &["-s", "prod", "--allow", "B1"]);
    assert_eq!(code, Some(2), "{lines:?}");
    let (lines, code) = findings(scratch.dir(), &["-s", "prod"]);
    assert_eq!(code, Some(1));
    assert!(lines.contains(&"defaults/b.yaml:null B002  red/b".to_owned()), "{lines:?}");
    assert!(
        lines.iter().any(|line| line.starts_with("defaults/prod.yaml:") && line.contains(" B002 prod")),
        "{lines:?}"
    );
}

/// Two services with two stacks: what is common is said once, and counted rightly.
#[test]
fn services_and_stacks_are_counted() {
    let scratch = Scratch::new("lint-count");
    scratch.file("bake.yaml", "layers: [common.yaml]\nstacks: [dev, prod]\n");
    scratch.file("common.yaml", "istio: {hosts: [a.example, b.example], gateway: public}\nversion: 1.10\n---\nx: 1\n");
    for app in ["a", "b", "c"] {
        let folder = format!("deploy-values/shop/web/{app}");
        scratch.file(&format!("{folder}/values.yaml"), "image: registry.example/a:1\nports: {http: 80}\n");
        scratch.file(&format!("{folder}/dev-values.yaml"), "replicas: 2\n");
    }
    scratch.file("deploy-values/shop/web/a/prod-values.yaml", "istio: {hosts: [b.example]}\nvolumes: [{name: x}]\n");
    scratch.file(
        "deploy-values/shop/web/a/values.yaml",
        "image: a\nports: {http: 80}\nvolumes: [{name: y, emptyDir: {}}]\n",
    );
    let folder = scratch.dir().to_str().unwrap().to_owned();
    let (text, _) = run(&["lint", "--project", &folder, &folder, "--allow", "B205", "--allow", "B003"]);
    insta::assert_snapshot!("lint_counts", text.replace(&folder, "PROJECT"));
    let (json, _) = run(&["lint", "--project", &folder, &folder, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["services"], &json["stacks"]), (&3.into(), &2.into()), "{json:#}");
}

#[test]
fn output_of_the_time_and_of_randomness_is_found() {
    let scratch = Scratch::new("changing");
    for (file, text) in [
        ("bake.yaml", "charts: {own: own}\n"),
        ("own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 1.0.0\n"),
        (
            "own/templates/all.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: x}\nstringData: {fixed: b, password: '{{ randAlphaNum 9 }}'}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: x}\ndata: {day: '{{ date \"2006\" now }}'}\n",
        ),
        ("deploy-values/shop/x/web/values.yaml", "image: a:1\n"),
        ("deploy-values/shop/x/web/prod-values.yaml", "{}\n"),
    ] {
        scratch.file(file, text);
    }
    let (text, code) = run(&["lint", scratch.dir().to_str().unwrap()]);
    assert_eq!(code, Some(0));
    for place in ["Secret/a stringData.password", "ConfigMap/b data.day"] {
        assert!(text.contains(place), "{text}");
    }
    assert_eq!(text.matches("warning[B314]").count(), 2, "{text}");
}

#[test]
fn services_that_clash_are_found_together() {
    let scratch = Scratch::new("clash");
    let worker = "name: orders\nworkloadName: orders-worker\nimage: registry.example/shop/orders:1.4.0\n";
    for (file, text) in [
        ("deploy-values/shop/x/orders/values.yaml", "image: registry.example/shop/orders:1.4.0\nports: {http: 8080}\n"),
        ("deploy-values/shop/x/orders/prod-values.yaml", "{}\n"),
        ("deploy-values/shop/x/worker/values.yaml", worker),
        ("deploy-values/shop/x/worker/prod-values.yaml", "{}\n"),
    ] {
        scratch.file(file, text);
    }
    let (text, code) = run(&["lint", scratch.dir().to_str().unwrap()]);
    assert_eq!(code, Some(1));
    let want =
        "the Service orders (app=orders) also sends requests to the pods of orders-worker of the service shop/x/worker";
    assert!(text.contains(want), "{text}");
    assert!(text.contains("both count them as theirs"), "{text}");
}
