//! What stands in the text of a layer in the place of a value: advice quotes what people wrote, not what it became.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::LayerNames;
use crate::error::Origin;
use crate::limits::Budget;
use crate::value::{Str, Value};
use crate::yaml::{Data, Form, Key, Scalar, Written, read_written};
use go::stack::with_stack;

/// The texts of layers, each parsed when it is first asked for.
pub(crate) struct Sources<'n> {
    names: &'n LayerNames,
    budget: &'n Budget,
    parsed: RefCell<BTreeMap<u16, Option<Rc<Written>>>>,
}

/// A value found by its path, and where it was set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Located {
    /// The value; null if there is none.
    pub value: Value,
    /// Its origin, or that of what holds it: items of lists have none.
    pub origin: Origin,
    /// How many steps of the path lead to the entry that has the origin.
    pub depth: usize,
    /// Whether the whole path leads to a value.
    pub is_there: bool,
}

/// The value at a path of keys and indices, with its origin.
pub(crate) fn find(values: &Value, path: &[Str]) -> Located {
    let mut found = Located { value: values.clone(), is_there: true, ..Located::default() };
    for (at, step) in path.iter().enumerate() {
        let next = match &found.value {
            Value::Map(map) => map.entry(step).map(|entry| {
                if entry.origin.is_some() {
                    (found.origin, found.depth) = (entry.origin, at + 1);
                }
                entry.value
            }),
            Value::List(list) => index(step).and_then(|index| list.get(index).cloned()),
            _ => None,
        };
        match next {
            Some(next) => found.value = next,
            None => return Located { value: Value::Nil, is_there: false, ..found },
        }
    }
    found
}

/// A step of a path as the index of an item.
pub(crate) fn index(step: &Str) -> Option<usize> {
    step.to_str().filter(|text| text.bytes().all(|b| b.is_ascii_digit())).and_then(|text| text.parse().ok())
}

impl<'n> Sources<'n> {
    pub(crate) fn new(names: &'n LayerNames, budget: &'n Budget) -> Self {
        Sources { names, budget, parsed: RefCell::default() }
    }

    /// The names of the layers.
    pub(crate) fn names(&self) -> &'n LayerNames {
        self.names
    }

    /// The scalar that became the value at a path.
    pub(crate) fn scalar(&self, found: &Located, path: &[Str]) -> Option<Scalar> {
        self.with(found, path, |_, node| node.scalar().cloned())?
    }

    /// The origin of a key: the line of the key itself, where that is known, or else that of its value.
    pub(crate) fn key(&self, found: &Located, path: &[Str]) -> Origin {
        let line = self.with(found, path, |key, _| key.map(|key| key.mark.line)).flatten();
        line.map_or(found.origin, |line| Origin { line, ..found.origin })
    }

    /// The origin of a value that may be an item of a list, which has a line of its own only in the text.
    pub(crate) fn value(&self, found: &Located, path: &[Str]) -> Origin {
        let line = self.with(found, path, |_, node| node.mark.line);
        line.map_or(found.origin, |line| Origin { line, ..found.origin })
    }

    /// Whether an alias stands for the value at a path, for what holds it or for a part of it.
    #[cfg_attr(not(feature = "fleet"), allow(dead_code))] // only `Baker::unused` asks it
    pub(crate) fn is_aliased(&self, found: &Located, path: &[Str]) -> bool {
        let Some(tree) = self.tree(found.origin.layer) else { return false };
        let Some(trail) = place(&tree, found.origin.line, path.get(..found.depth).unwrap_or_default()) else {
            return false;
        };
        let rest = path.get(found.depth..).unwrap_or_default();
        trail.nodes.iter().any(|node| node.is_aliased)
            || trail.nodes.last().is_some_and(|node| {
                let below = rest.iter().try_fold(*node, |node, step| child(node, step));
                below.is_some_and(has_alias)
            })
    }

    /// The scalar in the line of an origin that is no text, if there is only one.
    pub(crate) fn only_number(&self, origin: Origin) -> Option<Scalar> {
        let tree = self.tree(origin.layer)?;
        let mut all = Vec::new();
        scalars(&tree, origin.line, &mut all);
        match all.as_slice() {
            [only] => Some((*only).clone()),
            _ => None,
        }
    }

    fn with<T>(&self, found: &Located, path: &[Str], see: impl FnOnce(Option<&Key>, &Written) -> T) -> Option<T> {
        let tree = self.tree(found.origin.layer)?;
        let (above, rest) = path.split_at_checked(found.depth)?;
        let trail = place(&tree, found.origin.line, above)?;
        let node = rest.iter().try_fold(*trail.nodes.last()?, |node, step| child(node, step))?;
        Some(see(trail.key.filter(|_| rest.is_empty()), node))
    }

    fn tree(&self, layer: u16) -> Option<Rc<Written>> {
        let mut parsed = self.parsed.borrow_mut();
        let read = || {
            let text = self.names.text(layer)?;
            read_written(text.as_bytes(), self.budget).ok().flatten().map(Rc::new)
        };
        parsed.entry(layer).or_insert_with(read).clone()
    }
}

/// An entry of a document, and the nodes that lead to it from outside.
struct Trail<'w> {
    key: Option<&'w Key>,
    nodes: Vec<&'w Written>,
}

