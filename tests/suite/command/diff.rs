//! `bake diff`, `bake snapshot`, `bake values` and the small commands, through the binary.

use std::fs;
use std::path::Path;

use crate::program::{Runs, bake_in, stdout_of};
use testkit::{Scratch, git};

const PROJECT: &str = "testdata/apps";

/// Standard output of a run that must end with this exit code.
fn output(code: i32, folder: impl AsRef<Path>, args: &[&str]) -> String {
    stdout_of(code, &bake_in(folder, args))
}

/// A chart that prints a `ConfigMap` and a Secret of its values.
fn chart(scratch: &Scratch, folder: &str, extra: &str) {
    scratch.file(&format!("{folder}/Chart.yaml"), "apiVersion: v2\nname: show\nversion: 1.0.0\n");
    scratch.file(&format!("{folder}/values.yaml"), "color: green\nlimits: {cpu: 1, memory: 2}\n");
    scratch.file(
        &format!("{folder}/templates/show.yaml"),
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {{{{ .Release.Name }}}}{extra}}}\n\
             data:\n  color: {{{{ .Values.color }}}}\n  items: {{{{ .Values.items | toJson | quote }}}}\n\
             ---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  token: {{{{ .Values.token }}}}\n"
        ),
    );
}

fn project(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    chart(&scratch, "charts/show", "");
    scratch.file("bake.yaml", "layout: apps/{app}\nnamespace: web\ncharts: {show: charts/show}\nlayers: [all.yaml]\n");
    scratch.file("all.yaml", "items: [a, b]\ntoken: hidden-token\nnever: {read: true}\n");
    scratch.file("apps/one/values.yaml", "color: blue\n").file("apps/one/dev-values.yaml", "{}\n");
    scratch.file("apps/one/prod-values.yaml", "color: red\nitems:\n- b\n- c\n");
    scratch.file("apps/two/values.yaml", "{}\n").file("apps/two/dev-values.yaml", "{}\n");
    scratch
}

#[test]
fn two_stacks_are_compared_object_by_object() {
    let args = ["diff", "--stack", "dev", "--stack", "prod", "--app", "sample/**"];
    insta::assert_snapshot!("diff_text", output(0, PROJECT, &args));
    for format in ["structural", "markdown", "json"] {
        let args: Vec<&str> = args.iter().copied().chain(["--format", format]).collect();
        insta::assert_snapshot!(format!("diff_{format}"), output(0, PROJECT, &args));
    }
    let args: Vec<&str> = args.iter().copied().chain(["--exit-code"]).collect();
    output(3, PROJECT, &args);
    assert_eq!(output(0, PROJECT, &["diff", "-s", "dev", "-s", "dev", "--exit-code"]), "no differences\n");
}

#[test]
fn colours_come_when_wanted() {
    let args = ["diff", "-s", "dev", "-s", "prod", "--app", "sample/**"];
    assert!(!output(0, PROJECT, &args).contains('\u{1b}'));
    let args: Vec<&str> = args.iter().copied().chain(["--color", "always"]).collect();
    assert!(output(0, PROJECT, &args).contains("\u{1b}[32m+  replicas: 4\u{1b}[0m\n"));
}

