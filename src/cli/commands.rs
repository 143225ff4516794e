//! The command line as data: the subcommands and their help.

use clap::{Command as Clap, CommandFactory, Parser, Subcommand};

use super::app::AppArgs;
use super::flags::pflag;
use super::template::TemplateArgs;

/// Turn a service's values, or any Helm chart, into Kubernetes manifests.
#[derive(Debug, Parser)]
#[command(
    name = "bake",
    version,
    about,
    long_about = "Turn a service's values, or any Helm chart, into Kubernetes manifests.\n\n\
        `bake APP --stack STACK` bakes a service: APP is a folder with values.yaml and STACK-values.yaml, and both \
        built-in charts are printed, workload first. `bake template` is `helm template`.",
    after_help = "Exit codes: 0; 1 for a failure; 2 for wrong arguments; 3 for differences (diff --exit-code, \
    fleet --check, snapshot, pipeline diff --exit-code). `bake template` fails with 1 only, as Helm does.",
    args_conflicts_with_subcommands = true,
    args_override_self = true
)]
pub(super) struct Cli {
    /// The command; without one, bake a service.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The service to bake.
    #[command(flatten)]
    pub app: AppArgs,
}

impl Cli {
    /// The parser, with boolean flags that behave like those of Helm's flag library.
    pub(super) fn parser() -> Clap {
        pflag::helm_switches(Cli::command())
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Render a chart as `helm template` does: same flags, same bytes.
    Template(Box<TemplateArgs>),
    /// Show the services of the project, their stacks and their layers.
    List(super::list::ListArgs),
    /// Bake all services, stacks and charts in parallel into one folder.
    Fleet(Box<super::fleet::FleetArgs>),
    /// Show the merged values of a service, where each came from, and which change nothing.
    Values(Box<super::values::ShowValuesArgs>),
    /// Show what differs between two stacks, revisions, charts or folders, object by object.
    Diff(Box<super::diff::DiffArgs>),
    /// Keep the output of the project in files, and show what changed since.
    Snapshot(Box<super::snapshot::SnapshotArgs>),
    /// Print the completions for a shell.
    Completions(super::completions::CompletionsArgs),
    /// Print the version of bake, and with --short the version of Helm that `bake template` answers as.
    Version(super::version::VersionArgs),
    /// Print the manual page.
    Man(super::completions::ManArgs),

    /// Find mistakes in the values of services and in the objects that they render to.
    #[command(long_about = super::lint::LONG_ABOUT)]
    Lint(Box<super::lint::LintArgs>),

    /// Print the JSON schema of a chart's values.
    #[command(long_about = super::schema::LONG_ABOUT)]
    Schema(super::schema::SchemaArgs),

    /// Write the built-in charts as folders that Helm reads.
    Charts(super::charts::ChartsArgs),

    /// Create the values files of a new service.
    #[command(long_about = super::init::LONG_ABOUT)]
    Init(super::init::InitArgs),

    /// Bake one request of a "Bake (Manifest)" stage, as `bake serve` does.
    Stage(Box<super::stage::StageArgs>),

    /// Make Spinnaker pipelines of services from templates; compare, check and save them.
    #[cfg(feature = "pipeline")]
    Pipeline(Box<super::pipeline::PipelineArgs>),

    /// Serve the "Bake (Manifest)" stage of Spinnaker over HTTP.
    #[cfg(feature = "server")]
    Serve(Box<super::serve::ServeArgs>),
}
