//! Converts the tree to JSON values: resolves scalars, expands aliases, merges merge keys. go-yaml: `decode.go`;
//! sigs.k8s.io/yaml: `yaml.go`.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::gosyntax;
use super::keys;
use super::pos::Pos;
use super::problem::{Problem, Read};
use super::resolve::{decode_base64, resolve};
use super::tree::{Id, Item, Shape, Tree};
use crate::scalar::Resolved;
use crate::{Data, Mark, Node, NodeMap};
use go::stack::with_stack;
use gotemplate::limits::Budget;
use gotemplate::value::Str;

/// Up to this many steps nearly all of them may come from aliases. go-yaml: `alias_ratio_range_low`.
const FREE_STEPS: u32 = 400_000;
/// From here on a tenth of them may. go-yaml: `alias_ratio_range_high`.
const STRICT_STEPS: u32 = 4_000_000;
/// What a node counts for the limit on aliases, beside its text.
const NODE_BYTES: u64 = 24;
/// Names of keys that are remembered to be shared.
const KNOWN_KEYS: usize = 256;

/// Which entries of the outermost mapping are wanted.
pub(super) type Keep<'k> = &'k dyn Fn(&[u8]) -> bool;

/// The value of a document, as JSON has it, and whether it holds an infinity or NaN, which JSON has not. With `keep`,
/// other entries of the outermost mapping are looked through for errors only, unless there is such a number.
pub(super) fn compose(tree: &Tree<'_>, budget: &Budget, keep: Option<Keep<'_>>) -> Read<(Node, bool)> {
    let mut composer = Composer {
        tree,
        budget,
        keep,
        dropping: false,
        steps: 1, // the document itself
        alias_steps: 0,
        alias_bytes: 0,
        alias_depth: 0,
        anchor_depth: 0,
        depth: 0,
        active: HashSet::default(),
        shared: HashMap::default(),
        known_keys: vec![None; KNOWN_KEYS],
        unsupported_key: None,
        has_nonfinite: false,
    };
    let node = composer.node(0)?;
    if let Some(place) = composer.unsupported_key
        && let Some(problem) = gosyntax::unsupported_key(tree, budget.limits.error_bytes)
    {
        return Err(Problem::json(&problem, Some(place)));
    }
    if composer.has_nonfinite && keep.is_some() {
        // the number may stand where nothing was kept
        return compose(tree, budget, None);
    }
    Ok((node, composer.has_nonfinite))
}

#[inline]
fn resolved(item: &Item<'_>) -> Read<Resolved> {
    resolve(item).map_err(|problem| Problem::yaml(&problem, Some(item.start)))
}

struct Composer<'t, 'a> {
    tree: &'t Tree<'a>,
    budget: &'t Budget,
    keep: Option<Keep<'t>>,
    /// Nobody wants what is being read: only its errors count.
    dropping: bool,
    steps: u32,
    alias_steps: u32,
    alias_bytes: u64,
    alias_depth: usize,
    anchor_depth: usize,
    depth: usize,
    /// The aliases that are being expanded.
    active: HashSet<Id, RandomState>,
    /// The strings of nodes that aliases may stand for.
    shared: HashMap<Id, Str, RandomState>,
    known_keys: Vec<Option<Str>>,
    /// Where a key stands that JSON cannot have.
    unsupported_key: Option<Pos>,
    has_nonfinite: bool,
}

impl<'t, 'a> Composer<'t, 'a> {
    #[inline]
    fn item(&self, id: Id) -> Read<&'t Item<'a>> {
        // the parser makes only numbers of nodes that are there
        self.tree.get(id).ok_or_else(|| Problem::yaml("document is too large", None))
    }

    fn node(&mut self, id: Id) -> Read<Node> {
        let item = self.item(id)?;
        self.step()?;
        match item.shape {
            Shape::Scalar => {
                let data = self.scalar(id, item)?;
                Ok(Node { data, mark: mark(item) })
            }
            Shape::Alias => {
                self.enter(id, item)?;
                let mut node = with_stack(|| self.node(item.link))?;
                self.leave(id);
                node.mark = mark(item);
                Ok(node)
            }
            Shape::Sequence | Shape::Mapping => {
                let data = self.collection(id, item)?;
                Ok(Node { data, mark: mark(item) })
            }
        }
    }

    /// Counts one step of decoding. go-yaml: `decoder.unmarshal`.
    #[inline]
    fn step(&mut self) -> Read<()> {
        self.steps = self.steps.saturating_add(1);
        if !self.budget.tick(1) {
            return Err(Problem::cancelled());
        }
        if self.alias_depth == 0 { Ok(()) } else { self.alias_step() }
    }

