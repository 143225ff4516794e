//! Custom resource definitions of a chart. Helm: `Chart.CRDObjects`.

use super::{Chart, File};

/// A file below `crds/`, of a chart or one of its dependencies.
#[derive(Clone, Debug)]
pub struct Crd<'a> {
    /// Path as `# Source:` shows it: from the top chart's name.
    pub source: String,
    /// The file.
    pub file: &'a File,
}

/// The CRD files of a chart, then of its dependencies, in the order of loading.
pub fn crd_files(chart: &Chart) -> Vec<Crd<'_>> {
    let mut out = Vec::new();
    collect(chart, chart.name(), &mut out);
    out
}

fn collect<'a>(chart: &'a Chart, path: &str, out: &mut Vec<Crd<'a>>) {
    let is_crd = |file: &&File| file.name.starts_with("crds/") && has_manifest_extension(&file.name);
    for file in chart.files.iter().filter(is_crd) {
        out.push(Crd { source: format!("{path}/{}", file.name), file });
    }
    for dependency in &chart.dependencies {
        collect(dependency, &format!("{path}/charts/{}", dependency.name()), out);
    }
}

fn has_manifest_extension(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let extension = base.rsplit_once('.').map_or("", |(_, ext)| ext);
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
