//! Parses JSON like Go's `encoding/json` decoder: with its error texts, with numbers as text, and one value at a time.
//!
//! A document is one flat list of nodes, so depth needs no stack and nodes are referred to by number.

use indexmap::IndexMap;

use crate::error::{Error, ErrorKind, Origin, Result};
use crate::run::Run;
use crate::value::{Elem, Entry, List, Map, Str, Value};
use go::stack::with_stack;

/// A JSON document: nodes by number; node 0 is the document itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Doc {
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

/// How a node is named in the one around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'d> {
    /// The document itself.
    Root,
    /// A key of an object.
    Name(&'d [u8]),
    /// An index of an array.
    Index(u32),
}

/// What a node is. Numbers are text: a schema may say more than a `float64` holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Json<'d> {
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
pub(super) struct Items<'d> {
    doc: &'d Doc,
    children: Children,
}

/// An object: keys in the order in which they are first written, each with the value that is written last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries<'d> {
    doc: &'d Doc,
    children: Children,
}

impl<'d> Items<'d> {
    /// The items.
    pub(super) fn iter(self) -> Siblings<'d> {
        self.doc.children(self.children)
    }

    /// How many there are.
    pub(super) fn len(self) -> usize {
        self.children.len as usize
    }

    /// Whether there are none.
    pub(super) fn is_empty(self) -> bool {
        self.children.len == 0
    }
}

impl<'d> Entries<'d> {
    /// Keys and values.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'d [u8], u32)> + 'd {
        self.values().map(move |node| (self.doc.name(node), node))
    }

    /// The keys.
    pub(super) fn keys(self) -> impl Iterator<Item = &'d [u8]> + 'd {
        self.values().map(move |node| self.doc.name(node))
    }

    /// The values.
    pub(super) fn values(self) -> Siblings<'d> {
        self.doc.children(self.children)
    }

    /// The value of a key. It is searched for from the start.
    pub(super) fn get(self, key: &[u8]) -> Option<u32> {
        self.iter().find(|(name, _)| *name == key).map(|(_, node)| node)
    }

    /// How many keys there are.
    pub(super) fn len(self) -> usize {
        self.children.len as usize
    }

    /// Whether there are none.
    pub(super) fn is_empty(self) -> bool {
        self.children.len == 0
    }
}

impl Doc {
    /// Reads a whole text. Go: `jsonschema.UnmarshalJSON`.
    pub(super) fn read(text: &Str, run: &Run) -> Result<Doc> {
        let reader = Reader::read(text, run)?;
        if text.get(reader.at..).unwrap_or_default().iter().all(|b| is_space(*b)) {
            return Ok(reader.into_doc(text.clone()));
        }
        Err(syntax("invalid character after top-level value"))
    }

