//! Repositories, folders and file systems that mean harm: nothing hangs, nothing is written where it was not wanted.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use testkit::{Scratch, git};

use crate::program::bake_in;

/// The output of a run that must end with this exit code.
fn run(code: i32, folder: &Path, args: &[&str]) -> String {
    told(code, &bake_in(folder, args))
}

fn told(code: i32, out: &Output) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert_eq!(out.status.code(), Some(code), "{text}");
    text
}

/// A repository with one service and a chart, committed.
fn repository(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch
        .file("bake.yaml", "layout: s/{app}\nfiles: [values.yaml]\nstacks: [dev]\nnamespace: x\ncharts: {c: chart}\n");
    scratch.file("s/web/values.yaml", "a: 1\n").file("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    scratch.file("chart/templates/t.yaml", "apiVersion: example.com/v1\nkind: Show\nvalues: {{ .Values | toJson }}\n");
    for args in [&["init", "-q"][..], &["add", "-A"], &["commit", "-qm", "one"]] {
        git(scratch.dir(), b"", args);
    }
    scratch
}

/// The mode of a tree's entry, its name and its object.
type Entry<'a> = (&'a str, &'a str, &'a str);

/// A tree with entries that no `git add` makes.
fn tree(folder: &Path, entries: &[Entry<'_>]) -> String {
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
fn commit(folder: &Path, more: &[Entry<'_>]) -> String {
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
    let rows: &[(&[Entry<'_>], &str)] = &[
        (&[("40000", "..", &inner)], "is not a valid file name"),
        (&[("100644", "../outside/HARM", &text)], "is not a valid file name"),
        (&[("100644", &absolute, &text)], "is not a valid file name"),
        (&[("120000", "x", &link), ("40000", "x", &inner)], "appears twice"),
        (&[("120000", "x", &link)], "leaves the repository or dangles"),
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
    let (parent, path) = (commit(folder, &[]), "d/".repeat(2100));
    let head = "commit refs/heads/deep\ncommitter t <t@example.com> 0 +0000\ndata 0\n";
    let script = format!("{head}from {parent}\nM 100644 inline chart/{path}x\ndata 1\nx\n");
    git(folder, script.as_bytes(), &["fast-import", "--quiet"]);
    let said = run(1, folder, &["diff", "--rev", "deep"]);
    assert!(said.contains("nested deeper than 2048"), "{said}");
    // a large file is told by its header
    let large = blob(folder, &"#".repeat(5 << 20));
    let said = run(
        1,
        folder,
        &["diff", "--limit", "chart-file-bytes=1000000", "--rev", &commit(folder, &[("100644", "l", &large)])],
    );
    assert!(said.contains("chart file \"l\" is larger than the maximum file size 1000000"), "{said}");
}

#[test]
fn folders_that_are_compared_lead_nowhere_else_and_end() {
    type Make = fn(&Path, &Path);
    let outside = Scratch::new("hostile-outside");
    outside.file("o.yaml", "kind: A\nname: harm\n");
    let rows: &[(&str, Make, &str)] = &[
        ("link", |new, out| symlink(out.join("o.yaml"), new.join("o.yaml")).unwrap(), "leaves the folder"),
        ("folder", |new, out| symlink(out, new.join("o")).unwrap(), "leaves the folder"),
        ("round", |new, _| symlink(".", new.join("o")).unwrap(), "leads back"),
        ("nowhere", |new, _| symlink("none", new.join("o.yaml")).unwrap(), "o.yaml: No such file"),
        ("device", |new, _| symlink("/dev/zero", new.join("o.yaml")).unwrap(), "leaves the folder"),
        (
            "pipe",
            |new, _| assert!(Command::new("mkfifo").arg(new.join("o.yaml")).status().unwrap().success()),
            "it is not a regular file",
        ),
        ("sparse", |new, _| fs::File::create(new.join("o.yaml")).unwrap().set_len(1 << 40).unwrap(), "is larger than"),
    ];
    for (name, make, want) in rows {
        let scratch = Scratch::new(&format!("hostile-{name}"));
        scratch.file("old/a.yaml", "kind: A\nx: 1\n").file("new/a.yaml", "kind: A\nx: 2\n");
        make(&scratch.dir().join("new"), outside.dir());
        let text = run(1, scratch.dir(), &["diff", "old", "new"]);
        assert!(text.contains(want), "{name}: {text}");
    }
    // what is in the folder may be linked within it
    let scratch = Scratch::new("hostile-inside");
    scratch.file("old/a.yaml", "kind: A\nx: 1\n").file("new/.data/a.yaml", "kind: A\nx: 2\n");
    symlink(".data/a.yaml", scratch.dir().join("new/a.yaml")).unwrap();
    assert!(run(0, scratch.dir(), &["diff", "old", "new"]).contains("+x: 2"));
}

#[test]
fn many_objects_and_long_lists_are_compared_in_about_linear_time() {
    let scratch = Scratch::new("hostile-many");
    for (side, value) in [("old", 1), ("new", 2)] {
        let mut text = "kind: D\nenv:\n".to_owned();
        for i in 0..20_000 {
            let _ = writeln!(text, "- {{name: v{i}, value: {value}}}");
        }
        scratch.file(&format!("{side}/list.yaml"), &text);
        for file in 0..3 {
            let objects = format!("---\nkind: A\nmetadata: {{name: a}}\nx: {value}\n").repeat(7_000);
            scratch.file(&format!("{side}/{file}.yaml"), objects);
        }
    }
    for format in ["text", "structural", "json", "markdown"] {
        let text = run(0, scratch.dir(), &["diff", "old", "new", "--format", format, "-U", "18446744073709551615"]);
        assert!(text.contains("21001"), "{format}");
    }
}

#[test]
fn a_fleet_removes_only_what_it_wrote_and_opens_nothing_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = repository("hostile-tree");
    let folder = scratch.dir();
    let out = folder.join("out");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o700)).unwrap();
    let kept = [".out.bake-notes", ".out.bake-1-x", ".out.bake-old", ".out.bake-1-2-3"];
    for name in kept {
        scratch.file(&format!("{name}/mine"), "x");
    }
    assert!(Command::new("mkfifo").arg(folder.join(".out.bake-9-9")).status().unwrap().success());
    scratch.file(".out.bake-8-8", "a file").file(".out.bake-7-7/left", "by a run that was killed");
    for value in ["1", "2"] {
        scratch.file("s/web/values.yaml", format!("a: {value}\n"));
        run(0, folder, &["fleet", "-o", "out"]);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o700);
    }
    for name in kept.iter().chain(&[".out.bake-9-9", ".out.bake-8-8"]) {
        assert!(fs::symlink_metadata(folder.join(name)).is_ok(), "{name}");
    }
    assert!(!folder.join(".out.bake-7-7").exists());
    // a name that leaves no room for another beside it
    run(0, folder, &["fleet", "-o", &"x".repeat(255)]);
}

#[test]
fn an_index_is_no_pipe_no_device_and_of_a_size() {
    type Make = fn(&Path);
    let scratch = repository("hostile-index");
    let folder = scratch.dir();
    for part in ["1/2", "2/2"] {
        run(0, folder, &["fleet", "-o", &part[..1], "--shard", part]);
    }
    let index = folder.join("1/bake-index.json");
    let text = fs::read(&index).unwrap();
    let rows: &[(Make, &str)] = &[
        (|path| symlink("/dev/zero", path).unwrap(), "it is not a regular file"),
        (|path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()), "it is not a regular file"),
        (|path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap(), "it is larger than"),
    ];
    for (make, want) in rows {
        fs::remove_file(&index).unwrap();
        make(&index);
        for args in
            [&["fleet", "-o", "1"][..], &["fleet", "merge", "1", "2", "-o", "all"], &["fleet", "--check", "-o", "1"]]
        {
            let out = Command::new(env!("CARGO_BIN_EXE_bake")).args(args).current_dir(folder).output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr);
            assert!(!out.status.success() && said.contains(want), "{args:?}: {said}");
        }
    }
    fs::remove_file(&index).unwrap();
    fs::write(&index, text).unwrap();
    let file = folder.join("1/dev/web/c.yaml");
    fs::remove_file(&file).unwrap();
    symlink("/dev/zero", &file).unwrap();
    assert!(run(2, folder, &["fleet", "merge", "1", "2", "-o", "all"]).contains("changed after it was baked"));
}

