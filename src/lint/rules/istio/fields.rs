//! Checks of single fields, as tables of paths and conditions.

use super::texts::is_duration;
use crate::lint::objects::{Object, at, integer, scalar};
use crate::lint::path;
use crate::lint::rule::{FindingBuilder, RuleFindings};
use crate::yaml::{Data, Node, NodeMap};

/// The condition of a field. Only `Object` requires that it exists. Types, enumerations and the fields that the
/// resource definitions require are checked with `data/istio/types.txt`, so a value of another type has no fault here.
pub(super) enum Is {
    /// Exists and is a map, not null.
    Object,
    /// A string that is not empty.
    Text,
    /// A map or a list that is not empty.
    Filled,
    /// A port number.
    Port,
    /// A duration of a millisecond or more.
    Duration,
    /// A number in a range.
    Between(f64, f64),
    /// A string that passes a test; and a description of such strings.
    Such(fn(&str) -> bool, &'static str),
}

/// Checks the fields of an object. A path is written `spec.rules[].from`; `{}` matches every value of a map.
pub(super) fn check(object: &Object, fields: &[(&str, Is)], found: &mut RuleFindings<'_>) {
    for (way, is) in fields {
        for (place, node) in select(&object.node, way) {
            if let Some(problem) = is.problem(node) {
                let name = place.rsplit('.').next().unwrap_or(&place).to_owned();
                let needle = node.map(scalar).filter(|text| !text.is_empty());
                let mut note = on(object, place, format!("{name} {problem}"), found);
                if let Some(needle) = needle {
                    note = note.values_text(&["istio"], &needle);
                }
                note.values_text(&["istio"], &object.name).values(&["istio"]).fix(is.fix());
            }
        }
    }
}

/// A finding in an Istio object, which the values describe below `istio`.
pub(super) fn on<'f>(
    object: &Object,
    place: impl Into<String>,
    message: impl Into<String>,
    found: &'f mut RuleFindings<'_>,
) -> FindingBuilder<'f> {
    found.on(object, place, message)
}

/// A finding whose values are those of the object itself.
pub(super) fn say(object: &Object, place: impl Into<String>, message: impl Into<String>, found: &mut RuleFindings<'_>) {
    let note = on(object, place, message, found);
    let _ = note.values_text(&["istio"], &object.name).values_text(&["extraObjects"], &object.name).values(&["istio"]);
}

/// The fields at a path. The last step may be missing; the steps before it must exist.
pub(super) fn select<'n>(node: &'n Node, way: &str) -> Vec<(String, Option<&'n Node>)> {
    let mut places: Vec<(String, Option<&Node>)> = vec![(String::new(), Some(node))];
    for step in way.split('.') {
        let (key, each) = match (step.strip_suffix("[]"), step.strip_suffix("{}")) {
            (Some(key), _) => (key, Some(true)),
            (_, Some(key)) => (key, Some(false)),
            _ => (step, None),
        };
        let mut next = Vec::new();
        for (place, node) in places {
            let Some(map) = node.and_then(Node::as_map) else { continue };
            let place = path::key(&place, key);
            let value = map.get(key.as_bytes());
            match (each, value.map(|v| &v.data)) {
                (None, _) => next.push((place, value)),
                (Some(true), Some(Data::List(items))) => {
                    next.extend(items.iter().enumerate().map(|(i, item)| (path::index(&place, i), Some(item))));
                }
                (Some(false), Some(Data::Map(entries))) => {
                    next.extend(entries.iter().map(|(k, v)| (path::key(&place, &k.to_string_lossy()), Some(v))));
                }
                _ => {}
            }
        }
        places = next;
    }
    places
}

/// The strings of a list.
pub(super) fn texts<'n>(node: &'n Node, path: &[&str]) -> Vec<&'n str> {
    at(node, path).and_then(Node::as_list).unwrap_or_default().iter().filter_map(Node::as_str).collect()
}

/// Labels as a selector has them on the command line: `app=web,version=v1`.
pub(super) fn shown_labels(labels: Option<&NodeMap>) -> String {
    let pairs = labels.into_iter().flatten().map(|(key, value)| format!("{}={}", key.to_string_lossy(), scalar(value)));
    pairs.collect::<Vec<_>>().join(",")
}

impl Is {
    /// What is wrong with a field.
    fn problem(&self, node: Option<&Node>) -> Option<String> {
        let Some(node) = node else {
            return matches!(self, Is::Object).then(|| "is missing".to_owned());
        };
        let text = node.as_str();
        let shown = || match text {
            Some(text) => format!("{text:?}"),
            None => scalar(node),
        };
        match self {
            Is::Object if node.as_map().is_none() => Some(format!("must be an object, not {}", scalar(node))),
            Is::Text => match text {
                Some("") => Some("must not be empty".to_owned()),
                _ => None,
            },
            Is::Filled => match &node.data {
                Data::Map(map) if !map.is_empty() => None,
                Data::List(list) if !list.is_empty() => None,
                _ => Some("must not be empty".to_owned()),
            },
            Is::Port => {
                let fits = integer(Some(node)).is_none_or(|port| (1..=65535).contains(&port));
                (!fits).then(|| format!("must be a port from 1 to 65535, not {}", shown()))
            }
            Is::Duration => {
                let fits = text.is_none_or(is_duration);
                (!fits).then(|| format!("must be a duration such as 5s, not {}", shown()))
            }
            Is::Between(least, most) => {
                #[allow(clippy::cast_precision_loss)] // these numbers are small
                let number = match node.data {
                    Data::Int(n) => Some(n as f64),
                    Data::Float(f) => Some(f),
                    _ => None,
                };
                let fits = number.is_none_or(|n| n >= *least && n <= *most);
                let range =
                    if most.is_finite() { format!("from {least} to {most}") } else { format!("of at least {least}") };
                (!fits).then(|| format!("must be a number {range}, not {}", shown()))
            }
            Is::Such(test, what) => {
                let fits = text.is_none_or(test);
                (!fits).then(|| format!("must be {what}, not {}", shown()))
            }
            Is::Object => None,
        }
    }

    fn fix(&self) -> &'static str {
        match self {
            Is::Object => "Istio refuses the object without it",
            _ => "Istio refuses the object with this value",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::select;
    use crate::run::Run;

    #[test]
    fn ways_lead_through_lists_and_maps() {
        let node = crate::yaml::read(b"{a: [{b: 1}, {c: 2}], m: {x: {b: 3}, y.z: {}}}", &Run::default()).unwrap();
        let places = |way: &str| {
            let found = select(&node, way);
            found.into_iter().map(|(place, node)| (place, node.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(places("a[].b"), [("a[0].b".to_owned(), true), ("a[1].b".to_owned(), false)]);
        assert_eq!(places("m{}.b"), [("m.x.b".to_owned(), true), ("m[\"y.z\"].b".to_owned(), false)]);
        assert_eq!(places("n.b"), []);
        assert_eq!(places("n"), [("n".to_owned(), false)]);
    }
}
