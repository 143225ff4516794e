//! A layer that writes a value in another form than those below it: nothing is merged, and what is below is lost.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::{LowerValues, Overlay};
use crate::yaml::{Data, Form, Written};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B109",
    name: "changed-kind",
    severity: Severity::Warning,
    about: "a map over a list, a list over a map, or a map over a text: what is below is lost",
    check: Check::Overlay(check),
};

fn check(layers: &Overlay<'_>, found: &mut RuleFindings<'_>) {
    if let Some(tree) = &layers.over.tree {
        walk(layers, &layers.tops(), tree, found);
    }
}

fn walk(layers: &Overlay<'_>, below: &LowerValues<'_>, tree: &Written, found: &mut RuleFindings<'_>) {
    let known = below.keys();
    for (key, over) in tree.entries().iter().filter(|(key, _)| !key.is_merge) {
        let under = known.get(key.name.as_bytes());
        let Some(lower) = under.top() else { continue };
        let lost = match (&lower.node.form, &over.form) {
            (Form::List(items), Form::Map(_)) if !items.is_empty() => ("map", "list"),
            (Form::Map(entries), Form::List(_)) if !entries.is_empty() => ("list", "map"),
            // `false`, null and an empty text switch something off that the map switches on
            (Form::Scalar(scalar), Form::Map(entries)) if is_said(&scalar.data) && !entries.is_empty() => {
                ("map", "value")
            }
            _ => {
                with_stack(|| walk(layers, &under, over, found));
                continue;
            }
        };
        let (name, file, line) = (key.name.to_string_lossy(), layers.short(lower.file), lower.line);
        let (own, other) = lost;
        let message =
            format!("the {own} {name:?} replaces the {other} of {file} on line {line}: nothing of it is kept");
        let fix = match other {
            "value" => "repeat the value in the map if it is to stay".to_owned(),
            other => format!("write it as a {other} here too; maps by key are merged"),
        };
        found.at(key.mark, message).fix(fix);
    }
}

fn is_said(data: &Data) -> bool {
    match data {
        Data::Null | Data::Bool(_) => false,
        Data::Str(text) => !text.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::layers;

    #[test]
    fn rows() {
        let rows: [(&[&str], &str, &[&str]); 8] = [
            (&["env: {A: 1}"], "env: {B: 2}", &[]),
            (&["a: false\nb: null\nc: ''"], "a: {x: 1}\nb: {x: 1}\nc: {x: 1}", &[]),
            (&["env: []"], "env: {A: 1}", &[]),
            (&["a: {b: 1}"], "a: null", &[]),
            (
                &["env: [{name: A}]"],
                "env: {B: 2}",
                &["1:1: the map \"env\" replaces the list of values.yaml on line 1: nothing of it is kept"],
            ),
            (
                &["\nenv: {A: 1}"],
                "env: [{name: B}]",
                &["1:1: the list \"env\" replaces the map of values.yaml on line 2: nothing of it is kept"],
            ),
            (
                &["service: {ports: {http: 80}}"],
                "service: {ports: {http: {nodePort: 30080}}}",
                &["1:19: the map \"http\" replaces the value of values.yaml on line 1: nothing of it is kept"],
            ),
            (&["m: {l: [a]}", "m: {l: {b: 1}}"], "m: {l: {c: 1}}", &[]),
        ];
        for (below, over, want) in rows {
            assert_eq!(layers(&RULE, below, over), want, "{below:?} / {over}");
        }
    }
}
