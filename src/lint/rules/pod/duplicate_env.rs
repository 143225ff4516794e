//! An environment variable that a container has twice: the last one wins.

use std::collections::BTreeSet;

use crate::lint::objects::{Release, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B202",
    name: "duplicate-env",
    severity: Severity::Error,
    about: "an environment variable that a container has twice",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        for container in pod.containers() {
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            for (at, variable) in items(container.node.get("env")).iter().enumerate() {
                let Some(name) = variable.get("name").and_then(|n| n.as_str()) else { continue };
                if !seen.insert(name) {
                    let message = format!("the container {:?} has the variable {name} twice", container.name);
                    found
                        .on(object, format!("{}.env[{at}]", container.path), message)
                        .values_any(&container.value_paths("env"), name)
                        .fix("keep one of them");
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
        let job = |env: &str| {
            format!(
                "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j}}\nspec: {{template: {{spec: {{containers: [{{name: a, env: {env}}}]}}}}}}\n"
            )
        };
        let rows: [(&str, &[&str]); 2] = [
            ("[{name: A}, {name: B}]", &[]),
            (
                "[{name: A}, {name: B}, {name: A}]",
                &["Job/j spec.template.spec.containers[0].env[2]: the container \"a\" has the variable A twice"],
            ),
        ];
        for (env, want) in rows {
            assert_eq!(objects(&RULE, &job(env)), want, "{env}");
        }
    }
}
