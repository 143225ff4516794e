//! How findings are shown: for people, for programs, and for the places that show them beside the code.

mod github;
mod json;
mod sarif;
mod text;

use super::finding::Finding;
use super::rule::Severity;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line for each finding, as compilers write it, and what to do below it.
    Text {
        /// Whether to use colours.
        colour: bool,
    },
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Commands of GitHub Actions, which show findings beside the lines of a change.
    Github,
}

/// What a run looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Services.
    pub services: usize,
    /// Stacks that some of them are in.
    pub stacks: usize,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// The services and stacks of a finding and the object that shows it, in a few words.
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

/// A number of things.
fn several(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}
