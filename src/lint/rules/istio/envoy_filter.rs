//! `EnvoyFilter`: the match of a patch must fit its context. Istio: the rules in its resource definition.

use super::NETWORKING;
use super::fields::{self, Is, say, select};
use crate::lint::objects::{Release, is_set};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B409",
    name: "envoy-filter",
    severity: Severity::Error,
    about: "an EnvoyFilter whose match does not fit its context, or has an invalid port",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for filter in release.of(NETWORKING, "EnvoyFilter") {
        fields::check(filter, &[("spec.configPatches[].match.waypoint.portNumber", Is::Port)], found);
        for (place, node) in select(&filter.node, "spec.configPatches[].match") {
            let Some(node) = node else { continue };
            let waypoint = node.get("context").and_then(Node::as_str) == Some("WAYPOINT");
            let other = ["listener", "cluster", "routeConfiguration"].into_iter().find(|key| is_set(node.get(key)));
            if is_set(node.get("waypoint")) && !waypoint {
                say(filter, &place, "waypoint can be matched only in the context WAYPOINT", found);
            } else if let Some(other) = other.filter(|_| waypoint) {
                say(filter, &place, format!("the context WAYPOINT can match only waypoint, not {other}"), found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |patch: &str| {
            format!(
                "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {{name: web}}\nspec: {{configPatches: [{{match: {patch}}}]}}\n"
            )
        };
        let rows: [(&str, &str); 5] = [
            ("{context: WAYPOINT, waypoint: {portNumber: 80}}", ""),
            ("{context: GATEWAY, listener: {}}", ""),
            ("{context: GATEWAY, waypoint: {}}", ": waypoint can be matched only in the context WAYPOINT"),
            ("{context: WAYPOINT, listener: {}}", ": the context WAYPOINT can match only waypoint, not listener"),
            (
                "{context: WAYPOINT, waypoint: {portNumber: 65536}}",
                ".waypoint.portNumber: portNumber must be a port from 1 to 65535, not 65536",
            ),
        ];
        for (patch, want) in rows {
            assert_says(&RULE, &bake(patch), "EnvoyFilter/web spec.configPatches[0].match", want);
        }
    }
}
