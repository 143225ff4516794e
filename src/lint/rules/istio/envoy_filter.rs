//! `EnvoyFilter`: the match of a patch must fit its context. Istio: the rules in its resource definition.

use super::NETWORKING;
use super::fields::{self, Is, say, select};
use crate::lint::objects::{Object, Release, at, is_set};
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
        for (place, node) in select(&filter.node, "spec.configPatches[]") {
            if let Some(node) = node.filter(|node| node.as_map().is_some()) {
                patch(filter, &place, node, found);
            }
        }
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

/// What is changed, and how. Istio does not check this for waypoints.
fn patch(filter: &Object, place: &str, node: &Node, found: &mut RuleFindings<'_>) {
    let text = |path: &[&str]| at(node, path).and_then(Node::as_str).unwrap_or("INVALID");
    if text(&["match", "context"]) == "WAYPOINT" {
        return;
    }
    let target = text(&["applyTo"]);
    if target == "INVALID" {
        say(filter, format!("{place}.applyTo"), "applyTo is missing", found);
    } else if text(&["patch", "operation"]) == "INVALID" {
        say(filter, format!("{place}.patch.operation"), "a patch needs an operation", found);
    } else if text(&["patch", "operation"]) != "REMOVE" && !is_set(at(node, &["patch", "value"])) {
        say(filter, format!("{place}.patch.value"), "only the operation REMOVE can be without a value", found);
    }
    let fits = match target {
        "LISTENER" | "FILTER_CHAIN" | "NETWORK_FILTER" | "HTTP_FILTER" => "listener",
        "ROUTE_CONFIGURATION" | "VIRTUAL_HOST" | "HTTP_ROUTE" => "routeConfiguration",
        "CLUSTER" => "cluster",
        _ => return,
    };
    let kinds = ["listener", "cluster", "routeConfiguration"];
    if let Some(other) = kinds.into_iter().find(|key| *key != fits && is_set(at(node, &["match", key]))) {
        let message = format!("a patch of {target} can match {fits}, not {other}");
        say(filter, format!("{place}.match.{other}"), message, found);
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
                "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {{name: web}}\nspec: {{configPatches: [{{applyTo: LISTENER, patch: {{operation: REMOVE}}, match: {patch}}}]}}\n"
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
