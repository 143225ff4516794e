//! SARIF 2.1.0, for code scanning services.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::context;
use crate::lint::finding::Finding;
use crate::lint::rule::Severity;
use crate::lint::rules;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn show(findings: &[Finding]) -> String {
    let described: Vec<Json> = rules()
        .iter()
        .map(|rule| {
            json!({
                "id": rule.code,
                "name": rule.name,
                "shortDescription": {"text": rule.about},
                "defaultConfiguration": {"level": level(rule.severity)},
            })
        })
        .collect();
    let results: Vec<Json> = findings.iter().map(result).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "bake lint", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": described}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(finding: &Finding) -> Json {
    let context = context(finding);
    let details: Vec<&str> = [Some(&finding.message), (!context.is_empty()).then_some(&context), finding.fix.as_ref()]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let file = json!({"uri": uri(&finding.place.file)});
    let location = match (finding.place.line, finding.place.column) {
        (0, _) => json!({"artifactLocation": file}),
        (line, 0) => json!({"artifactLocation": file, "region": {"startLine": line}}),
        (line, column) => {
            json!({"artifactLocation": file, "region": {"startLine": line, "startColumn": column}})
        }
    };
    let at = rules().iter().position(|rule| rule == finding.rule);
    json!({
        "ruleId": finding.rule.code,
        "ruleIndex": at,
        "level": level(finding.severity),
        "message": {"text": details.join(". ")},
        "locations": [{"physicalLocation": location}],
    })
}

fn level(severity: Severity) -> &'static str {
    severity.name()
}

/// A path as a URI, with slashes and escapes.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let path = path.strip_prefix("./").unwrap_or(path);
    let has_drive = path.get(1..3).is_some_and(|after| after == ":\\" || after == ":/");
    match path.starts_with('/') {
        true => out.push_str("file://"),
        false if has_drive => out.push_str("file:///"),
        false => {}
    }
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b':' if has_drive && at == 1 => out.push(':'),
            b'\\' => out.push('/'),
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => {
                let _ = write!(out, "%{other:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_uris() {
        for (path, want) in [
            ("./a/b.yaml", "a/b.yaml"),
            ("a b/ä.yaml", "a%20b/%C3%A4.yaml"),
            ("a\\b", "a/b"),
            ("/a/b", "file:///a/b"),
            ("C:\\a:b", "file:///C:/a%3Ab"),
        ] {
            assert_eq!(uri(path), want);
        }
    }
}
