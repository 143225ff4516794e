//! `bake pipeline list`

use clap::{Args, ValueEnum};
use indexmap::IndexSet;

use super::Selection;
use crate::cli::output;
use crate::cli::table::{columns, count};
use crate::error::Result;
use crate::pipeline::Pipelines;

/// `bake pipeline list`
#[derive(Clone, Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    selection: Selection,

    /// How the list is printed.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    /// One line per service.
    Table,
    /// The records: products, teams, stacks, templates, services; for import elsewhere.
    Json,
    /// The same as YAML.
    Yaml,
    /// The JSON schema of each template's parameters, for editors and forms.
    Schema,
}

pub(super) fn run(args: &ListArgs) -> Result<()> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let marks = args.selection.marks(&pipelines)?;
    let catalog = pipelines.catalog();
    let mut kept = catalog.clone();
    if !args.selection.is_all() {
        for (key, service) in &mut kept.services {
            for (stack, at) in &mut service.stacks {
                at.templates.retain(|template| {
                    marks.iter().any(|mark| mark.service == *key && mark.stack == *stack && mark.template == *template)
                });
            }
            service.stacks.retain(|_, at| !at.templates.is_empty());
        }
        kept.services.retain(|_, service| !service.stacks.is_empty());
    }
    match args.format {
        ListFormat::Json => output::print(format!("{}\n", kept.to_json().to_pretty()).as_bytes()),
        ListFormat::Yaml => output::print(kept.to_yaml().as_bytes()),
        ListFormat::Schema => {
            let schemas = pipelines.templates().all().iter().map(|(name, template)| (name.clone(), template.schema()));
            let all = ::pipeline::Json::Object(schemas.collect());
            output::print(format!("{}\n", all.to_pretty()).as_bytes())
        }
        ListFormat::Table => {
            let mut table = vec![["SERVICE", "APPLICATION", "TEAM", "STACK", "PIPELINES"].map(str::to_owned).to_vec()];
            for (key, service) in &kept.services {
                for (stack, at) in service.stacks.iter().filter(|(_, at)| !at.templates.is_empty()) {
                    let application = if service.application.is_empty() { &service.name } else { &service.application };
                    let team = if service.team.is_empty() { "-" } else { &service.team };
                    let cells = [key.as_str(), application, team, stack, &at.templates.join(", ")];
                    table.push(cells.map(str::to_owned).to_vec());
                }
            }
            let distinct = |of: fn(&::pipeline::Mark) -> &String| marks.iter().map(of).collect::<IndexSet<_>>().len();
            let summary = format!(
                "\n{}, {}, {}: {}\n",
                count(distinct(|mark| &mark.service), "service"),
                count(distinct(|mark| &mark.stack), "stack"),
                count(distinct(|mark| &mark.template), "template"),
                count(marks.len(), "pipeline"),
            );
            output::print((columns(&table) + &summary).as_bytes())
        }
    }
}