#[test]
fn a_revision_is_read_without_a_checkout() {
    let scratch = project("rev");
    git(scratch.dir(), b"", &["init", "-q"]);
    git(scratch.dir(), b"", &["add", "."]);
    git(scratch.dir(), b"", &["commit", "-qm", "first"]);
    git(scratch.dir(), b"", &["tag", "v1"]);
    scratch.file("apps/one/prod-values.yaml", "color: black\nitems: [b, c]\n");
    // a service that is new, and another version of the chart
    scratch.file("apps/three/values.yaml", "{}\n").file("apps/three/prod-values.yaml", "{}\n");
    chart(&scratch, "charts/show", ", labels: {new: label}");
    scratch.file("notes.txt", "uncommitted");
    let text = scratch.run(3, &["diff", "--rev", "v1", "--stack", "prod", "--exit-code", "--format", "structural"]);
    assert_eq!(
        text,
        "prod/one\n  ConfigMap one\n  + metadata.labels: {\"new\":\"label\"}\n    data.color: red -> black\n\
         prod/three\n+ Secret s\n+ ConfigMap three\n3 objects differ: 1 changed, 2 added, 0 removed\n"
    );
    assert_eq!(fs::read_to_string(scratch.path("notes.txt")).unwrap(), "uncommitted");
    git(scratch.dir(), b"", &["add", "."]);
    git(scratch.dir(), b"", &["commit", "-qm", "second"]);
    assert_eq!(scratch.run(0, &["diff", "--rev", "HEAD", "--exit-code"]), "no differences\n");
    // packed objects, a branch, two revisions, from a folder below
    git(scratch.dir(), b"", &["gc", "-q"]);
    let range = output(
        0,
        scratch.dir().join("apps/one"),
        &["diff", "--rev", "v1..main", "-s", "prod", "--format", "structural"],
    );
    assert_eq!(range, text);
    // what is new is all added, and what is on neither side is a mistake
    scratch.file("apps/three/qa-values.yaml", "{}\n");
    for args in [&["-s", "qa"][..], &["--app", "three", "-s", "qa"], &["--app", "three", "-s", "qa", "-s", "dev"]] {
        let text = scratch.run(0, &[&["diff", "--rev", "v1", "--format", "structural"], args].concat());
        assert!(text.starts_with("qa/three\n+ Secret s\n+ ConfigMap three\n"), "{args:?}: {text}");
    }
    for args in [&["-s", "nope"][..], &["--app", "nope"]] {
        scratch.run(2, &[&["diff", "--rev", "v1"], args].concat());
    }
    for (rev, want) in [("nothing", "no revision \"nothing\""), ("v1..nothing", "nothing")] {
        let out = bake_in(scratch.dir(), ["diff", "--rev", rev]);
        assert_eq!(out.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&out.stderr).contains(want), "{out:?}");
    }
    let plain = project("no-rev");
    let out = bake_in(plain.dir(), ["diff", "--rev", "main"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("no git repository"), "{out:?}");
}

#[test]
fn two_charts_and_two_folders() {
    let scratch = project("charts");
    chart(&scratch, "next", ", labels: {new: label}");
    let text = scratch.run(0, &["diff", "--with-chart", "show=next", "-s", "dev", "--format", "structural"]);
    let one = "  + metadata.labels: {\"new\":\"label\"}\n";
    assert_eq!(
        text,
        format!(
            "dev/one\n  ConfigMap one\n{one}dev/two\n  ConfigMap two\n{one}2 objects differ: 2 changed, 0 added, 0 removed\n"
        )
    );
    scratch.run(0, &["fleet", "-s", "prod", "-o", "old"]);
    scratch.file("apps/one/prod-values.yaml", "color: black\ntoken: other-token\n");
    scratch.run(0, &["fleet", "-s", "prod", "-o", "new"]);
    let text = scratch.run(0, &["diff", "old", "new", "-U", "0"]);
    assert!(text.contains("--- old/prod/one ConfigMap one\n+++ new/prod/one ConfigMap one\n"), "{text}");
    assert!(text.contains("-  color: red\n") && text.contains("+  color: black\n"), "{text}");
    // the values of a Secret never show, their change does
    assert!(text.contains("-  token: '*** (old)'\n+  token: '*** (new)'\n"), "{text}");
    assert!(!text.contains("hidden-token") && !text.contains("other-token"), "{text}");
    for format in ["structural", "json", "markdown"] {
        let text = scratch.run(0, &["diff", "old", "new", "--format", format]);
        assert!(!text.contains("hidden-token") && !text.contains("other-token"), "{text}");
    }
    for args in [&["diff"][..], &["diff", "old"], &["diff", "-s", "dev"], &["diff", "--with-chart", "x=next"]] {
        scratch.run(2, args);
    }
    scratch.run(1, &["diff", "old", "no/such"]);
}

#[test]
fn a_bake_that_fails_is_told_by_diff_too() {
    let scratch = project("fails");
    scratch.file("apps/two/dev-values.yaml", "a: [\n");
    let out = bake_in(scratch.dir(), ["diff", "-s", "dev", "-s", "prod"]);
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(text.contains("two dev show:\n") && text.contains("1 of 2 bakes failed"), "{text}");
}

