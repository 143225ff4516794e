//! Everything that is printed goes through this module.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::flags::ErrorFormat;
use crate::error::{Error, Result, printable};

/// Writes bytes to standard output. A closed pipe is not an error: its reader has what it wanted.
pub(super) fn print(bytes: &[u8]) -> Result<()> {
    stream(|out| out.write_all(bytes))
}

/// Calls `write` with standard output; handles errors as [`print()`] does.
pub(super) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Error::io("standard output", e)),
        _ => Ok(()),
    }
}

/// Prints which files were written, as Helm does.
pub(super) fn wrote(files: impl Iterator<Item = PathBuf>) -> Result<()> {
    let mut text = Vec::new();
    for file in files {
        text.extend_from_slice(format!("wrote {}\n", file.display()).as_bytes());
    }
    print(&text)
}

/// Prints an error: Helm's text, and in the full format the diagnostic below it.
pub(super) fn error(error: &Error, format: ErrorFormat) {
    let text = match format {
        ErrorFormat::Helm => format!("{error}"),
        ErrorFormat::Full => format!("{error:#}"),
        ErrorFormat::Json => return line(&error.to_json().to_string()),
    };
    line(&format!("Error: {text}"));
}

/// Prints a line on standard error, such as a warning in the form of Helm's logger.
pub(super) fn warning(text: impl fmt::Display) {
    line(&text.to_string());
}

/// Prints what is wrong with the arguments, or the requested help.
pub(super) fn usage(error: &clap::Error, exit: ExitCode) -> ExitCode {
    match error.print() {
        // if standard error itself is gone, nothing can be reported
        _ if error.use_stderr() => exit,
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            line(&format!("Error: standard output: {e}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints the requested help.
pub(super) fn help(text: &clap::builder::StyledStr) -> ExitCode {
    let text = if io::stdout().is_terminal() { text.ansi().to_string() } else { text.to_string() };
    match print(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            error(&failed, ErrorFormat::for_terminal());
            ExitCode::FAILURE
        }
    }
}

impl ErrorFormat {
    /// The full diagnostic on a terminal, Helm's text elsewhere.
    pub(super) fn for_terminal() -> Self {
        if io::stderr().is_terminal() { ErrorFormat::Full } else { ErrorFormat::Helm }
    }
}

/// Ignores a failure to write to standard error: the exit code still reports the error.
fn line(text: &str) {
    let mut err = io::stderr().lock();
    let _ = if err.is_terminal() {
        let safe: Vec<String> = text.split('\n').map(printable).collect();
        writeln!(err, "{}", safe.join("\n"))
    } else {
        writeln!(err, "{text}")
    };
}
