//! Rules of an `AuthorizationPolicy` that allow what another policy of the same pods denies: Istio asks DENY first.

use super::SECURITY;
use super::fields::{say, texts};
use crate::lint::objects::{Object, Release, is_set, items};
use crate::lint::path;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B433",
    name: "dead-allow",
    severity: Severity::Warning,
    about: "a rule that allows requests which a DENY policy of the same pods turns away first",
    check: Check::Objects(check),
};

const PARTS: [&str; 3] = ["from", "to", "when"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    let policies = || release.of(SECURITY, "AuthorizationPolicy");
    let action = |policy: &Object| policy.text(&["spec", "action"]).unwrap_or("ALLOW").to_owned();
    for policy in policies().filter(|policy| action(policy) == "ALLOW") {
        let governs = |other: &&Object| {
            action(other) == "DENY"
                && release.namespace_of(other) == release.namespace_of(policy)
                && SCOPES.iter().all(|key| alike(policy.at(&["spec", key]), other.at(&["spec", key])))
        };
        let denies: Vec<&Object> = policies().filter(governs).collect();
        for (at, rule) in items(policy.at(&["spec", "rules"])).iter().enumerate() {
            let why = denies.iter().find_map(|other| {
                let reason = items(other.at(&["spec", "rules"])).iter().find_map(|deny| kills(deny, rule))?;
                Some((other, reason))
            });
            if let Some((other, reason)) = why {
                let message = format!("the rule never takes effect: {} denies {reason} first", other.name);
                say(policy, path::index("spec.rules", at), message, found);
            }
        }
    }
}

/// What a policy is in force for.
const SCOPES: [&str; 3] = ["selector", "targetRef", "targetRefs"];

/// Whether two objects or rules have the same under a key, or both have nothing.
fn alike(one: Option<&Node>, other: Option<&Node>) -> bool {
    match (one.filter(|one| is_set(Some(one))), other.filter(|other| is_set(Some(other)))) {
        (Some(one), Some(other)) => one.same(other),
        (None, None) => true,
        _ => false,
    }
}

/// What a DENY rule turns away, if that is all that a rule allows.
fn kills(deny: &Node, allow: &Node) -> Option<&'static str> {
    deny.as_map()?;
    if PARTS.iter().all(|part| items(deny.get(part)).is_empty()) {
        return Some("all requests");
    }
    if PARTS.iter().all(|part| alike(deny.get(part), allow.get(part))) {
        return Some("the same requests");
    }
    (needs_token(deny) && has_no_token(allow)).then_some("requests without a token")
}

/// A rule that matches all requests without a token.
fn needs_token(deny: &Node) -> bool {
    let from = items(deny.get("from"));
    let of_issuer = |when: &Node| when.get("key").and_then(Node::as_str) == Some("request.auth.claims[iss]");
    items(deny.get("to")).is_empty()
        && items(deny.get("when")).iter().all(|when| of_issuer(when) && texts(when, &["notValues"]) == ["*"])
        && from.iter().any(|from| {
            let only = from.get("source").and_then(Node::as_map).is_some_and(|source| source.len() == 1);
            only && texts(from, &["source", "notRequestPrincipals"]) == ["*"]
        })
}

/// A rule that matches only requests without a token: a browser sends none with a preflight request.
fn has_no_token(allow: &Node) -> bool {
    let (from, to) = (items(allow.get("from")), items(allow.get("to")));
    let preflight = !to.is_empty() && to.iter().all(|to| texts(to, &["operation", "methods"]) == ["OPTIONS"]);
    let anonymous =
        !from.is_empty() && from.iter().all(|from| texts(from, &["source", "notRequestPrincipals"]) == ["*"]);
    preflight || anonymous
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let token = "{from: [{source: {notRequestPrincipals: ['*']}}], when: [{key: 'request.auth.claims[iss]', notValues: ['*']}]}";
        for (allow, deny, want) in [
            ("{to: [{operation: {methods: [GET]}}]}", token, ""),
            ("{to: [{operation: {methods: [GET]}}]}", "{to: [{operation: {methods: [POST]}}]}", ""),
            (
                "{to: [{operation: {methods: [OPTIONS]}}]}",
                token,
                "the rule never takes effect: deny denies requests without a token first",
            ),
            (
                "{to: [{operation: {paths: [/a]}}]}",
                "{to: [{operation: {paths: [/a]}}]}",
                "the rule never takes effect: deny denies the same requests first",
            ),
            ("{to: [{operation: {paths: [/a]}}]}", "{}", "the rule never takes effect: deny denies all requests first"),
        ] {
            let policy = |name: &str, action: &str, selector: &str, rule: &str| {
                format!(
                    "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: {name}}}\nspec: {{action: {action}, selector: {{matchLabels: {{app: {selector}}}}}, rules: [{rule}]}}"
                )
            };
            let both = |selector| {
                format!("{}\n---\n{}", policy("allow", "ALLOW", "web", allow), policy("deny", "DENY", selector, deny))
            };
            assert_says(&RULE, &both("web"), "AuthorizationPolicy/allow spec.rules[0]: ", want);
            assert_says(&RULE, &both("other"), "", "");
        }
    }
}
