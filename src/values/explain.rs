//! Explains the origin of every value, and which values it replaced.
//!
//! The layers are merged one after the other, and the changes of each step are the history of every leaf. This module does not
//! repeat the rules of merging.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::LayerNames;
use crate::limits::{Budget, Limits};
use crate::value::{Entry, Map, Str, Value};
use go::stack::with_stack;

/// The values after a layer.
#[derive(Clone, Debug)]
pub struct Step {
    /// All values so far.
    pub values: Map,
    /// The names of all layers.
    pub names: LayerNames,
    /// Only the user's layers: a null in them removes a default of the chart, and is visible only here.
    pub user: Map,
}

/// A value other than a map with entries: a scalar, a list, an empty map.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Its path.
    pub path: Vec<Str>,
    /// The value; `None` if a null removed it.
    pub value: Option<Value>,
    /// The layer that set or removed it, if known.
    pub origin: Option<String>,
    /// The replaced values with their origins, the latest first.
    pub overrode: Vec<(Value, Option<String>)>,
    /// Items of the replaced list that it does not have.
    pub lost: Vec<Value>,
}

/// The history of every leaf of the last step, and of those that a null removed, by path.
pub fn explain(steps: &[Step]) -> Vec<Leaf> {
    let Some(last) = steps.last() else { return Vec::new() };
    let mut paths = BTreeSet::new();
    collect(&last.values, &mut Vec::new(), &mut paths);
    let mut leaves: Vec<Leaf> = paths.iter().map(|path| leaf(steps, path)).collect();
    let mut gone = BTreeSet::new();
    for step in steps {
        let mut before = BTreeSet::new();
        collect(&step.values, &mut Vec::new(), &mut before);
        // a leaf that a value of another kind replaced is reported there
        gone.extend(before.into_iter().filter(|path| {
            !paths.contains(path) && !(1..=path.len()).any(|n| path.get(..n).is_some_and(|above| paths.contains(above)))
        }));
    }
    leaves.extend(gone.iter().filter(|path| find(&last.values, path).is_none()).map(|path| removed(steps, path)));
    leaves.sort_by(|a, b| a.path.cmp(&b.path));
    leaves
}

fn collect(map: &Map, path: &mut Vec<Str>, found: &mut BTreeSet<Vec<Str>>) {
    for (key, entry) in map.entries() {
        path.push(key);
        match &entry.value {
            Value::Map(inner) if !inner.is_empty() => {
                with_stack(|| collect(inner, path, found));
            }
            _ => {
                found.insert(path.clone());
            }
        }
        path.pop();
    }
}

/// The entry at a path.
pub fn find(map: &Map, path: &[Str]) -> Option<Entry> {
    let (last, above) = path.split_last()?;
    let mut map = map.clone();
    for key in above {
        map = map.get(key)?.as_map()?.clone();
    }
    map.entry(last)
}

/// The states of a value, oldest first: each with its origin.
fn states(steps: &[Step], path: &[Str]) -> Vec<(Value, Option<String>)> {
    let mut all: Vec<(Value, Option<String>)> = Vec::new();
    for step in steps {
        let Some(entry) = find(&step.values, path) else { continue };
        let origin = step.names.describe(entry.origin);
        let same = all.last().is_some_and(|(_, known)| *known == origin);
        // a map to which another layer only added is the same map; its latest state is the lost one
        match all.last_mut() {
            Some(known) if same => known.0 = entry.value,
            _ => all.push((entry.value, origin)),
        }
    }
    all
}

fn leaf(steps: &[Step], path: &[Str]) -> Leaf {
    let mut states = states(steps, path);
    let (value, origin) = states.pop().unwrap_or_default();
    states.reverse();
    let lost = match (&value, states.first()) {
        (Value::List(now), Some((Value::List(before), _))) => {
            let now: Vec<String> = now.iter().map(show).collect();
            before.iter().filter(|item| !now.contains(&show(item))).cloned().collect()
        }
        _ => Vec::new(),
    };
    Leaf { path: path.to_vec(), value: Some(value), origin, overrode: states, lost }
}

fn removed(steps: &[Step], path: &[Str]) -> Leaf {
    let mut states = states(steps, path);
    states.reverse();
    // the null is at the path or above it
    let origin = steps.iter().rev().find_map(|step| {
        let mut entries = (1..=path.len()).filter_map(|n| find(&step.user, path.get(..n)?));
        entries.find(|entry| entry.value.is_nil()).and_then(|entry| step.names.describe(entry.origin))
    });
    Leaf { path: path.to_vec(), value: None, origin, overrode: states, lost: Vec::new() }
}

