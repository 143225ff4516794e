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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn dependencies_come_after_the_chart() {
        let files = [
            ("crds/b.yaml", ""),
            ("crds/a.YML", ""),
            ("crds/c.txt", ""),
            ("crds/sub/d.json", ""),
            ("Chart.yaml", "name: c\nversion: 1"),
            ("charts/s/Chart.yaml", "name: t\nversion: 1"),
            ("charts/s/crds/e.yaml", ""),
        ];
        let files = files.map(|(name, text)| File { name: name.to_owned(), data: text.into() });
        let chart = Chart::from_files(files.into(), &Limits::helm()).unwrap();
        let sources: Vec<_> = crd_files(&chart).into_iter().map(|c| c.source).collect();
        assert_eq!(sources, ["c/crds/b.yaml", "c/crds/a.YML", "c/crds/sub/d.json", "c/charts/t/crds/e.yaml"]);
    }
}
