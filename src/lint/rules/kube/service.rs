//! Services that the API server refuses.

use super::{DNS_LABEL, fits, in_range, objects};
use crate::lint::field::{Field, Report};
use crate::lint::network::is_ip_block;
use crate::lint::objects::{Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_dns_label, is_port_name, is_qualified_name, is_subdomain};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B517",
    name: "service",
    severity: Severity::Error,
    about: "a Service with ports, addresses or policies that the cluster refuses for its type",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    objects(release, "", "Service", found, |root, report| {
        if let Some(spec) = root.get("spec") {
            service(&spec, report);
        }
    });
}

fn service(spec: &Field<'_>, report: &mut Report<'_, '_>) {
    let kind = spec.text("type").unwrap_or("ClusterIP");
    let headless = spec.text("clusterIP") == Some("None");
    let ports = spec.list("ports").unwrap_or_default();
    if ports.is_empty() && !headless && kind != "ExternalName" {
        report.say(spec, "ports", format!("a Service of the type {kind} needs ports"), "add a port");
    }
    if kind == "ExternalName" {
        match spec.text("externalName") {
            None => report.say(spec, "externalName", "the type ExternalName needs externalName", "add the host"),
            Some(name) if !is_subdomain(name.trim_end_matches('.')) => {
                let message = format!("externalName {name:?} is not a host");
                report.say(spec, "externalName", message, "write a DNS name, without a scheme or a port");
            }
            Some(_) => {}
        }
        for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"].iter().filter(|key| spec.has(key)) {
            if spec.node.get(key).and_then(Node::as_str) != Some("") {
                report.say(spec, key, format!("the type ExternalName cannot have {key}"), format!("remove {key}"));
            }
        }
    }
    if headless && matches!(kind, "NodePort" | "LoadBalancer") {
        let message = format!("a Service of the type {kind} cannot have clusterIP None");
        report.say(spec, "clusterIP", message, "remove clusterIP, or write type: ClusterIP");
    }
    for (at, port) in spec.each("ports").enumerate() {
        self::port(&port, kind, ports.len() > 1, report);
        if let Some(number) = port.number("nodePort").filter(|number| *number != 0) {
            let same = |other: &Node| {
                crate::lint::objects::integer(other.get("nodePort")) == Some(number)
                    && other.get("protocol").and_then(Node::as_str).unwrap_or("TCP")
                        == port.text("protocol").unwrap_or("TCP")
            };
            if ports.iter().take(at).any(same) {
                let message = format!("two ports have the node port {number}");
                report.say(&port, "nodePort", message, "give each port its own");
            }
        }
    }
    policies(spec, kind, report);
    for key in ["externalIPs", "loadBalancerSourceRanges"] {
        for text in spec.list(key).into_iter().flatten().filter_map(Node::as_str) {
            let block = key == "loadBalancerSourceRanges";
            if !is_ip_block(text.trim()) || block != text.contains('/') {
                let what = if block { "a network such as 10.0.0.0/8" } else { "an IP address" };
                report.say(spec, key, format!("{text:?} is not {what}"), format!("write {what}"));
            }
        }
    }
}

fn port(port: &Field<'_>, kind: &str, several: bool, report: &mut Report<'_, '_>) {
    in_range(port, "port", 1, 65535, report);
    in_range(port, "targetPort", 1, 65535, report);
    match port.text("name") {
        None if several => {
            let message = "each of several ports of a Service needs a name";
            report.say(port, "name", message, "add the name");
        }
        _ => fits(port, "name", is_dns_label, DNS_LABEL, report),
    }
    let target = "the name of a port: at most 15 lower-case letters, digits and single hyphens";
    fits(port, "targetPort", is_port_name, target, report);
    fits(port, "appProtocol", is_qualified_name, "a protocol such as http, grpc or kubernetes.io/h2c", report);
    let Some(number) = port.number("nodePort").filter(|number| *number != 0) else { return };
    if kind == "ClusterIP" {
        let message = format!("a Service of the type {kind} cannot have nodePort {number}");
        report.say(port, "nodePort", message, "remove nodePort, or write type: NodePort");
    } else if !(30000..=32767).contains(&number) {
        let message =
            format!("nodePort {number} is not from 30000 to 32767, the ports of nodes unless the cluster has others");
        report.say(port, "nodePort", message, "write such a number, or remove nodePort to get one");
    }
}

