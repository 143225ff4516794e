//! Tolerations, affinity and topology that the API server refuses.

use super::label::{requirement, selector};
use super::{fits, in_range, pods};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_label_value, is_qualified_name};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B513",
    name: "scheduling",
    severity: Severity::Error,
    about: "a toleration, affinity or topology spread that the cluster refuses",
    check: Check::Objects(check),
};

const KEY: &str = "the key of a label";
const OF_NODES: [&str; 6] = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    pods(release, found, |spec, report| {
        for one in spec.each("tolerations") {
            toleration(&one, report);
        }
        if let Some(affinity) = spec.get("affinity") {
            self::affinity(&affinity, report);
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for constraint in spec.each("topologySpreadConstraints") {
            in_range(&constraint, "maxSkew", 1, i64::MAX, report);
            in_range(&constraint, "minDomains", 1, i64::MAX, report);
            let (Some(key), Some(when)) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable")) else {
                continue;
            };
            let pair = (key.to_owned(), when.to_owned());
            if pairs.contains(&pair) {
                let message = format!("two constraints spread over {key} with {when}");
                report.say(&constraint, "topologyKey", message, "keep one, or write another topologyKey");
            }
            pairs.push(pair);
            if constraint.has("minDomains") && when != "DoNotSchedule" {
                let message = format!("minDomains works only with DoNotSchedule, not with {when}");
                report.say(&constraint, "minDomains", message, "remove it, or write whenUnsatisfiable: DoNotSchedule");
            }
        }
    });
}

fn toleration(one: &Field<'_>, report: &mut Report<'_, '_>) {
    fits(one, "key", is_qualified_name, KEY, report);
    let operator = one.text("operator").unwrap_or("Equal");
    if one.text("key").is_none() && operator != "Exists" {
        let message = "a toleration without a key needs the operator Exists";
        report.say(one, "key", message, "add the key of the taint, or write operator: Exists to tolerate all");
    }
    let effect = one.text("effect").unwrap_or_default();
    if one.has("tolerationSeconds") && effect != "NoExecute" {
        let message = format!("tolerationSeconds works only with the effect NoExecute, not with {effect:?}");
        report.say(one, "tolerationSeconds", message, "remove tolerationSeconds, or write effect: NoExecute");
    }
    match one.text("value") {
        Some(value) if operator == "Exists" => {
            let message = format!("the operator Exists takes no value, but there is {value:?}");
            report.say(one, "value", message, "remove value, or write operator: Equal");
        }
        Some(value) if operator == "Equal" && !is_label_value(value) => {
            let fix = "write at most 63 letters, digits, -, _ and .";
            report.say(one, "value", format!("{value:?} is not the value of a taint"), fix);
        }
        _ => {}
    }
}

fn affinity(affinity: &Field<'_>, report: &mut Report<'_, '_>) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    affinity.within(&["nodeAffinity"], &mut |node| {
        node.within(&[REQUIRED], &mut |required| {
            if required.list("nodeSelectorTerms").is_some_and(<[_]>::is_empty) {
                let message = "the node affinity has no terms";
                report.say(required, "nodeSelectorTerms", message, "add a term with matchExpressions");
            }
            for term in required.each("nodeSelectorTerms") {
                node_term(&term, report);
            }
        });
        for preferred in node.each(PREFERRED) {
            in_range(&preferred, "weight", 1, 100, report);
            preferred.within(&["preference"], &mut |term| node_term(term, report));
        }
    });
    for kind in ["podAffinity", "podAntiAffinity"] {
        affinity.within(&[kind], &mut |pods| {
            for term in pods.each(REQUIRED) {
                pod_term(&term, report);
            }
            for preferred in pods.each(PREFERRED) {
                in_range(&preferred, "weight", 1, 100, report);
                preferred.within(&["podAffinityTerm"], &mut |term| pod_term(term, report));
            }
        });
    }
}

fn node_term(term: &Field<'_>, report: &mut Report<'_, '_>) {
    for one in term.each("matchExpressions") {
        requirement(&one, &OF_NODES, report);
    }
    for one in term.each("matchFields") {
        let values = one.list("values").map_or(0, <[_]>::len);
        if one.text("key").is_some_and(|key| key != "metadata.name") {
            report.say(&one, "key", "nodes are matched by the field metadata.name only", "write key: metadata.name");
        }
        if values != 1 {
            report.say(&one, "values", "a field of a node is matched with exactly one value", "write one value");
        }
    }
}

