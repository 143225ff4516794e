//! Finds what was left open in a template that does not parse. Go reports where it gave up, not where the mistake began.

use crate::error::{Error, UNEXPECTED_EOF};

/// Adds a hint to a parse error: the action or block that is still open at its place.
pub(super) fn explain(error: Error, text: &[u8]) -> Error {
    if error.hint().is_some() {
        return error;
    }
    let line = error.location().map_or(0, |place| place.line as usize);
    let open = scan(text);
    let hint = if error.reason() == Some(UNEXPECTED_EOF) {
        open.block.map(|(keyword, line)| format!("the {{{{ {keyword} }}}} on line {line} has no {{{{ end }}}}"))
    } else {
        let around = open.actions.iter().rev().find(|(first, last)| (*first + 1..=*last).contains(&line));
        around.map(|(first, _)| format!("the {{{{ on line {first} is still open here: is its }}}} missing?"))
    };
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// The actions of a text.
#[derive(Default)]
struct Open<'t> {
    /// The first and last lines of each action with several lines.
    actions: Vec<(usize, usize)>,
    /// The innermost block without an end: its keyword and its line.
    block: Option<(&'t str, usize)>,
}

/// Scans the actions roughly, because the text does not parse.
fn scan(text: &[u8]) -> Open<'_> {
    let mut open = Open::default();
    let mut blocks: Vec<(&str, usize)> = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(start) = memchr::memmem::find(rest, b"{{") {
        let Some((before, action)) = rest.split_at_checked(start) else { break };
        line += lines(before);
        let inner = action.get(2..).unwrap_or_default();
        let inner = inner.strip_prefix(b"-").unwrap_or(inner);
        let close: &[u8] = if inner.trim_ascii_start().starts_with(b"/*") { b"*/" } else { b"}}" };
        let length = memchr::memmem::find(action, close).map_or(action.len(), |at| at + close.len());
        let Some((action, after)) = action.split_at_checked(length) else { break };
        match keyword(inner) {
            Some("end") => drop(blocks.pop()),
            Some(keyword) => blocks.push((keyword, line)),
            None => {}
        }
        let last = line + lines(action);
        if last > line && close != b"*/" {
            open.actions.push((line, last));
        }
        (rest, line) = (after, last);
    }
    open.block = blocks.pop();
    open
}

/// The keyword of an action that begins or ends a block.
fn keyword(action: &[u8]) -> Option<&'static str> {
    let action = action.trim_ascii_start();
    ["if", "range", "with", "define", "block", "end"].into_iter().find(|keyword| {
        let rest = action.strip_prefix(keyword.as_bytes());
        rest.is_some_and(|rest| !rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_'))
    })
}

fn lines(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, Location};

    #[test]
    fn what_is_open_is_named() {
        let eof = "parse error at (a:9): unexpected EOF";
        for (text, message, line, want) in [
            ("a\n{{ if .a }}\nb\n", eof, 4, Some("the {{ if }} on line 2 has no {{ end }}")),
            ("{{- range .a }}{{ if .b }}{{ end }}\n", eof, 2, Some("the {{ range }} on line 1 has no {{ end }}")),
            ("{{/* if\n{{ */}}\n{{ with .x }}", eof, 3, Some("the {{ with }} on line 3 has no {{ end }}")),
            ("{{ iffy }}", eof, 1, None),
            (
                "a: {{ .b\nc: d\n",
                "function \"c\" not defined",
                2,
                Some("the {{ on line 1 is still open here: is its }} missing?"),
            ),
            ("a: {{ .b }}\nc: {{ x }}\n", "function \"x\" not defined", 2, None),
        ] {
            let place = Location::new("a", line, 0);
            let error = Error::new(ErrorKind::Parse, message).at(place);
            let error = if message == eof { error.with_reason(UNEXPECTED_EOF) } else { error };
            let error = explain(error, text.as_bytes());
            assert_eq!(error.hint(), want, "{text}");
        }
    }
}
