//! `ServiceEntry`: hosts, ports, and what each resolution allows. Istio: the rules in its resource definition.

use super::NETWORKING;
use super::fields::{self, Is, say, texts};
use super::texts::{PROTOCOLS, host_fault, is_label};
use crate::lint::network::is_ip_block;
use crate::lint::objects::{Release, integer, is_set, items};
use crate::lint::path;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B412",
    name: "service-entry",
    severity: Severity::Error,
    about: "a ServiceEntry without hosts, with ports that clash, or with endpoints that its resolution forbids",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for entry in release.of(NETWORKING, "ServiceEntry") {
        fields::check(
            entry,
            &[
                ("spec", Is::Object),
                ("spec.hosts", Is::Filled),
                ("spec.hosts[]", Is::Such(is_host, "a host, or a wildcard such as *.example.com")),
                ("spec.ports[].name", Is::Such(is_label, "a name of letters, digits and hyphens")),
                ("spec.ports[].protocol", Is::Such(is_protocol, "a protocol such as HTTP, HTTPS, TLS or TCP")),
                ("spec.addresses[]", Is::Such(is_ip_block, "an address or a network")),
                ("spec.ports[].number", Is::Port),
                ("spec.ports[].targetPort", Is::Port),
                ("spec.endpoints[].ports{}", Is::Port),
            ],
            found,
        );
        let resolution = entry.text(&["spec", "resolution"]).unwrap_or("NONE");
        let endpoints = items(entry.at(&["spec", "endpoints"]));
        if is_set(entry.at(&["spec", "workloadSelector"])) && !endpoints.is_empty() {
            say(entry, "spec.endpoints", "endpoints and workloadSelector cannot both be set", found);
        } else if resolution == "NONE" && !endpoints.is_empty() {
            say(entry, "spec.endpoints", "the resolution NONE cannot have endpoints", found);
        }
        if resolution == "DNS_ROUND_ROBIN" && endpoints.len() > 1 {
            say(entry, "spec.endpoints", "the resolution DNS_ROUND_ROBIN can have only one endpoint", found);
        }
        let networks = texts(&entry.node, &["spec", "addresses"]);
        if resolution.contains("DNS") && networks.iter().any(|text| text.contains('/')) {
            let message = format!("the resolution {resolution} supports addresses, not networks");
            say(entry, "spec.addresses", message, found);
        }
        let ports = items(entry.at(&["spec", "ports"]));
        let by_host = ["HTTP", "HTTP2", "GRPC", "GRPC-WEB", "HTTP_PROXY", "HTTPS", "TLS"];
        let plain = |port: &&Node| {
            let protocol = port.get("protocol").and_then(Node::as_str).unwrap_or_default().to_ascii_uppercase();
            !by_host.contains(&protocol.as_str())
        };
        if resolution != "NONE"
            && items(entry.at(&["spec", "hosts"])).len() > 1
            && let Some(at) = ports.iter().position(|port| plain(&port))
        {
            let message = "a port that is neither HTTP nor TLS cannot tell several hosts apart";
            say(entry, path::index("spec.ports", at), message, found);
        }
        for (at, port) in ports.iter().enumerate() {
            let place = path::index("spec.ports", at);
            let name = port.get("name").and_then(Node::as_str);
            let number = integer(port.get("number"));
            let before = || ports.iter().take(at);
            if name.is_some() && before().any(|other| other.get("name").and_then(Node::as_str) == name) {
                let message = format!("two ports are named {:?}", name.unwrap_or_default());
                say(entry, format!("{place}.name"), message, found);
            }
            if number.is_some() && before().any(|other| integer(other.get("number")) == number) {
                let message = format!("two ports have the number {}", number.unwrap_or_default());
                say(entry, format!("{place}.number"), message, found);
            }
        }
    }
}

fn is_host(text: &str) -> bool {
    text != "*" && host_fault(text, false).is_none()
}

fn is_protocol(text: &str) -> bool {
    text.is_empty() || PROTOCOLS.contains(&text.to_ascii_uppercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!("apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {{name: web}}\nspec: {spec}\n")
        };
        let rows: [(&str, &str); 13] = [
            ("{hosts: [a.example], ports: [{name: a, number: 1}, {name: b, number: 2}], addresses: [10.0.0.0/8]}", ""),
            ("{hosts: ['*.example'], resolution: STATIC, endpoints: [{address: 1.1.1.1}]}", ""),
            ("null", "spec: spec must be an object, not null"),
            (
                "{hosts: ['*']}",
                "spec.hosts[0]: hosts[0] must be a host, or a wildcard such as *.example.com, not \"*\"",
            ),
            (
                "{hosts: [a], ports: [{name: a, number: 1, protocol: WEB}]}",
                "spec.ports[0].protocol: protocol must be a protocol such as HTTP, HTTPS, TLS or TCP, not \"WEB\"",
            ),
            (
                "{hosts: [a, b], resolution: DNS, ports: [{name: a, number: 1, protocol: TCP}]}",
                "spec.ports[0]: a port that is neither HTTP nor TLS cannot tell several hosts apart",
            ),
            (
                "{hosts: [a], workloadSelector: {}, endpoints: [{}]}",
                "spec.endpoints: endpoints and workloadSelector cannot both be set",
            ),
            ("{hosts: [a], endpoints: [{}]}", "spec.endpoints: the resolution NONE cannot have endpoints"),
            (
                "{hosts: [a], resolution: DNS_ROUND_ROBIN, endpoints: [{}, {}]}",
                "spec.endpoints: the resolution DNS_ROUND_ROBIN can have only one endpoint",
            ),
            (
                "{hosts: [a], resolution: DNS, addresses: [10.0.0.0/8]}",
                "spec.addresses: the resolution DNS supports addresses, not networks",
            ),
            (
                "{hosts: [a], ports: [{name: a, number: 1}, {name: a, number: 2}]}",
                "spec.ports[1].name: two ports are named \"a\"",
            ),
            (
                "{hosts: [a], ports: [{name: a, number: 1}, {name: b, number: 1}]}",
                "spec.ports[1].number: two ports have the number 1",
            ),
            (
                "{hosts: [a], ports: [{name: a, number: 99999}]}",
                "spec.ports[0].number: number must be a port from 1 to 65535, not 99999",
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "ServiceEntry/web ", want);
        }
    }
}
