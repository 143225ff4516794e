//! The namespaces that see a `VirtualService`, `DestinationRule` or `ServiceEntry`. Istio: `validateExportTo`.

use super::NETWORKING;
use super::texts::is_label;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B428",
    name: "export-to",
    severity: Severity::Error,
    about: "an exportTo that Istio refuses: no namespace, one twice, or \"*\" beside others",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for kind in ["VirtualService", "DestinationRule", "ServiceEntry"] {
        for object in release.of(NETWORKING, kind) {
            let own = release.namespace_of(object);
            let mut report = Report::new(object, found);
            let root = Field::root(object);
            let Some(spec) = root.get("spec") else { continue };
            let count = spec.list("exportTo").map_or(0, <[_]>::len);
            let mut before: Vec<&str> = Vec::new();
            for entry in spec.each("exportTo") {
                let Some(text) = entry.node.as_str() else { continue };
                let namespace = if text == "." { own } else { text };
                let nobody = text == "~" && kind == "ServiceEntry";
                if text == "~" && !nobody {
                    let message = format!("only a ServiceEntry can be exported to nobody, not a {kind}");
                    report.say(&entry, "", message, "write \".\" for its own namespace");
                } else if !(text == "." || text == "*" || nobody || is_label(text)) {
                    report.say(&entry, "", format!("{text:?} is not a namespace"), "write a namespace, \".\" or \"*\"");
                } else if before.contains(&namespace) {
                    report.say(&entry, "", format!("the namespace {namespace:?} is there twice"), "keep one of them");
                } else if (text == "*" || nobody) && count > 1 {
                    let message = format!("{text:?} excludes other namespaces in exportTo");
                    report.say(&entry, "", message, format!("keep {text:?}, or the namespaces"));
                }
                before.push(namespace);
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
        for (kind, list, want) in [
            ("VirtualService", "['.', other]", ""),
            ("DestinationRule", "['*']", ""),
            ("ServiceEntry", "['~']", ""),
            ("VirtualService", "['~']", "[0]: only a ServiceEntry can be exported to nobody, not a VirtualService"),
            ("VirtualService", "['.', shop]", "[1]: the namespace \"shop\" is there twice"),
            ("DestinationRule", "[a, '*']", "[1]: \"*\" excludes other namespaces in exportTo"),
            ("ServiceEntry", "[a/b]", "[0]: \"a/b\" is not a namespace"),
        ] {
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata: {{name: web}}\nspec: {{exportTo: {list}}}\n"
            );
            assert_says(&RULE, &text, &format!("{kind}/web spec.exportTo"), want);
        }
    }
}
