//! The document as written: nodes in the order of the text, with unresolved aliases and tags.
//!
//! The nodes are one flat list: the children of a collection follow it, and each node has the index of the next one after it.
//! go-yaml decodes a document only after parsing all of it. This module does the same, which keeps the order of errors.

use std::borrow::Cow;

use super::pos::Pos;

/// The number of a node in its tree.
pub(super) type Id = u32;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar,
    Alias,
    Sequence,
    Mapping,
}

/// The tags that mean something to go-yaml.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    None,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    Binary,
    Merge,
    Other,
}

/// A node.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) shape: Shape,
    pub(super) tag: Tag,
    /// A scalar whose text decides what it is. go-yaml: `node.implicit`.
    pub(super) implicit: bool,
    /// Whether an alias may stand for it.
    pub(super) anchored: bool,
    pub(super) start: Pos,
    /// The node after this one and all that is in it.
    pub(super) next: Id,
    /// Children of a collection; the node that an alias stands for.
    pub(super) link: u32,
    /// The text of a scalar, the name of an alias.
    pub(super) text: Cow<'a, [u8]>,
}

impl Item<'_> {
    /// Whether the key merges another mapping into its own. go-yaml: `isMerge`.
    pub(super) fn is_merge(&self) -> bool {
        self.shape == Shape::Scalar && &*self.text == b"<<" && (self.implicit || self.tag == Tag::Merge)
    }
}

/// A document.
#[derive(Debug, Default)]
pub(super) struct Tree<'a> {
    items: Vec<Item<'a>>,
    /// Where text begins that follows the document and is no document of its own. go-yaml never reads it.
    pub(super) rest: Option<Pos>,
}

impl<'a> Tree<'a> {
    pub(super) fn get(&self, id: Id) -> Option<&Item<'a>> {
        self.items.get(id as usize)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Item<'a>> {
        self.items.get_mut(id as usize)
    }

    pub(super) fn push(&mut self, item: Item<'a>) {
        self.items.push(item);
    }

    /// The number that the next node gets. A text is shorter than 4 GiB, or cut where the numbers end.
    pub(super) fn next_id(&self) -> Id {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX)
    }

    /// The children of a collection.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let end = self.get(id).map_or(0, |item| item.next);
        let mut at = id.saturating_add(1);
        std::iter::from_fn(move || {
            let child = at;
            if child >= end {
                return None;
            }
            at = self.get(child)?.next;
            Some(child)
        })
    }
}

impl Tag {
    /// The tag of a whole name.
    pub(super) fn of(name: &[u8]) -> Self {
        let Some(short) = name.strip_prefix(b"tag:yaml.org,2002:") else {
            return Tag::Other;
        };
        match short {
            b"str" => Tag::Str,
            b"bool" => Tag::Bool,
            b"int" => Tag::Int,
            b"float" => Tag::Float,
            b"null" => Tag::Null,
            b"timestamp" => Tag::Timestamp,
            b"binary" => Tag::Binary,
            b"merge" => Tag::Merge,
            _ => Tag::Other,
        }
    }

    /// The short form of the name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Tag::None | Tag::Other => "",
            Tag::Str => "!!str",
            Tag::Bool => "!!bool",
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            Tag::Null => "!!null",
            Tag::Timestamp => "!!timestamp",
            Tag::Binary => "!!binary",
            Tag::Merge => "!!merge",
        }
    }
}
