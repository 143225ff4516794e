//! The checks over pipelines of others, which the folder `BAKE_SHARED` has, and over many pipelines of one set.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods)] // a test may

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use pipeline::check::{Checker, Config, Finding, Subject};
use pipeline::{Json, Object, Pipeline};
use proptest::prelude::*;

/// Compares a text with a file of testdata, or writes it: `UPDATE_EXPECT=1 cargo test -p bake-pipeline --test check`.
fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/check").join(name);
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, text).unwrap();
    }
    let want = fs::read_to_string(&path).unwrap();
    for (line, (got, want)) in text.lines().zip(want.lines()).enumerate() {
        assert_eq!(got, want, "{name}:{}", line + 1);
    }
    assert_eq!(text.lines().count(), want.lines().count(), "{name}");
}

/// The pipelines of a folder, each with the name of its file.
fn pipelines(folder: &Path) -> Vec<(String, Pipeline)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let is_pipeline = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "json")
            && !["stages.json", "spel.json"].contains(&name(path).as_str())
    };
    files
        .iter()
        .filter(|path| is_pipeline(path))
        .map(|path| (name(path), Pipeline::read(&fs::read(path).unwrap()).unwrap()))
        .collect()
}

/// The findings of pipelines that have nothing to do with each other, and how many each rule has.
fn table(pipelines: &[(String, Pipeline)]) -> String {
    let checker = Checker::new(Config::default()).unwrap();
    let mut out = String::new();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (file, pipeline) in pipelines {
        let findings = checker.check(&[Subject::from(pipeline)]);
        if !findings.is_empty() {
            let _ = writeln!(out, "{file}");
        }
        for Finding { rule, severity, path, written, message, hint, .. } in &findings {
            *counts.entry((rule.code, rule.name)).or_default() += 1;
            assert!(path.written(pipeline.object()) == *written && !message.ends_with('.'));
            let hint = hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let _ = writeln!(out, "  {severity} {} {written}: {message}{hint}", rule.code);
        }
    }
    let mut head = format!("{} pipelines\n", pipelines.len());
    for ((code, name), count) in counts {
        let _ = writeln!(head, "{code} {name} {count}");
    }
    format!("{head}\n{out}")
}

#[test]
fn what_is_found_in_pipelines_of_others() {
    let Some(shared) = testkit::need::shared() else { return };
    let found = pipelines(&shared.join("pipelines"));
    assert_eq!(found.len(), 88);
    assert_golden("corpus.txt", &table(&found));
}

#[test]
fn what_is_found_in_pipelines_of_a_template_without_ids() {
    let Some(shared) = testkit::need::shared() else { return };
    assert_golden("seed.txt", &table(&pipelines(&shared.join("pipelines/seed/expected"))));
}

#[test]
fn the_tables_are_what_their_script_writes() {
    let Some(shared) = testkit::need::shared() else { return };
    let scratch = testkit::Scratch::new("pipeline-types");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let run = Command::new("python3")
        .arg(root.join(".ci/pipeline-types"))
        .arg(scratch.dir())
        .env("BAKE_SHARED", fs::canonicalize(&shared).unwrap())
        .output()
        .expect("python3 runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    for name in ["stages.txt", "spel.txt"] {
        let read = |folder: &Path| fs::read_to_string(folder.join(name)).unwrap();
        assert!(read(scratch.dir()) == read(&root.join("crates/pipeline/data")), "{name}: run .ci/pipeline-types");
    }
}

