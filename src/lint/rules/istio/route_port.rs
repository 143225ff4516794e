//! A route to a port that the Service does not have: requests fail with 503.

use super::hosts::{Host, destinations};
use crate::lint::objects::{Release, at, integer, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B427",
    name: "route-port",
    severity: Severity::Error,
    about: "a route to a port that the Service of its host does not have",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for to in destinations(release) {
        let Some(host) = Host::of(to.host, release.namespace_of(to.object)) else { continue };
        let is_host = |name: &str, space: &str| name == host.name && space == host.namespace;
        let Some(service) = release.of("", "Service").find(|s| is_host(&s.name, release.namespace_of(s))) else {
            continue;
        };
        let Some(port) = to.port else { continue };
        let ports: Vec<i64> =
            items(service.at(&["spec", "ports"])).iter().filter_map(|port| integer(at(port, &["port"]))).collect();
        if !ports.is_empty() && !ports.contains(&port) {
            let known: Vec<String> = ports.iter().map(ToString::to_string).collect();
            found
                .on(
                    to.object,
                    format!("{}.port.number", to.place),
                    format!("the Service {} has no port {port}", host.name),
                )
                .values_text(&["istio"], &port.to_string())
                .values(&["istio", "port"])
                .values(&["istio"])
                .fix(format!("the ports are: {}", known.join(", ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (port, want) in
            [("", ""), (", port: {number: 80}", ""), (", port: {number: 8080}", "the Service web has no port 8080")]
        {
            let text = format!(
                "kind: Service\nmetadata: {{name: web}}\nspec: {{ports: [{{port: 80, targetPort: 8080}}]}}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{route: [{{destination: {{host: web{port}}}}}]}}]}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web spec.http[0].route[0].destination.port.number: ", want);
        }
    }
}
