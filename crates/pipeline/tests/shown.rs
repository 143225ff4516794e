//! How differences are shown.
#![allow(clippy::unwrap_used)] // a test may

use pipeline::Pipeline;
use pipeline::diff::{Diff, Format, Shown, Subject, show};

fn shown(name: &str, old: Option<&str>, new: Option<&str>) -> Shown {
    let read = |text: &str| Pipeline::read(text.as_bytes()).unwrap();
    let (old, new) = (old.map(read), new.map(read));
    let diff = Diff::of(old.as_ref(), new.as_ref());
    let own = vec![("service".to_owned(), name.split('/').next().unwrap_or_default().to_owned())];
    Shown { subject: Subject { name: name.to_owned(), own, diff }, old, new }
}

fn pipeline(service: &str, chart: &str, wait: u32) -> String {
    format!(
        r#"{{"application": "{service}", "name": "deploy", "triggers": [{{"type": "git", "secret": "s3cret", "branch": "main"}}],
            "expectedArtifacts": [{{"id": "1", "displayName": "workload", "defaultArtifact": {{"type": "helm/chart", "version": "{chart}"}}}}],
            "stages": [
              {{"refId": "soak", "requisiteStageRefIds": ["bake"], "type": "wait", "name": "Soak", "waitTime": {wait}}},
              {{"refId": "bake", "requisiteStageRefIds": [], "type": "bakeManifest", "name": "Bake", "outputName": "{service}"}}
            ]}}"#
    )
}

fn all() -> Vec<Shown> {
    let pair = |service: &str, from: (&str, u32), to: (&str, u32)| {
        let (old, new) = (pipeline(service, from.0, from.1), pipeline(service, to.0, to.1));
        shown(&format!("{service}/deploy"), Some(&old), Some(&new))
    };
    vec![
        pair("web", ("1.0.0", 30), ("1.1.0", 30)),
        pair("api", ("1.0.0", 30), ("1.1.0", 30)),
        pair("cart", ("1.0.0", 30), ("1.1.0", 60)),
        pair("db", ("1.1.0", 30), ("1.1.0", 30)),
        shown("new/deploy", None, Some(r#"{"application":"new","name":"deploy","stages":[]}"#)),
        shown("old/deploy", Some(r#"{"application":"old","name":"deploy","updateTs":"1"}"#), None),
    ]
}

#[test]
fn each_format() {
    for (name, format) in [
        ("text", Format::Text { context: 2, color: false }),
        ("colored", Format::Structural { color: true }),
        ("structural", Format::Structural { color: false }),
        ("json", Format::Json),
        ("markdown", Format::Markdown { limit: pipeline::diff::MARKDOWN_LIMIT }),
    ] {
        insta::assert_snapshot!(name, show(&all(), format));
    }
}

#[test]
fn a_comment_stays_under_its_limit() {
    let many: Vec<Shown> = (0..500)
        .map(|n| shown(&format!("s{n}/deploy"), Some(r#"{"a": 1}"#), Some(&format!(r#"{{"a": {}}}"#, n + 2))))
        .collect();
    let text = show(&many, Format::Markdown { limit: 4000 });
    assert!(text.len() <= 4000, "{}", text.len());
    assert!(text.ends_with("with other changes: too long for a comment.\n"), "{text}");
    assert!(text.starts_with("**500 pipelines differ: 500 changed, 0 added, 0 removed; 0 unchanged**"), "{text}");
}
