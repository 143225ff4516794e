//! `bake diff`: the differences between stacks, revisions, charts or output folders.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::flags::{BakeArgs, Color, ProjectArgs};
use super::{Exit, fleet, output};
use crate::diff::{Format, show};
use crate::error::{Error, ErrorKind, Result};
use crate::project::compare::{State, sides, state_of_fleet, state_of_folder};
use crate::project::fleet::{Fleet, Options};
use crate::project::{BakeOptions, FILE_NAME, Plan, Project, Revision, Services};

/// `bake diff`
#[derive(Clone, Debug, Args)]
#[command(after_help = "What is compared:\n  \
        bake diff --stack dev --stack prod           two stacks\n  \
        bake diff --rev main [--stack prod]          a revision, and the working tree\n  \
        bake diff --rev v1..v2                       two revisions\n  \
        bake diff --with-chart workload=next.tgz     the project's chart, and another\n  \
        bake diff OLD NEW                            two folders with manifests\n\n\
        Objects are matched by kind, namespace and name. The values of Secrets are masked.\n\n\
        Exit codes: 0; 1 for a failure; 2 for wrong arguments; with --exit-code, 3 for differences.")]
pub(super) struct DiffArgs {
    /// Two folders with manifests, the old one first.
    #[arg(value_name = "OLD NEW", num_args = 0..=2)]
    pub folders: Vec<PathBuf>,

    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// Two stacks to compare; with --rev or --with-chart, the stacks to bake [default: all].
    #[arg(short = 's', long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,

    /// The git revision to compare with the working tree, or two revisions: A..B. Nothing is checked out.
    #[arg(long, value_name = "REV")]
    pub rev: Option<String>,

    /// A chart to compare with the project's chart of this name: NAME=PATH.
    #[arg(long, value_name = "NAME=PATH", conflicts_with = "rev")]
    pub with_chart: Vec<String>,

    /// Only the services that match: a name, a path (product/namespace/app), or a pattern with * and **.
    #[arg(long = "app", value_name = "GLOB")]
    pub apps: Vec<String>,

    /// How differences are shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,

    /// Lines around each change.
    #[arg(short = 'U', long, value_name = "N", default_value = "3")]
    pub context: usize,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// Exit with 3 if there are differences.
    #[arg(long)]
    pub exit_code: bool,

    /// The options of every bake.
    #[command(flatten)]
    pub bake: BakeArgs,
}

/// How differences are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// A unified diff of each object.
    Text,
    /// A line per value: path: old -> new.
    Structural,
    /// For programs.
    Json,
    /// For a comment on a pull request.
    Markdown,
}

pub(super) fn run(args: &DiffArgs) -> Result<Exit> {
    let Some((old, new)) = states(args, &args.bake.options()?)? else { return Ok(Exit::Failure) };
    let sides = sides(old, new);
    let color = args.color.wanted();
    let format = match args.format {
        DiffFormat::Text => Format::Text { context: args.context, color },
        DiffFormat::Structural => Format::Structural { color },
        DiffFormat::Json => Format::Json,
        DiffFormat::Markdown => Format::Markdown,
    };
    output::print(show(&sides, format).as_bytes())?;
    Ok(if args.exit_code && !sides.is_empty() { Exit::Differences } else { Exit::Success })
}

