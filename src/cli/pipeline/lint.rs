//! `bake pipeline lint`

use std::fmt::Write as _;

use ::pipeline::check::Severity;
use clap::{Args, ValueEnum};

use super::Selection;
use crate::cli::table::count;
use crate::cli::{Exit, output};
use crate::error::Result;
use crate::pipeline::{Finding, Pipelines};

/// `bake pipeline lint`
#[derive(Clone, Debug, Args)]
pub(super) struct LintArgs {
    #[command(flatten)]
    selection: Selection,

    /// Do not run the bake stages.
    #[arg(long)]
    no_bake: bool,

    /// Fail on warnings too.
    #[arg(long)]
    strict: bool,

    /// How findings are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: LintFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LintFormat {
    /// For people: the same finding of many pipelines once.
    Text,
    /// A list of findings.
    Json,
}

pub(super) fn run(args: &LintArgs) -> Result<Exit> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let marks = args.selection.marks(&pipelines)?;
    let findings = pipelines.lint(&marks, !args.no_bake)?;
    match args.format {
        LintFormat::Text => output::print(text(&findings, marks.len()).as_bytes())?,
        LintFormat::Json => {
            let all: Vec<_> = findings.iter().map(json).collect();
            let text = serde_json::to_string_pretty(&all).unwrap_or_default();
            output::print(format!("{text}\n").as_bytes())?;
        }
    }
    let limit = if args.strict { Severity::Warning } else { Severity::Error };
    let is_bad = findings.iter().any(|finding| finding.severity >= limit);
    Ok(if is_bad { Exit::Failure } else { Exit::Success })
}

/// The most pipelines that one finding names.
const NAMED: usize = 5;

pub(super) fn text(findings: &[Finding], pipelines: usize) -> String {
    let mut out = String::new();
    for finding in findings {
        let place = finding.place.as_ref().map(|place| match place.line {
            0 => format!("{}: ", place.file),
            line => format!("{}:{line}: ", place.file),
        });
        let severity = finding.severity.name();
        let field = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
        let place = place.unwrap_or_default();
        let Finding { code, message, rule, .. } = finding;
        let _ = writeln!(out, "{place}{severity}[{code}]: {field}{message} ({rule})");
        if !finding.pipelines.is_empty() {
            let names: Vec<String> = finding
                .pipelines
                .iter()
                .take(NAMED)
                .map(|mark| format!("{} {} {}", mark.service, mark.stack, mark.template))
                .collect();
            let more = finding.pipelines.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let _ = writeln!(out, "  in: {}{more}", names.join(", "));
        }
        if let Some(hint) = &finding.hint {
            let _ = writeln!(out, "  help: {hint}");
        }
    }
    let number = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings, notes) = (number(Severity::Error), number(Severity::Warning), number(Severity::Note));
    let all = count(pipelines, "pipeline");
    if findings.is_empty() {
        return format!("no findings in {all}\n");
    }
    let parts = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let said: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(n, what)).collect();
    out + &format!("{} in {all}\n", said.join(", "))
}

fn json(finding: &Finding) -> serde_json::Value {
    let pipelines = finding
        .pipelines
        .iter()
        .map(|mark| serde_json::json!({"service": mark.service, "stack": mark.stack, "template": mark.template}));
    serde_json::json!({
        "code": finding.code,
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "message": finding.message,
        "path": finding.path,
        "file": finding.place.as_ref().map(|place| &place.file),
        "line": finding.place.as_ref().map(|place| place.line),
        "hint": finding.hint,
        "pipelines": pipelines.collect::<Vec<_>>(),
    })
}
