//! `bake pipeline explain`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::flags::ProjectArgs;
use crate::cli::output;
use crate::cli::table::columns;
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::{Explained, Pipelines};

/// `bake pipeline explain SERVICE`
#[derive(Clone, Debug, Args)]
pub(super) struct ExplainArgs {
    /// The service: its name, or its path in the project.
    service: PathBuf,

    /// Only this field and what is below it: stages[deploy].account
    path: Option<String>,

    #[command(flatten)]
    project: ProjectArgs,

    /// The stack.
    #[arg(short = 's', long)]
    stack: String,

    /// The template [default: the only one that the service has in the stack].
    #[arg(short = 't', long)]
    template: Option<String>,

    /// How the fields are printed.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExplainFormat {
    /// One line per field.
    Table,
    /// A list of fields.
    Json,
}

/// The longest value that the table shows.
const SHOWN: usize = 60;

pub(super) fn run(args: &ExplainArgs) -> Result<()> {
    let (project, service) = args.project.service(&args.service)?;
    let pipelines = Pipelines::open(&project)?;
    let templates = pipelines
        .catalog()
        .services
        .get(&service.path)
        .and_then(|record| record.stacks.get(&args.stack))
        .map(|at| at.templates.clone())
        .unwrap_or_default();
    let template = match (&args.template, templates.as_slice()) {
        (Some(name), known) if known.contains(name) => name.clone(),
        (None, [one]) => one.clone(),
        (_, []) => {
            let text = format!("{} has no pipeline in the stack {:?}", service.path, args.stack);
            return Err(
                Error::new(ErrorKind::Usage, text).did_you_mean(&args.stack, service.stacks.iter().map(String::as_str))
            );
        }
        (said, known) => {
            let text =
                format!("{} has these pipelines in the stack {:?}: {}", service.path, args.stack, known.join(", "));
            let error = Error::new(ErrorKind::Usage, text).with_hint("choose one with --template");
            return Err(error.did_you_mean(said.as_deref().unwrap_or_default(), known.iter().map(String::as_str)));
        }
    };
    let mark = pipelines.catalog().mark(&service.path, &args.stack, &template);
    let below = args.path.as_deref().unwrap_or_default();
    let fields = pipelines.explain(&mark, below)?;
    if fields.is_empty() {
        let all = pipelines.explain(&mark, "")?;
        let error = Error::new(ErrorKind::Usage, format!("the pipeline has no field {below:?}"));
        return Err(error.did_you_mean(below, all.iter().map(|field| field.path.as_str())));
    }
    match args.format {
        ExplainFormat::Table => output::print(table(&fields).as_bytes()),
        ExplainFormat::Json => {
            let text = serde_json::to_string_pretty(&json(&fields)).unwrap_or_default();
            output::print(format!("{text}\n").as_bytes())
        }
    }
}

fn table(fields: &[Explained]) -> String {
    let mut rows = vec![["FIELD", "IS", "MADE AT", "FROM"].map(str::to_owned).to_vec()];
    for field in fields {
        let value = match &field.value {
            ::pipeline::Json::String(text) => text.replace('\n', "\\n"),
            other => other.to_string(),
        };
        let value = match value.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}..", value.get(..end).unwrap_or_default()),
            None => value,
        };
        let place = field.place.as_ref().map(|place| format!("{}:{}", place.file, place.line)).unwrap_or_default();
        let from: Vec<String> = field.from.iter().map(|(name, who)| format!("{name} ({who})")).collect();
        rows.push(vec![field.path.clone(), value, place, from.join(", ")]);
    }
    columns(&rows)
}

fn json(fields: &[Explained]) -> serde_json::Value {
    let field = |field: &Explained| {
        let from = field.from.iter().map(|(name, who)| serde_json::json!({"name": name, "setBy": who}));
        serde_json::json!({
            "path": field.path,
            "value": field.value,
            "file": field.place.as_ref().map(|place| &place.file),
            "line": field.place.as_ref().map(|place| place.line),
            "from": from.collect::<Vec<_>>(),
        })
    };
    fields.iter().map(field).collect()
}
