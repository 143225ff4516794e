//! Flags that several commands share.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::values;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::project::{BakeOptions, Project, Service, Services};

/// How errors are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ErrorFormat {
    /// Helm's own line.
    Helm,
    /// Helm's line, then the place, the include chain and the origin of the value.
    Full,
    /// One line of JSON: kind, message, file, line, column, chain, origin, hint, limit.
    Json,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Color {
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
    pub(in crate::cli) fn wanted(self) -> bool {
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

/// Selects the project.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct ProjectArgs {
    /// The project's bake.yaml, or its folder [default: the nearest bake.yaml in this folder or above].
    #[arg(long, value_name = "PATH")]
    pub project: Option<PathBuf>,
}

impl ProjectArgs {
    /// The given project, or the one that contains `from`.
    pub(in crate::cli) fn find(&self, from: &Path) -> Result<Project> {
        match &self.project {
            Some(path) => Project::open(path),
            None => Project::find(from),
        }
    }

    /// The service with this folder, or with this name in the project of the current folder; and its project.
    pub(in crate::cli) fn service(&self, app: &Path) -> Result<(Project, Service)> {
        if app.is_dir() || app.components().count() == 0 {
            let project = self.find(app)?;
            let service = project.service_at(app)?;
            return Ok((project, service));
        }
        let project = self.find(Path::new("."))?;
        let service = project.service_named(&app.to_string_lossy())?;
        Ok((project, service))
    }

    /// The services of these paths, with their projects. A path is a folder that contains services, or a name in the project of
    /// the current folder. Without paths: the service in the current folder, or else the whole project.
    pub(in crate::cli) fn services(&self, paths: &[PathBuf]) -> Result<Vec<(Project, Services)>> {
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

/// The stack of the command line, which a command for one service needs.
///
/// Errors: there is none; the hint lists the stacks of the service.
pub(in crate::cli) fn stack<'s>(given: Option<&'s str>, service: &Service, app: &Path) -> Result<&'s str> {
    given.ok_or_else(|| {
        let hint = format!("the stacks of {} are: {}", app.display(), service.stacks.join(", "));
        Error::new(ErrorKind::Usage, "no stack given: use --stack STACK").with_hint(hint)
    })
}

/// Limits that differ from the defaults.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct LimitArgs {
    /// Change a limit. The error of a limit contains its name. VALUE may end in Ki, Mi or Gi, or be `none`.
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = limit)]
    pub limit: Vec<(String, u64)>,
}

impl LimitArgs {
    /// The limits of a bake.
    pub(in crate::cli) fn limits(&self) -> Limits {
        self.limits_on(Limits::helm())
    }

    /// These limits, with the changes of the command line.
    pub(in crate::cli) fn limits_on(&self, mut limits: Limits) -> Limits {
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
        return Err(format!("there is no limit {name:?}; the limits are: {}", names.join(", ")));
    }
    Ok((name.to_owned(), size(value)?))
}

/// A number that may end in Ki, Mi or Gi, or `none`.
pub(in crate::cli) fn size(value: &str) -> Result<u64, String> {
    let units = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("", 0)];
    let (digits, shift) =
        units.iter().find_map(|(unit, shift)| Some((value.strip_suffix(unit)?, *shift))).unwrap_or((value, 0));
    match digits.parse::<u64>() {
        _ if value == "none" => Ok(u64::MAX),
        Ok(number) => Ok(number.saturating_mul(1 << shift)),
        Err(_) => Err(format!("{value:?} is not a number")),
    }
}

/// The flags of all commands that bake services.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct BakeArgs {
    /// How errors are printed [default: full].
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,

    /// Layers on top of every service's own.
    #[command(flatten)]
    pub values: ValuesArgs,

    /// The capabilities of the clusters.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// The limits of each bake.
    #[command(flatten)]
    pub limits: LimitArgs,
}

impl BakeArgs {
    /// The options of the bakes. Files and standard input are read now, so that errors in the command line are reported before
    /// anything is baked.
    pub(in crate::cli) fn options(&self) -> Result<BakeOptions> {
        let limits = self.limits.limits();
        let layers = values::layers(&self.values, &limits)?;
        layers.read(&limits)?;
        Ok(BakeOptions { layers, cluster: values::cluster(&self.cluster)?, limits, ..BakeOptions::default() })
    }

    /// How errors are printed. No program parses the errors of these commands as Helm's.
    pub(in crate::cli) fn error_format(&self) -> ErrorFormat {
        self.error_format.unwrap_or(ErrorFormat::Full)
    }
}

/// Values on the command line. The fields are in the order in which Helm applies them.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Values")]
pub(in crate::cli) struct ValuesArgs {
    /// A values file, or - for standard input; later ones win.
    #[arg(short = 'f', long = "values", value_name = "FILE", allow_hyphen_values = true)]
    pub values: Vec<String>,

    /// Set values: key1=val1,key2=val2.
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    pub set: Vec<String>,

    /// Set values as text.
    #[arg(long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub set_string: Vec<String>,

    /// Set values to the content of files: key=path.
    #[arg(long, value_name = "KEY=PATH", allow_hyphen_values = true)]
    pub set_file: Vec<String>,

    /// Set values to JSON: key=json, or a JSON object.
    #[arg(long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    pub set_json: Vec<String>,

    /// Set one value to literal text.
    #[arg(long, value_name = "KEY=TEXT", allow_hyphen_values = true)]
    pub set_literal: Vec<String>,
}

/// What templates see of the cluster.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub(in crate::cli) struct ClusterArgs {
    /// API versions that the cluster has in addition to the default ones.
    #[arg(short = 'a', long, value_name = "VERSIONS")]
    pub api_versions: Vec<String>,

    /// The Kubernetes version of the cluster.
    #[arg(long, value_name = "VERSION")]
    pub kube_version: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

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
