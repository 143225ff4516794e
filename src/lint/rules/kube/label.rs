//! Labels and selectors with keys or values that the API server refuses.

use super::{metadata, pods};
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_label_value, is_qualified_name};
use crate::yaml::Data;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B504",
    name: "label",
    severity: Severity::Error,
    about: "a label or selector with a key or a value that the cluster refuses",
    check: Check::Objects(check),
};

pub(super) const KEY: &str =
    "at most 63 letters, digits, -, _ and ., after a domain with a slash if need be: shop.example/team";
const VALUE: &str = "at most 63 letters, digits, -, _ and ., with a letter or digit at both ends";

/// Selectors that objects of Kubernetes have at these places.
const SELECTORS: [(&str, &str, &[&str]); 5] = [
    ("apps", "", &["spec", "selector"]),
    ("batch", "Job", &["spec", "selector"]),
    ("policy", "PodDisruptionBudget", &["spec", "selector"]),
    ("networking.k8s.io", "NetworkPolicy", &["spec", "podSelector"]),
    ("", "PersistentVolumeClaim", &["spec", "selector"]),
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        metadata(object, "labels", &mut |labels| map(labels, &mut report));
        for (_, _, way) in SELECTORS
            .iter()
            .filter(|(group, kind, _)| *group == object.group && (kind.is_empty() || *kind == object.kind))
        {
            root.within(way, &mut |selector| self::selector(selector, &mut report));
        }
        if object.group.is_empty() && matches!(object.kind.as_str(), "Service" | "ReplicationController") {
            root.within(&["spec", "selector"], &mut |labels| map(labels, &mut report));
        }
    }
    pods(release, found, |spec, report| {
        if let Some(labels) = spec.get("nodeSelector") {
            map(&labels, report);
        }
        for constraint in spec.each("topologySpreadConstraints") {
            if let Some(inner) = constraint.get("labelSelector") {
                selector(&inner, report);
            }
        }
    });
}

/// `matchLabels` and `matchExpressions`.
pub(super) fn selector(field: &Field<'_>, report: &mut Report<'_, '_>) {
    if let Some(labels) = field.get("matchLabels") {
        map(&labels, report);
    }
    for requirement in field.each("matchExpressions") {
        self::requirement(&requirement, &["In", "NotIn", "Exists", "DoesNotExist"], report);
    }
}

/// One requirement of a selector: its operator says how many values it has.
pub(super) fn requirement(field: &Field<'_>, operators: &[&str], report: &mut Report<'_, '_>) {
    let values = field.list("values").unwrap_or_default();
    if let Some(key) = field.text("key").filter(|key| !is_qualified_name(key)) {
        report.say(field, "key", format!("{key:?} is not the key of a label"), format!("write {KEY}"));
    }
    match field.text("operator") {
        Some(operator @ ("In" | "NotIn")) if values.is_empty() => {
            report.say(field, "values", format!("{operator} needs values"), "add values, or write Exists");
        }
        Some(operator @ ("Exists" | "DoesNotExist")) if !values.is_empty() => {
            report.say(field, "values", format!("{operator} takes no values"), "remove values, or write In");
        }
        Some(operator @ ("Gt" | "Lt")) if operators.contains(&operator) && values.len() != 1 => {
            report.say(field, "values", format!("{operator} takes exactly one value"), "write one number in quotes");
        }
        Some(operator) if !operators.contains(&operator) => {
            let fix = format!("write one of {}", operators.join(", "));
            report.say(field, "operator", format!("the operator {operator:?} does not exist"), fix);
        }
        _ => {}
    }
}

/// A map of labels.
fn map(field: &Field<'_>, report: &mut Report<'_, '_>) {
    for label in field.entries() {
        let key = label.key();
        if !is_qualified_name(key) {
            report.say(&label, "", format!("{key:?} is not the key of a label"), format!("write {KEY}"));
        }
        if let Data::Str(_) = &label.node.data
            && !is_label_value(&scalar(label.node))
        {
            let message = format!("{:?} is not the value of a label", scalar(label.node));
            report.say(&label, "", message, format!("write {VALUE}; other text belongs in annotations"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (object, want) in [
            ("kind: ConfigMap, metadata: {name: a, labels: {a: '', b.example/c: D_1, e: null, f: 1}}", ""),
            (
                "kind: ConfigMap, metadata: {name: a, labels: {team: shop & pay}}",
                "ConfigMap/a metadata.labels.team: \"shop & pay\" is not the value of a label",
            ),
            (
                "kind: ConfigMap, metadata: {name: a, labels: {a b: c}}",
                "ConfigMap/a metadata.labels[\"a b\"]: \"a b\" is not the key of a label",
            ),
            (
                "kind: Service, metadata: {name: a}, spec: {selector: {app: a/b}}",
                "Service/a spec.selector.app: \"a/b\" is not the value of a label",
            ),
            (
                "kind: Pod, metadata: {name: a}, spec: {nodeSelector: {disk: a b}}",
                "Pod/a spec.nodeSelector.disk: \"a b\" is not the value of a label",
            ),
        ] {
            assert_says(&RULE, &format!("{{apiVersion: v1, {object}}}"), "", want);
        }
        let set = |selector: &str| {
            format!(
                "{{apiVersion: apps/v1, kind: DaemonSet, metadata: {{name: a}}, spec: {{selector: {{{selector}}}}}}}"
            )
        };
        for (selector, want) in [
            ("matchExpressions: [{key: a, operator: In, values: [b]}, {key: a, operator: Exists}]", ""),
            ("matchExpressions: [{key: a, operator: In}]", "values: In needs values"),
            ("matchExpressions: [{key: a, operator: Exists, values: [b]}]", "values: Exists takes no values"),
            (
                "matchExpressions: [{key: a, operator: Gt, values: ['1']}]",
                "operator: the operator \"Gt\" does not exist",
            ),
        ] {
            assert_says(&RULE, &set(selector), "DaemonSet/a spec.selector.matchExpressions[0].", want);
        }
    }
}
