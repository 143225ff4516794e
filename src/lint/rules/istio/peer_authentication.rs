//! `PeerAuthentication`: modes, and ports of selected pods. Istio: the rules in its resource definition.

use super::SECURITY;
use super::fields::{self, Is, say};
use crate::lint::objects::{Release, is_set};
use crate::lint::path;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B410",
    name: "peer-authentication",
    severity: Severity::Error,
    about: "a PeerAuthentication with an unknown mode, or with invalid ports",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for policy in release.of(SECURITY, "PeerAuthentication") {
        fields::check(policy, &[("spec.portLevelMtls", Is::Filled)], found);
        let Some(ports) = policy.at(&["spec", "portLevelMtls"]).and_then(Node::as_map) else { continue };
        let selects =
            policy.at(&["spec", "selector", "matchLabels"]).and_then(Node::as_map).is_some_and(|l| !l.is_empty());
        if !ports.is_empty() && !selects && is_set(policy.at(&["spec", "portLevelMtls"])) {
            say(policy, "spec.portLevelMtls", "portLevelMtls needs a selector", found);
        }
        for port in ports.keys() {
            let text = port.to_string_lossy();
            if !text.parse::<u16>().is_ok_and(|port| port > 0) {
                let place = path::key("spec.portLevelMtls", &text);
                say(policy, place, format!("{text:?} is not a port from 1 to 65535"), found);
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
        let bake = |spec: &str| {
            format!(
                "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            )
        };
        let selector = "selector: {matchLabels: {app: web}}";
        let rows: [(&str, &str, &str); 5] = [
            ("mtls: {mode: STRICT}", "", ""),
            ("portLevelMtls: {80: {mode: DISABLE}}", selector, ""),
            ("portLevelMtls: {}", selector, "spec.portLevelMtls: portLevelMtls must not be empty"),
            ("portLevelMtls: {80: {}}", "x: 1", "spec.portLevelMtls: portLevelMtls needs a selector"),
            ("portLevelMtls: {0: {}}", selector, "spec.portLevelMtls.0: \"0\" is not a port from 1 to 65535"),
        ];
        for (spec, selector, want) in rows {
            let want: Vec<_> = Some(want)
                .filter(|w| !w.is_empty())
                .map(|w| format!("PeerAuthentication/web {w}"))
                .into_iter()
                .collect();
            let spec = format!("{spec}, {}", if selector.is_empty() { "x: 1" } else { selector });
            assert_eq!(objects(&RULE, &bake(&spec)), want, "{spec}");
        }
    }
}