#[test]
fn files_of_objects_have_names_that_a_disk_takes_and_come_all_or_none() {
    let scratch = repository("hostile-names");
    let folder = scratch.dir();
    let (kind, name) = ("K".repeat(100), "n".repeat(250));
    scratch.file(
        "chart/templates/t.yaml",
        format!("kind: {kind}\nmetadata: {{name: {name}a}}\n---\nkind: {kind}\nmetadata: {{name: {name}b}}\n---\nkind: ...\n---\nkind: ../../x\n"),
    );
    run(0, folder, &["web", "--stack", "dev", "-o", "out"]);
    let names = |path: &str| -> Vec<String> {
        let all = fs::read_dir(folder.join(path)).unwrap();
        let mut all: Vec<_> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    };
    let (made, long) = (names("out"), format!("{}-{}", "k".repeat(100), "n".repeat(100)));
    assert_eq!(made.len(), 4, "{made:?}");
    assert!(
        made[0] == "_.._x.yaml" && made[3] == "object.yaml" && made[1..3].iter().all(|name| name.starts_with(&long)),
        "{made:?}"
    );
    run(0, folder, &["fleet", "-o", "tree", "--per-object"]);
    // one of them cannot be put in its place
    fs::create_dir_all(folder.join("other/object.yaml")).unwrap();
    let said = run(1, folder, &["web", "--stack", "dev", "-o", "other"]);
    assert!(said.contains("object.yaml: it is a folder"), "{said}");
    assert_eq!(names("other"), ["object.yaml"]);
}

