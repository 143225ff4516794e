//! `bake pipeline diff`

use clap::Args;

use super::Selection;
use super::store::{DiffFormat, StoreArgs, plan, refuse_problems, show, title};
use crate::cli::flags::Color;
use crate::cli::{Exit, output};
use crate::error::Result;
use crate::pipeline::{Pipelines, drifted};

/// `bake pipeline diff`
#[derive(Clone, Debug, Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StoreArgs,

    /// How differences are shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: DiffFormat,

    /// The number of lines around each change.
    #[arg(long, value_name = "LINES", default_value = "3")]
    context: usize,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,

    /// Show what --prune would remove, too.
    #[arg(long)]
    prune: bool,

    /// Exit with 3 if something differs, or if somebody edited a live pipeline by hand.
    #[arg(long)]
    exit_code: bool,
}

pub(super) fn run(args: &DiffArgs) -> Result<Exit> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let marks = args.selection.marks(&pipelines)?;
    let store = pipelines.store(args.store.store.as_deref())?;
    let plan = plan(&pipelines, &args.selection, &marks, &*store, args.prune)?;
    refuse_problems(&plan)?;
    let runs = pipelines.runs()?;
    let drift = drifted(&plan, &runs);
    for live in drift.iter().filter_map(|action| action.before.as_ref()) {
        output::warning(format_args!("drift: {} was edited by hand{}", title(live), super::sync::by(live)));
    }
    output::print(show(&pipelines, &plan, args.format, args.context, args.color).as_bytes())?;
    let differs = plan.writes().next().is_some() || !drift.is_empty();
    Ok(if args.exit_code && differs { Exit::Differences } else { Exit::Success })
}
