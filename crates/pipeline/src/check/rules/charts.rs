//! Versions of the project's own charts.

use gotemplate::error::suggest::nearest;

use crate::check::Context;
use crate::check::path::{Path, place};
use crate::check::rule::{Severity, UNKNOWN_CHART};
use crate::check::view::{has_expression, maps, text};
use crate::json::{Json, Object};

/// The type of an artifact that is a chart.
const CHART: &str = "helm/chart";

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    if c.config.charts.is_empty() {
        return;
    }
    for expected in &view.expected {
        for key in ["matchArtifact", "defaultArtifact"] {
            if let Some(artifact) = expected.object.get(key).and_then(Json::as_object) {
                chart(c, artifact, &expected.path.clone().join(key));
            }
        }
    }
    for stage in &view.stages {
        for (at, input) in maps(stage.object, "inputArtifacts") {
            if let Some(artifact) = input.get("artifact").and_then(Json::as_object) {
                chart(c, artifact, &place!["stages", stage.at, "inputArtifacts", at, "artifact"]);
            }
        }
    }
}

fn chart(c: &mut Context<'_, '_>, artifact: &Object, at: &Path) {
    let charts = &c.config.charts;
    let Some(name) = text(artifact, "name").filter(|_| text(artifact, "type") == Some(CHART)) else { return };
    let Some(versions) = charts.get(name) else {
        if let Some(near) = nearest(name, charts.keys().map(String::as_str)) {
            let message = format!("the project has no chart {name}");
            c.add(&UNKNOWN_CHART, at.clone().join("name"), message)
                .hint(format!("did you mean {near:?}?"))
                .at_most(Severity::Warning);
        }
        return;
    };
    // an expression, a range and a regular expression stand for versions that are not known here
    let version = text(artifact, "version").filter(|version| is_version(version));
    if let Some(version) = version.filter(|version| !versions.iter().any(|has| has == version)) {
        let message = format!("the project has no version {version} of the chart {name}");
        c.add(&UNKNOWN_CHART, at.clone().join("version"), message).hint(format!("it has {}", versions.join(", ")));
    }
}

fn is_version(text: &str) -> bool {
    let mut parts = text.splitn(3, '.');
    let is_number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u64>().is_ok());
    let (major, minor, rest) = (parts.next(), parts.next(), parts.next());
    let is_rest = rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
    });
    !has_expression(text) && is_number(major) && is_number(minor) && is_rest
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::rows;

    #[test]
    fn versions_of_charts_exist() {
        let charts = [("workload".to_owned(), vec!["1.0.0".to_owned(), "1.1.0".to_owned()])].into();
        let artifact = |name: &str, version: &str| {
            format!(
                r#""expectedArtifacts":[{{"id":"c","matchArtifact":{{"type":"helm/chart","name":"{name}"}},
                "defaultArtifact":{{"type":"helm/chart","name":"{name}","version":"{version}"}}}}]"#
            )
        };
        let config = Config { charts, ..Config::default() };
        for (name, version, want) in [
            ("workload", "1.0.0", &[][..]),
            (
                "workload",
                "1.2.0",
                &[
                    "error P311 expectedArtifacts[c].defaultArtifact.version: the project has no version 1.2.0 of the chart workload (it has 1.0.0, 1.1.0)",
                ],
            ),
            ("workload", "${ parameters.chart }", &[]),
            ("workload", "1.2.*", &[]),
            ("redis", "9.9.9", &[]),
            (
                "wrokload",
                "1.0.0",
                &[
                    "warning P311 expectedArtifacts[c].defaultArtifact.name: the project has no chart wrokload (did you mean \"workload\"?)",
                    "warning P311 expectedArtifacts[c].matchArtifact.name: the project has no chart wrokload (did you mean \"workload\"?)",
                ],
            ),
        ] {
            rows(&config, &["P311"], &[(artifact(name, version).as_str(), want)]);
        }
    }
}
