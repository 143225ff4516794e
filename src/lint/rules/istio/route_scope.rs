//! Where a `VirtualService` applies, and its TCP and TLS routes: what Istio refuses. Istio: `ValidateVirtualService`,
//! `validateGatewayNames`, `validateTLSRoute`, `validateTCPRoute`.

use super::NETWORKING;
use super::texts::{covers, host_fault, is_label};
use crate::dns::is_dotted;
use crate::lint::field::{Field, Report};
use crate::lint::network::is_ip_block;
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B431",
    name: "route-scope",
    severity: Severity::Error,
    about: "a VirtualService whose gateways, hosts, TCP or TLS routes Istio refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "VirtualService") {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let Some(spec) = root.get("spec") else { continue };
        gateways(&spec, &mut report);
        twice(&spec, &mut report);
        let is_delegate = spec.list("hosts").is_none_or(<[Node]>::is_empty);
        let at_gateway = spec.each("gateways").any(|name| name.node.as_str() != Some("mesh"));
        for list in ["tls", "tcp"] {
            if is_delegate && spec.list(list).is_some_and(|routes| !routes.is_empty()) {
                let message =
                    format!("without hosts, only another VirtualService leads here, and not to {list} routes");
                report.say(&spec, list, message, "add hosts, or keep http routes only");
            }
            for route in spec.each(list) {
                if route.list("route").is_none_or(<[Node]>::is_empty) {
                    report.say(&route, "route", "a route leads nowhere", "add a destination");
                }
                for condition in route.each("match") {
                    layer4(&condition, &spec, is_delegate, &mut report);
                }
                weights(&route, &mut report);
            }
        }
        for route in spec.each("http") {
            if is_delegate && route.has("delegate") {
                let message = "a VirtualService that others lead to cannot lead on";
                report.say(&route, "delegate", message, "add hosts, or name a destination in route");
            }
            for condition in route.each("match") {
                gateways(&condition, &mut report);
                if let Some(space) = condition.text("sourceNamespace").filter(|space| !is_label(space)) {
                    let message = format!("{space:?} is not the name of a namespace");
                    report.say(&condition, "sourceNamespace", message, "write the name of one namespace");
                }
                if !at_gateway {
                    claims(&condition, &mut report);
                }
            }
            weights(&route, &mut report);
        }
    }
}

/// `NAME`, `NAMESPACE/NAME` or `mesh`.
fn gateways(field: &Field<'_>, report: &mut Report<'_, '_>) {
    for gateway in field.each("gateways") {
        let Some(text) = gateway.node.as_str() else { continue };
        let fits = match text.split_once('/') {
            Some((space, name)) => is_label(space) && is_label(name),
            None => text.len() <= 255 && is_dotted(&text.to_ascii_lowercase()),
        };
        if !fits {
            let message = format!("{text:?} is not the name of a gateway");
            report.say(&gateway, "", message, "write NAME, NAMESPACE/NAME or mesh");
        }
    }
}

/// Hosts that other hosts of the same object contain. Istio: `host.Name.Matches`.
fn twice(spec: &Field<'_>, report: &mut Report<'_, '_>) {
    let mut before: Vec<&str> = Vec::new();
    for host in spec.each("hosts") {
        let Some(text) = host.node.as_str().filter(|text| host_fault(text, true).is_none()) else { continue };
        if let Some(other) = before.iter().find(|other| covers(other, text) || covers(text, other)) {
            let message = format!("the hosts {other:?} and {text:?} have names in common");
            report.say(&host, "", message, "keep the one that covers the other");
        }
        before.push(text);
    }
}

/// A match of a TCP or TLS route.
fn layer4(condition: &Field<'_>, spec: &Field<'_>, is_delegate: bool, report: &mut Report<'_, '_>) {
    gateways(condition, report);
    for subnet in condition.each("destinationSubnets") {
        if let Some(text) = subnet.node.as_str().filter(|text| !is_ip_block(text)) {
            let message = format!("{text:?} is not an address or a network");
            report.say(&subnet, "", message, "write an address or a network such as 10.0.0.0/8");
        }
    }
    for name in condition.each("sniHosts") {
        let Some(text) = name.node.as_str() else { continue };
        if let Some(fault) = host_fault(text, true) {
            report.say(&name, "", format!("the host {text:?} {fault}"), "write a name from `hosts`");
        } else if !is_ip_block(text)
            && !is_delegate
            && !spec.each("hosts").any(|host| host.node.as_str().is_some_and(|host| covers(host, text)))
        {
            let message = format!("the host {text:?} is none of the hosts of the VirtualService");
            report.say(&name, "", message, "add it to `hosts`, or use one of them");
        }
    }
}

