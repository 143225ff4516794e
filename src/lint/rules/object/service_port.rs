//! Ports of a Service: each is unique.

use crate::lint::objects::{Release, integer, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B303",
    name: "service-port",
    severity: Severity::Error,
    about: "two ports of a Service with the same name, or the same number and protocol",
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
        }
    }
}

/// The protocol of a port of a Service or of a container.
pub(super) fn protocol(port: &Node) -> &str {
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
        let rows: [(&str, &[&str]); 5] = [
            ("[{name: http, port: 80, targetPort: http}]", &[]),
            ("[{name: http, port: 80, targetPort: 8080}]", &[]),
            ("[{port: 8080}]", &[]),
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
