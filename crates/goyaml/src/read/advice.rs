//! What to do about a text that is no YAML: a sentence for the mistakes that people make.

use super::pos::Pos;

/// A sentence on `message` (go-yaml's, or Go's decoder's), which points at `place` in `line`.
pub(super) fn of(message: &str, line: &str, place: Pos) -> Option<&'static str> {
    let column = place.column as usize;
    let at = line.chars().nth(column);
    let says = |text: &str| message.contains(text);
    if says("UTF-8") || says("Unicode character") {
        return Some("the file is not UTF-8 here: save it as UTF-8");
    }
    if says("control characters are not allowed") {
        return Some("a control character, such as NUL, follows: take it out, or write its escape in double quotes");
    }
    if says("Go value of type map[string]interface {}") && says("cannot unmarshal") {
        return Some("it must be a map: lines such as `replicas: 2`, with a space after the colon");
    }
    if says("found character that cannot start any token") {
        return match at? {
            '\t' => Some("this is a tab; YAML is indented with spaces"),
            '@' | '`' | '%' => Some("a text that starts with this character needs quotes"),
            _ => None,
        };
    }
    if says("mapping values are not allowed") {
        let before: String = line.chars().take(column).collect();
        return Some(if before.contains(": ") {
            "a text that has a colon and a space in it needs quotes"
        } else {
            "the line is indented deeper than those beside it, or the line above lacks its colon"
        });
    }
    if says("found unexpected end of stream") && matches!(at?, '"' | '\'') {
        return Some("the quote that opens here is never closed");
    }
    if says("invalid map key") {
        return Some("a text that starts with a brace needs quotes; values are not templates");
    }
    if says("unknown anchor") || says("did not find expected alphabetic or numeric character") {
        return Some("`*` and `&` are YAML's own at the start of a text; a text that starts with one needs quotes");
    }
    if says("did not find expected ',' or") {
        return Some("a comma is missing, or the bracket that opens above is not closed");
    }
    if says("did not find expected key") || says("could not find expected ':'") {
        return Some("see whether this line is indented as those beside it, and has its colon");
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::read_values;
    use gotemplate::limits::Budget;

    #[test]
    fn everyday_mistakes_are_named() {
        for (text, want) in [
            ("a:\n\tb: c", Some("a tab")),
            ("a: @b", Some("starts with this character")),
            ("a: %b", Some("starts with this character")),
            ("a: b: c", Some("a colon and a space")),
            ("a:\n  b: c\n   d: e", Some("indented deeper")),
            ("a: \"b\nc: d", Some("never closed")),
            ("a: {{ .Values.b }}", Some("starts with a brace")),
            ("a: *b", Some("`*` and `&`")),
            ("a: [--glob, *.txt]", Some("`*` and `&`")),
            ("a: [b\nc: d", Some("a comma is missing")),
            ("a:\n  b: c\n d: e", Some("indented as those")),
            ("a:b", Some("a space after the colon")),
            ("- a", Some("it must be a map")),
            ("a: \"\\z\"", None),
        ] {
            let error = read_values(text.as_bytes(), &Budget::default()).unwrap_err();
            match (error.hint(), want) {
                (Some(hint), Some(want)) => assert!(hint.contains(want), "{text}: {hint}"),
                (hint, want) => assert_eq!(hint, want, "{text}: {error:#}"),
            }
        }
    }
}