/// Several destinations, of which none gets a request. Istio: `validateHTTPRouteDestinations`.
fn weights(route: &Field<'_>, report: &mut Report<'_, '_>) {
    let mut count = 0;
    let mut total: i64 = 0;
    for to in route.each("route") {
        count += 1;
        total = total.saturating_add(to.number("weight").unwrap_or(0));
        if let Some(weight) = to.number("weight").filter(|weight| *weight < 0) {
            report.say(&to, "weight", format!("the weight is {weight}, but must not be below 0"), "write 0 or more");
        }
    }
    if count > 1 && total == 0 {
        report.say(route, "route", "no destination has a weight", "give each destination its share as weight");
    }
}

/// Routes by the claims of a token are for gateways. Istio: `jwt.ToRoutingClaim`.
fn claims(condition: &Field<'_>, report: &mut Report<'_, '_>) {
    for key in ["headers", "withoutHeaders"] {
        let Some(headers) = condition.get(key) else { continue };
        for header in headers.entries().filter(|header| header.key().starts_with("@request.auth.claims")) {
            let message = "only a VirtualService of a gateway can route by the claims of a token";
            report.say(&header, "", message, "name a gateway in `gateways`, or let jwt copy the claim to a header");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let to = "route: [{destination: {host: web}}]";
        for (spec, want) in [
            (format!("hosts: [web], gateways: [public, infra/public, mesh], http: [{{{to}}}]"), ""),
            (format!("http: [{{{to}}}]"), ""),
            (
                format!(
                    "hosts: ['*.shop.example', shop.example], tls: [{{match: [{{sniHosts: [a.shop.example]}}], {to}}}]"
                ),
                "",
            ),
            (
                format!("hosts: [a], gateways: [Infra/pub_lic], http: [{{{to}}}]"),
                "spec.gateways[0]: \"Infra/pub_lic\" is not the name of a gateway",
            ),
            (
                format!("hosts: [a.example, '*.example'], http: [{{{to}}}]"),
                "spec.hosts[1]: the hosts \"a.example\" and \"*.example\" have names in common",
            ),
            (
                format!("tcp: [{{{to}}}]"),
                "spec.tcp: without hosts, only another VirtualService leads here, and not to tcp routes",
            ),
            (
                format!("hosts: [a.example], tls: [{{match: [{{sniHosts: [b.example]}}], {to}}}]"),
                "spec.tls[0].match[0].sniHosts[0]: the host \"b.example\" is none of the hosts of the VirtualService",
            ),
            ("hosts: [a], tcp: [{match: [{port: 1}]}]".to_owned(), "spec.tcp[0].route: a route leads nowhere"),
            (
                format!("hosts: [a], tcp: [{{match: [{{destinationSubnets: [10.0.0.0/64]}}], {to}}}]"),
                "spec.tcp[0].match[0].destinationSubnets[0]: \"10.0.0.0/64\" is not an address or a network",
            ),
            (
                "hosts: [a], http: [{route: [{destination: {host: a}}, {destination: {host: b}, weight: 0}]}]"
                    .to_owned(),
                "spec.http[0].route: no destination has a weight",
            ),
            (
                format!(
                    "hosts: [a], http: [{{match: [{{headers: {{'@request.auth.claims.sub': {{exact: a}}}}}}], {to}}}]"
                ),
                "spec.http[0].match[0].headers[\"@request.auth.claims.sub\"]: only a VirtualService of a gateway can route by the claims of a token",
            ),
            (
                "http: [{delegate: {name: b}}]".to_owned(),
                "spec.http[0].delegate: a VirtualService that others lead to cannot lead on",
            ),
        ] {
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web ", want);
        }
    }
}
