//! `bake.yaml` through the binary: what it can say, and what is told when it is wrong.

use std::collections::BTreeSet;

use crate::program::{Runs, command};
use testkit::Scratch;

/// A chart that prints what it was given.
fn chart(scratch: &Scratch, folder: &str, version: &str) {
    scratch.file(&format!("{folder}/Chart.yaml"), format!("apiVersion: v2\nname: show\nversion: {version}\n"));
    scratch.file(
        &format!("{folder}/templates/show.yaml"),
        "kind: Show\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\n\
         chart: {{ .Chart.Version }}\nkube: {{ .Capabilities.KubeVersion }}\n\
         monitoring: {{ .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1\" }}\nvalues: {{ .Values | toJson }}\n",
    );
}

/// Long lists in bake.yaml take no longer than their length.
#[test]
fn long_lists_take_no_long_time() {
    let scratch = Scratch::new("project-long");
    let app = "deploy-values/shop/web/a";
    scratch.file(&format!("{app}/values.yaml"), "image: registry.example/a:1\nports: {http: 80}\n");
    scratch.file(&format!("{app}/prod-values.yaml"), "{}\n");
    let lines = |line: fn(usize) -> String| (0..60_000).map(line).collect::<String>();
    let rows: [(String, &[&str]); 2] = [
        (format!("apiVersions:\n{}", lines(|i| format!("- a{i}.example/v1\n"))), &[app, "--stack", "prod"]),
        (format!("charts:\n{}", lines(|i| format!("  c{i}: {{path: c}}\n"))), &["list"]),
    ];
    for (text, args) in rows {
        scratch.file("bake.yaml", &text);
        let began = std::time::Instant::now();
        scratch.stdout(".", args);
        // what is quadratic takes minutes
        assert!(began.elapsed().as_secs() < 20, "{}: {:?}", text.lines().next().unwrap(), began.elapsed());
    }
}

