//! An autoscaler that targets a percentage of a resource request, while a container has no such request: it never scales.

use crate::lint::objects::{Object, Release, at, is_set, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B306",
    name: "autoscaler-request",
    severity: Severity::Warning,
    about: "an autoscaler that targets a percentage of a request that a container does not have",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for scaler in release.of("autoscaling", "HorizontalPodAutoscaler") {
        let (kind, name) =
            (scaler.text(&["spec", "scaleTargetRef", "kind"]), scaler.text(&["spec", "scaleTargetRef", "name"]));
        let workload = release.objects.iter().find(|o| Some(&*o.kind) == kind && Some(&*o.name) == name);
        let Some(pod) = workload.and_then(Object::pod) else { continue };
        for (number, metric) in items(scaler.at(&["spec", "metrics"])).iter().enumerate() {
            if !is_set(at(metric, &["resource", "target", "averageUtilization"])) {
                continue;
            }
            let Some(resource) = at(metric, &["resource", "name"]).and_then(Node::as_str) else { continue };
            // a limit without a request is also the request
            let lacks = |node: &Node| {
                ["requests", "limits"].iter().all(|list| !is_set(at(node, &["resources", list, resource])))
            };
            let Some(container) = pod.containers().into_iter().find(|c| c.stays && lacks(c.node)) else { continue };
            found
                .on(
                    scaler,
                    format!("spec.metrics[{number}]"),
                    format!(
                        "the autoscaler targets a percentage of the {resource} request, but the container {:?} has none",
                        container.name
                    ),
                )
                .values(&["autoscaling", resource])
                .fix(format!("set resources.requests.{resource}, or target an absolute value"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |target: &str, containers: &str| {
            format!(
                "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec: {{scaleTargetRef: {{kind: Deployment, name: web}}, metrics: [{{type: Resource, resource: {{name: cpu, target: {target}}}}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{containers: {containers}}}}}}}\n"
            )
        };
        let none = [
            "HorizontalPodAutoscaler/web spec.metrics[0]: the autoscaler targets a percentage of the cpu request, but the container \"a\" has none",
        ];
        let rows: [(&str, &str, &[&str]); 4] = [
            ("{averageUtilization: 70}", "[{name: a, resources: {requests: {cpu: 1}}}]", &[]),
            ("{averageUtilization: 70}", "[{name: a, resources: {limits: {cpu: 1}}}]", &[]),
            ("{averageValue: 500m}", "[{name: a}]", &[]),
            ("{averageUtilization: 70}", "[{name: a, resources: {requests: {memory: 1}}}]", &none),
        ];
        for (target, containers, want) in rows {
            assert_eq!(objects(&RULE, &bake(target, containers)), want, "{target} {containers}");
        }
    }
}
