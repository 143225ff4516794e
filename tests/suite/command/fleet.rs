//! `bake fleet` through the binary: trees, parts, failures and runs that are killed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::program::{PROJECT, bake, command, stderr_of, stdout};
use testkit::Scratch;

/// Standard error of a run that must fail with this exit code.
fn failure(code: i32, args: &[&str]) -> String {
    stderr_of(code, &bake(args))
}

/// Writes services.
trait Services {
    /// A small service with the stacks dev and prod.
    fn service(&self, path: &str, image: &str);
}

impl Services for Scratch {
    fn service(&self, path: &str, image: &str) {
        self.file(&format!("deploy-values/{path}/values.yaml"), format!("image: {image}\nports: {{http: 8080}}\n"));
        self.file(&format!("deploy-values/{path}/dev-values.yaml"), "replicas: 1\n");
        self.file(&format!("deploy-values/{path}/prod-values.yaml"), "replicas: 3\n");
    }
}

/// The files below a folder with their content, by path.
fn tree(folder: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    found.into_iter().map(|(path, text)| (path.strip_prefix(folder).unwrap().to_owned(), text)).collect()
}

#[test]
fn a_fleet_is_every_bake_in_one_tree() {
    let scratch = Scratch::new("tree");
    let out = scratch.path("out");
    let text = stdout(&["fleet", "--project", PROJECT, "--stack", "prod", "-o", &out]);
    assert!(text.contains(" services in 1 stack: ") && text.contains(" changed, 0 removed "), "{text}");
    let files = tree(&out);
    let baked = &files[Path::new("prod/sample/web/frontend/workload.yaml")];
    assert_eq!(*baked, fs::read("testdata/golden/apps/sample/web/frontend/prod.workload.yaml").unwrap());
    let index: serde_json::Value = serde_json::from_slice(&files[Path::new("bake-index.json")]).unwrap();
    assert_eq!(index["files"].as_object().unwrap().len(), files.len() - 1);
    assert_eq!(index["files"]["prod/sample/web/frontend/workload.yaml"]["bytes"], baked.len());

    // the same again changes nothing, not even a time stamp
    let before = fs::metadata(&out).unwrap().modified().unwrap();
    let text = stdout(&["fleet", "--project", PROJECT, "--stack", "prod", "-o", &out]);
    assert!(text.contains(", 0 changed, 0 removed"), "{text}");
    assert_eq!(fs::metadata(&out).unwrap().modified().unwrap(), before);

    // what is no more is removed, what the user put there stays
    fs::write(format!("{out}/README.md"), "mine").unwrap();
    fs::write(format!("{out}/prod/sample/notes.txt"), "mine too").unwrap();
    let text = stdout(&["fleet", "--project", PROJECT, "--stack", "prod", "--app", "sample/**", "-o", &out]);
    assert!(text.starts_with("4 bakes of 2 services in 1 stack: 4 files"), "{text}");
    let names: Vec<String> = tree(&out).keys().map(|p| p.to_str().unwrap().to_owned()).collect();
    assert_eq!(
        names,
        [
            "README.md",
            "bake-index.json",
            "prod/sample/notes.txt",
            "prod/sample/web/backend/service.yaml",
            "prod/sample/web/backend/workload.yaml",
            "prod/sample/web/frontend/service.yaml",
            "prod/sample/web/frontend/workload.yaml"
        ]
    );
    assert_eq!(fs::read_dir(scratch.dir()).unwrap().count(), 1, "something was left beside the tree");
}

#[test]
fn a_file_per_object() {
    let scratch = Scratch::new("objects");
    let out = scratch.path("out");
    stdout(&["fleet", "--project", PROJECT, "-s", "prod", "--app", "frontend", "--per-object", "-o", &out]);
    let names: Vec<String> = tree(&out).keys().map(|p| p.to_str().unwrap().to_owned()).collect();
    assert!(names.contains(&"prod/sample/web/frontend/workload/deployment-frontend.yaml".to_owned()), "{names:?}");
}

