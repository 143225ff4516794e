//! Explains the origin of every value, and which values it replaced.
//!
//! The layers are merged one after the other, and the changes of each step are the history of every leaf. This module does not
//! repeat the rules of merging.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::LayerNames;
use super::sources::{self, Sources};
use crate::error::Origin;
use crate::limits::{Budget, Limits};
use crate::value::{Entry, List, Map, Str, Value};
use go::stack::with_stack;

/// The values after a layer.
#[derive(Clone, Debug)]
pub struct Step {
    /// All values so far.
    pub values: Map,
    /// The names of all layers.
    pub names: LayerNames,
    /// Only what the step adds, the user's layers or the values of a chart: a null in them removes a default, and is visible only
    /// here.
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
    /// What the replaced list or map had and it does not have: items with their indices, entries with their keys.
    pub lost: Vec<(Str, Value)>,
}

/// The history of every leaf of the last step, of those that a null removed, and of maps in the place of another value, by path.
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
    leaves.extend(gone.iter().filter_map(|path| match find(&last.values, path) {
        None => Some(removed(steps, path)),
        // a map in its place: its entries do not tell what it replaced
        Some(_) => Some(leaf(steps, path)).filter(|leaf| !leaf.overrode.is_empty()),
    }));
    leaves.sort_by(|a, b| a.path.cmp(&b.path));
    leaves
}

/// The same leaves, each list followed by what its items contain, with their origins.
pub fn with_items(leaves: Vec<Leaf>, last: &Step) -> Vec<Leaf> {
    let budget = Budget::new(Limits::helm());
    let items = ListItems { values: Value::Map(last.values.clone()), sources: Sources::new(&last.names, &budget) };
    let mut all = Vec::new();
    for leaf in leaves {
        let (path, value) = (leaf.path.clone(), leaf.value.clone());
        all.push(leaf);
        if let Some(Value::List(_)) = &value {
            items.add(&mut path.clone(), value.as_ref(), &mut all);
        }
    }
    all
}

/// The values of a step, and the texts that they were read from.
struct ListItems<'s> {
    values: Value,
    sources: Sources<'s>,
}

impl ListItems<'_> {
    /// Adds a leaf for each value below a list or map.
    fn add(&self, path: &mut Vec<Str>, value: Option<&Value>, found: &mut Vec<Leaf>) {
        let below: Vec<(Str, Value)> = match value {
            Some(Value::List(list)) => {
                list.iter().enumerate().map(|(at, item)| (index_step(at), item.clone())).collect()
            }
            Some(Value::Map(map)) => map.sorted(),
            _ => Vec::new(),
        };
        for (step, value) in below {
            path.push(step);
            let is_empty = match &value {
                Value::List(list) => list.is_empty(),
                Value::Map(map) => map.is_empty(),
                _ => true,
            };
            if is_empty {
                let at = sources::find(&self.values, path);
                let origin = self.sources.names().describe(self.sources.value(&at, path));
                let (path, value) = (path.clone(), Some(value));
                found.push(Leaf { path, value, origin, overrode: Vec::new(), lost: Vec::new() });
            } else {
                with_stack(|| self.add(path, Some(&value), found));
            }
            path.pop();
        }
    }
}

