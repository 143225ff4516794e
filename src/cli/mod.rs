//! The command: arguments in, output and diagnostics out. A library user can do everything that it does.

mod app;
mod charts;
mod commands;
mod completions;
mod diff;
mod flags;
mod fleet;
mod init;
mod lint;
mod list;
mod output;
mod output_dir;
#[cfg(feature = "pipeline")]
mod pipeline;
mod post_render;
mod schema;
#[cfg(feature = "server")]
mod serve;
mod snapshot;
mod stage;
mod table;
mod template;
mod values;
mod version;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::FromArgMatches;
use clap::error::{ContextKind, ContextValue};
use commands::{Cli, Command};
use flags::{ErrorFormat, pflag};
use template::TemplateArgs;

use crate::error::{ErrorKind, Result};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Everything was done.
    Success = 0,
    /// Something failed, and the error was printed.
    Failure = 1,
    /// The arguments are wrong, or name something that does not exist.
    Usage = 2,
    /// The compared states differ.
    Differences = 3,
}

/// Runs the command with these arguments (the first is the program's name) and returns its exit code: 0, 1 for a failure, 2
/// for wrong arguments, 3 for differences. `bake template` fails with 1 only, as Helm does.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args: Vec<OsString> = args.into_iter().collect();
    // as with helm, the flags of `bake template` may stand before the word
    if let Some(words) = args.get_mut(1..)
        && let Some(at) = pflag::command_at(words)
        && words.get(at).is_some_and(|word| word == "template")
        && let Some(front) = words.get_mut(..=at)
    {
        front.rotate_right(1);
    }
    let template = args.get(1..).filter(|words| is_template(words) && !cfg!(full_way = "arguments"));
    if let Some(args) = template.and_then(TemplateArgs::read) {
        return run_template(&args);
    }
    let mut parser = Cli::parser();
    let cli = match parser.try_get_matches_from_mut(&args).and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => return refused(&parser, &args, error),
    };
    let (result, format) = match &cli.command {
        Some(Command::Template(args)) => return run_template(args),
        Some(Command::List(args)) => (done(list::run(args)), ErrorFormat::Full),
        Some(Command::Fleet(args)) => (fleet::run(args), args.bake.error_format()),
        Some(Command::Values(args)) => (fleet::in_pool(None, || done(values::run(args))), args.bake.error_format()),
        Some(Command::Diff(args)) => (fleet::in_pool(None, || diff::run(args)), args.bake.error_format()),
        Some(Command::Snapshot(args)) => (fleet::in_pool(None, || snapshot::run(args)), args.bake.error_format()),
        Some(Command::Completions(args)) => (done(completions::completions(args)), ErrorFormat::Full),
        Some(Command::Version(args)) => (done(version::run(args)), ErrorFormat::Full),
        Some(Command::Man(args)) => (done(completions::man(args)), ErrorFormat::Full),
        Some(Command::Schema(args)) => (done(schema::run(args)), ErrorFormat::Full),
        Some(Command::Charts(args)) => (done(charts::run(args)), ErrorFormat::Full),
        Some(Command::Init(args)) => (done(init::run(args)), ErrorFormat::Full),
        Some(Command::Stage(args)) => (done(stage::run(args)), args.error_format.unwrap_or(ErrorFormat::Full)),
        #[cfg(feature = "server")]
        Some(Command::Serve(args)) => (done(serve::run(args)), ErrorFormat::Full),
        #[cfg(feature = "pipeline")]
        Some(Command::Pipeline(args)) => (fleet::in_pool(None, || pipeline::run(args)), args.error_format()),
        Some(Command::Lint(args)) => (fleet::in_pool(None, || lint::run(args)), args.bake.error_format()),
        None => (done(app::run(&cli.app)), cli.app.bake.error_format()),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            output::error(&error, format);
            // exit code 1 of the linter means findings, so a run that failed is 2
            let is_lint = match &cli.command {
                Some(Command::Lint(_)) => true,
                #[cfg(feature = "pipeline")]
                Some(Command::Pipeline(args)) => args.is_lint(),
                _ => false,
            };
            let is_usage = error.kind() == ErrorKind::Usage || is_lint;
            if is_usage { Exit::Usage } else { Exit::Failure }.into()
        }
    }
}

/// `bake template` fails as Helm does: with 1, and with Helm's line only if standard error is not a terminal.
fn run_template(args: &TemplateArgs) -> ExitCode {
    if args.help == Some(true) {
        let mut parser = Cli::parser();
        parser.build();
        let help = parser.find_subcommand_mut("template").map(clap::Command::render_long_help);
        return output::help(&help.unwrap_or_default());
    }
    match template::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error, args.error_format.unwrap_or_else(ErrorFormat::for_terminal));
            ExitCode::FAILURE
        }
    }
}

/// Whether the arguments after the program's name call `bake template`.
fn is_template(words: &[OsString]) -> bool {
    words.first().is_some_and(|command| command == "template")
}

/// Adds a suggestion to the error: a second word after the service is probably its stack.
fn explained(mut error: clap::Error) -> clap::Error {
    if error.kind() == clap::error::ErrorKind::ArgumentConflict
        && let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
    {
        let tip = format!("pass the stack as a flag: '--stack {word}'");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn done(result: Result<()>) -> Result<Exit> {
    result.map(|()| Exit::Success)
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Reports arguments that cannot be parsed, or prints the requested help. `bake template` reports them as Helm does.
fn refused(parser: &clap::Command, args: &[OsString], error: clap::Error) -> ExitCode {
    let words = args.get(1..).unwrap_or_default();
    let is_template = is_template(words) && error.use_stderr();
    if let Some(command) = parser.find_subcommand("template").filter(|_| is_template) {
        output::error(&pflag::error(command, words.get(1..).unwrap_or_default(), &error), ErrorFormat::for_terminal());
        return ExitCode::FAILURE;
    }
    if let Some(error) = words::unknown_command(parser, words, &error) {
        output::error(&error, ErrorFormat::Full);
        return Exit::Usage.into();
    }
    output::usage(&explained(error), Exit::Usage.into())
}
