//! `WasmPlugin`: the URL of the module, and its variables. Istio: the rules in its resource definition.

use super::fields::{self, Is, say, select};
use crate::lint::objects::{Release, is_set, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B414",
    name: "wasm-plugin",
    severity: Severity::Error,
    about: "a WasmPlugin without a module, with an invalid checksum, or with duplicate variables",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for plugin in release.of("extensions.istio.io", "WasmPlugin") {
        fields::check(
            plugin,
            &[
                ("spec", Is::Object),
                ("spec.url", Is::Text),
                ("spec.url", Is::Such(is_module, "a file, http, https or oci URL, or the name of an image")),
                ("spec.sha256", Is::Such(is_checksum, "a SHA-256 checksum in hexadecimal")),
                ("spec.imagePullSecret", Is::Text),
                ("spec.pluginName", Is::Text),
                ("spec.match[].ports[].number", Is::Port),
                ("spec.vmConfig.env[].name", Is::Text),
            ],
            found,
        );
        let variables = items(plugin.at(&["spec", "vmConfig", "env"]));
        for (at, (place, _)) in select(&plugin.node, "spec.vmConfig.env[]").into_iter().enumerate() {
            let Some(variable) = variables.get(at) else { continue };
            let name = variable.get("name").and_then(Node::as_str);
            let mut before = variables.iter().take(at);
            if name.is_some() && before.any(|other| other.get("name").and_then(Node::as_str) == name) {
                say(plugin, &place, format!("two variables are named {:?}", name.unwrap_or_default()), found);
            }
            if variable.get("valueFrom").and_then(Node::as_str) == Some("HOST") && is_set(variable.get("value")) {
                say(plugin, &place, "a variable that comes from the host cannot have a value", found);
            }
        }
    }
}

/// Whether a text is a URL with a known scheme, or an image without a scheme.
fn is_module(text: &str) -> bool {
    let clean = !text.contains(|c: char| c.is_whitespace() || "#%$\\".contains(c));
    let known = match text.split_once("://") {
        Some((scheme, rest)) => ["file", "http", "https", "oci"].contains(&scheme) && !rest.is_empty(),
        None => true,
    };
    // an empty one is lower of as that
    text.is_empty() || clean && known
}

fn is_checksum(text: &str) -> bool {
    text.is_empty() || text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{name: web}}\nspec: {spec}\n"
            )
        };
        let rows: [(&str, &str); 9] = [
            (
                "{url: 'oci://registry.example/a:1', vmConfig: {env: [{name: a, valueFrom: HOST}, {name: b, value: x}]}}",
                "",
            ),
            ("{url: registry.example/a, sha256: ''}", ""),
            ("null", "spec: spec must be an object, not null"),
            ("{url: ''}", "spec.url: url must not be empty"),
            (
                "{url: 'fake://a'}",
                "spec.url: url must be a file, http, https or oci URL, or the name of an image, not \"fake://a\"",
            ),
            ("{url: a, sha256: foo}", "spec.sha256: sha256 must be a SHA-256 checksum in hexadecimal, not \"foo\""),
            ("{url: a, pluginName: ''}", "spec.pluginName: pluginName must not be empty"),
            (
                "{url: a, vmConfig: {env: [{name: a}, {name: a}]}}",
                "spec.vmConfig.env[1]: two variables are named \"a\"",
            ),
            (
                "{url: a, vmConfig: {env: [{name: a, valueFrom: HOST, value: x}]}}",
                "spec.vmConfig.env[0]: a variable that comes from the host cannot have a value",
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "WasmPlugin/web ", want);
        }
    }
}
