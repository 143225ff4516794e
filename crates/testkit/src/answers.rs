//! Recorded answers of the real thing. A file has a case a line, as a JSON object; a suite runs them all and is judged:
//! a case that differs must stand in `testdata/xfail.txt`, one that stands there must differ, and no count may be below
//! `testdata/floors.toml`. `BAKE_ORACLE_SHOW=20` also prints the first 20 differences of each suite,
//! `BAKE_ORACLE_ONLY=trunc` looks at the cases whose group, class or function is that.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs, thread};

use serde_json::Value;

const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");

/// What one case gave.
#[derive(Debug)]
pub struct Outcome {
    /// The case's name: its own, or its line in the file.
    pub id: String,
    /// What the case is about: a group, class or function.
    pub about: String,
    /// Nothing, or how the answer differs.
    pub difference: Option<String>,
}

/// The cases of a file, nested as deep as they like.
pub fn cases(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let parse = |line| {
        let mut reader = serde_json::Deserializer::from_str(line);
        reader.disable_recursion_limit();
        serde::Deserialize::deserialize(&mut reader).unwrap()
    };
    text.lines().map(parse).collect()
}

/// A text of a case, which stands under `key`, or under `KEY_b64` where it is not UTF-8.
pub fn text(case: &Value, key: &str) -> Option<Vec<u8>> {
    match case.get(format!("{key}_b64")).and_then(Value::as_str) {
        Some(text) => Some(data_encoding::BASE64.decode(text.as_bytes()).unwrap()),
        None => Some(case.get(key)?.as_str()?.as_bytes().to_vec()),
    }
}

/// Runs every case on a thread with room for deep documents, all processors at work; answers in order.
pub fn run_all<T: Sync, R: Send>(cases: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let run = &run;
    thread::scope(|scope| {
        let chunks = cases.chunks(cases.len().div_ceil(threads).max(1));
        let workers: Vec<_> = chunks
            .map(|chunk| {
                let work = move || chunk.iter().map(run).collect::<Vec<R>>();
                thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, work).unwrap()
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// How two texts differ, cut to a readable length.
pub fn difference(what: &str, want: &[u8], got: &[u8]) -> Option<String> {
    let short = |text: &[u8]| String::from_utf8_lossy(text).chars().take(400).collect::<String>();
    (want != got).then(|| format!("{what}\n    want {:?}\n    got  {:?}", short(want), short(got)))
}

/// Prints a line for each suite, and fails where one is worse than it was. A suite has a name, as the floors have it.
#[track_caller]
pub fn judge(suites: Vec<(&str, Vec<Outcome>)>) {
    let read = |name: &str| fs::read_to_string(format!("{TESTDATA}/{name}")).unwrap();
    let floors: toml::Table = read("floors.toml").parse().unwrap();
    let show: usize = env::var("BAKE_ORACLE_SHOW").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let only = env::var("BAKE_ORACLE_ONLY").ok();
    let xfail = read("xfail.txt");
    let known: BTreeSet<(&str, &str)> = xfail
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(suite, rest)| (suite, rest.split_once(' ').map_or(rest, |(id, _reason)| id)))
        .collect();
    let mut wrong = Vec::new();
    for (name, mut outcomes) in suites {
        if let Some(only) = &only {
            outcomes.retain(|outcome| outcome.about == *only);
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
        for (id, difference) in failed.iter().take(show) {
            println!("  {id}: {difference}");
        }
        let floor = floors["oracle"].get(name).and_then(toml::Value::as_integer).unwrap_or(0);
        if only.is_none() && i64::try_from(passed).unwrap() < floor {
            wrong.push(format!("{name}: {passed}, the floor is {floor}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
