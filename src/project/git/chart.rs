//! The files of a chart's folder at a revision. The rules for ignored files and links are those of any chart's folder, and
//! nothing is written to a disk.

use gix::ObjectId;

use super::tree::{Kind, Place, Trees};
use crate::chart::{self, File, Rules};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::limits::Limits;
use go::stack::with_stack;

/// The files of the chart in the folder `id`, whose path from the repository's root is `real`; errors call it `shown`.
///
/// Errors: a limit of charts is passed, a link leaves the chart or leads nowhere, an object cannot be read.
pub(super) fn files(trees: &Trees, id: ObjectId, real: &[Vec<u8>], shown: &str, limits: &Limits) -> Result<Vec<File>> {
    let mut walk = Walk {
        trees,
        limits,
        root: real,
        shown,
        rules: Rules::default(),
        jumps: Vec::new(),
        entries: 0,
        bytes: 0,
        files: Vec::new(),
    };
    let rules = match walk.target(real, b".helmignore")? {
        Some(Place { id, kind: Kind::File, .. }) => trees.blob(id, limits.chart_file_bytes, ".helmignore")?,
        _ => Vec::new(),
    };
    walk.rules = Rules::parse(&rules)?;
    walk.folder(id, b"", real)?;
    Ok(walk.files)
}

/// Folders in folders; no disk has more than fit into one path.
const MAX_DEPTH: usize = 256;

struct Walk<'a> {
    trees: &'a Trees,
    limits: &'a Limits,
    /// The chart's folder, from the repository's root.
    root: &'a [Vec<u8>],
    shown: &'a str,
    rules: Rules,
    /// The folders in which the links stand that lead to where the walk is.
    jumps: Vec<Vec<Vec<u8>>>,
    entries: usize,
    bytes: u64,
    files: Vec<File>,
}

impl Walk<'_> {
    /// `name` is the folder's path from the chart's root, `real` its path from the repository's, without links.
    fn folder(&mut self, id: ObjectId, name: &[u8], real: &[Vec<u8>]) -> Result<()> {
        if memchr::memchr_iter(b'/', name).count() >= MAX_DEPTH {
            let text = format!("{}: the chart's folders are nested deeper than {MAX_DEPTH}", self.shown);
            return Err(Error::new(ErrorKind::Chart, text));
        }
        let entries = self.trees.entries(id).map_err(|e| self.told(name, e))?;
        for (entry, (id, kind)) in &*entries {
            let full = if name.is_empty() { entry.clone() } else { [name, b"/", entry].concat() };
            with_stack(|| self.entry(&full, entry, (*id, *kind), real))?;
        }
        Ok(())
    }

    fn entry(&mut self, name: &[u8], entry: &[u8], (id, kind): (ObjectId, Kind), holder: &[Vec<u8>]) -> Result<()> {
        let own = [holder, &[entry.to_vec()]].concat();
        let Place { id, kind, real } = match kind {
            Kind::Link => self.target(holder, entry)?.ok_or_else(|| {
                let text = format!("symbolic link {} leaves the repository, or leads nowhere", self.show(name));
                Error::new(ErrorKind::Chart, text)
            })?,
            kind => Place { id, kind, real: own.clone() },
        };
        let is_folder = kind == Kind::Folder;
        // what is left out may have any name, and any size
        if self.rules.ignore(&String::from_utf8_lossy(name), is_folder) {
            return Ok(());
        }
        self.entries += 1;
        if self.entries as u64 > self.limits.chart_entries {
            let text = format!("the chart has more than {} files and directories", self.limits.chart_entries);
            return Err(Error::limit_reached("chart-entries", text));
        }
        if !real.starts_with(self.root) {
            let target = printable(&String::from_utf8_lossy(&real.join(&b'/')));
            let text = format!("symbolic link {} leaves the chart: it resolves to {target}", self.show(name));
            return Err(Error::new(ErrorKind::Chart, text).with_hint("copy the file into the chart"));
        }
        if !is_folder {
            return self.file(name, id);
        }
        if real == own {
            return self.folder(id, name, &real);
        }
        if self.jumps.iter().map(Vec::as_slice).chain([holder]).any(|above| above.starts_with(&real)) {
            let text = format!("symbolic link {} leads back to a directory that contains it", self.show(name));
            return Err(Error::new(ErrorKind::Chart, text));
        }
        self.jumps.push(holder.to_owned());
        self.folder(id, name, &real)?;
        self.jumps.pop();
        Ok(())
    }

    fn file(&mut self, name: &[u8], id: ObjectId) -> Result<()> {
        let size = self.trees.size(id).map_err(|e| self.told(name, e))?;
        let limit = self.limits.chart_file_bytes;
        if size > limit {
            let text = format!("chart file {} is larger than the maximum file size {limit}", self.show(name));
            return Err(Error::helm_limit("chart-file-bytes", text));
        }
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limits.chart_bytes {
            let text = format!("{}: the chart is larger than {} bytes", self.shown, self.limits.chart_bytes);
            return Err(Error::limit_reached("chart-bytes", text));
        }
        let data = self.trees.blob(id, limit, "it").map_err(|e| self.told(name, e))?;
        self.files.push(chart::file(name, &data, self.limits)?);
        Ok(())
    }

    /// What an entry of a folder is behind all links, and its path from the repository's root.
    fn target(&self, folder: &[Vec<u8>], entry: &[u8]) -> Result<Option<Place>> {
        self.trees.find_from(folder.to_owned(), entry, true)
    }

    fn told(&self, name: &[u8], error: Error) -> Error {
        error.with_prefix(&format!("{}: ", self.show(name)))
    }

    fn show(&self, name: &[u8]) -> String {
        let name = printable(&String::from_utf8_lossy(name));
        if name.is_empty() { self.shown.to_owned() } else { format!("{}/{name}", self.shown) }
    }
}
