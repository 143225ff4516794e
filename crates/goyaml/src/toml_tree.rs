//! The tables of a TOML document during parsing: which exist, and which may still be opened or extended.
//!
//! The rules, with their gaps, are those of `BurntSushi/toml` (`parse.go`): `addContext`, `setValue`, `isImplicit`.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hasher};

use indexmap::IndexMap;

use super::toml_time::Time;
use go::stack::with_stack;
use gotemplate::value::Str;

/// A value of a TOML document.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Str(Str),
    Int(i64),
    Float(f64),
    Bool(bool),
    Time(Time),
    Array(Vec<Item>),
    Table(Table),
    /// An array of tables, from `[[name]]` headers.
    Tables(Vec<Table>),
}

/// A table.
pub(super) type Table = IndexMap<Str, Item, foldhash::fast::RandomState>;

/// The document so far. Errors are texts; the reader adds the place.
pub(super) struct Tree {
    pub(super) root: Table,
    /// The table that keys go to.
    pub(super) context: Vec<Str>,
    /// Tables that exist only because something below them was named.
    implicit: HashSet<[u64; 2]>,
    arrays: HashSet<[u64; 2]>,
    /// Steps taken from table to table.
    pub(super) steps: u64,
}

impl Tree {
    pub(super) fn new() -> Self {
        Tree { root: Table::default(), context: Vec::new(), implicit: HashSet::new(), arrays: HashSet::new(), steps: 0 }
    }

    pub(super) fn add_implicit(&mut self, key: &[Str]) {
        self.implicit.insert(id(key));
    }

    /// Notes whether the entry of the current table is an array. Without a name it is the table itself, and in the library so it is
    /// with an empty name: `c = [1, {"" = 2}]` leaves only the tables of the array. Go: `setType`.
    pub(super) fn set_array(&mut self, name: Option<&Str>, array: bool) {
        let mut path = self.context.clone();
        path.extend(name.filter(|name| !name.is_empty()).cloned());
        if path.is_empty() {
            path.push(Str::default());
        }
        if array {
            self.arrays.insert(id(&path));
        } else if !self.arrays.is_empty() {
            self.arrays.remove(&id(&path));
        }
    }

    /// Makes the table of a dotted key, as far as it does not exist.
    pub(super) fn add_implicit_context(&mut self, key: &[Str]) -> Result<(), String> {
        self.add_implicit(key);
        self.add_context(key, false)
    }

    /// Opens a table, or one more table of an array, and makes it the current one.
    pub(super) fn add_context(&mut self, key: &[Str], array: bool) -> Result<(), String> {
        let Some((last, parents)) = key.split_last() else { return Ok(()) };
        self.steps += key.len() as u64;
        let mut table = &mut self.root;
        for (i, name) in parents.iter().enumerate() {
            if !table.contains_key(name) {
                self.implicit.insert(id(parents.get(..=i).unwrap_or_default()));
                table.insert(name.clone(), Item::Table(Table::default()));
            }
            let Some(inner) = inside(table, name) else {
                let name = key_text(parents.get(..=i).unwrap_or_default());
                return Err(format!("Key '{name}' was already created as a hash."));
            };
            table = inner;
        }
        self.context = parents.to_vec();
        if array {
            let item = table.entry(last.clone()).or_insert_with(|| Item::Tables(Vec::new()));
            let Item::Tables(tables) = item else {
                let name = key_text(key);
                return Err(format!("Key '{name}' was already created and cannot be used as an array."));
            };
            tables.push(Table::default());
        } else {
            self.set_value(last, Item::Table(Table::default()))?;
        }
        self.context.push(last.clone());
        Ok(())
    }

    /// Takes out what is in the last table of the array at `key`; the table itself stays.
    pub(super) fn take_last(&mut self, key: &[Str]) -> Table {
        let mut table = &mut self.root;
        for name in key {
            let Some(inner) = inside(table, name) else { return Table::default() };
            table = inner;
        }
        std::mem::take(table)
    }

    /// Sets an entry of the current table.
    pub(super) fn set_value(&mut self, name: &Str, value: Item) -> Result<(), String> {
        self.steps += self.context.len() as u64;
        let mut table = &mut self.root;
        for (i, part) in self.context.iter().enumerate() {
            let Some(inner) = inside(table, part) else {
                let name = key_text(self.context.get(..=i).unwrap_or_default());
                return Err(format!("Key '{name}' has already been defined."));
            };
            table = inner;
        }
        if !table.contains_key(name) {
            table.insert(name.clone(), value);
            return Ok(());
        }
        let mut path = self.context.clone();
        path.push(name.clone());
        if !self.implicit.remove(&id(&path)) {
            return Err(format!("Key '{}' has already been defined.", key_text(&path)));
        }
        if self.arrays.contains(&id(&path)) {
            table.insert(name.clone(), value);
        } else if let (Item::Array(mut items), Some(Item::Tables(tables))) = (value, table.get_mut(name)) {
            // the tables of the items were taken out
            let first = tables.len();
            tables_of(&mut items, tables);
            let taken = tables.len() - first;
            tables.drain(first.saturating_sub(taken)..first);
        }
        Ok(())
    }
}

/// Moves the tables of an array, and of the arrays in it, to `tables`, in order.
fn tables_of(items: &mut Vec<Item>, tables: &mut Vec<Table>) {
    for item in items.drain(..) {
        match item {
            Item::Table(table) => tables.push(table),
            Item::Array(mut inner) => with_stack(|| tables_of(&mut inner, tables)),
            _ => {}
        }
    }
}

/// The table of this name, or the last one where it is an array of tables.
fn inside<'t>(table: &'t mut Table, name: &Str) -> Option<&'t mut Table> {
    match table.get_mut(name)? {
        Item::Table(inner) => Some(inner),
        Item::Tables(tables) => tables.last_mut(),
        _ => None,
    }
}

/// A path as the error texts write it: parts that are no bare keys are quoted. Go: `Key.String`.
pub(super) fn key_text(key: &[Str]) -> String {
    let mut out = Vec::new();
    for (i, part) in key.iter().enumerate() {
        if i > 0 {
            out.push(b'.');
        }
        super::toml_write::push_key(&mut out, part);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A path in 128 bits: paths can be long, and there can be many.
fn id(key: &[Str]) -> [u64; 2] {
    [11, 13].map(|seed| {
        let mut hasher = foldhash::fast::FixedState::with_seed(seed).build_hasher();
        for part in key {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
        hasher.finish()
    })
}
