//! A gateway that nobody has: the routes of a `VirtualService` that names it are never used.

use super::NETWORKING;
use crate::error::suggest::nearest;
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Object, Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B430",
    name: "unknown-gateway",
    severity: Severity::Warning,
    about: "a VirtualService of a gateway that the output lacks, beside a Gateway that nothing uses",
    check: Check::Objects(check),
};

/// A gateway may come from another output. If this output has a Gateway that no `VirtualService` names, it was meant.
fn check(release: &Release, found: &mut RuleFindings<'_>) {
    let named: Vec<(&str, &str)> = release
        .of(NETWORKING, "VirtualService")
        .flat_map(|object| {
            let names = items(object.at(&["spec", "gateways"])).iter().filter_map(Node::as_str);
            names.map(|text| text.split_once('/').unwrap_or((release.namespace_of(object), text)))
        })
        .collect();
    let unused: Vec<(&str, &str)> = release
        .of(NETWORKING, "Gateway")
        .map(|gateway| (release.namespace_of(gateway), gateway.name.as_str()))
        .filter(|gateway| !named.contains(gateway))
        .collect();
    if unused.is_empty() {
        return;
    }
    for object in release.of(NETWORKING, "VirtualService") {
        let own = release.namespace_of(object);
        let mut report = Report::new(object, found);
        Field::root(object).within(&["spec"], &mut |spec| {
            for gateway in spec.each("gateways") {
                let Some(text) = gateway.node.as_str().filter(|text| *text != "mesh") else { continue };
                let (space, name) = text.split_once('/').unwrap_or((own, text));
                let is_here = |other: &Object| other.name == name && release.namespace_of(other) == space;
                let meant: Vec<&str> = unused.iter().filter(|other| other.0 == space).map(|other| other.1).collect();
                if meant.is_empty() || release.of(NETWORKING, "Gateway").any(is_here) {
                    continue;
                }
                let message = format!("the output has no Gateway {name:?} in {space}: its routes are never used");
                let near = nearest(name, meant.iter().copied()).or(meant.first().copied()).unwrap_or_default();
                report.say(&gateway, "", message, format!("did you mean {near:?}, which no VirtualService uses?"));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (gateways, want) in [
            ("[public]", ""),
            ("[shop/public]", ""),
            ("[infra/publik]", ""),
            ("[public, other]", ""),
            ("[mesh]", ""),
            ("[publik]", "[0]: the output has no Gateway \"publik\" in shop: its routes are never used"),
        ] {
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{gateways: {gateways}}}\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: public}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web spec.gateways", want);
        }
    }
}
