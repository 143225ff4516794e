//! `bake schema [CHART]`: prints the JSON schema of a chart's values, or of bake.yaml.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output;
use crate::bake::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::project::{self, Project};

/// The first paragraph of the help.
pub(super) const LONG_ABOUT: &str = "Print the JSON schema of a chart's values.\n\n\
    Both built-in charts read the same values and share one schema. Editors with the YAML language server complete \
    and check a values file whose first line names the schema.";

/// `bake schema [CHART]`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
        bake schema -o values.schema.json         the schema of the built-in charts\n  \
        bake schema edge                          the schema of the chart \"edge\" in bake.yaml\n  \
        bake schema charts/redis                  the schema of any chart\n  \
        bake schema --project -o bake.schema.json the schema of bake.yaml\n\n\
        Then, as the first line of a values file:\n  \
        # yaml-language-server: $schema=../values.schema.json")]
pub(super) struct SchemaArgs {
    /// The chart: the name of one of the project's charts, workload, service, or a path.
    #[arg(default_value = "workload")]
    pub chart: String,

    /// Print the schema of bake.yaml instead.
    #[arg(long, conflicts_with = "chart")]
    pub project: bool,

    /// Write the schema to this file instead of printing it.
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub(super) fn run(args: &SchemaArgs) -> Result<()> {
    if args.project {
        return write(project::SCHEMA.as_bytes(), args.output.as_ref());
    }
    let chart = chart(&args.chart)?;
    let Some(schema) = chart.schema() else {
        let message = format!("the chart {} has no values.schema.json", chart.name());
        return Err(Error::new(ErrorKind::Usage, message));
    };
    write(schema, args.output.as_ref())
}

/// Finds the chart of a name or a path: one of the project's, a built-in one, or any other.
fn chart(name: &str) -> Result<Chart> {
    let found = Project::find(Path::new("."))?;
    if let Some(entry) = found.config.charts.get(name) {
        return found.load_chart(name, entry, &Limits::helm());
    }
    if Chart::builtin_names().any(|known| known == name) {
        return Chart::builtin(name);
    }
    if Path::new(name).exists() || !found.has_file() {
        return Chart::load(name);
    }
    let known: Vec<&str> = found.config.charts.keys().map(String::as_str).collect();
    let message = format!("{name}: no chart, folder or archive of that name; the charts are: {}", known.join(", "));
    Err(Error::new(ErrorKind::Usage, message).did_you_mean(name, known))
}

fn write(schema: &[u8], file: Option<&PathBuf>) -> Result<()> {
    match file {
        None => output::print(schema),
        Some(file) => {
            project::write_files(&[(file.clone(), schema.to_vec())])?;
            output::wrote(std::iter::once(file.clone()))
        }
    }
}