#[test]
fn snapshots_are_written_compared_and_accepted() {
    let scratch = project("snapshot");
    scratch.run(3, &["snapshot", "--ci"]);
    assert!(!scratch.dir().join("snapshots").exists());
    assert!(scratch.run(0, &["snapshot"]).starts_with("3 snapshots in snapshots: 3 written"));
    assert_eq!(scratch.run(0, &["snapshot", "--ci"]), "3 snapshots in snapshots: all as they were\n");
    scratch.file("apps/one/prod-values.yaml", "color: black\n");
    fs::remove_dir_all(scratch.path("apps/two")).unwrap();
    let before = fs::read(scratch.path("snapshots/prod/one/show.yaml")).unwrap();
    for args in [&["snapshot", "--format", "structural"][..], &["snapshot", "--ci", "--format", "structural"]] {
        let text = scratch.run(3, args);
        assert!(
            text.contains("data.color: red -> black\n") && text.contains("dev/two\n- Secret s\n- ConfigMap two\n"),
            "{text}"
        );
        assert_eq!(fs::read(scratch.path("snapshots/prod/one/show.yaml")).unwrap(), before);
    }
    scratch.run(0, &["snapshot", "--update"]);
    scratch.run(0, &["snapshot", "--ci"]);
    assert!(!scratch.dir().join("snapshots/dev/two").exists());
    // nothing but the bytes changed: told, and no difference between objects
    let file = scratch.dir().join("snapshots/prod/one/show.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("color: black", "color:   black")).unwrap();
    let text = scratch.run(3, &["snapshot"]);
    assert!(text.contains("prod/one/show.yaml: written otherwise"), "{text}");
}

#[test]
fn values_tell_where_they_came_from() {
    let frontend = "deploy-values/sample/web/frontend";
    insta::assert_snapshot!("values_yaml", output(0, PROJECT, &["values", frontend, "--stack", "prod"]));
    insta::assert_snapshot!(
        "values_explain",
        output(0, PROJECT, &["values", frontend, "-s", "prod", "--explain", "--set", "env.STACK=other"])
    );
    let scratch = project("values");
    let args = ["values", "one", "--stack", "prod"];
    let with = |more: &[&str]| scratch.run(0, &[&args[..], more].concat());
    insta::assert_snapshot!("values_list", with(&["--explain"]));
    insta::assert_snapshot!("values_chart", with(&["--explain", "-c", "show", "--set", "limits.memory=null"]));
    insta::assert_snapshot!("values_json", with(&["items", "--explain", "--format", "json"]));
    assert_eq!(with(&["items"]), "- b\n- c\n");
    assert_eq!(with(&["color", "--format", "json"]), "\"red\"\n");
    scratch.run(2, &[&args[..], &["--explain", "--format", "yaml"]].concat());
    assert_eq!(with(&["--unused"]), "CHANGES NOTHING  IS    SET AT\nnever.read       true  all.yaml:3\n\n1 value\n");
    let out = bake_in(scratch.dir(), ["values", "one", "colour", "-s", "prod"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("did you mean \"color\"?"), "{out:?}");
    scratch.run(2, &["values", "one"]);
}

#[test]
fn shells_and_man_are_served() {
    for (shell, want) in [("bash", "complete -F _bake"), ("zsh", "#compdef bake"), ("fish", "complete -c bake")] {
        assert!(output(0, ".", &["completions", shell]).contains(want), "{shell}");
    }
    output(2, ".", &["completions", "none"]);
    assert!(output(0, ".", &["man"]).contains(".TH bake 1"));
    let scratch = Scratch::new("man");
    scratch.run(0, &["man", "-o", "pages"]);
    assert!(scratch.dir().join("pages/bake-fleet.1").is_file());
}

#[test]
fn wrong_arguments_have_an_exit_code_of_their_own() {
    for (args, code) in [
        (&["fleet"][..], 2),
        (&["diff", "--formt", "x"], 2),
        (&["no/such/folder", "--stack", "x"], 2),
        (&["deploy-values/sample/web/frontend", "--stack", "nope"], 2),
        (&["deploy-values/sample/web/frontend", "--stack", "prod", "--set", "replicas=x"], 1),
        // as Helm
        (&["template", "--nope"], 1),
        (&["template", "a", "no/chart"], 1),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        output(code, PROJECT, args);
    }
}
