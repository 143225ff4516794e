//! Layers of values from the command line: files, standard input and the --set family.

use std::io::Read;

use super::{ClusterArgs, ValuesArgs};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::project::Cluster;
use crate::values::{Layer, Layers, ValuesFile, csv};

/// The values of the command line. Standard input is read now, files on first use. Helm: `pkg/cli/values/options.go`.
pub(in crate::cli) fn layers(args: &ValuesArgs, limits: &Limits) -> Result<Layers> {
    let mut layers = Layers::new();
    for file in csv::items("-f, --values", &args.values)? {
        let file = match file.trim() {
            "-" => ValuesFile::new("-", standard_input(limits.values_file_bytes)?),
            _ => ValuesFile::at(file),
        };
        layers.push(Layer::File(file));
    }
    layers.extend(args.set_json.iter().cloned().map(Layer::SetJson));
    layers.extend(args.set.iter().cloned().map(Layer::Set));
    layers.extend(args.set_string.iter().cloned().map(Layer::SetString));
    layers.extend(args.set_file.iter().cloned().map(Layer::SetFile));
    layers.extend(args.set_literal.iter().cloned().map(Layer::SetLiteral));
    Ok(layers)
}

/// The cluster settings of the command line, in the form of a project.
pub(in crate::cli) fn cluster(args: &ClusterArgs) -> Result<Cluster> {
    let kube_version = args.kube_version.clone().filter(|v| !v.is_empty());
    Ok(Cluster { kube_version, api_versions: csv::items("-a, --api-versions", &args.api_versions)? })
}

/// Standard input, at most one byte more than `max`, so that the bake refuses larger input.
fn standard_input(max: u64) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(max.saturating_add(1)).read_to_end(&mut text);
    read.map_err(|e| Error::io("standard input", e))?;
    Ok(text)
}