    /// Reads the first value of a text, and tells where it ends. Go: `json.Decoder.Decode`, `InputOffset`.
    pub(super) fn read_prefix(text: &[u8], run: &Run) -> Result<(Doc, usize)> {
        let reader = Reader::read(text, run)?;
        let end = reader.at;
        Ok((reader.into_doc(text.get(..end).unwrap_or_default().into()), end))
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node of a number; null if there is none.
    #[inline]
    pub(super) fn get(&self, node: u32) -> Json<'_> {
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
    pub(super) fn place(&self, node: u32) -> (u32, Key<'_>) {
        let Some(node) = self.nodes.get(node as usize) else { return (0, Key::Root) };
        let key = match node.place {
            Place::Root => Key::Root,
            Place::Name(span) => Key::Name(self.slice(span)),
            Place::Index(index) => Key::Index(index),
        };
        (node.parent, key)
    }

    /// The entry of an object.
    pub(super) fn entry(&self, node: u32, key: &str) -> Option<u32> {
        match self.get(node) {
            Json::Map(map) => map.get(key.as_bytes()),
            _ => None,
        }
    }

    /// The text of an entry that is a string.
    pub(super) fn text(&self, node: u32, key: &str) -> Option<&str> {
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
    /// Errors: a number is too large, as in Go's decoder. Without an origin this is not an error, because Go keeps the numbers of a
    /// schema as text: a number that is too large becomes the largest.
    pub(super) fn value(&self, node: u32, origin: Option<Origin>) -> Result<Value> {
        with_stack(|| {
            Ok(match self.get(node) {
                Json::Null => Value::Nil,
                Json::Bool(b) => Value::Bool(b),
                Json::Number(text) if origin.is_none() => Value::Float(clamped(text)),
                Json::Number(text) => Value::Float(float(text)?),
                Json::Str(text) => Value::str(text),
                Json::List(items) => {
                    let items = items.iter().map(|item| self.value(item, origin)).collect::<Result<_>>()?;
                    Value::List(List::appended(Elem::Any, items))
                }
                Json::Map(map) => {
                    let entries = map.iter().map(|(key, item)| {
                        let value = self.value(item, origin)?;
                        Ok((Str::from(key), Entry { value, origin: origin.unwrap_or_default() }))
                    });
                    Value::Map(entries.collect::<Result<Vec<_>>>()?.into_iter().collect::<Map>())
                }
            })
        })
    }
}

/// The nodes in an array or object.
#[derive(Clone)]
pub(super) struct Siblings<'d> {
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

/// A number as a `float64`. Errors: it is too large, as in Go's decoder.
fn float(text: &str) -> Result<f64> {
    let f = text.parse::<f64>().unwrap_or(0.0);
    if f.is_infinite() {
        return Err(syntax(format!("json: cannot unmarshal number {text} into Go value of type float64")));
    }
    Ok(f)
}

/// The nearest `float64` of a number that is neither infinite nor, unless the number is, zero.
fn clamped(text: &str) -> f64 {
    let f = text.parse::<f64>().unwrap_or(0.0);
    let is_zero = || text.bytes().take_while(|b| !matches!(b, b'e' | b'E')).all(|b| !(b'1'..=b'9').contains(&b));
    if f.is_infinite() {
        f64::MAX.copysign(f)
    } else if f == 0.0 && !is_zero() {
        f64::MIN_POSITIVE.copysign(if text.starts_with('-') { -1.0 } else { 1.0 })
    } else {
        f
    }
}

fn syntax(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Syntax, text)
}

/// Texts are smaller than [`DECODED`].
#[allow(clippy::cast_possible_truncation)]
fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// A byte, eight times.
const fn eight(b: u8) -> u64 {
    u64::from_le_bytes([b; 8])
}

/// How many spaces a text starts with. Half of an indented text is indentation, so blanks count by eights.
fn spaces_len(text: &[u8]) -> usize {
    let mut len = 0;
    while let Some(rest) = text.get(len..) {
        let Some(bytes) = rest.first_chunk() else {
            return len + rest.iter().position(|b| !is_space(*b)).unwrap_or(rest.len());
        };
        let others = u64::from_le_bytes(*bytes) ^ eight(b' ');
        let blanks = (others.trailing_zeros() / 8) as usize;
        len += blanks;
        match bytes.get(blanks) {
            None => {}
            Some(b) if is_space(*b) => len += 1,
            Some(_) => break,
        }
    }
    len
}

/// The length of a string without escapes: up to a quote, a backslash or a control character. Checks eight bytes at once: the high
/// bit of each is set if it is zero or below a space, and the lowest one that is set is exact.
fn plain_len(text: &[u8]) -> usize {
    const HIGH: u64 = eight(0x80);
    let zero = |word: u64| word.wrapping_sub(eight(1)) & !word;
    let mut len = 0;
    while let Some(bytes) = text.get(len..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*bytes);
        let control = word.wrapping_sub(eight(0x20)) & !word;
        let found = (zero(word ^ eight(b'"')) | zero(word ^ eight(b'\\')) | control) & HIGH;
        if found != 0 {
            return len + (found.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    let rest = text.get(len..).unwrap_or_default();
    len + rest.iter().position(|b| *b < 0x20 || matches!(b, b'"' | b'\\')).unwrap_or(rest.len())
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    decoded: Vec<u8>,
    nodes: Vec<Node>,
    depth: usize,
    /// The whole text is UTF-8.
    utf8: bool,
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
    fn note(&mut self, key: &[u8]) {
        let ends = key.first().zip(key.last()).map_or(0, |(first, last)| usize::from(*first) ^ usize::from(*last) << 1);
        let look = 1 << ((key.len() + ends) % 64);
        self.may_repeat |= self.looks & look != 0;
        self.looks |= look;
    }
}

impl<'a> Reader<'a> {
    /// Reads one value.
    fn read(text: &'a [u8], run: &Run) -> Result<Self> {
        if text.len() >= DECODED as usize {
            return Err(syntax("exceeded max size"));
        }
        let mut reader = Reader {
            text,
            at: 0,
            decoded: Vec::new(),
            // as many as there are in a text that is written for people
            nodes: Vec::with_capacity(text.len() / 24 + 1),
            depth: run.limits.json_depth,
            utf8: std::str::from_utf8(text).is_ok(),
        };
        reader.document()?;
        Ok(reader)
    }

    fn into_doc(self, text: Str) -> Doc {
        Doc { text, decoded: self.decoded, nodes: self.nodes }
    }

    /// Reads one value without recursion.
    fn document(&mut self) -> Result<()> {
        self.spaces();
        if self.at >= self.text.len() {
            return Err(syntax("EOF"));
        }
        let mut open: Vec<Open> = Vec::new();
        let mut place = Place::Root;
        loop {
            // a value
            let node = u32::try_from(self.nodes.len()).map_err(|_| syntax("exceeded max size"))?;
            let data = self.start()?;
            let parent = match open.last_mut() {
                None => 0,
                Some(around) => {
                    match self.nodes.get_mut(around.last as usize) {
                        Some(before) if around.children.len > 0 => before.next = node,
                        _ => around.children.first = node,
                    }
                    around.last = node;
                    around.children.len += 1;
                    around.node
                }
            };
            self.nodes.push(Node { parent, next: 0, place, data });
            let mut closes = false;
            if let Data::List(_) | Data::Map(_) = data {
                let is_list = matches!(data, Data::List(_));
                open.push(Open { node, is_list, last: 0, children: Children::default(), looks: 0, may_repeat: false });
                if open.len() > self.depth {
                    return Err(Error::helm_limit("json-depth", syntax("exceeded max depth").message()));
                }
                self.spaces();
                closes = self.peek() == Some(if is_list { b']' } else { b'}' });
                if let Some(open) = open.last_mut().filter(|_| !closes) {
                    place = self.place(open)?;
                    continue;
                }
            }
            // the end of what is around it, and of what is around that
            loop {
                if closes {
                    self.at += 1;
                    if let Some(closed) = open.pop() {
                        self.close(&closed);
                    }
                }
                // a closed top-level value ends at once: what follows is not looked at
                let Some(around) = open.last_mut() else { return Ok(()) };
                self.spaces();
                closes = match (self.peek(), around.is_list) {
                    (Some(b','), _) => false,
                    (Some(b']'), true) | (Some(b'}'), false) => true,
                    (_, true) => return Err(self.bad("after array element")),
                    (_, false) => return Err(self.bad("after object key:value pair")),
                };
                if !closes {
                    self.at += 1;
                    self.spaces();
                    place = self.place(around)?;
                    break;
                }
            }
        }
    }

    /// The place of the value that comes next: an index, or the key that is here.
    fn place(&mut self, around: &mut Open) -> Result<Place> {
        if around.is_list {
            return Ok(Place::Index(around.children.len));
        }
        if self.peek() != Some(b'"') {
            return Err(self.bad("looking for beginning of object key string"));
        }
        let key = self.string()?;
        around.note(slice(self.text, &self.decoded, key));
        self.spaces();
        if self.peek() != Some(b':') {
            return Err(self.bad("after object key"));
        }
        self.at += 1;
        self.spaces();
        Ok(Place::Name(key))
    }

    /// Gives an array or object what is in it.
    fn close(&mut self, closed: &Open) {
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

    /// A scalar, or the start of an array or object.
    fn start(&mut self) -> Result<Data> {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                Ok(Data::Map(Children::default()))
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Data::List(Children::default()))
            }
            Some(b'"') => Ok(Data::Str(self.string()?)),
            Some(b't') => self.literal("true", Data::Bool(true)),
            Some(b'f') => self.literal("false", Data::Bool(false)),
            Some(b'n') => self.literal("null", Data::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.bad("looking for beginning of value")),
        }
    }

    fn literal(&mut self, word: &str, data: Data) -> Result<Data> {
        for want in word.bytes() {
            if self.peek() != Some(want) {
                return Err(self.bad(&format!("in literal {word} (expecting '{}')", char::from(want))));
            }
            self.at += 1;
        }
        Ok(data)
    }

    fn number(&mut self) -> Result<Data> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(Data::Number(span(from, self.at)))
    }

