//! From files to a chart, and to the charts below it. Helm: `LoadFiles` of `pkg/chart/loader/load.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decode::{self, Draft};
use super::{Chart, File, Remaining, archive, validate};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::yaml::{self, Data, Node};

/// Makes a chart of its files. `depth` counts the charts around it.
pub(super) fn load_files(files: Vec<File>, limits: &Limits, remaining: &mut Remaining, depth: usize) -> Result<Chart> {
    if depth > limits.subchart_depth {
        let text = format!("charts are nested deeper than {}", limits.subchart_depth);
        return Err(Error::limit_reached("subchart-depth", text));
    }
    let mut draft: Option<Draft> = None;
    for file in files.iter().filter(|f| f.name == "Chart.yaml") {
        let draft = draft.get_or_insert_default();
        read(file, limits).and_then(|node| decode::metadata(&node, draft)).map_err(|e| cannot_load(&e, file))?;
        if draft.metadata.api_version.is_empty() {
            // charts of Helm 2 had no apiVersion
            "v1".clone_into(&mut draft.metadata.api_version);
        }
    }

    let mut chart = Chart { values: Node::new(Data::Map(yaml::NodeMap::default())), ..Chart::default() };
    // in byte order of their names; Helm takes them in any order
    let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in files {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => chart.lock = read_lock(&file, limits)?,
            "values.yaml" => {
                chart.values = yaml::read_values(&file.data, limits).map_err(|e| cannot_load(&e, &file))?;
            }
            "values.schema.json" => chart.schema = Some(file.data),
            "requirements.yaml" => {
                let draft = draft.get_or_insert_default();
                if draft.metadata.api_version != "v1" {
                    chart.warnings.push(
                        "Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml."
                            .to_owned(),
                    );
                }
                let node = read(&file, limits);
                node.and_then(|node| decode::metadata(&node, draft)).map_err(|e| cannot_load(&e, &file))?;
                if draft.metadata.api_version == "v1" {
                    chart.files.push(file);
                }
            }
            "requirements.lock" => {
                chart.lock = read_lock(&file, limits)?;
                if draft.get_or_insert_default().metadata.api_version == "v1" {
                    chart.files.push(file);
                } else {
                    chart.warnings.push(
                        "Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock."
                            .to_owned(),
                    );
                }
            }
            name if name.starts_with("templates/") => chart.templates.push(file),
            name => match name.strip_prefix("charts/") {
                Some(inner) if extension(name) != Some("prov") => {
                    let name = inner.split('/').next().unwrap_or(inner).to_owned();
                    subcharts.entry(name).or_default().push(File { name: inner.to_owned(), data: file.data });
                }
                _ => chart.files.push(file),
            },
        }
    }

    let draft = draft.ok_or_else(|| Error::new(ErrorKind::Chart, "Chart.yaml file is missing"))?;
    chart.metadata = validate::metadata(draft)?;
    if chart.metadata.deprecated && depth == 0 {
        chart.warnings.push("This chart is deprecated".to_owned());
    }
    for (name, files) in subcharts {
        if name.starts_with(['_', '.']) {
            continue;
        }
        let subchart = load_subchart(&name, files, chart.name(), limits, remaining, depth + 1)?;
        chart.dependencies.push(Arc::new(subchart));
    }
    Ok(chart)
}

/// Loads what stands under one name in `charts/`: an archive or a directory.
fn load_subchart(
    name: &str,
    files: Vec<File>,
    parent: &str,
    limits: &Limits,
    remaining: &mut Remaining,
    depth: usize,
) -> Result<Chart> {
    let loaded = if extension(name) == Some("tgz") {
        let Some(file) = files.into_iter().next() else { return Ok(Chart::default()) };
        if file.name != name {
            let text = format!("error unpacking subchart tar in {parent}: expected {name}, got {}", file.name);
            return Err(Error::new(ErrorKind::Chart, text));
        }
        archive::read_files(file.data.as_bytes(), limits, remaining)
    } else {
        // a file that stands in charts/ itself belongs to no chart
        let below = |file: File| file.name.split_once('/').map(|(_, n)| n.to_owned()).map(|name| File { name, ..file });
        Ok(files.into_iter().filter_map(below).collect())
    };
    loaded
        .and_then(|files| load_files(files, limits, remaining, depth))
        .map_err(|e| e.with_prefix(&format!("error unpacking subchart {name} in {parent}: ")))
}

fn read(file: &File, limits: &Limits) -> Result<Node> {
    yaml::read(&file.data, limits)
}

fn read_lock(file: &File, limits: &Limits) -> Result<Option<super::Lock>> {
    read(file, limits).and_then(|node| decode::lock(&node)).map_err(|e| cannot_load(&e, file))
}

fn cannot_load(error: &Error, file: &File) -> Error {
    error.clone().with_prefix(&format!("cannot load {}: ", file.name))
}

/// The end of a name after its last dot. Go: `filepath.Ext`, without the dot.
fn extension(name: &str) -> Option<&str> {
    name.rsplit('/').next()?.rsplit_once('.').map(|(_, ext)| ext)
}
