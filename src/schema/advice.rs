//! Hints from a schema for a refused value: the description and the example of its author.

use super::fault::Token;
use super::outline::{follow, properties_named};
use crate::value::Str;
use crate::values::json::{Doc, Json};
use go::stack::with_stack;

/// Longest example and longest description, in bytes.
const MAX_EXAMPLE: usize = 200;
const MAX_DESCRIPTION: usize = 300;

/// The description of the value at `path`, or of the nearest one around it that has any, with its example.
pub(super) fn describe(doc: &Doc, path: &[Token]) -> Option<String> {
    let mut described = None;
    follow(doc, path, |depth, schemas| {
        let text = |node: &u32| doc.text(*node, "description").filter(|text| text.len() <= MAX_DESCRIPTION);
        if let Some(text) = schemas.iter().find_map(text).filter(|_| depth > 0) {
            described = Some((depth, text, schemas.iter().find_map(|node| example(doc, *node))));
        }
    });
    let (depth, text, example) = described?;
    let name = path.get(..depth)?.iter().map(Token::shown).collect::<Vec<_>>().join(".");
    let text = text.trim_end_matches('.');
    Some(match example {
        Some(example) => format!("`{name}`: {text}. Example: {example}"),
        None => format!("`{name}`: {text}."),
    })
}

/// Where a key that is not known at `path` is written in these values. A schema says so by `x-elsewhere`, next to `properties`:
/// the names of keys with the paths of others, from the same place or, behind a slash, from the outermost one.
pub(super) fn elsewhere(doc: &Doc, path: &[Token], name: &str) -> Option<String> {
    let table = |node: &u32| doc.text(doc.entry(*node, "x-elsewhere")?, name);
    let targets = at(doc, path).iter().find_map(table)?.split(", ").map(|target| {
        let (above, target) = match target.strip_prefix('/') {
            Some(target) => (&[][..], target),
            None => (path, target),
        };
        let below = target.split('.').map(|key| Token::Name(Str::from(key)));
        own_description(doc, &above.iter().cloned().chain(below).collect::<Vec<_>>())
    });
    Some(format!("here it is {}", targets.collect::<Vec<_>>().join(", or ")))
}

/// The properties with the name of a key that is not known at `path`, below it or, with `from_root`, anywhere.
pub(super) fn same_name(doc: &Doc, path: &[Token], name: &str, from_root: bool) -> Option<String> {
    const MOST: usize = 3;
    let above = if from_root { &[] } else { path };
    let found = properties_named(doc, &at(doc, above), name);
    let all: Vec<String> = found
        .into_iter()
        .take(MOST)
        .map(|below| own_description(doc, &above.iter().cloned().chain(below).collect::<Vec<_>>()))
        .collect();
    (!all.is_empty()).then(|| format!("it belongs elsewhere: {}", all.join(", or ")))
}

/// The schemas for the value at a path.
fn at(doc: &Doc, path: &[Token]) -> Vec<u32> {
    let mut found = Vec::new();
    follow(doc, path, |depth, schemas| {
        if depth == path.len() {
            found = schemas.to_vec();
        }
    });
    found
}

/// The path of a value, and its own description.
fn own_description(doc: &Doc, path: &[Token]) -> String {
    let shown = |path: &[Token]| path.iter().map(Token::shown).collect::<Vec<_>>().join(".");
    let mut described = None;
    follow(doc, path, |depth, schemas| {
        described = schemas.iter().find_map(|node| doc.text(*node, "description")).filter(|_| depth == path.len());
    });
    match described {
        Some(_) => describe(doc, path).unwrap_or_default(),
        None => format!("`{}`", shown(path)),
    }
}

/// What the schemas for the keys of the map at `path` say of them.
pub(super) fn names(doc: &Doc, path: &[Token]) -> Option<String> {
    let text = of_names(doc, path).into_iter().find_map(|node| doc.text(node, "description"))?;
    Some(text.trim_end_matches('.').to_owned())
}

/// The patterns for the keys of the map at `path`.
pub(super) fn name_patterns<'d>(doc: &'d Doc, path: &[Token]) -> Vec<&'d str> {
    of_names(doc, path).into_iter().filter_map(|node| doc.text(node, "pattern")).collect()
}

