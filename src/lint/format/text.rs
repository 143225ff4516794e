//! Text for people: `FILE:LINE:COLUMN: SEVERITY[CODE]: MESSAGE (RULE)`, then the context and the fix.

use std::fmt::Write as _;

use super::{Counts, Summary, context, several};
use crate::error::printable;
use crate::lint::finding::Finding;
use crate::lint::rule::Severity;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

pub(super) fn show(findings: &[Finding], summary: Summary, colour: bool) -> String {
    let paint = |code: &str, text: &str| if colour { format!("{code}{text}{RESET}") } else { text.to_owned() };
    let mut out = String::new();
    for finding in findings {
        let place = if finding.place.file.is_empty() { String::new() } else { format!("{}: ", finding.place) };
        let severity = paint(code(finding.severity), &format!("{}[{}]", finding.severity, finding.rule.code));
        let message = paint(BOLD, &printable(&finding.message));
        let name = paint(DIM, &format!("({})", finding.rule.name));
        let _ = writeln!(out, "{}{severity}: {message} {name}", printable(&place));
        let context = context(finding);
        if !context.is_empty() {
            let _ = writeln!(out, "  {}", printable(&context));
        }
        if let Some(fix) = &finding.fix {
            let _ = writeln!(out, "  help: {}", printable(fix));
        }
    }
    let counts = Counts::of(findings);
    let found: Vec<String> = [(counts.errors, "error"), (counts.warnings, "warning"), (counts.notes, "note")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, one)| several(number, one))
        .collect();
    let found = if found.is_empty() { "nothing found".to_owned() } else { found.join(", ") };
    if !findings.is_empty() {
        out.push('\n');
    }
    let stacks = several(summary.stacks, "stack");
    let _ = writeln!(out, "{found} in {} with {stacks}", several(summary.services, "service"));
    out
}

fn code(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\x1b[1;31m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Note => "\x1b[1;36m",
    }
}

#[cfg(test)]
mod tests {
    use super::show;
    use crate::lint::Severity;
    use crate::lint::finding::{Finding, Place};
    use crate::lint::format::Summary;
    use crate::lint::rules;

    #[test]
    fn colours_are_only_where_they_are_wanted_and_texts_cannot_bring_their_own() {
        let finding = Finding {
            rule: rules().first().unwrap(),
            severity: Severity::Error,
            message: "bad \u{1b}[31mtext".to_owned(),
            place: Place { file: "values.yaml".to_owned(), line: 3, column: 0 },
            object: None,
            fix: Some("mend it".to_owned()),
            services: vec!["web".to_owned()],
            stacks: vec!["dev".to_owned(), "prod".to_owned()],
        };
        let summary = Summary { services: 1, stacks: 2 };
        assert_eq!(
            show(std::slice::from_ref(&finding), summary, false),
            "values.yaml:3: error[B001]: bad \\u{1b}[31mtext (syntax)\n  stacks dev, prod\n  help: mend it\n\n1 error in 1 service with 2 stacks\n"
        );
        let coloured = show(&[finding], summary, true);
        assert!(coloured.starts_with("values.yaml:3: \u{1b}[1;31merror[B001]\u{1b}[0m: "), "{coloured:?}");
        assert_eq!(show(&[], summary, true), "nothing found in 1 service with 2 stacks\n");
    }
}
