//! A probe or hook with the name of a port that its container does not have: it can never succeed.

use crate::lint::objects::{Release, at, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B206",
    name: "probe-port",
    severity: Severity::Error,
    about: "a probe with a port name that the container does not have",
    check: Check::Objects(check),
};

/// The fields with probes, and their keys in the values.
const PROBES: [(&[&str], &str); 5] = [
    (&["startupProbe"], "startup"),
    (&["readinessProbe"], "readiness"),
    (&["livenessProbe"], "liveness"),
    (&["lifecycle", "preStop"], "lifecycle"),
    (&["lifecycle", "postStart"], "lifecycle"),
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        for container in pod.containers() {
            for (path, probe) in PROBES {
                let Some(node) = at(container.node, path) else { continue };
                for action in ["httpGet", "tcpSocket"] {
                    let Some(port) = at(node, &[action, "port"]).and_then(Node::as_str) else { continue };
                    let has = items(container.node.get("ports"))
                        .iter()
                        .any(|own| own.get("name").and_then(Node::as_str) == Some(port));
                    // a number in quotes is a number
                    if !has && port.parse::<u16>().is_err() {
                        found
                            .on(
                                object,
                                format!("{}.{}.{action}.port", container.path, path.join(".")),
                                format!("the container {:?} has no port named {port:?}", container.name),
                            )
                            .values(&["probes", probe])
                            .values_any(&container.value_paths("probes"), port)
                            .fix("use the name of one of its ports, or a number");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let pod = |container: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: a, ports: [{{name: http, containerPort: 80}}], {container}}}]}}\n"
            )
        };
        let rows: [(&str, &[&str]); 4] = [
            ("readinessProbe: {httpGet: {port: http}}", &[]),
            ("readinessProbe: {httpGet: {port: 8080}}, livenessProbe: {tcpSocket: {port: '81'}}", &[]),
            (
                "livenessProbe: {tcpSocket: {port: grpc}}",
                &[
                    "Pod/p spec.containers[0].livenessProbe.tcpSocket.port: the container \"a\" has no port named \"grpc\"",
                ],
            ),
            (
                "lifecycle: {preStop: {httpGet: {port: x}}}",
                &[
                    "Pod/p spec.containers[0].lifecycle.preStop.httpGet.port: the container \"a\" has no port named \"x\"",
                ],
            ),
        ];
        for (container, want) in rows {
            assert_eq!(objects(&RULE, &pod(container)), want, "{container}");
        }
    }
}
