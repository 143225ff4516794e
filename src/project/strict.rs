//! Reads a small YAML file strictly: unknown keys and wrong types are errors with their line.

use crate::error::{Error, ErrorKind, Location, Result};
use crate::limits::{Budget, Limits};
use crate::yaml::{self, Data, Mark, Node, NodeMap};

/// A text and its name in errors.
pub(super) struct Strict<'a> {
    /// The file's name in errors.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl Strict<'_> {
    /// The tree of the document.
    pub(super) fn read(&self, limits: &Limits) -> Result<Node> {
        yaml::read(self.text.as_bytes(), &Budget::new(limits.clone())).map_err(|error| {
            let mark = error.location().map(|l| Mark { line: l.line, column: l.column }).unwrap_or_default();
            let place = Location::new(self.file, mark.line, mark.column);
            let text = format!("{}: {}", self.file, error.message());
            Error::new(ErrorKind::Syntax, text).at(place).with_source_line(self.line(mark.line))
        })
    }

    /// An error at a place in the file. Its text starts with the place.
    pub(super) fn error(&self, mark: Mark, message: impl std::fmt::Display) -> Error {
        let place = Location::new(self.file, mark.line, mark.column);
        let text = match mark.line {
            0 => format!("{}: {message}", self.file),
            line => format!("{}:{line}: {message}", self.file),
        };
        let error = Error::new(ErrorKind::Syntax, text).at(place);
        if mark.line > 0 { error.with_source_line(self.line(mark.line)) } else { error }
    }

    /// `node` as a mapping whose keys are among `known`. Null is an empty mapping.
    pub(super) fn map<'n>(&self, node: &'n Node, what: &str, known: &[&str]) -> Result<Option<&'n NodeMap>> {
        let Some(map) = self.any_map(node, what)? else { return Ok(None) };
        for (key, value) in map {
            let name = key.to_string_lossy();
            if known.contains(&&*name) {
                continue;
            }
            let error = self.error(self.key_mark(&name, value.mark), format!("{what} has no key {name:?}"));
            let error = error.with_hint(format!("the keys are: {}", known.join(", ")));
            return Err(error.did_you_mean(&name, known.iter().copied()));
        }
        Ok(Some(map))
    }

    /// `node` as a mapping with any keys. Null is `None`.
    pub(super) fn any_map<'n>(&self, node: &'n Node, what: &str) -> Result<Option<&'n NodeMap>> {
        match &node.data {
            Data::Null => Ok(None),
            Data::Map(map) => Ok(Some(map)),
            other => Err(self.error(node.mark, format!("{what} must be a mapping, not {}", type_name(other)))),
        }
    }

    /// `node` as a string. A number is an error, because YAML has already changed it (`1.30` reads as 1.3).
    pub(super) fn text(&self, node: &Node, what: &str) -> Result<String> {
        match &node.data {
            Data::Str(_) => match node.as_str().filter(|text| !text.is_empty()) {
                Some(text) => Ok(text.to_owned()),
                None => Err(self.error(node.mark, format!("{what} must be a string that is not empty"))),
            },
            other @ (Data::Int(_) | Data::Uint(_) | Data::Float(_) | Data::Bool(_)) => {
                let error = self.error(node.mark, format!("{what} must be a string, not {}", type_name(other)));
                Err(error.with_hint("write it in quotes"))
            }
            other => Err(self.error(node.mark, format!("{what} must be a string, not {}", type_name(other)))),
        }
    }

    /// `node` as a boolean.
    pub(super) fn bool(&self, node: &Node, what: &str) -> Result<bool> {
        match &node.data {
            Data::Bool(b) => Ok(*b),
            other => Err(self.error(node.mark, format!("{what} must be true or false, not {}", type_name(other)))),
        }
    }

    /// `node` as a list. Null is an empty list.
    pub(super) fn list<'n>(&self, node: &'n Node, what: &str) -> Result<&'n [Node]> {
        match &node.data {
            Data::Null => Ok(&[]),
            Data::List(items) => Ok(items),
            other => Err(self.error(node.mark, format!("{what} must be a list, not {}", type_name(other)))),
        }
    }

    /// `node` as a list of strings.
    pub(super) fn texts(&self, node: &Node, what: &str) -> Result<Vec<String>> {
        self.list(node, what)?.iter().map(|item| self.text(item, what)).collect()
    }

    /// The position of the key whose value starts at `value`.
    pub(super) fn key_mark(&self, key: &str, value: Mark) -> Mark {
        let upwards = (1..=value.line).rev().take(200);
        for line in upwards {
            let text = self.line(line);
            for (at, _) in text.match_indices(key) {
                let after = text.get(at + key.len()..).unwrap_or_default().trim_start_matches(['"', '\'']);
                let before = text.get(..at).unwrap_or_default().trim_end_matches(['"', '\'']);
                if after.trim_start().starts_with(':') && (before.is_empty() || before.ends_with([' ', '{', ','])) {
                    let column = u32::try_from(before.chars().count() + 1).unwrap_or(0);
                    return Mark { line, column };
                }
            }
        }
        value
    }

    fn line(&self, number: u32) -> &str {
        (number as usize).checked_sub(1).and_then(|n| self.text.lines().nth(n)).unwrap_or_default()
    }
}

fn type_name(data: &Data) -> &'static str {
    match data {
        Data::Null => "null",
        Data::Bool(_) => "a boolean",
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => "a number",
        Data::Str(_) => "a string",
        Data::List(_) => "a list",
        Data::Map(_) => "a mapping",
    }
}
