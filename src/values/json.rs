//! JSON documents as Go's `encoding/json` decoder reads them: numbers are kept as text, and one value is read at a time.
//!
//! A document is one flat list of nodes, so depth needs no stack and nodes are referred to by number.

use indexmap::IndexMap;

use crate::error::{Error, ErrorKind, Origin, Result};
use crate::run::Run;
use crate::value::{Elem, Entry, List, Map, Str, Value};
use go::json::{self, Input, Scalar, Sink, Text};
use go::stack::with_stack;

/// A JSON document: nodes by number; node 0 is the document itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doc {
    text: Str,
    /// The strings that differ from what is written: those with escapes, and those that are not UTF-8.
    decoded: Vec<u8>,
    nodes: Vec<Node>,
}

/// A node and where it hangs. Nodes stand in the order of the text, children behind their parent.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The node around it; a document hangs below itself.
    parent: u32,
    /// The next one in the same array or object; 0 if there is none.
    next: u32,
    place: Place,
    data: Data,
}

/// How a node is named in the one around it.
#[derive(Clone, Copy, Debug)]
enum Place {
    Root,
    Name(Span),
    Index(u32),
}

/// What a node is: numbers and strings are parts of the text.
#[derive(Clone, Copy, Debug)]
enum Data {
    Null,
    Bool(bool),
    Number(Span),
    Str(Span),
    List(Children),
    Map(Children),
}

/// Bytes of the text, or of what was decoded.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

/// The nodes in an array or object; no first one if there is none.
#[derive(Clone, Copy, Debug, Default)]
struct Children {
    first: u32,
    len: u32,
}

/// Marks the start of a [`Span`] of what was decoded.
const DECODED: u32 = 1 << 31;

/// Texts are shorter: what is decoded takes up to three times as much, and its places are below [`DECODED`].
const LONGEST: usize = 1 << 29;

/// How a node is named in the one around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key<'d> {
    /// The document itself.
    Root,
    /// A key of an object.
    Name(&'d [u8]),
    /// An index of an array.
    Index(u32),
}

/// What a node is. Numbers are text: a schema may say more than a `float64` holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Json<'d> {
    Null,
    Bool(bool),
    Number(&'d str),
    /// UTF-8
    Str(&'d [u8]),
    List(Items<'d>),
    Map(Entries<'d>),
}

/// An array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Items<'d> {
    doc: &'d Doc,
    children: Children,
}

/// An object: keys in the order in which they are first written, each with the value that is written last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entries<'d> {
    doc: &'d Doc,
    children: Children,
}

impl<'d> Items<'d> {
    /// The items.
    pub(crate) fn iter(self) -> Siblings<'d> {
        self.doc.children(self.children)
    }

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.children.len as usize
    }

    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.children.len == 0
    }
}

impl<'d> Entries<'d> {
    /// Keys and values.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'d [u8], u32)> + 'd {
        self.values().map(move |node| (self.doc.name(node), node))
    }

    /// The keys.
    pub(crate) fn keys(self) -> impl Iterator<Item = &'d [u8]> + 'd {
        self.values().map(move |node| self.doc.name(node))
    }

    /// The values.
    pub(crate) fn values(self) -> Siblings<'d> {
        self.doc.children(self.children)
    }

    /// The value of a key. It is searched for from the start.
    pub(crate) fn get(self, key: &[u8]) -> Option<u32> {
        self.iter().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// How many keys there are.
    pub(crate) fn len(self) -> usize {
        self.children.len as usize
    }

    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.children.len == 0
    }
}

impl Doc {
    /// Reads a whole text. Go: `jsonschema.UnmarshalJSON`.
    pub(crate) fn read(text: &Str, run: &Run) -> Result<Doc> {
        let (builder, end) = Builder::read(text, run)?;
        if text.get(end..).unwrap_or_default().iter().all(|b| json::is_space(*b)) {
            return Ok(builder.into_doc(text.clone()));
        }
        Err(syntax("invalid character after top-level value"))
    }

    /// Reads the first value of a text, and tells where it ends. Go: `json.Decoder.Decode`, `InputOffset`.
    pub(crate) fn read_prefix(text: &[u8], run: &Run) -> Result<(Doc, usize)> {
        let (builder, end) = Builder::read(text, run)?;
        Ok((builder.into_doc(text.get(..end).unwrap_or_default().into()), end))
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node of a number; null if there is none.
    #[inline]
    pub(crate) fn get(&self, node: u32) -> Json<'_> {
        let Some(node) = self.nodes.get(node as usize) else { return Json::Null };
        match node.data {
            Data::Null => Json::Null,
            Data::Bool(b) => Json::Bool(b),
            Data::Number(span) => Json::Number(std::str::from_utf8(self.slice(span)).unwrap_or_default()),
            Data::Str(span) => Json::Str(self.slice(span)),
            Data::List(children) => Json::List(Items { doc: self, children }),
            Data::Map(children) => Json::Map(Entries { doc: self, children }),
        }
    }

