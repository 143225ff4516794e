//! `bake [APP] --stack STACK`: a service, with the charts of its project.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};

use super::commands::Cli;
use super::flags::{ClusterArgs, ErrorFormat, LimitArgs, ProjectArgs, ValuesArgs, values};
use super::output;
use crate::bake::Chart;
use crate::error::{Error, ErrorKind, Result, suggest};
use crate::limits::Limits;
use crate::manifest::{Manifest, WriteOptions};
use crate::project::{self, Plan, Project};
use crate::values::{Layer, Layers};

/// `bake [APP] --stack STACK`
#[derive(Debug, Args)]
#[command(next_help_heading = "Bake a service")]
pub(super) struct AppArgs {
    /// The service: its folder, with values.yaml and STACK-values.yaml, or its name in the project.
    #[arg(default_value = ".")]
    pub app: PathBuf,

    /// The project it is in.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The stack: its values are STACK-values.yaml.
    #[arg(short = 's', long)]
    pub stack: Option<String>,

    /// The charts to bake: one of the project, workload, service, or a path [default: all of the project].
    #[arg(short = 'c', long = "chart", value_name = "CHART")]
    pub charts: Vec<String>,

    /// The name of the service [default: the folder's name].
    #[arg(long)]
    pub name: Option<String>,

    /// The namespace [default: the folder above, in the layout PRODUCT/NAMESPACE/APP].
    #[arg(short = 'n', long)]
    pub namespace: Option<String>,

    /// Write a file per object into this folder, instead of printing. Other files in it stay.
    #[arg(short = 'o', long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// How errors are printed [default: full].
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,

    /// Layers on top of the stack's.
    #[command(flatten)]
    pub values: ValuesArgs,

    /// What the cluster can do.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// What the bake may use.
    #[command(flatten)]
    pub limits: LimitArgs,
}

pub(super) fn run(args: &AppArgs) -> Result<()> {
    let (project, mut service) = args.project.service(&args.app).map_err(|error| explain(error, &args.app))?;
    let Some(stack) = &args.stack else {
        let stacks = service.stacks.join(", ");
        return Err(Error::new(ErrorKind::Usage, "which stack? say --stack STACK")
            .with_hint(format!("the stacks of {} are: {stacks}", args.app.display())));
    };
    service.name.clone_from(&args.name);
    service.namespace.clone_from(&args.namespace);
    let mut plan = project.plan(&service, stack)?;
    if !args.charts.is_empty() {
        plan.charts = args.charts.iter().map(|name| project.pick_chart(&plan, name)).collect();
    }
    let limits = args.limits.limits();
    let over = values::layers_at_hand(&args.values, &limits)?;
    plan.cluster = plan.cluster.with(&values::cluster(&args.cluster)?);
    let own = plan.layers.iter().map(|layer| project.layer(&layer.path, &limits).map(Layer::File));
    let own: Layers = own.collect::<Result<_>>()?;
    // the process ends after these bakes: what is large is not taken down piece by piece
    let charts = ManuallyDrop::new(load_charts(&project, &plan, &limits));
    let mut manifests = ManuallyDrop::new(Vec::<Manifest>::new());
    for chart in &*charts {
        let chart = chart.as_ref().map_err(Error::clone)?;
        let bake = plan.bake(chart, &limits)?.layers(&own).layers(&over);
        let prepared = ManuallyDrop::new(bake.prepare_with(output::warning)?);
        let manifest = prepared.manifest(prepared.render_files()?)?;
        manifest.warnings.iter().for_each(|warning| output::warning(warning));
        manifests.push(manifest);
    }
    if let Some(folder) = &args.output {
        let files = project::write_objects(folder, &manifests)?;
        return output::wrote(files.iter().map(|file| folder.join(file)));
    }
    let mut text = Vec::new();
    for manifest in &*manifests {
        text.extend(manifest.to_vec(&WriteOptions::default()));
    }
    output::print(&text)
}

/// The charts of a service, or what is wrong with one: it is said when the bakes before it are done.
fn load_charts(project: &Project, plan: &Plan, limits: &Limits) -> Vec<Result<Chart>> {
    let mut charts: Vec<Result<Chart>> = Vec::with_capacity(plan.charts.len());
    for (name, entry) in &plan.charts {
        let chart = project.load_chart(name, entry, limits).map(|mut chart| {
            charts.iter().flatten().for_each(|other| chart.share_schema(other));
            chart
        });
        charts.push(chart);
    }
    charts
}

/// What may be meant where there is no such service: another command, the folder around a file, any service at all.
fn explain(error: Error, app: &Path) -> Error {
    if app == Path::new(".") {
        return error.with_hint("say which service: bake APP --stack STACK; `bake list` shows them");
    }
    if let Some(folder) = app.parent().filter(|_| app.is_file()) {
        return error.with_hint(format!("a service is said by its folder: {}", folder.display()));
    }
    let commands = Cli::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    match suggest::nearest(&app.to_string_lossy(), names) {
        Some(command) => error.with_hint(format!("did you mean the command {command:?}?")),
        None => error,
    }
}
