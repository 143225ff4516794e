//! The command as a user meets it: what it prints, where, and its exit code.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::program::{bake, command, stdout};
use testkit::Scratch;

const FRONTEND: &str = "testdata/apps/deploy-values/sample/web/frontend";

/// Standard error of a run that must fail, with 2 where the arguments are at fault, and print nothing else.
fn failure(args: &[&str]) -> String {
    let out = bake(args);
    assert!(matches!(out.status.code(), Some(1 | 2)), "{args:?}: {}", String::from_utf8_lossy(&out.stdout));
    assert!(out.stdout.is_empty(), "{args:?} printed on standard output");
    String::from_utf8(out.stderr).unwrap()
}

fn golden(name: &str) -> String {
    fs::read_to_string(Path::new("testdata/golden/apps/sample/web").join(name)).unwrap()
}

#[test]
fn a_service_is_both_charts_workload_first() {
    let want = golden("frontend/prod.workload.yaml") + &golden("frontend/prod.service.yaml");
    assert_eq!(stdout(&[FRONTEND, "--stack", "prod"]), want);
}

#[test]
fn one_chart_can_be_picked() {
    assert_eq!(stdout(&[FRONTEND, "--stack", "dev", "--chart", "service"]), golden("frontend/dev.service.yaml"));
    assert_eq!(stdout(&[FRONTEND, "-s", "dev", "--chart", "charts/workload"]), golden("frontend/dev.workload.yaml"));
}

#[test]
fn the_pipeline_sets_the_image_tag() {
    let text = stdout(&[FRONTEND, "--stack", "prod", "--set", "version=1.2.3"]);
    assert!(text.contains("image: registry.example/sample/app:1.2.3\n"), "{text}");
}

#[test]
fn name_and_namespace_can_be_said() {
    let text = stdout(&[FRONTEND, "--stack", "prod", "--name", "shop", "--namespace", "eu"]);
    assert!(text.contains("  name: shop\n  namespace: eu\n"), "{text}");
}

#[test]
fn an_output_folder_gets_a_file_per_object_and_keeps_what_it_had() {
    let scratch = Scratch::new("objects");
    scratch.file("notes.txt", "mine");
    stdout(&[FRONTEND, "--stack", "prod", "-o", &scratch.path(".")]);
    let mut names: Vec<String> =
        fs::read_dir(scratch.dir()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        ["deployment-frontend.yaml", "notes.txt", "poddisruptionbudget-frontend.yaml", "service-frontend.yaml"]
    );
}

#[test]
fn a_failed_bake_leaves_the_output_folder_alone() {
    let scratch = Scratch::new("nothing");
    failure(&[FRONTEND, "--stack", "prod", "--set", "replicas=many", "-o", &scratch.path("out")]);
    assert!(!scratch.dir().join("out").exists());
}

#[test]
fn template_prints_what_helm_prints() {
    let values = format!("{FRONTEND}/values.yaml");
    let stack = format!("{FRONTEND}/prod-values.yaml");
    let args = ["template", "frontend", "charts/workload", "-n", "web", "-f", &values, "--values", &stack];
    assert_eq!(stdout(&args), golden("frontend/prod.workload.yaml"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_message_that_nobody_can_read_is_no_crash() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = command().args(["template", "a", "no-such-chart"]).stderr(full).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn values_are_read_from_standard_input() {
    let mut child = command()
        .args(["template", "frontend", "charts/service", "-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"ports: {http: 8080}").unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success());
    assert!(String::from_utf8(out.stdout).unwrap().contains("port: 8080"));
}

#[test]
fn debug_prints_what_there_is_of_a_manifest() {
    let scratch = Scratch::new("debug");
    scratch.file("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    scratch.file("templates/a.yaml", "{{ fail \"no\" }}");
    let answer = |more: &[&str]| {
        let out = bake([&["template", "r", scratch.dir().to_str().unwrap(), "--debug"], more].concat());
        assert_eq!(out.status.code(), Some(1));
        let errors = String::from_utf8(out.stderr).unwrap();
        (String::from_utf8(out.stdout).unwrap(), errors.lines().next().unwrap_or_default().to_owned())
    };
    let failed = "Error: execution error at (c/templates/a.yaml:1:3): no".to_owned();
    assert_eq!(answer(&[]), ("\n".to_owned(), failed));
    let missing = "Error: could not find template templates/a.yaml in chart".to_owned();
    assert_eq!(answer(&["-s", "templates/a.yaml"]), (String::new(), missing));
    scratch.file("templates/a.yaml", "a: [\n");
    let (text, error) = answer(&["-s", "templates/a.yaml"]);
    assert_eq!(text, "---\n# Source: c/templates/a.yaml\na: [\n");
    assert!(error.starts_with("Error: YAML parse error on c/templates/a.yaml: "), "{error}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child =
        command().args([FRONTEND, "--stack", "prod"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success() && out.stderr.is_empty(), "{out:?}");
}

#[test]
fn bad_input_is_told_in_a_clear_message() {
    let scratch = Scratch::new("bad");
    let list = scratch.written("list.yaml", "- a\n- b\n");
    let broken = scratch.written("broken.yaml", "image: a\nports: {http: 8080\nenv: x\n");
    let misspelt = scratch.written("misspelt.yaml", "image: a\nports: {http: 8080}\nreplica: 2\n");
    let empty = scratch.path("empty");
    fs::create_dir(&empty).unwrap();
    // with its schema, as Helm needs it
    let (charts, chart) = (scratch.path("charts"), &*scratch.path("charts/workload"));
    assert_eq!(stdout(&["charts", &charts]), format!("wrote {charts}/service\nwrote {charts}/workload\n"));
    let rows: &[(&[&str], &[&str])] = &[
        (&[FRONTEND], &["--stack", "canary, dev, prod"]),
        (&[FRONTEND, "--stack", "qa"], &["qa-values.yaml", "canary, dev, prod"]),
        (&["no/such/folder", "--stack", "dev"], &["no/such/folder"]),
        (&[&empty, "--stack", "dev"], &["values.yaml"]),
        (&[FRONTEND, "--stak", "dev"], &["--stak", "--stack"]),
        (&["template", "a", chart, "-f", "missing.yaml"], &["missing.yaml", "no such file"]),
        (&["template", "a", chart, "-f", &list], &["list.yaml"]),
        (&["template", "a", chart, "--error-format", "full", "-f", &broken], &["broken.yaml:3:4", "env: x"]),
        (&["template", "a", chart, "--error-format", "full", "-f", &misspelt], &["replica"]),
        (&["template", "a", "no/such/chart"], &["repo no not found"]),
        (&["template", "a", &empty], &["Chart.yaml file is missing"]),
        (&["template", "a", chart], &["image"]),
        (&["template", "A_B", chart], &["release name \"A_B\": invalid release name"]),
        (&["template", "a", chart, "--validate"], &["--validate", "cluster"]),
        (&["template", "a", chart, "--set", "a[b=1"], &["failed parsing --set data"]),
        (&["template", "a", chart, "--kube-version", "x"], &["kube version"]),
    ];
    for (args, wants) in rows {
        let text = failure(args);
        for want in *wants {
            assert!(text.contains(want), "{args:?}: {want:?} is not in\n{text}");
        }
    }
}
