//! What a person reads: the help, and the diagnostics of a failed bake. Snapshots, to be reviewed as text.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // a test may

use std::process::Command;

const BACKEND: &str = "testdata/apps/deploy-values/sample/web/backend";

/// What a run prints on both streams.
fn said(args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_bake")).args(args).env_remove("HELM_NAMESPACE").output().unwrap();
    String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap()
}

#[test]
fn help() {
    // there only with a feature
    let help = said(&["--help"]);
    let lines: Vec<&str> = help.lines().filter(|line| !line.starts_with("  serve ")).collect();
    insta::assert_snapshot!("help", lines.join("\n"));
    insta::assert_snapshot!("help_stage", said(&["stage", "--help"]));
    #[cfg(feature = "server")]
    insta::assert_snapshot!("help_serve", said(&["serve", "--help"]));
    insta::assert_snapshot!("help_template", said(&["template", "--help"]));
}

#[test]
fn diagnostics() {
    let case = |name: &str| {
        let folder = format!("testdata/diagnostics/{name}");
        said(&["template", "app", &folder, "--error-format", "full"])
    };
    for name in ["fail", "nil-pointer", "parse", "invalid-yaml", "wrong-type", "missing-template", "unknown-function"] {
        insta::assert_snapshot!(format!("diagnostic_{name}"), case(name));
    }
    insta::assert_snapshot!("diagnostic_stack", said(&[BACKEND, "--stack", "qa"]));
    insta::assert_snapshot!("diagnostic_schema", said(&[BACKEND, "--stack", "dev", "--set", "env.A.secret=s"]));
    insta::assert_snapshot!(
        "diagnostic_cycle",
        said(&[BACKEND, "--stack", "dev", "--set-string", "env.A=$(B),env.B=$(A)"])
    );
    insta::assert_snapshot!("diagnostic_set", said(&[BACKEND, "--stack", "dev", "--set", "env[x]=1"]));
}
