//! An autoscaler of a workload that the output does not have.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B305",
    name: "autoscaler-target",
    severity: Severity::Error,
    about: "an autoscaler of a workload that is not in the output, or that sets its own number of pods",
    check: Check::Objects(check),
};

/// Kinds that the charts make; others may be anywhere.
const KINDS: [&str; 3] = ["Deployment", "StatefulSet", "ReplicaSet"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for scaler in release.of("autoscaling", "HorizontalPodAutoscaler") {
        let target = |key| scaler.text(&["spec", "scaleTargetRef", key]).unwrap_or_default();
        let (kind, name) = (target("kind"), target("name"));
        if kind.is_empty() || name.is_empty() {
            found
                .on(scaler, "spec.scaleTargetRef", "the autoscaler does not say what it scales")
                .values(&["autoscaling"])
                .fix("give the kind and the name of a workload");
            continue;
        }
        let workload = release.objects.iter().find(|object| object.kind == kind && object.name == name);
        match workload {
            None if KINDS.contains(&kind) => found
                .on(scaler, "spec.scaleTargetRef", format!("the autoscaler scales {kind} {name}, which is not in the output"))
                .values(&["autoscaling"])
                .fix("name a workload of this service"),
            Some(workload) if workload.at(&["spec", "replicas"]).is_some() => found
                .on(workload, "spec.replicas", format!("{kind} {name} sets its number of pods, and every deployment undoes what the autoscaler has done"))
                .values(&["replicas"])
                .values(&["spec", "replicas"])
                .fix("leave replicas out where autoscaling is said"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |target: &str, spec: &str| {
            format!(
                "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: {{scaleTargetRef: {target}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {spec}\n"
            )
        };
        let rows: [(&str, &str, &[&str]); 5] = [
            ("{kind: Deployment, name: web}", "{}", &[]),
            ("{kind: Rollout, name: web}", "{}", &[]),
            (
                "{kind: Deployment, name: wbe}",
                "{}",
                &[
                    "HorizontalPodAutoscaler/web spec.scaleTargetRef: the autoscaler scales Deployment wbe, which is not in the output",
                ],
            ),
            (
                "{}",
                "{}",
                &["HorizontalPodAutoscaler/web spec.scaleTargetRef: the autoscaler does not say what it scales"],
            ),
            (
                "{kind: Deployment, name: web}",
                "{replicas: 2}",
                &[
                    "Deployment/web spec.replicas: Deployment web sets its number of pods, and every deployment undoes what the autoscaler has done",
                ],
            ),
        ];
        for (target, spec, want) in rows {
            assert_eq!(objects(&RULE, &bake(target, spec)), want, "{target} {spec}");
        }
    }
}
