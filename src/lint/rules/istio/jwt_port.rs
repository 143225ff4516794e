//! Tokens at ports that do not speak HTTP: nothing there has a token. Istio: the protocol of a port is its `appProtocol`, or the
//! part of its name before the first hyphen.

use super::SECURITY;
use crate::lint::objects::{Object, Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::{Node, NodeMap};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B426",
    name: "jwt-port",
    severity: Severity::Warning,
    about: "tokens for a service that has no port for HTTP",
    check: Check::Objects(check),
};

const OTHER: [&str; 8] = ["tcp", "tls", "https", "mongo", "mysql", "redis", "udp", "sctp"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for policy in release.of(SECURITY, "RequestAuthentication") {
        let Some(labels) = policy.at(&["spec", "selector", "matchLabels"]).and_then(Node::as_map) else { continue };
        let space = release.namespace_of(policy);
        let services: Vec<&Object> = release
            .of("", "Service")
            .filter(|service| release.namespace_of(service) == space && selects_same(service, labels))
            .collect();
        let ports = || services.iter().flat_map(|service| items(service.at(&["spec", "ports"])));
        if ports().next().is_some() && ports().all(is_not_http) {
            let names: Vec<&str> = ports().filter_map(|port| port.get("name").and_then(Node::as_str)).collect();
            found
                .on(
                    policy,
                    "spec.jwtRules",
                    format!("no port of the service speaks HTTP ({}): tokens are never checked", names.join(", ")),
                )
                .values(&["istio", "jwt"])
                .values(&["istio"])
                .fix("name the port http-..., or set its appProtocol to http");
        }
    }
}

/// Whether a Service selects the pods that have these labels.
fn selects_same(service: &Object, labels: &NodeMap) -> bool {
    let selector = service.at(&["spec", "selector"]).and_then(Node::as_map);
    selector.is_some_and(|selector| {
        !selector.is_empty()
            && selector.iter().all(|(key, value)| labels.get(key).is_none_or(|other| other.data == value.data))
            && selector.keys().any(|key| labels.contains_key(key))
    })
}

fn is_not_http(port: &Node) -> bool {
    let text = |key: &str| port.get(key).and_then(Node::as_str);
    let name = || text("name").and_then(|name| name.split('-').next());
    let other = |protocol: &str| OTHER.contains(&protocol.to_ascii_lowercase().as_str());
    text("appProtocol").or_else(name).is_some_and(other) || text("protocol").is_some_and(|protocol| protocol != "TCP")
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (ports, want) in [
            ("[{name: http, port: 80}]", ""),
            ("[{name: tcp-a, port: 1}, {name: web, port: 80}]", ""),
            ("[{name: tcp-a, port: 1, appProtocol: http}]", ""),
            ("[{name: tcp-a, port: 1}]", "no port of the service speaks HTTP (tcp-a): tokens are never checked"),
            ("[{name: redis, port: 1}]", "no port of the service speaks HTTP (redis): tokens are never checked"),
        ] {
            let text = format!(
                "kind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}, ports: {ports}}}\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{name: web}}\nspec: {{selector: {{matchLabels: {{app: web}}}}, jwtRules: [{{issuer: a}}]}}\n"
            );
            assert_says(&RULE, &text, "RequestAuthentication/web spec.jwtRules: ", want);
        }
    }
}
