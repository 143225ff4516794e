//! What some tests need and not every machine has: the real Helm, kubeconform, the folder of recorded answers.
//!
//! A variable names each of them. Without it a test says `skipped: TEST needs VARIABLE` and passes; but
//! `BAKE_REQUIRE=helm,shared,kubeconform` lists what must be there, and then the same test fails.

use std::env;
use std::panic::Location;
use std::path::PathBuf;

/// The words of `BAKE_REQUIRE`. The last one is for the steps of `.ci/run` alone.
const WORDS: &[&str] = &["helm", "shared", "kubeconform", "java"];

/// The program of the real Helm, which `HELM` names.
#[track_caller]
pub fn helm() -> Option<PathBuf> {
    need("helm", "HELM")
}

/// The program of kubeconform, which `KUBECONFORM` names.
#[track_caller]
pub fn kubeconform() -> Option<PathBuf> {
    need("kubeconform", "KUBECONFORM")
}

/// The folder of recorded answers, manifests of others and schemas, which `BAKE_SHARED` names.
#[track_caller]
pub fn shared() -> Option<PathBuf> {
    need("shared", "BAKE_SHARED")
}

#[track_caller]
fn need(word: &str, variable: &str) -> Option<PathBuf> {
    let value = env::var_os(variable).filter(|value| !value.is_empty());
    if value.is_none() {
        match skip(&test(), word, variable, &env::var("BAKE_REQUIRE").unwrap_or_default()) {
            Ok(line) => println!("{line}"),
            Err(error) => panic!("{error}"),
        }
    }
    value.map(PathBuf::from)
}

/// The name of the running test; where one thread runs all tests, the place that asks.
#[track_caller]
fn test() -> String {
    let thread = std::thread::current();
    match thread.name().filter(|name| *name != "main") {
        Some(name) => name.to_owned(),
        None => Location::caller().to_string(),
    }
}

/// The line that tells of a skipped test, or why it may not be skipped.
fn skip(test: &str, word: &str, variable: &str, required: &str) -> Result<String, String> {
    let mut required = required.split(',').map(str::trim).filter(|word| !word.is_empty());
    if let Some(unknown) = required.clone().find(|word| !WORDS.contains(word)) {
        return Err(format!("BAKE_REQUIRE: {unknown:?} is not one of {}", WORDS.join(", ")));
    }
    if required.any(|required| required == word) {
        return Err(format!("{test} needs {variable}, and BAKE_REQUIRE lists {word}"));
    }
    Ok(format!("skipped: {test} needs {variable}"))
}

#[cfg(test)]
mod tests {
    use super::skip;

    #[test]
    fn what_is_required_may_not_be_skipped() {
        for (required, want) in [
            ("", Ok("skipped: t needs HELM")),
            ("shared, java", Ok("skipped: t needs HELM")),
            ("shared,helm", Err("t needs HELM, and BAKE_REQUIRE lists helm")),
            (" helm ,", Err("t needs HELM, and BAKE_REQUIRE lists helm")),
            ("hlem", Err("BAKE_REQUIRE: \"hlem\" is not one of helm, shared, kubeconform, java")),
        ] {
            let want = want.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(skip("t", "helm", "HELM", required), want, "{required:?}");
        }
    }
}
