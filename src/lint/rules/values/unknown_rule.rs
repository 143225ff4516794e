//! A comment that silences nothing, because no rule has that name.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::rules::find;
use crate::lint::values_file::WrittenFile;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B005",
    name: "unknown-rule",
    severity: Severity::Warning,
    about: "a `# bake-lint:` comment without the name of a rule",
    check: Check::File(check),
};

fn check(file: &WrittenFile, found: &mut RuleFindings<'_>) {
    for comment in &file.comments {
        if comment.unclear {
            found
                .at(comment.mark, "the comment names no rule of the linter")
                .fix("write `# bake-lint: allow=CODE`, with commas between several");
        }
        for name in &comment.rules {
            if let Err(error) = find(name) {
                let hint = error.hint().unwrap_or_default().to_owned();
                found.at(comment.mark, error.message()).fix(hint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::values_file;

    #[test]
    fn rows() {
        for (text, want) in [
            ("a: 1 # bake-lint: allow=B202,duplicate-port why not\n", vec![]),
            ("a: 1 # bake-lint: allow=B999\n", vec!["1:6: there is no rule \"B999\""]),
            ("# bake-lint: disable=B202\na: 1\n", vec!["1:1: the comment names no rule of the linter"]),
        ] {
            assert_eq!(values_file(&RULE, text), want, "{text}");
        }
    }
}
