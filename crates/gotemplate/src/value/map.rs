//! A Go map with string keys. It is shared and changed in place, and each entry has the origin of its value.
//!
//! No method returns a reference into the map, because a template function may change a map while another iterates over it.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;

use super::{Origin, Str, Value};
use crate::limits::live;

/// Bytes that an entry takes, with its place in the index.
const ENTRY: usize = 96;

/// The Go type of a map: it shows in `%T` and in what functions accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MapType {
    /// `map[string]interface {}`
    Any,
    /// `chartutil.Values`: `.Values` itself, which some functions refuse.
    Values,
    /// `map[string]string`
    Str,
}

impl MapType {
    /// The name of the type.
    pub fn name(self) -> &'static str {
        match self {
            MapType::Any => "map[string]interface {}",
            MapType::Values => "chartutil.Values",
            MapType::Str => "map[string]string",
        }
    }

    /// Whether values of the type have a method of this name: it hides an entry.
    #[inline]
    pub fn has_method(self, name: &[u8]) -> bool {
        self == MapType::Values && matches!(name, b"AsMap" | b"Encode" | b"PathValue" | b"Table" | b"YAML")
    }
}

/// A value in a map, with its origin.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The value.
    pub value: Value,
    /// Its origin.
    pub origin: Origin,
}

type Entries = IndexMap<Str, Entry, foldhash::fast::RandomState>;

/// A shared map. A clone refers to the same map; [`Map::copy`] creates a new one.
#[derive(Clone)]
pub struct Map {
    ty: MapType,
    cell: Rc<Cell>,
}

struct Cell {
    nil: bool,
    entries: RefCell<Entries>,
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Map::with_type(MapType::Any)
    }

    /// An empty map of a type.
    pub fn with_type(ty: MapType) -> Self {
        Map { ty, cell: Rc::new(Cell { nil: false, entries: RefCell::default() }) }
    }

    /// A nil map: empty, `null` in JSON, and read-only.
    pub fn nil(ty: MapType) -> Self {
        Map { ty, cell: Rc::new(Cell { nil: true, entries: RefCell::default() }) }
    }

    /// Whether the map is nil (and not only empty).
    pub fn is_nil(&self) -> bool {
        self.cell.nil
    }

    /// The Go type of the map.
    pub fn map_type(&self) -> MapType {
        self.ty
    }

    /// The same shared map, seen as another type.
    #[must_use]
    pub fn as_type(&self, ty: MapType) -> Self {
        Map { ty, cell: Rc::clone(&self.cell) }
    }

    /// Whether both are one map.
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.cell, &other.cell)
    }

    /// A number that is unique among live maps.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.cell) as usize
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.cell.entries.borrow().len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        find(&self.cell.entries.borrow(), key).map(|e| e.value.clone())
    }

    /// The value of a key, with its origin.
    #[inline]
    pub fn entry(&self, key: &[u8]) -> Option<Entry> {
        find(&self.cell.entries.borrow(), key).cloned()
    }

    /// Follows keys through nested maps without copying them: returns the last entry found, whether it was in a map of interfaces,
    /// and how many keys led to it. It stops early at anything but a map, at a method, at a missing key and after a few keys.
    /// `None` if nothing was found.
    #[inline]
    pub fn follow<'n, K>(&self, keys: &[K], name: impl Fn(&K) -> &'n [u8] + Copy) -> Option<(Entry, bool, usize)> {
        self.follow_few(keys.get(..8).unwrap_or(keys), name)
    }

    fn follow_few<'n, K>(&self, keys: &[K], name: impl Fn(&K) -> &'n [u8] + Copy) -> Option<(Entry, bool, usize)> {
        let (first, rest) = keys.split_first()?;
        let first = name(first);
        if self.ty.has_method(first) {
            return None;
        }
        let entries = self.cell.entries.borrow();
        let entry = find(&entries, first)?;
        if !rest.is_empty()
            && let Value::Map(inner) = &entry.value
            && let Some((entry, any, used)) = inner.follow_few(rest, name)
        {
            return Some((entry, any, used + 1));
        }
        Some((entry.clone(), self.ty != MapType::Str, 1))
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &[u8]) -> bool {
        find(&self.cell.entries.borrow(), key).is_some()
    }

    /// Sets a key to a value that a template made. A nil map stays empty: callers check [`Map::is_nil`] first.
    pub fn insert(&self, key: impl Into<Str>, value: Value) {
        self.insert_entry(key, Entry { value, origin: Origin::NONE });
    }

    /// Sets a key to a value with an origin.
    pub fn insert_entry(&self, key: impl Into<Str>, entry: Entry) {
        if !self.cell.nil {
            // the old value is dropped after the borrow ends
            let old = self.cell.entries.borrow_mut().insert(key.into(), entry);
            if old.is_none() {
                live::add(ENTRY);
            }
        }
    }

    /// Removes a key.
    pub fn remove(&self, key: &[u8]) -> Option<Entry> {
        let removed = self.cell.entries.borrow_mut().swap_remove(key);
        if removed.is_some() {
            live::sub(ENTRY);
        }
        removed
    }

    /// The keys in byte order, which is the order of `range` and of all output.
    pub fn sorted_keys(&self) -> Vec<Str> {
        let mut keys: Vec<Str> = self.cell.entries.borrow().keys().cloned().collect();
        keys.sort_unstable();
        keys
    }

    /// Keys and values in byte order of the keys, as they are now.
    pub fn sorted(&self) -> Vec<(Str, Value)> {
        let mut pairs: Vec<_> = self.cell.entries.borrow().iter().map(|(k, e)| (k.clone(), e.value.clone())).collect();
        pairs.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        pairs
    }

    /// Keys and entries in the order in which the keys were first set, as they are now.
    pub fn entries(&self) -> Vec<(Str, Entry)> {
        self.cell.entries.borrow().iter().map(|(k, e)| (k.clone(), e.clone())).collect()
    }

    /// A new map of the same type with the same entries; nested maps stay shared.
    #[must_use]
    pub fn copy(&self) -> Self {
        let entries = self.cell.entries.borrow().clone();
        live::add(ENTRY * entries.len());
        Map { ty: self.ty, cell: Rc::new(Cell { nil: self.cell.nil, entries: RefCell::new(entries) }) }
    }
    /// A new map of the same type with the same keys and origins; `change` may replace values.
    #[must_use]
    pub fn copy_with(&self, mut change: impl FnMut(&Value) -> Option<Value>) -> Self {
        let mut entries = self.cell.entries.borrow().clone();
        for entry in entries.values_mut() {
            if let Some(value) = change(&entry.value) {
                entry.value = value;
            }
        }
        live::add(ENTRY * entries.len());
        Map { ty: self.ty, cell: Rc::new(Cell { nil: false, entries: RefCell::new(entries) }) }
    }
}

