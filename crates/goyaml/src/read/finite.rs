//! Infinities and NaN: YAML has them, JSON does not.

use super::input::Input;
use super::pos::Pos;
use super::problem::{Problem, Read};
use crate::{Data, Node};
use go::stack::with_stack;
use gotemplate::error::{Error, Result};

/// Refuses infinities and NaN in what a reader of [`read_for_struct`](super::read_for_struct) or
/// [`read_entries`](super::read_entries) makes no text of.
#[derive(Debug)]
pub struct Finite<'t> {
    text: &'t [u8],
    refused: Option<Error>,
}

impl<'t> Finite<'t> {
    /// A check that has seen nothing of the document in `text` yet.
    pub fn new(text: &'t [u8]) -> Self {
        Finite { text, refused: None }
    }

    /// Looks at a node of the document.
    pub fn check(&mut self, node: &Node) {
        if self.refused.is_none() {
            self.refused = check(node).map_err(|problem| problem.into_error(&Input::new(self.text).text)).err();
        }
    }

    /// Errors: a number was refused; the error is that of [`read`](super::read) for the first one.
    pub fn finish(self) -> Result<()> {
        self.refused.map_or(Ok(()), Err)
    }
}

/// JSON has no infinities. Go: `encoding/json`, which goes through mappings by sorted key.
pub(super) fn check(node: &Node) -> Read<()> {
    with_stack(|| match &node.data {
        Data::Float(f) if !f.is_finite() => {
            let name = match *f {
                f64::INFINITY => "+Inf",
                f64::NEG_INFINITY => "-Inf",
                _ => "NaN",
            };
            let place = Pos { line: node.mark.line.saturating_sub(1), column: node.mark.column.saturating_sub(1) };
            Err(Problem::json(&format!("json: unsupported value: {name}"), Some(place)))
        }
        Data::List(items) => items.iter().try_for_each(check),
        Data::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            entries.into_iter().try_for_each(|(_, value)| check(value))
        }
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotemplate::limits::Budget;

    #[test]
    fn the_first_refused_number_is_shown_in_its_line() {
        let text = "\u{feff}a: 1\nb: [1, .inf]\nc: .nan";
        let node = super::super::read_for_struct(text.as_bytes(), &Budget::default()).unwrap();
        let mut finite = Finite::new(text.as_bytes());
        for (_, value) in node.as_map().unwrap() {
            finite.check(value);
        }
        let error = finite.finish().unwrap_err();
        assert_eq!(error.message(), "error converting YAML to JSON: json: unsupported value: +Inf");
        assert_eq!(error.source_line(), Some("b: [1, .inf]"));
        assert_eq!(error.location().map(|place| (place.line, place.column)), Some((2, 8)));
    }
}
