//! A host of a `VirtualService` that none of its gateways has: every request gets a 404.

use super::NETWORKING;
use super::texts::covers;
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Object, Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B422",
    name: "gateway-host",
    severity: Severity::Warning,
    about: "a host of a VirtualService that its Gateway does not have",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "VirtualService") {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let Some(spec) = root.get("spec") else { continue };
        let names: Vec<&str> = spec.each("gateways").filter_map(|name| name.node.as_str()).collect();
        // a host may be for the mesh alone; a gateway of another output is not known
        let gateways: Option<Vec<&Object>> = names.iter().map(|name| gateway(release, object, name)).collect();
        let Some(gateways) = gateways.filter(|gateways| !gateways.is_empty()) else { continue };
        let space = release.namespace_of(object);
        let mut known: Vec<&str> = Vec::new();
        for gateway in &gateways {
            let servers = items(gateway.at(&["spec", "servers"]));
            known.extend(servers.iter().flat_map(|server| items(server.get("hosts"))).filter_map(|host| {
                let text = host.as_str()?;
                let Some((of, name)) = text.split_once('/') else { return Some(text) };
                let open = of == "*" || of == space || of == "." && release.namespace_of(gateway) == space;
                open.then_some(name)
            }));
        }
        known.dedup();
        for host in spec.each("hosts") {
            let Some(text) = host.node.as_str() else { continue };
            if !known.iter().any(|other| covers(text, other) || covers(other, text)) {
                let gateways = names.join(" and ");
                let message =
                    format!("the host {text:?} is none of the hosts of the gateway {gateways}: requests get a 404");
                let fix =
                    format!("add it to the servers of the gateway, or use one of its hosts: {}", known.join(", "));
                report.say(&host, "", message, fix);
            }
        }
    }
}

/// The Gateway of this output that a name refers to.
fn gateway<'r>(release: &'r Release, from: &Object, name: &str) -> Option<&'r Object> {
    let own = release.namespace_of(from);
    let (space, name) = name.split_once('/').unwrap_or((own, name));
    release.of(NETWORKING, "Gateway").find(|gateway| gateway.name == name && release.namespace_of(gateway) == space)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (gateways, hosts, servers, want) in [
            ("[public]", "[shop.example]", "['*.example']", ""),
            ("[shop/public]", "['*.example']", "[shop.example]", ""),
            ("[public]", "[a.example]", "['./a.example']", ""),
            ("[public, mesh]", "[web]", "[shop.example]", ""),
            ("[other/public]", "[a.example]", "[shop.example]", ""),
            (
                "[public]",
                "[api.example]",
                "[shop.example]",
                "spec.hosts[0]: the host \"api.example\" is none of the hosts of the gateway public: requests get a 404",
            ),
            (
                "[public]",
                "[a.example]",
                "[team/a.example]",
                "spec.hosts[0]: the host \"a.example\" is none of the hosts of the gateway public: requests get a 404",
            ),
        ] {
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{gateways: {gateways}, hosts: {hosts}}}\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: public}}\nspec: {{servers: [{{hosts: {servers}}}]}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web ", want);
        }
    }
}
