//! Workflow commands of GitHub Actions: `::error file=...,line=...,col=...,title=...::MESSAGE`.

use std::fmt::Write as _;

use super::context;
use crate::lint::finding::Finding;
use crate::lint::rule::Severity;

pub(super) fn show(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = &finding.place;
        let mut properties = vec![format!("file={}", property(&place.file))];
        if place.line > 0 {
            properties.push(format!("line={}", place.line));
        }
        if place.column > 0 {
            properties.push(format!("col={}", place.column));
        }
        properties.push(format!("title={}", property(&format!("{} {}", finding.rule.code, finding.rule.name))));
        let context = context(finding);
        let mut message = finding.message.clone();
        if !context.is_empty() {
            let _ = write!(message, "\n{context}");
        }
        if let Some(fix) = &finding.fix {
            let _ = write!(message, "\nhelp: {fix}");
        }
        let _ = writeln!(out, "::{command} {}::{}", properties.join(","), data(&message));
    }
    out
}

/// GitHub: `escapeData` in the actions toolkit.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// GitHub: `escapeProperty` in the actions toolkit.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn texts_are_escaped() {
        assert_eq!(data("100 %\nx: a, b"), "100 %25%0Ax: a, b");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}
