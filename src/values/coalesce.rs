//! Coalesces the user's values with a chart's defaults, including subcharts and globals. Helm: `pkg/chartutil/coalesce.go`.
//!
//! Maps in both are merged in place, and maps are shared exactly where Helm shares them, which templates can see through `set`.

use super::merge::deep_copy;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Budget, Limits, cancelled, live};
use crate::run::{Run, WarningKind};
use crate::value::fmt::sprintf;
use crate::value::{Entry, Map, Str, Value};
use go::stack::with_stack;
use go::strconv::quote;

/// The key of the values that all charts of a tree share.
const GLOBAL: &str = "global";

/// The values of a chart tree. It is a handle that is cheap to pass by value.
pub(crate) trait Defaults: Sized {
    /// The key of its values in the values of the parent.
    fn name(&self) -> &str;

    /// A new copy of its own values.
    fn fresh_values(&self) -> Map;

    /// Its subcharts, in order.
    fn dependencies(&self) -> impl Iterator<Item = Self>;
}

/// The user's values on top of the chart's: a null of the user removes a default. `values` is not changed.
pub(crate) fn coalesce_values<D: Defaults>(chart: &D, values: &Map, run: &Run) -> Result<Map> {
    coalesce(chart, values, run, false)
}

/// The same, but nulls are kept. `values` is not changed.
pub(crate) fn merge_values<D: Defaults>(chart: &D, values: &Map, run: &Run) -> Result<Map> {
    coalesce(chart, values, run, true)
}

/// Adds the entries of `under` that are missing in `over` to it; nulls are kept. `under` may change too. Helm: `MergeTables`.
pub(crate) fn merge_tables(over: &Map, under: &Map, run: &Run) -> Result<()> {
    let mut work = Coalesce::new(run);
    work.tables(over, under, "", true);
    work.end(())
}

fn coalesce<D: Defaults>(chart: &D, values: &Map, run: &Run, merge: bool) -> Result<Map> {
    let mut work = Coalesce::new(run);
    let merged = work.chart(chart, deep_copy(values), "", merge)?;
    work.end(merged)
}

struct Coalesce<'w> {
    run: &'w Run,
    depth: usize,
    steps: u64,
    /// Bytes of live values when the work began.
    live_before: i64,
    /// The error that ended it early.
    ended: Option<Error>,
}

impl<'w> Coalesce<'w> {
    fn new(run: &'w Run) -> Self {
        Coalesce { run, depth: 0, steps: 0, live_before: live::bytes(), ended: None }
    }

    fn end<T>(self, result: T) -> Result<T> {
        self.ended.map_or(Ok(result), Err)
    }

    fn chart<D: Defaults>(&mut self, chart: &D, dest: Map, prefix: &str, merge: bool) -> Result<Map> {
        self.own_values(chart, &dest, prefix, merge);
        let below = join(prefix, chart.name());
        for sub in chart.dependencies() {
            let name = sub.name();
            let values = match dest.get(name.as_bytes()) {
                None => {
                    let map = Map::new();
                    dest.insert(name, Value::Map(map.clone()));
                    map
                }
                Some(Value::Map(map)) => map,
                Some(other) => {
                    let found = sprintf(b"%t", &[other], &Budget::default())?;
                    let text = format!("type mismatch on {name}: {}", String::from_utf8_lossy(&found));
                    return Err(Error::new(ErrorKind::Values, text));
                }
            };
            self.globals(&values, &dest, &below);
            with_stack(|| self.chart(&sub, values, &below, merge))?;
        }
        Ok(dest)
    }

    /// Helm: `coalesceValues`.
    fn own_values<D: Defaults>(&mut self, chart: &D, values: &Map, prefix: &str, merge: bool) {
        let defaults = chart.fresh_values();
        let prefix = join(prefix, chart.name());
        for (key, entry) in defaults.entries() {
            if !self.go_on() {
                return;
            }
            match (values.get(&key), &entry.value) {
                (None, _) => values.insert_entry(key, entry),
                (Some(Value::Nil), _) if !merge => drop(values.remove(&key)),
                (Some(Value::Map(over)), Value::Map(under)) => {
                    let is_chart = chart.dependencies().any(|sub| sub.name().as_bytes() == &*key);
                    self.tables(&over, under, &join(&prefix, &key.to_string_lossy()), merge || is_chart);
                }
                (Some(Value::Map(_)), other) if !other.is_nil() => {
                    let key = key.to_string_lossy();
                    self.run.warn(
                        WarningKind::Values,
                        format!("coalesce.go:237: warning: skipped value for {prefix}.{key}: Not a table."),
                    );
                }
                _ => {}
            }
        }
    }

