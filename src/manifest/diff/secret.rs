//! Objects without the values of the Secrets in them.

use super::{Object, same, text_of};
use crate::value::Str;
use crate::yaml::{Data, Node};
use go::stack::with_stack;

/// What stands in the place of a value.
const HIDDEN: &str = "***";
/// What holds a Secret's values.
const FIELDS: [&str; 2] = ["data", "stringData"];
/// `kubectl apply` keeps the whole object here.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Both states of an object, with marks in place of a Secret's values: one mark where a value is the same, two where it
/// changed.
pub(super) fn hidden_pair(mut old: Object, mut new: Object) -> (Object, Object) {
    let (before, after) = (has_secret(&old.tree), has_secret(&new.tree));
    if before || after {
        let was = old.tree.clone();
        hide(&mut old.tree, Some(&new.tree), "*** (old)", false);
        hide(&mut new.tree, Some(&was), "*** (new)", false);
    }
    (rewritten(old, before), rewritten(new, after))
}

/// An object with marks in place of a Secret's values.
pub(super) fn hidden(mut object: Object) -> Object {
    let any = has_secret(&object.tree);
    if any {
        hide(&mut object.tree, None, HIDDEN, false);
    }
    rewritten(object, any)
}

/// An object whose text says what its tree says, where that was changed.
fn rewritten(mut object: Object, changed: bool) -> Object {
    if changed {
        // a tree that cannot be written is not shown at all: its text holds the values
        object.text = text_of(&object.tree);
    }
    object
}

fn is_kind(node: &Node, kind: &str) -> bool {
    node.get("kind").and_then(Node::as_str).is_some_and(|text| text.trim().eq_ignore_ascii_case(kind))
}

/// Whether there is a Secret anywhere: objects hold others, in lists and as templates.
fn has_secret(node: &Node) -> bool {
    with_stack(|| match &node.data {
        Data::Map(map) => {
            is_kind(node, "Secret") || is_kind(node, "SecretList") || map.iter().any(|(_, value)| has_secret(value))
        }
        Data::List(items) => items.iter().any(has_secret),
        _ => false,
    })
}

/// Puts marks in place of the values of all Secrets in a tree; `other` is the other state at the same place. The items of
/// a `SecretList` need not say what they are.
fn hide(node: &mut Node, other: Option<&Node>, changed: &str, listed: bool) {
    let secret = listed || is_kind(node, "Secret");
    let list = is_kind(node, "SecretList");
    with_stack(|| match &mut node.data {
        Data::Map(map) => {
            for (key, value) in map.iter_mut() {
                let before = other.and_then(Node::as_map).and_then(|map| map.get(key));
                if secret && FIELDS.iter().any(|field| key == field) {
                    entries(value, before, changed);
                } else if secret && key == "metadata" {
                    last_applied(value, before, changed);
                } else if list && key == "items" {
                    items(value, before, changed, true);
                } else {
                    hide(value, before, changed, false);
                }
            }
        }
        Data::List(_) => items(node, other, changed, listed),
        _ => {}
    });
}

fn items(node: &mut Node, other: Option<&Node>, changed: &str, secrets: bool) {
    let Data::List(all) = &mut node.data else { return };
    let others = other.and_then(Node::as_list).unwrap_or_default();
    for (i, item) in all.iter_mut().enumerate() {
        hide(item, others.get(i), changed, secrets);
    }
}

/// The values of one field; what is no mapping is not shown whatever it is.
fn entries(field: &mut Node, other: Option<&Node>, changed: &str) {
    match &mut field.data {
        Data::Map(map) => {
            for (key, value) in map.iter_mut() {
                mark(value, other.and_then(Node::as_map).and_then(|map| map.get(key)), changed);
            }
        }
        Data::Null => {}
        _ => mark(field, other, changed),
    }
}

fn last_applied(metadata: &mut Node, other: Option<&Node>, changed: &str) {
    let Data::Map(map) = &mut metadata.data else { return };
    let Some(Data::Map(annotations)) = map.get_mut(b"annotations".as_slice()).map(|node| &mut node.data) else {
        return;
    };
    if let Some(value) = annotations.get_mut(LAST_APPLIED.as_bytes()) {
        mark(value, other.and_then(|o| o.get("annotations")?.get(LAST_APPLIED)), changed);
    }
}

fn mark(value: &mut Node, other: Option<&Node>, changed: &str) {
    let text = if other.is_some_and(|other| same(value, other)) { HIDDEN } else { changed };
    value.data = Data::Str(Str::from(text));
}
