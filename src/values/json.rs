//! Reading JSON as Go's `encoding/json` decoder does: its error texts, numbers kept as text, one value at a time.
//!
//! A document is one flat list of nodes, so that depth costs no stack and a node is named by a number.

use indexmap::IndexMap;

use crate::error::{Error, ErrorKind, Origin, Result};
use crate::limits::Limits;
use crate::value::{Elem, Entry, List, Map, Str, Value};

/// A JSON document: nodes by number; node 0 is the document itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Doc {
    nodes: Vec<Node>,
}

/// A node, and where it hangs.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// The node around it; a document hangs below itself.
    pub parent: u32,
    /// Its key or index there.
    pub key: Key,
    /// What it is.
    pub data: Json,
}

/// How a node is named in the one around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The document itself.
    Root,
    /// A key of an object.
    Name(Str),
    /// An index of an array.
    Index(usize),
}

/// What a node is. Numbers are text: a schema may say more than a `float64` holds.
#[derive(Clone, Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Box<str>),
    Str(Str),
    List(Vec<u32>),
    Map(IndexMap<Str, u32, foldhash::fast::RandomState>),
}

impl Doc {
    /// Reads a whole text. Go: `jsonschema.UnmarshalJSON`.
    pub(super) fn read(text: &[u8], limits: &Limits) -> Result<Doc> {
        let (doc, end) = Doc::read_prefix(text, limits)?;
        if text.get(end..).unwrap_or_default().iter().all(|b| is_space(*b)) {
            return Ok(doc);
        }
        Err(syntax("invalid character after top-level value"))
    }

    /// Reads the first value of a text, and tells where it ends. Go: `json.Decoder.Decode`, `InputOffset`.
    pub(super) fn read_prefix(text: &[u8], limits: &Limits) -> Result<(Doc, usize)> {
        let mut reader = Reader { text, at: 0, nodes: Vec::new(), depth: limits.json_depth };
        reader.document()?;
        Ok((Doc { nodes: reader.nodes }, reader.at))
    }

    /// The node of a number; null where there is none.
    pub(super) fn get(&self, node: u32) -> &Json {
        self.nodes.get(node as usize).map_or(&Json::Null, |n| &n.data)
    }

    /// The node with its place; a null document where there is none.
    pub(super) fn place(&self, node: u32) -> (u32, &Key) {
        self.nodes.get(node as usize).map_or((0, &Key::Root), |n| (n.parent, &n.key))
    }

    /// The entry of an object.
    pub(super) fn entry(&self, node: u32, key: &str) -> Option<u32> {
        match self.get(node) {
            // in a small map comparing is faster than hashing
            Json::Map(map) if map.len() <= 8 => {
                map.iter().find(|(name, _)| name.as_bytes() == key.as_bytes()).map(|(_, node)| *node)
            }
            Json::Map(map) => map.get(key.as_bytes()).copied(),
            _ => None,
        }
    }

    /// The text of an entry that is a string.
    pub(super) fn text(&self, node: u32, key: &str) -> Option<&str> {
        match self.get(self.entry(node, key)?) {
            Json::Str(text) => text.to_str(),
            _ => None,
        }
    }

    /// The value of a node: numbers as `float64`, each entry of a map with `origin`.
    /// Errors where a number is too large, as Go's decoder does; `None` clamps it instead.
    pub(super) fn value(&self, node: u32, origin: Option<Origin>) -> Result<Value> {
        stacker::maybe_grow(64 << 10, 1 << 20, || {
            Ok(match self.get(node) {
                Json::Null => Value::Nil,
                Json::Bool(b) => Value::Bool(*b),
                Json::Number(text) => Value::Float(match (text.parse::<f64>().unwrap_or(0.0), origin) {
                    (f, Some(_)) if f.is_infinite() => {
                        return Err(syntax(format!(
                            "json: cannot unmarshal number {text} into Go value of type float64"
                        )));
                    }
                    (f, None) if f.is_infinite() => f64::MAX.copysign(f),
                    // too small for a float, but not zero
                    (0.0, None)
                        if text
                            .bytes()
                            .take_while(|b| !matches!(b, b'e' | b'E'))
                            .any(|b| (b'1'..=b'9').contains(&b)) =>
                    {
                        f64::MIN_POSITIVE.copysign(if text.starts_with('-') { -1.0 } else { 1.0 })
                    }
                    (f, _) => f,
                }),
                Json::Str(text) => Value::Str(text.clone()),
                Json::List(items) => {
                    let items = items.iter().map(|item| self.value(*item, origin)).collect::<Result<_>>()?;
                    Value::List(List::appended(Elem::Any, items))
                }
                Json::Map(map) => {
                    let entries = map.iter().map(|(key, item)| {
                        let value = self.value(*item, origin)?;
                        Ok((key.clone(), Entry { value, origin: origin.unwrap_or_default() }))
                    });
                    Value::Map(entries.collect::<Result<Vec<_>>>()?.into_iter().collect::<Map>())
                }
            })
        })
    }
}

fn syntax(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Syntax, text)
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    depth: usize,
}

/// What has to come next inside the innermost open array or object.
enum Next {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    After,
}

