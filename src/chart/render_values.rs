//! Turns the user's values into `.Values` of every chart of a tree: dependencies, coalescing, schemas.
//! Helm: `pkg/chartutil/values.go` `ToRenderValuesWithSchemaValidation`, `pkg/engine/engine.go` `recAllTpls`.

use std::cell::OnceCell;
use std::sync::Arc;

use super::Chart;
use super::dependencies::{Enabled, process_dependencies};
use crate::error::{Error, ErrorKind, FaultAdvice, Origin, Result};
use crate::run::{Run, WarningKind};
use crate::schema::{Problem, Surroundings};
use crate::value::{Map, MapType, Str, Value};
use crate::values::explain::show_path;
use crate::values::path::table;
use crate::values::sources::Sources;
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
        check_schemas(&chart, &values, user, names, run)?;
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
pub(crate) fn check_schemas(chart: &Enabled, values: &Map, user: &Map, names: &LayerNames, run: &Run) -> Result<()> {
    let mut refused = Refused::new(user, names, run);
    refused.collect(chart, values, &mut vec![Above::new(chart)])?;
    if refused.text.is_empty() {
        return Ok(());
    }
    let message =
        format!("values don't meet the specifications of the schema(s) in the following chart(s):\n{}", refused.text);
    let error = Error::new(ErrorKind::Schema, cut(message, run.limits.error_bytes));
    Err(with_problems(error, &refused.problems, names))
}

/// What [`check_schemas`] finds wrong, as a list. Paths are those in the values of `chart`. `own`: whether to ask the chart's own
/// schema, or only those of its subcharts.
///
/// Errors: a schema does not compile, or a limit is reached.
pub(crate) fn schema_problems(
    chart: &Enabled,
    values: &Map,
    user: &Map,
    names: &LayerNames,
    own: bool,
    run: &Run,
) -> Result<Vec<Problem>> {
    let mut refused = Refused::new(user, names, run);
    let mut trail = vec![Above::new(chart)];
    if own {
        refused.collect(chart, values, &mut trail)?;
    } else {
        refused.subcharts(chart, values, &mut trail)?;
    }
    refused.unreadable.map_or(Ok(refused.problems), Err)
}

/// The error with the origin and the hint of each problem.
fn with_problems(error: Error, problems: &[Problem], names: &LayerNames) -> Error {
    const MOST: usize = 20;
    let known = problems.iter().filter(|problem| problem.hint.is_some() || problem.origin.is_some());
    let fault = |problem: &Problem| {
        let path: Vec<Str> = problem.path.iter().chain(&problem.missing).map(|step| Str::from(step.as_str())).collect();
        FaultAdvice::new(show_path(&path), names.describe(problem.origin), problem.hint.clone())
    };
    let mut faults: Vec<FaultAdvice> = known.clone().take(MOST).map(fault).collect();
    let Some(first) = faults.first().cloned() else { return error };
    let origin = known.clone().map(|problem| problem.origin).next().unwrap_or_default();
    let mut error = error.with_origin(origin);
    if let Some(text) = first.origin {
        error = error.with_origin_text(text);
    }
    if let Some(hint) = first.hint {
        error = error.with_hint(hint);
    }
    let all = known.count();
    if all > MOST {
        faults.push(FaultAdvice::new(format!("and {} more", all - MOST), None, None));
    }
    if problems.len() > 1 { error.with_faults(faults) } else { error }
}

/// The violations of the schemas of a chart tree.
struct Refused<'a> {
    user: &'a Map,
    sources: Sources<'a>,
    run: &'a Run,
    /// The error text of all charts.
    text: String,
    problems: Vec<Problem>,
    /// The error of the first schema that does not compile.
    unreadable: Option<Error>,
}

impl<'a> Refused<'a> {
    fn new(user: &'a Map, names: &'a LayerNames, run: &'a Run) -> Self {
        let sources = Sources::new(names, run);
        Refused { user, sources, run, text: String::new(), problems: Vec::new(), unreadable: None }
    }