    fn alias_step(&mut self) -> Read<()> {
        self.alias_steps = self.alias_steps.saturating_add(1);
        self.charge(NODE_BYTES)?;
        if self.alias_steps > 100
            && self.steps > 1000
            && f64::from(self.alias_steps) / f64::from(self.steps) > allowed_alias_ratio(self.steps)
        {
            return Err(Problem::yaml("document contains excessive aliasing", None));
        }
        Ok(())
    }

    fn charge(&mut self, bytes: u64) -> Read<()> {
        self.alias_bytes = self.alias_bytes.saturating_add(bytes);
        if self.alias_bytes > self.budget.limits.yaml_alias_bytes {
            let problem = format!("aliases expand to more than {} bytes", self.budget.limits.yaml_alias_bytes);
            return Err(Problem::yaml(&problem, None).limit("yaml-alias-bytes"));
        }
        Ok(())
    }

    fn enter(&mut self, id: Id, item: &Item<'_>) -> Read<()> {
        if !self.active.insert(id) {
            let name = String::from_utf8_lossy(&item.text);
            return Err(Problem::yaml(&format!("anchor '{name}' value contains itself"), Some(item.start)));
        }
        self.alias_depth += 1;
        Ok(())
    }

    fn leave(&mut self, id: Id) {
        self.alias_depth -= 1;
        self.active.remove(&id);
    }

    // ---- scalars ----

    fn scalar(&mut self, id: Id, item: &Item<'_>) -> Read<Data> {
        Ok(match resolved(item)? {
            Resolved::Null => Data::Null,
            Resolved::Bool(b) => Data::Bool(b),
            Resolved::Int(n) => Data::Int(n),
            Resolved::Uint(n) => Data::Uint(n),
            Resolved::Float(f) => {
                self.has_nonfinite |= !f.is_finite();
                Data::Float(f)
            }
            Resolved::Str => Data::Str(self.string(id, item)?),
            Resolved::Binary => Data::Str(self.binary(item)?),
        })
    }

    /// The text of a scalar. Where aliases may ask for it again, they get the same string.
    fn string(&mut self, id: Id, item: &Item<'_>) -> Read<Str> {
        if item.text.is_empty() {
            return Ok(Str::default());
        }
        if self.dropping {
            if self.alias_depth > 0 {
                self.charge(item.text.len() as u64)?;
            }
            return Ok(Str::default());
        }
        if self.anchor_depth == 0 && self.alias_depth == 0 && !item.anchored {
            return Ok(Str::from(&*item.text));
        }
        if self.alias_depth > 0 {
            self.charge(item.text.len() as u64)?;
        }
        Ok(self.shared.entry(id).or_insert_with(|| Str::from(&*item.text)).clone())
    }

    fn binary(&mut self, item: &Item<'_>) -> Read<Str> {
        let Some(bytes) = decode_base64(&item.text) else {
            return Err(Problem::yaml("!!binary value contains invalid base64 data", Some(item.start)));
        };
        if self.alias_depth > 0 {
            self.charge(bytes.len() as u64)?;
        }
        Ok(json_string(&bytes))
    }

    // ---- collections ----

    fn collection(&mut self, id: Id, item: &Item<'_>) -> Read<Data> {
        self.depth += 1;
        if self.depth > self.budget.limits.json_depth {
            let first = if item.shape == Shape::Sequence { '[' } else { '{' };
            let message =
                format!("error unmarshaling JSON: while decoding JSON: invalid character '{first}' exceeded max depth");
            return Err(Problem::plain(message, Some(item.start)).limit("json-depth"));
        }
        self.anchor_depth += usize::from(item.anchored);
        let data = with_stack(|| {
            if item.shape == Shape::Sequence {
                return self.sequence(id, item).map(Data::List);
            }
            let entries = if self.dropping { 0 } else { item.link as usize / 2 };
            let mut map = NodeMap::with_capacity_and_hasher(entries, RandomState::default());
            self.mapping(id, &mut map)?;
            Ok(Data::Map(map))
        })?;
        self.anchor_depth -= usize::from(item.anchored);
        self.depth -= 1;
        Ok(data)
    }

    fn sequence(&mut self, id: Id, item: &Item<'_>) -> Read<Vec<Node>> {
        let mut list = Vec::with_capacity(if self.dropping { 0 } else { item.link as usize });
        let mut child = id + 1;
        while child < item.next {
            let node = self.node(child)?;
            if !self.dropping {
                list.push(node);
            }
            child = self.item(child)?.next;
        }
        Ok(list)
    }

