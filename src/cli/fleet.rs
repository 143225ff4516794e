//! `bake fleet`: bakes every service, stack and chart of the project.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::flags::{BakeArgs, ErrorFormat, ProjectArgs};
use super::table::count;
use super::{Exit, output};
use crate::error::{Error, ErrorKind, Result};
use crate::project::fleet::{self, Changes, Failure, Fleet, Shard};

/// `bake fleet`
#[derive(Clone, Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "The tree: DIR/STACK/PRODUCT/NAMESPACE/APP/CHART.yaml, and DIR/bake-index.json with the hash of each file.\n\
        A run replaces the whole tree; a run that fails or is killed changes nothing.\n\n\
        Exit codes: 0; 1 if a bake failed; 2 for wrong arguments; 3 if --check finds differences."
)]
pub(super) struct FleetArgs {
    /// Another operation.
    #[command(subcommand)]
    pub command: Option<FleetCommand>,

    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The stacks to bake, or `all` [default: all].
    #[arg(short = 's', long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,

    /// Only the services that match: a name, a path (product/namespace/app), or a pattern with * and **.
    #[arg(long = "app", value_name = "GLOB")]
    pub apps: Vec<String>,

    /// Only these charts of the project.
    #[arg(short = 'c', long = "chart", value_name = "CHART")]
    pub charts: Vec<String>,

    /// The folder for the manifests. The files of an earlier run are replaced.
    #[arg(short = 'o', long, value_name = "DIR", required = true)]
    pub output: Option<PathBuf>,

    /// Write nothing; exit with 3 if a run would change DIR.
    #[arg(long)]
    pub check: bool,

    /// Write one file per object instead of one per chart: CHART/KIND-NAME.yaml.
    #[arg(long)]
    pub per_object: bool,

    /// Bake part K of N; /N takes K from `JOB_COMPLETION_INDEX`. `bake fleet merge` joins the parts.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,

    /// Threads [default: one per processor].
    #[arg(short = 'j', long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,

    /// The options of every bake.
    #[command(flatten)]
    pub bake: BakeArgs,
}

/// The other operations on fleets.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum FleetCommand {
    /// Join the folders of all parts; the result is the same as that of a run without parts.
    Merge(MergeArgs),
}

/// `bake fleet merge PART... -o DIR`
#[derive(Clone, Debug, Args)]
pub(super) struct MergeArgs {
    /// The folders that the parts wrote.
    #[arg(required = true, value_name = "PART")]
    pub parts: Vec<PathBuf>,

    /// The folder for the result. The files of an earlier run are replaced.
    #[arg(short = 'o', long, value_name = "DIR")]
    pub output: PathBuf,
}

pub(super) fn run(args: &FleetArgs) -> Result<Exit> {
    if let Some(FleetCommand::Merge(args)) = &args.command {
        let (index, changes) = fleet::merge(&args.parts, &args.output)?;
        let bakes = count(index.bakes, "bake");
        let what = format!("{bakes} of {}", count(args.parts.len(), "part"));
        output::print(summary(&what, &args.output, index.files.len(), &changes, false).as_bytes())?;
        return Ok(Exit::Success);
    }
    let folder = args.output.as_deref().unwrap_or(Path::new("."));
    let project = args.project.find(Path::new("."))?;
    let options = fleet::Options {
        stacks: args.stacks.clone(),
        apps: args.apps.clone(),
        charts: args.charts.clone(),
        shard: args.shard.as_deref().map(shard).transpose()?,
        per_object: args.per_object,
        bake: args.bake.options()?,
    };
    #[allow(clippy::disallowed_methods)] // the user is told how long it took
    let start = Instant::now();
    let fleet = Fleet::new(&project, &options)?;
    fleet.warnings().iter().for_each(|text| output::warning(format_args!("warning: {text}")));
    if fleet.services() == 0 {
        let stacks = fleet.stacks().join(" or ");
        return Err(Error::new(ErrorKind::Usage, format!("nothing to bake: none of the services is in {stacks}")));
    }
    let bar = bar(fleet.len());
    let progress = |_: &crate::project::Plan| bar.inc(1);
    let job = || if args.check { fleet.compare(folder, &progress) } else { fleet.write(folder, &progress) };
    let written = in_pool(args.jobs, job)?;
    bar.finish_and_clear();
    for (text, bakes) in &written.warnings {
        output::warning(if *bakes > 1 { format!("{text} ({})", count(*bakes, "bake")) } else { text.clone() });
    }
    if !written.failures.is_empty() {
        failures(&written.failures, args.bake.error_format());
        let total = count(fleet.len(), "bake");
        output::warning(format_args!(
            "Error: {} of {total} failed; {} is unchanged",
            written.failures.len(),
            folder.display()
        ));
        return Ok(Exit::Failure);
    }
    let changes = &written.changes;
    let what = format!(
        "{} of {} in {}",
        count(written.index.bakes, "bake"),
        count(fleet.services(), "service"),
        count(fleet.stacks().len(), "stack"),
    );
    let mut text = String::new();
    if args.check {
        for (verb, paths) in [("change", &changes.changed), ("remove", &changes.removed)] {
            for path in paths {
                let _ = writeln!(text, "would {verb} {}", folder.join(path).display());
            }
        }
    }
    text.push_str(&summary(&what, folder, written.index.files.len(), changes, args.check));
    text.truncate(text.trim_end().len());
    output::print(format!("{text} ({:.2} s)\n", start.elapsed().as_secs_f64()).as_bytes())?;
    let differs = args.check && *changes != Changes::default();
    Ok(if differs { Exit::Differences } else { Exit::Success })
}

