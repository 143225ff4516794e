//! Disruption budgets that the API server refuses.

use super::label::selector;
use super::{at_most_one, number_or_percentage, objects};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B519",
    name: "budget",
    severity: Severity::Error,
    about: "a disruption budget with both limits, or with an amount that the cluster refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    objects(release, "policy", "PodDisruptionBudget", found, |root, report| {
        let Some(spec) = root.get("spec") else { return };
        at_most_one(&spec, &["minAvailable", "maxUnavailable"], "the budget", report);
        number_or_percentage(&spec, "minAvailable", 100, report);
        number_or_percentage(&spec, "maxUnavailable", 100, report);
        if let Some(labels) = spec.get("selector") {
            selector(&labels, report);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            ("minAvailable: 1, maxUnavailable: null", ""),
            ("maxUnavailable: 25%", ""),
            (
                "minAvailable: 1, maxUnavailable: 1",
                "maxUnavailable: the budget has both minAvailable and maxUnavailable",
            ),
            (
                "minAvailable: -1",
                "minAvailable: minAvailable is -1, but must be a number from 0, or a percentage such as 25%",
            ),
            (
                "minAvailable: 120%",
                "minAvailable: minAvailable is 120%, but must be a number from 0, or a percentage such as 25%",
            ),
            (
                "minAvailable: half",
                "minAvailable: minAvailable is half, but must be a number from 0, or a percentage such as 25%",
            ),
        ] {
            let text = format!(
                "{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: b}}, spec: {{{spec}}}}}"
            );
            assert_says(&RULE, &text, "PodDisruptionBudget/b spec.", want);
        }
    }
}
