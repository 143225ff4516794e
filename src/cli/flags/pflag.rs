//! `bake template` replaces a helm executable, so it parses flags and reports mistakes as Helm's flag library does.
//! pflag: `flag.go`, `errors.go`; Go: `strconv/atob.go`.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind as Mistake};
use clap::{Arg, ArgAction, Command};

use crate::error::{Error, ErrorKind};
use go::strconv::{NumError, parse_float, parse_int, quote, quote_char};

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

/// The error for wrong arguments in pflag's words, with clap's suggestion as the hint. `args` follow the word `template`.
pub(in crate::cli) fn error(command: &Command, args: &[OsString], mistake: &clap::Error) -> Error {
    let text = match unreadable(command, args) {
        Some((at, text)) => {
            // pflag stops at the first wrong word, so a wrong value before this one is what it reports
            let before = std::iter::once(OsString::from(command.get_name())).chain(args.iter().take(at).cloned());
            let earlier = command.clone().try_get_matches_from(before).err();
            earlier.and_then(|earlier| wrong_value(command, &earlier)).unwrap_or(text)
        }
        None => wrong_value(command, mistake)
            .unwrap_or_else(|| mistake.render().to_string().trim_start_matches("error: ").trim_end().to_owned()),
    };
    let error = Error::new(ErrorKind::Usage, text);
    match mistake.get(ContextKind::SuggestedArg) {
        Some(ContextValue::String(near)) => error.with_hint(format!("did you mean {near}?")),
        _ => error,
    }
}

/// The text for a value that its flag does not accept.
fn wrong_value(command: &Command, mistake: &clap::Error) -> Option<String> {
    if mistake.kind() != Mistake::ValueValidation {
        return None;
    }
    let said = |kind| match mistake.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let why = std::error::Error::source(mistake).map(ToString::to_string).unwrap_or_default();
    let flag = long_name(said(ContextKind::InvalidArg));
    Some(invalid(said(ContextKind::InvalidValue), &names(command, flag), &why))
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
        _ => Err(not_number("ParseBool", text, &NumError::<bool>::Syntax)),
    }
}

/// Go's `strconv.ParseInt` with the base in the text: `0x10`, `0b1`, `0o7`, `07`, and `_` between digits.
pub(in crate::cli) fn int(text: &str) -> Result<i64, String> {
    parse_int(text.as_bytes(), 0).map_err(|why| not_number("ParseInt", text, &why))
}

/// Go's `strconv.ParseFloat` for 32 bits.
#[allow(clippy::cast_possible_truncation)] // a number that does not fit is an error
pub(in crate::cli) fn float(text: &str) -> Result<f32, String> {
    let number = parse_float(text.as_bytes()).map_err(|why| not_number("ParseFloat", text, &why))?;
    let small = number as f32;
    if small.is_infinite() && number.is_finite() {
        return Err(not_number("ParseFloat", text, &NumError::Range(small)));
    }
    Ok(small)
}

/// Go's `time.ParseDuration`.
pub(in crate::cli) fn duration(text: &str) -> Result<String, String> {
    go::time::Duration::parse(text.as_bytes()).map(|_| text.to_owned()).map_err(|e| e.to_string())
}

/// `key=value,key=value` as a line of CSV, or one pair whose value may contain commas. pflag: `string_to_string.go`.
pub(in crate::cli) fn labels(text: &str) -> Result<String, String> {
    let pairs = match text.matches('=').count() {
        0 => return Err(format!("{text} must be formatted as key=value")),
        1 => return Ok(text.to_owned()),
        _ => go::csv::read_record(text).map_err(|e| e.to_string())?,
    };
    match pairs.iter().find(|pair| !pair.contains('=')) {
        Some(pair) => Err(format!("{pair} must be formatted as key=value")),
        None => Ok(text.to_owned()),
    }
}

