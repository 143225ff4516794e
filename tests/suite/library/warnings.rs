//! What Helm logs while it goes on: typed, in the manifest, and said by a bake that fails too.

use bake::chart::File;
use bake::stage::{self, BakeRequest, Input, StageConfig};
use bake::{Bake, Chart, Limits, WarningKind};
use testkit::Scratch;

use crate::program::{bake, stderr_of};

const HOOK: &str = "kind: A\nmetadata: {name: a, annotations: {helm.sh/hook: no-such-event}}\n";
const SAID: [(WarningKind, &str); 3] = [
    (WarningKind::Chart, "WARNING: This chart is deprecated"),
    (WarningKind::Values, "coalesce.go:237: warning: skipped value for c.m: Not a table."),
    (WarningKind::Hook, "manifest_sorter.go:199: info: skipping unknown hook: \"no-such-event\""),
];

fn files(last: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\ndeprecated: true\n".to_owned()),
        ("values.yaml", "m: 1\n".to_owned()),
        ("templates/a.yaml", HOOK.to_owned()),
        ("templates/b.yaml", last.to_owned()),
    ]
}

fn chart(last: &str) -> Chart {
    let file = |(name, text): (&str, String)| File { name: name.to_owned(), data: text.as_str().into() };
    Chart::from_files(files(last).into_iter().map(file).collect(), &Limits::helm()).unwrap()
}

#[test]
fn a_manifest_has_them_all() {
    let chart = chart("kind: B\n");
    let bake = Bake::new(&chart).set("m.x=1");
    let mut heard = Vec::new();
    let manifest = bake.render_with(|warning| heard.push(warning.clone())).unwrap();
    let said: Vec<_> = manifest.warnings.iter().map(|warning| (warning.kind(), warning.text())).collect();
    assert_eq!(said, SAID);
    assert_eq!(heard, manifest.warnings);
    assert_eq!(bake.render().unwrap().warnings, manifest.warnings);
    // each manifest of a bake that was prepared once has them once
    let prepared = bake.prepare().unwrap();
    assert_eq!(prepared.warnings(), manifest.warnings[..2]);
    for _ in 0..2 {
        assert_eq!(prepared.manifest(prepared.render_files().unwrap()).unwrap().warnings, manifest.warnings);
    }
}

#[test]
fn a_bake_that_fails_says_them_too() {
    for (last, count) in [("a: [\n", 3), ("{{ fail \"no\" }}", 2), ("{{ if }}", 2)] {
        let chart = chart(last);
        let mut heard = Vec::new();
        let baked = Bake::new(&chart).set("m.x=1").render_with(|warning| heard.push(warning.to_string()));
        assert!(baked.is_err());
        assert_eq!(heard, SAID.map(|(_, text)| text)[..count]);

        let request =
            br#"{"outputName":"a","overrides":{"m.x":1},"inputArtifacts":[{"type":"embedded/base64","name":"c"}]}"#;
        let request = BakeRequest::from_json(request).unwrap();
        let failure = stage::bake(&request, vec![Input::Chart(chart)], &StageConfig::default(), None).unwrap_err();
        let lines: Vec<_> = SAID.iter().take(count).map(|(_, text)| *text).collect();
        assert!(failure.message().starts_with(&format!("Bake failed: {}\nError: ", lines.join("\n"))), "{failure:?}");
    }
}

#[test]
fn the_commands_say_them_before_the_error() {
    let scratch = Scratch::new("warnings");
    for (name, text) in files("a: [\n") {
        scratch.file(&format!("c/{name}"), &text);
    }
    scratch.file("bake.yaml", "charts: {c: {path: c}}\nstacks: [prod]\n");
    scratch.file("deploy-values/p/n/app/values.yaml", "m: {x: 1}\n");
    scratch.file("deploy-values/p/n/app/prod-values.yaml", "{}\n");
    let folder = scratch.path("c");
    let app = scratch.path("deploy-values/p/n/app");
    let want = SAID.map(|(_, text)| text).join("\n");
    for args in [vec!["template", "a", &folder, "--set", "m.x=1"], vec![&app, "--stack", "prod"]] {
        let out = bake(&args);
        let err = stderr_of(1, &out);
        assert!(out.stdout.is_empty() && err.starts_with(&format!("{want}\nError: ")), "{args:?}: {err}");
    }
}
