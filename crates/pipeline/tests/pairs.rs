//! Pairs of real pipelines with their differences, and what is true of every pair.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a test may

use std::fs;
use std::path::Path;

use pipeline::diff::{Diff, is_equal, normal};
use pipeline::{Json, Pipeline};
use testkit::need;

fn read(file: &Path) -> Pipeline {
    Pipeline::read(&fs::read(file).unwrap()).unwrap()
}

/// The folders or files below a folder, sorted.
fn below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn each_pair_has_the_changes_that_its_author_says() {
    let Some(shared) = need::shared() else { return };
    let mut pairs = 0;
    let mut wrong = Vec::new();
    for folder in below(&shared.join("pipelines/diff")).into_iter().filter(|path| path.is_dir()) {
        let expected = Json::read(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let diff = Diff::of(Some(&read(&folder.join("old.json"))), Some(&read(&folder.join("new.json"))));
        pairs += 1;
        let text = |value: Option<&Json>| value.map(ToString::to_string).unwrap_or_default();
        let line = |kind: &str, path: &str, old: Option<&Json>, new: Option<&Json>| {
            format!("{kind} {path} {} {}", text(old), text(new))
        };
        let mut want: Vec<String> = expected
            .get("changes")
            .unwrap()
            .items()
            .iter()
            .map(|change| {
                let word = |key: &str| change.get(key).and_then(Json::as_str).unwrap_or_default();
                line(word("kind"), word("path"), change.get("old"), change.get("new"))
            })
            .collect();
        let mut got: Vec<String> =
            diff.changes.iter().map(|c| line(c.kind.name(), &c.path, c.old.as_ref(), c.new.as_ref())).collect();
        want.sort();
        got.sort();
        if want != got || expected.get("equal").and_then(Json::as_bool) != Some(diff.is_empty()) {
            wrong.push(format!("{}\n  want {want:#?}\n  got {got:#?}", folder.display()));
        }
    }
    println!("{pairs} pairs");
    assert!(pairs > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn real_pipelines_are_read_and_written_back_equal_and_do_not_differ_from_themselves() {
    let Some(shared) = need::shared() else { return };
    let mut count = 0;
    for file in below(&shared.join("pipelines")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if file.extension().is_none_or(|end| end != "json") || name == "stages.json" || name == "spel.json" {
            continue;
        }
        let pipeline = read(&file);
        let again = Pipeline::read(pipeline.clone().into_json().to_string().as_bytes()).unwrap();
        let pretty = Pipeline::read(pipeline.clone().into_json().to_pretty().as_bytes()).unwrap();
        assert!(again == pipeline && pretty == pipeline, "{name}");
        assert!(is_equal(&pipeline, &normal(&pipeline)), "{name}");
        assert!(
            is_equal(&pipeline, &turned(&pipeline)),
            "{name}: {:?}",
            Diff::of(Some(&pipeline), Some(&turned(&pipeline)))
        );
        count += 1;
    }
    println!("{count} pipelines");
    assert!(count >= 88);
}

/// The same pipeline with its keys, stages, triggers and artifacts in reverse order.
fn turned(pipeline: &Pipeline) -> Pipeline {
    // stages without a refId run in the order of the list
    let graph = pipeline.stages().iter().all(|stage| stage.get("refId").is_some());
    let mut made = Pipeline::default();
    for (key, value) in pipeline.object().iter().rev() {
        let value = match (key.as_str(), value) {
            ("stages", Json::Array(items)) if graph => items.iter().rev().cloned().collect(),
            ("triggers" | "expectedArtifacts", Json::Array(items)) => items.iter().rev().cloned().collect(),
            _ => value.clone(),
        };
        made.object_mut().insert(key.clone(), value);
    }
    made
}
