//! Pipelines and records as YAML: reading, and writing with the order of the keys kept.

use std::fmt::Write as _;

use go::stack::with_stack;
use gotemplate::Budget;
use gotemplate::error::{Error, ErrorKind, Location, Result};
use goyaml::Node;

use crate::Json;

/// Reads the first document of a YAML text; `file` is its name in errors.
///
/// Errors: the text is not YAML.
pub fn read(file: &str, text: &str) -> Result<Node> {
    goyaml::read(text.as_bytes(), &Budget::default()).map_err(|error| {
        let line = error.location().map_or(0, |place| place.line);
        let message = format!("{file}: {}", error.message());
        let source = usize::try_from(line).unwrap_or(0).checked_sub(1).and_then(|n| text.lines().nth(n));
        let error = Error::new(ErrorKind::Syntax, message).at(Location::new(file, line, 0));
        match source {
            Some(source) => error.with_source_line(source),
            None => error,
        }
    })
}

/// The value as YAML in block style, with the keys in their order. What it writes is read back equal.
pub fn write(value: &Json) -> String {
    let mut out = String::new();
    match value {
        Json::Array(items) if !items.is_empty() => list(&mut out, items, 0),
        Json::Object(object) if !object.is_empty() => map(&mut out, object, 0, false),
        other => {
            out.push_str(&scalar(other));
            out.push('\n');
        }
    }
    out
}

/// Writes the members of a map, each on a line of its own. `is_begun`: the first stands on a line that is begun.
fn map(out: &mut String, object: &crate::Object, indent: usize, is_begun: bool) {
    for (i, (key, value)) in object.iter().enumerate() {
        if i > 0 || !is_begun {
            blanks(out, indent);
        }
        out.push_str(&text(key));
        out.push(':');
        entry(out, value, indent, indent + 2);
    }
}

fn list(out: &mut String, items: &[Json], indent: usize) {
    for item in items {
        blanks(out, indent);
        out.push('-');
        match item {
            Json::Object(object) if !object.is_empty() => {
                out.push(' ');
                with_stack(|| map(out, object, indent + 2, true));
            }
            other => entry(out, other, indent + 2, indent + 2),
        }
    }
}

/// Writes what follows a key or a dash. Lists below a key stand two columns deeper than the key.
fn entry(out: &mut String, value: &Json, indent: usize, below: usize) {
    match value {
        Json::Array(items) if !items.is_empty() => {
            out.push('\n');
            with_stack(|| list(out, items, below));
        }
        Json::Object(object) if !object.is_empty() => {
            out.push('\n');
            with_stack(|| map(out, object, below, false));
        }
        Json::String(text) if is_block(text) => block(out, text, below.max(indent)),
        other => {
            out.push(' ');
            out.push_str(&scalar(other));
            out.push('\n');
        }
    }
}

/// Whether a text is best written line by line: what a literal block gives back exactly.
fn is_block(text: &str) -> bool {
    let plain = |c: char| c == '\n' || (!c.is_control() && c != '\u{feff}' && c != '\u{2028}' && c != '\u{2029}');
    text.trim_end_matches('\n').contains('\n')
        && text.chars().all(plain)
        && !text.starts_with([' ', '\n'])
        && !text.lines().any(|line| line.ends_with(' '))
}

fn block(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    let breaks = text.len() - body.len();
    out.push_str(match breaks {
        0 => " |-\n",
        1 => " |\n",
        _ => " |+\n",
    });
    for line in body.split('\n') {
        if !line.is_empty() {
            blanks(out, indent);
            out.push_str(line);
        }
        out.push('\n');
    }
    out.extend(std::iter::repeat_n('\n', breaks.saturating_sub(1)));
}

fn blanks(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar(value: &Json) -> String {
    match value {
        Json::String(s) => text(s),
        // without a point, YAML 1.1 reads a number with an exponent as text
        Json::Number(number) if number.text().contains(['e', 'E']) && !number.text().contains('.') => {
            number.text().replacen(['e', 'E'], ".0e", 1)
        }
        other => other.to_string(),
    }
}

/// A text as a plain scalar where every reader of YAML takes it for a text, else in double quotes.
pub(crate) fn text(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Words that some reader of YAML takes for something else than a text.
const WORDS: &[&str] = &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"];

fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || "_-./ @+()$,".contains(c);
    let Some(first) = text.chars().next() else { return false };
    (first.is_alphabetic() || "/".contains(first))
        && !text.ends_with(' ')
        && !text.contains("  ")
        && text.chars().all(inner)
        && !text.contains("${")
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_equal() {
        for json in [
            r#"{"a":{"b":[1,"1",true,"true",null,"~",{"c":[],"d":{}}]},"e f":"x: y","":"","on":"off"}"#,
            r##"["a\nb","a\nb\n","a\n\n"," a\nb","a \nb","\n","a\n\nb\n\n","- x","# x","a #b","1.10","0x1F","1_000","2020-01-01"]"##,
            r#"{"x":"${parameters[\"a\"] ?: 'b'}","y":"{{ z }}","z":"é 가 😀 \u0007 \u2028 \u007f"}"#,
            r#"[[1,[2,[]],{}],[[{"a":[1]}]],1.5,-3,12345678901,0.1]"#,
            r#""text""#,
            r#"{"a":["x\ny"],"b":[["k\nl\n"]]}"#,
        ] {
            let value = Json::read(json.as_bytes()).unwrap();
            let text = write(&value);
            assert_eq!(Json::from(&read("t.yaml", &text).unwrap()), value, "{text}");
        }
    }

    #[test]
    fn it_reads_well() {
        let value =
            Json::read(br#"{"name":"Build Image","stages":[{"refId":"a","requisiteStageRefIds":[],"text":"a\nb"}]}"#);
        let want =
            "name: Build Image\nstages:\n  - refId: a\n    requisiteStageRefIds: []\n    text: |-\n      a\n      b\n";
        assert_eq!(write(&value.unwrap()), want);
    }
}
