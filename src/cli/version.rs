//! `bake version`: the version, in the forms that programs ask a helm executable for.

use clap::Args;

use super::output;
use crate::error::Result;

/// The version of Helm that `bake template` answers as.
const HELM: &str = "v3.22.0";

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
    let text =
        if args.short { format!("{HELM}\n") } else { format!("bake {}, as Helm {HELM}\n", env!("CARGO_PKG_VERSION")) };
    output::print(text.as_bytes())
}
