//! Autoscalers whose metrics or behaviour the API server refuses.

use super::{at_most_one, in_range, objects, one_of};
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::quantity_traits;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B518",
    name: "autoscaler",
    severity: Severity::Error,
    about: "an autoscaler with metrics, targets or behaviour that the cluster refuses",
    check: Check::Objects(check),
};

/// The types of metrics, the field of each, and the targets of which it needs one.
const METRICS: [(&str, &str, &[&str]); 5] = [
    ("Resource", "resource", &["averageUtilization", "averageValue"]),
    ("ContainerResource", "containerResource", &["averageUtilization", "averageValue"]),
    ("Pods", "pods", &["averageValue"]),
    ("Object", "object", &["value", "averageValue"]),
    ("External", "external", &["value", "averageValue"]),
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    objects(release, "autoscaling", "HorizontalPodAutoscaler", found, |root, report| {
        let Some(spec) = root.get("spec") else { return };
        in_range(&spec, "maxReplicas", 1, i64::MAX, report);
        in_range(&spec, "targetCPUUtilizationPercentage", 1, i64::MAX, report);
        let outside = spec.each("metrics").any(|metric| matches!(metric.text("type"), Some("Object" | "External")));
        if !outside || report.object.version == "v1" {
            in_range(&spec, "minReplicas", 1, i64::MAX, report);
        } else {
            in_range(&spec, "minReplicas", 0, i64::MAX, report);
        }
        if report.object.version != "v2" {
            return;
        }
        for metric in spec.each("metrics") {
            self::metric(&metric, report);
        }
        for way in ["scaleUp", "scaleDown"] {
            spec.within(&["behavior", way], &mut |rules| behaviour(rules, report));
        }
    });
}

fn metric(metric: &Field<'_>, report: &mut Report<'_, '_>) {
    let types: Vec<&str> = METRICS.iter().map(|row| row.0).collect();
    one_of(metric, "type", &types, report);
    let fields: Vec<&'static str> = METRICS.iter().map(|row| row.1).collect();
    at_most_one(metric, &fields, "a metric", report);
    let Some((kind, field, targets)) = METRICS.iter().find(|row| metric.text("type") == Some(row.0)) else { return };
    let Some(source) = metric.get(field) else {
        report.say(metric, field, format!("a metric of the type {kind} needs {field}"), format!("add {field}"));
        return;
    };
    let Some(target) = source.get("target") else { return };
    one_of(&target, "type", &["Utilization", "Value", "AverageValue"], report);
    if !targets.iter().any(|key| target.has(key)) {
        let targets = targets.join(" or ");
        report.say(&target, "", format!("the target of a {kind} metric needs {targets}"), format!("add {targets}"));
    }
    if targets.len() > 1 && *kind != "Object" {
        at_most_one(&target, targets, "the target", report);
    }
    in_range(&target, "averageUtilization", 1, i64::MAX, report);
    for key in ["value", "averageValue"] {
        let Some(amount) = target.get(key).map(|amount| scalar(amount.node)) else { continue };
        let zero = crate::lint::text::compare_quantities(&amount, "0") == Some(std::cmp::Ordering::Equal);
        if zero || quantity_traits(&amount).is_some_and(|(negative, _)| negative) {
            report.say(&target, key, format!("{key} is {amount}, but must be above 0"), "write an amount above 0");
        }
    }
}

fn behaviour(rules: &Field<'_>, report: &mut Report<'_, '_>) {
    in_range(rules, "stabilizationWindowSeconds", 0, 3600, report);
    one_of(rules, "selectPolicy", &["Max", "Min", "Disabled"], report);
    // without a list, there are policies by default
    if rules.list("policies").is_some_and(<[_]>::is_empty) {
        report.say(rules, "policies", "the list of policies is empty", "add a policy, or remove the list");
    }
    for policy in rules.each("policies") {
        one_of(&policy, "type", &["Pods", "Percent"], report);
        in_range(&policy, "value", 1, i64::MAX, report);
        in_range(&policy, "periodSeconds", 1, 1800, report);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let metric = |metric: &str| format!("maxReplicas: 2, metrics: [{{{metric}}}]");
        for (spec, want) in [
            (metric("type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}"), ""),
            (metric("type: Pods, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: 5}}"), ""),
            (
                metric("type: Pods, pods: {metricName: x, targetAverageValue: 5, target: {}}"),
                "metrics[0].pods.target: the target of a Pods metric needs averageValue",
            ),
            (metric("type: Resource, pods: {}"), "metrics[0].resource: a metric of the type Resource needs resource"),
            (metric("type: Cpu"), "metrics[0].type: type \"Cpu\" does not exist"),
            (
                metric("type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}"),
                "metrics[0].resource.target.averageUtilization: averageUtilization is 0, but must be at least 1",
            ),
            (
                metric("type: Resource, resource: {name: cpu, target: {type: Percentage, averageUtilization: 1}}"),
                "metrics[0].resource.target.type: type \"Percentage\" does not exist",
            ),
            (
                metric("type: External, external: {metric: {name: a}, target: {type: Value, value: '0'}}"),
                "metrics[0].external.target.value: value is 0, but must be above 0",
            ),
            ("maxReplicas: 2, minReplicas: 0".to_owned(), "minReplicas: minReplicas is 0, but must be at least 1"),
            (
                "maxReplicas: 2, behavior: {scaleDown: {stabilizationWindowSeconds: 4000}}".to_owned(),
                "behavior.scaleDown.stabilizationWindowSeconds: stabilizationWindowSeconds is 4000, but must be from 0 to 3600",
            ),
            (
                "maxReplicas: 2, behavior: {scaleUp: {policies: []}}".to_owned(),
                "behavior.scaleUp.policies: the list of policies is empty",
            ),
            (
                "maxReplicas: 2, behavior: {scaleUp: {policies: [{type: Percents, value: 1, periodSeconds: 1}]}}"
                    .to_owned(),
                "behavior.scaleUp.policies[0].type: type \"Percents\" does not exist",
            ),
        ] {
            let text = format!(
                "{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: h}}, spec: {{{spec}}}}}"
            );
            assert_says(&RULE, &text, "HorizontalPodAutoscaler/h spec.", want);
        }
    }
}
