//! The files that a walk found in a chart's directory, and their texts: read on one thread, or on two that meet.
#![allow(clippy::disallowed_methods)] // a part of the loader that the rule speaks of

use std::fs;
use std::io::{self, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::dir::io_error;
use super::{File, Loading, archive};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::value::Str;
use crate::values::schema::SchemaCell;
use crate::yaml::{self, Node};
use go::strconv::quote;

/// The files of a directory in the order in which Helm loads them.
pub(super) struct Found {
    names: Vec<String>,
    texts: Arc<Texts>,
    /// Why the walk ended before its end: an error that comes after those of the files before it.
    end: Option<Error>,
}

/// The texts of found files: each is read by the thread that needs it first.
pub(crate) struct Texts {
    files: Vec<FoundFile>,
    /// The chart's values and its schema: of what is read of a chart, nothing else takes as long.
    values: OnceLock<Mutex<Result<Node>>>,
    schema: SchemaCell,
}

/// A file before it is read.
pub(super) struct FoundFile {
    name: String,
    path: PathBuf,
    /// What a symbolic link points at.
    target: Option<PathBuf>,
    /// Warnings that came before it.
    warnings: usize,
    is_template: bool,
    text: OnceLock<Result<Str>>,
}

impl FoundFile {
    pub(super) fn new(name: String, path: PathBuf, target: Option<PathBuf>, warnings: usize) -> Self {
        let is_template = name.starts_with("templates/") || name.contains("/templates/");
        FoundFile { name, path, target, warnings, is_template, text: OnceLock::new() }
    }

    fn text(&self, limits: &Limits, buffer: &mut Vec<u8>) -> &Result<Str> {
        self.text.get_or_init(|| {
            let real = self.target.as_deref().unwrap_or(&self.path);
            let text = match read_text(&self.path, limits, buffer) {
                Ok(text) => text,
                Err(error) => {
                    // Helm looks at the size before it opens a file
                    let size = fs::metadata(real).map_or(0, |found| found.len());
                    let prefix = format!("error reading {}: ", self.name);
                    return Err(check_size(real, size, limits)
                        .err()
                        .unwrap_or_else(|| io_error("open", &self.path, &error).with_prefix(&prefix)));
                }
            };
            check_size(real, text.len() as u64, limits)?;
            Ok(text)
        })
    }
}

impl Found {
    pub(super) fn new(files: Vec<FoundFile>, end: Option<Error>) -> Self {
        let names = files.iter().map(|file| file.name.clone()).collect();
        Found { names, texts: Arc::new(Texts { files, values: OnceLock::new(), schema: SchemaCell::default() }), end }
    }

    /// What another thread may read too.
    pub(super) fn texts(&self) -> &Arc<Texts> {
        &self.texts
    }

    /// Reads what is not read yet.
    ///
    /// Errors: the first in Helm's order, whoever came upon it; `loading` has the warnings before it.
    pub(super) fn read(self, limits: &Limits, loading: &mut Loading) -> Result<Vec<File>> {
        let mut files = Vec::with_capacity(self.names.len());
        let mut buffer = Vec::new();
        for (name, found) in self.names.into_iter().zip(&self.texts.files) {
            let text = found.text(limits, &mut buffer).clone().and_then(|text| {
                let left = loading.bytes.checked_sub(text.len() as u64);
                loading.bytes = left.ok_or_else(|| archive::too_large(limits))?;
                Ok(text)
            });
            let text = text.inspect_err(|_| loading.warnings.truncate(found.warnings))?;
            let plain = super::without_bom(&text);
            let data = if plain.len() == text.len() { text } else { plain.into() };
            files.push(File { name, data });
        }
        self.end.map_or(Ok(files), Err)
    }
}

impl Texts {
    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Reads from the last file to the first, up to one that is read already, and makes out the values and their schema on
    /// the way, which are near the end: for a second thread, while the first reads in Helm's order.
    pub(crate) fn read_from_the_end(&self, limits: &Limits) {
        let mut left = limits.chart_bytes;
        let mut buffer = Vec::new();
        for file in self.files.iter().rev() {
            if file.text.get().is_some() {
                return;
            }
            let Ok(text) = file.text(limits, &mut buffer) else { return };
            match file.name.as_str() {
                _ if super::without_bom(text).len() < text.len() => {}
                "values.yaml" => {
                    self.values.get_or_init(|| Mutex::new(yaml::read_values(text, limits)));
                }
                // its error is for the bake that needs it
                "values.schema.json" => drop(self.schema.get(text, limits)),
                _ => {}
            }
            // the other thread counts too, and says what is too much
            let Some(rest) = left.checked_sub(text.len() as u64) else { return };
            left = rest;
        }
    }

    /// Reads the chart's values, or takes what the other thread read. They are given away once.
    pub(super) fn values(&self, text: &Str, limits: &Limits) -> Result<Node> {
        let values = self.values.get_or_init(|| Mutex::new(yaml::read_values(text, limits)));
        let mut values = values.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut *values, Ok(Node::default()))
    }

    /// The place of the chart's compiled schema.
    pub(super) fn schema(&self) -> SchemaCell {
        self.schema.clone()
    }

    /// The texts below a `templates/`, each with the number of its file: as far as they are read.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (usize, &Str)> {
        let files = self.files.iter().enumerate().filter(|(_, file)| file.is_template);
        files.filter_map(|(number, file)| Some((number, file.text.get()?.as_ref().ok()?)))
    }
}

/// Bytes that are read at once at first: most files of a chart are smaller.
const BUFFER: usize = 16 << 10;

/// Reads a file by way of a buffer that stays for the next one. One read takes most files, and one more finds the end.
/// What is larger than a file may be is not read to its end.
pub(super) fn read_text(path: &Path, limits: &Limits, buffer: &mut Vec<u8>) -> io::Result<Str> {
    let mut input = fs::File::open(path)?;
    let mut filled = 0;
    while filled as u64 <= limits.chart_file_bytes {
        if filled == buffer.len() {
            buffer.resize(BUFFER.max(2 * filled), 0);
        }
        match input.read(buffer.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(buffer.get(..filled).unwrap_or_default().into())
}

/// Refuses a file that is larger than one may be.
pub(super) fn check_size(path: &Path, size: u64, limits: &Limits) -> Result<()> {
    let limit = limits.chart_file_bytes;
    if size <= limit {
        return Ok(());
    }
    let name = quote(path.file_name().unwrap_or_default().as_encoded_bytes());
    let text = format!("chart file {name} is larger than the maximum file size {limit}");
    Err(Error::helm_limit("chart-file-bytes", text))
}
