//! What differs between two trees, value by value. Items of a list are matched by their key (`name`, `port`, `mountPath`
//! ...) where each has one, as Kubernetes merges them.

use std::fmt::Write as _;

use super::same;
use crate::limits::with_stack;
use crate::value::Str;
use crate::yaml::{Data, Node};

/// One value that differs.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Where: `spec.template.spec.containers[app].image`.
    pub path: String,
    /// What it was; none: it is new.
    pub old: Option<Node>,
    /// What it is; none: it is gone.
    pub new: Option<Node>,
    /// Whether only the order of a list's items is other.
    pub is_order: bool,
}

/// The values that differ between two trees, in the order of the new one, those that are gone after their neighbours.
pub fn edits(old: &Node, new: &Node) -> Vec<Edit> {
    let mut found = Vec::new();
    compare(old, new, &mut String::new(), &mut found);
    found
}

/// Keys by which items of lists are told apart, the most telling first.
const KEYS: [&str; 10] =
    ["name", "mountPath", "containerPort", "port", "devicePath", "topologyKey", "key", "host", "type", "ip"];

fn compare(old: &Node, new: &Node, path: &mut String, found: &mut Vec<Edit>) {
    if same(old, new) {
        return;
    }
    with_stack(|| match (&old.data, &new.data) {
        (Data::Map(a), Data::Map(b)) => {
            for (key, value) in b {
                at_key(path, key, |path| match a.get(key) {
                    Some(before) => compare(before, value, path, found),
                    None => found.push(edit(path, None, Some(value))),
                });
            }
            for (key, value) in a.iter().filter(|(key, _)| !b.contains_key(*key)) {
                at_key(path, key, |path| found.push(edit(path, Some(value), None)));
            }
        }
        (Data::List(a), Data::List(b)) => lists(old, new, a, b, path, found),
        _ => found.push(edit(path, Some(old), Some(new))),
    });
}

fn lists(old: &Node, new: &Node, a: &[Node], b: &[Node], path: &mut String, found: &mut Vec<Edit>) {
    let Some((before, after)) = keyed(a, b) else {
        if a.len() == b.len() {
            for (i, (x, y)) in a.iter().zip(b).enumerate() {
                at_item(path, &i.to_string(), |path| compare(x, y, path, found));
            }
        } else if a.iter().chain(b).all(|item| !matches!(item.data, Data::Map(_) | Data::List(_))) {
            found.push(edit(path, Some(old), Some(new)));
        } else {
            for (i, item) in b.iter().enumerate() {
                at_item(path, &i.to_string(), |path| match a.get(i) {
                    Some(before) => compare(before, item, path, found),
                    None => found.push(edit(path, None, Some(item))),
                });
            }
            for (i, item) in a.iter().enumerate().skip(b.len()) {
                at_item(path, &i.to_string(), |path| found.push(edit(path, Some(item), None)));
            }
        }
        return;
    };
    let find = |all: &[(String, &Node)], key: &str| all.iter().position(|(k, _)| k == key);
    for (key, item) in &after {
        at_item(path, key, |path| match before.iter().find(|(k, _)| k == key) {
            Some((_, was)) => compare(was, item, path, found),
            None => found.push(edit(path, None, Some(item))),
        });
    }
    for (key, item) in before.iter().filter(|(key, _)| find(&after, key).is_none()) {
        at_item(path, key, |path| found.push(edit(path, Some(item), None)));
    }
    let kept: Vec<&String> = before.iter().map(|(k, _)| k).filter(|k| find(&after, k).is_some()).collect();
    let now: Vec<&String> = after.iter().map(|(k, _)| k).filter(|k| find(&before, k).is_some()).collect();
    if kept != now {
        let names = |keys: Vec<&String>| {
            Node::new(Data::List(keys.into_iter().map(|k| Node::new(Data::Str(Str::from(k.as_str())))).collect()))
        };
        found.push(Edit { path: path.clone(), old: Some(names(kept)), new: Some(names(now)), is_order: true });
    }
}

type Keyed<'n> = Vec<(String, &'n Node)>;

/// The items of both lists with their keys; none where no key tells them all apart.
fn keyed<'n>(a: &'n [Node], b: &'n [Node]) -> Option<(Keyed<'n>, Keyed<'n>)> {
    if a.is_empty() && b.is_empty() {
        return None;
    }
    let by = |items: &'n [Node], key: &str| -> Option<Keyed<'n>> {
        let mut all: Keyed<'n> = Vec::with_capacity(items.len());
        for item in items {
            let text = scalar(item.get(key)?)?;
            if all.iter().any(|(known, _)| *known == text) {
                return None;
            }
            all.push((text, item));
        }
        Some(all)
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

fn edit(path: &str, old: Option<&Node>, new: Option<&Node>) -> Edit {
    Edit { path: path.to_owned(), old: old.cloned(), new: new.cloned(), is_order: false }
}

/// Runs `f` with the path one key longer: `a.b`, `a["b.c/d"]`.
fn at_key(path: &mut String, key: &Str, f: impl FnOnce(&mut String)) {
    let before = path.len();
    let name = key.to_string_lossy();
    if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
        if before > 0 {
            path.push('.');
        }
        path.push_str(&name);
    } else {
        let _ = write!(path, "[{name:?}]");
    }
    f(path);
    path.truncate(before);
}

/// Runs `f` with the path one item longer: `a[b]`.
fn at_item(path: &mut String, item: &str, f: impl FnOnce(&mut String)) {
    let before = path.len();
    let _ = write!(path, "[{item}]");
    f(path);
    path.truncate(before);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn show(node: Option<&Node>) -> String {
        node.map_or_else(|| "-".to_owned(), super::super::show::flow)
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
            let read = |text: &str| crate::yaml::read(text.as_bytes(), &Limits::helm()).unwrap();
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
}