/// A value on one line, as JSON.
pub fn show(value: &Value) -> String {
    let budget = Budget::new(Limits::helm());
    let text = crate::yaml::to_json(value, false, &budget);
    text.map_or_else(|_| format!("{value:?}"), |text| String::from_utf8_lossy(&text).into_owned())
}

/// A path in its written form: `env.DB_HOST`, `annotations["a.b/c"]`.
pub fn show_path(path: &[Str]) -> String {
    let mut text = String::new();
    for key in path {
        let name = key.to_string_lossy();
        if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_/".contains(c)) {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&name);
        } else {
            let _ = write!(text, "[{name:?}]");
        }
    }
    text
}

/// Parses a path in the form of [`show_path`].
///
/// Errors: the text is not a path.
pub fn parse_path(text: &str) -> Result<Vec<Str>, String> {
    let mut keys = Vec::new();
    let mut rest = text.trim_start_matches('.');
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let Some((key, after)) = quoted.split_once("\"]") else { return Err("'[\"' without '\"]'".to_owned()) };
            keys.push(Str::from(key));
            rest = after.trim_start_matches('.');
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if key.is_empty() {
            return Err(format!("{text:?} has an empty key"));
        }
        keys.push(Str::from(key));
        rest = after.trim_start_matches('.');
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;
    use crate::values::{Layer, Layers, ValuesFile};

    /// Files, `--set` texts, what is told.
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);

    fn story(files: &[(&str, &str)], set: &[&str]) -> Vec<String> {
        let files = files.iter().map(|(name, text)| Layer::File(ValuesFile::new(*name, text.as_bytes())));
        let layers: Layers = files.chain(set.iter().map(|s| Layer::Set((*s).to_owned()))).collect();
        let steps = layers.steps_by(&mut |_| Ok(Vec::new()), &Run::default()).unwrap();
        explain(&steps)
            .iter()
            .map(|leaf| {
                let value = leaf.value.as_ref().map_or("gone".to_owned(), show);
                let mut text = format!("{}={value} {}", show_path(&leaf.path), leaf.origin.as_deref().unwrap_or("?"));
                for (value, origin) in &leaf.overrode {
                    let _ = write!(text, " over {} {}", show(value), origin.as_deref().unwrap_or("?"));
                }
                for item in &leaf.lost {
                    let _ = write!(text, " lost {}", show(item));
                }
                text
            })
            .collect()
    }

    #[test]
    fn each_leaf_tells_who_set_it() {
        let base = ("a.yaml", "x: 1\nm:\n  k: v\n  l:\n  - p\n  - q\n");
        let rows: &[Row<'_>] = &[
            (&[base], &[], &["m.k=\"v\" a.yaml:3", "m.l=[\"p\",\"q\"] a.yaml:5", "x=1 a.yaml:1"]),
            (
                &[base, ("b.yaml", "x: 2\nm: {l: [q, r]}\n")],
                &["x=3"],
                &[
                    "m.k=\"v\" a.yaml:3",
                    "m.l=[\"q\",\"r\"] b.yaml:2 over [\"p\",\"q\"] a.yaml:5 lost \"p\"",
                    "x=3 --set x=3 over 2 b.yaml:1 over 1 a.yaml:1",
                ],
            ),
            // a scalar in the place of a map, a null
            (
                &[base, ("b.yaml", "m: off\nx: null\n")],
                &[],
                &[
                    "m=false b.yaml:1 over {\"k\":\"v\",\"l\":[\"p\",\"q\"]} a.yaml:3",
                    "x=null b.yaml:2 over 1 a.yaml:1",
                ],
            ),
        ];
        for (files, set, want) in rows {
            assert_eq!(story(files, set), *want, "{files:?} {set:?}");
        }
    }

    #[test]
    fn a_path_is_read_as_it_is_written() {
        for text in ["a", "a.b", "a[\"b.c d\"].e", "[\"x.y\"]"] {
            assert_eq!(show_path(&parse_path(text).unwrap()), text);
        }
        assert!(parse_path("a..b").is_ok());
        assert!(parse_path("a[b").is_err());
    }
}
