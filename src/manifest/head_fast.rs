//! Reads the head of a document in the usual form: block mappings and sequences of simple scalars.
//!
//! Measured: without this file a bake of kube-prometheus-stack takes 14 % more instructions (107.4 instead of 94.3
//! million) and one of the built-in `workload` 3 % more, as every document is then read as YAML. docs/second-ways.md.
//!
//! This scan of the lines accepts only text that is certainly valid and means the same to every YAML parser. Anything else
//! (quotes with escapes, flow collections, anchors, tags, multi-line text, other alphabets) is left to the YAML parser,
//! [`super::head`].

use super::head::{FIELDS, Head};

/// The head of a plain document, without its annotations; `None` if it is not plain or may be a hook.
pub(super) fn head(text: &[u8]) -> Option<Head> {
    if cfg!(full_way = "heads") {
        return None;
    }
    let is_plain_byte = |b: &u8| matches!(b, b' '..=b'~' | b'\n');
    if !text.iter().fold(true, |all, b| all & is_plain_byte(b)) || memchr::memmem::find(text, HOOK).is_some() {
        return None;
    }
    let mut walk = HeadReader::default();
    let mut lines = Lines { rest: text };
    if let Some(((0, b"---"), rest)) = lines.peek() {
        // the start of the document
        lines.rest = rest;
    }
    while let Some((column, line)) = lines.next() {
        match line.first() {
            None | Some(b'#') => {}
            Some(_) => walk.line(column, line, &mut lines)?,
        }
    }
    Some(walk.head)
}

/// A part of the names of all hook annotations.
const HOOK: &[u8] = b"helm.sh/hook";
/// Deeper documents are left to the YAML parser and its limits.
const MAX_DEPTH: usize = 64;
/// go-yaml accepts keys of up to 1024 characters.
const MAX_KEY: usize = 256;

/// The indentation of a line, and its content.
type Line<'t> = (usize, &'t [u8]);

/// The lines of a text.
struct Lines<'t> {
    rest: &'t [u8],
}

impl<'t> Lines<'t> {
    fn next(&mut self) -> Option<(usize, &'t [u8])> {
        let (line, rest) = self.peek()?;
        self.rest = rest;
        Some(line)
    }

