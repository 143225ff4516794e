//! `bake snapshot`: keeps the output of the project in files, and compares it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::diff::DiffFormat;
use super::flags::{BakeArgs, Color, ProjectArgs};
use super::table::count;
use super::{Exit, fleet, output};
use crate::diff::{Format, show};
use crate::error::Result;
use crate::project::compare::{State, sides, state_of_folder};
use crate::project::fleet::{Changes, Fleet, Options};
use crate::project::private_folder;

/// `bake snapshot`
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "The first run writes the snapshots. Later runs compare with them; --update accepts the new output.\n\
A snapshot is the tree of `bake fleet`. Commit it, and a review shows what a change of charts or values does.\n\n\
Exit codes: 0; 1 if a bake failed; 2 for wrong arguments; 3 for differences."
)]
pub(super) struct SnapshotArgs {
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The folder of the snapshots [default: snapshots in the project's folder].
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Accept the new output.
    #[arg(long)]
    pub update: bool,

    /// Write nothing, and treat missing snapshots as differences.
    #[arg(long, conflicts_with = "update")]
    pub ci: bool,

    /// How differences are shown.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// The options of every bake.
    #[command(flatten)]
    pub bake: BakeArgs,
}

pub(super) fn run(args: &SnapshotArgs) -> Result<Exit> {
    let project = args.project.find(Path::new("."))?;
    let folder = args.dir.clone().unwrap_or_else(|| match project.root() {
        Some(root) if root != Path::new(".") => root.join("snapshots"),
        _ => PathBuf::from("snapshots"),
    });
    let bake = args.bake.options()?;
    let limits = bake.limits.clone();
    let ready = Fleet::new(&project, &Options { bake, ..Options::default() })?;
    ready.warnings().iter().for_each(|text| output::warning(format_args!("warning: {text}")));
    let write = args.update || (!args.ci && !folder.exists());
    let (scratch, tree);
    let (target, other) = if write {
        (folder.as_path(), None)
    } else {
        scratch = private_folder(&std::env::temp_dir(), "bake-")?;
        tree = scratch.path().join("tree");
        (tree.as_path(), Some(&folder))
    };
    let written = ready.write(target, &|_| {})?;
    if !written.failures.is_empty() {
        fleet::failures(&written.failures, args.bake.error_format());
        output::warning(format_args!("Error: {} of {} bakes failed", written.failures.len(), ready.len()));
        return Ok(Exit::Failure);
    }
    let files = count(written.index.files.len(), "snapshot");
    let Some(folder) = other else {
        let Changes { changed, removed } = &written.changes;
        let text = format!("{files} in {}: {} written, {} removed\n", folder.display(), changed.len(), removed.len());
        output::print(text.as_bytes())?;
        return Ok(Exit::Success);
    };
    let changes = crate::project::fleet::compare(folder, &written.index)?;
    if changes == Changes::default() {
        output::print(format!("{files} in {}: unchanged\n", folder.display()).as_bytes())?;
        return Ok(Exit::Success);
    }
    let old = if folder.exists() { state_of_folder(folder, "snapshot:", &limits)? } else { State::default() };
    let sides = sides(old, state_of_folder(target, "", &limits)?);
    let color = args.color.wanted();
    let format = match args.format {
        DiffFormat::Text => Format::Text { context: 3, color },
        DiffFormat::Structural => Format::Structural { color },
        DiffFormat::Json => Format::Json,
        DiffFormat::Markdown => Format::Markdown,
    };
    output::print(show(&sides, format).as_bytes())?;
    for path in changes.changed.iter().chain(&changes.removed).filter(|_| sides.is_empty()) {
        output::print(format!("{path}: formatted differently, with the same content\n").as_bytes())?;
    }
    let advice = if args.ci { "" } else { "; --update accepts them" };
    let differ = count(changes.changed.len() + changes.removed.len(), "snapshot");
    output::warning(format_args!("{differ} in {} differ{advice}", folder.display()));
    Ok(Exit::Differences)
}
