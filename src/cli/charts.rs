//! `bake charts DIR`: writes the built-in charts as folders that Helm reads.

use std::path::PathBuf;

use clap::Args;

use super::output;
use crate::bake::Chart;
use crate::error::Result;
use crate::project;

/// `bake charts DIR`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
        bake charts charts                                  charts/workload and charts/service\n  \
        helm template web charts/workload -f values.yaml    the same output as from bake")]
pub(super) struct ChartsArgs {
    /// The folder for the charts. Existing files of the charts are replaced, other files are kept.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

pub(super) fn run(args: &ChartsArgs) -> Result<()> {
    let mut files = Vec::new();
    for name in Chart::builtin_names() {
        let folder = args.dir.join(name);
        let all = Chart::builtin_files(name)?;
        files.extend(all.into_iter().map(|file| (folder.join(&file.name), file.data.as_bytes().to_vec())));
    }
    project::write_files(&files)?;
    output::wrote(Chart::builtin_names().map(|name| args.dir.join(name)))
}
