//! A route to this service's own name, while the output has no such Service.

use super::hosts::{Host, destinations};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B402",
    name: "unknown-host",
    severity: Severity::Error,
    about: "a route to this service's own name, while the output has no such Service",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for to in destinations(release) {
        let Some(host) = Host::of(to.host, release.namespace_of(to.object)) else { continue };
        if host.name != release.name || host.namespace != release.namespace {
            continue;
        }
        let is_here = |name: &str, namespace: &str| name == host.name && namespace == host.namespace;
        if !release.of("", "Service").any(|service| is_here(&service.name, release.namespace_of(service))) {
            found
                .on(
                    to.object,
                    format!("{}.host", to.place),
                    format!("the route leads to {}, but no Service has that name", to.host),
                )
                .values_text(&["istio"], to.host)
                .values(&["istio", "routes"])
                .values(&["ports"])
                .fix("expose a port of the service, or route elsewhere");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |host: &str, service: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{mirror: {{host: {host}}}}}]}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {service}}}\n"
            )
        };
        let rows: [(&str, &str, &[&str]); 4] = [
            ("web", "web", &[]),
            ("other", "x", &[]),
            ("web.example.com", "x", &[]),
            (
                "web.shop.svc.cluster.local",
                "web2",
                &[
                    "VirtualService/web spec.http[0].mirror.host: the route leads to web.shop.svc.cluster.local, but no Service has that name",
                ],
            ),
        ];
        for (host, service, want) in rows {
            assert_eq!(objects(&RULE, &bake(host, service)), want, "{host} {service}");
        }
    }
}
