//! Encrypted values: nothing here decrypts them, so the cluster would get the cipher text.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::WrittenFile;
use crate::yaml::{Form, Written};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B108",
    name: "encrypted-value",
    severity: Severity::Error,
    about: "a value encrypted by SOPS, which would be deployed as it is",
    check: Check::File(check),
};

/// The starts of encrypted texts: of SOPS, age and `ansible-vault`.
const STARTS: [&str; 3] = ["ENC[", "-----BEGIN AGE ENCRYPTED FILE-----", "$ANSIBLE_VAULT;"];

fn check(file: &WrittenFile, found: &mut RuleFindings<'_>) {
    let Some(tree) = &file.tree else { return };
    // one finding for a file that is encrypted as a whole: SOPS adds this key
    let sops = tree
        .entry(b"sops")
        .filter(|(_, value)| value.entry(b"mac").is_some() || value.entry(b"lastmodified").is_some());
    if let Some((key, _)) = sops {
        let message = "the file is encrypted by SOPS: its values would be deployed as they stand here";
        found
            .at(key.mark, message)
            .fix("decrypt it first (`sops decrypt`), or keep secrets in a Secret and refer to it");
        return;
    }
    walk(tree, found);
}

fn walk(node: &Written, found: &mut RuleFindings<'_>) {
    with_stack(|| match &node.form {
        Form::Scalar(scalar) => {
            let text = scalar.text.to_string_lossy();
            if STARTS.iter().any(|start| text.trim_start().starts_with(start)) {
                let message = "the value is encrypted, and would be deployed as it stands here";
                found.at(node.mark, message).fix("decrypt it first, or keep it in a Secret and refer to it");
            }
        }
        Form::Alias(_) => {}
        Form::List(items) => items.iter().for_each(|item| walk(item, found)),
        Form::Map(entries) => entries.iter().for_each(|(_, value)| walk(value, found)),
    });
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::values_file;

    #[test]
    fn rows() {
        for (text, want) in [
            ("sops: yes\nenv: {A: 'ENCODED'}\n", vec![]),
            (
                "env: {PASSWORD: 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]'}\n",
                vec!["1:17: the value is encrypted, and would be deployed as it stands here"],
            ),
            (
                "env: {A: 'ENC[x]', B: 'ENC[y]'}\nsops: {mac: 'ENC[z]', version: 3.9.0}\n",
                vec!["2:1: the file is encrypted by SOPS: its values would be deployed as they stand here"],
            ),
        ] {
            assert_eq!(values_file(&RULE, text), want, "{text}");
        }
    }
}
