//! A layer repeats a value of the layers below it.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::{LowerValues, Overlay, place};
use crate::yaml::{Data, Form, Key, Written};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B104",
    name: "redundant-value",
    severity: Severity::Note,
    about: "a value that equals that of the layers below",
    check: Check::Overlay(check),
};

fn check(layers: &Overlay<'_>, found: &mut RuleFindings<'_>) {
    if let Some(tree) = layers.over.tree.as_ref().filter(|_| layers.everywhere) {
        walk(layers, &layers.tops(), tree, found);
    }
}

fn walk(layers: &Overlay<'_>, below: &LowerValues<'_>, tree: &Written, found: &mut RuleFindings<'_>) {
    let known = below.keys();
    for (key, over) in tree.entries().iter().filter(|(key, _)| !key.is_merge) {
        let under = known.get(key.name.as_bytes());
        match under.top() {
            Some(lower) if same(lower.node, over) => {
                let (name, file, line) = (key.name.to_string_lossy(), layers.short(lower.file), lower.line);
                found
                    .at(place(key, over), format!("{name:?} is the same in {file} on line {line}"))
                    .fix("remove it here");
            }
            Some(_) => with_stack(|| walk(layers, &under, over, found)),
            None => {}
        }
    }
}

/// Whether both are read as the same value. A value with an alias is assumed to differ.
pub(super) fn same(a: &Written, b: &Written) -> bool {
    with_stack(|| match (&a.form, &b.form) {
        // a null in a stack removes a value; if there is none, another rule reports it
        (Form::Scalar(a), Form::Scalar(b)) => a.data == b.data && a.data != Data::Null,
        (Form::List(a), Form::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Form::Map(entries), Form::Map(others)) => {
            let known = b.index();
            let equal = |(key, value): &(Key, Written)| {
                !key.is_merge && known.get(key.name.as_bytes()).is_some_and(|(_, over)| same(value, over))
            };
            !entries.is_empty() && entries.len() == others.len() && entries.iter().all(equal)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::layers;

    #[test]
    fn rows() {
        let rows: [(&[&str], &str, &[&str]); 8] = [
            (&["a: 1"], "a: 2", &[]),
            (&["a: 1"], "b: 1", &[]),
            (&["a: {b: 1, c: 2}"], "a: {b: 1, c: 3}", &["1:8: \"b\" is the same in values.yaml on line 1"]),
            (&["a: {b: [1, {c: x}]}"], "a: {b: [1, {c: 'x'}]}", &["1:1: \"a\" is the same in values.yaml on line 1"]),
            (&["a: 1"], "a: '1'", &[]),
            (&["a: {}\nb: null"], "a: {}\nb: null", &[]),
            // a layer between says something else, or nothing
            (&["a: 1", "a: 2"], "a: 1", &[]),
            (&["\na: {b: 1}", "a: {c: 2}"], "a: {b: 1}", &["1:8: \"b\" is the same in values.yaml on line 2"]),
        ];
        for (below, over, want) in rows {
            assert_eq!(layers(&RULE, below, over), want, "{below:?} / {over}");
        }
    }
}