    fn digits(&mut self, place: &str) -> Result<()> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.bad(place));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    /// A string; what is not UTF-8 and halves of surrogate pairs become U+FFFD.
    fn string(&mut self) -> Result<Span> {
        self.at += 1;
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or_default();
        let stop = plain_len(rest);
        let is_utf8 = || std::str::from_utf8(rest.get(..stop).unwrap_or_default()).is_ok();
        if rest.get(stop) == Some(&b'"') && (self.utf8 || is_utf8()) {
            // nearly all strings
            self.at += stop + 1;
            return Ok(span(start, start + stop));
        }
        self.decoded_string()
    }

    fn decoded_string(&mut self) -> Result<Span> {
        let mut out: Vec<u8> = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = plain_len(rest);
            out.extend_from_slice(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    let start = self.decoded.len();
                    self.decoded.extend_from_slice(String::from_utf8_lossy(&out).as_bytes());
                    if self.decoded.len() >= DECODED as usize {
                        return Err(syntax("exceeded max size"));
                    }
                    let Span { start, end } = span(start, self.decoded.len());
                    return Ok(Span { start: start | DECODED, end: end | DECODED });
                }
                Some(b'\\') => {
                    self.at += 1;
                    let c = self.escape()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                _ => return Err(self.bad("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let c = match self.peek() {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'u') => {
                self.at += 1;
                let high = self.hex()?;
                if let Some(c) = char::from_u32(high) {
                    return Ok(c);
                }
                let start = self.at;
                if high < 0xDC00 && self.text.get(start..).is_some_and(|rest| rest.starts_with(b"\\u")) {
                    self.at += 2;
                    let low = self.hex()?;
                    if (0xDC00..0xE000).contains(&low) {
                        let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                        return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = start;
                }
                return Ok(char::REPLACEMENT_CHARACTER);
            }
            _ => return Err(self.bad("in string escape code")),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex(&mut self) -> Result<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|b| char::from(b).to_digit(16)) else {
                return Err(self.bad("in \\u hexadecimal character escape"));
            };
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    fn spaces(&mut self) {
        if self.peek().is_some_and(is_space) {
            self.at += self.text.get(self.at..).map_or(0, spaces_len);
        }
    }

    /// The error at the next byte. Go: `encoding/json` `quoteChar` (which takes a byte for a character).
    fn bad(&self, place: &str) -> Error {
        match self.peek() {
            None => syntax("unexpected EOF"),
            Some(b'\'') => syntax(format!("invalid character '\\'' {place}")),
            Some(b'"') => syntax(format!("invalid character '\"' {place}")),
            Some(b) => {
                let quoted = go::strconv::quote(char::from(b).to_string().as_bytes());
                syntax(format!("invalid character '{}' {place}", quoted.trim_matches('"')))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_bytes_at_once_are_found_as_one_by_one() {
        let bytes = [b' ', b'\n', b'\t', b'\r', b'a', b'"', b'\\', 0, 0x1f, 0x21, 0x7f, 0x80, 0xff];
        for len in 0..20 {
            for filler in bytes {
                for (at, byte) in (0..=len).flat_map(|at| bytes.map(|byte| (at, byte))) {
                    let mut text = vec![filler; len];
                    text.insert(at, byte);
                    let until = |stops: &dyn Fn(u8) -> bool| text.iter().position(|b| stops(*b)).unwrap_or(text.len());
                    assert_eq!(spaces_len(&text), until(&|b| !is_space(b)), "{text:?}");
                    assert_eq!(plain_len(&text), until(&|b| b < 0x20 || b == b'"' || b == b'\\'), "{text:?}");
                }
            }
        }
    }

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
