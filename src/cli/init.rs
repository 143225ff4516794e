//! `bake init [DIR]`: the values of a new service.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output;
use crate::bake::{Bake, Chart};
use crate::error::{Error, ErrorKind, Result};
use crate::project::{self, Start};

/// The schema beside the values, where none is found above them.
const SCHEMA: &str = "values.schema.json";

/// What the help says first.
pub(super) const LONG_ABOUT: &str = "Start the values of a new service: values.yaml with what all stacks share, and prod-values.yaml with \
    what differs in production. Both can be baked at once.\n\n\
    The first line of each file names the JSON schema for editors. It is the nearest values.schema.json above the \
    service, so that services can share one; where there is none, it is written beside the values.";

/// `bake init [DIR]`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:\n  \
        bake init deploy-values/shop/web/frontend --image registry.example/shop/frontend:1.4.0\n  \
        bake init jobs/report --kind CronJob\n  \
        bake init web --schema deploy-values/values.schema.json     one schema for all services\n  \
        bake web --stack prod                                       bake what was started")]
pub struct InitArgs {
    /// The folder of the service; its name is the service's.
    #[arg(default_value = ".")]
    pub dir: PathBuf,

    /// The image; its tag becomes `version`.
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,

    /// The port that the container listens on.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), default_value = "8080")]
    pub port: u16,

    /// What runs the pods.
    #[arg(long, value_name = "KIND", default_value = "Deployment", ignore_case = true)]
    pub kind: Kind,

    /// The schema file that the values name; it is written where it does not exist.
    #[arg(long, value_name = "FILE")]
    pub schema: Option<PathBuf>,

    /// Replace files that exist.
    #[arg(long)]
    pub force: bool,
}

/// What runs the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
#[allow(missing_docs)] // the names are those of Kubernetes
pub enum Kind {
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
    let schema = match &args.schema {
        Some(file) => file.clone(),
        None => project::nearest_schema(&args.dir).unwrap_or_else(|| args.dir.join(SCHEMA)),
    };
    let chart = Chart::builtin("workload")?;
    let name = name(&args.dir)?;
    // a name that no release can have would fail at the first bake
    Bake::new(&chart).release(&name).skip_schema_validation().prepare().map_err(|e| {
        let text = format!("the folder's name is the service's: {}", e.message());
        e.with_message(text)
    })?;
    let start = Start {
        name,
        image: args.image.clone(),
        port: args.port,
        kind: args.kind.name().to_owned(),
        schema: project::relative(&args.dir, &schema)?,
    };
    let mut files: Vec<(PathBuf, Vec<u8>)> =
        start.files()?.into_iter().map(|(name, text)| (args.dir.join(name), text.into_bytes())).collect();
    if let Some((file, _)) = files.iter().find(|(file, _)| file.symlink_metadata().is_ok() && !args.force) {
        return Err(Error::new(ErrorKind::Io, format!("{} exists already", file.display()))
            .with_hint("--force replaces the values; nothing was written"));
    }
    if !schema.exists() {
        files.push((schema, chart.schema().unwrap_or_default().to_owned()));
    }
    project::write_files(&files)?;
    output::wrote(files.into_iter().map(|(file, _)| file))
}

/// The name of the folder, also where it does not exist yet.
fn name(dir: &std::path::Path) -> Result<String> {
    let full = std::path::absolute(dir).map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", dir.display())))?;
    let full = full.canonicalize().unwrap_or(full);
    Ok(full.file_name().map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned()))
}
