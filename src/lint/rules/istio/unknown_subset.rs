//! A route to a subset that no `DestinationRule` of the host defines: every request fails with 503.

use super::NETWORKING;
use super::hosts::{Host, destinations};
use crate::lint::objects::{Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B401",
    name: "unknown-subset",
    severity: Severity::Error,
    about: "a route to a subset that the DestinationRule of its host does not define",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for to in destinations(release) {
        let Some(subset) = to.subset else { continue };
        let host = Host::of(to.host, release.namespace_of(to.object));
        let mut rules = release
            .of(NETWORKING, "DestinationRule")
            .filter(|rule| {
                let own = rule.text(&["spec", "host"]).unwrap_or_default();
                own == to.host || host.is_some() && Host::of(own, release.namespace_of(rule)) == host
            })
            .peekable();
        // the DestinationRule of another service is baked with that service
        if rules.peek().is_none() {
            continue;
        }
        let mut names: Vec<&str> = rules
            .flat_map(|rule| items(rule.at(&["spec", "subsets"])))
            .filter_map(|subset| subset.get("name").and_then(Node::as_str))
            .collect();
        if !names.contains(&subset) {
            names.sort_unstable();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            found
                .on(to.object, format!("{}.subset", to.place), format!("{} has no subset {subset:?}", to.host))
                .values_text(&["istio", "routes"], subset)
                .values_text(&["istio"], subset)
                .fix(format!("the subsets are: {known}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |host: &str, subset: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{route: [{{destination: {{host: {host}, subset: {subset}}}}}]}}]}}\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: web}}\nspec: {{host: web.shop.svc.cluster.local, subsets: [{{name: v1}}]}}\n"
            )
        };
        let rows: [(&str, &str, &[&str]); 4] = [
            ("web", "v1", &[]),
            ("reviews", "v9", &[]),
            ("web", "v2", &["VirtualService/web spec.http[0].route[0].destination.subset: web has no subset \"v2\""]),
            (
                "web.shop.svc.cluster.local",
                "v2",
                &[
                    "VirtualService/web spec.http[0].route[0].destination.subset: web.shop.svc.cluster.local has no subset \"v2\"",
                ],
            ),
        ];
        for (host, subset, want) in rows {
            assert_eq!(objects(&RULE, &bake(host, subset)), want, "{host} {subset}");
        }
    }
}
