//! Removes the manifests below `templates/tests/` from Helm's output, as Rosco does. Rosco: `removeTestsDirectoryTemplates`
//! in `HelmBakeTemplateUtils.java`.

use std::borrow::Cow;

const SEPARATOR: &str = "---\n";

/// The output without the documents that have a source in `templates/tests/`. Empty documents at the end are dropped, and
/// bytes that are not UTF-8 become U+FFFD, as in Java. Nothing else changes.
pub fn without_tests(output: Vec<u8>) -> String {
    let output = match String::from_utf8(output) {
        Ok(text) => text,
        Err(error) => Cow::into_owned(String::from_utf8_lossy(error.as_bytes())),
    };
    let ends_empty = output.ends_with(SEPARATOR);
    if !ends_empty && !output.contains("/templates/tests/") {
        return output;
    }
    let mut pieces: Vec<&str> = output.split(SEPARATOR).collect();
    // Java: `String.split` drops empty strings at the end, unless the text itself is empty
    while pieces.last().is_some_and(|piece| piece.is_empty()) && !output.is_empty() {
        pieces.pop();
    }
    pieces.retain(|piece| !is_test(piece));
    pieces.join(SEPARATOR)
}

/// Whether a line contains `# Source: ` and, somewhere after it, the folder of tests.
fn is_test(piece: &str) -> bool {
    piece
        .split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        .any(|line| line.split_once("# Source: ").is_some_and(|(_, path)| path.contains("/templates/tests/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_tests_is_dropped() {
        let app = "---\n# Source: c/templates/a.yaml\nkind: A\n";
        let test = "---\n# Source: c/templates/tests/t.yaml\nkind: Pod\n";
        let hook = "---\n# Source: c/templates/test-hook.yaml\nkind: Pod\n";
        for (parts, want) in [
            (vec![app, test, hook], vec![app, hook]),
            (vec![test, app], vec![app]),
            (vec![app], vec![app]),
            (vec![app, test], vec![app]),
        ] {
            // the piece before the first separator is empty and stays
            assert_eq!(without_tests(parts.concat().into_bytes()), want.concat());
        }
    }

    #[test]
    fn the_edges_are_javas() {
        for (output, want) in [
            ("", ""),
            ("\n", "\n"),
            ("---\n", ""),
            ("a---\n", "a"),
            ("a---\n---\n---\n", "a"),
            ("---\na", "---\na"),
            ("---\n# Source: c/templates/tests/t.yaml\n", ""),
            ("a: |\n  ---\n  # Source: x/templates/tests/y\n", "a: |\n  "),
            ("# Source: c\n/templates/tests/\n", "# Source: c\n/templates/tests/\n"),
            ("x # Source: c # Source: d/templates/tests/", ""),
        ] {
            assert_eq!(without_tests(output.as_bytes().to_vec()), want, "{output:?}");
        }
        assert_eq!(without_tests(b"a: \xFFb".to_vec()), "a: \u{FFFD}b");
    }
}
