//! A `PodDisruptionBudget` that never allows an eviction: nodes cannot be drained.

use crate::lint::objects::{Object, Release, integer};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B307",
    name: "disruption-budget",
    severity: Severity::Warning,
    about: "a disruption budget that allows no eviction, or that selects no pod",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for budget in release.of("policy", "PodDisruptionBudget") {
        let labels = budget.at(&["spec", "selector", "matchLabels"]).and_then(Node::as_map);
        let pods: Vec<&Object> = release.pods().filter(|(_, pod)| pod.fits(labels)).map(|(object, _)| object).collect();
        if pods.is_empty() && release.pods().next().is_some() {
            found
                .on(budget, "spec.selector", "no pod of the output has the labels that the budget selects")
                .values(&["disruptionBudget"])
                .fix("the selector must be among the labels of the pods");
            continue;
        }
        // the minimum number of pods of all workloads together
        let replicas = pods.iter().map(|object| fewest(release, object)).sum::<Option<i64>>();
        for (field, key) in [("maxUnavailable", true), ("minAvailable", false)] {
            let Some(node) = budget.at(&["spec", field]) else { continue };
            let Some(amount) = Amount::of(node) else { continue };
            let free = match (amount, replicas) {
                (Amount::Pods(n), _) if key => n,
                (Amount::Percent(0), _) if key => 0,
                (Amount::Percent(100..), _) if !key => 0,
                // Kubernetes rounds a percentage up, for both fields
                (Amount::Percent(p), Some(all)) if !key => all - share(all, p),
                (Amount::Pods(n), Some(all)) if !key => all - n,
                _ => continue,
            };
            if free <= 0 {
                let of = replicas.map(|all| format!(" of {all}")).unwrap_or_default();
                let text = crate::lint::objects::scalar(node);
                found
                    .on(
                        budget,
                        format!("spec.{field}"),
                        format!("{field}: {text}{of} allows no eviction, so no node can be drained"),
                    )
                    .values(&["disruptionBudget", field])
                    .fix("allow the eviction of at least one pod, or run more pods");
            }
        }
    }
}

/// The minimum number of pods of a workload; `None` if it is not known.
fn fewest(release: &Release, object: &Object) -> Option<i64> {
    if !matches!(object.kind.as_str(), "Deployment" | "StatefulSet") {
        return None;
    }
    let scaler = release
        .of("autoscaling", "HorizontalPodAutoscaler")
        .find(|s| s.text(&["spec", "scaleTargetRef", "name"]) == Some(&object.name));
    match scaler {
        Some(scaler) => Some(integer(scaler.at(&["spec", "minReplicas"])).unwrap_or(1)),
        None => Some(integer(object.at(&["spec", "replicas"])).unwrap_or(1)),
    }
}

/// A number of pods, or a percentage of them.
#[derive(Clone, Copy)]
enum Amount {
    Pods(i64),
    Percent(i64),
}

impl Amount {
    fn of(node: &Node) -> Option<Amount> {
        match node.as_str() {
            Some(text) => text.strip_suffix('%')?.parse().ok().map(Amount::Percent),
            None => integer(Some(node)).map(Amount::Pods),
        }
    }
}

fn share(all: i64, percent: i64) -> i64 {
    all.saturating_mul(percent).saturating_add(99) / 100
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |spec: &str, replicas: &str| {
            format!(
                "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: web}}\nspec: {{selector: {{matchLabels: {{app: web}}}}, {spec}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{{replicas} template: {{metadata: {{labels: {{app: web}}}}, spec: {{}}}}}}\n"
            )
        };
        let lets_none = |field: &str| {
            vec![format!("PodDisruptionBudget/web spec.{field} allows no eviction, so no node can be drained")]
        };
        for (spec, replicas, want) in [
            ("maxUnavailable: 1", "", vec![]),
            ("minAvailable: 1", "replicas: 2,", vec![]),
            ("minAvailable: 50%", "replicas: 2,", vec![]),
            ("maxUnavailable: 10%", "replicas: 2,", vec![]),
            ("maxUnavailable: 0", "replicas: 3,", lets_none("maxUnavailable: maxUnavailable: 0 of 3")),
            ("maxUnavailable: 0%", "replicas: 3,", lets_none("maxUnavailable: maxUnavailable: 0% of 3")),
            ("minAvailable: 2", "replicas: 2,", lets_none("minAvailable: minAvailable: 2 of 2")),
            ("minAvailable: 1", "", lets_none("minAvailable: minAvailable: 1 of 1")),
            ("minAvailable: 100%", "replicas: 9,", lets_none("minAvailable: minAvailable: 100% of 9")),
            ("minAvailable: 60%", "replicas: 2,", lets_none("minAvailable: minAvailable: 60% of 2")),
            (
                "selector: {matchLabels: {app: x}}",
                "",
                vec![
                    "PodDisruptionBudget/web spec.selector: no pod of the output has the labels that the budget selects"
                        .to_owned(),
                ],
            ),
        ] {
            assert_eq!(objects(&RULE, &bake(spec, replicas)), want, "{spec} {replicas}");
        }
    }
}