#[test]
fn all_parts_together_are_the_whole() {
    let scratch = Scratch::new("parts");
    let whole = scratch.path("whole");
    stdout(&["fleet", "--project", PROJECT, "-s", "prod", "-s", "dev", "-o", &whole]);
    let want = tree(&whole);
    for of in [1, 3, 8] {
        let mut args = vec!["fleet".to_owned(), "merge".to_owned()];
        for number in 1..=of {
            let (part, shard) = (scratch.path(&format!("{of}/{number}")), format!("{number}/{of}"));
            stdout(&["fleet", "--project", PROJECT, "-s", "prod", "-s", "dev", "--shard", &shard, "-o", &part]);
            args.push(part);
        }
        let merged = scratch.path(&format!("{of}/merged"));
        args.extend(["-o".to_owned(), merged.clone()]);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        stdout(&args);
        assert!(tree(&merged) == want, "{of} parts differ from the whole");
        if of == 3 {
            let [part1, part2] = [1, 2].map(|n| scratch.path(&format!("3/{n}")));
            let bad = scratch.path("bad");
            let text = failure(2, &["fleet", "merge", &part1, &part2, "-o", &bad]);
            assert!(text.contains("parts are missing: 3/3"), "{text}");
            let text = failure(2, &["fleet", "merge", &part1, &part1, "-o", &bad]);
            assert!(text.contains("both are part 1/3"), "{text}");
            let text = failure(2, &["fleet", "merge", &whole, "-o", &bad]);
            assert!(text.contains("whole tree"), "{text}");
            let other = scratch.path("3/other");
            stdout(&["fleet", "--project", PROJECT, "-s", "prod", "--shard", "3/3", "-o", &other]);
            let text = failure(2, &["fleet", "merge", &part1, &part2, &other, "-o", &bad]);
            assert!(text.contains("different inputs"), "{text}");
            let file = tree(&part2).into_keys().find(|p| p.ends_with("workload.yaml")).unwrap();
            fs::write(Path::new(&part2).join(&file), "x").unwrap();
            let text = failure(2, &["fleet", "merge", &part1, &part2, "-o", &bad]);
            assert!(text.contains("was changed after it was baked"), "{text}");
            assert!(!Path::new(&bad).exists());
        }
    }
}

#[test]
fn a_job_knows_its_part() {
    let scratch = Scratch::new("job");
    let run = |index: Option<&str>, out: &str| {
        let mut command = command();
        command.envs(index.map(|index| ("JOB_COMPLETION_INDEX", index)));
        command.args(["fleet", "--project", PROJECT, "-s", "prod", "--shard", "/4", "-o", out]).output().unwrap()
    };
    let (by_index, by_number) = (scratch.path("index"), scratch.path("number"));
    assert!(run(Some("2"), &by_index).status.success());
    stdout(&["fleet", "--project", PROJECT, "-s", "prod", "--shard", "3/4", "-o", &by_number]);
    assert_eq!(tree(&by_index), tree(&by_number));
    for index in [None, Some("4"), Some("x")] {
        assert_eq!(run(index, &by_index).status.code(), Some(2), "{index:?}");
    }
}

#[test]
fn a_service_that_fails_leaves_the_tree_as_it_was() {
    let scratch = Scratch::new("fails");
    scratch.service("shop/web/a", "a");
    scratch.service("shop/web/b", "b");
    scratch.service("shop/web/c", "c");
    let (project, out) = (scratch.path("."), scratch.path("out"));
    stdout(&["fleet", "--project", &project, "-o", &out]);
    let before = tree(&out);
    scratch.file("deploy-values/shop/web/a/values.yaml", "image: other\nports: {http: 8080}\n");
    scratch.file("deploy-values/shop/web/b/prod-values.yaml", "replica: 3\n");
    scratch.file("deploy-values/shop/web/c/dev-values.yaml", "a: [\n");
    let text = failure(1, &["fleet", "--project", &project, "-o", &out]);
    assert!(tree(&out) == before, "the tree changed");
    for want in [
        "shop/web/b prod workload:\n",
        "did you mean \"replicas\" instead of \"replica\"?",
        "shop/web/c dev workload\nshop/web/c dev service:\n",
        "dev-values.yaml",
        "Error: 4 of 12 bakes failed",
    ] {
        assert!(text.contains(want), "{want:?} is not in\n{text}");
    }
    let text = failure(1, &["fleet", "--project", &project, "-o", &out, "--error-format", "json"]);
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&first["service"], &first["stack"]), (&"shop/web/b".into(), &"prod".into()));
    assert_eq!(fs::read_dir(scratch.dir()).unwrap().count(), 2, "something was left beside the tree");
    // nothing to do is no reason to remove all
    fs::remove_file(scratch.dir().join("deploy-values/shop/web/c/dev-values.yaml")).unwrap();
    let text = failure(2, &["fleet", "--project", &project, "-o", &out, "--app", "c", "-s", "dev"]);
    assert!(text.contains("nothing to bake: none of the services is in dev"), "{text}");
    assert!(tree(&out) == before, "the tree changed");
}

