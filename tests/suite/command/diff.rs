//! `bake diff`: stacks, revisions, charts and folders, compared object by object.

use std::fs;

use testkit::git;

use super::small_project::{chart, project};
use crate::program::{PROJECT, Runs, bake_in, output};

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
    assert!(String::from_utf8_lossy(&out.stderr).contains("not in a git repository"), "{out:?}");
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
