//! `bake pipeline render`

use std::path::PathBuf;

use ::pipeline::{Json, Pipeline, Wanted, yaml};
use clap::{Args, ValueEnum};

use super::Selection;
use crate::cli::output;
use crate::error::Result;
use crate::pipeline::Pipelines;
use crate::project::write_files;

/// `bake pipeline render`
#[derive(Clone, Debug, Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    selection: Selection,

    /// Write SERVICE/STACK/TEMPLATE.json below this folder instead of printing. Other files in the folder are kept.
    #[arg(short = 'o', long, value_name = "DIR")]
    output: Option<PathBuf>,

    /// How pipelines are written. Several are a list.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: RenderFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RenderFormat {
    /// As Spinnaker keeps them.
    Json,
    /// For people.
    Yaml,
}

impl RenderFormat {
    fn text(self, value: &Json) -> String {
        match self {
            RenderFormat::Json => value.to_pretty() + "\n",
            RenderFormat::Yaml => yaml::write(value),
        }
    }
}

pub(super) fn run(args: &RenderArgs) -> Result<()> {
    let project = args.selection.project()?;
    let pipelines = Pipelines::open(&project)?;
    let marks = args.selection.marks(&pipelines)?;
    let rendered = all(&pipelines, &marks)?;
    if let Some(folder) = &args.output {
        let extension = if args.format == RenderFormat::Json { "json" } else { "yaml" };
        let file = |Wanted { pipeline, mark }: Wanted| {
            let path = folder.join(&mark.service).join(&mark.stack).join(format!("{}.{extension}", mark.template));
            (path, args.format.text(&Pipeline::into_json(pipeline)).into_bytes())
        };
        let files: Vec<(PathBuf, Vec<u8>)> = rendered.into_iter().map(file).collect();
        write_files(&files)?;
        return output::wrote(files.into_iter().map(|(path, _)| path));
    }
    let mut values: Vec<Json> = rendered.into_iter().map(|wanted| wanted.pipeline.into_json()).collect();
    let value = match values.pop() {
        Some(one) if values.is_empty() => one,
        last => values.into_iter().chain(last).collect(),
    };
    output::print(args.format.text(&value).as_bytes())
}

/// The pipelines of these marks.
///
/// Errors: the first that fails; the hint says how many more do.
pub(super) fn all(pipelines: &Pipelines<'_>, marks: &[::pipeline::Mark]) -> Result<Vec<Wanted>> {
    let results = pipelines.render_all(marks);
    let failed = results.iter().filter(|result| result.is_err()).count();
    results.into_iter().collect::<Result<Vec<_>>>().map_err(|error| {
        if failed > 1 && error.hint().is_none() {
            error.with_hint(format!("{failed} pipelines fail; `bake pipeline lint` shows all"))
        } else {
            error
        }
    })
}
