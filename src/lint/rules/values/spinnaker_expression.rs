//! Text that Spinnaker evaluates as an expression before it deploys.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::WrittenFile;
use crate::yaml::{Form, Written};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B102",
    name: "spinnaker-expression",
    severity: Severity::Warning,
    about: "`${...}`, which Spinnaker evaluates as an expression unless the deploy stage skips that",
    check: Check::File(check),
};

fn check(file: &WrittenFile, found: &mut RuleFindings<'_>) {
    if let Some(tree) = &file.tree {
        walk(tree, found);
    }
}

fn walk(node: &Written, found: &mut RuleFindings<'_>) {
    with_stack(|| match &node.form {
        Form::Scalar(scalar) => {
            let text = scalar.text.to_string_lossy();
            let Some(expression) = expression(&text) else { return };
            found
                .at(node.mark, format!("Spinnaker evaluates `{expression}` as an expression before it deploys"))
                .fix("set skipExpressionEvaluation in the deploy stage and silence this line, or avoid `${`");
        }
        Form::Alias(_) => {}
        Form::List(items) => items.iter().for_each(|item| walk(item, found)),
        Form::Map(entries) => entries.iter().for_each(|(_, value)| walk(value, found)),
    });
}

/// The first `${...}` on one line. Without a closing brace it is not an expression.
fn expression(text: &str) -> Option<&str> {
    let start = text.find("${")?;
    let rest = text.get(start..)?;
    let end = rest.find('}')?;
    rest.get(..=end).filter(|found| !found.contains('\n'))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::values_file;

    #[test]
    fn rows() {
        for (text, want) in [
            ("a: $(HOST) $HOST {x}\n", vec![]),
            ("a: ${\n", vec![]),
            (
                "args: ['-c', 'echo ${HOST}']\n",
                vec!["1:14: Spinnaker evaluates `${HOST}` as an expression before it deploys"],
            ),
            (
                "a: |\n  x\n  ${parameters.tag}\n",
                vec!["1:4: Spinnaker evaluates `${parameters.tag}` as an expression before it deploys"],
            ),
        ] {
            assert_eq!(values_file(&RULE, text), want, "{text}");
        }
    }
}
