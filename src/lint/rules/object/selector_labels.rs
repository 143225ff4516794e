//! A workload whose selector does not match its own pods: the cluster refuses it.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B309",
    name: "selector-labels",
    severity: Severity::Error,
    about: "a workload whose selector does not match the labels of its own pods",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        if object.group != "apps" {
            continue;
        }
        let labels = object.at(&["spec", "selector", "matchLabels"]).and_then(Node::as_map);
        if !pod.fits(labels) {
            found
                .on(object, "spec.selector.matchLabels", "the selector does not match the labels of the pod template")
                .values(&["podLabels"])
                .values(&["labels"])
                .fix("the labels of the selector must be among those of the pod template");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let set = |selector: &str| {
            format!(
                "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: d}}\nspec: {{selector: {selector}, template: {{metadata: {{labels: {{app: a, v: b}}}}, spec: {{}}}}}}\n"
            )
        };
        let rows: [(&str, &[&str]); 3] = [
            ("{matchLabels: {app: a}}", &[]),
            ("{matchExpressions: [{key: app, operator: Exists}]}", &[]),
            (
                "{matchLabels: {app: b}}",
                &["DaemonSet/d spec.selector.matchLabels: the selector does not match the labels of the pod template"],
            ),
        ];
        for (selector, want) in rows {
            assert_eq!(objects(&RULE, &set(selector)), want, "{selector}");
        }
    }
}
