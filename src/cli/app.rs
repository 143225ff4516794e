//! `bake [APP] --stack STACK`: bakes a service with the charts of its project.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory as _};

use super::commands::Cli;
use super::flags::{BakeArgs, ProjectArgs, stack};
use super::{output, words};
use crate::error::{Error, Result};
use crate::manifest::WriteOptions;
use crate::project;

/// `bake [APP] --stack STACK`
#[derive(Debug, Args)]
#[command(next_help_heading = "Bake a service")]
pub(super) struct AppArgs {
    /// The service: its folder (with values.yaml and STACK-values.yaml) or its name in the project.
    #[arg(default_value = ".")]
    pub app: PathBuf,

    /// The project it is in.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The stack, whose values are in STACK-values.yaml.
    #[arg(short = 's', long)]
    pub stack: Option<String>,

    /// The charts to bake: names of the project's charts, workload, service, or paths [default: all charts of the project].
    #[arg(short = 'c', long = "chart", value_name = "CHART")]
    pub charts: Vec<String>,

    /// The name of the service [default: the folder's name].
    #[arg(long)]
    pub name: Option<String>,

    /// The namespace [default: the folder above, in the layout PRODUCT/NAMESPACE/APP].
    #[arg(short = 'n', long)]
    pub namespace: Option<String>,

    /// Write one file per object into this folder instead of printing. Other files in the folder are kept.
    #[arg(short = 'o', long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// The options of every bake.
    #[command(flatten)]
    pub bake: BakeArgs,
}

pub(super) fn run(args: &AppArgs) -> Result<()> {
    let (project, mut service) = args.project.service(&args.app).map_err(|error| explain(error, &args.app))?;
    let stack = stack(args.stack.as_deref(), &service, &args.app)?;
    service.name.clone_from(&args.name);
    service.namespace.clone_from(&args.namespace);
    // the process ends after these bakes: large values are leaked instead of dropped one by one
    let baker = ManuallyDrop::new(project.baker(args.bake.options()?));
    let mut plan = baker.plan(&service, stack)?;
    if !args.charts.is_empty() {
        plan.charts = args.charts.iter().map(|name| project.pick_chart(&plan, name)).collect();
    }
    let mut manifests = ManuallyDrop::new(Vec::new());
    for attempt in side_by_side(plan.charts.len(), || baker.attempts(&plan)) {
        attempt.warnings.iter().for_each(output::warning);
        manifests.push(attempt.result?);
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

/// Runs `job` on this thread, with a second thread beside it if there are charts and cores for both. Measured for a small
/// service with two charts: the second thread saves a sixth of the time.
fn side_by_side<T: Send>(charts: usize, job: impl FnOnce() -> T + Send) -> T {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let builder = rayon::ThreadPoolBuilder::new().stack_size(8 << 20).use_current_thread();
    match builder.num_threads(cores.min(charts).clamp(1, 2)).build() {
        Ok(pool) => pool.install(job),
        // where the system gives no thread
        Err(_) => job(),
    }
}

/// Adds a hint if there is no such service: a command, the folder of a file, or how to name a service.
fn explain(error: Error, app: &Path) -> Error {
    if app == Path::new(".") {
        return error.with_hint("name a service: bake APP --stack STACK; `bake list` shows them");
    }
    if let Some(folder) = app.parent().filter(|_| app.is_file()) {
        return error.with_hint(format!("give the service's folder: {}", folder.display()));
    }
    match words::advice(&Cli::command(), &app.to_string_lossy()) {
        Some(advice) => error.with_hint(advice),
        None => error,
    }
}
