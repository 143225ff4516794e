//! What the tests of rules share.

use super::{Checker, Config, Finding, Subject};
use crate::{Json, Pipeline};

/// A pipeline of the members in JSON, with an application and a name if they do not say others.
pub(super) fn pipeline(members: &str) -> Pipeline {
    let mut json = Json::read(format!("{{{members}}}").as_bytes()).unwrap();
    let object = json.as_object_mut().unwrap();
    object.entry("application".to_owned()).or_insert_with(|| Json::from("app"));
    object.entry("name".to_owned()).or_insert_with(|| Json::from("p"));
    Pipeline::from_json(json).unwrap()
}

/// The findings as lines, those of the given rules only: `P101 stages[a].waitTIme: message (hint)`.
pub(super) fn lines(config: &Config, pipelines: &[Pipeline], codes: &[&str]) -> Vec<String> {
    let subjects: Vec<Subject<'_>> = pipelines.iter().map(Subject::from).collect();
    let findings = Checker::new(config.clone()).unwrap().check(&subjects);
    findings.iter().filter(|finding| codes.contains(&finding.code())).map(line).collect()
}

pub(super) fn line(finding: &Finding) -> String {
    let hint = finding.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{} {} {}: {}{hint}", finding.severity, finding.code(), finding.written, finding.message)
}

/// Rows of the members of one pipeline and what the given rules find in it.
#[track_caller]
pub(super) fn rows(config: &Config, codes: &[&str], rows: &[(&str, &[&str])]) {
    for (members, want) in rows {
        assert_eq!(lines(config, &[pipeline(members)], codes), *want, "{members}");
    }
}
