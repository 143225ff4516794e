//! The command line as data: what can be said, and what each flag means.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Command as Clap, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use super::init::InitArgs;
pub use super::lint::LintArgs;
use super::pflag;
pub use super::schema::SchemaArgs;
#[cfg(feature = "server")]
pub use super::serve::ServeArgs;
pub use super::stage::{Overrides, StageArgs};
use crate::limits::Limits;
use crate::project::{Project, Service, Services};

/// Turn a service's values, or any Helm chart, into Kubernetes manifests.
#[derive(Debug, Parser)]
#[command(
    name = "bake",
    version,
    about,
    long_about = "Turn a service's values, or any Helm chart, into Kubernetes manifests.\n\n\
        `bake APP --stack STACK` bakes a service: APP is a folder with values.yaml and STACK-values.yaml, and both \
        built-in charts are printed, workload first. `bake template` is `helm template`.",
    after_help = "Exit codes: 0; 1 for a failure; 2 for wrong arguments; 3 for differences that were asked for \
        (diff --exit-code, fleet --check, snapshot). `bake template` fails with 1 alone, as Helm does.",
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do; without it, a service is baked.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The service to bake.
    #[command(flatten)]
    pub app: AppArgs,
}

impl Cli {
    /// The parser, with switches as Helm's flag library has them: `--no-hooks`, `--no-hooks=true`, `--no-hooks=false`.
    /// In `bake template`, what follows any other flag is its value, be it `--debug`.
    pub fn parser() -> Clap {
        lenient(Cli::command())
    }
}

impl TemplateArgs {
    /// Reads a command line from the word `template` on. None where it is wrong or asks for help: [`Cli::parser`] has the
    /// texts. Its flags for all the other commands would be a part of what a small bake takes.
    pub(super) fn read(words: &[OsString]) -> Option<TemplateArgs> {
        let command = lenient(TemplateArgs::augment_args(Clap::new("template")));
        let matches = command.try_get_matches_from(words).ok()?;
        TemplateArgs::from_arg_matches(&matches).ok()
    }
}

/// A command with switches that take a value.
fn lenient(command: Clap) -> Clap {
    let like_helm = command.get_name() == "template";
    command
        .mut_args(move |arg| match arg.get_action() {
            ArgAction::SetTrue => arg
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .value_parser(pflag::bool)
                .default_missing_value("true")
                .default_value("false")
                .value_name("BOOL")
                .hide_default_value(true)
                .hide_possible_values(true),
            ArgAction::Set | ArgAction::Append if like_helm && !arg.is_positional() && !arg.is_require_equals_set() => {
                arg.allow_hyphen_values(true)
            }
            _ => arg,
        })
        .mut_subcommands(lenient)
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render a chart as `helm template` does: same flags, same bytes.
    Template(Box<TemplateArgs>),
    /// Show the services of the project, their stacks and their layers.
    List(super::list::ListArgs),
    /// Bake all services, stacks and charts in parallel into one folder.
    Fleet(Box<super::fleet::FleetArgs>),
    /// Show the merged values of a service, where each came from, and which change nothing.
    Values(Box<super::show_values::ShowValuesArgs>),
    /// Show what differs between two stacks, revisions, charts or folders, object by object.
    Diff(Box<super::diff::DiffArgs>),
    /// Keep what the project bakes in files, and show what changed since.
    Snapshot(Box<super::snapshot::SnapshotArgs>),
    /// Print the completions for a shell.
    Completions(super::completions::CompletionsArgs),
    /// Print the manual page.
    Man(super::completions::ManArgs),

    /// Look for mistakes in the values of services and in what they bake to.
    #[command(long_about = super::lint::LONG_ABOUT)]
    Lint(Box<LintArgs>),

    /// Print the JSON schema of a chart's values.
    #[command(long_about = super::schema::LONG_ABOUT)]
    Schema(SchemaArgs),

    /// Start the values of a new service.
    #[command(long_about = super::init::LONG_ABOUT)]
    Init(InitArgs),

    /// Bake one request of a pipeline's "Bake (Manifest)" stage, as the service does.
    Stage(Box<StageArgs>),

    /// Serve the "Bake (Manifest)" stage of Spinnaker's pipelines over HTTP.
    #[cfg(feature = "server")]
    Serve(Box<ServeArgs>),
}

