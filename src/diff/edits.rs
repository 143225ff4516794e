//! Compares two trees value by value. Items of a list are matched by their key (`name`, `port`, `mountPath` ...) if each has
//! one, as Kubernetes merges them.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::value::Str;
use crate::yaml::{Data, Node};
use go::stack::with_stack;

/// A value that differs.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Its path: `spec.template.spec.containers[app].image`.
    pub path: String,
    /// The old value; `None`: it was added.
    pub old: Option<Node>,
    /// The new value; `None`: it was removed.
    pub new: Option<Node>,
    /// Whether only the order of list items differs.
    pub is_order: bool,
}

/// The values that differ between two trees, in the order of the new one, with removed values after their neighbours. If the
/// paths would be far longer than the values, a whole tree is one value.
pub fn edits(old: &Node, new: &Node) -> Vec<Edit> {
    let room = (nodes(old) + nodes(new)).saturating_mul(ROOM).saturating_add(64 << 10);
    let mut compare = Compare { room, path: String::new(), found: Vec::new() };
    compare.nodes(old, new);
    compare.found
}

/// The bytes for paths per value of the trees.
const ROOM: usize = 256;

fn nodes(node: &Node) -> usize {
    with_stack(|| match &node.data {
        Data::Map(map) => map.values().map(nodes).sum::<usize>() + 1,
        Data::List(items) => items.iter().map(nodes).sum::<usize>() + 1,
        _ => 1,
    })
}

/// Keys that identify list items, the best first.
const KEYS: [&str; 10] =
    ["name", "mountPath", "containerPort", "port", "devicePath", "topologyKey", "key", "host", "type", "ip"];

struct Compare {
    /// The remaining bytes for paths.
    room: usize,
    path: String,
    found: Vec<Edit>,
}

impl Compare {
    fn nodes(&mut self, old: &Node, new: &Node) {
        with_stack(|| match (&old.data, &new.data) {
            (Data::Map(a), Data::Map(b)) if self.claim(a.len() + b.len()) => {
                for (key, value) in b {
                    self.at_key(key, |this| match a.get(key) {
                        Some(before) => this.nodes(before, value),
                        None => this.edit(None, Some(value)),
                    });
                }
                for (key, value) in a.iter().filter(|(key, _)| !b.contains_key(*key)) {
                    self.at_key(key, |this| this.edit(Some(value), None));
                }
            }
            (Data::List(a), Data::List(b)) if self.claim(a.len() + b.len()) => self.lists(old, new, a, b),
            _ if old.same(new) => {}
            _ => self.edit(Some(old), Some(new)),
        });
    }

    /// Reserves bytes for the paths of `items` values here.
    fn claim(&mut self, items: usize) -> bool {
        let left = self.room.checked_sub(self.path.len().saturating_mul(items));
        self.room = left.unwrap_or(self.room);
        left.is_some()
    }

    fn lists(&mut self, old: &Node, new: &Node, a: &[Node], b: &[Node]) {
        let Some((before, after)) = keyed(a, b) else {
            if a.len() == b.len() {
                for (i, (x, y)) in a.iter().zip(b).enumerate() {
                    self.at_item(&i.to_string(), |this| this.nodes(x, y));
                }
            } else if a.iter().chain(b).all(|item| !matches!(item.data, Data::Map(_) | Data::List(_))) {
                self.edit(Some(old), Some(new));
            } else {
                for (i, item) in b.iter().enumerate() {
                    self.at_item(&i.to_string(), |this| match a.get(i) {
                        Some(before) => this.nodes(before, item),
                        None => this.edit(None, Some(item)),
                    });
                }
                for (i, item) in a.iter().enumerate().skip(b.len()) {
                    self.at_item(&i.to_string(), |this| this.edit(Some(item), None));
                }
            }
            return;
        };
        let (was, is): (ByKey<'_>, ByKey<'_>) = (by_key(&before), by_key(&after));
        for (key, item) in &after {
            self.at_item(key, |this| match was.get(key.as_str()) {
                Some(before) => this.nodes(before, item),
                None => this.edit(None, Some(item)),
            });
        }
        for (key, item) in before.iter().filter(|(key, _)| !is.contains_key(key.as_str())) {
            self.at_item(key, |this| this.edit(Some(item), None));
        }
        let kept: Vec<&str> = before.iter().map(|(k, _)| k.as_str()).filter(|k| is.contains_key(k)).collect();
        let now: Vec<&str> = after.iter().map(|(k, _)| k.as_str()).filter(|k| was.contains_key(k)).collect();
        if kept != now {
            let names = |keys: Vec<&str>| {
                Node::new(Data::List(keys.into_iter().map(|k| Node::new(Data::Str(k.into()))).collect()))
            };
            let (old, new) = (Some(names(kept)), Some(names(now)));
            self.found.push(Edit { path: self.path.clone(), old, new, is_order: true });
        }
    }

    fn edit(&mut self, old: Option<&Node>, new: Option<&Node>) {
        self.found.push(Edit { path: self.path.clone(), old: old.cloned(), new: new.cloned(), is_order: false });
    }

