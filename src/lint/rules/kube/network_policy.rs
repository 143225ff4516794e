//! Network policies that the API server refuses.

use super::label::selector;
use super::{fits, in_range, objects};
use crate::lint::field::{Field, Report};
use crate::lint::network::is_ip_block;
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::is_port_name;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B523",
    name: "network-policy",
    severity: Severity::Error,
    about: "a network policy with peers or ports that the cluster refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    objects(release, "networking.k8s.io", "NetworkPolicy", found, |root, report| {
        let Some(spec) = root.get("spec") else { return };
        for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
            for rule in spec.each(rules) {
                for peer in rule.each(peers) {
                    self::peer(&peer, report);
                }
                for port in rule.each("ports") {
                    self::port(&port, report);
                }
            }
        }
    });
}

fn peer(peer: &Field<'_>, report: &mut Report<'_, '_>) {
    let selectors = ["podSelector", "namespaceSelector"];
    let selected = selectors.iter().any(|key| peer.has(key));
    match peer.get("ipBlock") {
        Some(block) if selected => {
            report.say(&block, "", "a peer has both ipBlock and a selector", "make two peers of it");
        }
        Some(block) => {
            let is_network = |text: &str| text.contains('/') && is_ip_block(text);
            fits(&block, "cidr", is_network, "a network such as 10.0.0.0/8", report);
        }
        None if !selected => {
            let fix = "write podSelector, namespaceSelector or ipBlock; {} in a selector selects all";
            report.say(peer, "", "a peer is empty", fix);
        }
        None => {}
    }
    for key in selectors {
        peer.within(&[key], &mut |labels| selector(labels, report));
    }
}

fn port(port: &Field<'_>, report: &mut Report<'_, '_>) {
    in_range(port, "port", 1, 65535, report);
    fits(port, "port", is_port_name, "the name of a port: at most 15 lower-case letters, digits and hyphens", report);
    let Some(end) = port.number("endPort") else { return };
    match port.number("port") {
        None => report.say(port, "endPort", "endPort needs the number of a port", "write port as a number"),
        Some(start) if end < start => {
            let message = format!("endPort {end} is below port {start}");
            report.say(port, "endPort", message, "write a larger number");
        }
        Some(_) => in_range(port, "endPort", 1, 65535, report),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            (
                "podSelector: {}, ingress: [{from: [{podSelector: {}, namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: http}, {port: 1, endPort: 9}]}, {}]",
                "",
            ),
            ("ingress: [{from: [{}]}]", "ingress[0].from[0]: a peer is empty"),
            (
                "ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]",
                "ingress[0].from[0].ipBlock: a peer has both ipBlock and a selector",
            ),
            (
                "egress: [{to: [{ipBlock: {cidr: 10.0.0.1}}]}]",
                "egress[0].to[0].ipBlock.cidr: cidr \"10.0.0.1\" is not a network such as 10.0.0.0/8",
            ),
            ("egress: [{ports: [{port: 9, endPort: 1}]}]", "egress[0].ports[0].endPort: endPort 1 is below port 9"),
            ("egress: [{ports: [{endPort: 1}]}]", "egress[0].ports[0].endPort: endPort needs the number of a port"),
            ("egress: [{ports: [{port: 0}]}]", "egress[0].ports[0].port: port is 0, but must be from 1 to 65535"),
        ] {
            let text = format!(
                "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: np}}, spec: {{{spec}}}}}"
            );
            assert_says(&RULE, &text, "NetworkPolicy/np spec.", want);
        }
    }
}
