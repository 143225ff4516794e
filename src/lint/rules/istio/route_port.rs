//! A route to a port that its Service lacks: requests fail with 503. Istio: analyzer message IST0101.

use super::NETWORKING;
use super::hosts::{Host, destinations};
use crate::lint::objects::{Object, Release, at, integer, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B427",
    name: "route-port",
    severity: Severity::Warning,
    about: "a route or a DestinationRule for a port that the Service does not have",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    let mut look = |object: &Object, place: String, host: &str, port: Option<i64>| {
        let Some((host, port)) = Host::of(host, release.namespace_of(object)).zip(port) else { return };
        let is_host = |service: &&Object| service.name == host.name && release.namespace_of(service) == host.namespace;
        let Some(service) = release.of("", "Service").find(is_host) else { return };
        let ports: Vec<i64> =
            items(service.at(&["spec", "ports"])).iter().filter_map(|port| integer(port.get("port"))).collect();
        if !ports.is_empty() && !ports.contains(&port) {
            let known: Vec<String> = ports.iter().map(i64::to_string).collect();
            found
                .on(object, place, format!("the Service {} has no port {port}", host.name))
                .values_text(&["istio"], &port.to_string())
                .values_text(&["extraObjects"], &object.name)
                .values(&["istio", "port"])
                .values(&["istio"])
                .fix(format!("the ports are: {}", known.join(", ")));
        }
    };
    for to in destinations(release) {
        look(to.object, format!("{}.port.number", to.place), to.host, to.port);
    }
    for rule in release.of(NETWORKING, "DestinationRule") {
        let host = rule.text(&["spec", "host"]).unwrap_or_default();
        for (index, settings) in items(rule.at(&["spec", "trafficPolicy", "portLevelSettings"])).iter().enumerate() {
            let place = format!("spec.trafficPolicy.portLevelSettings[{index}].port.number");
            look(rule, place, host, integer(at(settings, &["port", "number"])));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (host, port, want) in [
            ("web", 80, ""),
            ("other", 81, ""),
            ("web.example.com", 81, ""),
            ("web", 8080, "the Service web has no port 8080"),
            ("web.shop.svc.cluster.local", 8080, "the Service web has no port 8080"),
        ] {
            let service = "kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}, {port: 443}]}";
            let text = format!(
                "{service}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{route: [{{destination: {{host: {host}, port: {{number: {port}}}}}}}]}}]}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web spec.http[0].route[0].destination.port.number: ", want);
            let text = format!(
                "{service}\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: web}}\nspec: {{host: {host}, trafficPolicy: {{portLevelSettings: [{{port: {{number: {port}}}}}]}}}}\n"
            );
            assert_says(
                &RULE,
                &text,
                "DestinationRule/web spec.trafficPolicy.portLevelSettings[0].port.number: ",
                want,
            );
        }
    }
}
