//! The one place that prints.
#![allow(clippy::print_stderr)] // diagnostics go to standard error from here only

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::args::ErrorFormat;
use crate::error::{Error, ErrorKind, Location, Result, printable};

/// Writes bytes to standard output. A reader that has gone away is no error: it has what it wanted.
pub(super) fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Io, format!("standard output: {e}")))
        }
        _ => Ok(()),
    }
}

/// Says which files were written, as Helm does.
pub(super) fn wrote(files: impl Iterator<Item = PathBuf>) -> Result<()> {
    let mut text = Vec::new();
    for file in files {
        text.extend_from_slice(format!("wrote {}\n", file.display()).as_bytes());
    }
    print(&text)
}

/// Prints an error: Helm's first line, and below it what helps to mend it.
pub(super) fn error(error: &Error, format: ErrorFormat) {
    let text = match format {
        ErrorFormat::Helm => format!("{error}"),
        ErrorFormat::Full => format!("{error:#}"),
        ErrorFormat::Json => return line(&json(error).to_string()),
    };
    line(&format!("Error: {text}"));
}

/// An error as JSON; what is not known is null. The chain has the outermost call first.
pub(super) fn json(error: &Error) -> serde_json::Value {
    let number = |n: Option<u32>| n.filter(|n| *n > 0);
    let place = error.location();
    let chain: Vec<_> = error
        .chain()
        .iter()
        .map(|frame| {
            let Location { file, line, column } = &frame.location;
            serde_json::json!({"file": file, "line": line, "column": column, "call": frame.call})
        })
        .collect();
    serde_json::json!({
        "kind": error.kind().name(),
        "message": error.message(),
        "limit": error.limit(),
        "file": place.map(|p| &p.file).filter(|f| !f.is_empty()),
        "line": number(place.map(|p| p.line)),
        "column": number(place.map(|p| p.column)),
        "chain": chain,
        "origin": error.origin_text(),
        "hint": error.hint(),
    })
}

/// Prints a line on standard error: a warning as Helm's logger does, or what a program reads there.
pub(super) fn warning(text: &str) {
    line(text);
}

/// Prints what is wrong with the arguments, or the help that was asked for.
pub(super) fn usage(error: &clap::Error, exit: ExitCode) -> ExitCode {
    // nothing can be said when standard error itself is gone
    let _ = error.print();
    if error.use_stderr() { exit } else { ExitCode::SUCCESS }
}

impl ErrorFormat {
    /// The diagnostic for a person, Helm's text for a program.
    pub(super) fn for_terminal() -> Self {
        if io::stderr().is_terminal() { ErrorFormat::Full } else { ErrorFormat::Helm }
    }
}

fn line(text: &str) {
    if io::stderr().is_terminal() {
        let safe: Vec<String> = text.split('\n').map(printable).collect();
        eprintln!("{}", safe.join("\n"));
    } else {
        eprintln!("{text}");
    }
}