/// The entry of a key. In a small map comparing is faster than hashing.
#[inline]
fn find<'e>(entries: &'e Entries, key: &[u8]) -> Option<&'e Entry> {
    if entries.len() > 8 {
        return entries.get(key);
    }
    entries.iter().find(|(name, _)| name.as_bytes() == key).map(|(_, entry)| entry)
}

impl std::fmt::Debug for Map {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // a map may contain itself: its size only
        write!(f, "{}({} entries)", self.ty.name(), self.len())
    }
}

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl FromIterator<(Str, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Str, Value)>>(pairs: I) -> Self {
        pairs.into_iter().map(|(k, value)| (k, Entry { value, origin: Origin::NONE })).collect()
    }
}

impl FromIterator<(Str, Entry)> for Map {
    fn from_iter<I: IntoIterator<Item = (Str, Entry)>>(pairs: I) -> Self {
        let entries: Entries = pairs.into_iter().collect();
        live::add(ENTRY * entries.len());
        Map { ty: MapType::Any, cell: Rc::new(Cell { nil: false, entries: RefCell::new(entries) }) }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        live::sub(ENTRY * entries.len());
        if entries.values().any(|e| is_container(&e.value)) {
            drop_flat(entries.drain(..).map(|(_, e)| e.value).collect());
        }
    }
}

/// Whether dropping the value may drop others in turn.
pub(super) fn is_container(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::List(_))
}

/// Drops values without recursion, because a template can nest maps as deep as memory allows.
pub(super) fn drop_flat(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Map(map) => {
                if let Ok(mut cell) = Rc::try_unwrap(map.cell) {
                    live::sub(ENTRY * cell.entries.get_mut().len());
                    pending.extend(cell.entries.get_mut().drain(..).map(|(_, e)| e.value));
                }
            }
            Value::List(list) => pending.extend(list.into_parts().unwrap_or_default()),
            _ => {}
        }
    }
}
