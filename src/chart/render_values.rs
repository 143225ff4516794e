//! Turns the user's values into `.Values` of every chart of a tree: dependencies, coalescing, schemas.
//! Helm: `pkg/chartutil/values.go` `ToRenderValuesWithSchemaValidation`, `pkg/engine/engine.go` `recAllTpls`.

use std::sync::Arc;

use super::Chart;
use super::dependencies::{Enabled, process_dependencies};
use crate::error::{Error, ErrorKind, Result};
use crate::run::{Run, WarningKind};
use crate::value::{Map, MapType, Value};
use crate::values::path::table;
use crate::values::{LayerNames, coalesce_values};
use go::stack::with_stack;

/// A chart tree and the values of one bake.
#[derive(Clone, Debug)]
pub(crate) struct RenderValues {
    /// The charts that take part.
    pub chart: Enabled,
    /// `.Values` of the root chart. The values of a subchart are a part of the same map, found by [`subchart_values`].
    pub values: Map,
}

/// Creates the values of a bake. `user` is the result of [`crate::values::Layers::merge`] and is not changed.
///
/// Errors are Helm's: values that do not fit a subchart, values that a schema refuses.
pub(crate) fn to_render_values(
    chart: &Arc<Chart>,
    user: &Map,
    names: &mut LayerNames,
    skip_schema_validation: bool,
    run: &Run,
) -> Result<RenderValues> {
    let chart = process_dependencies(chart, user, names, run)?;
    let values = coalesce_values(&&chart, user, run)?;
    if !skip_schema_validation {
        check_schemas(&chart, &values, run)?;
    }
    Ok(RenderValues { chart, values: values.as_type(MapType::Values) })
}

/// `.Values` of a subchart: the shared map in the values of its parent, or an empty map.
pub(crate) fn subchart_values(parent: &Map, name: &str) -> Map {
    table(parent, name).unwrap_or_default().as_type(MapType::Values)
}

/// Validates the values of all charts with their schemas. Helm: `ValidateAgainstSchema` in `pkg/chartutil/jsonschema.go`.
///
/// Errors: a schema refuses the values, or a limit is reached.
pub(crate) fn check_schemas(chart: &Enabled, values: &Map, run: &Run) -> Result<()> {
    let mut refused = Refused::default();
    refused.collect(chart, values, run)?;
    let Some(first) = refused.first else { return Ok(()) };
    let message =
        format!("values don't meet the specifications of the schema(s) in the following chart(s):\n{}", refused.text);
    Err(first.with_message(cut(message, run.limits.error_bytes)))
}

/// The violations of the schemas of a chart tree.
#[derive(Default)]
struct Refused {
    /// The error text of all charts.
    text: String,
    /// The error of the first chart, which knows the value at fault.
    first: Option<Error>,
}

impl Refused {
    fn collect(&mut self, chart: &Enabled, values: &Map, run: &Run) -> Result<()> {
        if let Some(source) = &chart.chart.schema {
            let checked = chart.chart.compiled_schema.get(source, run).and_then(|schema| {
                schema.warnings().iter().for_each(|text| run.warn(WarningKind::Values, text.as_str()));
                schema.validate(values, run)
            });
            match checked {
                Err(error) if error.kind() == ErrorKind::Limit => return Err(error),
                Err(error) => self.add(&chart.name, error),
                Ok(()) => {}
            }
        }
        for sub in &chart.dependencies {
            match values.get(sub.name.as_bytes()) {
                None | Some(Value::Nil) => {}
                Some(Value::Map(values)) => {
                    with_stack(|| self.collect(sub, &values, run))?;
                }
                Some(other) => {
                    let text = format!("invalid type for values: expected object (map), got {}\n", other.type_name());
                    self.add(&sub.name, Error::new(ErrorKind::Schema, text));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, chart: &str, error: Error) {
        self.text.push_str(chart);
        self.text.push_str(":\n");
        self.text.push_str(error.message());
        self.first.get_or_insert(error);
    }
}

/// The text up to `max` bytes, with a note on what was left out.
fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let mut end = max;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let left = text.len() - end;
        text.truncate(end);
        text.push_str("\n... and ");
        text.push_str(&left.to_string());
        text.push_str(" bytes more");
    }
    text
}