fn of_names(doc: &Doc, path: &[Token]) -> Vec<u32> {
    at(doc, path).into_iter().filter_map(|node| doc.entry(node, "propertyNames")).collect()
}

/// The patterns for the text at `path`.
pub(super) fn patterns<'d>(doc: &'d Doc, path: &[Token]) -> Vec<&'d str> {
    at(doc, path).into_iter().filter_map(|node| doc.text(node, "pattern")).collect()
}

/// The texts that the schema allows for the value at `path`, where it lists them.
pub(super) fn variants<'d>(doc: &'d Doc, path: &[Token]) -> Vec<&'d str> {
    let mut found = Vec::new();
    for node in at(doc, path).into_iter().filter_map(|node| doc.entry(node, "enum")) {
        let Json::List(items) = doc.get(node) else { continue };
        found.extend(items.iter().filter_map(|item| match doc.get(item) {
            Json::Str(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }));
    }
    found
}

/// The first example of a schema, as one would write it.
fn example(doc: &Doc, node: u32) -> Option<String> {
    let Json::List(examples) = doc.get(doc.entry(node, "examples")?) else { return None };
    let mut text = String::new();
    write(doc, examples.iter().next()?, &mut text);
    (text.len() <= MAX_EXAMPLE).then_some(text)
}

/// Writes a value on one line of YAML; stops soon after [`MAX_EXAMPLE`].
fn write(doc: &Doc, node: u32, out: &mut String) {
    if out.len() > MAX_EXAMPLE {
        return;
    }
    match doc.get(node) {
        Json::Null => out.push_str("null"),
        Json::Bool(b) => out.push_str(if b { "true" } else { "false" }),
        Json::Number(text) => out.push_str(text),
        Json::Str(text) => out.push_str(&quoted_if_needed(&String::from_utf8_lossy(text))),
        Json::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                with_stack(|| write(doc, item, out));
            }
            out.push(']');
        }
        Json::Map(entries) => {
            out.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                out.push_str(&quoted_if_needed(&String::from_utf8_lossy(key)));
                out.push_str(": ");
                with_stack(|| write(doc, value, out));
            }
            out.push('}');
        }
    }
}

/// A text as YAML, in quotes unless it can be read as nothing else.
fn quoted_if_needed(text: &str) -> String {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b"/._-".contains(&b);
    let starts_as_text = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'/');
    let means_something =
        ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&&*text.to_lowercase());
    if starts_as_text && text.bytes().all(is_word) && !means_something { text.to_owned() } else { format!("{text:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;

    #[test]
    fn the_nearest_description_and_its_example() {
        let schema = r##"{"$defs": {"port": {"description": "A port.", "examples": [80]}, "ring": {"$ref": "#/$defs/ring"}},
            "description": "All.", "properties": {
            "ports": {"description": "By name.", "additionalProperties": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/port"}]},
                      "examples": [{"http": 8080, "x y": ["a:b", "true", null]}]},
            "list": {"description": "Some", "items": {"type": "string"}},
            "ring": {"$ref": "#/$defs/ring"},
            "kind": {"anyOf": [{"enum": ["Job", "CronJob", null]}]}}}"##;
        let doc = Doc::read(&schema.into(), &Run::default()).unwrap();
        let name = |name: &str| Token::Name(name.into());
        for (path, want) in [
            (vec![], None),
            (vec![name("ports")], Some(r#"`ports`: By name. Example: {http: 8080, "x y": ["a:b", "true", null]}"#)),
            (vec![name("ports"), name("web")], Some("`ports.web`: A port. Example: 80")),
            (vec![name("ports"), name("web"), name("x")], Some("`ports.web`: A port. Example: 80")),
            (vec![name("list"), Token::Index(3)], Some("`list`: Some.")),
            (vec![name("ring"), name("a")], None),
            (vec![name("none")], None),
        ] {
            assert_eq!(describe(&doc, &path).as_deref(), want, "{path:?}");
        }
        assert_eq!(variants(&doc, &[name("kind")]), ["Job", "CronJob"]);
        assert_eq!(variants(&doc, &[name("ports")]), [""; 0]);
    }
}