/// Both states; `None` if bakes failed, which was reported.
fn states(args: &DiffArgs, options: &BakeOptions) -> Result<Option<(State, State)>> {
    let limits = &options.limits;
    if let [old, new] = args.folders.as_slice() {
        let label = |folder: &Path| format!("{}/", folder.display().to_string().trim_end_matches('/'));
        let old = state_of_folder(old, label(old), limits)?;
        return Ok(Some((old, state_of_folder(new, label(new), limits)?)));
    }
    if let [one] = args.folders.as_slice() {
        let one = one.display();
        return Err(Error::new(ErrorKind::Usage, format!("{one} alone cannot be compared")).with_hint(format!(
            "two folders: OLD NEW; a service in two stacks: --app {one} --stack dev --stack prod"
        )));
    }
    let project = args.project.find(Path::new("."))?;
    let both = |plan: &Plan| format!("{}/{}", plan.stack, plan.service);
    if let Some(rev) = &args.rev {
        let (old, new) = rev.split_once("..").map_or((rev.as_str(), None), |(old, new)| (old, Some(new)));
        let head = |rev: &str| if rev.is_empty() { "HEAD".to_owned() } else { rev.to_owned() };
        let (old, new) = (head(old), new.map(head));
        let was = at(&project, &old)?;
        let (is, label) = match &new {
            Some(new) => (at(&project, new)?, format!("{new}:")),
            None => (project, String::new()),
        };
        let (was, is) = ((&was, was.services()?), (&is, is.services()?));
        // a service or stack may exist on one side only
        let mut all = was.1.clone();
        all.add(is.1.clone());
        all.pick_stacks(&args.stacks)?;
        all.pick_apps(&args.apps)?;
        let side = |(project, found): (&Project, Services), label: String| {
            let stacks: Vec<String> =
                args.stacks.iter().filter(|s| *s == "all" || found.stacks.contains(s)).cloned().collect();
            let apps: Vec<String> =
                args.apps.iter().filter(|glob| found.clone().pick_apps(&[(*glob).clone()]).is_ok()).cloned().collect();
            if stacks.len() < args.stacks.len().min(1) || apps.len() < args.apps.len().min(1) {
                return Ok(Some(State { label, ..State::default() }));
            }
            bake(args, project, found, (&stacks, &apps), label, both, options)
        };
        let Some(before) = side(was, format!("{old}:"))? else { return Ok(None) };
        return Ok(side(is, label)?.map(|after| (before, after)));
    }
    let whole = |project: &Project, stacks: &[String], label: String, part: &(dyn Fn(&Plan) -> String + Sync)| {
        bake(args, project, project.services()?, (stacks, &args.apps), label, part, options)
    };
    if !args.with_chart.is_empty() {
        let mut other = project.clone();
        for pair in &args.with_chart {
            change_chart(&mut other, pair)?;
        }
        let Some(before) = whole(&project, &args.stacks, "a/".to_owned(), &both)? else { return Ok(None) };
        return Ok(whole(&other, &args.stacks, "b/".to_owned(), &both)?.map(|after| (before, after)));
    }
    let [old, new] = args.stacks.as_slice() else {
        return Err(Error::new(ErrorKind::Usage, "nothing to compare")
            .with_hint("two stacks: --stack dev --stack prod; a revision: --rev main; two folders: OLD NEW"));
    };
    let part = |plan: &Plan| plan.service.clone();
    let one = |stack: &String| whole(&project, std::slice::from_ref(stack), format!("{stack}/"), &part);
    let Some(before) = one(old)? else { return Ok(None) };
    Ok(one(new)?.map(|after| (before, after)))
}

fn bake(
    args: &DiffArgs,
    project: &Project,
    found: Services,
    (stacks, apps): (&[String], &[String]),
    label: String,
    part: impl Fn(&Plan) -> String + Sync,
    options: &BakeOptions,
) -> Result<Option<State>> {
    let options = Options { stacks: stacks.to_vec(), apps: apps.to_vec(), bake: options.clone(), ..Options::default() };
    let ready = Fleet::of(project, found, &options)?;
    let (state, failures) = state_of_fleet(&ready, label, part, &options.bake.limits);
    if failures.is_empty() {
        return Ok(Some(state));
    }
    fleet::failures(&failures, args.bake.error_format());
    output::warning(format_args!("Error: {} of {} bakes failed", failures.len(), ready.len()));
    Ok(None)
}

/// The project as it was at a revision.
fn at(project: &Project, revision: &str) -> Result<Project> {
    let files = Revision::open(project.root().unwrap_or(Path::new(".")), revision)?;
    Project::open_files(Arc::new(files), FILE_NAME)
}

/// Replaces one of the project's charts by another, for all services.
fn change_chart(project: &mut Project, pair: &str) -> Result<()> {
    let wrong = |text: String| Error::new(ErrorKind::Usage, text);
    let Some((name, path)) = pair.split_once('=') else {
        return Err(wrong(format!("invalid value '{pair}' for '--with-chart <NAME=PATH>': it must be NAME=PATH")));
    };
    if !project.config.charts.contains_key(name) {
        let known: Vec<&str> = project.config.charts.keys().map(String::as_str).collect();
        return Err(wrong(format!("no chart {name:?}; the charts are: {}", known.join(", "))));
    }
    let path = std::path::absolute(path).map_err(|e| wrong(format!("{path}: {e}")))?;
    let path = path.to_string_lossy().into_owned();
    let config = &mut project.config;
    let of_stacks = config.stacks.iter_mut().flat_map(|stacks| stacks.values_mut());
    let exceptions = of_stacks.chain(config.services.values_mut()).filter_map(|s| s.charts.as_mut());
    for charts in std::iter::once(&mut config.charts).chain(exceptions) {
        if let Some(entry) = charts.get_mut(name) {
            entry.path = Some(path.clone());
            entry.version = None;
        }
    }
    Ok(())
}
