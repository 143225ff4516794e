//! Claims of disks that the API server refuses.

use super::{is_of, objects};
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{compare_quantities, is_subdomain};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B521",
    name: "disk-claim",
    severity: Severity::Error,
    about: "a claim of a disk without access modes or a size, or with what the cluster refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    objects(release, "", "PersistentVolumeClaim", found, |root, report| match root.get("spec") {
        Some(spec) => claim(&spec, report),
        None => report.say(root, "spec", "the claim has no spec", "add spec with accessModes and resources"),
    });
    for object in release.objects.iter().filter(|object| is_of(object, "apps", &["StatefulSet"])) {
        let mut report = Report::new(object, found);
        Field::root(object).within(&["spec"], &mut |spec| {
            for template in spec.each("volumeClaimTemplates") {
                if let Some(spec) = template.get("spec") {
                    claim(&spec, &mut report);
                }
            }
        });
    }
}

fn claim(spec: &Field<'_>, report: &mut Report<'_, '_>) {
    let modes = spec.list("accessModes").unwrap_or_default();
    if modes.is_empty() {
        report.say(spec, "accessModes", "the claim has no access mode", "add accessModes: [ReadWriteOnce]");
    }
    let alone = |mode: &&Node| mode.as_str() == Some("ReadWriteOncePod");
    if modes.len() > 1 && modes.iter().any(|mode| alone(&mode)) && !modes.iter().all(|mode| alone(&mode)) {
        let message = "ReadWriteOncePod cannot be with other access modes";
        report.say(spec, "accessModes", message, "keep one access mode");
    }
    let size = spec.node.get("resources").and_then(|all| all.get("requests")).and_then(|all| all.get("storage"));
    match size.map(scalar) {
        None => {
            let message = "the claim has no size";
            report.say(spec, "resources", message, "add resources.requests.storage, such as 1Gi");
        }
        Some(size) => {
            if compare_quantities(&size, "0").is_some_and(std::cmp::Ordering::is_le) {
                report.say(spec, "resources", format!("the size {size} is not above 0"), "write a size such as 1Gi");
            }
        }
    }
    super::fits(spec, "storageClassName", is_subdomain, "the name of a storage class", report);
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            ("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: ''", ""),
            ("resources: {requests: {storage: 1Gi}}", "accessModes: the claim has no access mode"),
            ("accessModes: [ReadWriteOnce]", "resources: the claim has no size"),
            (
                "accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}",
                "resources: the size 0 is not above 0",
            ),
            (
                "accessModes: [ReadWriteOnce, ReadWriteOncePod], resources: {requests: {storage: 1}}",
                "accessModes: ReadWriteOncePod cannot be with other access modes",
            ),
            (
                "accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}, storageClassName: A b",
                "storageClassName: storageClassName \"A b\" is not the name of a storage class",
            ),
        ] {
            let text =
                format!("{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: c}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &text, "PersistentVolumeClaim/c spec.", want);
            let text = format!(
                "{{apiVersion: apps/v1, kind: StatefulSet, metadata: {{name: c}}, spec: {{volumeClaimTemplates: [{{spec: {{{spec}}}}}]}}}}"
            );
            assert_says(&RULE, &text, "StatefulSet/c spec.volumeClaimTemplates[0].spec.", want);
        }
    }
}
