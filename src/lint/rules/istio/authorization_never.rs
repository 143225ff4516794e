//! `AuthorizationPolicy`: rules that Istio accepts and that never match.

use std::borrow::Cow;

use super::SECURITY;
use super::fields::{say, select, texts};
use super::texts::looks_like_regex;
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
        identities(release, policy, found);
        for (place, operation) in select(&policy.node, "spec.rules[].to[].operation") {
            for list in ["paths", "notPaths"] {
                for path in operation.map(|o| texts(o, &[list])).unwrap_or_default() {
                    if !path.is_empty() && !path.starts_with(['/', '*', '{']) {
                        let message = format!("no request has the path {path:?}: paths begin with a slash");
                        told(policy, format!("{place}.{list}"), message, path, format!("write \"/{path}\""), found);
                    } else if looks_like_regex(path) {
                        let message =
                            format!("no request has the path {path:?}: it is not read as a regular expression");
                        let fix = "write a path, /prefix/* or a template such as /api/{*}/orders";
                        told(policy, format!("{place}.{list}"), message, path, fix, found);
                    }
                }
            }
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

/// Clients that nobody is: a name instead of an identity, a token that nobody checks.
fn identities(release: &Release, policy: &Object, found: &mut RuleFindings<'_>) {
    let issuers: Vec<&str> = release
        .of(SECURITY, "RequestAuthentication")
        .flat_map(|tokens| items(tokens.at(&["spec", "jwtRules"])))
        .map(|rule| rule.get("issuer").and_then(Node::as_str).unwrap_or_default())
        .collect();
    let checks_tokens = release.of(SECURITY, "RequestAuthentication").next().is_some();
    for (place, source) in select(&policy.node, "spec.rules[].from[].source") {
        let Some(source) = source else { continue };
        for list in ["principals", "notPrincipals"] {
            for name in texts(source, &[list]) {
                // a text with an asterisk is a start or an end of identities
                if !(name.is_empty() || name.contains('*') || is_identity(name)) {
                    let message = format!("no client has the identity {name:?}");
                    let fix = format!("write cluster.local/ns/NAMESPACE/sa/{name}, or use serviceAccounts");
                    told(policy, format!("{place}.{list}"), message, name, fix, found);
                }
            }
        }
        for name in texts(source, &["requestPrincipals"]) {
            let issuer = name.rsplit_once('/').map_or(name, |(issuer, _)| issuer);
            if checks_tokens && !name.starts_with('*') && !issuers.iter().any(|known| meets(name, issuer, known)) {
                let message = format!("no token is of the issuer of {name:?}; tokens come from {}", issuers.join(", "));
                let fix = "write ISSUER/SUBJECT, or ISSUER/* for all tokens of an issuer";
                told(policy, format!("{place}.requestPrincipals"), message, name, fix, found);
            }
        }
        if let Some(first) = texts(source, &["requestPrincipals"]).first()
            && !checks_tokens
        {
            let message = "no request has a checked token: this output has no RequestAuthentication";
            let fix = "add istio.jwt; if another RequestAuthentication covers these pods, leave this as it is";
            told(policy, format!("{place}.requestPrincipals"), message, first, fix, found);
        }
    }
}

/// `cluster.local/ns/shop/sa/frontend`
fn is_identity(name: &str) -> bool {
    name.contains("/ns/") && name.contains("/sa/")
}

/// Whether a principal may be a token of an issuer. A rule without an issuer takes those of all.
fn meets(principal: &str, issuer: &str, known: &str) -> bool {
    known.is_empty() || issuer == known || principal.strip_suffix('*').is_some_and(|start| known.starts_with(start))
}

/// A finding whose values have a text below `istio`.
fn told(
    policy: &Object,
    place: String,
    message: impl Into<String>,
    text: &str,
    fix: impl Into<Cow<'static, str>>,
    found: &mut RuleFindings<'_>,
) {
    let note = found.on(policy, place, message).values_text(&["istio"], text);
    note.values_text(&["extraObjects"], &policy.name).values(&["istio"]).fix(fix);
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
        let rows: [(&str, &str); 12] = [
            ("", ""),
            (
                "rules: [{from: [{source: {principals: ['*', cluster.local/ns/a/sa/b, '*/sa/b']}}], to: [{operation: {paths: [/a, '*.html', '/api/{*}/x']}}]}]",
                "",
            ),
            (
                "rules: [{from: [{source: {principals: [frontend]}}]}]",
                "spec.rules[0].from[0].source.principals: no client has the identity \"frontend\"",
            ),
            (
                "rules: [{from: [{source: {requestPrincipals: ['*']}}]}]",
                "spec.rules[0].from[0].source.requestPrincipals: no request has a checked token: this output has no RequestAuthentication",
            ),
            ("rules: [{from: [{source: {notRequestPrincipals: ['*']}}]}]", ""),
            (
                "rules: [{to: [{operation: {paths: [api]}}]}]",
                "spec.rules[0].to[0].operation.paths: no request has the path \"api\": paths begin with a slash",
            ),
            (
                "rules: [{to: [{operation: {paths: ['/api/.*']}}]}]",
                "spec.rules[0].to[0].operation.paths: no request has the path \"/api/.*\": it is not read as a regular expression",
            ),
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

    #[test]
    fn issuers() {
        for (principal, want) in [
            ("https://id.example/*", ""),
            ("https://id.example/a", ""),
            ("https://id*", ""),
            ("*", ""),
            (
                "https://other.example/*",
                "no token is of the issuer of \"https://other.example/*\"; tokens come from https://id.example",
            ),
        ] {
            let text = format!(
                "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: web}}\nspec: {{rules: [{{from: [{{source: {{requestPrincipals: ['{principal}']}}}}]}}]}}\n---\napiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{name: web}}\nspec: {{jwtRules: [{{issuer: 'https://id.example'}}]}}\n"
            );
            let place = "AuthorizationPolicy/web spec.rules[0].from[0].source.requestPrincipals: ";
            assert_says(&RULE, &text, place, want);
        }
    }
}
