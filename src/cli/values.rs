//! Layers of values from the command line: files, standard input and the --set family.

use std::io::Read;
use std::path::Path;

use super::args::{ClusterArgs, ValuesArgs};
use crate::bake::Bake;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::values::csv;

/// Adds the values of the command line to a bake, in Helm's order: files, then --set-json, --set, --set-string,
/// --set-file, --set-literal, all within `limits`. Helm: `pkg/cli/values/options.go`.
pub(super) fn add<'c>(bake: Bake<'c>, args: &ValuesArgs, limits: Limits) -> Result<Bake<'c>> {
    let max = limits.values_file_bytes;
    let mut bake = bake.limits(limits);
    for file in csv::items("-f, --values", &args.values)? {
        bake = match file.trim() {
            "-" => bake.values_text("-", &standard_input(max)?),
            url if is_url(url) => return Err(no_download(&format!("the values file {url}"))),
            _ => bake.values_file(Path::new(&file))?,
        };
    }
    for text in &args.set_json {
        bake = bake.set_json(text);
    }
    for text in &args.set {
        bake = bake.set(text);
    }
    for text in &args.set_string {
        bake = bake.set_string(text);
    }
    for text in &args.set_file {
        bake = bake.set_file(text);
    }
    for text in &args.set_literal {
        bake = bake.set_literal(text);
    }
    Ok(bake)
}

/// Adds what the command line says of the cluster.
pub(super) fn add_cluster<'c>(mut bake: Bake<'c>, args: &ClusterArgs) -> Result<Bake<'c>> {
    if let Some(version) = args.kube_version.as_deref().filter(|v| !v.is_empty()) {
        bake = bake.kube_version(version)?;
    }
    for version in csv::items("-a, --api-versions", &args.api_versions)? {
        bake = bake.api_version(version);
    }
    Ok(bake)
}

/// What a flag asks for that would need a download.
pub(super) fn no_download(what: &str) -> Error {
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
