//! `AuthorizationPolicy`: what Istio refuses. Istio: `ValidateAuthorizationPolicy`.

use super::SECURITY;
use super::fields::{self, Is, say, select, texts};
use super::texts::path_fault;
use crate::lint::network::is_ip_block;
use crate::lint::objects::{Object, Release, at, is_set};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::{Data, Node};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B406",
    name: "authorization-policy",
    severity: Severity::Error,
    about: "an AuthorizationPolicy that Istio refuses: empty sources, invalid addresses, unknown keys",
    check: Check::Objects(check),
};

const SOURCES: [&str; 14] = [
    "principals",
    "notPrincipals",
    "requestPrincipals",
    "notRequestPrincipals",
    "namespaces",
    "notNamespaces",
    "ipBlocks",
    "notIpBlocks",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
];
const OPERATIONS: [&str; 8] = ["hosts", "notHosts", "ports", "notPorts", "methods", "notMethods", "paths", "notPaths"];

/// The attributes that a condition can use.
const KEYS: [&str; 12] = [
    "source.ip",
    "remote.ip",
    "source.namespace",
    "source.principal",
    "source.serviceAccount",
    "source.trustDomain",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
    "destination.ip",
    "destination.port",
    "connection.sni",
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for policy in release.of(SECURITY, "AuthorizationPolicy") {
        fields::check(
            policy,
            &[
                ("spec.rules[]", Is::Object),
                ("spec.rules[].from[].source", Is::Object),
                ("spec.rules[].to[].operation", Is::Object),
            ],
            found,
        );
        provider(policy, found);
        custom(policy, found);
        for (place, source) in select(&policy.node, "spec.rules[].from[].source") {
            lists(policy, &place, source, &SOURCES, "source", found);
            let Some(source) = source else { continue };
            let has = |key| !texts(source, &[key]).is_empty();
            let accounts = has("serviceAccounts") || has("notServiceAccounts");
            if accounts && ["namespaces", "notNamespaces", "principals", "notPrincipals"].into_iter().any(has) {
                say(policy, &place, "a source with serviceAccounts cannot have namespaces or principals", found);
            }
            for list in ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"] {
                each(
                    policy,
                    &format!("{place}.{list}"),
                    source,
                    list,
                    is_ip_block,
                    "is not an address or a network",
                    found,
                );
            }
        }
        for (place, operation) in select(&policy.node, "spec.rules[].to[].operation") {
            lists(policy, &place, operation, &OPERATIONS, "operation", found);
            let Some(operation) = operation else { continue };
            for list in ["paths", "notPaths"] {
                for path in texts(operation, &[list]) {
                    if let Some(fault) = path_fault(path) {
                        let note = found.on(policy, format!("{place}.{list}"), format!("the path {path:?} {fault}"));
                        let note = note.values_text(&["istio"], path).values(&["istio"]);
                        note.fix("write {*} for one part of the path, or /prefix/* for all below");
                    }
                }
            }
            for list in ["ports", "notPorts"] {
                each(policy, &format!("{place}.{list}"), operation, list, is_port, "is not a port", found);
            }
        }
        for (place, condition) in select(&policy.node, "spec.rules[].when[]") {
            if let Some(condition) = condition {
                when(policy, &place, condition, found);
            }
        }
    }
}

/// The action CUSTOM needs a provider; other actions cannot have one.
fn provider(policy: &Object, found: &mut RuleFindings<'_>) {
    let custom = policy.text(&["spec", "action"]) == Some("CUSTOM");
    let name = policy.text(&["spec", "provider", "name"]).unwrap_or_default();
    if custom && name.is_empty() {
        say(policy, "spec.provider", "the action CUSTOM needs a provider", found);
    }
    if !custom && is_set(policy.at(&["spec", "provider"])) {
        say(policy, "spec.provider", "only the action CUSTOM can have a provider", found);
    }
}

/// What the action CUSTOM cannot compare.
fn custom(policy: &Object, found: &mut RuleFindings<'_>) {
    if policy.text(&["spec", "action"]) != Some("CUSTOM") {
        return;
    }
    for (place, source) in select(&policy.node, "spec.rules[].from[].source") {
        for list in SOURCES.iter().filter(|list| !list.to_ascii_lowercase().ends_with("ipblocks")) {
            if source.is_some_and(|source| !texts(source, &[list]).is_empty()) {
                say(policy, format!("{place}.{list}"), format!("the action CUSTOM does not support {list}"), found);
            }
        }
    }
    for (place, key) in select(&policy.node, "spec.rules[].when[].key") {
        let key = key.and_then(Node::as_str).unwrap_or_default();
        let of_client = ["source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"];
        if of_client.contains(&key) || key.starts_with("request.auth.") {
            say(policy, place, format!("the action CUSTOM does not support {key}"), found);
        }
    }
}