    /// The next line, and the rest.
    fn peek(&self) -> Option<(Line<'t>, &'t [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at_checked(end)?;
        let column = line.iter().position(|b| *b != b' ').unwrap_or(line.len());
        Some(((column, line.get(column..)?), rest.get(1..).unwrap_or_default()))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Collection {
    Map,
    List,
}

/// The place of a collection in the head.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Top,
    Metadata,
    Annotations,
    Other,
}

/// A collection to which further lines may belong.
struct Open {
    column: usize,
    kind: Collection,
    part: Within,
}

#[derive(Default)]
struct HeadReader {
    open: Vec<Open>,
    /// Set if the last line was a key or a dash without a value: the place of a collection below it.
    expects: Option<Within>,
    head: Head,
    /// The fields of the head that were found.
    met: Vec<&'static str>,
}

#[allow(clippy::option_option)] // the outer one ends the walk
impl HeadReader {
    /// A line with content, at its column.
    fn line(&mut self, column: usize, line: &[u8], lines: &mut Lines<'_>) -> Option<()> {
        while self.open.last().is_some_and(|open| open.column > column) {
            self.open.pop();
            // a key without a value is null
            self.expects = None;
        }
        if line.trim_ascii_end() == b"{}" {
            // an empty value below its key
            let is_below = self.open.last().is_some_and(|open| open.column < column);
            return self.expects.take().filter(|_| is_below).map(drop);
        }
        if let Some(rest) = dash(line) {
            return self.item(column, rest, lines);
        }
        // a list may have the same indentation as its key
        if let [
            ..,
            Open { column: outer, kind: Collection::Map, .. },
            Open { column: inner, kind: Collection::List, .. },
        ] = self.open.as_slice()
            && *outer == column
            && *inner == column
        {
            self.open.pop();
            self.expects = None;
        }
        self.entry(column, line, lines)
    }

    /// The collection at a column: an open one, or a new one if a value is expected.
    fn collection(&mut self, column: usize, kind: Collection) -> Option<Within> {
        let expects = self.expects.take();
        match self.open.last() {
            Some(open) if open.column == column && open.kind == kind => return Some(open.part),
            // a list with the indentation of its key
            Some(open) if open.column == column && (kind, open.kind) == (Collection::List, Collection::Map) => {}
            Some(open) if open.column >= column => return None,
            None if column > 0 || kind == Collection::List => return None,
            _ => {}
        }
        let part = if self.open.is_empty() { Within::Top } else { expects? };
        if (kind == Collection::List && part != Within::Other) || self.open.len() >= MAX_DEPTH {
            return None;
        }
        self.open.push(Open { column, kind, part });
        Some(part)
    }

    /// An item of a list, after its dash.
    fn item(&mut self, column: usize, rest: &[u8], lines: &mut Lines<'_>) -> Option<()> {
        self.collection(column, Collection::List)?;
        let spaces = rest.iter().position(|b| *b != b' ').unwrap_or(rest.len());
        let inner = rest.get(spaces..)?;
        self.expects = Some(Within::Other);
        if inner.is_empty() || inner.starts_with(b"#") {
            return Some(());
        }
        let column = column + 1 + spaces;
        if let Some(rest) = dash(inner) {
            return self.item(column, rest, lines);
        }
        if key(inner).is_some() {
            return self.entry(column, inner, lines);
        }
        self.expects = None;
        self.scalar(inner, lines).map(drop)
    }

    /// An entry of a mapping.
    fn entry(&mut self, column: usize, line: &[u8], lines: &mut Lines<'_>) -> Option<()> {
        let (key, value) = key(line)?;
        let part = self.collection(column, Collection::Map)?;
        let field = self.field(part, key)?;
        if value.is_empty() || value.starts_with(b"#") {
            self.expects = Some(match field {
                None => Within::Other,
                Some("metadata") => Within::Metadata,
                Some("annotations") => Within::Annotations,
                // not a string
                Some(_) => return None,
            });
            // the value of an annotation must be a string
            return (part != Within::Annotations).then_some(());
        }
        if part == Within::Annotations && !matches!(value, [b'"' | b'\'' | b'|' | b'>', ..]) && !is_word(value) {
            return None;
        }
        let text = self.scalar(value, lines)?;
        let Some(field) = field else { return Some(()) };
        // a value that may not be a string is left to the YAML parser
        let text = text.filter(|_| field != "metadata" && field != "annotations")?;
        let text = String::from_utf8(text.to_vec()).ok()?;
        match field {
            "kind" => self.head.kind = text,
            "name" => self.head.name = Some(text),
            _ => self.head.api_version = text,
        }
        Some(())
    }

    /// The field of the head for a key. The outer `None`: the key matches in another case, or for the second time.
    fn field(&mut self, part: Within, key: &[u8]) -> Option<Option<&'static str>> {
        let names: &[&'static str] = match part {
            Within::Top => &FIELDS,
            Within::Metadata => &["name", "annotations"],
            Within::Annotations | Within::Other => return Some(None),
        };
        let Some(name) = names.iter().find(|name| key.eq_ignore_ascii_case(name.as_bytes())) else {
            return Some(None);
        };
        if key != name.as_bytes() || self.met.contains(name) {
            return None;
        }
        self.met.push(name);
        Some(Some(name))
    }

    /// Skips a value, and returns its text if it is certainly a string on this line.
    fn scalar<'v>(&mut self, value: &'v [u8], lines: &mut Lines<'_>) -> Option<Option<&'v [u8]>> {
        let value = value.trim_ascii_end();
        match value {
            [quote @ (b'"' | b'\''), inner @ .., last] => {
                let is_simple = quote == last && !inner.iter().any(|b| b == quote || *b == b'\\');
                is_simple.then_some(Some(inner))
            }
            b"{}" | b"[]" => Some(None),
            b"|" | b"|-" | b"|+" | b">" | b">-" => self.block(lines),
            [b'[', items @ .., b']'] => is_flow_list(items).then_some(None),
            _ if starts_plain(value) => {
                let comment = value.windows(2).position(|pair| pair == b" #");
                let value = value.get(..comment.unwrap_or(value.len()))?.trim_ascii_end();
                if value.ends_with(b":") || value.windows(2).any(|pair| pair == b": ") {
                    return None;
                }
                Some(Some(value).filter(|text| is_word(text)))
            }
            _ => None,
        }
    }

    /// Skips the lines of a block scalar.
    fn block<'v>(&mut self, lines: &mut Lines<'_>) -> Option<Option<&'v [u8]>> {
        let parent = self.open.last().map_or(0, |open| open.column);
        let mut indent = None;
        while let Some(((column, line), rest)) = lines.peek() {
            match indent {
                _ if line.is_empty() && indent.is_some_and(|indent| column <= indent) => {}
                // empty lines before the text
                None if line.is_empty() && column == 0 => {}
                None if !line.is_empty() && column > parent => indent = Some(column),
                Some(indent) if column >= indent => {}
                _ if column <= parent && !line.is_empty() => break,
                _ => return None,
            }
            lines.rest = rest;
        }
        Some(None)
    }
}

