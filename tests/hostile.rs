//! Repositories, folders and file systems that mean harm: nothing hangs, nothing is written where it was not wanted.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // a test may
#![cfg(all(feature = "cli", unix))]

mod scratch;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use scratch::Scratch;

/// The output of a run that must end with this exit code.
fn run(code: i32, folder: &Path, args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_bake")).args(args).current_dir(folder).output().unwrap();
    told(code, &out)
}

fn told(code: i32, out: &Output) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(code), "{text}");
    text
}

/// Runs git, with `input` on its standard input; answers its first line.
fn git(folder: &Path, input: &[u8], args: &[&str]) -> String {
    let mut child = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{args:?}");
    String::from_utf8(out.stdout).unwrap().lines().next().unwrap_or_default().to_owned()
}

/// A repository with one service and a chart, committed.
fn repository(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch
        .file("bake.yaml", "layout: s/{app}\nfiles: [values.yaml]\nstacks: [dev]\nnamespace: x\ncharts: {c: chart}\n");
    scratch.file("s/web/values.yaml", "a: 1\n").file("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    scratch.file("chart/templates/t.yaml", "kind: Show\nvalues: {{ .Values | toJson }}\n");
    for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "one"]] {
        git(scratch.dir(), b"", args);
    }
    scratch
}

/// A tree with entries that no `git add` makes.
fn tree(folder: &Path, entries: &[(&str, &str, &str)]) -> String {
    let mut data = Vec::new();
    for (mode, name, id) in entries {
        data.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        data.extend((0..id.len()).step_by(2).map(|i| u8::from_str_radix(&id[i..i + 2], 16).unwrap()));
    }
    git(folder, &data, &["hash-object", "-t", "tree", "-w", "--literally", "--stdin"])
}

fn blob(folder: &Path, text: &str) -> String {
    git(folder, text.as_bytes(), &["hash-object", "-w", "--stdin"])
}

/// A commit whose chart has these entries beside its own.
fn commit(folder: &Path, more: &[(&str, &str, &str)]) -> String {
    let id = |path: &str| git(folder, b"", &["rev-parse", &format!("HEAD:{path}")]);
    let (meta, templates, bake, services) = (id("chart/Chart.yaml"), id("chart/templates"), id("bake.yaml"), id("s"));
    let own = [("100644", "Chart.yaml", meta.as_str()), ("40000", "templates", templates.as_str())];
    let chart = tree(folder, &[&own[..], more].concat());
    let root = tree(folder, &[("100644", "bake.yaml", &bake), ("40000", "chart", &chart), ("40000", "s", &services)]);
    git(folder, b"", &["commit-tree", &root, "-m", "x"])
}

#[test]
fn a_revision_writes_nothing_and_leads_nowhere_else() {
    let scratch = repository("hostile-rev");
    let folder = scratch.dir();
    let outside = scratch.path("outside");
    fs::create_dir(&outside).unwrap();
    let text = blob(folder, "harm\n");
    let inner = tree(folder, &[("100644", "HARM", &text)]);
    let link = blob(folder, &outside);
    let (up, round) = (blob(folder, "../s/web/values.yaml"), blob(folder, "."));
    let absolute = format!("{outside}/HARM");
    let rows: &[(&[(&str, &str, &str)], &str)] = &[
        (&[("40000", "..", &inner)], "can be no file's"),
        (&[("100644", "../outside/HARM", &text)], "can be no file's"),
        (&[("100644", &absolute, &text)], "can be no file's"),
        (&[("120000", "x", &link), ("40000", "x", &inner)], "is there twice"),
        (&[("120000", "x", &link)], "leaves the repository, or leads nowhere"),
        (&[("120000", "x", &up)], "leaves the chart: it resolves to s/web/values.yaml"),
        (&[("120000", "x", &round)], "leads back to a directory that contains it"),
        (&[("100644", "x", "1111111111111111111111111111111111111111")], "could not be found"),
    ];
    for (entries, want) in rows {
        let text = run(1, folder, &["diff", "--rev", &commit(folder, entries)]);
        assert!(text.contains(want), "{entries:?}: {text}");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0, "{entries:?}");
    }
    let same =
        run(0, folder, &["diff", "--rev", &commit(folder, &[("120000", "values.yaml", &blob(folder, "Chart.yaml"))])]);
    assert!(same.contains("\"apiVersion\":\"v2\""), "{same}");
}

#[test]
fn a_revision_that_unfolds_without_end_is_refused_soon() {
    let scratch = repository("hostile-bomb");
    let folder = scratch.dir();
    let text = blob(folder, "x\n");
    let names: Vec<String> = (0..10).map(|i| i.to_string()).collect();
    let mut bomb = text;
    for level in 0..12 {
        let mode = if level == 0 { "100644" } else { "40000" };
        let entries: Vec<_> = names.iter().map(|name| (mode, name.as_str(), bomb.as_str())).collect();
        bomb = tree(folder, &entries);
    }
    let said =
        run(1, folder, &["diff", "--limit", "chart-entries=1000", "--rev", &commit(folder, &[("40000", "b", &bomb)])]);
    assert!(said.contains("more than 1000 files"), "{said}");
    // what is left out is not looked at
    let ignore = blob(folder, "b/\n");
    run(0, folder, &["diff", "--rev", &commit(folder, &[("100644", ".helmignore", &ignore), ("40000", "b", &bomb)])]);
    let mut deep = tree(folder, &[]);
    for _ in 0..300 {
        deep = tree(folder, &[("40000", "d", &deep)]);
    }
    let said = run(1, folder, &["diff", "--rev", &commit(folder, &[("40000", "d", &deep)])]);
    assert!(said.contains("nested deeper than 256"), "{said}");
    // a large file is told by its header
    let large = blob(folder, &"#".repeat(5 << 20));
    let said = run(
        1,
        folder,
        &["diff", "--limit", "chart-file-bytes=1000000", "--rev", &commit(folder, &[("100644", "l", &large)])],
    );
    assert!(said.contains("chart/l is larger than the maximum file size 1000000"), "{said}");
}
