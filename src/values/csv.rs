//! Flags whose value is a comma-separated list, as Helm's flag library reads them: one line of CSV with quotes.

use crate::error::{Error, ErrorKind, Result};

/// The items of all uses of the flag `flag`, in order. pflag: `readAsCSV` of `string_slice.go`.
///
/// Errors: quotes that do not match, with pflag's text.
pub fn items(flag: &str, uses: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for text in uses {
        record(text, &mut all).map_err(|why| {
            Error::new(ErrorKind::Usage, format!("invalid argument {text:?} for {flag:?} flag: {why}"))
        })?;
    }
    Ok(all)
}

/// Go: `encoding/csv`, one record; what follows the first line is not read.
fn record(text: &str, items: &mut Vec<String>) -> Result<(), &'static str> {
    if text.is_empty() {
        return Ok(());
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
                    None => return Err("extraneous or missing \" in quoted-field"),
                }
            }
            if chars.peek().is_some_and(|c| !",\n\r".contains(*c)) {
                return Err("extraneous or missing \" in quoted-field");
            }
        } else {
            while let Some(c) = chars.next_if(|c| !",\n\r".contains(*c)) {
                if c == '"' {
                    return Err("bare \" in non-quoted-field");
                }
                item.push(c);
            }
        }
        items.push(item);
        if chars.next_if_eq(&',').is_none() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_holds_a_line_of_csv() {
        let rows: &[(&str, &[&str])] = &[
            ("", &[]),
            ("a", &["a"]),
            ("a,b", &["a", "b"]),
            ("a,", &["a", ""]),
            ("\"a,b\",c", &["a,b", "c"]),
            ("\"say \"\"hi\"\"\"", &["say \"hi\""]),
        ];
        for (text, want) in rows {
            assert_eq!(items("values", &[(*text).to_owned()]).unwrap(), *want, "{text}");
        }
        assert!(items("values", &["a\"b".to_owned()]).is_err());
        assert!(items("values", &["\"ab".to_owned()]).is_err());
    }
}
