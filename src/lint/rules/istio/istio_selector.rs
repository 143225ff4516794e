//! The scope of an Istio policy: a selector of pods or targets, not both. Istio: the rules in its resource definitions.

use super::fields::{self, Is, say, select};
use crate::dns::is_dotted;
use crate::lint::objects::{Object, Release, is_set, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B417",
    name: "istio-selector",
    severity: Severity::Error,
    about: "an Istio object with both a selector and targets, or with a selector that Istio refuses",
    check: Check::Objects(check),
};

const LABELS: [&str; 3] =
    ["spec.selector.matchLabels", "spec.workloadSelector.labels", "spec.workloadSelector.matchLabels"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.objects.iter().filter(|object| object.group.ends_with(".istio.io")) {
        for way in LABELS {
            labels(object, way, found);
        }
        for target in ["spec.targetRef", "spec.targetRefs[]"] {
            let way = |field: &str| format!("{target}.{field}");
            fields::check(
                object,
                &[
                    (&way("name"), Is::Text),
                    (&way("kind"), Is::Such(is_kind, "a kind")),
                    (&way("group"), Is::Such(is_group, "an API group, or empty for the core")),
                ],
                found,
            );
            for (place, node) in select(&object.node, &way("namespace")) {
                if node.and_then(Node::as_str).is_some_and(|text| !text.is_empty()) {
                    say(object, place, "a target must be in the same namespace", found);
                }
            }
        }
        let said = [
            is_set(object.at(&["spec", "selector"])),
            is_set(object.at(&["spec", "targetRef"])),
            !items(object.at(&["spec", "targetRefs"])).is_empty(),
        ];
        if said.iter().filter(|said| **said).count() > 1 {
            say(object, "spec", "only one of selector, targetRef and targetRefs can be set", found);
        }
    }
}

fn labels(object: &Object, way: &str, found: &mut RuleFindings<'_>) {
    for (place, node) in select(&object.node, way) {
        for (key, value) in node.and_then(Node::as_map).into_iter().flatten() {
            let key = key.to_string_lossy();
            if key.is_empty() {
                say(object, &place, "a selector has an empty label", found);
            }
            if key.contains('*') || value.as_str().is_some_and(|text| text.contains('*')) {
                say(object, &place, "a selector compares labels literally and does not support wildcards", found);
            }
        }
    }
}

fn is_kind(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_group(text: &str) -> bool {
    text.is_empty() || is_dotted(text)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            )
        };
        let rows: [(&str, &str); 8] = [
            ("selector: {matchLabels: {app: web}}", ""),
            ("targetRef: {group: '', kind: Service, name: a}", ""),
            ("selector: {matchLabels: {'': web}}", "spec.selector.matchLabels: a selector has an empty label"),
            (
                "selector: {matchLabels: {app: w*}}",
                "spec.selector.matchLabels: a selector compares labels literally and does not support wildcards",
            ),
            (
                "selector: {}, targetRef: {kind: Service, name: a}",
                "spec: only one of selector, targetRef and targetRefs can be set",
            ),
            (
                "targetRefs: [{kind: Service, name: a, namespace: b}]",
                "spec.targetRefs[0].namespace: a target must be in the same namespace",
            ),
            ("targetRef: {kind: Ser_vice, name: a}", "spec.targetRef.kind: kind must be a kind, not \"Ser_vice\""),
            (
                "targetRef: {kind: Service, name: a, group: __}",
                "spec.targetRef.group: group must be an API group, or empty for the core, not \"__\"",
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "RequestAuthentication/web ", want);
        }
    }
}