    /// Checks a chart and all below it. `trail` leads to the chart from the one that is baked.
    fn collect<'e>(&mut self, chart: &'e Enabled, values: &Map, trail: &mut Vec<Above<'e>>) -> Result<()> {
        if let Some(source) = &chart.chart.schema {
            let checked = chart.chart.compiled_schema.get(source, self.run).and_then(|schema| {
                schema.warnings().iter().for_each(|text| self.run.warn(WarningKind::Values, text.as_str()));
                let way = Way { trail, user: self.user };
                let around = Surroundings {
                    sources: &self.sources,
                    chart: way.path(),
                    removed: &|path| way.removed(path),
                    told: self.problems.len(),
                    is_condition: &|path| way.is_condition(path),
                };
                schema.refusal(values, &around, self.run)
            });
            match checked {
                Ok(None) => {}
                Ok(Some(refusal)) => {
                    self.add(&chart.name, &refusal.text);
                    let above: Vec<String> = trail.iter().skip(1).map(|above| above.chart.name.clone()).collect();
                    self.problems.extend(refusal.problems.into_iter().map(|mut problem| {
                        problem.path.splice(..0, above.iter().cloned());
                        problem
                    }));
                }
                Err(error) if error.kind() == ErrorKind::Limit => return Err(error),
                Err(error) => {
                    self.add(&chart.name, error.message());
                    self.unreadable.get_or_insert(error);
                }
            }
        }
        self.subcharts(chart, values, trail)
    }

    fn subcharts<'e>(&mut self, chart: &'e Enabled, values: &Map, trail: &mut Vec<Above<'e>>) -> Result<()> {
        for sub in &chart.dependencies {
            match values.get(sub.name.as_bytes()) {
                None | Some(Value::Nil) => {}
                Some(Value::Map(values)) => {
                    trail.push(Above::new(sub));
                    let checked = with_stack(|| self.collect(sub, &values, trail));
                    trail.pop();
                    checked?;
                }
                Some(other) => {
                    let text = format!("invalid type for values: expected object (map), got {}\n", other.type_name());
                    self.add(&sub.name, &text);
                    let charts = trail.iter().skip(1).map(|above| above.chart).chain([sub]);
                    let path = charts.map(|chart| chart.name.clone()).collect();
                    self.problems.push(Problem::new(path, text.trim_end()));
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, chart: &str, text: &str) {
        self.text.push_str(chart);
        self.text.push_str(":\n");
        self.text.push_str(text);
    }
}

/// A chart on the way to another one.
struct Above<'e> {
    chart: &'e Enabled,
    /// Its values.yaml, made when the first fault asks: it can be large, and there can be many faults in many charts.
    own: OnceCell<Map>,
}

impl<'e> Above<'e> {
    fn new(chart: &'e Enabled) -> Self {
        Above { chart, own: OnceCell::new() }
    }
}

/// The charts from the one that is baked to another, and the user's values for all of them.
struct Way<'a, 'e> {
    trail: &'a [Above<'e>],
    user: &'a Map,
}

impl Way<'_, '_> {
    /// The path of the last chart in the values of the first.
    fn path(&self) -> Vec<Str> {
        self.trail.iter().skip(1).map(|above| Str::from(above.chart.name.as_str())).collect()
    }

    /// The origin of the null that removed the value at a path from the last chart: the user's, or that of a chart above or
    /// of itself.
    fn removed(&self, path: &[Str]) -> Option<Origin> {
        let whole: Vec<Str> = self.path().into_iter().chain(path.iter().cloned()).collect();
        let of_charts = || {
            self.trail.iter().enumerate().find_map(|(at, above)| {
                let own = above.own.get_or_init(|| above.chart.own_values());
                null_at(own, whole.get(at..)?)
            })
        };
        null_at(self.user, &whole).or_else(of_charts)
    }

    /// Whether the value at a dotted path from the first chart turns a chart on and off.
    fn is_condition(&self, path: &str) -> bool {
        self.trail.iter().enumerate().any(|(at, above)| {
            let mut before = self.trail.iter().skip(1).take(at);
            let below = before.try_fold(path, |path, above| path.strip_prefix(&*above.chart.name)?.strip_prefix('.'));
            let declared = above.chart.metadata().dependencies.iter().flatten();
            let mut conditions = declared.flat_map(|dependency| dependency.condition.split(','));
            below.is_some_and(|below| conditions.any(|condition| condition.trim() == below))
        })
    }
}

/// The origin of a null at a path or above it.
fn null_at(values: &Map, path: &[Str]) -> Option<Origin> {
    let mut map = values.clone();
    for step in path {
        let entry = map.entry(step)?;
        match entry.value {
            Value::Nil => return Some(entry.origin),
            Value::Map(inner) => map = inner,
            _ => return None,
        }
    }
    None
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
