//! `bake values`: the merged values of a service, where each was set, and which of them change nothing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::flags::{BakeArgs, ProjectArgs, stack};
use super::output;
use super::table::{columns, count};
use crate::bake::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Budget;
use crate::project::{Baker, Plan};
use crate::value::{Map, Str, Value};
use crate::values::LayerNames;
use crate::values::explain::{Leaf, Step, explain, find, parse_path, show, show_path, with_items};
use crate::yaml;

/// `bake values`
#[derive(Clone, Debug, Args)]
pub(super) struct ShowValuesArgs {
    /// The service: its folder, or its name in the project.
    #[arg(default_value = ".")]
    pub app: PathBuf,

    /// Show only the value at this path, such as `env.DB_HOST` or `args[0]`.
    pub path: Option<String>,

    /// The project it is in.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The stack.
    #[arg(short = 's', long)]
    pub stack: Option<String>,

    /// Show for each value which layer set it, which value it replaced, and what a list or map lost. The items of lists have rows of
    /// their own.
    #[arg(long)]
    pub explain: bool,

    /// List the values that change nothing: without them, or with other values, every chart prints the same.
    #[arg(long, conflicts_with = "explain")]
    pub unused: bool,

    /// Include the defaults of this chart of the service, below the layers.
    #[arg(short = 'c', long, value_name = "CHART", conflicts_with = "unused")]
    pub chart: Option<String>,

    /// How values are printed [default: yaml; table with --explain and --unused].
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ValuesFormat>,

    /// The options of every bake.
    #[command(flatten)]
    pub bake: BakeArgs,
}

/// How values are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ValuesFormat {
    /// A values file.
    Yaml,
    /// For programs.
    Json,
    /// One line per value: path, value, origin.
    Table,
}

pub(super) fn run(args: &ShowValuesArgs) -> Result<()> {
    if (args.explain || args.unused) && args.format == Some(ValuesFormat::Yaml) {
        return Err(Error::new(ErrorKind::Usage, "--explain and --unused support only the formats table and json"));
    }
    let (project, service) = args.project.service(&args.app)?;
    let stack = stack(args.stack.as_deref(), &service, &args.app)?;
    let mut service = service;
    // values do not depend on names, so a folder outside the layout works too
    service.name.get_or_insert_with(|| "release-name".to_owned());
    service.namespace.get_or_insert_with(|| "default".to_owned());
    let baker = project.baker(args.bake.options()?);
    let plan = baker.plan(&service, stack)?;
    let layers = baker.layers(&plan)?;
    let limits = &baker.options().limits;
    let path = match &args.path {
        Some(text) => parse_path(text).map_err(|why| Error::new(ErrorKind::Usage, format!("{text:?}: {why}")))?,
        None => Vec::new(),
    };
    // files of the service are shown without its folder
    let folder = format!("{}/", project.files.show(&service.folder));
    let short = |origin: &str| origin.strip_prefix(&folder).unwrap_or(origin).to_owned();

    let steps = match &args.chart {
        None => layers.steps(limits)?,
        // with the chart's own values as the lowest layer
        Some(name) => {
            let chart = load(&baker, &plan, name)?;
            baker.prepare(&plan, &chart)?.skip_schema_validation().steps()?
        }
    };
    let Some(Step { values, names, .. }) = steps.last() else { return Ok(()) };
    if args.unused {
        let paths: Vec<_> = baker.unused(&plan, values, names)?.into_iter().filter(|p| p.starts_with(&path)).collect();
        return print_unused(&paths, values, names, args.format, &short);
    }
    if args.explain || args.format == Some(ValuesFormat::Table) {
        let mut leaves = explain(&steps);
        if args.explain
            && let Some(last) = steps.last()
        {
            leaves = with_items(leaves, last);
        }
        leaves.retain(|leaf| leaf.path.starts_with(&path));
        if leaves.is_empty() && !path.is_empty() {
            return Err(no_value(values, &path));
        }
        let text = match args.format {
            Some(ValuesFormat::Json) => json_story(&leaves, &short)?,
            _ => table(&leaves, args.explain, &short),
        };
        return output::print(text.as_bytes());
    }
    let value = if path.is_empty() {
        Value::Map(values.clone())
    } else {
        find(values, &path).ok_or_else(|| no_value(values, &path))?.value
    };
    let budget = Budget::new(limits.clone());
    let text = match args.format {
        Some(ValuesFormat::Json) => {
            let mut text = yaml::to_json_indent(&value, false, "  ", &budget)?;
            text.push(b'\n');
            text
        }
        _ => yaml::to_yaml(&value, &budget)?,
    };
    output::print(&text)
}