/// A pipeline of a set: builds, bakes, deploys, and starts the next.
fn generated(at: usize, of: usize) -> Pipeline {
    let next = (at + 1) % of;
    let text = format!(
        r#"{{"id":"id-{at}","application":"app-{}","name":"deploy-{at}","spelEvaluator":"v4","limitConcurrent":true,
        "bake":{{"project":"p","service":"azar/api/app-{at}","stack":"dev"}},
        "parameterConfig":[{{"name":"tag","required":true,"default":""}},{{"name":"branch","default":"main"}}],
        "triggers":[{{"type":"git","enabled":true,"source":"github","project":"p","slug":"values","branch":"main"}},
            {{"type":"pipeline","enabled":true,"application":"x","pipeline":"id-{next}","status":["failed"]}}],
        "expectedArtifacts":[{{"id":"chart-{at}","displayName":"chart","useDefaultArtifact":true,"matchArtifact":{{"type":"helm/chart","name":"workload"}}}}],
        "stages":[{{"refId":"build","requisiteStageRefIds":[],"type":"jenkins","name":"Build","master":"m","job":"j","parameters":{{"Tag":"${{parameters.tag}}","Branch":"${{parameters['branch'] ?: 'main'}}"}}}},
            {{"refId":"bake","requisiteStageRefIds":["build"],"type":"bakeManifest","name":"Bake","templateRenderer":"HELM3","outputName":"o","namespace":"api",
             "inputArtifacts":[{{"account":"a","id":"chart-{at}"}}],"expectedArtifacts":[{{"id":"m-{at}","matchArtifact":{{"type":"embedded/base64"}}}}]}},
            {{"refId":"deploy","requisiteStageRefIds":["bake"],"type":"deployManifest","name":"Deploy","account":"k8s-dev","source":"artifact","manifestArtifactId":"m-{at}",
             "moniker":{{"app":"app-{}"}},"stageEnabled":{{"type":"expression","expression":"${{ #stage('Bake').status == 'SUCCEEDED' }}"}}}}]}}"#,
        at / 4,
        at / 4,
    );
    Pipeline::read(text.as_bytes()).unwrap()
}

#[test]
fn many_pipelines_of_one_set() {
    const ALL: usize = 1_000;
    let set: Vec<Pipeline> = (0..ALL).map(|at| generated(at, ALL)).collect();
    let subjects: Vec<Subject<'_>> = set.iter().map(Subject::from).collect();
    let started = std::time::Instant::now();
    let findings = Checker::new(Config::default()).unwrap().check(&subjects);
    println!("{ALL} pipelines checked in {:?}", started.elapsed());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &findings {
        *counts.entry(finding.code()).or_default() += 1;
    }
    // each trigger names another application, all of them make one ring, and one repository starts every pipeline
    assert_eq!(counts, BTreeMap::from([("P402", ALL), ("P405", 1), ("P603", ALL)]));
}

/// Keys that a rule reads.
const KEYS: &[&str] = &[
    "id",
    "name",
    "application",
    "stages",
    "triggers",
    "parameterConfig",
    "expectedArtifacts",
    "notifications",
    "refId",
    "requisiteStageRefIds",
    "type",
    "matchArtifact",
    "defaultArtifact",
    "inputArtifacts",
    "inputArtifact",
    "artifact",
    "manifestArtifactId",
    "manifests",
    "pipeline",
    "pipelineParameters",
    "judgmentInputs",
    "value",
    "stageEnabled",
    "expression",
    "preconditions",
    "context",
    "conditional",
    "parameter",
    "enabled",
    "cronExpression",
    "locked",
    "roles",
    "moniker",
    "trafficManagement",
    "options",
    "namespace",
    "account",
    "template",
    "schema",
    "bake",
    "expectedArtifactIds",
];
/// Texts that a rule reads.
const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "wait",
    "bakeManifest",
    "deployManifest",
    "manualJudgment",
    "pipeline",
    "git",
    "cron",
    "artifact",
    "text",
    "0 0 ? * L-W #",
    "${",
    "${a",
    "${ #stage('a').x }",
    "${parameters[",
    "{{",
    "..",
    "${ T(",
    "${x.?[",
    "${new }",
    "v4",
    "1",
];

fn anything() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        prop::sample::select(TEXTS).prop_map(Json::from),
        "[ -~]{0,12}".prop_map(|text| Json::from(format!("${{{text}}}"))),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        let member = (prop::sample::select(KEYS), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Json::from_iter),
            prop::collection::vec(member, 0..8).prop_map(|members| Json::Object(
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

proptest! {
    /// Whatever a pipeline is, it is checked, and each finding has a place in it.
    #[test]
    fn anything_is_checked(members in prop::collection::vec((prop::sample::select(KEYS), anything()), 0..10)) {
        let object: Object = members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let pipeline = Pipeline::from_json(Json::Object(object)).unwrap();
        let subjects = [Subject::from(&pipeline), Subject::from(&pipeline)];
        for finding in Checker::new(Config::default()).unwrap().check(&subjects) {
            let keys = finding.path.0.len();
            prop_assert!(keys <= 24 && !finding.message.is_empty());
            prop_assert_eq!(finding.path.pointer().is_empty(), keys == 0);
        }
    }
}
