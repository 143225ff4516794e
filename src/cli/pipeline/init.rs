//! `bake pipeline init`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ::pipeline::init::propose;
use ::pipeline::template::{builtin, builtins};
use ::pipeline::{Json, Object, Pipeline, yaml};
use clap::Args;

use crate::chart;
use crate::cli::flags::ProjectArgs;
use crate::cli::output;
use crate::cli::table::count;
use crate::error::{Error, ErrorKind, Result};
use crate::project::{FILE_NAME, Project, write_files};

/// The largest file with pipelines.
const MAX_LIVE: u64 = 256 << 20;

/// `bake pipeline init`
#[derive(Clone, Debug, Args)]
pub(super) struct InitArgs {
    #[command(flatten)]
    project: ProjectArgs,

    /// Copy a template that comes with bake, and its tests.
    #[arg(short = 't', long, value_name = "TEMPLATE", conflicts_with = "from")]
    template: Option<String>,

    /// Make a template from live pipelines: files or folders with JSON, a pipeline or a list of them in each.
    #[arg(long, value_name = "PATH")]
    from: Vec<PathBuf>,

    /// The name of the template that is made [default: the name of the first pipeline].
    #[arg(long, value_name = "NAME", requires = "from")]
    name: Option<String>,

    /// Leave out what the server writes by itself: updateTs, createTs, lastModified, lastModifiedBy.
    #[arg(long, requires = "from")]
    clean: bool,

    /// Print the template instead of writing it.
    #[arg(long)]
    print: bool,

    /// Replace files that exist.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &InitArgs) -> Result<()> {
    match (&args.template, args.from.as_slice()) {
        (Some(name), _) => copy(args, name),
        (None, []) => {
            let names: Vec<&str> = builtins().iter().map(|template| template.name).collect();
            let error =
                Error::new(ErrorKind::Usage, "say what to start from: --template NAME, or --from live pipelines");
            Err(error.with_hint(format!("the templates are: {}", names.join(", "))))
        }
        (None, from) => derive(args, from),
    }
}

/// Copies a built-in template.
fn copy(args: &InitArgs, name: &str) -> Result<()> {
    let Some(found) = builtin(name) else {
        let names: Vec<&str> = builtins().iter().map(|template| template.name).collect();
        let error =
            Error::new(ErrorKind::Usage, format!("no template {name:?}; the templates are: {}", names.join(", ")));
        return Err(error.did_you_mean(name, names));
    };
    if args.print {
        return output::print(found.text.as_bytes());
    }
    let files =
        [(format!("{name}.yaml"), found.text.as_bytes()), (format!("{name}.test.yaml"), found.tests.as_bytes())];
    write(args, name, &files)
}

/// Makes a template from live pipelines.
fn derive(args: &InitArgs, from: &[PathBuf]) -> Result<()> {
    let mut pipelines = Vec::new();
    for path in from {
        read(path, &mut pipelines)?;
    }
    let of_first = || {
        let name = pipelines.first().map(Pipeline::name).unwrap_or_default().to_lowercase();
        let words: Vec<&str> =
            name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.join("-")
    };
    let name = args.name.clone().unwrap_or_else(of_first);
    let name = if name.is_empty() { "pipeline".to_owned() } else { name };
    let proposal = propose(&name, &pipelines, args.clean)?;
    if args.print {
        return output::print(proposal.template.as_bytes());
    }
    write(args, &name, &[(format!("{name}.yaml"), proposal.template.as_bytes())])?;
    let mut text = format!("round trip: {} of {} exact\n", proposal.exact(), count(proposal.uses.len(), "pipeline"));
    for usage in &proposal.uses {
        for difference in &usage.differences {
            let _ = writeln!(text, "  {}/{}: {difference}", usage.application, usage.name);
        }
    }
    if proposal.uses.iter().any(|usage| !usage.parameters.is_empty()) {
        text.push_str("parameters, for service.yaml of each service:\n");
        let all: Json = proposal
            .uses
            .iter()
            .map(|usage| {
                let pairs = [
                    ("application", Json::from(usage.application.as_str())),
                    ("name", Json::from(usage.name.as_str())),
                    ("stack", Json::from(usage.stack.as_str())),
                    ("parameters", Json::Object(usage.parameters.clone())),
                ];
                Json::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Object>())
            })
            .collect();
        text.push_str(&yaml::write(&all));
    }
    output::print(text.as_bytes())
}

/// Reads the pipelines of a file, or of all JSON files below a folder.
fn read(path: &Path, all: &mut Vec<Pipeline>) -> Result<()> {
    if path.is_dir() {
        #[allow(clippy::disallowed_methods)] // the user names the folder
        let entries = std::fs::read_dir(path).map_err(|error| Error::io(path, error))?;
        let mut below: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        below.sort();
        for path in below {
            if path.is_dir() || path.extension().is_some_and(|extension| extension == "json") {
                read(&path, all)?;
            }
        }
        return Ok(());
    }
    let named = |error: Error| error.with_prefix(&format!("{}: ", path.display()));
    match Json::read(&chart::read_file(path, MAX_LIVE)?).map_err(named)? {
        Json::Array(items) => {
            for item in items {
                all.push(Pipeline::from_json(item).map_err(named)?);
            }
        }
        one => all.push(Pipeline::from_json(one).map_err(named)?),
    }
    Ok(())
}

/// Writes files into the folder of templates, and says how to use the template.
fn write(args: &InitArgs, name: &str, files: &[(String, &[u8])]) -> Result<()> {
    let here = Path::new(".");
    let project = match &args.project.project {
        Some(path) => Project::open(path)?,
        None => Project::find(here)?,
    };
    let root = project.root().unwrap_or(here);
    let folder = project.config.pipelines.as_ref().map_or("pipelines", |config| config.templates.as_str());
    let below = |path: String| if root == here { PathBuf::from(path) } else { root.join(path) };
    let files: Vec<(PathBuf, Vec<u8>)> =
        files.iter().map(|(file, text)| (below(format!("{folder}/{file}")), text.to_vec())).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists() && !args.force) {
        let error = Error::new(ErrorKind::Usage, format!("{} exists", path.display()));
        return Err(error.with_hint("--force replaces it"));
    }
    write_files(&files)?;
    output::wrote(files.into_iter().map(|(path, _)| path))?;
    let is_used = project
        .config
        .pipelines
        .as_ref()
        .is_some_and(|config| config.rules.iter().any(|rule| rule.templates.iter().any(|known| known == name)));
    if is_used {
        return Ok(());
    }
    output::print(format!("to use it, say so in {FILE_NAME}:\n\npipelines:\n  use:\n    - {name}\n\n").as_bytes())
}