    /// The node around a node, and how it is named there.
    pub(crate) fn place(&self, node: u32) -> (u32, Key<'_>) {
        let Some(node) = self.nodes.get(node as usize) else { return (0, Key::Root) };
        let key = match node.place {
            Place::Root => Key::Root,
            Place::Name(span) => Key::Name(self.slice(span)),
            Place::Index(index) => Key::Index(index),
        };
        (node.parent, key)
    }

    /// The entry of an object.
    pub(crate) fn entry(&self, node: u32, key: &str) -> Option<u32> {
        match self.get(node) {
            Json::Map(map) => map.get(key.as_bytes()),
            _ => None,
        }
    }

    /// The text of an entry that is a string.
    pub(crate) fn text(&self, node: u32, key: &str) -> Option<&str> {
        match self.get(self.entry(node, key)?) {
            Json::Str(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    #[inline]
    fn slice(&self, span: Span) -> &[u8] {
        slice(&self.text, &self.decoded, span)
    }

    #[inline]
    fn children(&self, children: Children) -> Siblings<'_> {
        Siblings { nodes: &self.nodes, next: children.first, left: children.len }
    }

    /// The key of a node; empty where it has none.
    #[inline]
    fn name(&self, node: u32) -> &[u8] {
        match self.nodes.get(node as usize).map(|n| n.place) {
            Some(Place::Name(span)) => self.slice(span),
            _ => &[],
        }
    }

    /// The value of a node: numbers as `float64`, each entry of a map with `origin`.
    ///
    /// Errors where a number is too large, as Go's decoder does.
    pub(crate) fn value(&self, node: u32, origin: Origin) -> Result<Value> {
        with_stack(|| {
            Ok(match self.get(node) {
                Json::Null => Value::Nil,
                Json::Bool(b) => Value::Bool(b),
                Json::Number(text) => Value::Float(json::float(text)?),
                Json::Str(text) => Value::str(text),
                Json::List(items) => {
                    let items = items.iter().map(|item| self.value(item, origin)).collect::<Result<_>>()?;
                    Value::List(List::appended(Elem::Any, items))
                }
                Json::Map(map) => {
                    let entries = map
                        .iter()
                        .map(|(key, item)| Ok((Str::from(key), Entry { value: self.value(item, origin)?, origin })));
                    Value::Map(entries.collect::<Result<Vec<_>>>()?.into_iter().collect::<Map>())
                }
            })
        })
    }
}

/// The nodes in an array or object.
#[derive(Clone)]
pub(crate) struct Siblings<'d> {
    nodes: &'d [Node],
    next: u32,
    left: u32,
}

impl Iterator for Siblings<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let node = self.next;
        self.next = self.nodes.get(node as usize).map_or(0, |n| n.next);
        Some(node)
    }
}

#[inline]
fn slice<'d>(text: &'d [u8], decoded: &'d [u8], span: Span) -> &'d [u8] {
    let (bytes, start, end) = if span.start & DECODED == 0 {
        (text, span.start, span.end)
    } else {
        (decoded, span.start & !DECODED, span.end & !DECODED)
    };
    bytes.get(start as usize..end as usize).unwrap_or_default()
}

fn syntax(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Syntax, text)
}

/// Texts are shorter than [`LONGEST`].
#[allow(clippy::cast_possible_truncation)]
fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

/// Builds a document.
struct Builder<'a> {
    text: &'a [u8],
    decoded: Vec<u8>,
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// The key of the value that comes next.
    key: Span,
}

/// An array or object that is not closed yet.
struct Open {
    node: u32,
    is_list: bool,
    last: u32,
    children: Children,
    /// A bit for each key so far, by its look; two keys may share one.
    looks: u64,
    /// Whether a key had the look of one before it.
    may_repeat: bool,
}

impl Open {
    /// Takes note of a key, so that an object whose keys plainly differ needs no second look.
    #[inline]
    fn note(&mut self, key: &[u8]) {
        let ends = key.first().zip(key.last()).map_or(0, |(first, last)| usize::from(*first) ^ usize::from(*last) << 1);
        let look = 1 << ((key.len() + ends) % 64);
        self.may_repeat |= self.looks & look != 0;
        self.looks |= look;
    }
}

impl Sink for Builder<'_> {
    #[inline]
    fn scalar(&mut self, at: usize, scalar: Scalar<'_>) {
        let data = match scalar {
            Scalar::Null => Data::Null,
            Scalar::Bool(b) => Data::Bool(b),
            Scalar::Number(end) => Data::Number(span(at, end)),
            Scalar::Str(text) => Data::Str(self.span_of(text)),
        };
        self.add(data);
    }

    #[inline]
    fn open(&mut self, _at: usize, is_list: bool) {
        let node = self.add(if is_list { Data::List(Children::default()) } else { Data::Map(Children::default()) });
        self.open.push(Open { node, is_list, last: 0, children: Children::default(), looks: 0, may_repeat: false });
    }

    #[inline]
    fn key(&mut self, key: Text<'_>) {
        self.key = self.span_of(key);
        if let Some(around) = self.open.last_mut() {
            around.note(slice(self.text, &self.decoded, self.key));
        }
    }

    #[inline]
    fn close(&mut self) {
        if let Some(closed) = self.open.pop() {
            self.fill(&closed);
        }
    }
}

