//! One host of two services. Istio joins their routes at a gateway in no order that is said anywhere; in the mesh it takes one of them.

use std::collections::BTreeMap;

use crate::lint::rule::{Check, Rule, ServiceFindings, Severity};
use crate::lint::services::{RoutedHost, ServiceObjects};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B603",
    name: "shared-host",
    severity: Severity::Warning,
    about: "one host in the VirtualServices of two services, where only one of them gets the requests",
    check: Check::Services(check),
};

fn check(services: &[&ServiceObjects], found: &mut ServiceFindings<'_>) {
    let mut known: BTreeMap<(&str, &str), Vec<(&ServiceObjects, &RoutedHost)>> = BTreeMap::new();
    for service in services {
        for host in &service.hosts {
            known.entry((&host.gateway, &host.host)).or_default().push((service, host));
        }
    }
    for ((gateway, host), all) in known {
        let Some(((first, one), others)) = all.split_first() else { continue };
        for (service, other) in others.iter().filter(|(service, _)| service.service != first.service) {
            let message = if gateway == "mesh" {
                format!(
                    "the host {host} has another VirtualService in the mesh, {} of the service {}: Istio takes one of them",
                    one.object.name, first.service
                )
            } else if one.takes_all && other.takes_all {
                format!(
                    "the host {host} at the gateway {gateway} goes to the service {} too, for every path: only one gets the requests",
                    first.service
                )
            } else {
                continue;
            };
            let fix = "give each service its own paths in `istio.routes`, and only one of them the rest";
            found.at(service, &other.object.place, ("VirtualService", &other.object.name, "spec.hosts"), message, fix);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::services;

    fn routes(name: &str, gateways: &str, http: &str) -> String {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}}}\nspec: {{hosts: [shop.example], gateways: {gateways}, http: [{http}]}}\n"
        )
    }

    #[test]
    fn rows() {
        let nothing = Vec::<String>::new();
        let two = |one: &str, other: &str| services(&RULE, &[("a", one), ("b", other)]);
        let part = "{match: [{uri: {prefix: /api}}]}";
        assert_eq!(two(&routes("one", "[infra/public]", part), &routes("two", "[infra/public]", "{}")), nothing);
        assert_eq!(two(&routes("one", "[infra/public]", "{}"), &routes("two", "[infra/internal]", "{}")), nothing);
        assert_eq!(
            two(&routes("one", "[public]", "{}"), &routes("two", "[shop/public]", "{match: [{uri: {prefix: /}}]}")),
            [
                "b VirtualService/two spec.hosts: the host shop.example at the gateway shop/public goes to the service a too, for every path: only one gets the requests"
            ]
        );
        assert_eq!(
            two(&routes("one", "[]", part), &routes("two", "[mesh]", part)),
            [
                "b VirtualService/two spec.hosts: the host shop.example has another VirtualService in the mesh, one of the service a: Istio takes one of them"
            ]
        );
    }
}
