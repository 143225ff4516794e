//! `bake lint` on the manifests that public charts make with their own values. A server accepts them, but for those that
//! `testdata/lint-corpus.txt` lists.

use std::collections::BTreeMap;
use std::fs;

use bake::Limits;
use bake::lint::{Linter, Severity};
use bake::manifest::{Rendered, SortOptions, sort_manifests};
use testkit::need;

/// The objects in which an error is right: `CODE CASE KIND/NAME PATH: MESSAGE`, sorted.
const LISTED: &str = "testdata/lint-corpus.txt";

#[test]
fn errors_are_those_that_a_server_would_say() {
    let Some(shared) = need::shared() else { return };
    let limits = Limits::helm();
    let cases = fs::read_to_string(shared.join("corpus/cases.jsonl")).unwrap();
    let mut found = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut objects = 0;
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        if !id.ends_with(".default") || case["exit"] != 0 {
            continue;
        }
        let text = fs::read(shared.join("corpus").join(case["golden"].as_str().unwrap())).unwrap();
        let rendered = Rendered { name: "c/templates/x.yaml".to_owned(), text };
        let Ok(manifest) = sort_manifests(vec![rendered], &SortOptions::default(), &limits) else { continue };
        objects += manifest.objects().count();
        let name = case["release"].as_str().unwrap();
        let said = Linter::new().manifests(name, case["namespace"].as_str().unwrap(), &[manifest], &limits).unwrap();
        for finding in said.iter().filter(|finding| finding.severity == Severity::Error) {
            *counts.entry(finding.rule.code).or_default() += 1;
            let place =
                finding.object.as_ref().map(|o| format!("{}/{} {}", o.kind, o.name, o.path)).unwrap_or_default();
            found.push(format!("{} {id} {place}: {}", finding.rule.code, finding.message));
        }
    }
    found.sort();
    println!("{objects} objects: {counts:?}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(LISTED, found.join("\n") + "\n").unwrap();
    }
    let listed = fs::read_to_string(LISTED).unwrap_or_default();
    let listed: Vec<&str> = listed.lines().collect();
    assert_eq!(found, listed, "UPDATE_EXPECT=1 writes {LISTED}; each line must be an error that a server says too");
}
