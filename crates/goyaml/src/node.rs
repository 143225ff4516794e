//! The tree of a parsed YAML or JSON document. It is plain data that can be kept, shared by threads and printed.

use indexmap::IndexMap;

use go::stack::with_stack;
use gotemplate::error::Origin;
use gotemplate::value::{Elem, Entry, List, Map, Str, Value};

/// A place in a text: 1-based line and column (in characters); 0 if unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// 1-based line; 0 if unknown.
    pub line: u32,
    /// 1-based column; 0 if unknown.
    pub column: u32,
}

/// A node of a document with its position. Cloning and dropping a node needs no deep native stack, as long as its depth is within
/// `Limits`.
#[derive(Debug, Default, PartialEq)]
pub struct Node {
    /// Its content.
    pub data: Data,
    /// Where it starts.
    pub mark: Mark,
}

impl Node {
    /// Whether it has the content of another node, wherever the two stand.
    pub fn same(&self, other: &Node) -> bool {
        with_stack(|| match (&self.data, &other.data) {
            (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Data::Map(a), Data::Map(b)) => {
                a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| value.same(other)))
            }
            (a, b) => a == b,
        })
    }
}

impl Clone for Node {
    fn clone(&self) -> Self {
        match self.data {
            Data::List(_) | Data::Map(_) => with_stack(|| Node { data: self.data.clone(), mark: self.mark }),
            _ => Node { data: self.data.clone(), mark: self.mark },
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if matches!(self.data, Data::List(_) | Data::Map(_)) {
            with_stack(|| drop(std::mem::take(&mut self.data)));
        }
    }
}

/// A mapping: keys in the order of the text; the last of duplicate keys wins.
pub type NodeMap = IndexMap<Str, Node, foldhash::fast::RandomState>;

/// The content of a node, after resolving YAML's scalars and converting to JSON.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Data {
    /// `null`
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer that fits `int64`, exactly as read.
    Int(i64),
    /// A larger integer that fits `uint64`.
    Uint(u64),
    /// Any other number.
    Float(f64),
    /// A string.
    Str(Str),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping.
    Map(NodeMap),
}

impl Data {
    /// The name of its type in the errors of Go's JSON decoder. Go: `json.UnmarshalTypeError`.
    pub fn json_type(&self) -> &'static str {
        match self {
            Data::Null => "null",
            Data::Bool(_) => "bool",
            Data::Int(_) | Data::Uint(_) | Data::Float(_) => "number",
            Data::Str(_) => "string",
            Data::List(_) => "array",
            Data::Map(_) => "object",
        }
    }
}

impl Node {
    /// A node without a position.
    pub fn new(data: Data) -> Self {
        Node { data, mark: Mark::default() }
    }

    /// The mapping, if this is one.
    pub fn as_map(&self) -> Option<&NodeMap> {
        match &self.data {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The sequence, if this is one.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(l) => Some(l),
            _ => None,
        }
    }

    /// The text, if this is a string with valid UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::Str(s) => s.to_str(),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.data {
            Data::Int(n) => Some(n),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The node at a JSON pointer (RFC 6901): `/spec/ports/0/port`. In a key, `/` is `~1` and `~` is `~0`.
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |node, part| match &node.data {
            Data::List(items) => items.get(part.parse::<usize>().ok()?),
            _ => node.get(&part.replace("~1", "/").replace("~0", "~")),
        })
    }

    /// The entry of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key.as_bytes())
    }

    /// The value for templates: every number is a `float64`, as in `encoding/json`. The origin of map entries is `layer` and the line
    /// of their value; layer 0 means no origin.
    pub fn to_value(&self, layer: u16) -> Value {
        with_stack(|| match &self.data {
            Data::Null => Value::Nil,
            Data::Bool(b) => Value::Bool(*b),
            #[allow(clippy::cast_precision_loss)] // on purpose: JSON numbers become float64 in Go
            Data::Int(n) => Value::Float(*n as f64),
            #[allow(clippy::cast_precision_loss)]
            Data::Uint(n) => Value::Float(*n as f64),
            Data::Float(f) => Value::Float(*f),
            Data::Str(s) => Value::Str(s.clone()),
            Data::List(items) => {
                Value::List(List::appended(Elem::Any, items.iter().map(|n| n.to_value(layer)).collect()))
            }
            Data::Map(map) => Value::Map(
                map.iter()
                    .map(|(key, node)| {
                        let origin = if layer == 0 { Origin::NONE } else { Origin { layer, line: node.mark.line } };
                        (key.clone(), Entry { value: node.to_value(layer), origin })
                    })
                    .collect::<Map>(),
            ),
        })
    }
}