#[test]
fn a_start_is_written_whole_or_not_at_all() {
    let scratch = Scratch::new("hostile-init");
    let folder = scratch.dir();
    scratch.file("file", "");
    run(1, folder, &["init", "web", "--schema", "file/values.schema.json"]);
    assert_eq!(fs::read_dir(folder.join("web")).map_or(0, Iterator::count), 0);
    // a link that leads nowhere is there too
    fs::create_dir(folder.join("api")).unwrap();
    symlink("nowhere", folder.join("api/values.yaml")).unwrap();
    assert!(run(1, folder, &["init", "api"]).contains("already exists"));
}

#[test]
fn a_project_that_never_ends_is_refused_soon() {
    let pipe = |folder: &Path, name: &str| {
        let _ = fs::remove_file(folder.join(name));
        assert!(Command::new("mkfifo").arg(folder.join(name)).status().unwrap().success());
    };
    let scratch = repository("hostile-pipes");
    let folder = scratch.dir();
    // what a chart leaves out is not read
    scratch.file("chart/.helmignore", "x*\n").file("chart/x/y", "");
    pipe(folder, "chart/x1");
    symlink(".", folder.join("chart/x/a")).unwrap();
    symlink(".", folder.join("chart/x/b")).unwrap();
    run(0, folder, &["fleet", "-o", "out"]);
    pipe(folder, "s/web/values.yaml");
    for args in [&["fleet", "-o", "out"][..], &["web", "--stack", "dev"], &["diff", "--rev", "HEAD"]] {
        assert!(run(1, folder, args).contains("s/web/values.yaml: it is not a regular file"), "{args:?}");
    }
    pipe(folder, "bake.yaml");
    assert!(run(1, folder, &["list", "--project", "bake.yaml"]).contains("bake.yaml: it is not a regular file"));
    // two links to a folder that they are in double it with every part of the layout
    let loops = Scratch::new("hostile-loops");
    let parts: Vec<String> = (0..40).map(|i| format!("{{v{i}}}")).collect();
    loops.file("bake.yaml", format!("layout: s/{}/{{app}}\n", parts.join("/"))).file("s/values.yaml", "");
    symlink(".", loops.dir().join("s/a")).unwrap();
    symlink(".", loops.dir().join("s/b")).unwrap();
    assert!(run(1, loops.dir(), &["list"]).contains("too many folders match the layout"));
    // a pattern of many stars, and a name that no other is near
    let many = Scratch::new("hostile-globs");
    for i in 0..50 {
        many.file(&format!("deploy-values/a/b/c{i}/dev-values.yaml"), "");
    }
    for glob in ["**/".repeat(5000) + "x", "*a".repeat(5000), "x".repeat(100_000)] {
        run(2, many.dir(), &["fleet", "-o", "out", "--app", &glob]);
    }
}

#[test]
fn a_linter_reads_no_pipes_and_no_list_without_end() {
    let scratch = repository("hostile-lint");
    let folder = scratch.dir();
    scratch.file("chart/templates/t.yaml", "apiVersion: example.com/v1\nkind: Show\n");
    scratch.file("schemas/show-example-v1.json", "{\"$ref\": \"pipe.json\"}");
    assert!(Command::new("mkfifo").arg(folder.join("schemas/pipe.json")).status().unwrap().success());
    assert!(run(1, folder, &["lint", "--schemas", "schemas"]).contains("pipe.json"));
    let rules = "rule,".repeat(100_000);
    scratch.file("s/web/values.yaml", format!("a: 1 # bake-lint: allow={rules}\n"));
    assert!(run(0, folder, &["lint"]).contains("names no rule of the linter"));
}
