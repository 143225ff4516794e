//! `bake lint [APP...]`: looks for mistakes in values files and in what they bake to.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::args::{ClusterArgs, ErrorFormat, LimitArgs, ValuesArgs};
use super::{output, values};
use crate::bake::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::lint::format::{self, Counts, Summary};
use crate::lint::{Linter, rules};
use crate::project::{App, ChartChoice};

/// The exit code of a run that could not be made.
pub(super) const COULD_NOT_RUN: u8 = 2;

/// What the help says first.
pub(super) const LONG_ABOUT: &str = "Look for mistakes in the values of services and in what they bake to.\n\n\
    Reads values.yaml and every STACK-values.yaml of each service, bakes both built-in charts for each stack, and \
    checks the texts, the objects, and how they fit together.";

/// `bake lint [APP...]`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 without errors, 1 with errors (with --strict: or warnings), 2 where it could not run.",
    after_long_help = "Exit codes: 0 without errors, 1 with errors (with --strict: or warnings), 2 where it could not \
        run.\n\nA comment silences a rule on its own line, or on the next one:\n\n  \
        version: 1.10 # bake-lint: allow=mangled-scalar\n\n  \
        # bake-lint: allow=B105,B106\n  tolerations: []\n\nExamples:\n  \
        bake lint                                     the service here, or all below this folder\n  \
        bake lint deploy-values -s prod --strict      the stack prod of every service; warnings fail\n  \
        bake lint deploy-values --format github       findings beside the lines of a pull request\n  \
        bake lint web --schemas k8s-schemas           also by the JSON schemas of a cluster's objects\n  \
        bake lint web --allow B104 --deny B103        without one rule, and with another as an error\n  \
        bake lint --list-rules                        what is looked for"
)]
pub struct LintArgs {
    /// Services, or folders with services below them.
    #[arg(value_name = "APP", default_value = ".")]
    pub apps: Vec<PathBuf>,

    /// Only these stacks [default: all that a service has].
    #[arg(short = 's', long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,

    /// The charts to bake: workload, service, or a path [default: workload and service].
    #[arg(short = 'c', long = "chart", value_name = "CHART")]
    pub charts: Vec<String>,

    /// Leave a rule out, by its code or name.
    #[arg(long, value_name = "RULE")]
    pub allow: Vec<String>,

    /// Take the findings of a rule for errors.
    #[arg(long, value_name = "RULE")]
    pub deny: Vec<String>,

    /// Fail on warnings too.
    #[arg(long)]
    pub strict: bool,

    /// Check objects by the JSON schemas in this folder, in the layout of kubeconform.
    #[arg(long, value_name = "DIR")]
    pub schemas: Vec<PathBuf>,

    /// How findings are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// Print the rules, and stop.
    #[arg(long)]
    pub list_rules: bool,

    /// How errors are printed [default: full].
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,

    /// Layers on top of every stack's.
    #[command(flatten)]
    pub values: ValuesArgs,

    /// What the cluster can do.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// What a bake may use.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// Runs the command; answers its exit code.
///
/// Errors: it could not run.
pub(super) fn run(args: &LintArgs) -> Result<ExitCode> {
    if args.list_rules {
        output::print(table().as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut apps: Vec<App> = Vec::new();
    for folder in &args.apps {
        for app in App::find(folder)? {
            if !apps.contains(&app) {
                apps.push(app);
            }
        }
    }
    let linter = linter(args)?;
    let mut findings = Vec::new();
    let mut summary = Summary::default();
    for app in &apps {
        let own = app.stacks()?;
        let chosen = own.iter().filter(|stack| args.stacks.is_empty() || args.stacks.contains(stack)).count();
        if chosen > 0 || args.stacks.is_empty() {
            summary.services += 1;
            summary.stacks += chosen;
            findings.extend(linter.app(app, &args.stacks)?);
        }
    }
    if summary.services == 0 {
        let message = format!("no service has a stack {}", args.stacks.join(" or "));
        return Err(Error::new(ErrorKind::Usage, message));
    }
    let format = match args.format {
        Format::Text => format::Format::Text { colour: colour() },
        Format::Json => format::Format::Json,
        Format::Sarif => format::Format::Sarif,
        Format::Github => format::Format::Github,
    };
    output::print(format::show(format, &findings, summary).as_bytes())?;
    let counts = Counts::of(&findings);
    let failed = counts.errors > 0 || args.strict && counts.warnings > 0;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn linter(args: &LintArgs) -> Result<Linter> {
    if args.values.values.iter().any(|file| file.trim() == "-") {
        return Err(Error::new(ErrorKind::Usage, "-f -: standard input can be read once, and lint bakes many times"));
    }
    let choices = match args.charts.as_slice() {
        [] => ChartChoice::both(),
        charts => charts.iter().map(|chart| ChartChoice::parse(chart)).collect(),
    };
    let charts: Vec<Chart> = choices.iter().map(ChartChoice::load).collect::<Result<_>>()?;
    let limits = args.limits.limits();
    let (layers, cluster) = (args.values.clone(), args.cluster.clone());
    let mut linter = Linter::with_charts(charts).limits(limits.clone());
    linter = linter.adjust(move |bake| values::add_cluster(values::add(bake, &layers, limits.clone())?, &cluster));
    for rule in &args.allow {
        linter = linter.allow(rule)?;
    }
    for rule in &args.deny {
        linter = linter.deny(rule)?;
    }
    for folder in &args.schemas {
        linter = linter.schemas(folder)?;
    }
    Ok(linter)
}

/// The rules, a line each.
fn table() -> String {
    let width = rules().iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let line = |rule: &crate::lint::Rule| {
        format!("{}  {:width$}  {:7}  {}\n", rule.code, rule.name, rule.severity.name(), rule.about)
    };
    rules().iter().map(line).collect()
}

/// Whether to print in colours: on a terminal that can, unless `NO_COLOR` says otherwise.
#[allow(clippy::disallowed_methods)] // the command may read what the core may not
fn colour() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !no_colour && !dumb
}
