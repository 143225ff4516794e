//! `bake snapshot`: written, compared and accepted.

use std::fs;

use super::small_project::project;
use crate::program::Runs;

#[test]
fn snapshots_are_written_compared_and_accepted() {
    let scratch = project("snapshot");
    scratch.run(3, &["snapshot", "--ci"]);
    assert!(!scratch.dir().join("snapshots").exists());
    assert!(scratch.run(0, &["snapshot"]).starts_with("3 snapshots in snapshots: 3 written"));
    assert_eq!(scratch.run(0, &["snapshot", "--ci"]), "3 snapshots in snapshots: unchanged\n");
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
    assert!(text.contains("prod/one/show.yaml: formatted differently"), "{text}");
}