fn index_step(at: usize) -> Str {
    Str::from(at.to_string().as_str())
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

/// The entry at a path of keys and indices.
pub fn find(map: &Map, path: &[Str]) -> Option<Entry> {
    let found = sources::find(&Value::Map(map.clone()), path);
    // an item of a list has the origin of the list; an entry that Helm added has none
    let is_own = path.iter().skip(found.depth).all(|step| sources::index(step).is_some());
    let origin = if is_own { found.origin } else { Origin::NONE };
    (found.is_there && !path.is_empty()).then_some(Entry { value: found.value, origin })
}

/// The states of a value, oldest first: each with its origin.
fn states(steps: &[Step], path: &[Str]) -> Vec<(Value, Option<String>)> {
    let mut all: Vec<(Value, Option<String>)> = Vec::new();
    for step in steps {
        let Some(entry) = find(&step.values, path) else { continue };
        let origin = step.names.describe(entry.origin);
        let is_map = |value: &Value| matches!(value, Value::Map(_));
        // a map to which another layer only added is the same map; its latest state is the lost one
        let same =
            |(value, known): &(Value, Option<String>)| *known == origin || (is_map(value) && is_map(&entry.value));
        match all.last_mut() {
            Some(known) if same(known) => known.0 = entry.value,
            _ => all.push((entry.value, origin)),
        }
    }
    all
}

fn leaf(steps: &[Step], path: &[Str]) -> Leaf {
    let mut states = states(steps, path);
    let (value, origin) = states.pop().unwrap_or_default();
    states.reverse();
    let lost = states.first().map(|(before, _)| lost(&value, before)).unwrap_or_default();
    Leaf { path: path.to_vec(), value: Some(value), origin, overrode: states, lost }
}

/// What a value had before, and has no more: the items of a list, or the entries of a map where a list took its place. Items of
/// both forms are the same if they have the same name.
fn lost(now: &Value, before: &Value) -> Vec<(Str, Value)> {
    let name = |item: &Value| item.as_map().and_then(|map| map.get(b"name")).and_then(|name| name.as_str().cloned());
    let items = |list: &List| list.iter().cloned().enumerate().map(|(at, item)| (index_step(at), item)).collect();
    match (now, before) {
        (Value::List(now), Value::List(before)) => {
            let now: Vec<String> = now.iter().map(show).collect();
            let all: Vec<(Str, Value)> = items(before);
            all.into_iter().filter(|(_, item)| !now.contains(&show(item))).collect()
        }
        (Value::Map(now), Value::List(before)) => {
            let all: Vec<(Str, Value)> = items(before);
            all.into_iter().filter(|(_, item)| !name(item).is_some_and(|name| now.contains(&name))).collect()
        }
        (Value::List(now), Value::Map(before)) => {
            let now: Vec<Option<Str>> = now.iter().map(name).collect();
            before.sorted().into_iter().filter(|(key, _)| !now.contains(&Some(key.clone()))).collect()
        }
        _ => Vec::new(),
    }
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

/// A path in its written form: `env.DB_HOST`, `args[0]`, `annotations["a.b/c"]`.
pub fn show_path(path: &[Str]) -> String {
    let mut text = String::new();
    for key in path {
        let name = key.to_string_lossy();
        if !text.is_empty() && sources::index(key).is_some() {
            let _ = write!(text, "[{name}]");
        } else if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_/".contains(c)) {
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
        if let Some((index, after)) = rest.strip_prefix('[').and_then(|index| index.split_once(']'))
            && sources::index(&Str::from(index)).is_some()
        {
            keys.push(Str::from(index));
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
                for (step, item) in &leaf.lost {
                    let _ = write!(text, " lost {}:{}", step.to_string_lossy(), show(item));
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
                    "m.l=[\"q\",\"r\"] b.yaml:2 over [\"p\",\"q\"] a.yaml:5 lost 0:\"p\"",
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
    fn what_another_kind_of_value_replaced_is_told() {
        let list = ("list.yaml", "e: [{name: A, v: 1}, {name: C, v: 2}]\n");
        let map = ("map.yaml", "e: {B: 1, C: 2}\n");
        let rows: &[Row<'_>] = &[
            (
                &[list, map],
                &[],
                &[
                    "e={\"B\":1,\"C\":2} map.yaml:1 over [{\"name\":\"A\",\"v\":1},{\"name\":\"C\",\"v\":2}] \
                     list.yaml:1 lost 0:{\"name\":\"A\",\"v\":1}",
                    "e.B=1 map.yaml:1",
                    "e.C=2 map.yaml:1",
                ],
            ),
            (
                &[map, list],
                &[],
                &[
                    "e=[{\"name\":\"A\",\"v\":1},{\"name\":\"C\",\"v\":2}] list.yaml:1 over {\"B\":1,\"C\":2} map.yaml:1 \
                   lost B:1",
                ],
            ),
            // a short form below a map, to which a third layer adds
            (
                &[("a.yaml", "r: 3\n"), ("b.yaml", "r: {t: 1s}\n"), ("c.yaml", "r: {u: 2}\n")],
                &[],
                &["r={\"t\":\"1s\",\"u\":2} b.yaml:1 over 3 a.yaml:1", "r.t=\"1s\" b.yaml:1", "r.u=2 c.yaml:1"],
            ),
            (&[("a.yaml", "m: {}\n"), ("b.yaml", "m: {x: 1}\n")], &[], &["m.x=1 b.yaml:1"]),
        ];
        for (files, set, want) in rows {
            assert_eq!(story(files, set), *want, "{files:?} {set:?}");
        }
    }

    #[test]
    fn items_of_a_list_have_lines_of_their_own() {
        let text = "l:\n- a\n- {k: b,\n   m: [c]}\n-\n  - d\n";
        let layers = Layers::new().file(ValuesFile::new("a.yaml", text.as_bytes()));
        let steps = layers.steps_by(&mut |_| Ok(Vec::new()), &Run::default()).unwrap();
        let all = with_items(explain(&steps), steps.last().unwrap());
        let shown: Vec<_> = all
            .iter()
            .skip(1)
            .map(|leaf| format!("{} {}", show_path(&leaf.path), leaf.origin.as_ref().unwrap()))
            .collect();
        assert_eq!(shown, ["l[0] a.yaml:2", "l[1].k a.yaml:3", "l[1].m[0] a.yaml:4", "l[2][0] a.yaml:6"]);
    }

    #[test]
    fn a_path_is_read_as_it_is_written() {
        for text in ["a", "a.b", "a[0]", "a[12].b[\"c.d\"]", "a[\"b.c d\"].e", "[\"x.y\"]"] {
            assert_eq!(show_path(&parse_path(text).unwrap()), text);
        }
        assert!(parse_path("a..b").is_ok());
        assert!(parse_path("a[b").is_err());
    }
}
