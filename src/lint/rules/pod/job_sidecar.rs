//! A container of a Job that never ends: the Job never ends either.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B209",
    name: "job-sidecar",
    severity: Severity::Note,
    about: "a Job with several containers, which ends only when each of them has ended",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods().filter(|(object, _)| object.group == "batch") {
        let containers = pod.containers();
        let mut running = containers.iter().filter(|container| container.path.contains("spec.containers["));
        if let (Some(_), Some(second)) = (running.next(), running.next()) {
            let message =
                format!("{} {} ends only when its container {} has ended too", object.kind, object.name, second.name);
            found
                .on(object, &second.path, message)
                .values(&["sidecars", second.name])
                .fix("if it is a sidecar, make it an init container with restartPolicy: Always");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            ("containers: [{name: app}]", ""),
            ("containers: [{name: app}], initContainers: [{name: proxy, restartPolicy: Always}]", ""),
            ("containers: [{name: app}, {name: proxy}]", "Job web ends only when its container proxy has ended too"),
        ] {
            let text = format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{{spec}}}}}}}\n"
            );
            assert_says(&RULE, &text, "Job/web spec.template.spec.containers[1]: ", want);
        }
    }
}
