//! The charts that are part of the program: `charts/` of the sources, packed by `build.rs`.

use super::memory::Memory;
use super::{Chart, Links, Loading, loader, walk};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// A file of a built-in chart: its path from the chart's root, and its bytes.
type Packed = (&'static str, &'static [u8]);

include!(concat!(env!("OUT_DIR"), "/charts.rs"));

impl Chart {
    /// The names of the charts that are built in.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        CHARTS.iter().map(|(name, _)| *name)
    }

    /// A chart that is built in.
    pub fn builtin(name: &str) -> Result<Chart> {
        let Some((_, files)) = CHARTS.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = Chart::builtin_names().collect();
            let text = format!("there is no built-in chart {name:?}: the charts are {}", known.join(", "));
            return Err(Error::new(ErrorKind::Chart, text));
        };
        let mut files = Memory::new(files.iter().map(|(name, data)| (name.as_bytes().to_vec(), *data)).collect());
        let (root, limits) = (files.root(), Limits::helm());
        let mut loading = Loading::new(&limits);
        let files = walk::files(&mut files, &root, b"", Links::Inside, &limits, &mut loading)?;
        loader::load_files(files, &limits, &mut loading, 0)
    }
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
        }
        let error = Chart::builtin("nope").unwrap_err().to_string();
        assert_eq!(error, "there is no built-in chart \"nope\": the charts are service, workload");
    }
}
