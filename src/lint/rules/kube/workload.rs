//! What the API server refuses in a `Deployment`, `StatefulSet` or `DaemonSet`.

use super::{Amount, amount, fits, is_of, not_negative, number_or_percentage};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::is_dns_label;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B515",
    name: "workload",
    severity: Severity::Error,
    about: "a workload without a selector, or with a strategy or numbers that the cluster refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        if !is_of(object, "apps", &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]) {
            continue;
        }
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let Some(spec) = root.get("spec") else {
            report.say(&root, "spec", format!("the {} has no spec", object.kind), "add spec");
            continue;
        };
        not_negative(
            &spec,
            &["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"],
            &mut report,
        );
        if let Some(selector) = spec.get("selector")
            && ["matchLabels", "matchExpressions"].iter().all(|key| is_empty(selector.node.get(key)))
        {
            let message = format!("the selector of the {} is empty", object.kind);
            report.say(&selector, "", message, "write the labels of the pods into matchLabels");
        }
        let ready = spec.number("minReadySeconds").unwrap_or(0);
        if let Some(deadline) = spec.number("progressDeadlineSeconds").filter(|deadline| *deadline <= ready) {
            let message = format!("progressDeadlineSeconds {deadline} is not above minReadySeconds {ready}");
            report.say(&spec, "progressDeadlineSeconds", message, "raise it");
        }
        fits(&spec, "serviceName", is_dns_label, "the name of a Service", &mut report);
        let strategy = if object.kind == "Deployment" { "strategy" } else { "updateStrategy" };
        spec.within(&[strategy], &mut |strategy| self::strategy(strategy, &mut report));
    }
}

fn is_empty(node: Option<&Node>) -> bool {
    node.is_none_or(|node| match &node.data {
        crate::yaml::Data::Map(map) => map.is_empty(),
        crate::yaml::Data::List(list) => list.is_empty(),
        crate::yaml::Data::Null => true,
        _ => false,
    })
}

fn strategy(strategy: &Field<'_>, report: &mut Report<'_, '_>) {
    let Some(rolling) = strategy.get("rollingUpdate") else { return };
    if let Some(kind @ ("Recreate" | "OnDelete")) = strategy.text("type") {
        // what a DaemonSet says of an update that it does not make is not looked at
        if report.object.kind != "DaemonSet" {
            let message = format!("a strategy of the type {kind} cannot have rollingUpdate");
            report.say(&rolling, "", message, "remove rollingUpdate, or write type: RollingUpdate");
        }
        return;
    }
    number_or_percentage(&rolling, "maxUnavailable", 100, report);
    let most = if report.object.kind == "DaemonSet" { 100 } else { i64::MAX };
    number_or_percentage(&rolling, "maxSurge", most, report);
    let of = |key: &str| rolling.node.get(key).and_then(amount);
    let is_none = |amount: Amount| matches!(amount, Amount::Pods(0) | Amount::Percent(0));
    match (report.object.kind.as_str(), of("maxUnavailable"), of("maxSurge")) {
        ("Deployment", Some(down), Some(up)) if is_none(down) && is_none(up) => {
            let message = "maxUnavailable and maxSurge are both 0, so no pod could be replaced";
            report.say(&rolling, "maxUnavailable", message, "allow one pod more or less");
        }
        ("DaemonSet", Some(down), up) if is_none(down) && up.is_none_or(is_none) => {
            let message = "maxUnavailable and maxSurge are both 0, so no pod could be replaced";
            report.say(&rolling, "maxUnavailable", message, "allow one pod more or less");
        }
        ("DaemonSet", down, Some(up)) if !is_none(up) && !down.is_some_and(is_none) => {
            let message = "a DaemonSet with maxSurge needs maxUnavailable: 0";
            report.say(&rolling, "maxSurge", message, "write maxUnavailable: 0, or remove maxSurge");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (kind, spec, want) in [
            (
                "Deployment",
                "replicas: 0, selector: {matchLabels: {a: b}}, strategy: {type: Recreate, rollingUpdate: null}",
                "",
            ),
            ("Deployment", "replicas: -1", "replicas: replicas is -1, but must be at least 0"),
            ("Deployment", "selector: {matchLabels: {}}", "selector: the selector of the Deployment is empty"),
            (
                "Deployment",
                "strategy: {type: Recreate, rollingUpdate: {}}",
                "strategy.rollingUpdate: a strategy of the type Recreate cannot have rollingUpdate",
            ),
            ("Deployment", "strategy: {rollingUpdate: {maxSurge: 200%, maxUnavailable: 0}}", ""),
            (
                "Deployment",
                "strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}",
                "strategy.rollingUpdate.maxUnavailable: maxUnavailable and maxSurge are both 0, so no pod could be replaced",
            ),
            (
                "Deployment",
                "strategy: {rollingUpdate: {maxUnavailable: 101%}}",
                "strategy.rollingUpdate.maxUnavailable: maxUnavailable is 101%, but must be a number from 0, or a percentage such as 25%",
            ),
            (
                "Deployment",
                "strategy: {rollingUpdate: {maxSurge: '1'}}",
                "strategy.rollingUpdate.maxSurge: maxSurge is 1, but must be a number from 0, or a percentage such as 25%",
            ),
            (
                "Deployment",
                "minReadySeconds: 600, progressDeadlineSeconds: 600",
                "progressDeadlineSeconds: progressDeadlineSeconds 600 is not above minReadySeconds 600",
            ),
            ("StatefulSet", "serviceName: a.b", "serviceName: serviceName \"a.b\" is not the name of a Service"),
            (
                "StatefulSet",
                "updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}",
                "updateStrategy.rollingUpdate: a strategy of the type OnDelete cannot have rollingUpdate",
            ),
            ("DaemonSet", "updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}", ""),
            (
                "DaemonSet",
                "updateStrategy: {rollingUpdate: {maxSurge: 1}}",
                "updateStrategy.rollingUpdate.maxSurge: a DaemonSet with maxSurge needs maxUnavailable: 0",
            ),
        ] {
            let text = format!("{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: w}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &text, &format!("{kind}/w spec."), want);
        }
    }
}
