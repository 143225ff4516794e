//! Telemetry: providers, metrics and tags. Istio: the rules in its resource definition.

use super::fields::{self, Is, say, select};
use crate::lint::objects::{Release, is_set};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B413",
    name: "telemetry",
    severity: Severity::Error,
    about: "a Telemetry with empty names, or with a tag whose value does not fit its operation",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for telemetry in release.of("telemetry.istio.io", "Telemetry") {
        for list in ["metrics", "tracing", "accessLogging"] {
            let way = format!("spec.{list}[].providers[].name");
            fields::check(telemetry, &[(&way, Is::Text)], found);
        }
        fields::check(
            telemetry,
            &[
                ("spec.metrics[].overrides[].match.customMetric", Is::Text),
                ("spec.metrics[].reportingInterval", Is::Duration),
                ("spec.tracing[].randomSamplingPercentage", Is::Between(0.0, 100.0)),
            ],
            found,
        );
        for (place, tag) in select(&telemetry.node, "spec.metrics[].overrides[].tagOverrides{}") {
            let Some(tag) = tag else { continue };
            let has_value = is_set(tag.get("value"));
            match tag.get("operation").and_then(Node::as_str) {
                Some("REMOVE") if has_value => {
                    say(telemetry, place, "a tag that is removed cannot have a value", found);
                }
                Some("UPSERT") | None if !has_value => {
                    say(telemetry, place, "a tag that is set needs a value", found);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |metric: &str| {
            format!(
                "apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {{name: web}}\nspec: {{metrics: [{metric}]}}\n"
            )
        };
        let rows: [(&str, &str); 6] = [
            ("{providers: [{name: prometheus}], overrides: [{match: {metric: ALL_METRICS}}]}", ""),
            ("{overrides: [{tagOverrides: {a: {value: x}, b: {operation: REMOVE}}}]}", ""),
            ("{providers: [{name: ''}]}", "providers[0].name: name must not be empty"),
            (
                "{overrides: [{match: {customMetric: ''}}]}",
                "overrides[0].match.customMetric: customMetric must not be empty",
            ),
            (
                "{overrides: [{tagOverrides: {a: {operation: UPSERT}}}]}",
                "overrides[0].tagOverrides.a: a tag that is set needs a value",
            ),
            (
                "{overrides: [{tagOverrides: {a: {operation: REMOVE, value: x}}}]}",
                "overrides[0].tagOverrides.a: a tag that is removed cannot have a value",
            ),
        ];
        for (metric, want) in rows {
            assert_says(&RULE, &bake(metric), "Telemetry/web spec.metrics[0].", want);
        }
    }
}
