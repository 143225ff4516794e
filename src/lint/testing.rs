//! For the tables of the rules: one rule over a manifest or values, its messages out.

use super::finding::Finding;
use super::objects::Release;
use super::rule::{Check, RawFinding, RawPlace, Rule, RuleFindings, ServiceFindings};
use super::services::ServiceObjects;
use super::values_file::{Overlay, WrittenFile};
use crate::run::Run;
use crate::yaml;

/// What a rule says of the objects of a manifest, baked as `web` in `shop`: `KIND/NAME PATH: MESSAGE`.
pub(super) fn objects(rule: &'static Rule, text: &str) -> Vec<String> {
    let mut release = Release { name: "web".to_owned(), namespace: "shop".to_owned(), ..Release::default() };
    for document in text.split("\n---\n") {
        release.add(yaml::read(document.as_bytes(), &Run::default()).unwrap());
    }
    let Check::Objects(check) = rule.check else { panic!("{} looks at no objects", rule.code) };
    run(rule, |found| check(&release, found))
}

/// A rule says nothing of a manifest, or the one thing that is wanted, which starts with `place`.
#[track_caller]
pub(super) fn assert_says(rule: &'static Rule, text: &str, place: &str, want: &str) {
    let want = Some(want).filter(|want| !want.is_empty()).map(|want| format!("{place}{want}"));
    assert_eq!(objects(rule, text), Vec::from_iter(want), "{text}");
}

/// What a rule says of services of one stack, each baked in `shop` from one manifest: `SERVICE KIND/NAME PATH: MESSAGE`.
pub(super) fn services(rule: &'static Rule, services: &[(&str, &str)]) -> Vec<String> {
    let made = services.iter().map(|(name, text)| {
        let mut release = Release { name: (*name).to_owned(), namespace: "shop".to_owned(), ..Release::default() };
        for document in text.split("\n---\n") {
            release.add(yaml::read(document.as_bytes(), &Run::default()).unwrap());
        }
        ServiceObjects::new(name, "prod", &release, &[])
    });
    let made: Vec<ServiceObjects> = made.collect();
    let Check::Services(check) = rule.check else { panic!("{} compares no services", rule.code) };
    let mut found = Vec::new();
    check(&made.iter().collect::<Vec<_>>(), &mut ServiceFindings::new(rule, &mut found));
    let show =
        |finding: Finding| format!("{} {}: {}", finding.services.join(","), finding.object.unwrap(), finding.message);
    found.into_iter().map(show).collect()
}

/// What a rule says of a values file: `LINE:COLUMN: MESSAGE`.
pub(super) fn values_file(rule: &'static Rule, text: &str) -> Vec<String> {
    let file = WrittenFile::read("values.yaml", text.as_bytes(), &Run::default()).unwrap();
    let Check::File(check) = rule.check else { panic!("{} looks at no file", rule.code) };
    run(rule, |found| check(&file, found))
}

/// What a rule says of a layer over others, the lowest first. The chart has one key of its own, `kind`.
pub(super) fn layers(rule: &'static Rule, below: &[&str], over: &str) -> Vec<String> {
    let read = |text: &str| WrittenFile::read("values.yaml", text.as_bytes(), &Run::default()).unwrap();
    let Check::Overlay(check) = rule.check else { panic!("{} looks at no layers", rule.code) };
    let (below, over): (Vec<WrittenFile>, WrittenFile) = (below.iter().map(|text| read(text)).collect(), read(over));
    let below: Vec<&WrittenFile> = below.iter().collect();
    let is_charts = |path: &[&[u8]]| *path == [b"kind".as_slice()];
    let layers = Overlay { below: &below, over: &over, everywhere: true, is_charts: &is_charts, takes_map: &|_| false };
    run(rule, |found| check(&layers, found))
}

fn run(rule: &'static Rule, check: impl FnOnce(&mut RuleFindings<'_>)) -> Vec<String> {
    let mut raw: Vec<RawFinding> = Vec::new();
    check(&mut RuleFindings::new(rule, &mut raw));
    let show = |raw: RawFinding| match raw.place {
        RawPlace::Mark(mark) => format!("{}:{}: {}", mark.line, mark.column, raw.message),
        RawPlace::Object { kind, name, path } => format!("{kind}/{name} {path}: {}", raw.message),
        RawPlace::Line(..) | RawPlace::Values => raw.message,
    };
    raw.into_iter().map(show).collect()
}
