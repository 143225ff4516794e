//! JSON: one object with all findings. Unknown fields are null.

use super::{Counts, Summary};
use crate::lint::finding::Finding;

pub(super) fn show(findings: &[Finding], summary: Summary) -> String {
    let counts = Counts::of(findings);
    let found: Vec<_> = findings.iter().map(one).collect();
    let value = serde_json::json!({
        "services": summary.services,
        "stacks": summary.stacks,
        "errors": counts.errors,
        "warnings": counts.warnings,
        "notes": counts.notes,
        "findings": found,
    });
    format!("{value:#}\n")
}

fn one(finding: &Finding) -> serde_json::Value {
    let known = |number: u32| (number > 0).then_some(number);
    let object = finding.object.as_ref();
    serde_json::json!({
        "code": finding.rule.code,
        "rule": finding.rule.name,
        "severity": finding.severity.name(),
        "message": finding.message,
        "file": finding.place.file,
        "line": known(finding.place.line),
        "column": known(finding.place.column),
        "object": object.map(|o| serde_json::json!({"kind": o.kind, "name": o.name, "path": o.path})),
        "services": finding.services,
        "stacks": finding.stacks,
        "fix": finding.fix,
    })
}
