//! Two mounts at the same path: the cluster refuses the pod.

use std::collections::BTreeSet;

use crate::lint::objects::{Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B203",
    name: "duplicate-mount",
    severity: Severity::Error,
    about: "two mounts of a container at the same path",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        for container in pod.containers() {
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            for (at, mount) in items(container.node.get("volumeMounts")).iter().enumerate() {
                let Some(path) = mount.get("mountPath").and_then(|p| p.as_str()) else { continue };
                let plain = if path.len() > 1 { path.trim_end_matches('/') } else { path };
                if !seen.insert(plain) {
                    found
                        .on(
                            object,
                            format!("{}.volumeMounts[{at}].mountPath", container.path),
                            format!("the container {:?} has two mounts at {plain}", container.name),
                        )
                        .values_any(&container.value_paths("volumeMounts"), path)
                        .values_text(&["configMaps"], path)
                        .fix("mount one of them elsewhere, or mount single files with subPath");
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
        let pod = |mounts: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: a, volumeMounts: {mounts}}}]}}\n"
            )
        };
        let rows: [(&str, &[&str]); 2] = [
            ("[{name: x, mountPath: /a}, {name: x, mountPath: /a/b}]", &[]),
            (
                "[{name: x, mountPath: /a}, {name: y, mountPath: /a/}]",
                &["Pod/p spec.containers[0].volumeMounts[1].mountPath: the container \"a\" has two mounts at /a"],
            ),
        ];
        for (mounts, want) in rows {
            assert_eq!(objects(&RULE, &pod(mounts)), want, "{mounts}");
        }
    }
}