impl Reader<'_> {
    /// Reads one value without recursion.
    fn document(&mut self) -> Result<()> {
        self.spaces();
        if self.at >= self.text.len() {
            return Err(syntax("EOF"));
        }
        let mut open: Vec<u32> = Vec::new();
        let mut key = Key::Root;
        let mut next = Next::Value;
        loop {
            self.spaces();
            match next {
                Next::ValueOrEnd if self.peek() == Some(b']') => {
                    self.at += 1;
                    open.pop();
                    next = Next::After;
                }
                Next::Value | Next::ValueOrEnd => {
                    let parent = open.last().copied().unwrap_or(0);
                    let node = u32::try_from(self.nodes.len()).map_err(|_| syntax("exceeded max size"))?;
                    let data = self.start()?;
                    next = match data {
                        Json::List(_) => Next::ValueOrEnd,
                        Json::Map(_) => Next::KeyOrEnd,
                        _ => Next::After,
                    };
                    let opens = !matches!(next, Next::After);
                    let key = std::mem::replace(&mut key, Key::Root);
                    match (self.nodes.get_mut(parent as usize).map(|p| &mut p.data), &key) {
                        (Some(Json::List(items)), Key::Index(_)) => items.push(node),
                        (Some(Json::Map(map)), Key::Name(name)) => {
                            map.insert(name.clone(), node);
                        }
                        _ => {}
                    }
                    self.nodes.push(Node { parent, key, data });
                    if opens {
                        open.push(node);
                        if open.len() > self.depth {
                            return Err(Error::helm_limit("json-depth", syntax("exceeded max depth").message()));
                        }
                    }
                }
                Next::KeyOrEnd if self.peek() == Some(b'}') => {
                    self.at += 1;
                    open.pop();
                    next = Next::After;
                }
                Next::Key | Next::KeyOrEnd => {
                    if self.peek() != Some(b'"') {
                        return Err(self.bad("looking for beginning of object key string"));
                    }
                    key = Key::Name(self.string()?);
                    self.spaces();
                    if self.peek() != Some(b':') {
                        return Err(self.bad("after object key"));
                    }
                    self.at += 1;
                    next = Next::Value;
                    continue;
                }
                Next::After => {
                    let Some(parent) = open.last() else { return Ok(()) };
                    let is_list = matches!(self.nodes.get(*parent as usize).map(|n| &n.data), Some(Json::List(_)));
                    match (self.peek(), is_list) {
                        (Some(b','), true) => next = Next::Value,
                        (Some(b','), false) => next = Next::Key,
                        (Some(b']'), true) | (Some(b'}'), false) => {
                            open.pop();
                            next = Next::After;
                        }
                        (_, true) => return Err(self.bad("after array element")),
                        (_, false) => return Err(self.bad("after object key:value pair")),
                    }
                    self.at += 1;
                }
            }
            // a closed top-level value ends at once: what follows is not looked at
            if open.is_empty() {
                return Ok(());
            }
            if let Some(Node { data: Json::List(items), .. }) = open.last().and_then(|n| self.nodes.get(*n as usize)) {
                key = Key::Index(items.len());
            }
        }
    }

    /// A scalar, or the start of an array or object.
    fn start(&mut self) -> Result<Json> {
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                Ok(Json::Map(IndexMap::default()))
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Json::List(Vec::new()))
            }
            Some(b'"') => Ok(Json::Str(self.string()?)),
            Some(b't') => self.literal("true", Json::Bool(true)),
            Some(b'f') => self.literal("false", Json::Bool(false)),
            Some(b'n') => self.literal("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.bad("looking for beginning of value")),
        }
    }

    fn literal(&mut self, word: &str, json: Json) -> Result<Json> {
        for want in word.bytes() {
            if self.peek() != Some(want) {
                return Err(self.bad(&format!("in literal {word} (expecting '{}')", char::from(want))));
            }
            self.at += 1;
        }
        Ok(json)
    }

    fn number(&mut self) -> Result<Json> {
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
        let text = self.text.get(from..self.at).unwrap_or_default();
        Ok(Json::Number(String::from_utf8_lossy(text).into()))
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
    fn string(&mut self) -> Result<Str> {
        self.at += 1;
        let mut out: Vec<u8> = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|b| *b < 0x20 || matches!(b, b'"' | b'\\')).unwrap_or(rest.len());
            let text = rest.get(..plain).unwrap_or_default();
            self.at += plain;
            if out.is_empty() && self.peek() == Some(b'"') && std::str::from_utf8(text).is_ok() {
                // nearly all strings: one copy
                self.at += 1;
                return Ok(text.into());
            }
            out.extend_from_slice(text);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(match std::str::from_utf8(&out) {
                        Ok(_) => out.into(),
                        Err(_) => String::from_utf8_lossy(&out).into(),
                    });
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

    fn spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// The error at the next byte. Go: `encoding/json` `quoteChar` (which takes a byte for a character).
    fn bad(&self, place: &str) -> Error {
        match self.peek() {
            None => syntax("unexpected EOF"),
            Some(b'\'') => syntax(format!("invalid character '\\'' {place}")),
            Some(b'"') => syntax(format!("invalid character '\"' {place}")),
            Some(b) => {
                let quoted = crate::value::fmt::quote(char::from(b).to_string().as_bytes());
                syntax(format!("invalid character '{}' {place}", quoted.trim_matches('"')))
            }
        }
    }
}
