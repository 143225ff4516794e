//! `bake init [DIR]`: creates the values files of a new service.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output;
use crate::error::Result;
use crate::project::Start;

/// The first paragraph of the help.
pub(super) const LONG_ABOUT: &str = "Create the values files of a new service: values.yaml for all stacks, and prod-values.yaml for what differs in \
production. The service can be baked right away.\n\n\
The first line of each file names the JSON schema for editors: the nearest values.schema.json above the service, so \
that services can share one. If there is none, it is written beside the values.";

/// `bake init [DIR]`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
        bake init deploy-values/shop/web/frontend --image registry.example/shop/frontend:1.4.0\n  \
        bake init jobs/report --kind CronJob\n  \
        bake init web --schema deploy-values/values.schema.json     one schema for all services\n  \
        bake web --stack prod                                       bake what was started")]
pub(super) struct InitArgs {
    /// The folder of the service. Its name becomes the name of the service.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// The image; its tag becomes `version`.
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,

    /// The port that the container listens on.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), default_value = "8080")]
    pub port: u16,

    /// The kind of the workload.
    #[arg(long, value_name = "KIND", default_value = "Deployment", ignore_case = true)]
    pub kind: Kind,

    /// The schema file that the values files name. It is written if it does not exist.
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,

    /// Replace files that exist.
    #[arg(long)]
    pub force: bool,
}

/// The kind of the workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
#[allow(missing_docs)] // the names are those of Kubernetes
pub(super) enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
    Job,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Deployment => "Deployment",
            Kind::StatefulSet => "StatefulSet",
            Kind::DaemonSet => "DaemonSet",
            Kind::CronJob => "CronJob",
            Kind::Job => "Job",
        }
    }
}

pub(super) fn run(args: &InitArgs) -> Result<()> {
    let start = Start {
        image: args.image.clone(),
        port: args.port,
        kind: args.kind.name().to_owned(),
        schema: args.schema.clone(),
        replace: args.force,
    };
    output::wrote(start.write(&args.dir)?.into_iter())
}
