//! Weights of a route whose sum is not 100. Istio takes them as proportions; people expect percentages.

use super::NETWORKING;
use super::fields::select;
use crate::lint::objects::{Release, integer, is_set, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B403",
    name: "route-weights",
    severity: Severity::Warning,
    about: "a route whose weights do not add up to 100",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "VirtualService") {
        for way in ["spec.http[].route", "spec.tcp[].route", "spec.tls[].route"] {
            for (place, node) in select(&object.node, way) {
                let routes = items(node);
                if routes.len() < 2 && !routes.iter().any(|route| is_set(route.get("weight"))) {
                    continue;
                }
                let weights: Vec<i64> = routes.iter().map(|route| integer(route.get("weight")).unwrap_or(0)).collect();
                let total = weights.iter().fold(0_i64, |sum, weight| sum.saturating_add(*weight));
                let shown: Vec<_> = weights.iter().map(ToString::to_string).collect();
                // Istio refuses a route without weights, or with one below 0: rule B431
                if total == 100 || total == 0 || weights.iter().any(|weight| *weight < 0) {
                    continue;
                }
                let message = format!("the weights {} add up to {total}, not 100", shown.join(" + "));
                found
                    .on(object, place, message)
                    .values(&["canary", "weight"])
                    .values(&["istio", "routes"])
                    .values(&["istio"])
                    .fix("make them add up to 100");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |route: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{route: {route}}}]}}\n"
            )
        };
        let rows: [(&str, &[&str]); 5] = [
            ("[{destination: {host: a}}]", &[]),
            ("[{weight: 90}, {weight: 10}]", &[]),
            ("[{weight: 100}, {weight: 0}]", &[]),
            (
                "[{weight: 90}, {weight: 20}]",
                &["VirtualService/web spec.http[0].route: the weights 90 + 20 add up to 110, not 100"],
            ),
            ("[{weight: -5}, {weight: 105}]", &[]),
        ];
        for (route, want) in rows {
            assert_eq!(objects(&RULE, &bake(route)), want, "{route}");
        }
    }
}
