//! Two objects with the same kind, namespace and name: the second replaces the first in the cluster.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B301",
    name: "duplicate-object",
    severity: Severity::Error,
    about: "two objects with the same kind, namespace and name",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for object in release.objects.iter().filter(|object| !object.name.is_empty()) {
        let namespace = release.namespace_of(object);
        if !seen.insert((&object.group, &object.kind, namespace, &object.name)) {
            let message = format!("{} {} is in the output twice; the last one wins", object.kind, object.name);
            found
                .on(object, "metadata.name", message)
                .values_text(&["extraObjects"], &object.name)
                .values_text(&["istio"], &object.name)
                .values_text(&["services"], &object.name)
                .values_text(&["configMaps"], &object.name)
                .fix("give one of them another name");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let object = |version: &str, kind: &str, more: &str| {
            format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a{more}}}")
        };
        let service = object("v1", "Service", "");
        let rows: [(String, &[&str]); 4] = [
            (object("v1", "ConfigMap", ""), &[]),
            (object("v1", "Service", ", namespace: other"), &[]),
            (object("serving.knative.dev/v1", "Service", ""), &[]),
            (
                object("v1", "Service", ", namespace: shop"),
                &["Service/a metadata.name: Service a is in the output twice; the last one wins"],
            ),
        ];
        for (other, want) in rows {
            assert_eq!(objects(&RULE, &format!("{service}\n---\n{other}")), want, "{other}");
        }
    }
}