fn load(baker: &Baker<'_>, plan: &Plan, name: &str) -> Result<Chart> {
    let Some((name, entry)) = plan.charts.iter().find(|(known, _)| known == name) else {
        let known: Vec<&str> = plan.charts.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!("no chart {name:?}; the charts of {} are: {}", plan.service, known.join(", "));
        return Err(Error::new(ErrorKind::Usage, text));
    };
    baker.chart(name, entry)
}

fn no_value(values: &Map, path: &[Str]) -> Error {
    let error = Error::new(ErrorKind::Usage, format!("there is no value {}", show_path(path)));
    let Some((last, above)) = path.split_last() else { return error };
    let map = if above.is_empty() {
        Some(values.clone())
    } else {
        find(values, above).and_then(|e| e.value.as_map().cloned())
    };
    let keys: Vec<String> =
        map.map(|m| m.sorted_keys().iter().map(|k| k.to_string_lossy().into_owned()).collect()).unwrap_or_default();
    error.did_you_mean(&last.to_string_lossy(), keys.iter().map(String::as_str))
}

/// A value on one line, without quotes if possible; a long value is cut.
fn brief(value: &Value) -> String {
    const LONGEST: usize = 60;
    let plain = value.as_str().and_then(Str::to_str).filter(|text| {
        !text.is_empty() && text.trim() == *text && !text.contains(char::is_control) && text.parse::<f64>().is_err()
    });
    let text = match plain {
        Some(text) if !matches!(text, "true" | "false" | "null") => text.to_owned(),
        _ => show(value),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn table(leaves: &[Leaf], with_story: bool, short: &dyn Fn(&str) -> String) -> String {
    let origin = |origin: &Option<String>| origin.as_deref().map(short).unwrap_or_default();
    let mut rows = vec![["VALUE", "IS", "SET AT"].map(str::to_owned).to_vec()];
    for leaf in leaves {
        let value = leaf.value.as_ref().map_or_else(|| "(removed)".to_owned(), brief);
        rows.push(vec![show_path(&leaf.path), value, origin(&leaf.origin)]);
        if !with_story {
            continue;
        }
        for (value, from) in &leaf.overrode {
            rows.push(vec![String::new(), format!("over {}", brief(value)), origin(from)]);
        }
        for (step, item) in &leaf.lost {
            let of = show_path(&[leaf.path.last().cloned().unwrap_or_default(), step.clone()]);
            rows.push(vec![String::new(), format!("lost {of} {}", brief(item)), String::new()]);
        }
    }
    columns(&rows)
}

fn json_story(leaves: &[Leaf], short: &dyn Fn(&str) -> String) -> Result<String> {
    let value = |value: &Value| -> Result<serde_json::Value> {
        serde_json::from_str(&show(value)).map_err(|e| Error::new(ErrorKind::Values, e.to_string()))
    };
    let mut all = Vec::new();
    for leaf in leaves {
        let over = leaf
            .overrode
            .iter()
            .map(|(old, origin)| Ok(serde_json::json!({"value": value(old)?, "origin": origin.as_deref().map(short)})));
        all.push(serde_json::json!({
            "path": show_path(&leaf.path),
            "value": leaf.value.as_ref().map(value).transpose()?,
            "removed": leaf.value.is_none(),
            "origin": leaf.origin.as_deref().map(short),
            "overrode": over.collect::<Result<Vec<_>>>()?,
            "lost": leaf.lost.iter().map(|(_, item)| value(item)).collect::<Result<Vec<_>>>()?,
        }));
    }
    Ok(serde_json::to_string_pretty(&all).unwrap_or_default() + "\n")
}

fn print_unused(
    paths: &[Vec<Str>],
    values: &Map,
    names: &LayerNames,
    format: Option<ValuesFormat>,
    short: &dyn Fn(&str) -> String,
) -> Result<()> {
    let rows = paths.iter().filter_map(|path| {
        let entry = find(values, path)?;
        let origin = names.describe(entry.origin).map(|o| short(&o)).unwrap_or_default();
        Some((show_path(path), entry.value, origin))
    });
    if format == Some(ValuesFormat::Json) {
        let all: Vec<_> = rows.map(|(path, _, origin)| serde_json::json!({"path": path, "origin": origin})).collect();
        return output::print((serde_json::to_string_pretty(&all).unwrap_or_default() + "\n").as_bytes());
    }
    let mut table = vec![["CHANGES NOTHING", "IS", "SET AT"].map(str::to_owned).to_vec()];
    table.extend(rows.map(|(path, value, origin)| vec![path, brief(&value), origin]));
    if paths.is_empty() {
        return output::print(b"every value changes something\n");
    }
    output::print(format!("{}\n{}\n", columns(&table), count(paths.len(), "value")).as_bytes())
}
