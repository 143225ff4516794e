//! `bake completions` and `bake man`: shell completions and manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::commands::Cli;
use super::output;
use crate::error::{Error, ErrorKind, Result};

/// `bake completions`
#[derive(Clone, Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    pub shell: Shell,
}

/// `bake man`
#[derive(Clone, Debug, Args)]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this folder instead of printing the first page.
    #[arg(short = 'o', long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "bake", &mut text);
    output::print(&text)
}

pub(super) fn man(args: &ManArgs) -> Result<()> {
    let failed = |e: std::io::Error| Error::new(ErrorKind::Io, e.to_string());
    let Some(folder) = &args.output else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(failed)?;
        return output::print(&text);
    };
    let failed = |e: std::io::Error| Error::io(folder, e);
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(failed)
}