/// A source or an operation must not be empty, and must not have empty items.
fn lists(policy: &Object, place: &str, node: Option<&Node>, keys: &[&str], what: &str, found: &mut RuleFindings<'_>) {
    let Some(map) = node.and_then(Node::as_map) else { return };
    if keys.iter().all(|key| map.get(key.as_bytes()).and_then(Node::as_list).is_none_or(<[Node]>::is_empty)) {
        say(policy, place, format!("the {what} is empty; Istio refuses it"), found);
    }
    for key in keys {
        let Some(list) = map.get(key.as_bytes()).and_then(Node::as_list) else { continue };
        if list.iter().any(|item| item.data == Data::Null || item.as_str() == Some("")) {
            say(policy, format!("{place}.{key}"), format!("{key} has an empty item"), found);
        }
    }
}

fn each(
    policy: &Object,
    place: &str,
    node: &Node,
    list: &str,
    test: impl Fn(&str) -> bool,
    problem: &str,
    found: &mut RuleFindings<'_>,
) {
    for text in texts(node, &[list]) {
        if !text.is_empty() && !test(text) {
            say(policy, place, format!("{text:?} {problem}"), found);
        }
    }
}

fn when(policy: &Object, place: &str, condition: &Node, found: &mut RuleFindings<'_>) {
    let key = at(condition, &["key"]).and_then(Node::as_str).unwrap_or_default();
    let (values, not) = (texts(condition, &["values"]), texts(condition, &["notValues"]));
    if values.is_empty() && not.is_empty() {
        say(policy, place, "the condition has neither values nor notValues", found);
    }
    let bracketed = |start: &str| {
        key.strip_prefix(start).is_some_and(|rest| rest.starts_with('[') && rest.ends_with(']') && rest.len() > 2)
    };
    let known = KEYS.contains(&key)
        || ["request.headers", "request.auth.claims"].into_iter().any(bracketed)
        || key.starts_with("experimental.envoy.filters.");
    if !key.is_empty() && !known {
        say(policy, format!("{place}.key"), format!("the attribute {key:?} does not exist"), found);
    }
    for list in ["values", "notValues"] {
        let place = format!("{place}.{list}");
        match key {
            "source.ip" | "remote.ip" | "destination.ip" => {
                each(policy, &place, condition, list, is_ip_block, "is not an address or a network", found);
            }
            "destination.port" => each(policy, &place, condition, list, is_port, "is not a port", found),
            _ => {}
        }
    }
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
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
        let rows: [(&str, &str); 18] = [
            ("", ""),
            ("rules: [{to: [{operation: {paths: ['/api/{*}/x', '/a/{**}', '/b*']}}]}]", ""),
            (
                "rules: [{to: [{operation: {paths: ['/api/{id}/x']}}]}]",
                "spec.rules[0].to[0].operation.paths: the path \"/api/{id}/x\" has braces around a name; Istio knows only {*} for one part and {**} for the rest",
            ),
            (
                "action: CUSTOM, provider: {name: x}, rules: [{from: [{source: {namespaces: [a]}}]}]",
                "spec.rules[0].from[0].source.namespaces: the action CUSTOM does not support namespaces",
            ),
            ("rules: [{}]", ""),
            ("action: CUSTOM, provider: {name: ext}, rules: [{}]", ""),
            (
                "rules: [{from: [{source: {namespaces: [a], ipBlocks: [10.0.0.0/8]}}], to: [{operation: {ports: ['80']}}]}]",
                "",
            ),
            ("rules: [{when: [{key: 'request.headers[x]', values: [a]}]}]", ""),
            ("action: CUSTOM, rules: [{}]", "spec.provider: the action CUSTOM needs a provider"),
            ("provider: {name: x}", "spec.provider: only the action CUSTOM can have a provider"),
            ("rules: [{from: [{}]}]", "spec.rules[0].from[0].source: source is missing"),
            (
                "rules: [{from: [{source: {namespaces: []}}]}]",
                "spec.rules[0].from[0].source: the source is empty; Istio refuses it",
            ),
            (
                "rules: [{to: [{operation: {paths: ['']}}]}]",
                "spec.rules[0].to[0].operation.paths: paths has an empty item",
            ),
            (
                "rules: [{from: [{source: {ipBlocks: [10.0.0.0/99]}}]}]",
                "spec.rules[0].from[0].source.ipBlocks: \"10.0.0.0/99\" is not an address or a network",
            ),
            (
                "rules: [{to: [{operation: {ports: [http]}}]}]",
                "spec.rules[0].to[0].operation.ports: \"http\" is not a port",
            ),
            (
                "rules: [{when: [{key: source.name, values: [a]}]}]",
                "spec.rules[0].when[0].key: the attribute \"source.name\" does not exist",
            ),
            (
                "rules: [{when: [{key: source.ip}]}]",
                "spec.rules[0].when[0]: the condition has neither values nor notValues",
            ),
            (
                "rules: [{from: [{source: {serviceAccounts: [a/b], namespaces: [a]}}]}]",
                "spec.rules[0].from[0].source: a source with serviceAccounts cannot have namespaces or principals",
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "AuthorizationPolicy/web ", want);
        }
    }
}