#[test]
fn every_failure_is_named_and_no_terminal_gets_no_bar() {
    let scratch = Scratch::new("many");
    for n in 0..9 {
        scratch.service(&format!("shop/web/app{n}"), "a");
        scratch.file(&format!("deploy-values/shop/web/app{n}/prod-values.yaml"), "replica: 3\n");
    }
    let args = ["fleet", "--project", &scratch.path("."), "-o", &scratch.path("out")];
    let text = failure(1, &args);
    for n in 0..9 {
        assert!(text.contains(&format!("shop/web/app{n} prod workload")), "{text}");
    }
    assert!(text.ends_with(&format!("of 36 bakes failed; {} is unchanged\n", scratch.path("out"))), "{text}");
    let args: Vec<&str> = args.iter().copied().chain(["-s", "dev"]).collect();
    assert_eq!(String::from_utf8(bake(&args).stderr).unwrap(), "");
}

#[test]
fn check_writes_nothing_and_tells_differences() {
    let scratch = Scratch::new("check");
    scratch.service("shop/web/a", "a");
    scratch.service("shop/web/b", "b");
    let (project, out) = (scratch.path("."), scratch.path("out"));
    assert_eq!(bake(["fleet", "--project", &project, "-o", &out, "--check"]).status.code(), Some(3));
    assert!(!Path::new(&out).exists());
    stdout(&["fleet", "--project", &project, "-o", &out]);
    stdout(&["fleet", "--project", &project, "-o", &out, "--check"]);
    fs::write(scratch.path("out/prod/shop/web/a/workload.yaml"), "edited").unwrap();
    fs::remove_dir_all(scratch.path("deploy-values/shop/web/b")).unwrap();
    let before = tree(&out);
    let run = bake(["fleet", "--project", &project, "-o", &out, "--check"]);
    let text = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(3));
    assert!(text.contains("would change") && text.contains("prod/shop/web/a/workload.yaml"), "{text}");
    assert!(text.contains("would remove") && text.contains("dev/shop/web/b/service.yaml"), "{text}");
    assert!(tree(&out) == before);
}

#[test]
fn folders_that_no_fleet_wrote_are_not_replaced() {
    let scratch = Scratch::new("foreign");
    scratch.service("shop/web/a", "a");
    let (project, out) = (scratch.path("."), scratch.path("out"));
    scratch.file("out/precious.txt", "mine");
    let text = failure(2, &["fleet", "--project", &project, "-o", &out]);
    assert!(text.contains("precious.txt"), "{text}");
    assert_eq!(fs::read(scratch.path("out/precious.txt")).unwrap(), b"mine");
    scratch.file("file", "");
    failure(2, &["fleet", "--project", &project, "-o", &scratch.path("file")]);
    fs::create_dir_all(scratch.path("repo/.git")).unwrap();
    failure(2, &["fleet", "--project", &project, "-o", &scratch.path("repo")]);
    // an index that names what is outside is no index
    scratch.file(
        "trap/bake-index.json",
        r#"{"bake":"0","inputs":"","stacks":[],"bakes":0,"files":{"../file":{"sha256":"","bytes":0}}}"#,
    );
    failure(1, &["fleet", "--project", &project, "-o", &scratch.path("trap")]);
    assert!(scratch.dir().join("file").exists());
}

