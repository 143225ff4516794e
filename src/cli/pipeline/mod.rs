//! `bake pipeline`: Spinnaker pipelines from templates.

mod diff;
mod explain;
mod init;
mod lint;
mod list;
mod render;
mod store;
mod sync;

use std::path::Path;

use ::pipeline::Mark;
use clap::{Args, Subcommand};

use super::flags::{ErrorFormat, ProjectArgs};
use super::{Exit, output};
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::Pipelines;
use crate::project::Project;

/// `bake pipeline`
#[derive(Debug, Args)]
pub(super) struct PipelineArgs {
    /// What to do.
    #[command(subcommand)]
    command: PipelineCommand,

    /// How errors are printed [default: full].
    #[arg(long, value_name = "FORMAT", global = true)]
    error_format: Option<ErrorFormat>,
}

#[derive(Debug, Subcommand)]
enum PipelineCommand {
    /// Show which service has which pipelines in which stacks.
    List(list::ListArgs),
    /// Print pipelines as JSON, or write them into a folder.
    Render(render::RenderArgs),
    /// Check the pipelines: the tests of the templates, the rules, and what each bake stage would bake.
    Lint(lint::LintArgs),
    /// Show what a sync would change, by what pipelines mean.
    Diff(diff::DiffArgs),
    /// Save what changed, and nothing else.
    Sync(sync::SyncArgs),
    /// Write live pipelines into a folder.
    Pull(sync::PullArgs),
    /// Show the runs of this project's syncs, or the versions of the selected pipelines in the store.
    History(sync::HistoryArgs),
    /// Take back a sync, or go back to a version of one pipeline.
    Rollback(sync::RollbackArgs),
    /// Show which line of a template and which parameters made each field of a pipeline.
    Explain(explain::ExplainArgs),
    /// Start with pipelines: copy a template that comes with bake, or make one from live pipelines.
    Init(init::InitArgs),
}

impl PipelineArgs {
    pub(super) fn error_format(&self) -> ErrorFormat {
        self.error_format.unwrap_or(ErrorFormat::Full)
    }

    /// Whether exit code 1 means findings, so that a run that failed is 2.
    pub(super) fn is_lint(&self) -> bool {
        matches!(self.command, PipelineCommand::Lint(_))
    }
}

pub(super) fn run(args: &PipelineArgs) -> Result<Exit> {
    match &args.command {
        PipelineCommand::List(args) => list::run(args).map(|()| Exit::Success),
        PipelineCommand::Render(args) => render::run(args).map(|()| Exit::Success),
        PipelineCommand::Lint(args) => lint::run(args),
        PipelineCommand::Diff(args) => diff::run(args),
        PipelineCommand::Sync(args) => sync::run(args),
        PipelineCommand::Pull(args) => sync::pull(args).map(|()| Exit::Success),
        PipelineCommand::History(args) => sync::history(args).map(|()| Exit::Success),
        PipelineCommand::Rollback(args) => sync::rollback(args),
        PipelineCommand::Explain(args) => explain::run(args).map(|()| Exit::Success),
        PipelineCommand::Init(args) => init::run(args).map(|()| Exit::Success),
    }
}

/// Which pipelines.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Which pipelines")]
struct Selection {
    /// The project.
    #[command(flatten)]
    project: ProjectArgs,

    /// Only the services that match: a name, a path (product/namespace/app), or a pattern with * and **.
    #[arg(long = "service", visible_alias = "app", value_name = "GLOB")]
    services: Vec<String>,

    /// Only these stacks.
    #[arg(short = 's', long = "stack", value_name = "STACK")]
    stacks: Vec<String>,

    /// Only these templates.
    #[arg(short = 't', long = "template", value_name = "TEMPLATE")]
    templates: Vec<String>,

    /// Only the services of these products.
    #[arg(long = "product", value_name = "PRODUCT")]
    products: Vec<String>,

    /// Only the services of these teams.
    #[arg(long = "team", value_name = "TEAM")]
    teams: Vec<String>,
}

impl Selection {
    fn project(&self) -> Result<Project> {
        self.project.find(Path::new("."))
    }

    /// Whether everything is selected.
    fn is_all(&self) -> bool {
        [&self.services, &self.stacks, &self.templates, &self.products, &self.teams].iter().all(|list| list.is_empty())
    }

    /// Whether a pipeline that no template makes any more is selected.
    fn fits_stray(&self, mark: &Mark) -> bool {
        let any = |list: &[String], name: &String| list.is_empty() || list.contains(name);
        // of what is not there any more, nobody knows the product and the team
        self.products.is_empty()
            && self.teams.is_empty()
            && (self.services.is_empty()
                || self.services.iter().any(|glob| crate::project::glob_matches(glob, &mark.service)))
            && any(&self.stacks, &mark.stack)
            && any(&self.templates, &mark.template)
    }

    /// The marks of the selected pipelines.
    ///
    /// Errors: a name is not there.
    fn marks(&self, pipelines: &Pipelines<'_>) -> Result<Vec<Mark>> {
        let catalog = pipelines.catalog();
        pipelines.warnings.iter().for_each(|text| output::warning(format_args!("warning: {text}")));
        for glob in &self.services {
            if !catalog.services.keys().any(|key| crate::project::glob_matches(glob, key)) {
                let error = Error::new(ErrorKind::Usage, format!("no service matches {glob:?}"));
                let names = catalog.services.values().map(|service| service.name.as_str());
                return Err(error.with_hint("`bake pipeline list` shows the services").did_you_mean(glob, names));
            }
        }
        let all: [(&str, &[String], Vec<&String>); 4] = [
            ("stack", &self.stacks, catalog.stacks.keys().collect()),
            ("template", &self.templates, catalog.templates.keys().collect()),
            ("product", &self.products, catalog.products.keys().collect()),
            ("team", &self.teams, catalog.teams.keys().collect()),
        ];
        for (what, wanted, known) in all {
            for name in wanted {
                if !known.contains(&name) {
                    let names: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
                    let list = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                    let error = Error::new(ErrorKind::Usage, format!("no {what} {name:?}; the {what}s are: {list}"));
                    return Err(error.did_you_mean(name, names));
                }
            }
        }
        let any = |list: &[String], name: &String| list.is_empty() || list.contains(name);
        let fits = |mark: &Mark| {
            let service = catalog.services.get(&mark.service);
            (self.services.is_empty()
                || self.services.iter().any(|glob| crate::project::glob_matches(glob, &mark.service)))
                && any(&self.stacks, &mark.stack)
                && any(&self.templates, &mark.template)
                && service.is_some_and(|s| any(&self.products, &s.product) && any(&self.teams, &s.team))
        };
        Ok(catalog.marks().filter(fits).collect())
    }
}
