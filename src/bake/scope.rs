//! The value of `.` in the templates of each chart: the root for the chart itself, and a scope for every subchart.
//! Helm: `engine.recAllTpls`.

use crate::chart::{self, Enabled, subchart_values};
use crate::value::{Map, MapType, Value};

/// The objects that all charts of a bake share.
pub(crate) struct Shared {
    /// `.Release`
    pub release: Value,
    /// `.Capabilities`
    pub capabilities: Value,
}

/// The scopes of a chart and its subcharts, with the numbers of [`super::compile::sources`].
pub(crate) fn scopes(root: &Enabled, values: &Map, shared: &Shared) -> Vec<Map> {
    let mut scopes = Vec::new();
    scope(root, values, shared, &mut scopes);
    scopes
}

fn scope(enabled: &Enabled, values: &Map, shared: &Shared, scopes: &mut Vec<Map>) -> Map {
    let subcharts = Map::new();
    let next = Map::with_type(MapType::Values);
    next.insert("Chart", chart::chart_object(enabled.metadata(), enabled.is_root));
    next.insert("Files", chart::files_object(&enabled.chart));
    next.insert("Release", shared.release.clone());
    next.insert("Capabilities", shared.capabilities.clone());
    next.insert("Values", Value::Map(values.clone()));
    next.insert("Subcharts", Value::Map(subcharts.clone()));
    scopes.push(next.clone());
    for child in &enabled.dependencies {
        let inner = scope(child, &subchart_values(values, &child.name), shared, scopes);
        subcharts.insert(child.name.as_str(), Value::Map(inner.as_type(MapType::Any)));
    }
    next
}
