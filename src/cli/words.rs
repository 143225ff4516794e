//! First words that are not commands: mistyped ones, and commands of Helm.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind as Mistake;

use crate::error::{Error, ErrorKind, suggest};

/// The commands of Helm that bake does not have.
const OF_HELM: [&str; 22] = [
    "create",
    "dependency",
    "env",
    "get",
    "history",
    "install",
    "package",
    "plugin",
    "pull",
    "push",
    "registry",
    "repo",
    "rollback",
    "search",
    "show",
    "status",
    "test",
    "uninstall",
    "upgrade",
    "verify",
    "completion",
    "dep",
];

/// The error for a line like `templte r chart`, which would otherwise be read as a service and a command after it. `None` if
/// the first word can be a service.
pub(super) fn unknown_command(parser: &clap::Command, words: &[OsString], mistake: &clap::Error) -> Option<Error> {
    let word = words.first()?.to_str().filter(|word| !word.starts_with('-') && !word.contains('/'))?;
    let is_command = parser.get_subcommands().any(|command| command.get_name() == word);
    if mistake.kind() != Mistake::ArgumentConflict || is_command || Path::new(word).is_dir() {
        return None;
    }
    let hint = advice(parser, word)?;
    Some(Error::new(ErrorKind::Usage, format!("unknown command {word:?} for \"bake\"")).with_hint(hint))
}

/// What to do instead of a command that is not there.
pub(super) fn advice(parser: &clap::Command, word: &str) -> Option<String> {
    if OF_HELM.contains(&word) {
        return Some(format!("of Helm's commands, bake has template and lint: use helm {word}"));
    }
    let names = parser.get_subcommands().map(clap::Command::get_name);
    suggest::nearest(word, names).map(|command| format!("did you mean the command {command:?}?"))
}
