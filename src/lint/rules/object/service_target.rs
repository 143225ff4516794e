//! Named targets of the ports of a Service, which must be ports of its pods.

use super::service_port::protocol;
use super::service_selector::pods_of;
use crate::lint::objects::{Object, Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B312",
    name: "service-target",
    severity: Severity::Warning,
    about: "a port of a Service with a named target that no container of its pods has",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for service in release.of("", "Service") {
        for (at, port) in items(service.at(&["spec", "ports"])).iter().enumerate() {
            let Some(target) = missing_target(release, service, port) else { continue };
            let name = port.get("name").and_then(Node::as_str).unwrap_or_default();
            let message = format!("no container of the selected pods has the port {target}");
            found
                .on(service, format!("spec.ports[{at}].targetPort"), message)
                .values(&["ports", name])
                .values_text(&["service"], name)
                .fix("name a port of the container");
        }
    }
}

/// The named target of a port that no container of the pods lists. A number needs no listing.
fn missing_target(release: &Release, service: &Object, port: &Node) -> Option<String> {
    let target = port.get("targetPort").and_then(Node::as_str)?;
    let mut pods = pods_of(release, service).peekable();
    pods.peek()?;
    let is_listed = pods.flat_map(|(_, pod)| pod.containers().into_iter().filter(|c| c.stays)).any(|container| {
        let listed =
            |own: &Node| own.get("name").and_then(Node::as_str) == Some(target) && protocol(own) == protocol(port);
        items(container.node.get("ports")).iter().any(listed)
    });
    (!is_listed).then(|| format!("{target:?}"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (port, want) in [
            ("port: 80, targetPort: http", ""),
            ("port: 80, targetPort: 9999", ""),
            ("port: 9999", ""),
            ("port: 80, targetPort: grpc", "no container of the selected pods has the port \"grpc\""),
            ("port: 80, targetPort: http, protocol: UDP", "no container of the selected pods has the port \"http\""),
        ] {
            let text = format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: [{{{port}}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: a, ports: [{{name: http, containerPort: 8080}}]}}]}}}}}}\n"
            );
            assert_says(&RULE, &text, "Service/web spec.ports[0].targetPort: ", want);
        }
    }
}
