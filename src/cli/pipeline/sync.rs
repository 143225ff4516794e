//! `bake pipeline sync`, `rollback`, `history` and `pull`.

use std::fmt::Write as _;
use std::path::PathBuf;

use ::pipeline::check::Severity;
use ::pipeline::diff::Diff;
use ::pipeline::store::{Folder, Store};
use ::pipeline::sync::{Action, ActionKind, ApplyOptions, Outcome, Plan, apply};
use ::pipeline::{Json, Pipeline};
use clap::Args;
use indexmap::IndexSet;
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::Selection;
use super::store::{StoreArgs, applications, live, plan, refuse_problems, summary, title, wait};
use crate::cli::table::{columns, count};
use crate::cli::{Exit, output};
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::{Pipelines, drifted};

/// `bake pipeline sync`
#[derive(Clone, Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(super) struct SyncArgs {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StoreArgs,

    /// Say what would be saved, and save nothing.
    #[arg(long)]
    dry_run: bool,

    /// Remove pipelines that this project made and no template makes any more.
    #[arg(long)]
    prune: bool,

    /// Overwrite what somebody edited by hand, and what is changed while the sync runs.
    #[arg(long)]
    force: bool,

    /// Save without the checks of `bake pipeline lint`.
    #[arg(long)]
    no_check: bool,

    /// Do not run the bake stages in the checks.
    #[arg(long)]
    no_bake: bool,
}

/// `bake pipeline rollback`
#[derive(Clone, Debug, Args)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StoreArgs,

    /// The run to take back [default: the last]. `bake pipeline history` shows the runs.
    run: Option<u64>,

    /// Go back to a version of the store's history instead: 1 is the one before the live one. Needs one pipeline.
    #[arg(long, value_name = "NUMBER", conflicts_with = "run")]
    version: Option<usize>,

    /// Say what would be saved, and save nothing.
    #[arg(long)]
    dry_run: bool,

    /// Overwrite what was changed since.
    #[arg(long)]
    force: bool,
}

/// `bake pipeline history`
#[derive(Clone, Debug, Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StoreArgs,

    /// The most versions of a pipeline.
    #[arg(long, value_name = "NUMBER", default_value = "20")]
    limit: usize,
}

/// `bake pipeline pull`
#[derive(Clone, Debug, Args)]
pub(super) struct PullArgs {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StoreArgs,

    /// The folder, in which each pipeline becomes APPLICATION/NAME.json.
    #[arg(short = 'o', long, value_name = "DIR")]
    output: PathBuf,

    /// The applications [default: those of the services].
    #[arg(long = "application", value_name = "NAME")]
    applications: Vec<String>,
}

pub(super) fn run(args: &SyncArgs) -> Result<Exit> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let marks = args.selection.marks(&pipelines)?;
    if !args.no_check {
        let findings = pipelines.lint(&marks, !args.no_bake)?;
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        if !errors.is_empty() {
            output::warning(super::lint::text(&findings, marks.len()).trim_end());
            let text = format!("nothing is saved: the checks found {}", count(errors.len(), "error"));
            return Err(Error::new(ErrorKind::Conflict, text).with_hint("--no-check saves without them"));
        }
    }
    let store = pipelines.store(args.store.store.as_deref())?;
    let mut plan = plan(&pipelines, &args.selection, &marks, &*store, args.prune)?;
    refuse_problems(&plan)?;
    let drift: IndexSet<String> = drifted(&plan, &pipelines.runs()?).into_iter().filter_map(id).collect();
    for action in plan.actions.iter().filter(|action| id(action).is_some_and(|id| drift.contains(&id))) {
        let live = action.before.as_ref();
        let text = live.map(|live| format!("{} was edited by hand{}", title(live), by(live))).unwrap_or_default();
        output::warning(format_args!("drift: {text}"));
    }
    for action in plan.writes() {
        let side = action.after.as_ref().or(action.before.as_ref());
        let changes = match (action.diff.changes.len(), action.kind) {
            (_, ActionKind::Create | ActionKind::Prune) => String::new(),
            (number, _) => format!(": {}", count(number, "change")),
        };
        output::print(format!("{} {}{changes}\n", action.kind.name(), side.map(title).unwrap_or_default()).as_bytes())?;
    }
    output::print(format!("{}: {}\n", store.name(), summary(&plan)).as_bytes())?;
    let is_drift = !drift.is_empty();
    if is_drift && !args.force {
        plan.actions.retain(|action| id(action).is_none_or(|id| !drift.contains(&id)));
        output::warning("hint: what was edited by hand is left alone; --force overwrites it");
    }
    if args.dry_run {
        return Ok(if is_drift { Exit::Differences } else { Exit::Success });
    }
    let exit = write(&pipelines, &*store, &plan, "sync", args.force)?;
    Ok(if is_drift && !args.force && exit == Exit::Success { Exit::Differences } else { exit })
}

