//! Ports of a Service: each is unique and leads to a port of the pods.

use super::service_selector::pods_of;
use crate::lint::objects::{Object, Release, integer, is_set, items, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B303",
    name: "service-port",
    severity: Severity::Error,
    about: "a duplicate port of a Service, or one that no container of its pods has",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for service in release.of("", "Service") {
        let ports = items(service.at(&["spec", "ports"]));
        for (at, port) in ports.iter().enumerate() {
            let protocol = protocol(port);
            let before = || ports.iter().take(at);
            let path = format!("spec.ports[{at}]");
            let name = port.get("name").and_then(Node::as_str);
            let mut say = |field: &str, message: String, fix: &'static str| {
                found
                    .on(service, format!("{path}.{field}"), message)
                    .values(&["ports", name.unwrap_or_default()])
                    .values_text(&["service"], name.unwrap_or_default())
                    .fix(fix);
            };
            if name.is_some() && before().any(|other| other.get("name").and_then(Node::as_str) == name) {
                say(
                    "name",
                    format!("two ports are named {:?}", name.unwrap_or_default()),
                    "give each port its own name",
                );
            }
            let number = integer(port.get("port"));
            if number.is_some() && before().any(|o| integer(o.get("port")) == number && self::protocol(o) == protocol) {
                let number = number.unwrap_or_default();
                say("port", format!("two ports have the number {number}/{protocol}"), "give each port its own number");
            }
            if let Some(target) = missing_target(release, service, port) {
                say(
                    "targetPort",
                    format!("no container of the selected pods has the port {target}"),
                    "name a port of the container",
                );
            }
        }
    }
}

/// The target of a port, if the pods list ports and none of them is the target.
fn missing_target(release: &Release, service: &Object, port: &Node) -> Option<String> {
    let target = port.get("targetPort").filter(|t| is_set(Some(t))).or_else(|| port.get("port"))?;
    let mut listed = false;
    for (_, pod) in pods_of(release, service) {
        for container in pod.containers().iter().filter(|c| c.stays) {
            for own in items(container.node.get("ports")) {
                listed = true;
                let fits = match target.as_str() {
                    Some(name) => own.get("name").and_then(Node::as_str) == Some(name),
                    None => integer(own.get("containerPort")) == integer(Some(target)),
                };
                if fits && protocol(own) == protocol(port) {
                    return None;
                }
            }
        }
    }
    // a named target must be listed; a number works without
    let found = pods_of(release, service).next().is_some();
    (found && (listed || target.as_str().is_some())).then(|| match target.as_str() {
        Some(name) => format!("{name:?}"),
        None => scalar(target),
    })
}

fn protocol(port: &Node) -> &str {
    port.get("protocol").and_then(Node::as_str).unwrap_or("TCP")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |ports: &str| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: {ports}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: a, ports: [{{name: http, containerPort: 8080}}]}}]}}}}}}\n"
            )
        };
        let rows: [(&str, &[&str]); 7] = [
            ("[{name: http, port: 80, targetPort: http}]", &[]),
            ("[{name: http, port: 80, targetPort: 8080}]", &[]),
            ("[{port: 8080}]", &[]),
            (
                "[{name: a, port: 80, targetPort: grpc}]",
                &["Service/web spec.ports[0].targetPort: no container of the selected pods has the port \"grpc\""],
            ),
            (
                "[{name: a, port: 8080, protocol: UDP}]",
                &["Service/web spec.ports[0].targetPort: no container of the selected pods has the port 8080"],
            ),
            (
                "[{name: a, port: 80, targetPort: http}, {name: a, port: 81, targetPort: http}]",
                &["Service/web spec.ports[1].name: two ports are named \"a\""],
            ),
            (
                "[{name: a, port: 80, targetPort: http}, {name: b, port: 80, targetPort: http}]",
                &["Service/web spec.ports[1].port: two ports have the number 80/TCP"],
            ),
        ];
        for (ports, want) in rows {
            assert_eq!(objects(&RULE, &bake(ports)), want, "{ports}");
        }
    }
}
