//! What differs between two manifests: objects are matched by kind, namespace and name, whatever their order and file.
//!
//! Objects that say the same are equal, however they are written: key order, comments and quotes do not count. The values
//! of a Secret are never shown.

mod edits;
mod show;

use std::collections::BTreeMap;
use std::fmt;

pub use edits::{Edit, edits};
pub use show::{Format, Side, show};

use super::{Document, split_manifests};
use crate::error::Result;
use crate::limits::{Budget, Limits, with_stack};
use crate::value::Str;
use crate::yaml::{self, Data, Node, NodeMap};

/// What an object is matched by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The API group, without the version.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for the release's own.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Which of the objects with all this in common, counted from 0.
    pub number: usize,
}

/// An object of a manifest.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it is matched by.
    pub id: Id,
    /// Its text, as it was rendered.
    pub text: String,
    /// What the text says.
    pub tree: Node,
}

/// One object that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// What it is matched by.
    pub id: Id,
    /// How it was; none: it is new.
    pub old: Option<Object>,
    /// How it is; none: it is gone.
    pub new: Option<Object>,
}

/// The objects of a text with documents between `---` lines. An object in the namespace `release` is matched as one
/// without: two stacks may have different ones.
///
/// Errors: a document is no YAML; `name` is the text's name in the message.
pub fn objects(name: &str, text: &[u8], release: &str, limits: &Limits) -> Result<Vec<Object>> {
    let documents = split_manifests(text).into_iter().map(|text| {
        let tree = yaml::read(text, limits).map_err(|error| {
            let text = format!("{name}: {}", error.message());
            error.with_message(text)
        })?;
        Ok((String::from_utf8_lossy(text).into_owned(), tree))
    });
    collect(documents, release)
}

/// The objects of a manifest's documents.
///
/// Errors: those of [`Document::object`].
pub fn document_objects<'d>(
    documents: impl IntoIterator<Item = &'d Document>,
    release: &str,
    limits: &Limits,
) -> Result<Vec<Object>> {
    let documents = documents
        .into_iter()
        .map(|document| Ok((String::from_utf8_lossy(&document.text).into_owned(), document.object(limits)?)));
    collect(documents, release)
}

fn collect(documents: impl Iterator<Item = Result<(String, Node)>>, release: &str) -> Result<Vec<Object>> {
    let mut found = Vec::new();
    let mut numbers: BTreeMap<Id, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for document in documents {
        let (text, tree) = document?;
        match tree.get("items").and_then(Node::as_list) {
            // an object each: they are applied one by one
            Some(items) if tree.get("kind").and_then(Node::as_str) == Some("List") => {
                all.extend(items.iter().map(|item| (text_of(item), item.clone())));
            }
            _ => all.push((text, tree)),
        }
    }
    for (text, tree) in all {
        // a document of comments is no object
        if tree.as_map().is_none_or(NodeMap::is_empty) {
            continue;
        }
        let field = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
        let metadata = tree.get("metadata");
        let namespace = field(metadata.and_then(|m| m.get("namespace")));
        let mut id = Id {
            group: field(tree.get("apiVersion"))
                .rsplit_once('/')
                .map(|(group, _)| group.to_owned())
                .unwrap_or_default(),
            kind: field(tree.get("kind")),
            namespace: if namespace == release { String::new() } else { namespace },
            name: field(metadata.and_then(|m| m.get("name"))),
            number: 0,
        };
        let number = numbers.entry(id.clone()).or_default();
        id.number = *number;
        *number += 1;
        found.push(Object { id, text, tree });
    }
    Ok(found)
}

/// The objects that differ, in the order of the new manifest, those that are gone at the end.
pub fn changes(old: Vec<Object>, new: Vec<Object>) -> Vec<Change> {
    let mut before: BTreeMap<Id, Object> = BTreeMap::new();
    let mut order = Vec::with_capacity(old.len());
    for object in old {
        order.push(object.id.clone());
        before.insert(object.id.clone(), object);
    }
    let mut found = Vec::new();
    for object in new {
        let old = before.remove(&object.id);
        if old.as_ref().is_some_and(|old| same(&old.tree, &object.tree)) {
            continue;
        }
        let (old, new) = match old {
            Some(old) => {
                let (old, new) = hidden_pair(old, object);
                (Some(old), new)
            }
            None => (None, hidden(object, "***")),
        };
        found.push(Change { id: new.id.clone(), old, new: Some(new) });
    }
    for id in order {
        if let Some(object) = before.remove(&id) {
            found.push(Change { id, old: Some(hidden(object, "***")), new: None });
        }
    }
    found
}

/// Whether two trees say the same, wherever they stand in their texts.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    with_stack(|| match (&a.data, &b.data) {
        (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Data::Map(a), Data::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (a, b) => a == b,
    })
}

/// Both states of a Secret, with marks in place of the values: one mark where a value is the same, two where it changed.
fn hidden_pair(mut old: Object, mut new: Object) -> (Object, Object) {
    if !is_secret(&old) && !is_secret(&new) {
        return (old, new);
    }
    for field in SECRET_FIELDS {
        let (before, after) = (old.tree.get(field).cloned(), new.tree.get(field).cloned());
        let mark = |node: &mut Node, other: Option<&Node>, changed: &str| {
            for (key, value) in entries_mut(node, field) {
                let as_before =
                    other.and_then(|n| n.as_map()).and_then(|m| m.get(&key)).is_some_and(|o| same(o, value));
                hide(value, if as_before { "***" } else { changed });
            }
        };
        mark(&mut old.tree, after.as_ref(), "*** (old)");
        mark(&mut new.tree, before.as_ref(), "*** (new)");
    }
    (rewritten(old), rewritten(new))
}

