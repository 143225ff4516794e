//! An autoscaler that cannot scale.

use crate::lint::objects::{Release, integer, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B304",
    name: "autoscaler-range",
    severity: Severity::Error,
    about: "an autoscaler whose minimum exceeds its maximum, or without a maximum or metrics",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for scaler in release.of("autoscaling", "HorizontalPodAutoscaler") {
        let min = integer(scaler.at(&["spec", "minReplicas"])).unwrap_or(1);
        match integer(scaler.at(&["spec", "maxReplicas"])) {
            None => found
                .on(scaler, "spec.maxReplicas", "the autoscaler has no maximum number of pods")
                .values(&["autoscaling", "max"])
                .fix("set autoscaling.max"),
            Some(max) if min > max => found
                .on(scaler, "spec.minReplicas", format!("the autoscaler has the minimum {min} and the maximum {max}"))
                .values(&["autoscaling", "min"])
                .fix("autoscaling.min must not be above autoscaling.max"),
            Some(_) => {}
        }
        if scaler.version == "v2" && items(scaler.at(&["spec", "metrics"])).is_empty() {
            found
                .on(scaler, "spec.metrics", "the autoscaler has no metrics, so it targets 80 % of the CPU request")
                .values(&["autoscaling"])
                .fix("set autoscaling.cpu, memory or metrics");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: {{metrics: [{{type: Resource}}], {spec}}}\n"
            )
        };
        let rows: [(&str, &[&str]); 5] = [
            ("minReplicas: 2, maxReplicas: 2", &[]),
            ("maxReplicas: 1", &[]),
            (
                "minReplicas: 3, maxReplicas: 2",
                &["HorizontalPodAutoscaler/web spec.minReplicas: the autoscaler has the minimum 3 and the maximum 2"],
            ),
            (
                "minReplicas: 3",
                &["HorizontalPodAutoscaler/web spec.maxReplicas: the autoscaler has no maximum number of pods"],
            ),
            (
                "maxReplicas: 3, metrics: []",
                &[
                    "HorizontalPodAutoscaler/web spec.metrics: the autoscaler has no metrics, so it targets 80 % of the CPU request",
                ],
            ),
        ];
        for (spec, want) in rows {
            assert_eq!(objects(&RULE, &bake(spec)), want, "{spec}");
        }
    }
}
