//! Masks the values of Secrets in objects.

use super::{Object, text_of};
use crate::value::Str;
use crate::yaml::{Data, Node};
use go::stack::with_stack;

/// The mask for a value.
const HIDDEN: &str = "***";
/// The fields with the values of a Secret.
const FIELDS: [&str; 2] = ["data", "stringData"];
/// The annotation in which `kubectl apply` keeps the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Both states of an object with the values of Secrets masked: with the same mask for equal values, and different masks for
/// changed ones.
pub(super) fn hidden_pair(mut old: Object, mut new: Object) -> (Object, Object) {
    let (before, after) = (has_secret(&old.tree), has_secret(&new.tree));
    if before || after {
        let was = old.tree.clone();
        hide(&mut old.tree, Some(&new.tree), "*** (old)", false);
        hide(&mut new.tree, Some(&was), "*** (new)", false);
    }
    (rewritten(old, before), rewritten(new, after))
}

/// An object with the values of Secrets masked.
pub(super) fn hidden(mut object: Object) -> Object {
    let any = has_secret(&object.tree);
    if any {
        hide(&mut object.tree, None, HIDDEN, false);
    }
    rewritten(object, any)
}

/// Rewrites the text of an object if its tree was changed.
fn rewritten(mut object: Object, changed: bool) -> Object {
    if changed {
        // a tree that cannot be written is not shown at all, because its text contains the values
        object.text = text_of(&object.tree);
    }
    object
}

fn is_kind(node: &Node, kind: &str) -> bool {
    node.get("kind").and_then(Node::as_str).is_some_and(|text| text.trim().eq_ignore_ascii_case(kind))
}

/// Whether there is a Secret anywhere: objects can contain others, in lists and templates.
fn has_secret(node: &Node) -> bool {
    with_stack(|| match &node.data {
        Data::Map(map) => {
            is_kind(node, "Secret") || is_kind(node, "SecretList") || map.iter().any(|(_, value)| has_secret(value))
        }
        Data::List(items) => items.iter().any(has_secret),
        _ => false,
    })
}

/// Masks the values of all Secrets in a tree; `other` is the other state at the same place. The items of a `SecretList` need
/// no kind.
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

/// Masks the values of one field; anything but a mapping is masked as a whole.
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
    let text = if other.is_some_and(|other| value.same(other)) { HIDDEN } else { changed };
    value.data = Data::Str(Str::from(text));
}