    /// Puts the entries of a mapping into `map`, in their order: the last of duplicate keys wins.
    fn mapping(&mut self, id: Id, map: &mut NodeMap) -> Read<()> {
        let end = self.item(id)?.next;
        let mut key = id + 1;
        while key < end {
            let key_item = self.item(key)?;
            let value = key_item.next;
            if key_item.is_merge() {
                self.merge(value, map)?;
            } else {
                let name = self.key(key)?;
                let outer = self.dropping;
                if self.depth == 1
                    && let (Some(keep), Some(name)) = (self.keep, &name)
                {
                    self.dropping |= !keep(name);
                }
                let node = self.node(value)?;
                let dropped = std::mem::replace(&mut self.dropping, outer);
                match name {
                    Some(_) if dropped => {}
                    Some(name) => {
                        map.insert(name, node);
                    }
                    None => {
                        self.unsupported_key.get_or_insert(key_item.start);
                    }
                }
            }
            key = self.item(value)?.next;
        }
        Ok(())
    }

    /// The name of a key; `None` if JSON cannot have one.
    fn key(&mut self, id: Id) -> Read<Option<Str>> {
        let item = self.item(id)?;
        self.step()?;
        match item.shape {
            Shape::Scalar => Ok(match resolved(item)? {
                Resolved::Str => Some(self.key_name(item)?),
                Resolved::Binary => Some(self.binary(item)?),
                other => keys::to_string(other),
            }),
            Shape::Alias => {
                self.enter(id, item)?;
                let name = self.key(item.link)?;
                self.leave(id);
                Ok(name)
            }
            Shape::Sequence | Shape::Mapping => {
                self.collection(id, item)?;
                let key = gosyntax::print(self.tree, id, self.budget.limits.error_bytes);
                Err(Problem::yaml(&format!("invalid map key: {key}"), Some(item.start)))
            }
        }
    }

    /// A name that was seen before is shared: documents repeat the same few keys.
    fn key_name(&mut self, item: &Item<'_>) -> Read<Str> {
        let text = &*item.text;
        if self.alias_depth > 0 {
            self.charge(text.len() as u64)?;
        }
        let (Some(&first), Some(&last)) = (text.first(), text.last()) else {
            return Ok(Str::default());
        };
        let middle = text.get(text.len() / 2).copied().unwrap_or(0);
        let hash = text.len() ^ (usize::from(first) << 3) ^ (usize::from(last) << 1) ^ usize::from(middle);
        let Some(slot) = self.known_keys.get_mut(hash % KNOWN_KEYS) else {
            return Ok(Str::from(text));
        };
        if let Some(known) = slot
            && known.as_bytes() == text
        {
            return Ok(known.clone());
        }
        Ok(slot.insert(Str::from(text)).clone())
    }

    /// Merges the mapping or mappings at `id` into `map`. go-yaml: `decoder.merge`.
    fn merge(&mut self, id: Id, map: &mut NodeMap) -> Read<()> {
        let item = self.item(id)?;
        match item.shape {
            Shape::Mapping | Shape::Alias => self.merge_one(id, map),
            Shape::Sequence => {
                let sources: Vec<Id> = self.tree.children(id).collect();
                // from the last to the first: earlier mappings win
                sources.into_iter().rev().try_for_each(|source| self.merge_one(source, map))
            }
            Shape::Scalar => Err(want_map(item)),
        }
    }

    fn merge_one(&mut self, id: Id, map: &mut NodeMap) -> Read<()> {
        let item = self.item(id)?;
        match item.shape {
            Shape::Mapping => {
                self.step()?;
                self.anchor_depth += usize::from(item.anchored);
                with_stack(|| self.mapping(id, map))?;
                self.anchor_depth -= usize::from(item.anchored);
                Ok(())
            }
            Shape::Alias if self.item(item.link)?.shape == Shape::Mapping => {
                self.step()?;
                self.enter(id, item)?;
                self.merge_one(item.link, map)?;
                self.leave(id);
                Ok(())
            }
            _ => Err(want_map(item)),
        }
    }
}

fn want_map(item: &Item<'_>) -> Problem {
    Problem::yaml("map merge requires map or sequence of maps as the value", Some(item.start))
}

fn allowed_alias_ratio(steps: u32) -> f64 {
    match steps {
        ..=FREE_STEPS => 0.99,
        STRICT_STEPS.. => 0.10,
        _ => 0.99 - 0.89 * (f64::from(steps - FREE_STEPS) / f64::from(STRICT_STEPS - FREE_STEPS)),
    }
}

fn mark(item: &Item<'_>) -> Mark {
    Mark { line: item.start.line.saturating_add(1), column: item.start.column.saturating_add(1) }
}

/// A string after the trip through JSON: each byte that is not UTF-8 becomes U+FFFD.
fn json_string(bytes: &[u8]) -> Str {
    if std::str::from_utf8(bytes).is_ok() {
        return bytes.into();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    text.into()
}
