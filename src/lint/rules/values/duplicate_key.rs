//! Two equal keys in one map: Helm silently uses the last one.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::WrittenFile;
use crate::yaml::Written;
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B101",
    name: "duplicate-key",
    severity: Severity::Error,
    about: "a key that appears twice in one map; the last one wins",
    check: Check::File(check),
};

fn check(file: &WrittenFile, found: &mut RuleFindings<'_>) {
    if let Some(tree) = &file.tree {
        walk(tree, found);
    }
}

fn walk(node: &Written, found: &mut RuleFindings<'_>) {
    with_stack(|| {
        node.items().iter().for_each(|item| walk(item, found));
        let mut first = indexmap::IndexMap::<&[u8], u32, foldhash::fast::RandomState>::default();
        for (key, value) in node.entries() {
            if !key.is_merge && !key.name.is_empty() {
                if let Some(line) = first.get(key.name.as_bytes()) {
                    let name = key.name.to_string_lossy();
                    found
                        .at(key.mark, format!("the key {name:?} is already on line {line}; the value there is lost"))
                        .fix("keep one of them, or merge both");
                } else {
                    first.insert(key.name.as_bytes(), key.mark.line);
                }
            }
            walk(value, found);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::values_file;

    #[test]
    fn rows() {
        for (text, want) in [
            ("a: 1\nb: {a: 1}\n", vec![]),
            ("a: 1\nb: 2\na: 3\n", vec!["3:1: the key \"a\" is already on line 1; the value there is lost"]),
            ("l:\n- {x: 1, x: 1}\n", vec!["2:10: the key \"x\" is already on line 2; the value there is lost"]),
            ("x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n  a: 2\n", vec![]),
            ("1: a\n'1': b\n", vec!["2:1: the key \"1\" is already on line 1; the value there is lost"]),
        ] {
            assert_eq!(values_file(&RULE, text), want, "{text}");
        }
    }
}
