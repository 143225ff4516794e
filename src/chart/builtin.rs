//! The built-in charts: `charts/` of the sources, packed by `build.rs`.

use std::sync::LazyLock;

use super::memory::Memory;
use super::{Chart, File};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;
use crate::schema::SchemaCell;

/// A file of a built-in chart: its path from the chart's root, and its bytes.
type Packed = (&'static str, &'static [u8]);

include!(concat!(env!("OUT_DIR"), "/charts.rs"));

/// The schema of all built-in charts, compiled once per process by the first bake that needs it.
static COMPILED: LazyLock<SchemaCell> = LazyLock::new(SchemaCell::default);

const SCHEMA_FILE: &str = "values.schema.json";

impl Chart {
    /// The names of the built-in charts.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        CHARTS.iter().map(|(name, _)| *name)
    }

    /// The files of a built-in chart.
    ///
    /// Errors: there is no built-in chart with that name.
    pub fn builtin_files(name: &str) -> Result<Vec<File>> {
        let file = |(name, data): Packed| File { name: name.to_owned(), data: data.into() };
        Ok(packed(name)?.map(file).collect())
    }

    /// A built-in chart.
    pub fn builtin(name: &str) -> Result<Chart> {
        let mut files = Memory::new(packed(name)?.map(|(name, data)| (name.as_bytes().to_vec(), data)).collect());
        let root = files.root();
        let mut chart = Chart::from_tree(&mut files, &root, b"", &Run::default())?;
        chart.compiled_schema = COMPILED.clone();
        chart.is_builtin = true;
        Ok(chart)
    }
}

/// The files of a chart, with the shared schema.
fn packed(name: &str) -> Result<impl Iterator<Item = Packed>> {
    let Some((_, files)) = CHARTS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<_> = Chart::builtin_names().collect();
        let text = format!("there is no built-in chart {name:?}: the charts are {}", known.join(", "));
        return Err(Error::new(ErrorKind::Chart, text));
    };
    Ok(files.iter().copied().chain([(SCHEMA_FILE, SCHEMA)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_charts_load() {
        for name in ["workload", "service"] {
            let chart = Chart::builtin(name).unwrap();
            assert_eq!(chart.name(), name);
            assert!(!chart.templates.is_empty());
            assert_eq!(chart.schema.as_deref(), Some(SCHEMA));
        }
        let error = Chart::builtin("nope").unwrap_err().to_string();
        assert_eq!(error, "there is no built-in chart \"nope\": the charts are service, workload");
    }
}
