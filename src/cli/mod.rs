//! The command: arguments in, output and diagnostics out. Everything it does, a library user can do too.

mod app;
pub mod args;
mod init;
mod lint;
mod output;
mod pflag;
mod post_render;
mod schema;
#[cfg(feature = "server")]
pub mod serve;
mod stage;
mod template;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Cli, Command, ErrorFormat};
use clap::FromArgMatches;

/// Runs the command with these arguments (the first is the program's name); answers its exit code: 0, or 1 for a
/// failure. `lint` answers 1 for findings, and 2 where it could not run.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut parser = Cli::parser();
    let cli = match parser.try_get_matches_from_mut(&args).and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => return refused(&parser, &args, &error),
    };
    if let Some(Command::Lint(args)) = &cli.command {
        return lint::run(args).unwrap_or_else(|error| {
            output::error(&error, args.error_format.unwrap_or(ErrorFormat::Full));
            lint::COULD_NOT_RUN.into()
        });
    }
    let (result, format) = match &cli.command {
        Some(Command::Template(args)) => {
            (template::run(args), args.error_format.unwrap_or_else(ErrorFormat::for_terminal))
        }
        Some(Command::Schema(args)) => (schema::run(args), ErrorFormat::Full),
        Some(Command::Init(args)) => (init::run(args), ErrorFormat::Full),
        Some(Command::Stage(args)) => (stage::run(args), args.error_format.unwrap_or(ErrorFormat::Full)),
        #[cfg(feature = "server")]
        Some(Command::Serve(args)) => (serve::run(args), ErrorFormat::Full),
        // nobody parses this command's errors as Helm's; `lint` has been run above
        Some(Command::Lint(_)) | None => (app::run(&cli.app), cli.app.error_format.unwrap_or(ErrorFormat::Full)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error, format);
            ExitCode::FAILURE
        }
    }
}

/// Arguments that cannot be read, or the help that was asked for: each command says so as its users know it.
fn refused(parser: &clap::Command, args: &[OsString], error: &clap::Error) -> ExitCode {
    let is_command = |name: &str| args.get(1).is_some_and(|command| command == name) && error.use_stderr();
    if let Some(command) = parser.find_subcommand("template").filter(|_| is_command("template")) {
        output::error(&pflag::error(command, args, error), ErrorFormat::for_terminal());
        return ExitCode::FAILURE;
    }
    let code = output::usage(error);
    if is_command("lint") { lint::COULD_NOT_RUN.into() } else { code }
}