/// How errors are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// Helm's own line.
    Helm,
    /// Helm's line, then the place, the include chain and the origin of the value.
    Full,
    /// One line of JSON: kind, message, file, line, column, chain, origin, hint, limit.
    Json,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that can show them, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether standard output gets colours.
    #[allow(clippy::disallowed_methods)] // the command passes what the library may not read
    pub(super) fn wanted(self) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                std::io::stdout().is_terminal() && !no_color && !dumb
            }
        }
    }
}

/// `bake [APP] --stack STACK`
#[derive(Debug, Args)]
#[command(next_help_heading = "Bake a service")]
pub struct AppArgs {
    /// The service: its folder, with values.yaml and STACK-values.yaml, or its name in the project.
    #[arg(default_value = ".")]
    pub app: PathBuf,

    /// The project it is in.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The stack: its values are STACK-values.yaml.
    #[arg(short = 's', long)]
    pub stack: Option<String>,

    /// The charts to bake: one of the project, workload, service, or a path [default: all of the project].
    #[arg(short = 'c', long = "chart", value_name = "CHART")]
    pub charts: Vec<String>,

    /// The name of the service [default: the folder's name].
    #[arg(long)]
    pub name: Option<String>,

    /// The namespace [default: the folder above, in the layout PRODUCT/NAMESPACE/APP].
    #[arg(short = 'n', long)]
    pub namespace: Option<String>,

    /// Write a file per object into this folder, instead of printing. Other files in it stay.
    #[arg(short = 'o', long, value_name = "DIR")]
    pub output: Option<PathBuf>,

    /// How errors are printed [default: full].
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,

    /// Layers on top of the stack's.
    #[command(flatten)]
    pub values: ValuesArgs,

    /// What the cluster can do.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// What the bake may use.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// Which project.
#[derive(Clone, Debug, Default, Args)]
pub struct ProjectArgs {
    /// The project's bake.yaml, or its folder [default: the nearest bake.yaml upwards].
    #[arg(long, value_name = "PATH")]
    pub project: Option<PathBuf>,
}

impl ProjectArgs {
    /// The project: the one that was said, or the one that `from` is in.
    pub fn find(&self, from: &Path) -> crate::error::Result<Project> {
        match &self.project {
            Some(path) => Project::open(path),
            None => Project::find(from),
        }
    }

    /// The project of a service, and the service: its folder, or its name in the project of the current folder.
    pub fn service(&self, app: &Path) -> crate::error::Result<(Project, Service)> {
        if app.is_dir() || app.components().count() == 0 {
            let project = self.find(app)?;
            let service = project.service_at(app)?;
            return Ok((project, service));
        }
        let project = self.find(Path::new("."))?;
        let service = project.service_named(&app.to_string_lossy())?;
        Ok((project, service))
    }

