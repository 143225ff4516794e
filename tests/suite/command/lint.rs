//! `bake lint`, `bake schema` and `bake init` as a user meets them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{bake, bake_in};
use bake::Limits;
use bake::lint::{Linter, Severity, rules};
use bake::manifest::{Rendered, SortOptions, sort_manifests};
use testkit::Scratch;

const FRONTEND: &str = "testdata/lint/shop/web/frontend";
const BROKEN: &str = "testdata/lint/shop/web/broken";
const QUIET: &str = "testdata/lint/shop/web/quiet";

/// Standard output and the exit code.
fn run(args: &[&str]) -> (String, Option<i32>) {
    let out = bake(args);
    (String::from_utf8(out.stdout).unwrap(), out.status.code())
}

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
fn help_says_what_can_be_said() {
    for command in ["lint", "schema", "init"] {
        insta::assert_snapshot!(format!("help_{command}"), run(&[command, "--help"]).0);
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
    let (text, code) = run(&["lint", "testdata/apps"]);
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

#[test]
fn a_schema_is_printed_or_written() {
    let file = fs::read_to_string("charts/service/values.schema.json").unwrap();
    assert_eq!(run(&["schema"]).0, file);
    assert_eq!(run(&["schema", "service"]).0, file);
    assert_eq!(run(&["schema", "--project"]).0, bake::project::SCHEMA);
    let scratch = Scratch::new("schema");
    let path = scratch.path("deep/values.schema.json");
    assert_eq!(run(&["schema", "-o", &path]), (format!("wrote {path}\n"), Some(0)));
    assert_eq!(fs::read_to_string(path).unwrap(), file);
    let chart = scratch.written("plain/Chart.yaml", "apiVersion: v2\nname: plain\nversion: 1.0.0\n");
    let of_project = |name: &str| bake_in(scratch.dir().join("services"), ["schema", name]);
    scratch.file("bake.yaml", "charts: {edge: {path: charts/own}, service: {}}\n").file("services/none", "");
    scratch.file("charts/own/Chart.yaml", "apiVersion: v2\nname: own\nversion: 1.0.0\n");
    scratch.file("charts/own/values.schema.json", "{\"title\": \"mine\"}\n");
    assert_eq!(of_project("edge").stdout, b"{\"title\": \"mine\"}\n");
    assert_eq!(of_project("service").stdout, file.as_bytes());
    assert_eq!(of_project("workload").stdout, file.as_bytes());
    let text = String::from_utf8(of_project("edg").stderr).unwrap();
    assert!(text.contains("edg: no such chart") && text.contains("did you mean \"edge\"?"), "{text}");
    let out = bake(["schema", chart.trim_end_matches("/Chart.yaml")]);
    assert!(String::from_utf8(out.stderr).unwrap().contains("plain has no values.schema.json"));
}

#[test]
fn what_init_writes_bakes_at_once_and_is_clean() {
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"] {
        let scratch = Scratch::new(&format!("init-{kind}"));
        let dir = scratch.path("shop/web/thing");
        for image in [&[][..], &["--image", "host:5000/a/b:1.10"], &["--image", "a/b@sha256:0123abcd", "--force"]] {
            let args: Vec<&str> =
                ["init", &dir, "--kind", kind, "--port", "9000"].iter().chain(image).copied().collect();
            let out = bake(&args);
            if image.len() == 2 {
                assert_eq!(out.status.code(), Some(1), "the second may not overwrite the first");
                continue;
            }
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            let (text, code) = run(&[&dir, "--stack", "prod"]);
            assert_eq!(code, Some(0), "{kind}");
            assert!(text.contains(&format!("kind: {kind}\n")), "{text}");
            assert!(image.is_empty() || text.contains("image: a/b@sha256:0123abcd\n"), "{text}");
            let (text, _) = run(&["lint", &dir]);
            assert_eq!(text, "nothing found in 1 service with 1 stack\n");
        }
        let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}

#[test]
fn services_share_the_schema_above_them() {
    let scratch = Scratch::new("init-schema");
    let root = scratch.path("values.schema.json");
    let first = |file: &str| fs::read_to_string(scratch.path(file)).unwrap().lines().next().unwrap().to_owned();
    assert!(bake(["init", &scratch.path("shop/web/a"), "--schema", &root]).status.success());
    assert!(bake(["init", &scratch.path("shop/web/b")]).status.success());
    for service in ["a", "b"] {
        for file in ["values.yaml", "prod-values.yaml"] {
            let line = first(&format!("shop/web/{service}/{file}"));
            assert_eq!(line, "# yaml-language-server: $schema=../../../values.schema.json");
        }
    }
    assert!(!scratch.dir().join("shop/web/b/values.schema.json").exists());
    let started = |file: &str| fs::read_to_string(scratch.path(&format!("shop/web/a/{file}"))).unwrap();
    insta::assert_snapshot!("init_values", started("values.yaml"));
    insta::assert_snapshot!("init_prod", started("prod-values.yaml"));
}

#[test]
fn init_refuses_what_cannot_be() {
    let scratch = Scratch::new("init-bad");
    let dir = scratch.path("a");
    for args in [
        &["init", &dir, "--kind", "Pod"][..],
        &["init", &dir, "--port", "0"],
        &["init", &dir, "--image", "a b"],
        &["init", &dir, "--image", "a\"\nx: y"],
    ] {
        assert!(matches!(bake(args).status.code(), Some(1 | 2)), "{args:?}");
    }
    assert!(!Path::new(&dir).exists());
}

// ---- objects of Istio's own tests ----

/// The documents of a file of Istio's tests, as errors found in each; the second is the name, and what Istio says.
fn judged(linter: &Linter, file: &Path) -> Vec<(String, String, Vec<String>)> {
    let text = fs::read_to_string(file).unwrap();
    let text = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for document in text.split("\n---") {
        let limits = Limits::helm();
        let node = bake::yaml::read(document.as_bytes(), &limits).unwrap();
        if node.get("kind").is_none() {
            continue;
        }
        // what Istio says of it is no field of the object
        let object: Vec<&str> = document.lines().filter(|line| !line.starts_with("_err:")).collect();
        let rendered = Rendered { name: "c/templates/x.yaml".to_owned(), text: object.join("\n").into_bytes() };
        let manifest = sort_manifests(vec![rendered], &SortOptions::default(), &limits).unwrap();
        let errors = linter.manifests("web", "shop", &[manifest], &limits).unwrap();
        let errors = errors.iter().filter(|f| f.severity == Severity::Error).map(|f| f.message.clone()).collect();
        let text = |node: Option<&bake::yaml::Node>| node.and_then(|n| n.as_str()).unwrap_or_default().to_owned();
        let name = text(node.get("metadata").and_then(|m| m.get("name")));
        found.push((name, text(node.get("_err")), errors));
    }
    found
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_str().unwrap().ends_with(end));
    files.sort();
    files
}

#[test]
fn objects_that_istio_refuses_are_found_and_no_others() {
    let Some(shared) = std::env::var_os("BAKE_SHARED").map(PathBuf::from) else { return };
    let data = shared.join("apps/istio-testdata");
    let plain = Linter::new();
    let with_schemas = Linter::new().schemas(shared.join("schemas")).unwrap();
    let (mut invalid, mut missed, mut wrong) = (0, Vec::new(), Vec::new());
    for file in files(&data.join("crds"), "-invalid.yaml") {
        for (name, says, errors) in judged(&plain, &file) {
            invalid += 1;
            if errors.is_empty() {
                missed.push(format!("{}: {name}: {says}", file.display()));
            }
        }
    }
    let mut valid = files(&data.join("crds"), "-valid.yaml");
    valid.extend(files(&data.join("authz"), "-in.yaml"));
    for linter in [&plain, &with_schemas] {
        for file in &valid {
            for (name, _, errors) in judged(linter, file) {
                // the schemas are those of an Istio that does not know this field yet
                let errors = errors.iter().filter(|error| !error.contains("\"presence\""));
                wrong.extend(errors.map(|error| format!("{}: {name}: {error}", file.display())));
            }
        }
    }
    println!("{} of {invalid} invalid objects found", invalid - missed.len());
    assert!(missed.is_empty() && invalid > 70, "missed:\n{}", missed.join("\n"));
    assert!(wrong.is_empty(), "valid, and refused:\n{}", wrong.join("\n"));
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
         kind: Show\nmetadata: {name: {{ .Release.Name }}}\nvalues: {{ .Values | toJson }}\n",
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
        (&["charts"], "charts: there is no service in it"),
        (&["b", "-s", "dev"], "there is nothing to lint: no such service is in dev"),
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
