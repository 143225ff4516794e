//! Compares two manifests. Objects are matched by kind, namespace and name, independent of their order and file.
//!
//! Objects with the same content are equal: key order, comments and quotes do not matter. The values of Secrets are masked.

mod edits;
mod lines;
mod secret;
mod show;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

pub use edits::{Edit, edits};
pub use show::{Format, Side, show};

use crate::error::{Error, Location, Result};
use crate::limits::{Budget, Limits};
use crate::manifest::{Document, split_manifests};
use crate::yaml::{self, Node, NodeMap};
use go::stack::with_stack;

/// The identity of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    /// The API group, without the version.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for that of the release.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The number among objects with the same fields above, from 0.
    pub number: usize,
}

/// An object of a manifest.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its identity.
    pub id: Id,
    /// Its rendered text.
    pub text: String,
    /// Its content as a tree.
    pub tree: Node,
}

/// An object that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its identity.
    pub id: Id,
    /// The old state; `None`: it was added.
    pub old: Option<Object>,
    /// The new state; `None`: it was removed.
    pub new: Option<Object>,
}

/// The objects of a text with documents between `---` lines. Objects in the namespace `release` are matched like objects
/// without a namespace, because two stacks may have different namespaces.
///
/// Errors: a document is not valid YAML; `name` is the name of the text in the message.
pub fn objects(name: &str, whole: &[u8], release: &str, limits: &Limits) -> Result<Vec<Object>> {
    let budget = Budget::new(limits.clone());
    let documents = split_manifests(whole).into_iter().map(|text| {
        let tree = yaml::read(text, &budget).map_err(|error| placed(name, whole, text, error))?;
        Ok((String::from_utf8_lossy(text).into_owned(), tree))
    });
    collect(documents, release)
}

/// The error of a document with its place in the whole text. The line itself is left out: it may belong to a Secret.
fn placed(name: &str, whole: &[u8], document: &[u8], error: Error) -> Error {
    let message = format!("{name}: {}", error.message());
    let Some(place) = error.location().filter(|_| error.limit().is_none()) else { return error.with_message(message) };
    let before = (document.as_ptr() as usize).checked_sub(whole.as_ptr() as usize).and_then(|at| whole.get(..at));
    let lines = before.map_or(0, |before| memchr::memchr_iter(b'\n', before).count());
    let line = place.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
    Error::new(error.kind(), message).at(Location::new(name, line, place.column))
}

/// The objects of a manifest's documents.
///
/// Errors: those of [`Document::object`].
pub fn document_objects<'d>(
    documents: impl IntoIterator<Item = &'d Document>,
    release: &str,
    limits: &Limits,
) -> Result<Vec<Object>> {
    let budget = Budget::new(limits.clone());
    let documents = documents
        .into_iter()
        .map(|document| Ok((String::from_utf8_lossy(&document.text).into_owned(), document.tree(&budget)?)));
    collect(documents, release)
}

fn collect(documents: impl Iterator<Item = Result<(String, Node)>>, release: &str) -> Result<Vec<Object>> {
    let mut all = Vec::new();
    for document in documents {
        let (text, tree) = document?;
        unfold(text, tree, &mut all);
    }
    let mut found: Vec<Object> = Vec::with_capacity(all.len());
    for (text, tree) in all {
        // a document with only comments is not an object
        if tree.as_map().is_none_or(NodeMap::is_empty) {
            continue;
        }
        let field = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
        let metadata = tree.get("metadata");
        let namespace = field(metadata.and_then(|m| m.get("namespace")));
        let id = Id {
            group: field(tree.get("apiVersion"))
                .rsplit_once('/')
                .map(|(group, _)| group.to_owned())
                .unwrap_or_default(),
            kind: field(tree.get("kind")),
            namespace: if namespace == release { String::new() } else { namespace },
            name: field(metadata.and_then(|m| m.get("name"))),
            number: 0,
        };
        found.push(Object { id, text, tree });
    }
    number(&mut found);
    Ok(found)
}

/// A List counts as one object per item, because items are applied one by one.
fn unfold(text: String, tree: Node, all: &mut Vec<(String, Node)>) {
    with_stack(|| match tree.get("items").and_then(Node::as_list) {
        Some(items) if tree.get("kind").and_then(Node::as_str) == Some("List") => {
            for item in items {
                unfold(text_of(item), item.clone(), all);
            }
        }
        _ => all.push((text, tree)),
    });
}

/// Numbers objects whose identity is otherwise the same.
pub(crate) fn number(objects: &mut [Object]) {
    let mut numbers: HashMap<Id, usize> = HashMap::new();
    for object in objects {
        object.id.number = 0;
        let next = numbers.entry(object.id.clone()).or_default();
        object.id.number = *next;
        *next += 1;
    }
}

/// The objects that differ, in the order of the new manifest, with removed objects at the end.
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
        if old.as_ref().is_some_and(|old| old.tree.same(&object.tree)) {
            continue;
        }
        let (old, new) = match old {
            Some(old) => {
                let (old, new) = secret::hidden_pair(old, object);
                (Some(old), new)
            }
            None => (None, secret::hidden(object)),
        };
        found.push(Change { id: new.id.clone(), old, new: Some(new) });
    }
    for id in order {
        if let Some(object) = before.remove(&id) {
            found.push(Change { id, old: Some(secret::hidden(object)), new: None });
        }
    }
    found
}

/// A tree as YAML; empty if it cannot be written.
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

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let applied = "metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: HARM}}";
        for text in [
            format!("kind: Secret\n{applied}\n"),
            "kind: secret\nmetadata: {name: s}\ndata: HARM\n".to_owned(),
            "kind: Secret\nmetadata: {name: s}\nstringData: [HARM]\n".to_owned(),
            "kind: SecretList\nmetadata: {name: s}\nitems: [{data: {a: HARM}}]\n".to_owned(),
            "kind: List\nitems: [{kind: List, items: [{kind: Secret, data: {a: HARM}}]}]\n".to_owned(),
            "kind: Object\nspec: {manifest: {kind: Secret, data: {a: HARM}}}\n".to_owned(),
            "kind: Bundle\nspec: {all: [{kind: ConfigMap}, {kind: Secret, stringData: {a: {b: HARM}}}]}\n".to_owned(),
        ] {
            let other = text.replace("HARM", "EVIL");
            for (old, new) in [(&*text, &*other), ("", &text), (&text, "")] {
                let shown = format!("{:?}", changes(read(old), read(new)));
                assert!(old.is_empty() || new.is_empty() || shown.contains("*** (new)"), "{shown}");
                assert!(shown.contains("***") && !shown.contains("HARM") && !shown.contains("EVIL"), "{shown}");
            }
        }
    }

    #[test]
    fn an_error_has_its_place_in_the_file_and_no_line_of_it() {
        let text = "kind: A\n---\nkind: Secret\ndata:\n  a: hidden: hidden\n";
        let error = objects("a.yaml", text.as_bytes(), "", &Limits::helm()).unwrap_err();
        assert_eq!(error.location().map(ToString::to_string).as_deref(), Some("a.yaml:5:12"));
        assert!(!format!("{error:#}").contains("hidden"), "{error:#}");
    }
}
