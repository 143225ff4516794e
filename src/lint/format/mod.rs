//! Output formats of findings: text for people, JSON for programs, SARIF and GitHub for code reviews.

mod github;
mod json;
mod sarif;
mod text;

use super::finding::Finding;
use super::rule::Severity;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One line per finding, in the form of compiler errors, with the fix below it.
    Text {
        /// Whether to use colours.
        colour: bool,
    },
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which annotate the lines of a pull request.
    Github,
}

/// What a run covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The number of services.
    pub services: usize,
    /// Their stacks.
    pub stacks: usize,
}

/// The number of findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    /// Counts findings.
    pub fn of(findings: &[Finding]) -> Counts {
        let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
        Counts { errors: count(Severity::Error), warnings: count(Severity::Warning), notes: count(Severity::Note) }
    }
}

/// The findings of a run as text, with a line break at its end.
pub fn show(format: Format, findings: &[Finding], summary: Summary) -> String {
    match format {
        Format::Text { colour } => text::show(findings, summary, colour),
        Format::Json => json::show(findings, summary),
        Format::Sarif => sarif::show(findings),
        Format::Github => github::show(findings),
    }
}

/// The object, the services and the stacks of a finding, in a few words.
fn context(finding: &Finding) -> String {
    let mut parts = Vec::new();
    if let Some(object) = &finding.object {
        parts.push(format!("in {object}"));
    }
    if finding.services.len() > 1 {
        parts.push(several(finding.services.len(), "service"));
    }
    if !finding.stacks.is_empty() {
        let word = if finding.stacks.len() == 1 { "stack" } else { "stacks" };
        parts.push(format!("{word} {}", finding.stacks.join(", ")));
    }
    parts.join("; ")
}

/// A number with a noun: `1 note`, `2 notes`.
fn several(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}
