//! What the commands with a store share.

use ::pipeline::store::{Listing, Store};
use ::pipeline::sync::{Action, ActionKind, Plan};
use ::pipeline::{Mark, Pipeline, diff};
use clap::{Args, ValueEnum};
use indexmap::IndexSet;

use super::{Selection, render};
use crate::cli::flags::Color;
use crate::cli::output;
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::Pipelines;

/// Which store.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct StoreArgs {
    /// Where pipelines are saved: a folder, front50:ADDRESS or gate:ADDRESS [default: pipelines.store in bake.yaml, or the folder
    /// spinnaker].
    #[arg(long, value_name = "STORE", help_heading = "Store")]
    pub store: Option<String>,
}

/// How differences are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// Each pipeline as YAML, with context.
    Text,
    /// One line per change; the same change of many pipelines once.
    Structural,
    /// For programs.
    Json,
    /// For a comment on a pull request; what does not fit is counted.
    Markdown,
}

/// Waits for a store.
///
/// Errors: those of the work; threads cannot be made.
pub(super) fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::new(ErrorKind::Io, format!("no runtime for the store: {error}")))?;
    runtime.block_on(work)
}

/// The live pipelines of the applications of these pipelines, and those of the project's marks among them.
pub(super) fn live(store: &dyn Store, applications: IndexSet<String>) -> Result<Listing> {
    let applications: Vec<String> = applications.into_iter().collect();
    let listing = wait(store.list(&applications))?;
    for poison in &listing.poison {
        output::warning(format_args!("warning: {}: {} cannot be read: {}", store.name(), poison.key, poison.reason));
    }
    Ok(listing)
}

/// The applications of all services, so that pipelines that no template makes any more are found.
pub(super) fn applications(pipelines: &Pipelines<'_>) -> IndexSet<String> {
    let services = pipelines.catalog().services.values();
    let name = |s: &::pipeline::catalog::Service| {
        if s.application.is_empty() { s.name.clone() } else { s.application.clone() }
    };
    services.map(name).collect()
}

/// The plan of a sync of the selected pipelines.
pub(super) fn plan(
    pipelines: &Pipelines<'_>,
    selection: &Selection,
    marks: &[Mark],
    store: &dyn Store,
    prune: bool,
) -> Result<Plan> {
    let wanted = render::all(pipelines, marks)?;
    let mut names = applications(pipelines);
    names.extend(wanted.iter().map(|wanted| wanted.pipeline.application().to_owned()));
    let listing = live(store, names)?;
    let fits = |mark: &Mark| selection.fits_stray(mark);
    let mut plan = pipelines.plan(wanted, &listing.pipelines, prune, fits)?;
    plan.poison = listing.poison;
    Ok(plan)
}

/// The differences of a plan as text.
pub(super) fn show(pipelines: &Pipelines<'_>, plan: &Plan, format: DiffFormat, context: usize, color: Color) -> String {
    let shown: Vec<diff::Shown> = plan.actions.iter().map(|action| subject(pipelines, action)).collect();
    let color = color.wanted();
    let format = match format {
        DiffFormat::Text => diff::Format::Text { context, color },
        DiffFormat::Structural => diff::Format::Structural { color },
        DiffFormat::Json => diff::Format::Json,
        DiffFormat::Markdown => diff::Format::Markdown { limit: diff::MARKDOWN_LIMIT },
    };
    diff::show(&shown, format)
}

fn subject(pipelines: &Pipelines<'_>, action: &Action) -> diff::Shown {
    let side = action.after.as_ref().or(action.before.as_ref());
    let record = pipelines.catalog().services.get(&action.mark.service);
    let own = [
        ("service", action.mark.service.clone()),
        ("app", record.map(|record| record.name.clone()).unwrap_or_default()),
        ("namespace", record.map(|record| record.namespace.clone()).unwrap_or_default()),
        ("stack", action.mark.stack.clone()),
    ];
    let own = own.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), text));
    diff::Shown {
        subject: diff::Subject {
            name: side.map(title).unwrap_or_default(),
            own: own.collect(),
            diff: action.diff.clone(),
        },
        old: action.before.clone(),
        new: action.after.clone(),
    }
}

/// What people call a pipeline.
pub(super) fn title(pipeline: &Pipeline) -> String {
    format!("{}/{}", pipeline.application(), pipeline.name())
}

/// `2 to create, 1 to update, 5 unchanged`.
pub(super) fn summary(plan: &Plan) -> String {
    let words = [
        (ActionKind::Create, "to create"),
        (ActionKind::Adopt, "to adopt"),
        (ActionKind::Update, "to update"),
        (ActionKind::Rename, "to rename"),
        (ActionKind::Prune, "to remove"),
        (ActionKind::Stray, "that no template makes any more (--prune removes them)"),
        (ActionKind::Keep, "unchanged"),
    ];
    let parts = words.into_iter().map(|(kind, text)| (plan.count(kind), text)).filter(|(number, _)| *number > 0);
    let parts: Vec<String> = parts.map(|(number, text)| format!("{number} {text}")).collect();
    if parts.is_empty() { "no pipelines".to_owned() } else { parts.join(", ") }
}

/// What must be mended before a sync.
///
/// Errors: the first problem; the others are printed.
pub(super) fn refuse_problems(plan: &Plan) -> Result<()> {
    let Some((first, more)) = plan.problems.split_first() else { return Ok(()) };
    for problem in more {
        output::warning(format_args!("error: {}: {}", problem.pipelines.join(", "), problem.message));
    }
    Err(Error::new(ErrorKind::Conflict, format!("{}: {}", first.pipelines.join(", "), first.message)))
}
