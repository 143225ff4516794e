//! A list replaces that of a layer below and loses some of its items.

use super::redundant_value::same;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::{LowerValues, Overlay};
use crate::yaml::{Form, Written};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B105",
    name: "replaced-list",
    severity: Severity::Warning,
    about: "a list that replaces that of a layer below and drops some of its items",
    check: Check::Overlay(check),
};

/// Lists that are a unit: nobody expects them to be merged.
const WHOLE: [&[u8]; 2] = [b"command", b"args"];

fn check(layers: &Overlay<'_>, found: &mut RuleFindings<'_>) {
    if let Some(tree) = &layers.over.tree {
        walk(layers, &layers.tops(), tree, &mut Vec::new(), found);
    }
}

fn walk<'t>(
    layers: &Overlay<'_>,
    below: &LowerValues<'_>,
    tree: &'t Written,
    path: &mut Vec<&'t [u8]>,
    found: &mut RuleFindings<'_>,
) {
    let known = below.keys();
    for (key, over) in tree.entries().iter().filter(|(key, _)| !key.is_merge) {
        let under = known.get(key.name.as_bytes());
        let Some(lower) = under.top() else { continue };
        let (Form::List(old), Form::List(new)) = (&lower.node.form, &over.form) else {
            path.push(key.name.as_bytes());
            with_stack(|| walk(layers, &under, over, path, found));
            path.pop();
            continue;
        };
        let lost: Vec<String> =
            old.iter().filter(|item| !new.iter().any(|kept| same(item, kept))).map(describe).collect();
        if lost.is_empty() || WHOLE.contains(&key.name.as_bytes()) {
            continue;
        }
        let (name, file, line) = (key.name.to_string_lossy(), layers.short(lower.file), lower.line);
        let message =
            format!("the list {name:?} replaces that of {file} on line {line}, which also has {}", some(&lost));
        path.push(key.name.as_bytes());
        let fix = if (layers.takes_map)(path) {
            "repeat the items to keep, or write both as maps by key, which are merged"
        } else {
            "repeat the items to keep"
        };
        path.pop();
        found.at(key.mark, message).fix(fix);
    }
}

fn some(lost: &[String]) -> String {
    match lost {
        [first, second, third, _, ..] => format!("{first}, {second}, {third} and {} more", lost.len() - 3),
        few => few.join(", "),
    }
}

/// An item in a few words: a scalar, or a map by its name or first entry.
fn describe(item: &Written) -> String {
    match &item.form {
        Form::Scalar(scalar) => short(&scalar.text.to_string_lossy()),
        Form::Alias(name) => format!("*{name}"),
        Form::List(_) => "a list".to_owned(),
        Form::Map(entries) => {
            let entry = item.entry(b"name").or_else(|| entries.first());
            match entry.and_then(|(key, value)| Some((key, value.scalar()?))) {
                Some((key, scalar)) => {
                    format!("{{{}: {}}}", key.name.to_string_lossy(), short(&scalar.text.to_string_lossy()))
                }
                None => "a map".to_owned(),
            }
        }
    }
}

fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > 40 { line.chars().take(39).chain(['…']).collect() } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::layers;

    #[test]
    fn rows() {
        let rows: [(&[&str], &str, &[&str]); 8] = [
            (&["l: [a, b]"], "l: [a, b, c]", &[]),
            (&["l: [a]"], "m: [b]", &[]),
            (&["args: [a]"], "args: [b]", &[]),
            (
                &["l: [a, b]"],
                "l: [b]",
                &["1:1: the list \"l\" replaces that of values.yaml on line 1, which also has a"],
            ),
            // what the layers between say counts, and what they do not say shows through
            (&["l: [a, b]", "l: [b]"], "l: [b]", &[]),
            (
                &["m: {l: [a]}\n", "m: {k: 1}"],
                "m: {l: [b]}",
                &["1:5: the list \"l\" replaces that of values.yaml on line 1, which also has a"],
            ),
            (
                &["p: {env: [{name: A, value: 1}, {name: B}]}"],
                "p:\n  env: [{name: A, value: 2}]",
                &["2:3: the list \"env\" replaces that of values.yaml on line 1, which also has {name: A}, {name: B}"],
            ),
            (
                &["l: [1, 2, 3, 4, 5]"],
                "l: []",
                &["1:1: the list \"l\" replaces that of values.yaml on line 1, which also has 1, 2, 3 and 2 more"],
            ),
        ];
        for (below, over, want) in rows {
            assert_eq!(layers(&RULE, below, over), want, "{below:?} / {over}");
        }
    }
}
