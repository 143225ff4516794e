//! A mount of a volume that the pod does not have: the cluster refuses the pod.

use crate::lint::objects::{Release, items, name};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B205",
    name: "missing-volume",
    severity: Severity::Error,
    about: "a mount of a volume that the pod does not have",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        // a StatefulSet creates volumes from its claim templates
        let claims =
            items(object.at(&["spec", "volumeClaimTemplates"])).iter().filter_map(|claim| claim.get("metadata"));
        let volumes: Vec<&str> = items(pod.spec.get("volumes")).iter().chain(claims).filter_map(name).collect();
        for container in pod.containers() {
            for list in ["volumeMounts", "volumeDevices"] {
                for (at, mount) in items(container.node.get(list)).iter().enumerate() {
                    let Some(wanted) = name(mount) else { continue };
                    if !volumes.contains(&wanted) {
                        found
                            .on(
                                object,
                                format!("{}.{list}[{at}].name", container.path),
                                format!(
                                    "the container {:?} mounts {wanted:?}, but the pod has no such volume",
                                    container.name
                                ),
                            )
                            .values_any(&container.value_paths(list), wanted)
                            .fix(format!("add {wanted:?} to volumes, or remove the mount"));
                    }
                }
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
        let set = |pod: &str| {
            format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: s}}\nspec:\n  volumeClaimTemplates: [{{metadata: {{name: data}}}}]\n  template: {{spec: {{{pod}}}}}\n"
            )
        };
        let rows: [(&str, &[&str]); 3] = [
            ("containers: [{name: a, volumeMounts: [{name: data, mountPath: /d}]}]", &[]),
            ("volumes: [{name: x}], containers: [{name: a, volumeMounts: [{name: x, mountPath: /d}]}]", &[]),
            (
                "containers: [{name: a, volumeMounts: [{name: x, mountPath: /d}]}]",
                &[
                    "StatefulSet/s spec.template.spec.containers[0].volumeMounts[0].name: the container \"a\" mounts \"x\", but the pod has no such volume",
                ],
            ),
        ];
        for (pod, want) in rows {
            assert_eq!(objects(&RULE, &set(pod)), want, "{pod}");
        }
    }
}
