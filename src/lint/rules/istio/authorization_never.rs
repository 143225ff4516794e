//! `AuthorizationPolicy`: rules that Istio accepts and that never match.

use super::SECURITY;
use super::fields::{say, select, texts};
use crate::lint::objects::{Object, Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B407",
    name: "authorization-never",
    severity: Severity::Warning,
    about: "an AuthorizationPolicy with a rule that never matches, or that denies without rules",
    check: Check::Objects(check),
};

/// Lists, and the lists that exclude from them.
const PAIRS: [(&str, &str); 11] = [
    ("principals", "notPrincipals"),
    ("requestPrincipals", "notRequestPrincipals"),
    ("namespaces", "notNamespaces"),
    ("ipBlocks", "notIpBlocks"),
    ("remoteIpBlocks", "notRemoteIpBlocks"),
    ("serviceAccounts", "notServiceAccounts"),
    ("hosts", "notHosts"),
    ("ports", "notPorts"),
    ("methods", "notMethods"),
    ("paths", "notPaths"),
    ("values", "notValues"),
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for policy in release.of(SECURITY, "AuthorizationPolicy") {
        let action = policy.text(&["spec", "action"]).unwrap_or("ALLOW");
        if action != "ALLOW" && items(policy.at(&["spec", "rules"])).is_empty() {
            let message =
                format!("the action {action} without rules never applies; `rules: [{{}}]` matches every request");
            say(policy, "spec.rules", message, found);
        }
        for way in ["spec.rules[].from[].source", "spec.rules[].to[].operation", "spec.rules[].when[]"] {
            for (place, node) in select(&policy.node, way) {
                if let Some(node) = node {
                    contradiction(policy, &place, node, found);
                }
            }
        }
        for (place, operation) in select(&policy.node, "spec.rules[].to[].operation") {
            for method in operation.map(|o| texts(o, &["methods"])).unwrap_or_default() {
                if method.bytes().any(|b| b.is_ascii_lowercase()) && METHODS.contains(&&*method.to_ascii_uppercase()) {
                    let upper = method.to_ascii_uppercase();
                    let message =
                        format!("no request has the method {method:?}: methods are case-sensitive, so write {upper:?}");
                    say(policy, format!("{place}.methods"), message, found);
                }
            }
        }
    }
}

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// A list is excluded completely.
fn contradiction(policy: &Object, place: &str, node: &Node, found: &mut RuleFindings<'_>) {
    for (list, not) in PAIRS {
        let (wanted, out) = (texts(node, &[list]), texts(node, &[not]));
        if !wanted.is_empty() && wanted.iter().all(|text| out.contains(text)) {
            say(policy, place, format!("{not} excludes everything in {list}, so the rule never matches"), found);
        }
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
                "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            )
        };
        let rows: [(&str, &str); 6] = [
            ("", ""),
            ("action: DENY, rules: [{}]", ""),
            ("rules: [{from: [{source: {namespaces: [a, b], notNamespaces: [b]}}]}]", ""),
            (
                "action: DENY",
                "spec.rules: the action DENY without rules never applies; `rules: [{}]` matches every request",
            ),
            (
                "rules: [{to: [{operation: {paths: [/a], notPaths: [/a, /b]}}]}]",
                "spec.rules[0].to[0].operation: notPaths excludes everything in paths, so the rule never matches",
            ),
            (
                "rules: [{to: [{operation: {methods: [get]}}]}]",
                "spec.rules[0].to[0].operation.methods: no request has the method \"get\": methods are case-sensitive, so write \"GET\"",
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "AuthorizationPolicy/web ", want);
        }
    }
}
