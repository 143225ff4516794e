//! Writes a proposed template: YAML with Jinja.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::{Part, Piece};
use crate::{Json, Object, yaml};

/// Stands around the name of a parameter until the YAML is written: private characters, which no pipeline has.
const OPEN: char = '\u{e010}';
const CLOSE: char = '\u{e011}';
/// Stands between the condition of an entry and its key.
const IF: char = '\u{e012}';

/// The text of a template. Parameters have the value of the first pipeline as their default.
pub(super) fn template(name: &str, pipelines: usize, body: &Part, parameters: &IndexMap<String, Vec<Json>>) -> String {
    let mut head = Object::new();
    let about = format!("{name}, from {pipelines} live pipeline{}.", if pipelines == 1 { "" } else { "s" });
    head.insert("description".to_owned(), Json::from(about));
    let mut declared = Object::new();
    for (name, values) in parameters {
        let mut parameter = Object::new();
        if has_default(values) {
            parameter.insert("default".to_owned(), values.first().cloned().unwrap_or_default());
        }
        declared.insert(name.clone(), Json::Object(parameter));
    }
    head.insert("parameters".to_owned(), Json::Object(declared));
    let text = yaml::write(&json(body));
    yaml::write(&Json::Object(head)) + "---\n" + &filled(&text)
}

/// Whether the first value can be the default: a map would be merged with those of the others.
pub(super) fn has_default(values: &[Json]) -> bool {
    values.iter().all(|value| value.as_object().is_none())
}

/// The part as a value, with private characters in the place of Jinja.
fn json(part: &Part) -> Json {
    match part {
        Part::Fixed(value) => escaped(value),
        Part::Text(pieces) => Json::from(pieces.iter().map(piece).collect::<String>()),
        Part::Parameter(name) => Json::from(format!("{OPEN}{name}{CLOSE}")),
        Part::List(items) => items.iter().map(json).collect(),
        Part::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|(key, condition, part)| {
                    let key = escape(key);
                    let key = condition.as_ref().map_or(key.clone(), |name| format!("{IF}{name}{IF}{key}"));
                    (key, json(part))
                })
                .collect(),
        ),
    }
}

fn piece(piece: &Piece) -> String {
    match piece {
        Piece::Literal(text) => escape(text),
        Piece::Variable(name) => format!("{{{{ {name} }}}}"),
    }
}

/// A value that is written as it is, with what Jinja would read in it escaped.
fn escaped(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::from(escape(text)),
        Json::Array(items) => items.iter().map(escaped).collect(),
        Json::Object(object) => Json::Object(object.iter().map(|(key, value)| (escape(key), escaped(value))).collect()),
        other => other.clone(),
    }
}

/// A text that Jinja prints as it is. `${#` needs nothing: templates let it pass.
fn escape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let tag = ["{{", "{%", "{#"].into_iter().find(|tag| rest.starts_with(tag));
        let tag = tag.filter(|tag| *tag != "{#" || before != Some('$'));
        let length = tag.map_or(c.len_utf8(), str::len);
        match tag {
            Some(tag) => {
                let _ = write!(out, "{{{{ '{tag}' }}}}");
            }
            None => out.push(c),
        }
        before = Some(c);
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// The text with Jinja in the place of private characters.
fn filled(text: &str) -> String {
    let mut out = String::new();
    // the columns of the entries that depend on something and are not closed
    let mut open: Vec<usize> = Vec::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        while !line.trim().is_empty() && open.last().is_some_and(|column| indent <= *column) {
            open.pop();
            out.push_str("{%- endif %}\n");
        }
        let line = parameters(line);
        let mut pieces = line.split(IF);
        if let (Some(before), Some(condition), Some(after)) = (pieces.next(), pieces.next(), pieces.next()) {
            let _ = writeln!(out, "{{%- if {condition} %}}\n{before}{after}");
            open.push(indent);
        } else {
            out.push_str(&line);
            out.push('\n');
        }
    }
    for _ in open {
        out.push_str("{%- endif %}\n");
    }
    out
}

/// The line with `{{ name | tojson }}` in the place of quoted names of parameters.
fn parameters(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((name, after)) = after.split_once(CLOSE) else { break };
        out.push_str(before.strip_suffix('"').unwrap_or(before));
        let _ = write!(out, "{{{{ {name} | tojson }}}}");
        rest = after.strip_prefix('"').unwrap_or(after);
    }
    out.push_str(rest);
    out
}