    /// The services that paths mean, with their projects: each the services of a folder, or one by its name in the project
    /// of the current folder. Without any, the service of the current folder, or else the whole project.
    pub fn services(&self, paths: &[PathBuf]) -> crate::error::Result<Vec<(Project, Services)>> {
        let here = Path::new(".");
        if paths.is_empty() {
            let project = self.find(here)?;
            let mut found = project.services()?;
            if let Some(own) = project.service_at(here).ok().filter(|own| found.services.contains(own)) {
                found.services = vec![own];
            } else if found.services.is_empty() {
                found = project.services_in(here)?;
            }
            return Ok(vec![(project, found)]);
        }
        let mut all: Vec<(Project, Services)> = Vec::new();
        for path in paths {
            let (project, found) = if path.is_dir() {
                let project = self.find(path)?;
                let found = project.services_in(path)?;
                (project, found)
            } else {
                let project = self.find(here)?;
                let mut found = project.services()?;
                found.services = vec![project.service_named(&path.to_string_lossy())?];
                (project, found)
            };
            let root = |project: &Project| project.root().and_then(|root| root.canonicalize().ok());
            match all.iter_mut().find(|(known, _)| root(known) == root(&project)) {
                Some((_, known)) => known.add(found),
                None => all.push((project, found)),
            }
        }
        Ok(all)
    }
}

/// Limits that are not the default ones.
#[derive(Clone, Debug, Default, Args)]
pub struct LimitArgs {
    /// Raise or lower a limit; the error of a limit says its name. VALUE may end in Ki, Mi or Gi, or be `none`.
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limit)]
    pub limit: Vec<(String, u64)>,
}

impl LimitArgs {
    /// The limits of a bake.
    pub fn limits(&self) -> Limits {
        self.limits_on(Limits::helm())
    }

    /// These limits, with what was said on top.
    pub fn limits_on(&self, mut limits: Limits) -> Limits {
        for (name, value) in &self.limit {
            limits.set(name, *value);
        }
        limits
    }
}

/// `NAME=VALUE`
fn limit(text: &str) -> Result<(String, u64), String> {
    let (name, value) = text.split_once('=').ok_or("it must be NAME=VALUE")?;
    if !Limits::default().set(name, 0) {
        let names: Vec<_> = Limits::names().collect();
        return Err(format!("there is no limit {name:?}; the limits are {}", names.join(", ")));
    }
    Ok((name.to_owned(), size(value)?))
}

/// A number that may end in Ki, Mi or Gi, or `none`.
pub(super) fn size(value: &str) -> Result<u64, String> {
    let units = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("", 0)];
    let (digits, shift) =
        units.iter().find_map(|(unit, shift)| Some((value.strip_suffix(unit)?, *shift))).unwrap_or((value, 0));
    match digits.parse::<u64>() {
        _ if value == "none" => Ok(u64::MAX),
        Ok(number) => Ok(number.saturating_mul(1 << shift)),
        Err(_) => Err(format!("{value:?} is no number")),
    }
}

/// Values on the command line, in the order in which Helm applies the kinds.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Values")]
pub struct ValuesArgs {
    /// A values file, or - for standard input; later ones win.
    #[arg(short = 'f', long = "values", value_name = "FILE", allow_hyphen_values = true)]
    pub values: Vec<String>,

    /// Set values: key1=val1,key2=val2.
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,

    /// Set values that stay text.
    #[arg(long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub set_string: Vec<String>,

    /// Set values to the content of files: key=path.
    #[arg(long, value_name = "KEY=PATH", allow_hyphen_values = true)]
    pub set_file: Vec<String>,

    /// Set values to JSON: key=json, or a JSON object.
    #[arg(long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    pub set_json: Vec<String>,

    /// Set one value to text taken as it stands.
    #[arg(long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub set_literal: Vec<String>,
}

/// What templates see of the cluster.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// API versions that the cluster has, added to the default ones.
    #[arg(short = 'a', long, value_name = "VERSIONS")]
    pub api_versions: Vec<String>,

    /// The Kubernetes version of the cluster.
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
}

/// `bake template [NAME] CHART`
#[derive(Debug, Args)]
#[command(args_override_self = true)]
#[allow(clippy::struct_excessive_bools)] // they are Helm's flags
pub struct TemplateArgs {
    /// The name of the release, then the chart; the chart alone with -g, --name-template, or for a default name.
    #[arg(required = true, value_name = "NAME CHART")]
    pub names: Vec<String>,

    /// The namespace of the release.
    #[arg(short = 'n', long)]
    pub namespace: Option<String>,