fn policies(spec: &Field<'_>, kind: &str, report: &mut Report<'_, '_>) {
    let balanced = kind == "LoadBalancer";
    let outside = balanced
        || kind == "NodePort"
        || kind == "ClusterIP" && spec.list("externalIPs").is_some_and(|list| !list.is_empty());
    if let Some(policy) = spec.text("externalTrafficPolicy").filter(|_| !outside) {
        let message = format!("a Service of the type {kind} cannot have externalTrafficPolicy {policy}");
        report.say(spec, "externalTrafficPolicy", message, "remove it, or write type: LoadBalancer or NodePort");
    }
    let local = balanced && spec.text("externalTrafficPolicy") == Some("Local");
    if spec.number("healthCheckNodePort").is_some_and(|number| number != 0) && !local {
        let message = "healthCheckNodePort needs the type LoadBalancer and externalTrafficPolicy Local";
        report.say(spec, "healthCheckNodePort", message, "remove it");
    }
    for key in ["loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "loadBalancerClass"] {
        let empty = spec.list(key).is_some_and(<[_]>::is_empty);
        if spec.has(key) && !balanced && !empty {
            let message = format!("a Service of the type {kind} cannot have {key}");
            report.say(spec, key, message, format!("remove {key}, or write type: LoadBalancer"));
        }
    }
    if spec.text("sessionAffinity") != Some("ClientIP") && spec.has("sessionAffinityConfig") {
        let message = "sessionAffinityConfig needs sessionAffinity ClientIP";
        report.say(spec, "sessionAffinityConfig", message, "add sessionAffinity: ClientIP");
    }
    spec.within(&["sessionAffinityConfig", "clientIP"], &mut |client| {
        in_range(client, "timeoutSeconds", 1, 86400, report);
    });
    let first = spec.list("clusterIPs").and_then(<[Node]>::first).map(scalar);
    if let (Some(address), Some(first)) = (spec.text("clusterIP"), first)
        && address != first
    {
        let message = format!("clusterIP {address} is not the first of clusterIPs, {first}");
        report.say(spec, "clusterIPs", message, "remove one of the fields");
    }
    if let Some(address) =
        spec.text("clusterIP").filter(|text| *text != "None" && text.parse::<std::net::IpAddr>().is_err())
    {
        report.say(spec, "clusterIP", format!("{address:?} is not an IP address"), "write an IP address, or None");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            ("ports: [{port: 80, targetPort: 8080}]", ""),
            ("ports: [{port: 80, targetPort: http, nodePort: 0}], clusterIP: None", ""),
            ("clusterIP: None", ""),
            ("type: ExternalName, externalName: a.example, clusterIP: ''", ""),
            (
                "type: LoadBalancer, externalTrafficPolicy: Local, ports: [{name: a, port: 1, nodePort: 30000}, {name: b, port: 2}], loadBalancerSourceRanges: [' 10.0.0.0/8']",
                "",
            ),
            ("ports: []", "ports: a Service of the type ClusterIP needs ports"),
            ("ports: [{port: 0}]", "ports[0].port: port is 0, but must be from 1 to 65535"),
            (
                "ports: [{port: 1, targetPort: my_http_port}]",
                "ports[0].targetPort: targetPort \"my_http_port\" is not the name of a port: at most 15 lower-case letters, digits and single hyphens",
            ),
            (
                "ports: [{port: 1, nodePort: 30000}]",
                "ports[0].nodePort: a Service of the type ClusterIP cannot have nodePort 30000",
            ),
            (
                "type: NodePort, ports: [{port: 1, nodePort: 8080}]",
                "ports[0].nodePort: nodePort 8080 is not from 30000 to 32767, the ports of nodes unless the cluster has others",
            ),
            (
                "ports: [{port: 1, name: A}]",
                "ports[0].name: name \"A\" is not a name of at most 63 lower-case letters, digits and hyphens",
            ),
            (
                "ports: [{port: 1, appProtocol: 'a b'}]",
                "ports[0].appProtocol: appProtocol \"a b\" is not a protocol such as http, grpc or kubernetes.io/h2c",
            ),
            (
                "ports: [{port: 1}], externalTrafficPolicy: Local",
                "externalTrafficPolicy: a Service of the type ClusterIP cannot have externalTrafficPolicy Local",
            ),
            (
                "ports: [{port: 1}], loadBalancerSourceRanges: [10.0.0.0/8]",
                "loadBalancerSourceRanges: a Service of the type ClusterIP cannot have loadBalancerSourceRanges",
            ),
            (
                "type: LoadBalancer, ports: [{port: 1}], loadBalancerSourceRanges: [10.0.0.1]",
                "loadBalancerSourceRanges: \"10.0.0.1\" is not a network such as 10.0.0.0/8",
            ),
            (
                "ports: [{port: 1}], sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}",
                "sessionAffinityConfig: sessionAffinityConfig needs sessionAffinity ClientIP",
            ),
            (
                "type: ExternalName, externalName: https://a.example",
                "externalName: externalName \"https://a.example\" is not a host",
            ),
            (
                "type: NodePort, clusterIP: None, ports: [{port: 1}]",
                "clusterIP: a Service of the type NodePort cannot have clusterIP None",
            ),
            ("clusterIP: a.example, ports: [{port: 1}]", "clusterIP: \"a.example\" is not an IP address"),
        ] {
            let text = format!("{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &text, "Service/s spec.", want);
        }
    }
}