/// More threads make nothing faster, and far too many overload a machine.
const MAX_THREADS: usize = 512;

/// Runs `job` on a pool with this many threads.
pub(super) fn in_pool<T: Send>(
    jobs: Option<std::num::NonZeroUsize>,
    job: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    let jobs = jobs.or_else(|| std::thread::available_parallelism().ok());
    let threads = jobs.map_or(1, |jobs| jobs.get().min(MAX_THREADS));
    // dropping a deep value recurses
    let builder = || rayon::ThreadPoolBuilder::new().stack_size(8 << 20);
    // if the system starts no more threads, this one does the work
    let pool =
        builder().num_threads(threads).build().or_else(|_| builder().num_threads(1).use_current_thread().build());
    pool.map_err(|e| Error::new(ErrorKind::Io, format!("cannot start threads: {e}")))?.install(job)
}

/// A progress bar on standard error, if that is a terminal.
pub(super) fn bar(bakes: usize) -> ProgressBar {
    let bar = ProgressBar::new(bakes as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} bakes, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn shard(text: &str) -> Result<Shard> {
    #[allow(clippy::disallowed_methods)] // the command passes what the library may not read
    let index = std::env::var("JOB_COMPLETION_INDEX").ok();
    Shard::parse(text, index.as_deref())
        .map_err(|why| Error::new(ErrorKind::Usage, format!("invalid value '{text}' for '--shard <K/N>': {why}")))
}

/// One line: what was baked, and what changed in the folder.
fn summary(what: &str, folder: &Path, files: usize, changes: &Changes, check: bool) -> String {
    let (changed, removed) = (changes.changed.len(), changes.removed.len());
    let (change, remove) = if check { ("would change", "would be removed") } else { ("changed", "removed") };
    format!("{what}: {} in {}, {changed} {change}, {removed} {remove}\n", count(files, "file"), folder.display())
}

/// Prints every failure. Bakes with the same diagnostic share it.
pub(super) fn failures(failures: &[Failure], format: ErrorFormat) {
    if format == ErrorFormat::Json {
        for failure in failures {
            let mut line = failure.error.to_json();
            if let Some(map) = line.as_object_mut() {
                map.insert("service".to_owned(), failure.service.clone().into());
                map.insert("stack".to_owned(), failure.stack.clone().into());
                map.insert("chart".to_owned(), failure.chart.clone().into());
            }
            output::warning(line);
        }
        return;
    }
    let mut groups: indexmap::IndexMap<String, Vec<String>> = indexmap::IndexMap::new();
    for Failure { service, stack, chart, error } in failures {
        let text = if format == ErrorFormat::Helm { format!("{error}") } else { format!("{error:#}") };
        groups.entry(text).or_default().push(format!("{service} {stack} {chart}"));
    }
    for (text, bakes) in groups {
        output::warning(format_args!("{}:\n  {}\n", bakes.join("\n"), text.replace('\n', "\n  ")));
    }
}
