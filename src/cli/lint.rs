//! `bake lint [PATH...]`: finds mistakes in values files and in the objects that they render to.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::flags::{BakeArgs, Color, ProjectArgs};
use super::table::columns;
use super::{Exit, output};
use crate::error::{Error, ErrorKind, Result};
use crate::lint::format::{self, Counts, Summary};
use crate::lint::{Linter, Rule, rules};
use crate::project::fleet::{Fleet, Options};

/// The first paragraph of the help.
pub(super) const LONG_ABOUT: &str = "Find mistakes in the values of services and in the objects that they render to.\n\n\
Reads the layers of each service, bakes all its charts for each stack as `bake fleet` does, and checks the files, \
the objects, and the references between objects.";

/// `bake lint [PATH...]`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 without errors, 1 with errors (with --strict: or warnings), 2 if it could not run.",
    after_long_help = "Exit codes: 0 without errors, 1 with errors (with --strict: or warnings), 2 if it could not \
    run.\n\nA comment silences a rule on its own line or on the next line:\n\n  \
        version: 1.10 # bake-lint: allow=mangled-scalar\n\n  \
        # bake-lint: allow=B105,B106\n  tolerations: []\n\nExamples:\n  \
        bake lint                                     the service here, or the whole project\n  \
        bake lint deploy-values/shop                  all services below a folder\n  \
        bake lint -s prod --app 'web/*' --strict      some services in one stack; warnings fail\n  \
        bake lint --format github                     annotations on a pull request\n  \
        bake lint frontend --schemas k8s-schemas      also validate with schemas of the cluster\n  \
        bake lint --allow B104 --deny B103            one rule off, another one as an error\n  \
        bake lint --list-rules                        the rules"
)]
pub(super) struct LintArgs {
    /// Services, by folder or name, or folders that contain services [default: the service here, or the whole project].
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The stacks to lint, or `all` [default: all].
    #[arg(short = 's', long = "stack", value_name = "STACK")]
    pub stacks: Vec<String>,

    /// Only the services that match: a name, a path (product/namespace/app), or a pattern with * and **.
    #[arg(long = "app", value_name = "GLOB")]
    pub apps: Vec<String>,

    /// Only these charts of the project.
    #[arg(short = 'c', long = "chart", value_name = "CHART")]
    pub charts: Vec<String>,

    /// Turn a rule off, by its code or name.
    #[arg(long, value_name = "RULE")]
    pub allow: Vec<String>,

    /// Treat the findings of a rule as errors.
    #[arg(long, value_name = "RULE")]
    pub deny: Vec<String>,

    /// Fail on warnings as well.
    #[arg(long)]
    pub strict: bool,

    /// Validate objects with the JSON schemas in this folder, in the layout of kubeconform.
    #[arg(long, value_name = "DIR")]
    pub schemas: Vec<PathBuf>,

    /// How findings are printed.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// When to use colours.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// Print the rules and exit.
    #[arg(long)]
    pub list_rules: bool,

    /// The options of every bake.
    #[command(flatten)]
    pub bake: BakeArgs,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people to read.
    Text,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations for GitHub Actions.
    Github,
}

/// Runs the command.
///
/// Errors: the linter could not run.
pub(super) fn run(args: &LintArgs) -> Result<Exit> {
    if args.list_rules {
        return list(args.format).and_then(|text| output::print(text.as_bytes())).map(|()| Exit::Success);
    }
    let linter = linter(args)?;
    let options = Options {
        stacks: args.stacks.clone(),
        apps: args.apps.clone(),
        charts: args.charts.clone(),
        bake: args.bake.options()?,
        ..Options::default()
    };
    let mut findings = Vec::new();
    let mut summary = Summary::default();
    let mut stacks = BTreeSet::new();
    for (project, services) in args.project.services(&args.paths)? {
        let fleet = Fleet::of(&project, services, &options)?;
        fleet.warnings().iter().for_each(|text| output::warning(format_args!("warning: {text}")));
        summary.services += fleet.services();
        stacks.extend(fleet.stacks_in_use().into_iter().map(str::to_owned));
        findings.extend(linter.fleet(&fleet));
    }
    summary.stacks = stacks.len();
    if summary.services == 0 {
        let stacks = if args.stacks.is_empty() { "any stack".to_owned() } else { args.stacks.join(" or ") };
        return Err(Error::new(ErrorKind::Usage, format!("nothing to lint: none of the services is in {stacks}")));
    }
    let format = match args.format {
        Format::Text => format::Format::Text { colour: args.color.wanted() },
        Format::Json => format::Format::Json,
        Format::Sarif => format::Format::Sarif,
        Format::Github => format::Format::Github,
    };
    output::print(format::show(format, &findings, summary).as_bytes())?;
    let counts = Counts::of(&findings);
    let failed = counts.errors > 0 || args.strict && counts.warnings > 0;
    Ok(if failed { Exit::Failure } else { Exit::Success })
}

fn linter(args: &LintArgs) -> Result<Linter> {
    let mut linter = Linter::new();
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

/// The rules: one line each, or as JSON.
fn list(format: Format) -> Result<String> {
    if format == Format::Json {
        let one = |rule: &Rule| {
            serde_json::json!({
                "code": rule.code, "rule": rule.name, "severity": rule.severity.name(), "about": rule.about,
            })
        };
        return Ok(format!("{:#}\n", rules().iter().map(one).collect::<serde_json::Value>()));
    }
    if format != Format::Text {
        return Err(Error::new(ErrorKind::Usage, "--list-rules supports only the formats text and json"));
    }
    let row = |rule: &Rule| [rule.code, rule.name, rule.severity.name(), rule.about].map(str::to_owned).to_vec();
    Ok(columns(&rules().iter().map(row).collect::<Vec<_>>()))
}
