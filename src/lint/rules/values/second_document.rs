//! A second document in a values file, or text after a map in braces: Helm reads the first document and silently ignores the rest.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::WrittenFile;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B107",
    name: "second-document",
    severity: Severity::Error,
    about: "a second YAML document in a values file, or text after a map in braces: both are ignored",
    check: Check::File(check),
};

fn check(file: &WrittenFile, found: &mut RuleFindings<'_>) {
    if let Some(mark) = file.second {
        found
            .at(mark, "a second document begins here and is ignored: only the first document contains values")
            .fix("remove the `---` or `...`, or move the rest into another layer");
    } else if let Some(mark) = file.rest {
        found
            .at(mark, "the document ends before this line: this text and all below are ignored")
            .fix("write the map above without braces, one key per line");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::values_file;

    #[test]
    fn rows() {
        let want = "2:1: a second document begins here and is ignored: only the first document contains values";
        let after = "2:1: the document ends before this line: this text and all below are ignored";
        for (text, want) in [
            ("---\na: 1\n", vec![]),
            ("{a: 1}\n", vec![]),
            ("a: 1\n---\na: 2\n", vec![want]),
            ("{replicas: 3}\nenv: {A: b}\n", vec![after]),
        ] {
            assert_eq!(values_file(&RULE, text), want, "{text}");
        }
    }
}