/// The id of the live pipeline of an action.
fn id(action: &Action) -> Option<String> {
    action.before.as_ref()?.id().map(str::to_owned)
}

/// Who changed a pipeline last, as far as the server says.
pub(super) fn by(live: &Pipeline) -> String {
    let who = live.get("lastModifiedBy").and_then(Json::as_str);
    who.map(|who| format!(" (last by {who})")).unwrap_or_default()
}

/// Runs a plan, with a bar that shows how far it is.
fn write(pipelines: &Pipelines<'_>, store: &dyn Store, plan: &Plan, what: &str, force: bool) -> Result<Exit> {
    let total = plan.writes().count();
    if total == 0 {
        return Ok(Exit::Success);
    }
    let mut journal = pipelines.journal()?;
    let mut options = ApplyOptions::default();
    options.title = format!("{what} {}", pipelines.catalog().project);
    options.force = force;
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let mut progress = |done: usize, _: usize| bar.set_position(done as u64);
    let report = wait(apply(store, plan, Some(&mut journal), &options, &mut progress));
    bar.finish_and_clear();
    let report = report?;
    let (mut saved, mut failed) = (0, 0);
    for (action, (_, outcome)) in plan.writes().zip(&report.results) {
        let name = action.after.as_ref().or(action.before.as_ref()).map(title).unwrap_or_default();
        let why = match outcome {
            Outcome::Saved | Outcome::Removed => {
                saved += 1;
                continue;
            }
            Outcome::Conflict(why) => format!("changed meanwhile: {why}"),
            Outcome::Refused(why) => format!("refused: {why}"),
            Outcome::Unseen => "the store took it, but does not show it".to_owned(),
        };
        failed += 1;
        output::warning(format_args!("error: {name}: {why}"));
    }
    let rest = if failed > 0 { format!(", {failed} not") } else { String::new() };
    output::print(format!("{} saved{rest}\n", count(saved, "pipeline")).as_bytes())?;
    Ok(if failed > 0 || !report.is_complete() { Exit::Failure } else { Exit::Success })
}

pub(super) fn rollback(args: &RollbackArgs) -> Result<Exit> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let store = pipelines.store(args.store.store.as_deref())?;
    let plan = if let Some(version) = args.version {
        to_version(args, &pipelines, &*store, version)?
    } else {
        let runs = pipelines.runs()?;
        let found = match args.run {
            Some(number) => runs.iter().find(|run| run.number == number),
            None => runs.last(),
        };
        let Some(found) = found else {
            let error = Error::new(ErrorKind::Usage, "the journal has no such run");
            return Err(error.with_hint("`bake pipeline history` shows the runs"));
        };
        let mut names = applications(&pipelines);
        let sides = found.entries.iter().flat_map(|entry| entry.before.iter().chain(&entry.after));
        names.extend(sides.map(|pipeline| pipeline.application().to_owned()));
        Plan::back(found, &live(&*store, names)?.pipelines)
    };
    for action in plan.writes() {
        let side = action.after.as_ref().or(action.before.as_ref());
        let word = match action.kind {
            ActionKind::Prune => "remove",
            ActionKind::Create => "restore",
            _ => "take back",
        };
        output::print(format!("{word} {}\n", side.map(title).unwrap_or_default()).as_bytes())?;
    }
    if plan.writes().next().is_none() {
        output::print(b"nothing to take back\n")?;
    }
    if args.dry_run { Ok(Exit::Success) } else { write(&pipelines, &*store, &plan, "rollback", args.force) }
}