/// Go: `strconv.NumError`.
fn not_number<T>(function: &str, text: &str, why: &NumError<T>) -> String {
    let why = match why {
        NumError::Syntax => "invalid syntax",
        NumError::Range(_) => "value out of range",
    };
    format!("strconv.{function}: parsing {}: {why}", quote(text.as_bytes()))
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

/// The first word that pflag cannot read, and why: an unknown flag, one without its value, or one with the wrong syntax.
/// pflag: `FlagSet.parseArgs`.
fn unreadable(command: &Command, args: &[OsString]) -> Option<(usize, String)> {
    let mut words = args.iter().map(|word| word.to_string_lossy()).enumerate();
    while let Some((at, word)) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            if long.is_empty() {
                return None;
            }
            if long.starts_with(['-', '=']) {
                return Some((at, format!("bad flag syntax: {word}")));
            }
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let Some(arg) = command.get_arguments().find(|arg| arg.get_long() == Some(name)) else {
                return Some((at, format!("unknown flag: --{name}")));
            };
            if takes_next(arg) && value.is_none() && words.next().is_none() {
                return Some((at, format!("flag needs an argument: --{name}")));
            }
            continue;
        }
        let mut shorts = word.strip_prefix('-').unwrap_or_default();
        while let Some((c, byte)) = shorts.chars().next().zip(shorts.bytes().next()) {
            let rest = shorts.get(c.len_utf8()..).unwrap_or_default();
            // in pflag, a short flag is a byte
            let quoted = quote_char(char::from(byte), false);
            let Some(arg) = command.get_arguments().find(|arg| arg.get_short() == Some(c)) else {
                return Some((at, format!("unknown shorthand flag: {quoted} in -{shorts}")));
            };
            if rest.starts_with('=') || takes_next(arg) && !rest.is_empty() {
                break;
            }
            if takes_next(arg) && words.next().is_none() {
                return Some((at, format!("flag needs an argument: {quoted} in -{shorts}")));
            }
            shorts = rest;
        }
    }
    None
}

/// Whether the flag takes the next word as its value.
fn takes_next(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) && !arg.is_require_equals_set()
}

/// Where the command stands among the words: the first word that is not a flag, nor the value of one. Of flags before the
/// command, only [`SWITCHES`] have no value in the next word. cobra: `stripFlags` in `command.go`.
pub(in crate::cli) fn command_at(words: &[OsString]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let word = word.to_string_lossy();
        at += match word.strip_prefix('-') {
            None if word.is_empty() => 1,
            None => return Some(at),
            Some("-") => return None,
            Some(rest) => match rest.strip_prefix('-') {
                Some(long) if !long.contains('=') && !SWITCHES.contains(&long) => 2,
                None if rest.len() == 1 && rest != "h" => 2,
                _ => 1,
            },
        };
    }
    None
}

/// The flags of every command of Helm that need no value.
const SWITCHES: [&str; 9] = [
    "add-dir-header",
    "alsologtostderr",
    "debug",
    "help",
    "kube-insecure-skip-tls-verify",
    "logtostderr",
    "one-output",
    "skip-headers",
    "skip-log-headers",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_in_go() {
        for (text, want) in [
            ("12", Ok(12)),
            ("-0x1F", Ok(-31)),
            ("+0b11", Ok(3)),
            ("017", Ok(15)),
            ("0o17", Ok(15)),
            ("1_0", Ok(10)),
            ("0x_1", Ok(1)),
            ("0", Ok(0)),
            ("", Err("invalid syntax")),
            ("_1", Err("invalid syntax")),
            ("1__0", Err("invalid syntax")),
            ("08", Err("invalid syntax")),
            ("--1", Err("invalid syntax")),
            ("99999999999999999999", Err("value out of range")),
        ] {
            let want = want.map_err(|why| format!("strconv.ParseInt: parsing {text:?}: {why}"));
            assert_eq!(int(text), want, "{text}");
        }
        assert!(float("nan").is_ok() && float("inf").is_ok());
        assert_eq!(float("1e999"), Err("strconv.ParseFloat: parsing \"1e999\": value out of range".to_owned()));
    }

    #[test]
    fn the_command_is_the_first_word_that_is_no_flag_and_no_value() {
        for (line, want) in [
            ("template r c", Some(0)),
            ("-n x template", Some(2)),
            ("-nx template", Some(1)),
            ("--debug template", Some(1)),
            ("--namespace x template", Some(2)),
            ("--namespace=x template", Some(1)),
            ("--stack template", None),
            ("-h template", Some(1)),
            ("-- template", None),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(command_at(&words), want, "{line}");
        }
    }
}
