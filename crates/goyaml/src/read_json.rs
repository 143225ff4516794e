//! Parses JSON like Go's `encoding/json`: with the same errors and replacements, and with the position of each value.

use super::node::{Data, Mark, Node, NodeMap};
use go::json::{Input, Scalar, Sink, Text, float, read};
use gotemplate::error::{Error, Result};
use gotemplate::limits::Budget;
use gotemplate::value::Str;

/// Reads one JSON value. Integers that fit 64 bits stay exact; of duplicate keys the last wins. Errors have Go's text
/// (`unexpected end of JSON input`). Go: `json.Unmarshal` into `interface{}`.
pub fn read_json(text: &[u8], budget: &Budget) -> Result<Node> {
    match read_json_leniently(text, budget)? {
        (_, Some(error)) => Err(error),
        (node, None) => Ok(node),
    }
}

/// Reads one JSON value as [`read_json`] does; a number that no float can hold becomes null, and the error for it comes
/// with the value: Go goes on reading.
pub fn read_json_leniently(text: &[u8], budget: &Budget) -> Result<(Node, Option<Error>)> {
    let mut tree = Tree {
        text,
        open: Vec::new(),
        key: Str::default(),
        done: None,
        mark: Mark { line: 1, column: 1 },
        marked: 0,
        out_of_range: None,
    };
    read(text, budget.limits.json_depth, Input::Whole, &mut tree)?;
    let node = tree.done.unwrap_or(Node { data: Data::Null, mark: tree.mark });
    Ok((node, tree.out_of_range))
}

/// What was read so far.
struct Tree<'t> {
    text: &'t [u8],
    /// The arrays and objects that are not closed, each with the key that it has in the one around it.
    open: Vec<(Node, Str)>,
    /// The key of the value that comes next.
    key: Str,
    /// The whole value.
    done: Option<Node>,
    /// The place of the byte `marked`.
    mark: Mark,
    marked: usize,
    /// The first number that no float can hold. It is told when the rest has been read.
    out_of_range: Option<Error>,
}

impl Sink for Tree<'_> {
    fn scalar(&mut self, at: usize, scalar: Scalar<'_>) {
        let mark = self.mark_at(at);
        let data = match scalar {
            Scalar::Null => Data::Null,
            Scalar::Bool(b) => Data::Bool(b),
            Scalar::Number(end) => self.number(at, end),
            Scalar::Str(text) => Data::Str(self.text_of(text)),
        };
        let key = std::mem::take(&mut self.key);
        self.add(Node { data, mark }, key);
    }

    fn open(&mut self, at: usize, is_list: bool) {
        let mark = self.mark_at(at);
        let data = if is_list { Data::List(Vec::new()) } else { Data::Map(NodeMap::default()) };
        let key = std::mem::take(&mut self.key);
        self.open.push((Node { data, mark }, key));
    }

    fn key(&mut self, key: Text<'_>) {
        self.key = self.text_of(key);
    }

    fn close(&mut self) {
        if let Some((node, key)) = self.open.pop() {
            self.add(node, key);
        }
    }
}

impl Tree<'_> {
    fn add(&mut self, node: Node, key: Str) {
        match self.open.last_mut().map(|(around, _)| &mut around.data) {
            Some(Data::List(items)) => items.push(node),
            Some(Data::Map(map)) => {
                map.insert(key, node);
            }
            _ => self.done = Some(node),
        }
    }

    fn text_of(&self, text: Text<'_>) -> Str {
        match text.decoded {
            Some(decoded) => Str::from(decoded),
            None => Str::from(self.text.get(text.start..text.end).unwrap_or_default()),
        }
    }

    fn number(&mut self, start: usize, end: usize) -> Data {
        let text = self.text.get(start..end).and_then(|t| std::str::from_utf8(t).ok()).unwrap_or_default();
        if !text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) {
            match text.parse::<i64>() {
                // -0 is a float only
                Ok(n) if n != 0 || !text.starts_with('-') => return Data::Int(n),
                _ => {}
            }
            if let Ok(n) = text.parse::<u64>() {
                return Data::Uint(n);
            }
        }
        match float(text) {
            Ok(f) => Data::Float(f),
            Err(error) => {
                self.out_of_range.get_or_insert_with(|| error.into());
                Data::Null
            }
        }
    }

    /// The place of a byte; the bytes are asked for in order.
    fn mark_at(&mut self, at: usize) -> Mark {
        for b in self.text.get(self.marked..at).unwrap_or_default() {
            match b {
                b'\n' => self.mark = Mark { line: self.mark.line.saturating_add(1), column: 1 },
                0x80..=0xBF => {}
                _ => self.mark.column = self.mark.column.saturating_add(1),
            }
        }
        self.marked = at;
        self.mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_gos() {
        for (text, want) in [
            ("", "unexpected end of JSON input"),
            ("1 2", "invalid character '2' after top-level value"),
            ("[1e999]", "json: cannot unmarshal number 1e999 into Go value of type float64"),
        ] {
            assert_eq!(read_json(text.as_bytes(), &Budget::default()).unwrap_err().to_string(), want, "{text}");
        }
        let deep = read_json("[".repeat(10_001).as_bytes(), &Budget::default()).unwrap_err();
        assert_eq!(deep.limit(), Some("json-depth"));
    }

    #[test]
    fn values_keep_their_place_and_their_digits() {
        let text = b"{\"a\": 1,\n \"b\": [18446744073709551615, -0, 1.5, 1e2],\n\"a\": null, \"\\ud83d\\ude00\\ud800\xff\": \"\\u0041\"}";
        let node = read_json(text, &Budget::default()).unwrap();
        assert_eq!(node.get("a"), Some(&Node { data: Data::Null, mark: Mark { line: 3, column: 6 } }));
        let list = node.get("b").unwrap();
        assert_eq!(list.mark, Mark { line: 2, column: 7 });
        let data: Vec<&Data> = list.as_list().unwrap().iter().map(|n| &n.data).collect();
        assert_eq!(data, [&Data::Uint(u64::MAX), &Data::Float(-0.0), &Data::Float(1.5), &Data::Float(100.0)]);
        assert_eq!(node.get("\u{1F600}\u{FFFD}\u{FFFD}").and_then(Node::as_str), Some("A"));
    }
}