/// The plan that brings back an older version of one pipeline.
fn to_version(args: &RollbackArgs, pipelines: &Pipelines<'_>, store: &dyn Store, version: usize) -> Result<Plan> {
    let live = one(args, pipelines, store)?;
    let id = live.id().unwrap_or_default().to_owned();
    let versions = wait(store.history(&id, version + 1))?;
    let Some(old) = versions.get(version) else {
        let text = format!("{} has {} in {}", title(&live), count(versions.len(), "version"), store.name());
        return Err(Error::new(ErrorKind::Usage, text));
    };
    let action = Action {
        kind: ActionKind::Update,
        mark: live.mark().unwrap_or_default(),
        diff: Diff::of(Some(&live), Some(old)),
        before: Some(live),
        after: Some(old.clone()),
    };
    let mut plan = Plan::default();
    if !action.diff.is_empty() {
        plan.actions.push(action);
    }
    Ok(plan)
}

/// The one live pipeline that is selected.
fn one(args: &RollbackArgs, pipelines: &Pipelines<'_>, store: &dyn Store) -> Result<Pipeline> {
    let found = selected(&args.selection, pipelines, store)?;
    match <[Pipeline; 1]>::try_from(found) {
        Ok([one]) => Ok(one),
        Err(many) => {
            let names: Vec<String> = many.iter().take(5).map(title).collect();
            let text = format!("--version needs one pipeline, not {} ({})", many.len(), names.join(", "));
            Err(Error::new(ErrorKind::Usage, text).with_hint("choose it with --service, --stack and --template"))
        }
    }
}

/// The live pipelines of the selected marks.
fn selected(selection: &Selection, pipelines: &Pipelines<'_>, store: &dyn Store) -> Result<Vec<Pipeline>> {
    let marks = selection.marks(pipelines)?;
    let mut all = live(store, applications(pipelines))?.pipelines;
    all.retain(|pipeline| pipeline.mark().is_some_and(|mark| marks.contains(&mark)));
    Ok(all)
}

pub(super) fn history(args: &HistoryArgs) -> Result<()> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let store = pipelines.store(args.store.store.as_deref())?;
    let mut text = String::new();
    if args.selection.is_all() {
        let mut rows = vec![["RUN", "WHAT", "PIPELINES", "STATE"].map(str::to_owned).to_vec()];
        for run in pipelines.runs()? {
            let state = if run.finished { "done".to_owned() } else { format!("cut off after {}", run.done.len()) };
            rows.push(vec![run.number.to_string(), run.title.clone(), run.entries.len().to_string(), state]);
        }
        text.push_str(&columns(&rows));
        return output::print(text.as_bytes());
    }
    for live in selected(&args.selection, &pipelines, &*store)? {
        let _ = writeln!(text, "{}", title(&live));
        let versions = wait(store.history(live.id().unwrap_or_default(), args.limit))?;
        if versions.is_empty() {
            let _ = writeln!(text, "  {} keeps no versions; the journal has the runs of this project", store.name());
        }
        let mut rows = Vec::new();
        for (number, version) in versions.iter().enumerate() {
            let of = |key: &str| match version.get(key) {
                Some(Json::String(text)) => text.clone(),
                Some(Json::Null) | None => "-".to_owned(),
                Some(other) => other.to_string(),
            };
            let changes = versions.get(number + 1).map(|older| Diff::of(Some(older), Some(version)).changes.len());
            let changes = changes.map_or_else(|| "-".to_owned(), |number| count(number, "change"));
            rows.push(vec![format!("  {number}"), of("updateTs"), of("lastModifiedBy"), changes]);
        }
        text.push_str(&columns(&rows));
    }
    output::print(text.as_bytes())
}

pub(super) fn pull(args: &PullArgs) -> Result<()> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let store = pipelines.store(args.store.store.as_deref())?;
    let names: IndexSet<String> = if args.applications.is_empty() {
        applications(&pipelines)
    } else {
        args.applications.iter().cloned().collect()
    };
    let mut all = live(&*store, names.clone())?.pipelines;
    all.retain(|pipeline| names.iter().any(|name| name.eq_ignore_ascii_case(pipeline.application())));
    if !args.selection.is_all() {
        let marks = args.selection.marks(&pipelines)?;
        all.retain(|pipeline| pipeline.mark().is_some_and(|mark| marks.contains(&mark)));
    }
    let saved = wait(Folder::new(&args.output).save(&all))?;
    let refused: Vec<String> = saved.iter().filter_map(|saved| saved.refused.clone()).collect();
    if let Some(first) = refused.first() {
        return Err(Error::new(ErrorKind::Store, format!("{} not written: {first}", count(refused.len(), "pipeline"))));
    }
    output::print(
        format!("{} from {} in {}\n", count(all.len(), "pipeline"), store.name(), args.output.display()).as_bytes(),
    )
}
