//! Prints differences as unified diffs, structural diffs, JSON or Markdown.

use std::fmt::Write as _;

use super::lines::{Line, hunks};
use super::{Change, edits};
use crate::error::printable;
use crate::yaml::{Data, Node};
use go::stack::with_stack;

/// The format of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A unified diff of the text of each object.
    Text {
        /// The number of context lines around each change.
        context: usize,
        /// Whether to use colours.
        color: bool,
    },
    /// One line per value: `path: old -> new`.
    Structural {
        /// Whether to use colours.
        color: bool,
    },
    /// A list of objects with their values.
    Json,
    /// For a comment on a pull request: a table, and a unified diff that can be expanded.
    Markdown,
}

/// A part of the comparison: a service in a stack, or a folder.
#[derive(Clone, Debug)]
pub struct Side {
    /// The name of the part.
    pub name: String,
    /// The name of the old state in the headers of unified diffs.
    pub old: String,
    /// The name of the new state.
    pub new: String,
    /// The objects that differ.
    pub changes: Vec<Change>,
}

/// All differences as text, with a summary at the end and without empty parts.
pub fn show(sides: &[Side], format: Format) -> String {
    match format {
        Format::Json => json(sides),
        Format::Markdown => markdown(sides),
        Format::Text { context, color } => {
            let mut out = String::new();
            for (side, change) in all(sides) {
                unified(side, change, context, Paint(color), &mut out);
            }
            out + &summary(sides)
        }
        Format::Structural { color } => {
            let mut out = String::new();
            for side in sides.iter().filter(|side| !side.changes.is_empty()) {
                structural(side, Paint(color), &mut out);
            }
            out + &summary(sides)
        }
    }
}

fn all(sides: &[Side]) -> impl Iterator<Item = (&Side, &Change)> {
    sides.iter().flat_map(|side| side.changes.iter().map(move |change| (side, change)))
}

fn count(sides: &[Side], verb: &str) -> usize {
    all(sides).filter(|(_, change)| change.verb() == verb).count()
}

fn summary(sides: &[Side]) -> String {
    let [changed, added, removed] = ["changed", "added", "removed"].map(|verb| count(sides, verb));
    match changed + added + removed {
        0 => "no differences\n".to_owned(),
        1 => format!("1 object differs: {changed} changed, {added} added, {removed} removed\n"),
        n => format!("{n} objects differ: {changed} changed, {added} added, {removed} removed\n"),
    }
}

/// Escape codes, or none.
#[derive(Clone, Copy)]
struct Paint(bool);

impl Paint {
    const BOLD: &str = "1";
    const RED: &str = "31";
    const GREEN: &str = "32";
    const CYAN: &str = "36";

    // control characters in a manifest must not reach the terminal, and a line break in a name must not start a new line
    fn line(self, code: &str, text: &str, out: &mut String) {
        let text = printable(text);
        let _ = if self.0 { writeln!(out, "\x1b[{code}m{text}\x1b[0m") } else { writeln!(out, "{text}") };
    }

    fn plain(text: &str, out: &mut String) {
        let _ = writeln!(out, "{}", printable(text));
    }
}

fn unified(side: &Side, change: &Change, context: usize, paint: Paint, out: &mut String) {
    let text = |object: &Option<super::Object>| {
        object.as_ref().map(|o| format!("{}\n", o.text.trim_end_matches('\n'))).unwrap_or_default()
    };
    let (old, new) = (text(&change.old), text(&change.new));
    let head = |object: &Option<super::Object>, name: &str| {
        if object.is_none() { "/dev/null".to_owned() } else { format!("{name} {}", change.id) }
    };
    paint.line(Paint::BOLD, &format!("--- {}", head(&change.old, &side.old)), out);
    paint.line(Paint::BOLD, &format!("+++ {}", head(&change.new, &side.new)), out);
    for hunk in hunks(&old, &new, context) {
        paint.line(Paint::CYAN, &hunk.head, out);
        for line in hunk.lines {
            match line {
                Line::Old(text) => paint.line(Paint::RED, &format!("-{text}"), out),
                Line::New(text) => paint.line(Paint::GREEN, &format!("+{text}"), out),
                Line::Both(text) => Paint::plain(&format!(" {text}"), out),
            }
        }
    }
}

