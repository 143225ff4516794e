//! Annotations that the API server refuses.

use super::label::KEY;
use super::metadata;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::is_qualified_name;
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B505",
    name: "annotation",
    severity: Severity::Error,
    about: "an annotation whose key the cluster refuses, or annotations of more than 256 KiB",
    check: Check::Objects(check),
};

/// Maximum size of the annotations of an object.
const MOST: usize = 256 << 10;

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        let mut report = Report::new(object, found);
        metadata(object, "annotations", &mut |map| annotations(map, &mut report));
    }
}

fn annotations(map: &Field<'_>, report: &mut Report<'_, '_>) {
    let mut size = 0;
    for one in map.entries() {
        let key = one.key();
        size += key.len() + one.node.as_str().map_or(0, str::len);
        // the case of letters does not count in the domain of an annotation
        if !is_qualified_name(&key.to_lowercase()) {
            report.say(&one, "", format!("{key:?} is not the key of an annotation"), format!("write {KEY}"));
        }
    }
    if size > MOST {
        let fix = "keep large texts in a ConfigMap";
        report.say(map, "", format!("the annotations have {size} bytes; an object can have {MOST}"), fix);
    }
}

/// The text of an annotation of an object.
pub(super) fn text<'o>(root: &Field<'o>, key: &str) -> Option<&'o str> {
    root.node.get("metadata")?.get("annotations")?.get(key).and_then(Node::as_str)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::{assert_says, objects};

    #[test]
    fn rows() {
        for (map, want) in [
            ("{A.example/b: any text at all, c: ''}", ""),
            ("{a b: x}", "[\"a b\"]: \"a b\" is not the key of an annotation"),
            ("{a/b/c: x}", "[\"a/b/c\"]: \"a/b/c\" is not the key of an annotation"),
        ] {
            let pod = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a, annotations: {map}}}}}");
            assert_says(&RULE, &pod, "Pod/a metadata.annotations", want);
        }
        let large = "x".repeat(300_000);
        let text = format!(
            "{{apiVersion: apps/v1, kind: Deployment, spec: {{template: {{metadata: {{annotations: {{a: {large}}}}}}}}}}}"
        );
        assert_eq!(
            objects(&RULE, &text),
            [
                "Deployment/ spec.template.metadata.annotations: the annotations have 300001 bytes; an object can have 262144"
            ]
        );
    }
}
