//! `bake version`: the version, in the forms that programs ask a helm executable for.

use clap::Args;

use super::output;
use crate::chart::HELM_VERSION;
use crate::error::Result;

/// `bake version`
#[derive(Debug, Args)]
pub(super) struct VersionArgs {
    /// Print only the version of Helm.
    #[arg(long)]
    pub short: bool,

    /// Accepted as in Helm.
    #[arg(short = 'c', long, hide = true)]
    pub client: bool,
}

pub(super) fn run(args: &VersionArgs) -> Result<()> {
    let text = if args.short {
        format!("{HELM_VERSION}\n")
    } else {
        format!("bake {}, as Helm {HELM_VERSION}\n", env!("CARGO_PKG_VERSION"))
    };
    output::print(text.as_bytes())
}
