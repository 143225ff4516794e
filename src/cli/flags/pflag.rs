//! `bake template` replaces a helm executable, so it parses flags and reports mistakes as Helm's flag library does.
//! pflag: `flag.go`, `errors.go`; Go: `strconv/atob.go`, `strconv/atoi.go`.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind as Mistake};
use clap::{Arg, ArgAction, Command};

use crate::error::{Error, ErrorKind};
use go::strconv::quote;

/// A command whose boolean flags accept a value: `--no-hooks`, `--no-hooks=true`, `--no-hooks=false`. In `bake template`,
/// any other flag takes the next argument as its value, even `--debug`.
pub(in crate::cli) fn helm_switches(command: Command) -> Command {
    let like_helm = command.get_name() == "template";
    command
        .mut_args(move |arg| match arg.get_action() {
            ArgAction::SetTrue => arg
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .value_parser(self::bool)
                .default_missing_value("true")
                .default_value("false")
                .value_name("BOOL")
                .hide_default_value(true)
                .hide_possible_values(true),
            ArgAction::Set | ArgAction::Append if like_helm && !arg.is_positional() && !arg.is_require_equals_set() => {
                arg.allow_hyphen_values(true)
            }
            _ => arg,
        })
        .mut_subcommands(helm_switches)
}

/// The error for wrong arguments in pflag's words, with clap's suggestion as the hint. `args` is the whole command line.
pub(in crate::cli) fn error(command: &Command, args: &[OsString], mistake: &clap::Error) -> Error {
    let said = |kind| match mistake.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let (flag, value) = (long_name(said(ContextKind::InvalidArg)), said(ContextKind::InvalidValue));
    let text = match mistake.kind() {
        Mistake::UnknownArgument => match flag.strip_prefix("--") {
            Some(name) => format!("unknown flag: --{name}"),
            None => format!("unknown shorthand flag: '{}' in {flag}", flag.trim_start_matches('-')),
        },
        Mistake::MissingRequiredArgument => {
            "\"bake template\" requires at least 1 argument\n\nUsage:  bake template [NAME] [CHART] [flags]".to_owned()
        }
        Mistake::ValueValidation => {
            let why = std::error::Error::source(mistake).map(ToString::to_string).unwrap_or_default();
            invalid(value, &names(command, flag), &why)
        }
        // a flag at the end of the line
        _ if value.is_empty() && mistake.kind() == Mistake::InvalidValue => needs_argument(args, flag),
        _ => mistake.render().to_string().trim_start_matches("error: ").trim_end().to_owned(),
    };
    let error = Error::new(ErrorKind::Usage, text);
    match mistake.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(near)) => error.with_hint(format!("did you mean {near}?")),
        _ => error,
    }
}

/// The error text for an invalid value of a flag. pflag: `InvalidValueError`.
pub(in crate::cli) fn invalid(value: &str, flag: &str, why: &str) -> String {
    format!("invalid argument {} for {} flag: {why}", quote(value.as_bytes()), quote(flag.as_bytes()))
}

/// Go's `strconv.ParseBool`.
pub(in crate::cli) fn bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(syntax("ParseBool", text)),
    }
}

/// Go's `strconv.ParseInt` for decimal numbers.
pub(in crate::cli) fn int(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| syntax("ParseInt", text))
}

/// Go's `strconv.ParseFloat`.
pub(in crate::cli) fn float(text: &str) -> Result<f32, String> {
    text.parse().map_err(|_| syntax("ParseFloat", text))
}

/// Go's `time.ParseDuration`.
pub(in crate::cli) fn duration(text: &str) -> Result<String, String> {
    go::time::Duration::parse(text.as_bytes()).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

/// `key=value,key=value`, or one pair whose value may contain commas. pflag: `string_to_string.go`.
pub(in crate::cli) fn labels(text: &str) -> Result<String, String> {
    let pairs = if text.matches('=').count() == 1 { vec![text] } else { text.split(',').collect() };
    match pairs.iter().find(|pair| !pair.contains('=')) {
        Some(pair) => Err(format!("{pair} must be formatted as key=value")),
        None => Ok(text.to_owned()),
    }
}

fn syntax(function: &str, text: &str) -> String {
    format!("strconv.{function}: parsing {}: invalid syntax", quote(text.as_bytes()))
}

/// `--set` of `--set <KEY=VALUE>` and of `--set[=<BOOL>]`.
fn long_name(usage: &str) -> &str {
    usage.split([' ', '[', '=']).next().unwrap_or(usage)
}

/// All names of a flag: `-f, --values`.
fn names(command: &Command, flag: &str) -> String {
    let named = |arg: &&Arg| arg.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long));
    match command.get_arguments().find(named).and_then(Arg::get_short) {
        Some(short) => format!("-{short}, {flag}"),
        None => flag.to_owned(),
    }
}

fn needs_argument(args: &[OsString], flag: &str) -> String {
    match args.last().and_then(|last| OsStr::to_str(last)) {
        Some(last) if last.starts_with('-') && !last.starts_with("--") => {
            let short = last.chars().next_back().unwrap_or_default();
            format!("flag needs an argument: '{short}' in -{short}")
        }
        _ => format!("flag needs an argument: {flag}"),
    }
}
