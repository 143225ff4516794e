//! Merges one layer over another. Helm: `mergeMaps` in `pkg/cli/values/options.go`.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::run::Run;
use crate::value::{Entry, List, Map, Value};
use go::stack::with_stack;

/// Merges two maps into a new one: `over` wins, maps are merged recursively, everything else (lists, null) replaces.
#[must_use]
pub fn merge_maps(under: &Map, over: &Map, run: &Run) -> Map {
    let out = under.copy();
    for (key, entry) in over.entries() {
        if !run.tick(1) {
            break;
        }
        let merged = match (&entry.value, out.get(&key)) {
            (Value::Map(over), Some(Value::Map(under))) => Value::Map(with_stack(|| merge_maps(&under, over, run))),
            (value, _) => value.clone(),
        };
        out.insert_entry(key, Entry { value: merged, origin: entry.origin });
    }
    out
}

/// A copy that shares no map with the original. Go: `copystructure.Copy`.
#[must_use]
pub fn deep_copy(map: &Map) -> Map {
    map.copy_with(|value| match value {
        Value::Map(_) | Value::List(_) => Some(copy_value(value)),
        _ => None,
    })
}

/// The same for maps that may contain themselves. Errors: they are nested too deeply, or the copy would be too large.
pub(crate) fn deep_copy_within(map: &Map, run: &Run) -> Result<Map> {
    Count { run, entries: 0 }.value(&Value::Map(map.clone()), 0)?;
    Ok(deep_copy(map))
}

/// The depth and the entries of what shall be copied.
struct Count<'r> {
    run: &'r Run,
    entries: u64,
}

impl Count<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> Result<()> {
        match value {
            Value::Map(map) => {
                self.container(depth, map.len())?;
                map.entries().iter().try_for_each(|(_, entry)| with_stack(|| self.value(&entry.value, depth + 1)))
            }
            Value::List(list) => {
                self.container(depth, list.len())?;
                list.iter().try_for_each(|item| with_stack(|| self.value(item, depth + 1)))
            }
            _ => Ok(()),
        }
    }

    fn container(&mut self, depth: usize, entries: usize) -> Result<()> {
        let Limits { value_depth, merge_steps, .. } = self.run.limits;
        if depth >= value_depth {
            let text = format!("the values of the charts are nested deeper than {value_depth}");
            return Err(Error::limit_reached("value-depth", text));
        }
        self.entries = self.entries.saturating_add(entries as u64);
        if self.entries > merge_steps {
            let text = format!("merging the charts' values copies more than {merge_steps} entries");
            return Err(Error::limit_reached("merge-steps", text));
        }
        Ok(())
    }
}

fn copy_value(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(with_stack(|| deep_copy(map))),
        // lists never change: only what they hold may
        Value::List(list) if list.iter().any(|item| matches!(item, Value::Map(_) | Value::List(_))) => {
            let items = list.iter().map(|item| with_stack(|| copy_value(item)));
            Value::List(List::with_capacity(list.elem(), items.collect(), list.capacity()))
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Origin;
    use crate::values::testing::{json, show};

    #[test]
    fn later_layers_win() {
        for (under, over, want) in [
            (r#"{"a":1,"b":2}"#, r#"{"b":3,"c":4}"#, r#"{"a":f1,"b":f3,"c":f4}"#),
            (r#"{"a":{"x":1,"y":2}}"#, r#"{"a":{"y":null}}"#, r#"{"a":{"x":f1,"y":null}}"#),
            (r#"{"a":{"x":1}}"#, r#"{"a":null}"#, r#"{"a":null}"#),
            (r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, r#"{"a":[f3]}"#),
            (r#"{"a":1}"#, r#"{"a":{"x":1}}"#, r#"{"a":{"x":f1}}"#),
        ] {
            let merged = merge_maps(&json(under, 1), &json(over, 2), &Run::default());
            assert_eq!(show(&Value::Map(merged)), want);
        }
    }

    #[test]
    fn origins_follow_the_values() {
        let merged = merge_maps(&json(r#"{"a":{"x":1,"y":2}}"#, 1), &json(r#"{"a":{"y":3}}"#, 2), &Run::default());
        let inner = merged.get(b"a").and_then(|v| v.as_map().cloned()).unwrap();
        assert_eq!(inner.entry(b"x").unwrap().origin, Origin { layer: 1, line: 0 });
        assert_eq!(inner.entry(b"y").unwrap().origin, Origin { layer: 2, line: 0 });
    }

    #[test]
    fn a_copy_has_limits() {
        let map = json(r#"{"a":{"x":[1,2]}}"#, 1);
        let copied = |depth: usize, entries: u64| {
            let limits = Limits::helm().with(|l| {
                l.value_depth = depth;
                l.merge_steps = entries;
            });
            deep_copy_within(&map, &Run::new(limits)).err().and_then(|error| error.limit())
        };
        assert_eq!(copied(3, 4), None);
        assert_eq!(copied(2, 4), Some("value-depth"));
        assert_eq!(copied(3, 3), Some("merge-steps"));
    }

    #[test]
    fn a_deep_copy_shares_no_map() {
        let map = json(r#"{"a":{"x":1},"l":[{"y":1}]}"#, 1);
        let copy = deep_copy(&map);
        copy.get(b"a").unwrap().as_map().unwrap().insert("x", Value::Nil);
        let item = copy.get(b"l").unwrap().as_list().unwrap()[0].clone();
        item.as_map().unwrap().insert("y", Value::Nil);
        assert_eq!(show(&Value::Map(map)), r#"{"a":{"x":f1},"l":[{"y":f1}]}"#);
    }
}
