//! A stack says what all stacks say already.

use crate::lint::finding::Severity;
use crate::lint::rule::{Check, Found, Rule};
use crate::lint::sheet::{Layers, place};
use crate::yaml::{Data, Form, Key, Written};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B104",
    name: "redundant-value",
    severity: Severity::Note,
    about: "a value of a stack that equals the common one",
    check: Check::Layers(check),
};

fn check(layers: &Layers<'_>, found: &mut Found<'_>) {
    if let (Some(base), Some(stack)) = (&layers.base.tree, &layers.stack.tree) {
        let file = layers.base.name.rsplit(['/', '\\']).next().unwrap_or_default();
        walk(base, stack, file, found);
    }
}

fn walk(base: &Written, stack: &Written, file: &str, found: &mut Found<'_>) {
    let known = base.index();
    for (key, over) in stack.entries() {
        let Some((under_key, under)) = known.get(key.name.as_bytes()).filter(|_| !key.is_merge) else { continue };
        if same(under, over) {
            let name = key.name.to_string_lossy();
            let line = under_key.mark.line;
            found
                .at(place(key, over), format!("{name:?} is the same in {file} on line {line}"))
                .fix("leave it out here");
        } else {
            stacker::maybe_grow(64 << 10, 1 << 20, || walk(under, over, file, found));
        }
    }
}

/// Whether both are read as the same value. What holds an alias is taken for different.
pub(super) fn same(a: &Written, b: &Written) -> bool {
    stacker::maybe_grow(64 << 10, 1 << 20, || match (&a.form, &b.form) {
        // a null of a stack removes; where nothing is, another rule speaks
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
        let rows: [(&str, &str, &[&str]); 6] = [
            ("a: 1", "a: 2", &[]),
            ("a: 1", "b: 1", &[]),
            ("a: {b: 1, c: 2}", "a: {b: 1, c: 3}", &["1:8: \"b\" is the same in values.yaml on line 1"]),
            ("a: {b: [1, {c: x}]}", "a: {b: [1, {c: 'x'}]}", &["1:1: \"a\" is the same in values.yaml on line 1"]),
            ("a: 1", "a: '1'", &[]),
            ("a: {}\nb: null", "a: {}\nb: null", &[]),
        ];
        for (base, stack, want) in rows {
            assert_eq!(layers(&RULE, base, stack), want, "{base} / {stack}");
        }
    }
}
