//! A Go slice that never changes once made.

use std::rc::Rc;

use super::{Kind, Value};
use crate::limits::live;

/// Bytes that an item takes.
const ITEM: usize = size_of::<Value>();

/// The element type of a slice: it shows in `%T` and in what functions accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elem {
    /// `[]interface {}`
    Any,
    /// `[]string`
    Str,
    /// `[]int`
    Int,
    /// `[]map[string]interface {}`
    Map,
    /// `[][]interface {}`
    List,
}

impl Elem {
    /// The name of the slice type.
    pub fn slice_name(self) -> &'static str {
        match self {
            Elem::Any => "[]interface {}",
            Elem::Str => "[]string",
            Elem::Int => "[]int",
            Elem::Map => "[]map[string]interface {}",
            Elem::List => "[][]interface {}",
        }
    }

    /// The name of the element type.
    pub fn name(self) -> &'static str {
        match self {
            Elem::Any => "interface {}",
            Elem::Str => "string",
            Elem::Int => "int",
            Elem::Map => "map[string]interface {}",
            Elem::List => "[]interface {}",
        }
    }

    /// The static kind of an element: [`Kind::Interface`] for `[]interface {}`.
    pub fn kind(self) -> Kind {
        match self {
            Elem::Any => Kind::Interface,
            Elem::Str => Kind::String,
            Elem::Int => Kind::Int,
            Elem::Map => Kind::Map,
            Elem::List => Kind::Slice,
        }
    }
}

/// A slice: an element type and shared items.
#[derive(Clone)]
pub struct List {
    elem: Elem,
    nil: bool,
    items: Rc<Vec<Value>>,
}

impl List {
    /// A slice of these items.
    pub fn new(elem: Elem, items: Vec<Value>) -> Self {
        live::add(ITEM * items.len());
        List { elem, nil: false, items: Rc::new(items) }
    }

    /// A nil slice: empty, and `null` in JSON.
    pub fn nil(elem: Elem) -> Self {
        List { elem, nil: true, items: Rc::default() }
    }

    /// Whether the slice is nil (and not only empty).
    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// The element type.
    pub fn elem(&self) -> Elem {
        self.elem
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    /// Whether both share one backing array: for walks that must not go round in circles.
    pub fn same(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.items, &other.items)
    }

    /// Whether nobody else holds the items.
    pub(super) fn is_unshared(&self) -> bool {
        Rc::strong_count(&self.items) == 1
    }

    /// The items by value: moved out when nobody else holds them.
    pub fn into_items(mut self) -> Vec<Value> {
        if !self.is_unshared() {
            return self.items.to_vec();
        }
        live::sub(ITEM * self.items.len());
        std::mem::take(Rc::make_mut(&mut self.items))
    }
}

impl std::ops::Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.items
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if !self.is_unshared() {
            return;
        }
        live::sub(ITEM * self.items.len());
        if self.items.iter().any(super::map::is_container) {
            super::map::drop_flat(std::mem::take(Rc::make_mut(&mut self.items)));
        }
    }
}
