//! Where each line of a rendered text comes from: the text of a template gets invisible marks before it is rendered.
//!
//! A mark stands before the first word of a line of text. It never stands in blanks that a tag removes (`{%-`), so that the text
//! without the marks is the text that is rendered without them. Only a template that measures or compares what it captured can
//! see the marks; that is why what is used is always rendered without them, and the marks only tell places.

use std::fmt::Write as _;

/// Begins a mark: private characters, which no pipeline has.
const OPEN: char = '\u{e001}';
const CLOSE: char = '\u{e002}';

/// The text of a template with marks. `number` stands for the template in them.
pub(super) fn marked(number: usize, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    let mut line = 1;
    let mut pending = true;
    let mut in_raw = false;
    while let Some(c) = rest.chars().next() {
        let tag = if in_raw { raw_end(rest) } else { tag(rest) };
        if let Some(tag) = tag {
            if pending && tag.is_output {
                mark(&mut out, number, line);
                pending = false;
            }
            in_raw = if in_raw { false } else { tag.opens_raw };
            let (inside, after) = rest.split_at_checked(tag.length).unwrap_or((rest, ""));
            out.push_str(inside);
            let breaks = inside.matches('\n').count();
            line += breaks;
            pending |= breaks > 0;
            rest = after;
            continue;
        }
        if c == '\n' {
            line += 1;
            pending = true;
        } else if pending && !c.is_whitespace() {
            mark(&mut out, number, line);
            pending = false;
        }
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}

fn mark(out: &mut String, number: usize, line: usize) {
    out.push(OPEN);
    let _ = write!(out, "{number}:{line}");
    out.push(CLOSE);
}

struct Tag {
    length: usize,
    /// Whether it prints something, and keeps the blanks before it.
    is_output: bool,
    opens_raw: bool,
}

/// The tag at the beginning of a text.
fn tag(text: &str) -> Option<Tag> {
    let kind = text.get(..2)?;
    let inner = text.get(2..)?;
    let close = match kind {
        "{#" => {
            let length = inner.find("#}").map_or(text.len(), |at| at + 4);
            return Some(Tag { length, is_output: false, opens_raw: false });
        }
        "{{" => "}}",
        "{%" => "%}",
        _ => return None,
    };
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match quote {
            Some(open) => {
                if escaped {
                    escaped = false;
                } else if c == '\\' {
                    escaped = true;
                } else if c == open {
                    quote = None;
                }
            }
            None if c == '"' || c == '\'' => quote = Some(c),
            None if inner.get(at..).is_some_and(|rest| rest.starts_with(close)) => {
                let words = inner.get(..at).unwrap_or_default();
                let opens_raw = kind == "{%" && words.trim_matches(['-', '+', ' ', '\n', '\t']) == "raw";
                return Some(Tag { length: at + 4, is_output: kind == "{{" && !inner.starts_with('-'), opens_raw });
            }
            None => {}
        }
    }
    Some(Tag { length: text.len(), is_output: false, opens_raw: false })
}

/// The end of a raw block at the beginning of a text.
fn raw_end(text: &str) -> Option<Tag> {
    let inner = text.strip_prefix("{%")?;
    let at = inner.find("%}")?;
    let words = inner.get(..at)?.trim_matches(['-', '+', ' ', '\n', '\t']);
    (words == "endraw").then_some(Tag { length: at + 4, is_output: false, opens_raw: false })
}

/// The text without marks, and for each of its lines the template (by number) and the line there.
pub(super) fn unmarked(text: &str) -> (String, Vec<Option<(usize, u32)>>) {
    let mut out = String::with_capacity(text.len());
    let mut lines: Vec<Option<(usize, u32)>> = Vec::new();
    let mut last = None;
    for line in text.split('\n') {
        let mut own = None;
        let mut pieces = line.split(OPEN);
        out.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let Some((place, after)) = piece.split_once(CLOSE) else {
                out.push_str(piece);
                continue;
            };
            let place = place.split_once(':').and_then(|(n, line)| Some((n.parse().ok()?, line.parse().ok()?)));
            if own.is_none() {
                own = place;
            }
            out.push_str(after);
        }
        // a line of a text that a value brought belongs to the line that printed the value
        if !line.trim().is_empty() {
            last = own.or(last);
        }
        lines.push(last);
        out.push('\n');
    }
    out.pop();
    (out, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_before_the_first_word_of_a_line() {
        for (text, want) in [
            ("a\n  b\n", "<1>a\n  <2>b\n"),
            ("\n\n", "\n\n"),
            ("{% if x %}\n  a\n{%- endif %}\nb", "{% if x %}\n  <2>a\n{%- endif %}\n<4>b"),
            ("  {{ x }}: {{ y }}", "  <1>{{ x }}: {{ y }}"),
            ("{{- x }}\ny", "{{- x }}\n<2>y"),
            ("{% if x %}a{% endif %}", "{% if x %}<1>a{% endif %}"),
            ("{{ '}}' ~ \"\\\"}}\" }}a\nb", "<1>{{ '}}' ~ \"\\\"}}\" }}a\n<2>b"),
            ("{# a\nb #}c\nd", "{# a\nb #}<2>c\n<3>d"),
            ("{% raw %}{{ x }}\n{% if %}{% endraw %}{{ y }}", "{% raw %}<1>{{ x }}\n<2>{% if %}{% endraw %}{{ y }}"),
            ("{{\n x\n}}\nz", "<1>{{\n x\n}}\n<4>z"),
        ] {
            let marked = marked(7, text);
            let shown = marked.replace("\u{e001}7:", "<").replace(CLOSE, ">");
            assert_eq!(shown, want);
            assert_eq!(unmarked(&marked).0, text);
        }
    }

    #[test]
    fn a_line_without_a_mark_belongs_to_the_one_above() {
        let text = "\u{e001}0:3\u{e002}a\nb\n\n\u{e001}1:2\u{e002}c \u{e001}0:9\u{e002}d";
        let (clean, lines) = unmarked(text);
        assert_eq!(clean, "a\nb\n\nc d");
        assert_eq!(lines, [Some((0, 3)), Some((0, 3)), Some((0, 3)), Some((1, 2))]);
    }
}