/// Whether a text is certainly a plain scalar with a value that JSON supports, unlike `.inf` and `.nan`.
fn starts_plain(text: &[u8]) -> bool {
    match text {
        [b'-', b'-', second, ..] | [b'-' | b':', second, ..] => second.is_ascii_alphanumeric(),
        [first, ..] => first.is_ascii_alphanumeric() || matches!(first, b'/' | b'(' | b'_' | b'$' | b'<'),
        [] => false,
    }
}

/// Whether these are the items of a simple flow list: words and quoted text.
fn is_flow_list(items: &[u8]) -> bool {
    items.split(|b| *b == b',').all(|item| match item.trim_ascii() {
        [quote @ (b'"' | b'\''), inner @ .., last] => quote == last && !inner.iter().any(|b| b == quote || *b == b'\\'),
        item => {
            let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
            is_word(item) && item.iter().all(is_plain)
        }
    })
}

/// The text after the dash of a list item.
fn dash(line: &[u8]) -> Option<&[u8]> {
    match line {
        [b'-'] => Some(&[]),
        [b'-', rest @ ..] if rest.starts_with(b" ") => Some(rest),
        _ => None,
    }
}

/// The key of an entry, which is certainly a string, and its value.
fn key(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_key = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    let end = line.iter().position(|b| !is_key(b))?;
    let (key, rest) = line.split_at_checked(end)?;
    let value = rest.strip_prefix(b":")?;
    if !(value.is_empty() || value.starts_with(b" ")) || end > MAX_KEY || !is_word(key) {
        return None;
    }
    Some((key, value.trim_ascii_start()))
}