    /// Runs `f` with a key added to the path: `a.b`, `a["b.c/d"]`.
    fn at_key(&mut self, key: &Str, f: impl FnOnce(&mut Self)) {
        let before = self.path.len();
        let name = key.to_string_lossy();
        if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            if before > 0 {
                self.path.push('.');
            }
            self.path.push_str(&name);
        } else {
            let _ = write!(self.path, "[{name:?}]");
        }
        f(self);
        self.path.truncate(before);
    }

    /// Runs `f` with an item added to the path: `a[b]`.
    fn at_item(&mut self, item: &str, f: impl FnOnce(&mut Self)) {
        let before = self.path.len();
        let _ = write!(self.path, "[{item}]");
        f(self);
        self.path.truncate(before);
    }
}

/// The items of a list with their keys, in its order.
type Keyed<'n> = Vec<(String, &'n Node)>;
type ByKey<'k> = HashMap<&'k str, &'k Node>;

fn by_key<'k>(all: &'k Keyed<'_>) -> ByKey<'k> {
    all.iter().map(|(key, item)| (key.as_str(), *item)).collect()
}

/// The items of both lists with their keys; `None` if no key identifies all of them.
fn keyed<'n>(a: &'n [Node], b: &'n [Node]) -> Option<(Keyed<'n>, Keyed<'n>)> {
    if a.is_empty() && b.is_empty() {
        return None;
    }
    let by = |items: &'n [Node], key: &str| -> Option<Keyed<'n>> {
        let mut all: Keyed<'n> = Vec::with_capacity(items.len());
        for item in items {
            all.push((scalar(item.get(key)?)?, item));
        }
        (by_key(&all).len() == all.len()).then_some(all)
    };
    KEYS.iter().find_map(|key| Some((by(a, key)?, by(b, key)?)))
}

fn scalar(node: &Node) -> Option<String> {
    match &node.data {
        Data::Str(text) => Some(text.to_string_lossy().into_owned()),
        Data::Int(n) => Some(n.to_string()),
        Data::Uint(n) => Some(n.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Budget;

    fn show(node: Option<&Node>) -> String {
        node.map_or_else(|| "-".to_owned(), |node| super::super::show::flow(node, 1000))
    }

    #[test]
    fn every_value_that_differs_has_a_path() {
        let rows: &[(&str, &str, &[&str])] = &[
            ("a: 1", "a: 1", &[]),
            ("a: 1", "a: 2", &["a: 1 -> 2"]),
            ("a: 1", "b: 1", &["b: - -> 1", "a: 1 -> -"]),
            ("a: {b.c/d: 1}", "a: {b.c/d: 2}", &["a[\"b.c/d\"]: 1 -> 2"]),
            ("l: [a, b]", "l: [a, c]", &["l[1]: \"b\" -> \"c\""]),
            ("l: [a, b]", "l: [a]", &["l: [\"a\",\"b\"] -> [\"a\"]"]),
            // by key, whatever else changed
            (
                "env: [{name: A, value: x}, {name: B, value: w}]",
                "env: [{name: B, value: z}]",
                &["env[B].value: \"w\" -> \"z\"", "env[A]: {\"name\":\"A\",\"value\":\"x\"} -> -"],
            ),
            // the order of variables matters to those that name others
            (
                "env: [{name: A}, {name: B}]",
                "env: [{name: B}, {name: A}]",
                &["env: [\"A\",\"B\"] -> [\"B\",\"A\"] order"],
            ),
            ("p: [{port: 1}]", "p: [{port: 1, x: 2}]", &["p[1].x: - -> 2"]),
            // two items of one key
            ("p: [{name: a, v: 1}, {name: a, v: 2}]", "p: [{name: a, v: 1}, {name: a, v: 3}]", &["p[1].v: 2 -> 3"]),
            ("a: {b: 1}", "a: [1]", &["a: {\"b\":1} -> [1]"]),
        ];
        for (old, new, want) in rows {
            let read = |text: &str| crate::yaml::read(text.as_bytes(), &Budget::default()).unwrap();
            let got: Vec<String> = edits(&read(old), &read(new))
                .iter()
                .map(|e| {
                    let order = if e.is_order { " order" } else { "" };
                    format!("{}: {} -> {}{order}", e.path, show(e.old.as_ref()), show(e.new.as_ref()))
                })
                .collect();
            assert_eq!(got, *want, "{old} {new}");
        }
    }

    #[test]
    fn paths_are_not_longer_than_what_they_lead_to() {
        let read = |text: String| crate::yaml::read(text.as_bytes(), &Budget::default()).unwrap();
        // far down in it, and below a long key
        let deep = |leaf: &str| read(format!("{}{leaf}{}", "{a: ".repeat(2000), "}".repeat(2000)));
        let wide = |value: &str| (0..3000).map(|i| format!("k{i}: {value}")).collect::<Vec<_>>().join(", ");
        let below = |value: &str| read(format!("? {}\n: {{{}}}", "k".repeat(100_000), wide(value)));
        for (old, new, want) in [
            (deep(&format!("{{{}}}", wide("1"))), deep(&format!("{{{}}}", wide("2"))), 1),
            (below("1"), below("2"), 1),
            (read(wide("1").replace(", ", "\n")), read(wide("2").replace(", ", "\n")), 3000),
        ] {
            let found = edits(&old, &new);
            assert_eq!(found.len(), want);
            assert!(found.iter().map(|edit| edit.path.len()).sum::<usize>() < 1 << 20);
            assert!(edits(&old, &old).is_empty());
        }
    }
}