/// Everything that bake.yaml can say, used.
fn full(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    chart(&scratch, "charts/show", "1.2.3");
    chart(&scratch, "charts/next", "2.0.0");
    scratch.file(
        "bake.yaml",
        r#"
layout: apps/{team}/{app}
files: [base.yaml, "{stack}.yaml?"]
layers:
  - defaults/all.yaml
  - {file: "defaults/{team}-{stack}.yaml", optional: true}
  - "defaults/{nothing}.yaml?"
name: "{team}-{app}"
namespace: "{team}"
charts:
  show: {path: charts/show, version: ^1.2}
stacks:
  dev:
  prod: {kubeVersion: "1.33", apiVersions: [monitoring.coreos.com/v1], layers: [defaults/prod.yaml]}
services:
  red/*: {namespace: "red-{stack}"}
  red/b: {name: bee, charts: {show: {path: charts/next, version: 2.0.0}}, stacks: [prod], layers: [defaults/b.yaml]}
  blue/old: {skip: true}
"#,
    );
    scratch
        .file("defaults/all.yaml", "from: all\nall: 1\n")
        .file("defaults/red-prod.yaml", "from: red-prod\nteam: 1\n");
    scratch.file("defaults/prod.yaml", "from: prod\nprod: 1\n").file("defaults/b.yaml", "from: b\nb: 1\n");
    scratch.file("apps/red/a/base.yaml", "from: base\n").file("apps/red/a/prod.yaml", "from: own\n");
    scratch.file("apps/red/b/base.yaml", "own: 1\n").file("apps/blue/old/base.yaml", "from: old\n");
    scratch.file("apps/red/no-service/notes.txt", "");
    scratch
}

#[test]
fn everything_that_it_can_say_is_done() {
    let scratch = full("full");
    let rows = [
        (
            ["red/a", "dev"],
            "kind: Show\nmetadata: {name: red-a, namespace: red-dev}\nchart: 1.2.3\nkube: v1.37.0\nmonitoring: false\n\
             values: {\"all\":1,\"from\":\"base\"}\n",
        ),
        (
            ["red/a", "prod"],
            "kind: Show\nmetadata: {name: red-a, namespace: red-prod}\nchart: 1.2.3\nkube: v1.33\nmonitoring: true\n\
             values: {\"all\":1,\"from\":\"own\",\"prod\":1,\"team\":1}\n",
        ),
        (
            ["red/b", "prod"],
            "kind: Show\nmetadata: {name: bee, namespace: red-prod}\nchart: 2.0.0\nkube: v1.33\nmonitoring: true\n\
             values: {\"all\":1,\"b\":1,\"from\":\"b\",\"own\":1,\"prod\":1,\"team\":1}\n",
        ),
    ];
    for ([app, stack], want) in rows {
        let want = format!("---\n# Source: show/templates/show.yaml\n{want}");
        // by name, by folder, and from within the folder
        assert_eq!(scratch.stdout(".", &[app, "--stack", stack]), want);
        assert_eq!(scratch.stdout("apps/red", &[app.strip_prefix("red/").unwrap(), "--stack", stack]), want);
        assert_eq!(scratch.stdout(&format!("apps/{app}"), &["--stack", stack]), want);
    }
    for app in ["red/b", "apps/red/b"] {
        let text = scratch.stderr(&[app, "--stack", "dev"]);
        assert!(text.contains("no stack \"dev\"") && text.contains("the stacks are: prod"), "{text}");
    }
    insta::assert_snapshot!(scratch.stdout(".", &["list"]));
    insta::assert_snapshot!(
        scratch
            .stdout("apps/red", &["list", "--app", "b", "--format", "json"])
            .replace(&*scratch.dir().to_string_lossy(), "/project")
    );
}

#[test]
fn files_are_called_as_the_user_called_their_folder() {
    let scratch = full("called");
    for (folder, args, want) in [
        (".", &["apps/red/a"][..], "apps/red/a/prod.yaml"),
        ("apps", &["./red/a"], "../apps/red/a/prod.yaml"),
        ("apps/red/b", &["../a"], "../../../apps/red/a/prod.yaml"),
        ("apps/red/a", &[], "../../../apps/red/a/prod.yaml"),
        ("apps", &["--project", "..", "red/a"], "../apps/red/a/prod.yaml"),
    ] {
        let args: Vec<&str> = args.iter().copied().chain(["-s", "prod", "--set", "x.y=1"]).collect();
        scratch.file("apps/red/a/prod.yaml", "a: [\n");
        let text = String::from_utf8(scratch.bake(folder, &args).stderr).unwrap();
        assert!(text.contains(&format!("failed to parse {want}:")), "{folder} {args:?}: {text}");
    }
}

/// A stack on top of another one: its files, its layers and its settings, and those of its own above them.
#[test]
fn a_stack_extends_another() {
    let scratch = Scratch::new("extends");
    chart(&scratch, "charts/show", "1.2.3");
    chart(&scratch, "charts/next", "2.0.0");
    scratch.file(
        "bake.yaml",
        r#"
layers: ["defaults/{stack}.yaml?"]
charts: {show: {path: charts/show}, other: {path: charts/show}}
stacks:
  small: {extends: canary, charts: [show, other]}
  canary: {extends: prod, layers: [extra/canary.yaml], charts: [show], apiVersions: [example.com/v1]}
  dev:
  prod:
    kubeVersion: "1.33"
    apiVersions: [monitoring.coreos.com/v1]
    layers: ["extra/{stack}.yaml"]
    namespace: "web-{stack}"
    charts: {show: {path: charts/next}, other: {}}
"#,
    );
    scratch.file("defaults/prod.yaml", "d: prod\nall: d-prod\n").file("defaults/canary.yaml", "all: d-canary\n");
    scratch.file("extra/prod.yaml", "e: prod\nall: e-prod\n").file("extra/canary.yaml", "all: e-canary\n");
    let app = "deploy-values/shop/web/a";
    scratch.file(&format!("{app}/values.yaml"), "own: base\nb: base\n");
    scratch.file(&format!("{app}/prod-values.yaml"), "own: prod\np: prod\n");
    scratch.file(&format!("{app}/canary-values.yaml"), "own: canary\n");
    scratch.file(&format!("{app}/small-values.yaml"), "p: null\n");
    // of prod alone: it is in no stack above it
    scratch.file("deploy-values/shop/web/b/values.yaml", "b: 1\n");
    scratch.file("deploy-values/shop/web/b/prod-values.yaml", "b: 2\n");
    let show = |chart: &str, values: &str| {
        format!(
            "---\n# Source: show/templates/show.yaml\nkind: Show\nmetadata: {{name: a, namespace: web-prod}}\n\
             chart: {chart}\nkube: v1.33\nmonitoring: true\nvalues: {values}\n"
        )
    };
    let canary = r#"{"all":"e-canary","b":"base","d":"prod","e":"prod","own":"canary","p":"prod"}"#;
    assert_eq!(scratch.stdout(".", &["a", "--stack", "canary"]), show("2.0.0", canary));
    let small = r#"{"all":"e-canary","b":"base","d":"prod","e":"prod","own":"canary","p":null}"#;
    let both = show("2.0.0", small) + &show("1.2.3", small);
    assert_eq!(scratch.stdout(".", &["a", "--stack", "small"]), both);

    insta::assert_snapshot!("extends_list", scratch.stdout(".", &["list"]));
    let json = scratch.stdout(".", &["list", "--app", "a", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["services"][0]["stacks"][1]["layers"],
        serde_json::json!([
            "defaults/prod.yaml",
            "defaults/canary.yaml",
            "extra/prod.yaml",
            "extra/canary.yaml",
            format!("{app}/values.yaml"),
            format!("{app}/prod-values.yaml"),
            format!("{app}/canary-values.yaml"),
        ])
    );
    insta::assert_snapshot!("extends_explain", scratch.stdout(".", &["values", "a", "--stack", "canary", "--explain"]));
    let diff = ["diff", "--stack", "prod", "--stack", "canary", "--app", "a", "--format", "structural"];
    insta::assert_snapshot!("extends_diff", scratch.stdout(".", &diff));
    scratch.stdout(".", &["fleet", "-o", "out"]);
    for file in ["prod/shop/web/a/other.yaml", "canary/shop/web/a/show.yaml", "small/shop/web/a/other.yaml"] {
        assert!(scratch.dir().join("out").join(file).is_file(), "{file}");
    }

    // what only some of the stacks above a file have below it says nothing about the file
    scratch.file(&format!("{app}/prod-values.yaml"), "own: base\nall: d-canary\np: 1\n");
    scratch.file(&format!("{app}/canary-values.yaml"), "p: 1\n");
    let lint = String::from_utf8(scratch.bake(".", &["lint", "--app", "a"]).stdout).unwrap();
    insta::assert_snapshot!("extends_lint", lint);

    std::fs::remove_file(scratch.dir().join(format!("{app}/prod-values.yaml"))).unwrap();
    let text = scratch.stderr(&["a", "--stack", "canary"]);
    assert!(text.contains(&format!("open {app}/prod-values.yaml: no such file")), "{text}");
}

#[test]
fn what_is_wrong_has_a_place_and_a_hint() {
    let rows: &[(&str, &[&str])] = &[
        ("chrts:\n  workload: {}\n", &["bake.yaml:1: bake.yaml has no key \"chrts\"", "did you mean \"charts\"?"]),
        ("charts:\n  workload:\n    verison: 1.2.3\n", &["bake.yaml:3:", "did you mean \"version\"?"]),
        (
            "charts:\n  workload: {version: 1.10}\n",
            &["bake.yaml:2:", "version must be a string, not a number", "quotes"],
        ),
        (
            "charts:\n  workload: {version: 9.9.9}\n",
            &["built-in chart workload has version 0.1.0, but bake.yaml requires 9.9.9"],
        ),
        ("charts: {edge: {}}\n", &["bake.yaml:1:", "chart \"edge\" is not built in"]),
        ("charts: {edge: {path: no/such}}\n", &["no/such"]),
        ("charts: {a/b: {path: x}}\n", &["is not a valid chart name"]),
        ("charts: []\n", &["at least one chart"]),
        ("charts: [workloads]\n", &["\"workloads\" is not built in"]),
        ("stacks: [prod, all]\n", &["bake.yaml:1:", "\"all\""]),
        ("stacks:\n  prod: {kubeVersion: 1.30}\n", &["bake.yaml:2:", "kubeVersion must be a string, not a number"]),
        ("stacks:\n  prod: {charts: [edge]}\n", &["there is no chart \"edge\"; the charts are: workload, service"]),
        (
            "stacks:\n  canary: {extends: prdo}\n  prod:\n",
            &["bake.yaml:2:", "\"canary\" extends \"prdo\", which is not", "\"prod\"?"],
        ),
        (
            "stacks: {a: {extends: b}, b: {extends: c}, c: {extends: b}}\n",
            &["\"a\" extends \"b\", which extends itself"],
        ),
        ("stacks: {a: {extends: a}}\n", &["bake.yaml:1:", "\"a\" extends \"a\", which extends itself"]),
        ("stacks: {a: {extends: [b]}, b: {}}\n", &["extends must be a string, not a list"]),
        ("layout: apps/{namespace}\n", &["it must contain {app}"]),
        ("layout: /apps/{app}\n", &["below the project's folder"]),
        ("layout: apps/{app}/{stack}\n", &["share its folder"]),
        ("layout: apps/{app}-{namespace}\n", &["more than one variable"]),
        ("layers: [\"{x\"]\n", &["'{' without '}'"]),
        ("layers: [no/such.yaml]\n", &["no/such.yaml: no such file", "ends in \"?\""]),
        ("layers: [\"{team}.yaml\"]\n", &["needs {team}"]),
        (
            "services: {web/*: {stacks: [qa]}}\nstacks: [prod]\n",
            &["bake.yaml:1:", "\"qa\", which is not among the stacks"],
        ),
        ("a: [\n", &["bake.yaml", "yaml: line"]),
        ("- a\n", &["must be a mapping, not a list"]),
    ];
    for (text, wants) in rows {
        let scratch = Scratch::new("wrong");
        scratch.file("deploy-values/shop/web/a/values.yaml", "image: a\nports: {http: 8080}\n");
        scratch.file("deploy-values/shop/web/a/prod-values.yaml", "replicas: 2\n").file("bake.yaml", text);
        let error = scratch.stderr(&["fleet", "-s", "prod", "-o", "out"]);
        for want in *wants {
            assert!(error.contains(want), "{text}{want:?} is not in\n{error}");
        }
        assert!(!error.contains("panicked"), "{error}");
    }
}

#[test]
fn what_looks_wrong_is_a_warning() {
    let scratch = Scratch::new("warnings");
    scratch.file("deploy-values/shop/web/a/values.yaml", "image: a\nports: {http: 8080}\n");
    scratch.file("deploy-values/shop/web/a/prdo-values.yaml", "replicas: 2\n");
    scratch.file("bake.yaml", "stacks: [dev, prod]\nservices: {shop/api/*: {}}\n");
    let text = String::from_utf8(scratch.bake(".", &["list"]).stderr).unwrap();
    assert!(text.contains("\"prdo\"") && text.contains("did you mean \"prod\"?"), "{text}");
    assert!(text.contains("no service matches \"shop/api/*\""), "{text}");
}

#[test]
fn names_that_do_not_exist_get_the_nearest() {
    let scratch = full("nearest");
    for (args, want) in [
        (&["fleet", "-s", "prd", "-o", "out"][..], "did you mean \"prod\"?"),
        (&["fleet", "--app", "q*", "-o", "out"], "no service matches \"q*\""),
        (&["fleet", "-c", "workload", "-o", "out"], "no chart \"workload\"; the charts are: show"),
        (&["nothing", "--stack", "prod"], "no service of that name"),
        (&["list", "--project", "no/such"], "no/such: no such file or folder"),
    ] {
        let out = scratch.bake(".", args);
        let text = String::from_utf8_lossy(&out.stderr);
        assert!(text.contains(want), "{args:?}: {text}");
        assert!(matches!(out.status.code(), Some(1 | 2)), "{args:?}");
    }
}

/// The schema and the reader know the same keys.
#[test]
fn the_schema_is_what_is_read() {
    let schema: serde_json::Value = serde_json::from_str(bake::project::SCHEMA).unwrap();
    let mut keys = BTreeSet::new();
    for (place, around) in [
        ("/properties", "KEY"),
        ("/$defs/stack/properties", "stacks: {prod: {KEY}}"),
        ("/$defs/service/properties", "services: {a: {KEY}}"),
        ("/$defs/chart/anyOf/2/properties", "charts: {workload: {KEY}}"),
    ] {
        for key in schema.pointer(place).unwrap().as_object().unwrap().keys() {
            let text = around.replace("KEY", &format!("{key}: {{}}"));
            // of the wrong type perhaps, but known
            let error =
                bake::project::Config::parse("bake.yaml", &text).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(!error.contains("has no key"), "{text}: {error}");
            keys.insert(key.clone());
        }
        let error = bake::project::Config::parse("bake.yaml", &around.replace("KEY", "other: {}")).unwrap_err();
        assert!(error.to_string().contains("has no key \"other\""), "{error}");
        // what the reader lists as known is in the schema
        let hint = error.hint().unwrap_or_default().to_owned();
        for key in hint.trim_start_matches("the keys are: ").split(", ").filter(|_| hint.starts_with("the keys")) {
            assert!(keys.contains(key), "{place} has no {key}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_utf8_are_told() {
    use std::fs;
    use std::os::unix::ffi::OsStrExt;

    let scratch = Scratch::new("names");
    scratch.file("deploy-values/shop/web/a/values.yaml", "image: a\nports: {http: 8080}\n");
    scratch.file("deploy-values/shop/web/a/prod-values.yaml", "replicas: 2\n");
    let bad = scratch.dir().join("deploy-values/shop/web").join(std::ffi::OsStr::from_bytes(b"bad\xff"));
    fs::create_dir_all(&bad).unwrap();
    fs::write(bad.join("values.yaml"), "image: b\n").unwrap();
    fs::write(bad.join("prod-values.yaml"), "{}\n").unwrap();
    for args in [&["list"][..], &["lint"], &["fleet", "-o", "out"], &["snapshot"]] {
        let out = scratch.bake(".", args);
        let text = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.success() && text.contains("one name is not valid UTF-8 and ignored"), "{args:?}: {text}");
    }
    for (args, code) in [(&["lint"][..], 2), (&["values", "-s", "prod"], 1), (&["-s", "prod"], 1)] {
        let out = command().args(args).arg(&bad).output().unwrap();
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(
            out.status.code() == Some(code) && text.contains("the path of a service must be valid UTF-8"),
            "{args:?}: {text}"
        );
    }
    // as folders to compare and to write to, any name will do
    for args in [&["fleet", "-o"][..], &["diff", "out"]] {
        let out = command().current_dir(scratch.dir()).args(args).arg(bad.join("out")).output().unwrap();
        assert!(out.status.success(), "{args:?}: {out:?}");
    }
}