fn pod_term(term: &Field<'_>, report: &mut Report<'_, '_>) {
    fits(term, "topologyKey", is_qualified_name, KEY, report);
    if let Some(labels) = term.get("labelSelector") {
        selector(&labels, report);
    }
    if let Some(labels) = term.get("namespaceSelector") {
        selector(&labels, report);
    }
    for list in ["matchLabelKeys", "mismatchLabelKeys"] {
        if term.each(list).next().is_some() && !term.has("labelSelector") {
            report.say(term, list, format!("{list} needs labelSelector"), "add labelSelector");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        let rows: [(String, String); 16] = [
            ("tolerations: [{operator: Exists}, {key: a, value: b}, {key: a, effect: NoExecute, tolerationSeconds: 5}]".into(), String::new()),
            ("tolerations: [{key: a, operator: Exists, effect: NoSchedule, tolerationSeconds: 5}]".into(), "tolerations[0].tolerationSeconds: tolerationSeconds works only with the effect NoExecute, not with \"NoSchedule\"".into()),
            ("tolerations: [{key: a, operator: Exists, value: b}]".into(), "tolerations[0].value: the operator Exists takes no value, but there is \"b\"".into()),
            ("tolerations: [{value: b}]".into(), "tolerations[0].key: a toleration without a key needs the operator Exists".into()),
            ("tolerations: [{key: a b, operator: Exists}]".into(), "tolerations[0].key: key \"a b\" is not the key of a label".into()),
            (format!("affinity: {{nodeAffinity: {{{required}: {{nodeSelectorTerms: [{{matchExpressions: [{{key: a, operator: Gt, values: ['1']}}]}}]}}}}}}"), String::new()),
            (format!("affinity: {{nodeAffinity: {{{required}: {{nodeSelectorTerms: []}}}}}}"), format!("affinity.nodeAffinity.{required}.nodeSelectorTerms: the node affinity has no terms")),
            (format!("affinity: {{nodeAffinity: {{{preferred}: [{{weight: 0, preference: {{}}}}]}}}}"), format!("affinity.nodeAffinity.{preferred}[0].weight: weight is 0, but must be from 1 to 100")),
            (format!("affinity: {{nodeAffinity: {{{required}: {{nodeSelectorTerms: [{{matchExpressions: [{{key: a, operator: In}}]}}]}}}}}}"), format!("affinity.nodeAffinity.{required}.nodeSelectorTerms[0].matchExpressions[0].values: In needs values")),
            (format!("affinity: {{podAntiAffinity: {{{required}: [{{topologyKey: a/b, labelSelector: {{matchLabels: {{a: b}}}}}}]}}}}"), String::new()),
            (format!("affinity: {{podAntiAffinity: {{{required}: [{{topologyKey: a b}}]}}}}"), format!("affinity.podAntiAffinity.{required}[0].topologyKey: topologyKey \"a b\" is not the key of a label")),
            (format!("affinity: {{podAffinity: {{{preferred}: [{{weight: 101, podAffinityTerm: {{topologyKey: a}}}}]}}}}"), format!("affinity.podAffinity.{preferred}[0].weight: weight is 101, but must be from 1 to 100")),
            ("topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway}]".into(), String::new()),
            ("topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule}, {maxSkew: 2, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]".into(), "topologySpreadConstraints[1].topologyKey: two constraints spread over a with DoNotSchedule".into()),
            ("topologySpreadConstraints: [{maxSkew: 0, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]".into(), "topologySpreadConstraints[0].maxSkew: maxSkew is 0, but must be at least 1".into()),
            ("topologySpreadConstraints: [{maxSkew: 1, minDomains: 2, topologyKey: a, whenUnsatisfiable: ScheduleAnyway}]".into(), "topologySpreadConstraints[0].minDomains: minDomains works only with DoNotSchedule, not with ScheduleAnyway".into()),
        ];
        for (spec, want) in rows {
            let pod = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &pod, "Pod/p spec.", &want);
        }
    }
}