    /// Merges the globals of `src` into those of `dest`. Helm: `coalesceGlobals`.
    fn globals(&mut self, dest: &Map, src: &Map, prefix: &str) {
        let old = dest.entry(GLOBAL.as_bytes());
        let to = match old.as_ref().map(|e| &e.value) {
            None => Map::new(),
            Some(Value::Map(map)) => map.clone(),
            Some(_) => {
                return self.run.warn(
                    WarningKind::Values,
                    "coalesce.go:138: warning: skipping globals because destination global is not a table.",
                );
            }
        };
        let from = src.entry(GLOBAL.as_bytes());
        let pairs = match from.as_ref().map(|e| &e.value) {
            None => Vec::new(),
            Some(Value::Map(map)) => map.entries(),
            Some(_) => {
                return self.run.warn(
                    WarningKind::Values,
                    "coalesce.go:145: warning: skipping globals because source global is not a table.",
                );
            }
        };
        for (key, entry) in pairs {
            if !self.go_on() {
                return;
            }
            match (&entry.value, to.get(&key)) {
                (Value::Map(map), None) => {
                    to.insert_entry(key, Entry { value: Value::Map(map.copy()), origin: entry.origin });
                }
                (Value::Map(map), Some(Value::Map(own))) => {
                    // the parent's globals win over the subchart's
                    let copy = map.copy();
                    self.tables(&copy, &own, &join(prefix, &key.to_string_lossy()), true);
                    to.insert_entry(key, Entry { value: Value::Map(copy), origin: entry.origin });
                }
                (Value::Map(_), Some(_)) => {
                    self.run.warn(
                        WarningKind::Values,
                        format!(
                            "coalesce.go:161: Conflict: cannot merge map onto non-map for {}. Skipping.",
                            quote(&key)
                        ),
                    );
                }
                (_, Some(Value::Map(_))) => {
                    self.run.warn(
                        WarningKind::Values,
                        format!("coalesce.go:175: key {} is table. Skipping", key.to_string_lossy()),
                    );
                }
                _ => to.insert_entry(key, entry),
            }
        }
        let origin = old.or(from).map(|e| e.origin).unwrap_or_default();
        dest.insert_entry(GLOBAL, Entry { value: Value::Map(to), origin });
    }

    /// Helm: `coalesceTablesFullKey`.
    fn tables(&mut self, over: &Map, under: &Map, prefix: &str, merge: bool) {
        if !self.enter() {
            return;
        }
        let defaults = under.entries();
        for (key, entry) in over.entries() {
            if entry.value.is_nil() && !under.contains(&key) {
                under.insert(key, Value::Nil);
            }
        }
        for (key, entry) in defaults {
            match (over.get(&key), &entry.value) {
                (None, _) => over.insert_entry(key, entry),
                (Some(Value::Nil), default) => {
                    if !merge && !default.is_nil() {
                        // the user's null removes the default
                        over.remove(&key);
                    }
                    under.insert(key, Value::Nil);
                }
                (Some(Value::Map(a)), Value::Map(b)) => {
                    let prefix = join(prefix, &key.to_string_lossy());
                    with_stack(|| self.tables(&a, b, &prefix, merge));
                }
                (Some(_), Value::Map(_)) => {
                    let start = "coalesce.go:316: warning: cannot overwrite table with non table for";
                    self.warn(start, prefix, &key, &entry.value, "");
                }
                (Some(Value::Map(_)), other) if !other.is_nil() => {
                    let end = " is a table. Ignoring non-table value";
                    self.warn("coalesce.go:319: warning: destination for", prefix, &key, other, end);
                }
                _ => {}
            }
        }
        self.depth -= 1;
    }

    /// Counts a map; false if there are too many, because tables that `import-values` connects may form cycles.
    fn enter(&mut self) -> bool {
        if !self.go_on() {
            return false;
        }
        let Limits { value_depth, merge_steps, .. } = self.run.limits;
        if self.depth >= value_depth {
            return self
                .end_with("value-depth", format!("the values of the charts are nested deeper than {value_depth}"));
        }
        if self.steps >= merge_steps {
            return self
                .end_with("merge-steps", format!("merging the charts' values takes more than {merge_steps} steps"));
        }
        self.depth += 1;
        self.steps += 1;
        true
    }

    /// Checks the limits for one more entry, because the globals are copied to all subcharts.
    fn go_on(&mut self) -> bool {
        if self.ended.is_some() {
            return false;
        }
        if !self.run.tick(1) {
            self.ended = Some(cancelled());
            return false;
        }
        let (made, most) = (live::bytes().wrapping_sub(self.live_before), self.run.limits.merge_bytes);
        if u64::try_from(made).is_ok_and(|made| made > most) {
            return self.end_with("merge-bytes", format!("merging the charts' values takes more than {most} bytes"));
        }
        true
    }

    #[cold]
    fn end_with(&mut self, limit: &'static str, text: String) -> bool {
        self.ended = Some(Error::limit_reached(limit, text));
        false
    }