/// Whether a plain scalar is certainly a string: it starts with a letter and is not a YAML keyword.
fn is_word(text: &[u8]) -> bool {
    let words: [&[u8]; 9] = [b"y", b"n", b"yes", b"no", b"on", b"off", b"true", b"false", b"null"];
    match text.first() {
        Some(b'/') => true,
        Some(first) if first.is_ascii_alphabetic() => !words.iter().any(|word| text.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::head;
    use super::*;
    use crate::run::Run;

    const DEPLOYMENT: &str = "\
# a comment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    checksum/config: a1b2   
    note: \"quoted: yes\"
  labels:
    {}
spec:
  replicas: 2 # at least
  template:
    # deeper

    metadata:
      name: other
    spec:
      containers:
      - name: web
        args: ['-v', x]
        command:
          - sh
          - -c
          - |
            set -e

              exec web --port=80
        ports: []
      - name: sidecar
        env:
        - name: URL
          value: http://a/b?c=d
        empty:
        data: >-
          folded
          text
      volumes:
      -
        name: tmp
";

    fn agrees(text: &str) -> bool {
        let Some(plain) = head(text.as_bytes()) else { return false };
        let mut read = head::read(text.as_bytes(), &Run::default()).unwrap();
        assert!(read.annotations.iter().all(|(name, _)| !name.contains("helm.sh/hook")), "{text}");
        read.annotations.clear();
        assert_eq!(plain, read, "{text}");
        true
    }

    #[test]
    fn plain_documents_have_the_head_that_the_reader_finds() {
        assert!(agrees(DEPLOYMENT));
        for text in [
            "",
            "# nothing",
            "kind: A",
            "---\nkind: 'A'\nmetadata:\nx: 1",
            "a: [\"\", 'b c', d]\nb: -c\nd: --e=f\ng: (h) # i\nj: :k\nl: $m\nm: <o\np: _q",
            "a:\n- b:\n  - c\n  - d: e\n    f: g\n-\n- - h\n  - i\nkind: K",
            "data:\n  a: |+\n\n    x\n   \n  b: |\n  c: >\n    # no comment\n  # a comment\nkind: K",
        ] {
            assert!(agrees(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_reader() {
        for text in [
            "- a",
            "a",
            " a: b",
            "a: b\n c: d",
            "a:\n  b: c\n d: e",
            "a: b: c",
            "a: b: # c",
            "a: [b,, c]",
            "a: [b]]",
            "a: [b: c]",
            "a: [[b]]",
            "a: [1.5]",
            "a: ['b''c']",
            "a: -.inf",
            "a: --- b",
            "a: -",
            "a: (b\n  c)",
            "{}",
            "a: b\n  {}",
            "a:\n{}",
            "a:\n  []",
            "---\n---\na: b",
            "a: \"b\\n\"",
            "a: 'b''c'",
            "a: b\n  c",
            "a: [b, c: d]",
            "a: &x b",
            "a: !!str b",
            "a: .nan",
            "a: |2\n  b",
            "a: |\n    b\n  c",
            "a: |\n     \n  b",
            "a:\tb",
            "a: é",
            "a: b\r\n",
            "? a",
            "%TAG",
            "a: b\n...",
            "y: z",
            "null: z",
            "1: z",
            "a: b\n- c",
            "kind: 1",
            "kind: yes",
            "kind: [A]",
            "kind: -a",
            "kind:",
            "Kind: A",
            "kind: A\nkind: B",
            "metadata: x",
            "metadata:\n- a",
            "metadata:\n  name: true",
            "metadata:\n  Name: a",
            "metadata:\n  annotations:\n    a: 1",
            "metadata:\n  annotations:\n    a:\n      b: c",
            "metadata:\n  annotations:\n    helm.sh/hook: test",
        ] {
            assert!(head(text.as_bytes()).is_none(), "{text}");
        }
    }

    /// Whatever happens to a document: where it still looks plain, it is what the reader says.
    #[test]
    fn no_change_of_a_document_misleads() {
        let mut plain = 0;
        for at in 0..DEPLOYMENT.len() {
            let (before, after) = DEPLOYMENT.split_at(at);
            let without = after.get(1..).unwrap_or_default();
            for new in [
                "", "\n", " ", "  ", "-", "- ", ":", ": ", "#", "|", "\"", "'", "[", "]", ",", "{}", "&", "*", "~",
                "1", ".",
            ] {
                plain += usize::from(agrees(&format!("{before}{new}{without}")));
                plain += usize::from(agrees(&format!("{before}{new}{after}")));
            }
        }
        assert!(plain > 2000, "{plain}");
    }
}
