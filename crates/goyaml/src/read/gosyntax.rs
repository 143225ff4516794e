//! Prints values like Go's `%#v`, for the two error messages that contain one. It is slow, and only used after an error.

use std::fmt::Write;

use indexmap::IndexMap;

use super::keys::shortest;
use super::resolve::{decode_base64, resolve};
use super::tree::{Id, Item, Shape, Tree};
use crate::scalar::Resolved;
use go::stack::with_stack;
use go::strconv::quote;

/// A value as go-yaml decodes it: keys are values too.
enum Go {
    Scalar(Resolved),
    Text(Vec<u8>),
    List(Vec<Go>),
    /// By the printed key with its type, which tells keys apart as Go does.
    Map(IndexMap<String, (Go, Go)>),
}

/// The node as `%#v` prints it, cut off after about `limit` bytes.
pub(super) fn print(tree: &Tree<'_>, id: Id, limit: usize) -> String {
    let mut out = String::new();
    value(tree, id).print(&mut out, limit);
    out
}

/// The message for the first key that JSON cannot have. sigs.k8s.io/yaml: `convertToJSONableObject`.
pub(super) fn unsupported_key(tree: &Tree<'_>, limit: usize) -> Option<String> {
    value(tree, 0).find_unsupported(limit)
}

fn value(tree: &Tree<'_>, id: Id) -> Go {
    with_stack(|| {
        let Some(item) = tree.get(id) else {
            return Go::Scalar(Resolved::Null);
        };
        match item.shape {
            Shape::Scalar => match resolve(item) {
                Ok(Resolved::Str) | Err(_) => Go::Text(item.text.to_vec()),
                Ok(Resolved::Binary) => Go::Text(decode_base64(&item.text).unwrap_or_default()),
                Ok(other) => Go::Scalar(other),
            },
            Shape::Alias => value(tree, item.link),
            Shape::Sequence => Go::List(tree.children(id).map(|child| value(tree, child)).collect()),
            Shape::Mapping => {
                let mut map = IndexMap::new();
                mapping(tree, id, &mut map);
                Go::Map(map)
            }
        }
    })
}

fn mapping(tree: &Tree<'_>, id: Id, map: &mut IndexMap<String, (Go, Go)>) {
    with_stack(|| {
        let mut children = tree.children(id);
        while let (Some(key), Some(entry)) = (children.next(), children.next()) {
            if tree.get(key).is_some_and(Item::is_merge) {
                merge(tree, entry, map);
            } else {
                let key = value(tree, key);
                map.insert(key.sort_key(), (key, value(tree, entry)));
            }
        }
    });
}

fn merge(tree: &Tree<'_>, id: Id, map: &mut IndexMap<String, (Go, Go)>) {
    match tree.get(id) {
        Some(item) if item.shape == Shape::Alias => merge(tree, item.link, map),
        Some(item) if item.shape == Shape::Sequence => {
            let sources: Vec<Id> = tree.children(id).collect();
            for source in sources.into_iter().rev() {
                merge(tree, source, map);
            }
        }
        _ => mapping(tree, id, map),
    }
}

impl Go {
    /// Tells keys of different types apart and sorts them as `fmt` does: by the order of the types in Helm's own build.
    fn sort_key(&self) -> String {
        match self {
            Go::Scalar(Resolved::Bool(b)) => format!("5{b}"),
            Go::Scalar(Resolved::Float(f)) => {
                let bits = f.to_bits();
                format!("4{:016x}", if f.is_sign_negative() { !bits } else { bits | 1 << 63 })
            }
            Go::Scalar(Resolved::Int(n)) => format!("3{:016x}", n.cast_unsigned() ^ (1 << 63)),
            Go::Scalar(Resolved::Uint(n)) => format!("2{n:016x}"),
            Go::Text(text) => {
                let mut key = String::from("1");
                for byte in text {
                    put(&mut key, format_args!("{byte:02x}"));
                }
                key
            }
            _ => String::new(),
        }
    }

    fn find_unsupported(&self, limit: usize) -> Option<String> {
        with_stack(|| match self {
            Go::Map(map) => map.values().find_map(|(key, value)| {
                let (kind, name) = match key {
                    Go::Scalar(Resolved::Null) => ("%!s(<nil>)", "<nil>".to_owned()),
                    Go::Scalar(Resolved::Uint(n)) => ("uint64", format!("{n:#x}")),
                    _ => return value.find_unsupported(limit),
                };
                let mut text = format!("unsupported map key of type: {kind}, key: {name}, value: ");
                match value {
                    Go::Scalar(Resolved::Null) => text.push_str("<nil>"),
                    value => value.print(&mut text, limit),
                }
                Some(text)
            }),
            Go::List(items) => items.iter().find_map(|item| item.find_unsupported(limit)),
            _ => None,
        })
    }

    fn print(&self, out: &mut String, limit: usize) {
        if out.len() > limit {
            return;
        }
        with_stack(|| match self {
            Go::Scalar(Resolved::Bool(b)) => out.push_str(if *b { "true" } else { "false" }),
            Go::Scalar(Resolved::Int(n)) => out.push_str(&n.to_string()),
            Go::Scalar(Resolved::Uint(n)) => put(out, format_args!("{n:#x}")),
            Go::Scalar(Resolved::Float(f)) => out.push_str(&match *f {
                f64::INFINITY => "+Inf".to_owned(),
                f64::NEG_INFINITY => "-Inf".to_owned(),
                f if f.is_nan() => "NaN".to_owned(),
                f => shortest(&format!("{f:e}")),
            }),
            Go::Scalar(_) => out.push_str("interface {}(nil)"),
            Go::Text(text) => out.push_str(&quote(text)),
            Go::List(items) => {
                out.push_str("[]interface {}{");
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    item.print(out, limit);
                }
                out.push('}');
            }
            Go::Map(map) => {
                out.push_str("map[interface {}]interface {}{");
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
                for (i, (_, (key, value))) in entries.into_iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    key.print(out, limit);
                    out.push(':');
                    value.print(out, limit);
                }
                out.push('}');
            }
        });
    }
}

impl Drop for Go {
    fn drop(&mut self) {
        let mut pending = Vec::new();
        take_children(self, &mut pending);
        while let Some(mut go) = pending.pop() {
            take_children(&mut go, &mut pending);
        }
    }
}

fn take_children(go: &mut Go, pending: &mut Vec<Go>) {
    match go {
        Go::List(items) => pending.append(items),
        Go::Map(map) => pending.extend(map.drain(..).flat_map(|(_, (key, value))| [key, value])),
        _ => {}
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text); // a `String` takes everything
}
