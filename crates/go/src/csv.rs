//! Comma-separated values. Go: `encoding/csv`.

use crate::error::{Error, Result};

/// The fields of the first line, without quotes; no fields if the text is empty.
///
/// Errors: quotes that do not match, with their place.
pub fn read_record(text: &str) -> Result<Vec<String>> {
    let mut items = Vec::new();
    if text.is_empty() {
        return Ok(items);
    }
    let mut chars = text.chars().peekable();
    // the bytes before the next character
    let at = |chars: &std::iter::Peekable<std::str::Chars<'_>>| {
        text.len() - chars.clone().map(char::len_utf8).sum::<usize>()
    };
    loop {
        let mut item = String::new();
        let start = at(&chars);
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next() {
                    Some('"') if chars.next_if_eq(&'"').is_some() => item.push('"'),
                    Some('"') => break,
                    Some(c) => item.push(c),
                    None => return Err(misplaced(text, start, text.len(), "extraneous or missing \" in quoted-field")),
                }
            }
            if chars.peek().is_some_and(|c| !",\n\r".contains(*c)) {
                return Err(misplaced(text, start, at(&chars) - 1, "extraneous or missing \" in quoted-field"));
            }
        } else {
            while let Some(c) = chars.next_if(|c| !",\n\r".contains(*c)) {
                if c == '"' {
                    return Err(misplaced(text, start, at(&chars) - 1, "bare \" in non-quoted-field"));
                }
                item.push(c);
            }
        }
        items.push(item);
        if chars.next_if_eq(&',').is_none() {
            return Ok(items);
        }
    }
}

/// The error for a quote at a byte, in a field that starts at another. Columns count bytes. Go: `csv.ParseError`.
fn misplaced(text: &str, start: usize, at: usize, why: &str) -> Error {
    let place = |at: usize| {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        (line, at - before.rfind('\n').map_or(0, |newline| newline + 1) + 1)
    };
    let ((first, _), (line, column)) = (place(start), place(at));
    let record = if first == line { String::new() } else { format!("record on line {first}; ") };
    Error::new(format!("{record}parse error on line {line}, column {column}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_fields() {
        let rows: &[(&str, &[&str])] = &[
            ("", &[]),
            ("a", &["a"]),
            ("a,b", &["a", "b"]),
            ("a,", &["a", ""]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"say \"\"hi\"\"\"", &["say \"hi\""]),
        ];
        for (text, want) in rows {
            assert_eq!(read_record(text).unwrap(), *want, "{text}");
        }
        for (text, want) in [
            ("a\"b", "parse error on line 1, column 2: bare \" in non-quoted-field"),
            ("\"ab", "parse error on line 1, column 4: extraneous or missing \" in quoted-field"),
            ("x,\"a\"b", "parse error on line 1, column 5: extraneous or missing \" in quoted-field"),
            ("x,\"a\nb", "record on line 1; parse error on line 2, column 2: extraneous or missing \" in quoted-field"),
        ] {
            assert_eq!(read_record(text).unwrap_err().to_string(), want, "{text}");
        }
    }
}
