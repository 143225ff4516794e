//! The one place that prints.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::flags::ErrorFormat;
use crate::error::{Error, ErrorKind, Result, printable};

/// Writes bytes to standard output. A reader that has gone away is no error: it has what it wanted.
pub(super) fn print(bytes: &[u8]) -> Result<()> {
    stream(|out| out.write_all(bytes))
}

/// Gives `write` standard output to write to, as [`print()`] does.
pub(super) fn stream(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
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
        ErrorFormat::Json => return line(&error.to_json().to_string()),
    };
    line(&format!("Error: {text}"));
}

/// Prints a line on standard error: a warning as Helm's logger does, or what a program reads there.
pub(super) fn warning(text: &str) {
    line(text);
}

/// Prints what is wrong with the arguments, or the help that was asked for.
pub(super) fn usage(error: &clap::Error, exit: ExitCode) -> ExitCode {
    match error.print() {
        // nothing can be said when standard error itself is gone
        _ if error.use_stderr() => exit,
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            line(&format!("Error: standard output: {e}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

impl ErrorFormat {
    /// The diagnostic for a person, Helm's text for a program.
    pub(super) fn for_terminal() -> Self {
        if io::stderr().is_terminal() { ErrorFormat::Full } else { ErrorFormat::Helm }
    }
}

/// Where nobody listens on standard error, or its disk is full, the exit code alone tells.
fn line(text: &str) {
    let mut err = io::stderr().lock();
    let _ = if err.is_terminal() {
        let safe: Vec<String> = text.split('\n').map(printable).collect();
        writeln!(err, "{}", safe.join("\n"))
    } else {
        writeln!(err, "{text}")
    };
}