    /// Include CRDs in the output.
    #[arg(long)]
    pub include_crds: bool,

    /// Leave CRDs out.
    #[arg(long)]
    pub skip_crds: bool,

    /// Leave test hooks out.
    #[arg(long)]
    pub skip_tests: bool,

    /// Leave hooks out.
    #[arg(long)]
    pub no_hooks: bool,

    /// Render an upgrade: .Release.IsUpgrade instead of .Release.IsInstall.
    #[arg(long)]
    pub is_upgrade: bool,

    /// Show only the manifests of these templates.
    #[arg(short = 's', long, value_name = "TEMPLATE")]
    pub show_only: Vec<String>,

    /// Write a file per template into this folder, instead of printing.
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<String>,

    /// Put the release's name into the path below --output-dir.
    #[arg(long)]
    pub release_name: bool,

    /// A template for the release's name.
    #[arg(long, value_name = "TEMPLATE")]
    pub name_template: Option<String>,

    /// Make a name for the release.
    #[arg(short = 'g', long)]
    pub generate_name: bool,

    /// Do not check the values against the chart's JSON schema.
    #[arg(long)]
    pub skip_schema_validation: bool,

    /// A program that gets the manifests on standard input and prints other ones.
    #[arg(long, value_name = "PROGRAM")]
    pub post_renderer: Option<String>,

    /// An argument of the post-renderer.
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub post_renderer_args: Vec<String>,

    /// Print the manifests even where they are no YAML, and say more.
    #[arg(long)]
    pub debug: bool,

    /// Follow links that lead out of the chart's folder, as Helm does.
    #[arg(long)]
    pub follow_symlinks: bool,

    /// How errors are printed [default: full on a terminal, else helm].
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,

    /// What the bake may use.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// Values on the command line.
    #[command(flatten)]
    pub values: ValuesArgs,

    /// What the cluster can do.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// Flags that change nothing here.
    #[command(flatten)]
    pub inert: InertArgs,

    /// Flags that cannot work here.
    #[command(flatten)]
    pub refused: RefusedArgs,
}

/// Flags of `helm template` that change nothing about the manifests: accepted, so that scripts go on working.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // they are Helm's flags
#[command(next_help_heading = "Accepted and without effect")]
#[allow(missing_docs)] // the names are Helm's, and nothing reads them
pub struct InertArgs {
    #[arg(long, hide = true)]
    pub atomic: bool,
    #[arg(long, hide = true)]
    pub create_namespace: bool,
    #[arg(long, hide = true)]
    pub dependency_update: bool,
    #[arg(long, hide = true)]
    pub description: Option<String>,
    #[arg(long, hide = true)]
    pub devel: bool,
    #[arg(long, hide = true)]
    pub disable_openapi_validation: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "client")]
    pub dry_run: Option<String>,
    #[arg(long, hide = true)]
    pub force: bool,
    #[arg(long, hide = true)]
    pub hide_notes: bool,
    #[arg(short = 'l', long, hide = true, value_parser = pflag::labels)]
    pub labels: Vec<String>,
    #[arg(long, hide = true)]
    pub render_subchart_notes: bool,
    #[arg(long, hide = true)]
    pub replace: bool,
    #[arg(long, hide = true)]
    pub take_ownership: bool,
    #[arg(long, hide = true, value_parser = pflag::duration)]
    pub timeout: Option<String>,
    #[arg(long, hide = true)]
    pub wait: bool,
    #[arg(long, hide = true)]
    pub wait_for_jobs: bool,
    #[arg(long, hide = true, value_parser = pflag::int)]
    pub burst_limit: Option<i64>,
    #[arg(long, hide = true, value_parser = pflag::float)]
    pub qps: Option<f32>,
    #[arg(long, hide = true)]
    pub kubeconfig: Option<String>,
    #[arg(long, hide = true)]
    pub kube_context: Option<String>,
    #[arg(long, hide = true)]
    pub kube_apiserver: Option<String>,
    #[arg(long, hide = true)]
    pub kube_as_group: Vec<String>,
    #[arg(long, hide = true)]
    pub kube_as_user: Option<String>,
    #[arg(long, hide = true)]
    pub kube_ca_file: Option<String>,
    #[arg(long, hide = true)]
    pub kube_insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    pub kube_tls_server_name: Option<String>,
    #[arg(long, hide = true)]
    pub kube_token: Option<String>,
    #[arg(long, hide = true)]
    pub registry_config: Option<String>,
    #[arg(long, hide = true)]
    pub repository_cache: Option<String>,
    #[arg(long, hide = true)]
    pub repository_config: Option<String>,
    #[arg(long, hide = true)]
    pub keyring: Option<String>,
    #[arg(long, hide = true)]
    pub ca_file: Option<String>,
    #[arg(long, hide = true)]
    pub cert_file: Option<String>,
    #[arg(long, hide = true)]
    pub key_file: Option<String>,
    #[arg(long, hide = true)]
    pub insecure_skip_tls_verify: bool,
    #[arg(long, hide = true)]
    pub pass_credentials: bool,
    #[arg(long, hide = true)]
    pub plain_http: bool,
    #[arg(long, hide = true)]
    pub username: Option<String>,
    #[arg(long, hide = true)]
    pub password: Option<String>,
    #[arg(long, hide = true)]
    pub version: Option<String>,
}

