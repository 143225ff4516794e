//! The numbers in the texts for people are those of the code.

use std::fs;
use std::path::{Path, PathBuf};

use bake::lint::rules;

#[test]
fn the_number_of_lint_rules_is_that_of_the_table() {
    are(rules().len(), "rules");
}

#[test]
fn the_number_of_template_functions_is_that_of_the_list() {
    // a test of the library holds the list against the functions themselves
    are(fs::read_to_string("testdata/functions.txt").unwrap().lines().count(), "template functions");
}

/// Wherever a text says `N THINGS`, it is this number.
fn are(number: usize, things: &str) {
    let mut said = 0;
    for file in texts() {
        for (i, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            for (at, _) in line.match_indices(&format!(" {things}")) {
                let word = line[..at].rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
                if !word.is_empty() {
                    assert_eq!(word, number.to_string(), "{}:{}: {line}", file.display(), i + 1);
                    said += 1;
                }
            }
        }
    }
    println!("{number} {things}, said {said} times");
    assert!(said > 0, "no text says how many {things} there are");
}

/// The Markdown files of the repository's root, of `docs` and of `testdata`.
fn texts() -> Vec<PathBuf> {
    let folders = ["", "docs", "testdata"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|end| end == "md")).collect()
}
