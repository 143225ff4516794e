//! A second document in a values file: Helm reads the first and says nothing of the rest.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::WrittenFile;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B107",
    name: "second-document",
    severity: Severity::Error,
    about: "a second YAML document in a values file, which nobody reads",
    check: Check::File(check),
};

fn check(file: &WrittenFile, found: &mut RuleFindings<'_>) {
    if let Some(mark) = file.second {
        found
            .at(mark, "a second document begins here, and nobody reads it: values are the first one alone")
            .fix("take the `---` or `...` out, or put the rest into a layer of its own");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::values_file;

    #[test]
    fn rows() {
        let want = "2:1: a second document begins here, and nobody reads it: values are the first one alone";
        for (text, want) in [("---\na: 1\n", vec![]), ("a: 1\n---\na: 2\n", vec![want])] {
            assert_eq!(values_file(&RULE, text), want, "{text}");
        }
    }
}