fn structural(side: &Side, paint: Paint, out: &mut String) {
    paint.line(Paint::BOLD, &side.name, out);
    for change in &side.changes {
        match (&change.old, &change.new) {
            (Some(old), Some(new)) => {
                Paint::plain(&format!("  {}", change.id), out);
                for edit in edits(&old.tree, &new.tree) {
                    match (&edit.old, &edit.new) {
                        (Some(old), Some(new)) => {
                            if let (Some(old), Some(new)) = (lines(old), lines(new)) {
                                Paint::plain(&format!("    {}:", edit.path), out);
                                text_lines(old, new, paint, out);
                                continue;
                            }
                            let note = if edit.is_order { " (order)" } else { "" };
                            Paint::plain(&format!("    {}: {} -> {}{note}", edit.path, brief(old), brief(new)), out);
                        }
                        (None, Some(new)) => {
                            paint.line(Paint::GREEN, &format!("  + {}: {}", edit.path, brief(new)), out);
                        }
                        (Some(old), None) => {
                            paint.line(Paint::RED, &format!("  - {}: {}", edit.path, brief(old)), out);
                        }
                        (None, None) => {}
                    }
                }
            }
            (None, _) => paint.line(Paint::GREEN, &format!("+ {}", change.id), out),
            (_, None) => paint.line(Paint::RED, &format!("- {}", change.id), out),
        }
    }
}

/// The text of a value with several lines.
fn lines(node: &Node) -> Option<&str> {
    node.as_str().filter(|text| text.trim_end_matches('\n').contains('\n'))
}

/// The lines that differ between two texts.
fn text_lines(old: &str, new: &str, paint: Paint, out: &mut String) {
    for line in hunks(old, new, 0).into_iter().flat_map(|hunk| hunk.lines) {
        match line {
            Line::Old(text) => paint.line(Paint::RED, &format!("    - {text}"), out),
            Line::New(text) => paint.line(Paint::GREEN, &format!("    + {text}"), out),
            Line::Both(_) => {}
        }
    }
}

/// A value on one line; a long value is cut.
fn brief(node: &Node) -> String {
    const LONGEST: usize = 160;
    let text = match node.as_str() {
        Some(text) if is_plain(text) => text.to_owned(),
        // the maximum width of a character
        _ => flow(node, LONGEST * 4),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Whether a string can be written without quotes, so that it cannot be confused with a number or an empty string.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.contains(char::is_control)
        && text.parse::<f64>().is_err()
        && !matches!(text, "true" | "false" | "null")
}

/// A tree as JSON on one line, of at most about `longest` bytes.
pub(super) fn flow(node: &Node, longest: usize) -> String {
    let mut out = String::new();
    write_flow(node, longest, &mut out);
    out
}

fn write_flow(node: &Node, longest: usize, out: &mut String) {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    with_stack(|| match &node.data {
        Data::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                if out.len() > longest {
                    return;
                }
                write_flow(item, longest, out);
            }
            out.push(']');
        }
        Data::Map(map) => {
            out.push('{');
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                if out.len() > longest {
                    return;
                }
                let _ = write!(out, "{}:", text(&key.to_string_lossy()));
                write_flow(value, longest, out);
            }
            out.push('}');
        }
        _ => out.push_str(&to_json(node).to_string()),
    });
}

/// Deeper trees are embedded as a string: few programs could read them, and their indentation would be larger than they are.
const DEEPEST: usize = 100;

fn is_deeper(node: &Node, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return true };
    match &node.data {
        Data::List(items) => items.iter().any(|item| is_deeper(item, depth)),
        Data::Map(map) => map.values().any(|value| is_deeper(value, depth)),
        _ => false,
    }
}

/// A node as JSON; there is none that cannot be written.
fn to_json(node: &Node) -> serde_json::Value {
    serde_json::to_value(node).unwrap_or_default()
}

fn json(sides: &[Side]) -> String {
    let value = |node: Option<&Node>| {
        node.map(|node| if is_deeper(node, DEEPEST) { flow(node, usize::MAX).into() } else { to_json(node) })
    };
    let objects: Vec<serde_json::Value> = all(sides)
        .map(|(side, change)| {
            let edits: Vec<_> = match (&change.old, &change.new) {
                (Some(old), Some(new)) => edits(&old.tree, &new.tree)
                    .iter()
                    .map(|edit| {
                        serde_json::json!({
                            "path": edit.path,
                            "old": value(edit.old.as_ref()),
                            "new": value(edit.new.as_ref()),
                            "order": edit.is_order,
                        })
                    })
                    .collect(),
                _ => Vec::new(),
            };
            serde_json::json!({
                "in": side.name,
                "change": change.verb(),
                "group": change.id.group,
                "kind": change.id.kind,
                "namespace": Some(&change.id.namespace).filter(|n| !n.is_empty()),
                "name": change.id.name,
                "edits": edits,
            })
        })
        .collect();
    let [changed, added, removed] = ["changed", "added", "removed"].map(|verb| count(sides, verb));
    let whole = serde_json::json!({"changed": changed, "added": added, "removed": removed, "objects": objects});
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    text
}

