//! `bake pipeline` through the binary: from a project to saved pipelines and back.

use std::fs;

use crate::program::{Runs, stdout};
use testkit::Scratch;

const PROJECT: &str = "testdata/pipelines/shop";

/// A copy of the sample project, to write in.
fn project(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    copy(PROJECT.as_ref(), scratch.dir());
    scratch
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_second_sync_saves_nothing_and_a_change_saves_what_it_changes() {
    let scratch = project("pipeline-sync");
    let dry = scratch.run(0, &["pipeline", "sync", "--dry-run"]);
    assert!(dry.contains("8 to create") && !scratch.dir().join("spinnaker").exists(), "{dry}");
    assert!(scratch.run(0, &["pipeline", "sync"]).contains("8 pipelines saved\n"));
    assert_eq!(scratch.run(0, &["pipeline", "sync"]), "spinnaker: 8 unchanged\n");
    assert_eq!(scratch.run(0, &["pipeline", "diff", "--exit-code"]), "no differences in 8 pipelines\n");
    let file = scratch.dir().join("deploy-values/shop/web/cart/service.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("wait: 600", "wait: 900")).unwrap();
    let diff = scratch.run(3, &["pipeline", "diff", "--exit-code", "--format", "structural"]);
    assert!(diff.contains("stages[refId=wait-25].waitTime: 600 -> 900"), "{diff}");
    let sync = scratch.run(0, &["pipeline", "sync"]);
    assert_eq!(
        sync,
        "update cart/deploy-canary-prod: 2 changes\nspinnaker: 1 to update, 7 unchanged\n1 pipeline saved\n"
    );
    assert!(scratch.run(0, &["pipeline", "rollback"]).ends_with("1 pipeline saved\n"));
    scratch.run(3, &["pipeline", "diff", "--exit-code"]);
}

#[test]
fn what_somebody_edited_is_a_finding_and_left_alone() {
    let scratch = project("pipeline-drift");
    scratch.run(0, &["pipeline", "sync"]);
    let file = scratch.dir().join("spinnaker/hello/deploy-prod.json");
    let text = fs::read_to_string(&file).unwrap();
    let edited = text.replace("\"Build Image\"", "\"Edited\"");
    fs::write(&file, &edited).unwrap();
    scratch.run(3, &["pipeline", "sync"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    scratch.run(0, &["pipeline", "sync", "--force"]);
    assert!(fs::read_to_string(&file).unwrap().contains("\"Build Image\""));
}

#[test]
fn what_no_template_makes_goes_with_the_flag_alone() {
    let scratch = project("pipeline-prune");
    scratch.file("spinnaker/cart/by hand.json", r#"{"id":"x","application":"cart","name":"by hand","stages":[]}"#);
    scratch.run(0, &["pipeline", "sync"]);
    let file = scratch.dir().join("bake.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("    - deploy-canary\n", "    - {templates: deploy-canary, stacks: [prod]}\n"))
        .unwrap();
    let kept = scratch.run(0, &["pipeline", "sync"]);
    assert!(
        kept.contains("2 that no template makes any more")
            && scratch.dir().join("spinnaker/cart/deploy-canary-dev.json").exists()
    );
    // what is not selected is not pruned
    scratch.run(0, &["pipeline", "sync", "--prune", "--service", "hello"]);
    assert!(scratch.dir().join("spinnaker/cart/deploy-canary-dev.json").exists());
    scratch.run(0, &["pipeline", "sync", "--prune"]);
    let left: Vec<_> =
        fs::read_dir(scratch.dir().join("spinnaker/cart")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
    assert!(scratch.dir().join("spinnaker/cart/by hand.json").exists());
}

#[test]
fn a_pipeline_whose_bake_fails_is_not_saved() {
    let scratch = project("pipeline-bake");
    scratch.file("deploy-values/shop/web/hello/prod-values.yaml", "replica: 4\n");
    let lint = scratch.run(1, &["pipeline", "lint"]);
    assert!(lint.contains("error[P901]") && lint.contains("additional properties 'replica' not allowed"), "{lint}");
    assert!(lint.contains("built-in deploy.yaml:"), "{lint}");
    let error = scratch.stderr(&["pipeline", "sync"]);
    assert!(error.contains("nothing is saved: the checks found"), "{error}");
    assert!(!scratch.dir().join("spinnaker").exists());
}

#[test]
fn a_field_is_explained_by_its_line_and_its_parameter() {
    let args = ["--project", PROJECT, "--stack", "prod", "-t", "deploy-canary"];
    let text = stdout(&[&["pipeline", "explain", "cart", "stages[wait-25].waitTime"][..], &args].concat());
    let line = text.lines().nth(1).unwrap();
    assert!(line.contains("600") && line.contains("built-in deploy-canary.yaml:"), "{text}");
    assert!(line.contains("canary (service shop/web/cart in stack prod)"), "{text}");
}

#[test]
fn filters_choose_pipelines() {
    for (args, want) in [
        (&["--stack", "prod"][..], "2 services, 1 stack, 2 templates: 4 pipelines"),
        (&["--service", "cart", "-t", "deploy"], "1 service, 2 stacks, 1 template: 2 pipelines"),
        (&["--team", "storefront", "--product", "shop"], "2 services, 2 stacks, 2 templates: 8 pipelines"),
    ] {
        let text = stdout(&[&["pipeline", "list", "--project", PROJECT][..], args].concat());
        assert!(text.ends_with(&format!("{want}\n")), "{text}");
    }
}

#[test]
fn a_template_starts_from_a_live_pipeline() {
    let scratch = project("pipeline-init");
    scratch.run(0, &["pipeline", "sync"]);
    let text = scratch.run(0, &["pipeline", "init", "--from", "spinnaker", "--name", "again"]);
    assert!(text.contains("round trip: 8 of 8 pipelines exact\n"), "{text}");
    assert!(scratch.dir().join("pipelines/again.yaml").exists());
    scratch.run(0, &["pipeline", "init", "--template", "run-job"]);
    assert!(scratch.dir().join("pipelines/run-job.test.yaml").exists());
    assert!(scratch.stderr(&["pipeline", "init", "--template", "run-job"]).contains("run-job.yaml exists"));
}

/// The records of a project are exported and read back.
#[test]
fn records_are_exported() {
    let text = stdout(&["pipeline", "list", "--project", PROJECT, "--format", "yaml"]);
    assert!(text.contains("services:\n  shop/web/cart:\n    name: cart\n"), "{text}");
    let json = stdout(&["pipeline", "list", "--project", PROJECT, "--format", "json"]);
    assert!(json.starts_with("{\n  \"project\": \"shop\""), "{json}");
}

#[test]
fn a_bake_stage_gives_the_bytes_of_a_bake() {
    use bake::pipeline::{BakeCheck, Pipelines};
    use bake::project::{BakeOptions, Project};

    let project = Project::open(PROJECT.as_ref()).unwrap();
    let pipelines = Pipelines::open(&project).unwrap();
    let check = BakeCheck::new(&pipelines);
    let baker = project.baker(BakeOptions::default());
    let mut compared = 0;
    for mark in pipelines.catalog().marks().filter(|mark| mark.template == "deploy") {
        let (wanted, _) = pipelines.render(&mark).unwrap();
        for baked in baker.bake(&project.service_named(&mark.service).unwrap(), &mark.stack).unwrap() {
            // the default of the parameter stands for the version, which is that of the values
            let got = check.bake(&wanted, &format!("bake-{}", baked.chart)).unwrap();
            let want = String::from_utf8(baked.manifest.to_vec(&bake::manifest::WriteOptions::default())).unwrap();
            assert_eq!(got.manifest, bake::stage::without_tests(want.into_bytes()));
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}
