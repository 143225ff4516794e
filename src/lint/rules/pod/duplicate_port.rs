//! Ports of a container with the same name, and ports of a pod with the same number and protocol: its containers share one
//! network. A name may be that of ports of several containers.

use crate::lint::objects::{Release, integer, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B201",
    name: "duplicate-port",
    severity: Severity::Error,
    about: "two ports of a container with the same name, or of a pod with the same number and protocol",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        let mut names: Vec<(&str, &str)> = Vec::new();
        let mut numbers: Vec<(i64, &str, &str)> = Vec::new();
        let containers = pod.containers();
        for container in containers.iter().filter(|c| c.stays) {
            for (at, port) in items(container.node.get("ports")).iter().enumerate() {
                let path = pod_path(&container.path, at);
                if let Some(name) = port.get("name").and_then(|n| n.as_str()) {
                    match names.iter().find(|known| **known == (name, container.name)) {
                        Some((_, owner)) => found
                            .on(object, format!("{path}.name"), text(&format!("{name:?}"), owner, container.name))
                            .values_any(&container.value_paths("ports"), name)
                            .values(&["ports"])
                            .fix("give each port its own name"),
                        None => names.push((name, container.name)),
                    }
                }
                let Some(number) = integer(port.get("containerPort")) else { continue };
                let protocol = port.get("protocol").and_then(|p| p.as_str()).unwrap_or("TCP");
                match numbers.iter().find(|(n, p, _)| *n == number && *p == protocol) {
                    Some((_, _, owner)) => found
                        .on(
                            object,
                            format!("{path}.containerPort"),
                            text(&format!("{number}/{protocol}"), owner, container.name),
                        )
                        .values_any(&container.value_paths("ports"), &number.to_string())
                        .values(&["ports"])
                        .fix("only one process of a pod can listen there: change the number, or remove one"),
                    None => numbers.push((number, protocol, container.name)),
                }
            }
        }
    }
}

fn pod_path(container: &str, at: usize) -> String {
    format!("{container}.ports[{at}]")
}

fn text(port: &str, owner: &str, container: &str) -> String {
    if owner == container {
        format!("the container {container:?} has the port {port} twice")
    } else {
        format!("the containers {owner:?} and {container:?} both have the port {port}")
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let pod =
            |containers: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{containers}}}\n");
        let rows: [(&str, &[&str]); 6] = [
            ("containers: [{name: a, ports: [{containerPort: 1, name: x}, {containerPort: 2}]}]", &[]),
            ("containers: [{name: a, ports: [{containerPort: 1}, {containerPort: 1, protocol: UDP}]}]", &[]),
            (
                "containers: [{name: a, ports: [{containerPort: 1}, {containerPort: 1, protocol: TCP}]}]",
                &["Pod/p spec.containers[0].ports[1].containerPort: the container \"a\" has the port 1/TCP twice"],
            ),
            (
                "containers: [{name: a, ports: [{containerPort: 1, name: x}, {containerPort: 2, name: x}]}, {name: b, ports: [{containerPort: 3, name: x}]}]",
                &["Pod/p spec.containers[0].ports[1].name: the container \"a\" has the port \"x\" twice"],
            ),
            (
                "initContainers: [{name: i, ports: [{containerPort: 1}]}], containers: [{name: a, ports: [{containerPort: 1}]}]",
                &[],
            ),
            (
                "initContainers: [{name: i, restartPolicy: Always, ports: [{containerPort: 1}]}], containers: [{name: a, ports: [{containerPort: 1}]}]",
                &[
                    "Pod/p spec.containers[0].ports[0].containerPort: the containers \"i\" and \"a\" both have the port 1/TCP",
                ],
            ),
        ];
        for (containers, want) in rows {
            assert_eq!(objects(&RULE, &pod(containers)), want, "{containers}");
        }
    }
}
