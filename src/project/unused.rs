//! Finds values that change nothing: without them, or with other values, every chart prints the same.
//!
//! Templates are not analysed. Each value is removed, then changed, and the charts are baked again. So a value counts as
//! used if it causes or prevents an error, and as unused if it only repeats a default.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value as Json;

use crate::bake::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::host::FixedHost;
use crate::limits::Budget;
use crate::manifest::WriteOptions;
use crate::project::{Baker, Plan};
use crate::value::{Map, Str, Value};
use crate::values::sources::{Sources, find};
use crate::values::{LayerNames, explain};

impl Baker<'_> {
    /// The paths of the leaves of the values that change nothing in any chart of a plan, in order. `names` are the layers of the
    /// values: what an alias in one of them stands for is used there, and is left out.
    ///
    /// Errors: the unchanged values do not bake.
    pub fn unused(&self, plan: &Plan, values: &Map, names: &LayerNames) -> Result<Vec<Vec<Str>>> {
        let text = explain::show(&Value::Map(values.clone()));
        let whole: Json = serde_json::from_str(&text)
            .map_err(|e| Error::new(ErrorKind::Values, format!("the values cannot be written as JSON: {e}")))?;
        let charts: Vec<Chart> =
            plan.charts.iter().map(|(name, entry)| self.chart(name, entry)).collect::<Result<_>>()?;
        let print = |chart: &Chart, values: &Json| {
            // always with the same clock and randomness
            let host = Arc::new(FixedHost::new((0, 0), 1));
            let bake = plan.bake(chart, &self.options().limits)?.host(host).skip_schema_validation();
            Ok(bake.values("values", values)?.render()?.to_vec(&WriteOptions::default()))
        };
        let baseline: Vec<Vec<u8>> = charts.iter().map(|chart| print(chart, &whole)).collect::<Result<_>>()?;
        let same = |values: &Json| {
            charts.iter().zip(&baseline).all(|(chart, want)| print(chart, values).is_ok_and(|got| got == *want))
        };
        let mut paths = Vec::new();
        leaves(&whole, &mut Vec::new(), &mut paths);
        let found: Vec<Vec<String>> = paths
            .into_par_iter()
            .filter(|path| {
                let mut without = whole.clone();
                remove(&mut without, path);
                let mut other = whole.clone();
                change(&mut other, path);
                same(&without) && same(&other)
            })
            .collect();
        let budget = Budget::new(self.options().limits.clone());
        let sources = Sources::new(names, &budget);
        let value = Value::Map(values.clone());
        let paths = found.into_iter().map(|path| path.iter().map(|key| Str::from(key.as_str())).collect());
        Ok(paths.filter(|path: &Vec<Str>| !sources.is_aliased(&find(&value, path), path)).collect())
    }
}

fn leaves(value: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                path.push(key.clone());
                leaves(value, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

fn parent<'v>(value: &'v mut Json, path: &[String]) -> Option<&'v mut serde_json::Map<String, Json>> {
    let above = path.split_last()?.1;
    above.iter().try_fold(value, |value, key| value.get_mut(key))?.as_object_mut()
}

fn remove(value: &mut Json, path: &[String]) {
    if let (Some(map), Some(key)) = (parent(value, path), path.last()) {
        map.remove(key);
    }
}

/// Replaces a value by another one of the same type.
fn change(value: &mut Json, path: &[String]) {
    let (Some(map), Some(key)) = (parent(value, path), path.last()) else { return };
    let Some(leaf) = map.get_mut(key) else { return };
    *leaf = match &*leaf {
        Json::Null => Json::from("x"),
        Json::Bool(b) => Json::from(!b),
        Json::Number(n) => Json::from(n.as_f64().unwrap_or(0.0) + 1.0),
        Json::String(text) => Json::from(format!("{text}x")),
        Json::Array(items) if items.is_empty() => serde_json::json!(["x"]),
        Json::Array(_) => serde_json::json!([]),
        Json::Object(_) => serde_json::json!({"x": "x"}),
    };
}
