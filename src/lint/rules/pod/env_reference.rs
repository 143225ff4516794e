//! A reference `$(NAME)` to an unknown variable: Kubernetes leaves it unchanged. A variable can refer only to those before it.

use std::collections::BTreeMap;

use crate::lint::objects::{Container, Object, Release, items, name};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B204",
    name: "env-reference",
    severity: Severity::Warning,
    about: "`$(NAME)` for a variable that the container does not have, or has only later",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        for container in pod.containers() {
            // these may define the variable
            if !items(container.node.get("envFrom")).is_empty() {
                continue;
            }
            let env = items(container.node.get("env"));
            let mut first: BTreeMap<&str, usize> = BTreeMap::new();
            for (at, variable) in env.iter().enumerate() {
                if let Some(name) = name(variable) {
                    first.entry(name).or_insert(at);
                }
            }
            for (at, variable) in env.iter().enumerate() {
                let Some(value) = variable.get("value").and_then(Node::as_str) else { continue };
                let own = name(variable).unwrap_or_default();
                for wanted in references(value) {
                    let place = first.get(wanted);
                    if place.is_some_and(|place| *place < at) || is_given(wanted) {
                        continue;
                    }
                    let message = if wanted == own {
                        format!("the variable {own} refers to itself, and no variable before it has that name")
                    } else if place.is_some() {
                        format!("the variable {own} refers to $({wanted}), which comes after it")
                    } else {
                        format!("the variable {own} refers to $({wanted}), but the container has no such variable")
                    };
                    found
                        .on(object, format!("{}.env[{at}].value", container.path), message)
                        .values_any(&container.value_paths("env"), own)
                        .fix("define it, or write $$( for literal text");
                }
            }
            words(object, &container, &first, found);
        }
    }
}

/// The command line. Shells use `$(date)` too, so only names that look like variables count.
fn words(object: &Object, container: &Container<'_>, names: &BTreeMap<&str, usize>, found: &mut RuleFindings<'_>) {
    for list in ["command", "args"] {
        for (at, word) in items(container.node.get(list)).iter().enumerate() {
            for wanted in references(word.as_str().unwrap_or_default()) {
                let is_variable = wanted.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
                if !is_variable || is_given(wanted) || names.contains_key(wanted) {
                    continue;
                }
                found
                    .on(
                        object,
                        format!("{}.{list}[{at}]", container.path),
                        format!("{list} refers to $({wanted}), but the container has no such variable"),
                    )
                    .values_any(&container.value_paths(list), wanted)
                    .values(&[list])
                    .fix("define it in env, or write $$( for literal text");
            }
        }
    }
}

/// The names in `$(NAME)`; `$$(NAME)` is literal text.
fn references(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
        } else if let Some((name, after)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            let fits = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
            if !name.is_empty() && name.bytes().all(fits) {
                found.push(name);
            }
            rest = after;
        }
    }
    found
}

/// Variables that Kubernetes adds for every Service.
fn is_given(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || name.contains("_PORT_")
}

#[cfg(test)]
mod tests {
    use super::{RULE, references};
    use crate::lint::testing::objects;

    #[test]
    fn names_are_read_as_kubernetes_reads_them() {
        for (text, want) in [
            ("a $(B) $(C_1)", vec!["B", "C_1"]),
            ("$$(B) $B ${B} $(", vec![]),
            ("$$$(B)", vec!["B"]),
            ("$(a b) $()", vec![]),
        ] {
            assert_eq!(references(text), want, "{text}");
        }
    }

    #[test]
    fn rows() {
        let pod = |container: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{containers: [{{name: a, {container}}}]}}\n"
            )
        };
        let rows: [(&str, &[&str]); 7] = [
            ("env: [{name: A, value: x}, {name: B, value: $(A)}], args: [$(B), $(date)]", &[]),
            ("env: [{name: B, value: $(A)}], envFrom: [{secretRef: {name: s}}]", &[]),
            ("env: [{name: B, value: $(KUBERNETES_SERVICE_HOST)}]", &[]),
            (
                "env: [{name: B, value: $(A)}]",
                &[
                    "Pod/p spec.containers[0].env[0].value: the variable B refers to $(A), but the container has no such variable",
                ],
            ),
            (
                "env: [{name: B, value: $(A)}, {name: A}]",
                &["Pod/p spec.containers[0].env[0].value: the variable B refers to $(A), which comes after it"],
            ),
            (
                "env: [{name: A, value: x$(A)}]",
                &[
                    "Pod/p spec.containers[0].env[0].value: the variable A refers to itself, and no variable before it has that name",
                ],
            ),
            (
                "args: ['--host=$(HOST)']",
                &["Pod/p spec.containers[0].args[0]: args refers to $(HOST), but the container has no such variable"],
            ),
        ];
        for (container, want) in rows {
            assert_eq!(objects(&RULE, &pod(container)), want, "{container}");
        }
    }
}