/// The entry whose value starts in a line, of several that which ends like the path: a chart's values are part of those of
/// its parent, so that only the end of a path is the same in both.
fn place<'w>(tree: &'w Written, line: u32, path: &[Str]) -> Option<Trail<'w>> {
    let mut search = LineSearch { line, path, steps: Vec::new(), nodes: vec![tree], best: None };
    search.look(tree);
    search.best.map(|(_, trail)| trail)
}

struct LineSearch<'w, 'p> {
    line: u32,
    path: &'p [Str],
    steps: Vec<&'w [u8]>,
    nodes: Vec<&'w Written>,
    /// How many steps are equal, and where that is.
    best: Option<(usize, Trail<'w>)>,
}

impl<'w> LineSearch<'w, '_> {
    fn look(&mut self, node: &'w Written) {
        // values stand in the order of their lines: of those that start before the line, only the last one reaches it
        let (line, items, entries) = (self.line, node.items(), node.entries());
        let from = |count: usize| count.saturating_sub(1);
        let items = items.iter().skip(from(items.partition_point(|item| item.mark.line < line)));
        let entries = entries.iter().skip(from(entries.partition_point(|(_, value)| value.mark.line < line)));
        let all = entries.map(|(key, value)| (Some(key), value)).chain(items.map(|item| (None, item)));
        for (key, value) in all.take_while(|(_, value)| value.mark.line <= line) {
            // an item of a list is any step
            self.steps.push(key.map_or(b"".as_slice(), |key| key.name.as_bytes()));
            self.nodes.push(value);
            if value.mark.line == self.line && key.is_some() {
                let pairs = self.steps.iter().rev().zip(self.path.iter().rev());
                let equal = pairs.take_while(|(step, want)| step.is_empty() || **step == want.as_bytes()).count();
                if equal > 0 && self.best.as_ref().is_none_or(|(best, _)| equal > *best) {
                    self.best = Some((equal, Trail { key, nodes: self.nodes.clone() }));
                }
            }
            with_stack(|| self.look(value));
            self.steps.pop();
            self.nodes.pop();
        }
    }
}

fn child<'w>(node: &'w Written, step: &Str) -> Option<&'w Written> {
    match &node.form {
        Form::Map(_) => node.entry(step).map(|(_, value)| value),
        Form::List(items) => items.get(index(step)?),
        Form::Scalar(_) | Form::Alias(_) => None,
    }
}

#[cfg_attr(not(feature = "fleet"), allow(dead_code))]
fn has_alias(node: &Written) -> bool {
    let entries = node.entries().iter().map(|(_, value)| value);
    node.is_aliased || entries.chain(node.items()).any(|below| with_stack(|| has_alias(below)))
}

fn scalars<'w>(node: &'w Written, line: u32, found: &mut Vec<&'w Scalar>) {
    if let Some(scalar) = node.scalar()
        && node.mark.line == line
        && !matches!(scalar.data, Data::Str(_) | Data::Null)
    {
        found.push(scalar);
    }
    let entries = node.entries().iter().map(|(_, value)| value);
    for below in entries.chain(node.items()) {
        with_stack(|| scalars(below, line, found));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;
    use crate::values::LayerText;

    const TEXT: &str = "a: NO\nm: {x: 0123, z: {x: 1_000}}\nl:\n- 1.10\n- k: 1e5\n  w: [on]\nb:\n  c: 7\n\
        base: &base\n  p: 1\nuse: *base\nlast: 9\n";

    #[test]
    fn a_value_is_quoted_as_it_stands_in_its_file() {
        let run = Run::default();
        let mut names = LayerNames::new();
        let layer = names.add_text("a.yaml", LayerText::Chart(TEXT.into()));
        let values = crate::yaml::read_values(TEXT.as_bytes(), &run).unwrap().to_value(layer);
        let sources = Sources::new(&names, &run);
        for (path, want, key, value, aliased) in [
            ("a", Some("NO"), 1, 1, false),
            ("m.x", Some("0123"), 2, 2, false),
            ("m.z.x", Some("1_000"), 2, 2, false),
            ("l.0", Some("1.10"), 4, 4, false),
            ("l.1.k", Some("1e5"), 5, 5, false),
            ("l.1.w.0", Some("on"), 6, 6, false),
            ("b", None, 7, 8, false),
            ("b.c", Some("7"), 8, 8, false),
            ("base", None, 9, 9, true),
            ("base.p", Some("1"), 10, 10, true),
            ("last", Some("9"), 12, 12, false),
        ] {
            let path: Vec<Str> = path.split('.').map(Str::from).collect();
            let found = find(&values, &path);
            assert!(found.is_there, "{path:?}");
            let text = sources.scalar(&found, &path).map(|scalar| scalar.text.to_string_lossy().into_owned());
            assert_eq!(text.as_deref(), want, "{path:?}");
            assert_eq!(sources.value(&found, &path).line, value, "{path:?}");
            if found.depth == path.len() {
                assert_eq!(sources.key(&found, &path).line, key, "{path:?}");
            }
            assert_eq!(sources.is_aliased(&found, &path), aliased, "{path:?}");
        }
        let only = |line| sources.only_number(Origin { layer, line }).map(|s| s.text.to_string_lossy().into_owned());
        assert_eq!((only(1).as_deref(), only(2), only(8).as_deref()), (Some("NO"), None, Some("7")));
    }
}
