//! Comma-separated values. Go: `encoding/csv`.

use crate::error::{Error, Result};

/// The fields of the first line, without quotes; no fields if the text is empty.
///
/// Errors: quotes that do not match.
pub fn read_record(text: &str) -> Result<Vec<String>> {
    let mut items = Vec::new();
    if text.is_empty() {
        return Ok(items);
    }
    let mut chars = text.chars().peekable();
    loop {
        let mut item = String::new();
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next() {
                    Some('"') if chars.next_if_eq(&'"').is_some() => item.push('"'),
                    Some('"') => break,
                    Some(c) => item.push(c),
                    None => return Err(Error::new("extraneous or missing \" in quoted-field")),
                }
            }
            if chars.peek().is_some_and(|c| !",\n\r".contains(*c)) {
                return Err(Error::new("extraneous or missing \" in quoted-field"));
            }
        } else {
            while let Some(c) = chars.next_if(|c| !",\n\r".contains(*c)) {
                if c == '"' {
                    return Err(Error::new("bare \" in non-quoted-field"));
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
        assert!(read_record("a\"b").is_err());
        assert!(read_record("\"ab").is_err());
    }
}
