//! Columns of text.

use crate::error::printable;

/// Rows as text: each column is as wide as its widest cell, with two spaces between columns and none at the end.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    // control characters in file names must not reach the terminal
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|r| r.get(column)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', 2 + width - cell.chars().count().min(*width)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `1 file`, `2 files`, `1,600 files`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{} {what}{}", thousands(number), if number == 1 { "" } else { "s" })
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["A".to_owned(), "B".to_owned()], vec!["long".to_owned(), "x".to_owned()]];
        assert_eq!(columns(&rows), "A     B\nlong  x\n");
        assert_eq!(columns(&[vec!["a\u{1b}[31m".to_owned()]]), "a\\u{1b}[31m\n");
        assert_eq!(columns(&[]), "");
    }

    #[test]
    fn numbers_are_read_at_a_glance() {
        for (number, want) in [(0, "0 files"), (1, "1 file"), (999, "999 files"), (1600, "1,600 files")] {
            assert_eq!(count(number, "file"), want);
        }
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
