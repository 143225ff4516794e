//! A selector of an Istio object that no pod has: the object does nothing. Istio: analyzer message IST0127.

use super::fields::shown_labels;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B432",
    name: "policy-selector",
    severity: Severity::Warning,
    about: "a policy or another Istio object that selects none of the pods of its output",
    check: Check::Objects(check),
};

/// The ways to the labels that select pods. A Gateway selects pods of the mesh's own gateways, a `ServiceEntry` its machines.
const WAYS: [&[&str]; 2] = [&["spec", "selector", "matchLabels"], &["spec", "workloadSelector", "labels"]];
const OTHERS: [&str; 2] = ["Gateway", "ServiceEntry"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.objects.iter().filter(|object| object.group.ends_with(".istio.io")) {
        // an object with another name may be for the pods of another output
        let is_own = object
            .name
            .strip_prefix(release.name.as_str())
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        if OTHERS.contains(&object.kind.as_str()) || !is_own || release.name.is_empty() {
            continue;
        }
        let space = release.namespace_of(object);
        let pods: Vec<_> =
            release.pods().filter(|(owner, _)| release.namespace_of(owner) == space).map(|(_, pod)| pod).collect();
        if pods.is_empty() {
            continue;
        }
        let mut report = Report::new(object, found);
        for way in WAYS {
            Field::root(object).within(way, &mut |selector| {
                let labels = selector.node.as_map().filter(|labels| !labels.is_empty());
                if labels.is_none() || pods.iter().any(|pod| pod.fits(labels)) {
                    return;
                }
                let fix = match pods.first() {
                    Some(pod) => format!("the labels of the pods are: {}", shown_labels(pod.labels)),
                    None => String::new(),
                };
                let message = format!("no pod of the output has the labels {}", shown_labels(labels));
                report.say(selector, "", message, fix);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (labels, name, want) in [
            ("{app: web}", "web", ""),
            ("{}", "web", ""),
            ("{app: other}", "other", ""),
            ("{app: carts}", "web", ": no pod of the output has the labels app=carts"),
            ("{app: web, version: v2}", "web-allow", ": no pod of the output has the labels app=web,version=v2"),
        ] {
            let text = format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{metadata: {{labels: {{app: web}}}}, spec: {{}}}}}}\n---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: {name}}}\nspec: {{selector: {{matchLabels: {labels}}}}}\n"
            );
            assert_says(&RULE, &text, &format!("AuthorizationPolicy/{name} spec.selector.matchLabels"), want);
        }
    }
}