/// Flags of `helm template` that need a cluster or a download: refused in one clear line.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // they are Helm's flags
#[allow(missing_docs)] // the names are Helm's
pub struct RefusedArgs {
    #[arg(long, hide = true)]
    pub validate: bool,
    #[arg(long, hide = true)]
    pub enable_dns: bool,
    #[arg(long, hide = true)]
    pub verify: bool,
    #[arg(long, hide = true)]
    pub repo: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_alone_is_read_as_among_all_commands() {
        for (line, is_right) in [
            ("template chart", true),
            ("template name chart -f a.yaml -f b.yaml --set a=1 --set-string b=2 -n x -n y", true),
            ("template name chart --no-hooks --include-crds=true --is-upgrade=f --limit fuel=5", true),
            ("template chart --set --debug -f -x", true),
            ("template -g --version 1.0.0 chart -- --debug", true),
            ("template chart --error-format json --dry-run --kube-version 1.30", true),
            ("template", false),
            ("template chart --help", false),
            ("template chart -V", false),
            ("template chart --no-such-flag", false),
            ("template chart --no-hooks=maybe", false),
            ("template chart --limit fuel", false),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let all = [OsString::from("bake")].into_iter().chain(words.iter().cloned());
            let among = Cli::parser().try_get_matches_from(all).and_then(|m| Cli::from_arg_matches(&m));
            let among = among.ok().and_then(|cli| cli.command).map(|command| format!("{command:?}"));
            let alone = TemplateArgs::read(&words).map(|args| format!("{:?}", Command::Template(Box::new(args))));
            assert_eq!(alone.is_some(), is_right, "{line}");
            assert_eq!(alone, among, "{line}");
        }
    }

    #[test]
    fn a_limit_is_a_name_and_a_number() {
        for (text, expected) in [
            ("fuel=5", Some(5)),
            ("value-bytes=64Mi", Some(64 << 20)),
            ("value-bytes=1Ki", Some(1024)),
            ("output-bytes=2Gi", Some(2 << 30)),
            ("fuel=none", Some(u64::MAX)),
            ("fuel=99999999999Gi", Some(u64::MAX)),
            ("fuel=", None),
            ("fuel=-1", None),
            ("fuel=Mi", None),
            ("fuel", None),
            ("no-such-limit=1", None),
        ] {
            assert_eq!(limit(text).ok().map(|(_, value)| value), expected, "{text}");
        }
    }
}