/// A Secret with `mark` in place of its values; every other object as it is.
fn hidden(mut object: Object, mark: &str) -> Object {
    if !is_secret(&object) {
        return object;
    }
    for field in SECRET_FIELDS {
        for (_, value) in entries_mut(&mut object.tree, field) {
            hide(value, mark);
        }
    }
    rewritten(object)
}

const SECRET_FIELDS: [&str; 2] = ["data", "stringData"];

fn is_secret(object: &Object) -> bool {
    object.id.kind == "Secret"
}

fn entries_mut<'n>(tree: &'n mut Node, field: &str) -> Vec<(Str, &'n mut Node)> {
    let Data::Map(map) = &mut tree.data else { return Vec::new() };
    match map.get_mut(field.as_bytes()).map(|node| &mut node.data) {
        Some(Data::Map(values)) => values.iter_mut().map(|(key, value)| (key.clone(), value)).collect(),
        // whatever it is, it is not shown
        Some(other) => {
            *other = Data::Str("***".into());
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn hide(value: &mut Node, mark: &str) {
    value.data = Data::Str(mark.into());
}

/// An object whose text says what its tree says.
fn rewritten(mut object: Object) -> Object {
    // a tree that cannot be written is not shown at all: its text holds the values
    object.text = text_of(&object.tree);
    object
}

/// A tree as YAML; empty where it cannot be written.
fn text_of(tree: &Node) -> String {
    let text = yaml::to_yaml(&tree.to_value(0), &Budget::new(Limits::helm()));
    text.map(|t| String::from_utf8_lossy(&t).into_owned()).unwrap_or_default()
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind.is_empty() { "object" } else { &self.kind };
        f.write_str(kind)?;
        f.write_str(" ")?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)?;
        if self.number > 0 {
            write!(f, " ({})", self.number + 1)?;
        }
        Ok(())
    }
}

impl Change {
    /// `added`, `removed` or `changed`.
    pub fn verb(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Object> {
        objects("test", text.as_bytes(), "web", &Limits::helm()).unwrap()
    }

    fn verbs(old: &str, new: &str) -> Vec<String> {
        changes(read(old), read(new)).iter().map(|c| format!("{} {}", c.verb(), c.id)).collect()
    }

    const A: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: web}\ndata: {x: '1', y: '2'}\n";

    #[test]
    fn objects_are_matched_by_what_they_are() {
        let other =
            "---\n# a comment\nkind: ConfigMap\napiVersion: v1\ndata: {y: '2', x: \"1\"}\nmetadata: {name: a}\n";
        let rows: &[(&str, &str, &[&str])] = &[
            (A, A, &[]),
            // written otherwise, in the release's namespace or without one
            (A, &other.replace("name: a", "name: a, namespace: web"), &[]),
            (A, &A.replace("'2'", "'3'"), &["changed ConfigMap a"]),
            (A, "", &["removed ConfigMap a"]),
            ("", A, &["added ConfigMap a"]),
            (A, &A.replace("web", "eu"), &["added ConfigMap eu/a", "removed ConfigMap a"]),
            (A, &A.replace("name: a", "name: b"), &["added ConfigMap b", "removed ConfigMap a"]),
            // the version of a group may change, the group not
            ("apiVersion: apps/v1beta1\nkind: D\n", "apiVersion: apps/v1\nkind: D\n", &["changed D "]),
            ("apiVersion: a/v1\nkind: D\n", "apiVersion: b/v1\nkind: D\n", &["added D ", "removed D "]),
        ];
        for (old, new, want) in rows {
            assert_eq!(verbs(old, new), *want, "{old}\n{new}");
        }
        // two of one name
        let two = format!("{A}---\n{A}");
        assert_eq!(verbs(&two, A), ["removed ConfigMap a (2)"]);
    }

    #[test]
    fn the_values_of_a_secret_are_never_shown() {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: aGlkZGVu, b: c2FtZQ==}\nstringData: {c: hidden}\n";
        let other = secret.replace("aGlkZGVu", "aGlkZGVuMg==");
        for (old, new) in [(secret, &*other), ("", secret), (secret, "")] {
            for change in changes(read(old), read(new)) {
                for object in [&change.old, &change.new].into_iter().flatten() {
                    let shown = format!("{}{:?}", object.text, object.tree);
                    for value in ["aGlkZGVu", "c2FtZQ==", "hidden"] {
                        assert!(!shown.contains(value), "{shown}");
                    }
                }
            }
        }
        // in a list too
        let indented = format!("\n  {}", secret.trim_end().replace('\n', "\n  "));
        let list =
            changes(Vec::new(), read(&format!("apiVersion: v1\nkind: List\nitems:\n-{indented}\n- kind: Other\n")));
        let ids: Vec<String> = list.iter().map(|change| change.id.to_string()).collect();
        assert_eq!(ids, ["Secret s", "Other "]);
        assert!(list.iter().all(|change| !change.new.as_ref().unwrap().text.contains("hidden")), "{list:?}");
        let change = changes(read(secret), read(&other)).remove(0);
        let lines: Vec<String> = change.new.unwrap().text.lines().map(str::to_owned).collect();
        assert!(
            lines.contains(&"  a: '*** (new)'".to_owned()) && lines.contains(&"  b: '***'".to_owned()),
            "{lines:?}"
        );
    }
}
