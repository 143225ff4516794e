//! The answers of the real thing: Go's text/template, go-yaml, Helm's engine. Reads the folder that `BAKE_SHARED` names;
//! without it there is nothing to compare and the test passes at once.
//!
//!     BAKE_SHARED=../shared cargo test --all-features --test suite oracle:: -- --nocapture
//!
//! prints a line for each suite, then judges: a case that differs must stand in `testdata/xfail.txt`, one that stands
//! there must differ, and no count may be below `testdata/floors.toml`. `BAKE_ORACLE_SHOW=20` also prints the first
//! 20 differences of each suite, `BAKE_ORACLE_ONLY=trunc` looks at the cases whose group, class or function is that.

mod functions;
mod template;
mod yaml;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// What one case gave.
struct Outcome {
    /// The case's name: its own, or its line in the file.
    id: String,
    /// What the case is about: a group, class or function.
    about: String,
    /// Nothing, or how the answer differs.
    difference: Option<String>,
}

/// A suite's name, as the floors have it, and its outcomes.
type Suite = (&'static str, Vec<Outcome>);

#[test]
fn answers_of_the_real_thing() {
    let Some(shared) = std::env::var_os("BAKE_SHARED").filter(|s| !s.is_empty()).map(PathBuf::from) else {
        println!("BAKE_SHARED is not set: no answers to compare with");
        return;
    };
    let oracle = shared.join("oracle");
    let mut suites: Vec<Suite> = vec![("template", template::run(&oracle.join("template/cases.jsonl")))];
    suites.extend(yaml::run(&oracle.join("yaml")));
    suites.extend(functions::run(&oracle.join("functions/functions.jsonl")));

    let floors: toml::Table = std::fs::read_to_string("testdata/floors.toml").unwrap().parse().unwrap();
    let show: usize = std::env::var("BAKE_ORACLE_SHOW").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let only = std::env::var("BAKE_ORACLE_ONLY").ok();
    let xfail = std::fs::read_to_string("testdata/xfail.txt").unwrap();
    let known: BTreeSet<(&str, &str)> = xfail
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(suite, rest)| (suite, rest.split_once(' ').map_or(rest, |(id, _reason)| id)))
        .collect();
    let mut wrong = Vec::new();
    let mut functions = (0, 0);
    for (name, mut outcomes) in suites {
        if let Some(only) = &only {
            outcomes.retain(|o| o.about == *only);
        }
        for outcome in &outcomes {
            match (&outcome.difference, known.contains(&(name, outcome.id.as_str()))) {
                (Some(_), false) => wrong.push(format!("{name} {}: differs", outcome.id)),
                (None, true) => wrong.push(format!("{name} {}: passes, and stands in xfail.txt", outcome.id)),
                _ => {}
            }
        }
        let failed: Vec<_> = outcomes.iter().filter_map(|o| Some((&o.id, o.difference.as_ref()?))).collect();
        let passed = outcomes.len() - failed.len();
        println!("{name} {passed}/{}", outcomes.len());
        if name.starts_with("functions.") {
            functions = (functions.0 + passed, functions.1 + outcomes.len());
        }
        for (id, difference) in failed.iter().take(show) {
            println!("  {id}: {difference}");
        }
        let floor = floors["oracle"].get(name).and_then(toml::Value::as_integer).unwrap_or(0);
        if only.is_none() && i64::try_from(passed).unwrap() < floor {
            wrong.push(format!("{name}: {passed}, the floor is {floor}"));
        }
    }
    println!("functions {}/{}", functions.0, functions.1);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The cases of a file with a JSON object a line, nested as deep as they like.
fn lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().map(parse).collect()
}

fn parse(line: &str) -> Json {
    let mut reader = serde_json::Deserializer::from_str(line);
    reader.disable_recursion_limit();
    serde::Deserialize::deserialize(&mut reader).unwrap()
}

/// Runs every case on a thread with room for deep documents, all processors at work, answers in order.
fn all<T: Sync, R: Send>(cases: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let run = &run;
    std::thread::scope(|scope| {
        let chunks = cases.chunks(cases.len().div_ceil(threads).max(1));
        let workers: Vec<_> = chunks
            .map(|chunk| {
                let work = move || chunk.iter().map(run).collect::<Vec<R>>();
                std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).unwrap()
            })
            .collect();
        workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
    })
}

/// How two texts differ, cut to a readable length.
fn difference(what: &str, want: &[u8], got: &[u8]) -> Option<String> {
    let short = |text: &[u8]| String::from_utf8_lossy(text).chars().take(400).collect::<String>();
    (want != got).then(|| format!("{what}\n    want {:?}\n    got  {:?}", short(want), short(got)))
}
