//! An autoscaler for a workload that the output does not contain.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B305",
    name: "autoscaler-target",
    severity: Severity::Warning,
    about: "an autoscaler for a workload that is not in the output, or that sets its own replicas",
    check: Check::Objects(check),
};

/// Kinds that the charts create. Other kinds may exist elsewhere.
const KINDS: [&str; 3] = ["Deployment", "StatefulSet", "ReplicaSet"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for scaler in release.of("autoscaling", "HorizontalPodAutoscaler") {
        let target = |key| scaler.text(&["spec", "scaleTargetRef", key]).unwrap_or_default();
        let (kind, name) = (target("kind"), target("name"));
        if kind.is_empty() || name.is_empty() {
            found
                .on(scaler, "spec.scaleTargetRef", "the autoscaler has no target")
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
                .on(workload, "spec.replicas", format!("{kind} {name} sets replicas, so every deployment resets the number of pods that the autoscaler chose"))
                .values(&["replicas"])
                .values(&["spec", "replicas"])
                .fix("remove replicas if autoscaling is set"),
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
            ("{}", "{}", &["HorizontalPodAutoscaler/web spec.scaleTargetRef: the autoscaler has no target"]),
            (
                "{kind: Deployment, name: web}",
                "{replicas: 2}",
                &[
                    "Deployment/web spec.replicas: Deployment web sets replicas, so every deployment resets the number of pods that the autoscaler chose",
                ],
            ),
        ];
        for (target, spec, want) in rows {
            assert_eq!(objects(&RULE, &bake(target, spec)), want, "{target} {spec}");
        }
    }
}
