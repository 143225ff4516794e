//! Linked definitions by name. Go: `Template.New(name).Parse(text)`, `AddParseTree`, `associate`.

use std::sync::Arc;

use indexmap::IndexMap;

use super::unit::{Unit, parse_error};
use crate::error::Result;
use crate::value::Str;
use go::strconv::quote;

/// Definitions by name. Clones share their content until one of them changes.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// What errors call the whole set.
    root: Str,
    defs: Arc<Defs>,
}

pub(super) type Defs = IndexMap<Str, Linked, foldhash::fast::RandomState>;

/// A definition under a name.
#[derive(Clone, Debug)]
pub(super) struct Linked {
    pub(super) unit: Arc<Unit>,
    /// The definition's number in its unit.
    pub(super) def: u32,
    /// What errors call the text it stands in.
    pub(super) parse_name: Arc<str>,
    /// What errors call the definition.
    pub(super) name: Str,
}

impl Linked {
    pub(super) fn is_empty(&self) -> bool {
        self.unit.defs.get(self.def as usize).is_none_or(|d| d.empty)
    }
}

impl Set {
    /// An empty set; errors about undefined names call it `root`. Go: `template.New(root)`.
    pub fn new(root: impl Into<Str>) -> Set {
        Set { root: root.into(), defs: Arc::default() }
    }

    /// The name of the set in errors.
    pub fn root(&self) -> &Str {
        &self.root
    }

    /// Adds the body of a text under `name`, and its definitions under their names. Empty ones do not replace existing ones. It is
    /// an error if a text has a body and a definition with the same name and neither is empty.
    pub fn add(&mut self, name: &str, unit: &Arc<Unit>) -> Result<()> {
        let defs = Arc::make_mut(&mut self.defs);
        link(name, unit, |linked| {
            if !linked.is_empty() || !defs.contains_key(&*linked.name) {
                defs.insert(linked.name.clone(), linked);
            }
        })
        .map(drop)
    }

    /// The names, in the order in which they were first defined.
    pub fn names(&self) -> impl Iterator<Item = &Str> {
        self.defs.keys()
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Linked> {
        self.defs.get(name)
    }
}

/// Gives each definition of a unit, the body among them, to `add`; answers the body. Go: `Tree.add`, for the body.
pub(super) fn link(name: &str, unit: &Arc<Unit>, mut add: impl FnMut(Linked)) -> Result<Linked> {
    let parse_name: Arc<str> = name.into();
    let linked =
        |def: u32, name: Str| Linked { unit: Arc::clone(unit), def, parse_name: Arc::clone(&parse_name), name };
    let mut body = linked(0, name.into());
    for (number, def) in (0u32..).zip(&unit.defs).skip(1) {
        let here = linked(number, def.name.clone());
        if def.name == name && !def.empty {
            if !body.is_empty() {
                #[allow(clippy::cast_possible_truncation)] // texts are smaller than 4 GiB
                let end = unit.text.len() as u32;
                let message = format!("template: multiple definition of template {}", quote(name.as_bytes()));
                return Err(parse_error(name, &unit.text, end, &message));
            }
            body = here;
        } else if def.name != name {
            add(here);
        }
    }
    add(body.clone());
    Ok(body)
}
