//! `bake lint` on the objects of Istio's own tests: it finds each that Istio refuses, and none of the others.

use std::fs;
use std::path::{Path, PathBuf};

use bake::Limits;
use bake::limits::Budget;
use bake::lint::{Linter, Severity};
use bake::manifest::{Rendered, SortOptions, sort_manifests};
use testkit::need;

/// The documents of a file of Istio's tests, as errors found in each; the second is the name, and what Istio says.
fn judged(linter: &Linter, file: &Path) -> Vec<(String, String, Vec<String>)> {
    let text = fs::read_to_string(file).unwrap();
    let text = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for document in text.split("\n---") {
        let limits = Limits::helm();
        let node = bake::yaml::read(document.as_bytes(), &Budget::new(limits.clone())).unwrap();
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
    let Some(shared) = need::shared() else { return };
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
