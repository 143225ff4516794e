//! `bake schema [CHART]`: the JSON schema of a chart's values, or of bake.yaml.

use std::path::PathBuf;

use clap::Args;

use super::output;
use crate::bake::Chart;
use crate::error::{Error, ErrorKind, Result};
use crate::project;

/// What the help says first.
pub(super) const LONG_ABOUT: &str = "Print the JSON schema of a chart's values.\n\n\
    Both built-in charts read the same values, so their schemas are one. Editors with the YAML language server \
    complete and check a values file whose first line names it.";

/// `bake schema [CHART]`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
        bake schema -o values.schema.json         write it beside the services\n  \
        bake schema charts/redis                  the schema of another chart\n  \
        bake schema --project -o bake.schema.json the schema of bake.yaml\n\n\
        Then, as the first line of a values file:\n  \
        # yaml-language-server: $schema=../values.schema.json")]
pub(super) struct SchemaArgs {
    /// The chart: workload, service, or a path.
    #[arg(default_value = "workload")]
    pub chart: String,

    /// The schema of a project's bake.yaml instead.
    #[arg(long, conflicts_with = "chart")]
    pub project: bool,

    /// Write it to this file instead of printing it.
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub(super) fn run(args: &SchemaArgs) -> Result<()> {
    if args.project {
        return write(project::SCHEMA.as_bytes(), args.output.as_ref());
    }
    let chart = match args.chart.as_str() {
        name if Chart::builtin_names().any(|known| known == name) => Chart::builtin(name)?,
        path => Chart::load(path)?,
    };
    let Some(schema) = chart.schema() else {
        let message = format!("the chart {} has no values.schema.json", chart.name());
        return Err(Error::new(ErrorKind::Usage, message));
    };
    write(schema, args.output.as_ref())
}

fn write(schema: &[u8], file: Option<&PathBuf>) -> Result<()> {
    match file {
        None => output::print(schema),
        Some(file) => {
            project::write_file(file, schema)?;
            output::wrote(std::iter::once(file.clone()))
        }
    }
}