impl<'a> Builder<'a> {
    /// Reads one value, and tells where it ends.
    fn read(text: &'a [u8], run: &Run) -> Result<(Self, usize)> {
        if text.len() >= LONGEST {
            return Err(syntax("exceeded max size"));
        }
        let mut builder = Builder {
            text,
            decoded: Vec::new(),
            // as many as there are in a text that is written for people
            nodes: Vec::with_capacity(text.len() / 24 + 1),
            open: Vec::new(),
            key: span(0, 0),
        };
        let end = json::read(text, run.limits.json_depth, Input::Stream, &mut builder)?;
        Ok((builder, end))
    }

    fn into_doc(self, text: Str) -> Doc {
        Doc { text, decoded: self.decoded, nodes: self.nodes }
    }

    #[inline]
    fn span_of(&mut self, text: Text<'_>) -> Span {
        let Some(decoded) = text.decoded else { return span(text.start, text.end) };
        let start = self.decoded.len();
        self.decoded.extend_from_slice(decoded.as_bytes());
        let Span { start, end } = span(start, self.decoded.len());
        Span { start: start | DECODED, end: end | DECODED }
    }

    /// Adds a node to what is open, and answers its number.
    #[allow(clippy::cast_possible_truncation)] // there are no more nodes than bytes
    fn add(&mut self, data: Data) -> u32 {
        let node = self.nodes.len() as u32;
        let (parent, place) = match self.open.last_mut() {
            None => (0, Place::Root),
            Some(around) => {
                match self.nodes.get_mut(around.last as usize) {
                    Some(before) if around.children.len > 0 => before.next = node,
                    _ => around.children.first = node,
                }
                let place = if around.is_list { Place::Index(around.children.len) } else { Place::Name(self.key) };
                around.last = node;
                around.children.len += 1;
                (around.node, place)
            }
        };
        self.nodes.push(Node { parent, next: 0, place, data });
        node
    }

    /// Gives an array or object what is in it.
    fn fill(&mut self, closed: &Open) {
        let children = if closed.may_repeat { self.without_duplicates(closed.children) } else { closed.children };
        if let Some(node) = self.nodes.get_mut(closed.node as usize) {
            node.data = if closed.is_list { Data::List(children) } else { Data::Map(children) };
        }
    }

    /// The entries of an object, each key once: at its first position, with its last value.
    fn without_duplicates(&mut self, children: Children) -> Children {
        if !self.has_duplicates(children) {
            return children;
        }
        let mut entries: IndexMap<Vec<u8>, u32> = IndexMap::new();
        for node in self.children(children) {
            entries.insert(self.name(node).to_vec(), node);
        }
        let nodes: Vec<u32> = entries.into_values().collect();
        for (node, next) in nodes.iter().zip(nodes.iter().skip(1).chain([&0])) {
            if let Some(node) = self.nodes.get_mut(*node as usize) {
                node.next = *next;
            }
        }
        let len = u32::try_from(nodes.len()).unwrap_or(children.len);
        Children { first: nodes.first().copied().unwrap_or_default(), len }
    }

    fn has_duplicates(&self, children: Children) -> bool {
        if children.len <= 16 {
            let mut rest = self.children(children);
            while let Some(node) = rest.next() {
                let name = self.name(node);
                if rest.clone().any(|other| self.name(other) == name) {
                    return true;
                }
            }
            return false;
        }
        let mut names: Vec<&[u8]> = self.children(children).map(|node| self.name(node)).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }

    fn children(&self, children: Children) -> Siblings<'_> {
        Siblings { nodes: &self.nodes, next: children.first, left: children.len }
    }

    fn name(&self, node: u32) -> &[u8] {
        match self.nodes.get(node as usize).map(|n| n.place) {
            Some(Place::Name(span)) => slice(self.text, &self.decoded, span),
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_where_it_is_first_with_what_it_has_last() {
        for (text, want) in [
            (r#"{"a":1,"b":2,"a":3}"#, "a=3 b=2"),
            (r#"{"":1,"a":2,"":3}"#, "=3 a=2"),
            (r#"{"\u0061b":1,"c":2,"ab":3}"#, "ab=3 c=2"),
            // keys that look alike
            (r#"{"name":1,"nice":2,"node":3}"#, "name=1 nice=2 node=3"),
            (r#"{"x":{"b":1,"b":2},"y":{"b":3}}"#, "x= y="),
        ] {
            let doc = Doc::read(&text.into(), &Run::default()).unwrap();
            let Json::Map(map) = doc.get(0) else { unreachable!() };
            let entries = map.iter().map(|(key, node)| {
                let value = if let Json::Number(number) = doc.get(node) { number } else { "" };
                format!("{}={value}", String::from_utf8_lossy(key))
            });
            assert_eq!(entries.collect::<Vec<_>>().join(" "), want);
        }
    }
}
