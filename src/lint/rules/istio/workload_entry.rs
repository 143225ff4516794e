//! `WorkloadEntry`: the address of a machine, and its ports. Istio: the rules in its resource definition.

use super::NETWORKING;
use super::fields::{self, Is, say};
use crate::lint::objects::{Release, is_set};
use crate::lint::path;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B415",
    name: "workload-entry",
    severity: Severity::Error,
    about: "a WorkloadEntry without an address, or with an invalid socket or ports",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for entry in release.of(NETWORKING, "WorkloadEntry") {
        fields::check(entry, &[("spec", Is::Object), ("spec.ports{}", Is::Port)], found);
        let Some(spec) = entry.at(&["spec"]).filter(|spec| spec.as_map().is_some()) else { continue };
        let address = spec.get("address").and_then(Node::as_str).unwrap_or_default();
        if address.is_empty() && !is_set(spec.get("network")) {
            say(entry, "spec.address", "address is missing; only an entry with a network can omit it", found);
        }
        if let Some(socket) = address.strip_prefix("unix://") {
            if !socket.starts_with(['/', '@']) {
                say(entry, "spec.address", "a socket needs an absolute path, or a name that starts with @", found);
            } else if socket.ends_with('/') {
                say(entry, "spec.address", "a socket cannot be a folder", found);
            }
            if is_set(spec.get("ports")) {
                say(entry, "spec.ports", "a socket has no ports", found);
            }
        }
        for name in spec.get("ports").and_then(Node::as_map).into_iter().flat_map(|ports| ports.keys()) {
            let name = name.to_string_lossy();
            if !is_name(&name) {
                say(entry, path::key("spec.ports", &name), format!("{name:?} is not a valid port name"), found);
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    edge(text.bytes().next())
        && edge(text.bytes().last())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!("apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {{name: web}}\nspec: {spec}\n")
        };
        let rows: [(&str, &str); 10] = [
            ("{address: 1.2.3.4, ports: {http: 80}}", ""),
            ("{network: n}", ""),
            ("{address: 'unix:///a/b'}", ""),
            ("null", "spec: spec must be an object, not null"),
            ("{}", "spec.address: address is missing; only an entry with a network can omit it"),
            ("{address: 'unix:///dir/'}", "spec.address: a socket cannot be a folder"),
            ("{address: 'unix://a'}", "spec.address: a socket needs an absolute path, or a name that starts with @"),
            ("{address: 'unix://@a', ports: {http: 80}}", "spec.ports: a socket has no ports"),
            ("{address: a, ports: {http: 99999}}", "spec.ports.http: http must be a port from 1 to 65535, not 99999"),
            ("{address: a, ports: {'@': 80}}", "spec.ports[\"@\"]: \"@\" is not a valid port name"),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "WorkloadEntry/web ", want);
        }
    }
}
