//! A list of a stack takes the place of the common one, and what only that has is lost.

use super::redundant_value::same;
use crate::lint::finding::Severity;
use crate::lint::rule::{Check, Found, Rule};
use crate::lint::sheet::Layers;
use crate::yaml::{Form, Written};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B105",
    name: "replaced-list",
    severity: Severity::Warning,
    about: "a list of a stack that replaces the common one and drops some of it",
    check: Check::Layers(check),
};

/// Lists that are one thing: nobody expects them to be merged.
const WHOLE: [&[u8]; 2] = [b"command", b"args"];

fn check(layers: &Layers<'_>, found: &mut Found<'_>) {
    if let (Some(base), Some(stack)) = (&layers.base.tree, &layers.stack.tree) {
        walk(base, stack, found);
    }
}

fn walk(base: &Written, stack: &Written, found: &mut Found<'_>) {
    let known = base.index();
    for (key, over) in stack.entries() {
        let Some((_, under)) = known.get(key.name.as_bytes()).filter(|_| !key.is_merge) else { continue };
        let (Form::List(old), Form::List(new)) = (&under.form, &over.form) else {
            stacker::maybe_grow(64 << 10, 1 << 20, || walk(under, over, found));
            continue;
        };
        let lost: Vec<String> =
            old.iter().filter(|item| !new.iter().any(|kept| same(item, kept))).map(describe).collect();
        if lost.is_empty() || WHOLE.contains(&key.name.as_bytes()) {
            continue;
        }
        let name = key.name.to_string_lossy();
        found
            .at(key.mark, format!("the list {name:?} replaces the common one, which also has {}", some(&lost)))
            .fix("repeat what is to stay, or write both as maps by key, which are merged");
    }
}

fn some(lost: &[String]) -> String {
    match lost {
        [first, second, third, _, ..] => format!("{first}, {second}, {third} and {} more", lost.len() - 3),
        few => few.join(", "),
    }
}

/// An item in a few words: a scalar itself, a map by its name or first entry.
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
        let rows: [(&str, &str, &[&str]); 6] = [
            ("l: [a, b]", "l: [a, b, c]", &[]),
            ("l: [a]", "m: [b]", &[]),
            ("args: [a]", "args: [b]", &[]),
            ("l: [a, b]", "l: [b]", &["1:1: the list \"l\" replaces the common one, which also has a"]),
            (
                "p: {env: [{name: A, value: 1}, {name: B}]}",
                "p:\n  env: [{name: A, value: 2}]",
                &["2:3: the list \"env\" replaces the common one, which also has {name: A}, {name: B}"],
            ),
            (
                "l: [1, 2, 3, 4, 5]",
                "l: []",
                &["1:1: the list \"l\" replaces the common one, which also has 1, 2, 3 and 2 more"],
            ),
        ];
        for (base, stack, want) in rows {
            assert_eq!(layers(&RULE, base, stack), want, "{base} / {stack}");
        }
    }
}
