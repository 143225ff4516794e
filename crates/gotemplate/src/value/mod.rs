//! Go values of templates: kinds, truth, type names, shared mutable maps.
//!
//! A [`Value`] is cheap to clone: strings, lists and maps are reference-counted. Maps are shared and changed in place, as in Go.
//! Of the lists, only a `[]string` can change, when `sortAlpha` sorts it. Values belong to one bake and one thread; data that
//! outlives a bake (charts, values files, compiled templates) is kept elsewhere.
//!
//! Strings are bytes, because `b64dec` and `trunc` can produce invalid UTF-8.

mod complex;
pub mod fmt;
mod list;
mod map;
mod name;
mod object;
mod str;
mod types;

pub use complex::Complex;
pub use list::{Elem, List};
pub use map::{Entry, Map, MapType};
pub use name::{name_to_text, text_to_name};
pub use object::{Method, Object, is_comparable, same_object};
pub use str::Str;
pub use types::{Kind, Ty};

use std::fmt::{Debug, Formatter, Result as FmtResult};
use std::rc::Rc;

pub use crate::error::Origin;

/// A Go value: what a template expression evaluates to.
#[derive(Clone, Default)]
pub enum Value {
    /// A nil interface or no value at all; prints as `<no value>`.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`: literals, `len`, `int`.
    Int(i64),
    /// `int64`: `--set`, arithmetic.
    Int64(i64),
    /// `uint64`: parts of a semantic version.
    Uint64(u64),
    /// `uint8`: a byte of a string by `index`.
    Uint8(u8),
    /// `float64`: every number that came from YAML or JSON.
    Float(f64),
    /// `string`
    Str(Str),
    /// `[]byte`
    Bytes(Str),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A struct, pointer or named type with fields or methods.
    Object(Rc<dyn Object>),
}

impl Value {
    /// A string.
    pub fn str(text: impl Into<Str>) -> Self {
        Value::Str(text.into())
    }

    /// A `[]interface {}`.
    pub fn list(items: Vec<Value>) -> Self {
        Value::List(List::new(Elem::Any, items))
    }

    /// A `[]string`.
    pub fn strings<S: Into<Str>>(items: impl IntoIterator<Item = S>) -> Self {
        Value::List(List::new(Elem::Str, items.into_iter().map(|s| Value::Str(s.into())).collect()))
    }

    /// A new `map[string]interface {}` of these pairs.
    pub fn map<K: Into<Str>>(pairs: impl IntoIterator<Item = (K, Value)>) -> Self {
        Value::Map(pairs.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }

    /// Whether this is nil or no value.
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// Whether this is nil, or a nil slice, map or pointer of some type. Go: `reflect.Value.IsNil`.
    pub fn holds_nil(&self) -> bool {
        match self {
            Value::Nil => true,
            Value::List(l) => l.is_nil(),
            Value::Map(m) => m.is_nil(),
            Value::Object(o) => o.is_nil(),
            _ => false,
        }
    }

    /// The reflect kind.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Nil => Kind::Invalid,
            Value::Bool(_) => Kind::Bool,
            Value::Int(_) => Kind::Int,
            Value::Int64(_) => Kind::Int64,
            Value::Uint64(_) => Kind::Uint64,
            Value::Uint8(_) => Kind::Uint8,
            Value::Float(_) => Kind::Float64,
            Value::Str(_) => Kind::String,
            Value::Bytes(_) | Value::List(_) => Kind::Slice,
            Value::Map(_) => Kind::Map,
            Value::Object(o) => o.kind(),
        }
    }

    /// The Go type's name as `%T` prints it (`map[string]interface {}`); `<nil>` for nil.
    pub fn type_name(&self) -> &str {
        match self {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Int64(_) => "int64",
            Value::Uint64(_) => "uint64",
            Value::Uint8(_) => "uint8",
            Value::Float(_) => "float64",
            Value::Str(_) => "string",
            Value::Bytes(_) => "[]uint8",
            Value::List(l) => l.elem().slice_name(),
            Value::Map(m) => m.map_type().name(),
            Value::Object(o) => o.type_name(),
        }
    }

    /// Truth as templates define it: false, 0, nil and anything empty are false; a struct is true.
    /// Go: `text/template.IsTrue`.
    pub fn is_true(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(b) => *b,
            Value::Int(n) | Value::Int64(n) => *n != 0,
            Value::Uint64(n) => *n != 0,
            Value::Uint8(n) => *n != 0,
            Value::Float(f) => *f != 0.0,
            Value::Str(s) | Value::Bytes(s) => !s.is_empty(),
            Value::List(l) => !l.is_empty(),
            Value::Map(m) => !m.is_empty(),
            Value::Object(o) => o.is_true(),
        }
    }

    /// The string's bytes, where this is a `string`.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The map, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(m) => Some(m),
            _ => None,
        }
    }

    /// The list, where this is a slice other than `[]byte`.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    /// The object of type `T`, if this is one.
    pub fn as_object<T: 'static>(&self) -> Option<&T> {
        match self {
            Value::Object(o) => o.as_any().downcast_ref::<T>(),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Value::Str(s.into())
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Value::Str(s.into())
    }
}

impl From<Map> for Value {
    fn from(m: Map) -> Self {
        Value::Map(m)
    }
}

impl Debug for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> FmtResult {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Int64(n) => write!(f, "int64({n})"),
            Value::Uint64(n) => write!(f, "uint64({n})"),
            Value::Uint8(n) => write!(f, "uint8({n})"),
            Value::Float(x) => write!(f, "float64({x})"),
            Value::Str(s) => write!(f, "{s:?}"),
            Value::Bytes(s) => write!(f, "[]byte({s:?})"),
            Value::List(l) => f.debug_list().entries(l.iter()).finish(),
            // a map may contain itself: its own entries only
            Value::Map(m) => write!(f, "{}({} entries)", m.map_type().name(), m.len()),
            Value::Object(o) => f.write_str(o.type_name()),
        }
    }
}
