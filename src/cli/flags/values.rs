//! Layers of values from the command line: files, standard input and the --set family.

use std::io::Read;
use std::path::Path;

use super::{ClusterArgs, ValuesArgs};
use crate::bake::{Bake, Chart};
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::project::Cluster;
use crate::values::{Options, ValuesFile, csv};

/// Adds the values of the command line to a bake, in Helm's order: files, then --set-json, --set, --set-string,
/// --set-file, --set-literal, all within `limits`. Helm: `pkg/cli/values/options.go`.
pub(in crate::cli) fn add<'c>(bake: Bake<'c>, args: &ValuesArgs, limits: Limits) -> Result<Bake<'c>> {
    let options = options(args, &limits)?;
    Ok(bake.limits(limits).values_over(&options))
}

/// The values of the command line; files and standard input are read.
pub(in crate::cli) fn options(args: &ValuesArgs, limits: &Limits) -> Result<Options> {
    let max = limits.values_file_bytes;
    let mut files = Vec::new();
    for file in csv::items("-f, --values", &args.values)? {
        files.push(match file.trim() {
            "-" => ValuesFile::new("-", standard_input(max)?),
            url if is_url(url) => return Err(no_download(&format!("the values file {url}"))),
            _ => {
                let path = Path::new(&file);
                match chart::read_file(path, max) {
                    Ok(text) => ValuesFile::new(path.display().to_string(), text),
                    Err(error) => return Err(first_error(files, limits, error)),
                }
            }
        });
    }
    Ok(Options {
        files,
        set_json: args.set_json.clone(),
        set: args.set.clone(),
        set_string: args.set_string.clone(),
        set_file: args.set_file.clone(),
        set_literal: args.set_literal.clone(),
    })
}

/// Helm reads and parses one file after the other: what is wrong with those before the one that cannot be read comes
/// first.
fn first_error(before: Vec<ValuesFile>, limits: &Limits, error: Error) -> Error {
    let options = Options { files: before, ..Options::default() };
    let chart = Chart::default();
    Bake::new(&chart).limits(limits.clone()).values_over(&options).layered().err().unwrap_or(error)
}

/// Adds what the command line says of the cluster.
pub(in crate::cli) fn add_cluster<'c>(mut bake: Bake<'c>, args: &ClusterArgs) -> Result<Bake<'c>> {
    if let Some(version) = args.kube_version.as_deref().filter(|v| !v.is_empty()) {
        bake = bake.kube_version(version)?;
    }
    Ok(bake.api_versions(csv::items("-a, --api-versions", &args.api_versions)?))
}

/// What the command line says of the cluster, as a project says it.
pub(in crate::cli) fn cluster(args: &ClusterArgs) -> Result<Cluster> {
    let kube_version = args.kube_version.clone().filter(|v| !v.is_empty());
    Ok(Cluster { kube_version, api_versions: csv::items("-a, --api-versions", &args.api_versions)? })
}

/// What a flag asks for that would need a download.
pub(in crate::cli) fn no_download(what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("{what} would have to be downloaded, and bake opens no connections"))
        .with_hint("download it first and give the file's path")
}

fn is_url(text: &str) -> bool {
    ["http://", "https://", "oci://"].iter().any(|scheme| text.starts_with(scheme))
}

/// Standard input, and one byte more than `max` at most: the bake refuses it then.
fn standard_input(max: u64) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(max.saturating_add(1)).read_to_end(&mut text);
    read.map_err(|e| Error::new(ErrorKind::Io, format!("standard input: {e}")))?;
    Ok(text)
}
