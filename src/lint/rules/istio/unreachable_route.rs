//! A route after one that matches every request.

use super::NETWORKING;
use crate::lint::objects::{Release, is_set, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B404",
    name: "unreachable-route",
    severity: Severity::Warning,
    about: "a route after one that matches every request",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "VirtualService") {
        for list in ["http", "tcp"] {
            let routes = items(object.at(&["spec", list]));
            let Some(all) = routes.iter().position(takes_all) else { continue };
            if let Some(late) = routes.get(all + 1) {
                let name = |route: &Node| {
                    route.get("name").and_then(Node::as_str).map(|n| format!(" {n:?}")).unwrap_or_default()
                };
                let (first, second) = (routes.get(all).map(name).unwrap_or_default(), name(late));
                found
                    .on(
                        object,
                        format!("spec.{list}[{}]", all + 1),
                        format!("the route{second} is never reached: the route{first} before it matches every request"),
                    )
                    .values(&["istio", "routes"])
                    .values(&["istio"])
                    .fix("add a match to the earlier route, or remove the later one");
            }
        }
    }
}

/// Whether a route has no match, or one without conditions.
fn takes_all(route: &Node) -> bool {
    match route.get("match").and_then(Node::as_list) {
        None => !is_set(route.get("match")),
        Some(matches) => matches.is_empty() || matches.iter().any(is_empty),
    }
}

fn is_empty(node: &Node) -> bool {
    node.as_map().is_some_and(|map| map.keys().all(|key| key.as_bytes() == b"name"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |http: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: {http}}}\n"
            )
        };
        let never = |first: &str, late: &str, at: usize| {
            vec![format!(
                "VirtualService/web spec.http[{at}]: the route{late} is never reached: the route{first} before it matches every request"
            )]
        };
        for (http, want) in [
            ("[{match: [{port: 1}]}, {}]", vec![]),
            ("[{}, {name: b}]", never("", " \"b\"", 1)),
            ("[{match: [{port: 1}]}, {name: a, match: [{name: x}]}, {}]", never(" \"a\"", "", 2)),
        ] {
            assert_eq!(objects(&RULE, &bake(http)), want, "{http}");
        }
    }
}