fn markdown(sides: &[Side]) -> String {
    let mut out = format!("**{}**\n", summary(sides).trim_end());
    for side in sides.iter().filter(|side| !side.changes.is_empty()) {
        let _ = write!(out, "\n### {}\n\n| | object | values |\n|---|---|---|\n", cell(&side.name));
        for change in &side.changes {
            let values = match (&change.old, &change.new) {
                (Some(old), Some(new)) => {
                    let edits = edits(&old.tree, &new.tree);
                    let mut paths: Vec<String> = edits.iter().take(5).map(|e| code(&e.path)).collect();
                    if edits.len() > paths.len() {
                        paths.push(format!("and {} more", edits.len() - paths.len()));
                    }
                    paths.join(", ")
                }
                _ => String::new(),
            };
            let _ = writeln!(out, "| {} | {} | {values} |", change.verb(), cell(&change.id.to_string()));
        }
        let mut diff = String::new();
        for change in &side.changes {
            unified(side, change, 3, Paint(false), &mut diff);
        }
        // a fence longer than any fence in the text
        let longest = diff.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let _ = write!(out, "\n<details><summary>diff</summary>\n\n{fence}diff\n{diff}{fence}\n\n</details>\n");
    }
    out
}

/// A name as text, also in a table cell. A name that could be interpreted (as a link, mention or image) is written as code.
fn cell(text: &str) -> String {
    let is_text = |c: char| c.is_alphanumeric() || " /._-()".contains(c);
    if text.chars().all(is_text) { text.to_owned() } else { code(text) }
}

/// Text as code, also in a table cell.
fn code(text: &str) -> String {
    let text = printable(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{changes, objects};
    use crate::limits::Limits;

    /// Two objects that differ in a value, whose name and values mean harm.
    fn hostile() -> Vec<Side> {
        let text = |value: &str| {
            format!(
                "kind: A\nmetadata: {{name: \"a\\n+++ b|<img src=x> @all `c` \\e[31m\\u202e\"}}\n\
                 x: \"{value}\\e[2J\\nb```\\n</details>\"\n\"k`|\": {value}\n"
            )
        };
        let read = |value: &str| objects("a.yaml", text(value).as_bytes(), "", &Limits::helm()).unwrap();
        let changes = changes(read("one"), read("two"));
        vec![Side { name: "p\n# [x](y)".to_owned(), old: "o\n".to_owned(), new: "n\u{1b}[1m".to_owned(), changes }]
    }

    #[test]
    fn names_and_values_cannot_drive_a_terminal_or_make_lines() {
        for format in [
            Format::Text { context: 3, color: false },
            Format::Structural { color: false },
            Format::Json,
            Format::Markdown,
        ] {
            let text = show(&hostile(), format);
            let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(format == Format::Json || !text.contains(raw), "{text}");
            assert!(!text.lines().any(|line| line.starts_with("+++ b") || line.starts_with("# [x]")), "{text}");
        }
    }

    #[test]
    fn markdown_takes_names_for_code_and_no_value_ends_its_fence() {
        let text = show(&hostile(), Format::Markdown);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.contains(&"### `p\\n# [x](y)`"), "{text}");
        assert!(
            text.contains("| changed | `` A a\\n+++ b\\|<img src=x> @all `c` \\u{1b}[31m\\u{202e} `` | `x`, ``"),
            "{text}"
        );
        let fence = lines.iter().find(|line| line.ends_with("diff") && line.starts_with("```")).unwrap();
        assert_eq!(text.matches(fence.trim_end_matches("diff")).count(), 2, "{text}");
        assert_eq!(cell("ConfigMap eu/a-b.c (2)"), "ConfigMap eu/a-b.c (2)");
        assert_eq!(code("a.b"), "`a.b`");
    }

    #[test]
    fn a_tree_as_deep_as_it_likes_is_shown() {
        let read = |leaf: &str| {
            let text = format!("kind: A\nx: {}{leaf}{}\n", "[".repeat(9_000), "]".repeat(9_000));
            objects("a.yaml", text.as_bytes(), "", &Limits::helm()).unwrap()
        };
        let side = |old, new| {
            vec![Side { name: "p".to_owned(), old: "o".to_owned(), new: "n".to_owned(), changes: changes(old, new) }]
        };
        let plain = objects("a.yaml", b"kind: A\nx: 1\n", "", &Limits::helm()).unwrap();
        for sides in [side(read("1"), read("2")), side(plain, read("2"))] {
            for format in [Format::Structural { color: false }, Format::Json, Format::Markdown] {
                assert!(show(&sides, format).len() < 1 << 18);
            }
        }
    }
}
