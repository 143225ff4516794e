//! `Sidecar`: listeners that Istio refuses. Istio: `ValidateSidecar`.

use super::NETWORKING;
use super::texts::{PROTOCOLS, host_fault, is_label};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B429",
    name: "sidecar",
    severity: Severity::Error,
    about: "a Sidecar that Istio refuses: empty, hosts without a namespace, listeners that clash",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "Sidecar") {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let Some(spec) = root.get("spec") else { continue };
        let filled = |key| spec.list(key).is_some_and(|list| !list.is_empty());
        if !filled("egress")
            && !filled("ingress")
            && !spec.has("outboundTrafficPolicy")
            && !spec.has("inboundConnectionPool")
        {
            report.say(&spec, "", "the Sidecar configures nothing", "set egress, ingress or outboundTrafficPolicy");
        }
        let mut ports: Vec<i64> = Vec::new();
        for listener in spec.each("ingress") {
            if let Some(port) = listener.get("port") {
                one_port(&port, &mut ports, false, &mut report);
            }
        }
        ports.clear();
        let count = spec.list("egress").map_or(0, <[Node]>::len);
        for (at, listener) in spec.each("egress").enumerate() {
            match listener.get("port") {
                Some(port) => one_port(&port, &mut ports, true, &mut report),
                None if at + 1 < count => {
                    let message =
                        "a listener without a port takes all the traffic that is left, so it must be the last";
                    report.say(&listener, "", message, "move it to the end of egress");
                }
                None => {}
            }
            if listener.list("hosts").is_none_or(<[Node]>::is_empty) {
                report.say(&listener, "hosts", "a listener has no hosts", "write NAMESPACE/HOST, or ./* for all here");
            }
            for host in listener.each("hosts") {
                visible(&host, &mut report);
            }
        }
        if let Some(policy) = spec.get("outboundTrafficPolicy")
            && policy.has("egressProxy")
            && policy.text("mode") != Some("ALLOW_ANY")
        {
            let message = "egressProxy needs the mode ALLOW_ANY";
            report.say(&policy, "egressProxy", message, "write mode: ALLOW_ANY, or remove egressProxy");
        }
    }
}

fn one_port(port: &Field<'_>, before: &mut Vec<i64>, may_be_socket: bool, report: &mut Report<'_, '_>) {
    let number = port.number("number").unwrap_or(0);
    let is_socket = may_be_socket && number == 0;
    if !is_socket && !(1..=65535).contains(&number) {
        report.say(port, "number", format!("{number} is not a port from 1 to 65535"), "write the number of the port");
    } else if number > 0 && before.contains(&number) {
        report.say(port, "number", format!("two listeners have the port {number}"), "keep one of them");
    }
    before.push(number);
    if let Some(text) = port.text("protocol").filter(|text| !PROTOCOLS.contains(&text.to_ascii_uppercase().as_str())) {
        let fix = format!("write one of {}", PROTOCOLS.join(", "));
        report.say(port, "protocol", format!("the protocol {text:?} does not exist"), fix);
    }
    if port.number("targetPort").is_some_and(|number| number > 0) {
        report.say(port, "targetPort", "the port of a Sidecar has no targetPort", "remove it");
    }
}

/// `NAMESPACE/HOST`. Istio: `ValidateNamespaceSlashWildcardHostname`.
fn visible(host: &Field<'_>, report: &mut Report<'_, '_>) {
    let Some(text) = host.node.as_str() else { return };
    let Some((space, name)) = text.split_once('/') else {
        let message = format!("the host {text:?} has no namespace");
        report.say(host, "", message, format!("write NAMESPACE/{text}, ./{text} or */{text}"));
        return;
    };
    if !([".", "*", "~"].contains(&space) || is_label(space)) {
        let message = format!("{space:?} is not a namespace");
        report.say(host, "", message, "write a namespace, \".\", \"*\" or \"~\"");
    } else if let Some(fault) = host_fault(name, false) {
        report.say(host, "", format!("the host {text:?} {fault}"), "write NAMESPACE/HOST");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            ("egress: [{hosts: ['./*', 'istio-system/*', '*/*', '~/*']}]", ""),
            ("ingress: [{port: {number: 80, protocol: HTTP, name: http}}]", ""),
            ("outboundTrafficPolicy: {mode: REGISTRY_ONLY}", ""),
            ("x: 1", ": the Sidecar configures nothing"),
            ("egress: [{hosts: [web]}]", ".egress[0].hosts[0]: the host \"web\" has no namespace"),
            ("egress: [{hosts: []}]", ".egress[0].hosts: a listener has no hosts"),
            ("egress: [{hosts: ['a b/*']}]", ".egress[0].hosts[0]: \"a b\" is not a namespace"),
            (
                "egress: [{hosts: ['./*']}, {port: {number: 80}, hosts: ['./*']}]",
                ".egress[0]: a listener without a port takes all the traffic that is left, so it must be the last",
            ),
            (
                "ingress: [{port: {number: 80}}, {port: {number: 80}}]",
                ".ingress[1].port.number: two listeners have the port 80",
            ),
            (
                "ingress: [{port: {number: 80, protocol: WEB}}]",
                ".ingress[0].port.protocol: the protocol \"WEB\" does not exist",
            ),
            (
                "outboundTrafficPolicy: {egressProxy: {host: a}}",
                ".outboundTrafficPolicy.egressProxy: egressProxy needs the mode ALLOW_ANY",
            ),
        ] {
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            );
            assert_says(&RULE, &text, "Sidecar/web spec", want);
        }
    }
}
