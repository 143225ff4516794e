//! An unquoted scalar where a string is expected, and YAML reads something else.

use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::values_file::WrittenFile;
use crate::yaml::{Data, Form, Scalar, Written};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B103",
    name: "mangled-scalar",
    severity: Severity::Warning,
    about: "an unquoted version, tag, variable or label that YAML reads as something else",
    check: Check::File(check),
};

/// Maps whose values are strings.
const TEXTS: [&[u8]; 6] = [b"env", b"data", b"headers", b"nodeSelector", b"matchLabels", b"selector"];

fn check(file: &WrittenFile, found: &mut RuleFindings<'_>) {
    if let Some(tree) = &file.tree {
        walk(tree, &mut Vec::new(), found);
    }
}

fn walk<'t>(node: &'t Written, path: &mut Vec<&'t [u8]>, found: &mut RuleFindings<'_>) {
    with_stack(|| match &node.form {
        Form::Scalar(scalar) if scalar.plain && is_text(path) => judge(node, scalar, false, found),
        Form::Scalar(scalar) if scalar.plain && is_octal(path, scalar) => judge(node, scalar, true, found),
        Form::Scalar(_) | Form::Alias(_) => {}
        Form::List(items) => {
            for item in items {
                path.push(b"");
                walk(item, path, found);
                path.pop();
            }
        }
        Form::Map(entries) => {
            for (key, value) in entries {
                path.push(key.name.as_bytes());
                walk(value, path, found);
                path.pop();
            }
        }
    });
}

fn judge(node: &Written, scalar: &Scalar, may_count: bool, found: &mut RuleFindings<'_>) {
    let written = scalar.text.to_string_lossy();
    let message = match &scalar.data {
        Data::Str(_) => match sexagesimal(&written) {
            Some(number) => {
                format!("`{written}` is a string here, but other YAML parsers read it as the number {number}")
            }
            None => return,
        },
        _ => match scalar.misread() {
            Some(read) => format!("`{written}` is read as {read}"),
            None => return,
        },
    };
    let digits = written.trim_start_matches('0');
    let fix = if may_count && !digits.is_empty() {
        format!("write {digits} for a number, or \"{written}\" for a string")
    } else {
        format!("write it in quotes: \"{written}\"")
    };
    found.at(node.mark, message).fix(fix);
}

/// Whether a value at a path is used as a string.
fn is_text(path: &[&[u8]]) -> bool {
    match path {
        [.., b"env", _, b"value"] | [.., b"args" | b"command", b""] => true,
        [.., parent, _] if TEXTS.contains(parent) || ends(parent, &["labels", "annotations"]) => true,
        [.., key] => ends(key, &["version", "tag", "revision", "commit", "sha", "digest"]),
        [] => false,
    }
}

/// Whether it is a number with a leading zero that is not a file mode: only modes are meant to be octal.
fn is_octal(path: &[&[u8]], scalar: &Scalar) -> bool {
    let text = scalar.text.as_bytes();
    let digits = text.strip_prefix(b"0").is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit));
    digits && !path.last().is_some_and(|key| ends(key, &["mode", "umask"]))
}

/// Whether a key ends in one of these words, in upper or lower case.
fn ends(key: &[u8], words: &[&str]) -> bool {
    let tail = |word: &&str| key.get(key.len().checked_sub(word.len())?..);
    words.iter().any(|word| tail(word).is_some_and(|tail| tail.eq_ignore_ascii_case(word.as_bytes())))
}

/// The number that `1:30` means in YAML 1.1, which reads it in base 60.
fn sexagesimal(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let first: u64 = digits(parts.next()?, 10)?;
    let mut number = first;
    let mut more = false;
    for part in parts {
        let part = digits(part, 2).filter(|n| *n < 60)?;
        number = number.checked_mul(60)?.checked_add(part)?;
        more = true;
    }
    more.then_some(number)
}

fn digits(text: &str, max: usize) -> Option<u64> {
    let fits = !text.is_empty() && text.len() <= max && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::values_file;

    #[test]
    fn scalars() {
        for (written, want) in [
            ("1.10", Some("is read as the number 1.1")),
            ("0123", Some("is read as the number 83")),
            ("0o17", Some("is read as the number 15")),
            ("08", Some("is read as the number 8")),
            ("1e5", Some("is read as the number 100000")),
            ("0x1F", Some("is read as the number 31")),
            ("1_000", Some("is read as the number 1000")),
            ("+1", Some("is read as the number 1")),
            ("9007199254740993", Some("is read as the number 9007199254740992")),
            ("12345678901234567890", Some("is read as the number 12345678901234567000")),
            ("yes", Some("is read as true")),
            ("No", Some("is read as false")),
            ("on", Some("is read as true")),
            ("OFF", Some("is read as false")),
            ("True", Some("is read as true")),
            ("1:30", Some("is a string here, but other YAML parsers read it as the number 90")),
            ("8080", None),
            ("-1", None),
            ("1.5", None),
            ("true", None),
            ("null", None),
            ("1.2.3", None),
            ("v1.10", None),
            ("'1.10'", None),
            ("\"yes\"", None),
            ("80:8080", None),
        ] {
            let want: Vec<_> = want.map(|want| format!("1:10: `{written}` {want}")).into_iter().collect();
            assert_eq!(values_file(&RULE, &format!("env: {{A: {written} }}\n")), want, "{written}");
        }
    }

    #[test]
    fn places() {
        for (text, found) in [
            ("version: 1.10", true),
            ("image: {tag: 1.10}", true),
            ("podLabels: {a: 1.10}", true),
            ("annotations: {a: yes}", true),
            ("env: {A: {value: 1.10}}", true),
            ("env: [{name: A, value: 1.10}]", true),
            ("sidecars: {x: {env: {A: 0123}, version: 1.10}}", true),
            ("configMaps: {app: {data: {level: on}}}", true),
            ("redis: {imageTag: 1e5}", true),
            ("appVersion: 1.10", true),
            ("args: [a, 1.10]", true),
            ("account: 0123", true),
            ("list: [08]", true),
            ("ratio: 1.10", false),
            ("zero: 0", false),
            ("configMaps: {app: {defaultMode: 0444}}", false),
            ("replicas: 1e1", false),
            ("env: {A: {optional: yes}}", false),
            ("version: '1.10'", false),
        ] {
            assert_eq!(!values_file(&RULE, text).is_empty(), found, "{text}");
        }
    }
}