/// Whatever the moment, the tree is the one before or the one after, never a mix.
#[test]
fn a_killed_run_leaves_a_whole_tree() {
    let scratch = Scratch::new("killed");
    for n in 0..20 {
        scratch.service(&format!("shop/web/app{n}"), "first");
    }
    let (project, out) = (scratch.path("."), scratch.path("out"));
    let run = ["fleet", "--project", &project, "-o", &out];
    let image = |image: &str| {
        for n in 0..20 {
            scratch.service(&format!("shop/web/app{n}"), image);
        }
    };
    stdout(&run);
    let first = tree(&out);
    image("second");
    let start = std::time::Instant::now();
    stdout(&run);
    let takes = start.elapsed();
    let second = tree(&out);
    assert!(first != second);
    let (mut old, mut new) = (0, 0);
    for n in 0..50 {
        let (text, before, after) =
            if tree(&out) == first { ("second", &first, &second) } else { ("first", &second, &first) };
        image(text);
        let mut child = command().args(run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // moments spread over the whole run, by a step that meets no other
        std::thread::sleep(takes.mul_f64(f64::from(n * 37 % 50) / 50.0 * 1.1));
        let _ = child.kill();
        child.wait().unwrap();
        let now = tree(&out);
        if now == *before {
            old += 1;
        } else if now == *after {
            new += 1;
        } else {
            panic!("run {n}: a mixed tree");
        }
    }
    println!("{old} times the old tree, {new} times the new one");
    assert!(old > 0);
    stdout(&run);
    let left: Vec<_> = fs::read_dir(scratch.dir()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// A reader that looks all the time sees one tree or the other.
#[test]
#[cfg(target_os = "linux")]
fn a_reader_never_misses_the_tree() {
    let scratch = Scratch::new("reader");
    scratch.service("shop/web/a", "a");
    let (project, out) = (scratch.path("."), scratch.path("out"));
    stdout(&["fleet", "--project", &project, "-o", &out]);
    let done = std::sync::atomic::AtomicBool::new(false);
    let file = Path::new(&out).join("prod/shop/web/a/workload.yaml");
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                assert!(fs::read(&file).is_ok(), "the file was not there");
                reads += 1;
                std::thread::sleep(Duration::from_micros(50));
            }
            reads
        });
        for n in 0..10 {
            scratch.service("shop/web/a", &format!("image{n}"));
            stdout(&["fleet", "--project", &project, "-o", &out]);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_no_text_stop_nothing() {
    use std::os::unix::ffi::OsStrExt;
    let scratch = Scratch::new("names");
    scratch.service("shop/web/a", "a");
    let strange = scratch.dir().join("deploy-values/shop/web").join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir_all(&strange).unwrap();
    fs::write(strange.join("values.yaml"), "image: x\n").unwrap();
    fs::write(
        scratch.dir().join("deploy-values/shop/web/a").join(std::ffi::OsStr::from_bytes(b"\xff-values.yaml")),
        "",
    )
    .unwrap();
    let (project, out) = (scratch.path("."), scratch.path("out"));
    let run = bake(["fleet", "--project", &project, "-o", &out]);
    let text = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success(), "{text}");
    assert!(text.contains("not valid UTF-8"), "{text}");
    // such a file in the tree stays too
    fs::write(Path::new(&out).join(std::ffi::OsStr::from_bytes(b"\xfe")), "mine").unwrap();
    scratch.service("shop/web/a", "b");
    stdout(&["fleet", "--project", &project, "-o", &out]);
    assert!(Path::new(&out).join(std::ffi::OsStr::from_bytes(b"\xfe")).exists());
    // and a folder given by such a name
    let folder = scratch.dir().join(std::ffi::OsStr::from_bytes(b"out\xfd"));
    let run = command().args(["fleet", "--project", &project, "-o"]).arg(&folder).output().unwrap();
    assert!(run.status.success() && folder.is_dir(), "{}", String::from_utf8_lossy(&run.stderr));
    assert!(!run.stdout.is_empty());
    bake([strange.as_os_str(), "--stack".as_ref(), "x".as_ref()]);
}
