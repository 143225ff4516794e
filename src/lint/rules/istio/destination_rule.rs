//! `DestinationRule`: names of subsets, and the warm-up of new pods. Istio: the rules in its resource definitions.

use super::NETWORKING;
use super::fields::{self, Is, say};
use crate::lint::objects::{Object, Release, items};
use crate::lint::path;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B408",
    name: "destination-rule",
    severity: Severity::Error,
    about: "a DestinationRule without a host, with two subsets of the same name, or with an invalid warm-up",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for rule in release.of(NETWORKING, "DestinationRule") {
        fields::check(rule, &[("spec.host", Is::Text), ("spec.subsets[].name", Is::Text)], found);
        warmup(rule, "spec.trafficPolicy", found);
        let mut names: Vec<&str> = Vec::new();
        for (at, subset) in items(rule.at(&["spec", "subsets"])).iter().enumerate() {
            let place = path::index("spec.subsets", at);
            let Some(name) = subset.get("name").and_then(Node::as_str) else { continue };
            if names.contains(&name) {
                say(rule, format!("{place}.name"), format!("two subsets are named {name:?}"), found);
            }
            names.push(name);
        }
        warmup(rule, "spec.subsets[].trafficPolicy", found);
    }
}

fn warmup(rule: &Object, policy: &str, found: &mut RuleFindings<'_>) {
    for (field, is) in [
        ("duration", Is::Duration),
        ("minimumPercent", Is::Between(0.0, 100.0)),
        ("aggression", Is::Between(1.0, f64::INFINITY)),
    ] {
        let way = format!("{policy}.loadBalancer.warmup.{field}");
        fields::check(rule, &[(&way, is)], found);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            )
        };
        let rows: [(&str, &str); 4] = [
            ("host: web, subsets: [{name: v1}, {name: v2}]", ""),
            (
                "host: web, trafficPolicy: {loadBalancer: {warmup: {duration: 30s, minimumPercent: 5.5, aggression: 1.0}}}",
                "",
            ),
            ("host: web, subsets: [{name: v1}, {name: v1}]", "spec.subsets[1].name: two subsets are named \"v1\""),
            (
                "host: web, subsets: [{name: v1, trafficPolicy: {loadBalancer: {warmup: {duration: 1s, aggression: -0.1}}}}]",
                "spec.subsets[0].trafficPolicy.loadBalancer.warmup.aggression: aggression must be a number of at least 1, not -0.1",
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "DestinationRule/web ", want);
        }
    }
}
