//! The command: arguments in, output and diagnostics out. Everything it does, a library user can do too.

mod app;
pub mod args;
mod output;
mod pflag;
mod post_render;
#[cfg(feature = "server")]
pub mod serve;
mod stage;
mod template;
mod values;

use std::ffi::OsString;
use std::process::ExitCode;

use args::{Cli, Command, ErrorFormat};
use clap::FromArgMatches;

/// Runs the command with these arguments (the first is the program's name); answers its exit code: 0, or 1 for a failure.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut parser = Cli::parser();
    let cli = match parser.try_get_matches_from_mut(&args).and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => {
            let like_helm = args.get(1).is_some_and(|command| command == "template") && error.use_stderr();
            let Some(command) = parser.find_subcommand("template").filter(|_| like_helm) else {
                return output::usage(&error);
            };
            output::error(&pflag::error(command, &args, &error), ErrorFormat::for_terminal());
            return ExitCode::FAILURE;
        }
    };
    let (result, format) = match &cli.command {
        Some(Command::Template(args)) => {
            (template::run(args), args.error_format.unwrap_or_else(ErrorFormat::for_terminal))
        }
        Some(Command::Stage(args)) => (stage::run(args), args.error_format.unwrap_or(ErrorFormat::Full)),
        #[cfg(feature = "server")]
        Some(Command::Serve(args)) => (serve::run(args), ErrorFormat::Full),
        // nobody parses this command's errors as Helm's
        None => (app::run(&cli.app), cli.app.error_format.unwrap_or(ErrorFormat::Full)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error, format);
            ExitCode::FAILURE
        }
    }
}
