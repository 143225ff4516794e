//! Flags whose value is a comma-separated list, parsed like in Helm's flag library: one line of CSV with quotes.

use go::csv::read_record;

use crate::error::{Error, ErrorKind, Result};

/// The items of all uses of the flag `flag`, in order. pflag: `readAsCSV` in `string_slice.go`.
///
/// Errors: quotes that do not match, with pflag's text.
pub(crate) fn items(flag: &str, uses: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for text in uses {
        let items = read_record(text).map_err(|why| {
            Error::new(ErrorKind::Usage, format!("invalid argument {text:?} for {flag:?} flag: {why}"))
        })?;
        all.extend(items);
    }
    Ok(all)
}
