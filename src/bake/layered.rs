//! Layers with files of this machine: passes the file reader of this library to `values`.

use std::path::Path;

use crate::chart::read_file;
use crate::error::Result;
use crate::limits::Limits;
use crate::run::Run;
use crate::values::explain::Step;
use crate::values::remote::{is_remote, no_download};
use crate::values::{Layered, Layers, ValuesFile};
use crate::yaml::Node;

/// A reader for the files that layers name, within the limits.
fn reader(limits: &Limits) -> impl FnMut(&Path) -> Result<Vec<u8>> {
    let max = limits.values_file_bytes;
    move |path| match path.to_str() {
        Some(url) if is_remote(url) && !path.exists() => Err(no_download(url)),
        _ => read_file(path, max),
    }
}

impl Layers {
    /// Merges all layers, without a chart.
    ///
    /// Errors: Helm's, in its order: a file cannot be read or is not a map, a flag does not parse.
    pub fn merge(&self, limits: &Limits) -> Result<Layered> {
        self.merge_in(&Run::new(limits.clone()))
    }

    /// The same in a run.
    pub(crate) fn merge_in(&self, run: &Run) -> Result<Layered> {
        self.merge_by(&mut reader(&run.limits), run)
    }

    /// The values before the first layer and after each one, for [`explain`](crate::values::explain::explain).
    ///
    /// Errors: those of [`Layers::merge`].
    pub fn steps(&self, limits: &Limits) -> Result<Vec<Step>> {
        self.steps_in(&Run::new(limits.clone()))
    }

    /// The same in a run.
    pub(crate) fn steps_in(&self, run: &Run) -> Result<Vec<Step>> {
        self.steps_by(&mut reader(&run.limits), run)
    }

    /// Reads the values files that are not in memory yet, so that errors are reported now.
    ///
    /// Errors: a file cannot be read, or an earlier file is not valid.
    pub fn read(&self, limits: &Limits) -> Result<()> {
        let missing = self.files().find_map(|file| file.text(limits).err());
        // Helm reads and parses one file after the other, so errors in earlier files come first
        missing.map_or(Ok(()), |error| Err(self.merge(limits).err().unwrap_or(error)))
    }

    /// SHA-256 of the layers, with the content of all files that they name.
    ///
    /// Errors: a file cannot be read, a `--set-file` does not parse.
    pub fn digest(&self, limits: &Limits) -> Result<[u8; 32]> {
        self.digest_by(&mut reader(limits), &Run::new(limits.clone()))
    }
}

impl ValuesFile {
    /// The text.
    ///
    /// Errors: the file cannot be read.
    pub fn text(&self, limits: &Limits) -> Result<&[u8]> {
        self.text_by(&mut reader(limits)).map(|text| &**text)
    }

    /// SHA-256 of the text.
    ///
    /// Errors: the file cannot be read.
    pub fn digest(&self, limits: &Limits) -> Result<[u8; 32]> {
        self.digest_by(&mut reader(limits))
    }

    /// The text as a tree: a mapping or null.
    ///
    /// Errors: those of a bake with this file.
    pub fn tree(&self, limits: &Limits) -> Result<&Node> {
        self.tree_by(&mut reader(limits), &Run::new(limits.clone()))
    }
}