    #[cold]
    fn warn(&mut self, start: &str, prefix: &str, key: &Str, value: &Value, end: &str) {
        let key = join(prefix, &key.to_string_lossy());
        let text = sprintf(b"%v", std::slice::from_ref(value), &Budget::default()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        self.run.warn(WarningKind::Values, format!("{start} {key}{end} ({text})"));
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::testing::{json, show};

    struct Chart(&'static str, &'static str, Vec<Chart>);

    impl Defaults for &Chart {
        fn name(&self) -> &str {
            self.0
        }

        fn fresh_values(&self) -> Map {
            json(self.1, 2)
        }

        fn dependencies(&self) -> impl Iterator<Item = Self> {
            self.2.iter()
        }
    }

    fn answer(chart: &Chart, user: &str) -> (String, Vec<String>) {
        let run = Run::default();
        let answer = match coalesce_values(&chart, &json(user, 1), &run) {
            Ok(map) => show(&Value::Map(map)),
            Err(error) => error.message().to_owned(),
        };
        (answer, run.warnings().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nulls_remove_defaults_and_stay_elsewhere() {
        let chart = Chart("c", r#"{"a":1,"m":{"x":1,"y":{"z":2}},"n":null}"#, vec![]);
        for (user, want) in [
            ("{}", r#"{"a":f1,"m":{"x":f1,"y":{"z":f2}},"n":null}"#),
            (r#"{"a":null}"#, r#"{"m":{"x":f1,"y":{"z":f2}},"n":null}"#),
            (r#"{"m":null,"q":null}"#, r#"{"a":f1,"n":null,"q":null}"#),
            (r#"{"m":{"x":null,"q":null,"y":{"z":null}},"n":3}"#, r#"{"a":f1,"m":{"q":null,"y":{}},"n":f3}"#),
            (r#"{"n":null}"#, r#"{"a":f1,"m":{"x":f1,"y":{"z":f2}}}"#),
        ] {
            assert_eq!(answer(&chart, user).0, want, "{user}");
        }
    }

    #[test]
    fn tables_and_other_values_do_not_mix() {
        let chart = Chart("c", r#"{"m":{"t":{"a":1},"s":1},"s":1}"#, vec![]);
        let (values, warnings) = answer(&chart, r#"{"m":{"t":2,"s":{"x":1}},"s":{"y":1}}"#);
        assert_eq!(values, r#"{"m":{"s":{"x":f1},"t":f2},"s":{"y":f1}}"#);
        assert_eq!(
            warnings,
            [
                "coalesce.go:316: warning: cannot overwrite table with non table for c.m.t (map[a:1])",
                "coalesce.go:319: warning: destination for c.m.s is a table. Ignoring non-table value (1)",
                "coalesce.go:237: warning: skipped value for c.s: Not a table.",
            ]
        );
    }

    #[test]
    fn subcharts_see_their_values_and_the_globals() {
        let sub = || Chart("sub", r#"{"a":1,"global":{"s":1,"own":{"x":1}}}"#, vec![]);
        let chart = Chart("c", r#"{"sub":{"b":2},"global":{"g":1,"own":{"y":2}}}"#, vec![sub()]);
        assert_eq!(
            answer(&chart, r#"{"sub":{"a":null}}"#).0,
            r#"{"global":{"g":f1,"own":{"y":f2}},"sub":{"b":f2,"global":{"g":f1,"own":{"x":f1,"y":f2},"s":f1}}}"#
        );
        for (user, want) in [
            (r#"{"sub":1}"#, "type mismatch on sub: %!t(float64=1)"),
            (r#"{"sub":"x"}"#, "type mismatch on sub: %!t(string=x)"),
            (r#"{"sub":false}"#, "type mismatch on sub: false"),
        ] {
            assert_eq!(answer(&chart, user).0, want);
        }
    }

    #[test]
    fn limits_hold_to_the_last_unit() {
        let chart = Chart("c", r#"{"a":{"b":{"c":{"d":1}}}}"#, vec![]);
        let end = |set: fn(&mut Limits, u64), most: u64| {
            let mut limits = Limits::helm();
            set(&mut limits, most);
            let user = json(chart.1, 1);
            coalesce_values(&&chart, &user, &Run::new(limits)).err().and_then(|error| error.limit())
        };
        let depth = |limits: &mut Limits, most| limits.value_depth = usize::try_from(most).unwrap();
        let steps = |limits: &mut Limits, most| limits.merge_steps = most;
        assert_eq!((end(depth, 3), end(depth, 2)), (None, Some("value-depth")));
        assert_eq!((end(steps, 3), end(steps, 2)), (None, Some("merge-steps")));
        assert_eq!(end(|limits, most| limits.merge_bytes = most, 1), Some("merge-bytes"));
    }

    #[test]
    fn the_users_map_is_not_changed() {
        let user = json(r#"{"m":{"x":null}}"#, 1);
        let chart = Chart("c", r#"{"m":{"x":1,"y":2}}"#, vec![]);
        coalesce_values(&&chart, &user, &Run::default()).unwrap();
        assert_eq!(show(&Value::Map(user)), r#"{"m":{"x":null}}"#);
    }
}
