//! For the tables of the rules: one rule over a manifest or values, its messages out.

use super::rule::{Check, Found, Issue, Rule, Spot};
use super::scene::Scene;
use super::sheet::{Layers, Sheet};
use crate::limits::Limits;
use crate::yaml;

/// What a rule says of the objects of a manifest, baked as `web` in `shop`: `KIND/NAME PATH: MESSAGE`.
pub(super) fn objects(rule: &'static Rule, text: &str) -> Vec<String> {
    let mut scene = Scene { release: "web".to_owned(), namespace: "shop".to_owned(), objects: Vec::new() };
    for document in text.split("\n---\n") {
        scene.add(yaml::read(document.as_bytes(), &Limits::helm()).unwrap());
    }
    let Check::Objects(check) = rule.check else { panic!("{} looks at no objects", rule.code) };
    run(rule, |found| check(&scene, found))
}

/// A rule says nothing of a manifest, or the one thing that is wanted, which starts with `place`.
#[track_caller]
pub(super) fn assert_says(rule: &'static Rule, text: &str, place: &str, want: &str) {
    let want = Some(want).filter(|want| !want.is_empty()).map(|want| format!("{place}{want}"));
    assert_eq!(objects(rule, text), Vec::from_iter(want), "{text}");
}

/// What a rule says of a values file: `LINE:COLUMN: MESSAGE`.
pub(super) fn sheet(rule: &'static Rule, text: &str) -> Vec<String> {
    let sheet = Sheet::read("values.yaml", text.as_bytes(), &Limits::helm()).unwrap();
    let Check::Sheet(check) = rule.check else { panic!("{} looks at no file", rule.code) };
    run(rule, |found| check(&sheet, found))
}

/// What a rule says of a layer over others, the lowest first. The chart has one key of its own, `kind`.
pub(super) fn layers(rule: &'static Rule, below: &[&str], over: &str) -> Vec<String> {
    let read = |text: &str| Sheet::read("values.yaml", text.as_bytes(), &Limits::helm()).unwrap();
    let Check::Layers(check) = rule.check else { panic!("{} looks at no layers", rule.code) };
    let (below, over): (Vec<Sheet>, Sheet) = (below.iter().map(|text| read(text)).collect(), read(over));
    let below: Vec<&Sheet> = below.iter().collect();
    let is_charts = |path: &[&[u8]]| *path == [b"kind".as_slice()];
    let layers = Layers { below: &below, over: &over, everywhere: true, is_charts: &is_charts, takes_map: &|_| false };
    run(rule, |found| check(&layers, found))
}

fn run(rule: &'static Rule, check: impl FnOnce(&mut Found<'_>)) -> Vec<String> {
    let mut issues: Vec<Issue> = Vec::new();
    check(&mut Found::new(rule, &mut issues));
    let show = |issue: Issue| match issue.spot {
        Spot::Mark(mark) => format!("{}:{}: {}", mark.line, mark.column, issue.message),
        Spot::Object { kind, name, path } => format!("{kind}/{name} {path}: {}", issue.message),
        Spot::Line(..) | Spot::Sources => issue.message,
    };
    issues.into_iter().map(show).collect()
}
