//! Where a project's files come from: a folder, or (with the feature `git`) a revision of a repository.

use std::fmt::Debug;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::bake::Chart;
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// The files of a project, named by their paths from its folder, with `/` between the parts.
pub trait Files: Debug + Send + Sync {
    /// The content of a file; none where there is no such file.
    ///
    /// Errors: it is there and cannot be read, or is larger than `max` bytes.
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>>;

    /// The names of the folders in a folder, and of the files in it, in order; none where there is no such folder. Names
    /// that are not UTF-8 are left out and counted.
    fn list(&self, folder: &str) -> Result<Option<Listing>>;

    /// Whether there is a file.
    fn exists(&self, path: &str) -> bool;

    /// The chart in a folder or archive.
    ///
    /// Errors: those of [`Chart::load`].
    fn chart(&self, path: &str, limits: &Limits) -> Result<Chart>;

    /// SHA-256 of a file, or of all that is below a folder.
    ///
    /// Errors: something there cannot be read.
    fn digest(&self, path: &str) -> Result<[u8; 32]>;

    /// What a file is called in messages.
    fn show(&self, path: &str) -> String;
}

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The folders in it, by name.
    pub folders: Vec<String>,
    /// The files in it, by name.
    pub files: Vec<String>,
    /// How many names are no UTF-8.
    pub unnamed: usize,
}

/// A folder of this machine.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Folder { root: root.into() }
    }

    /// The path of a file.
    fn path(&self, path: &str) -> PathBuf {
        // an empty root is the current folder, and messages should not start with "./"
        if self.root.as_os_str() == "." { PathBuf::from(path) } else { self.root.join(path) }
    }
}

impl Files for Folder {
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>> {
        let path = self.path(path);
        match fs::symlink_metadata(&path) {
            Err(e) if is_missing(&e) => return Ok(None),
            _ => not_endless(&path)?,
        }
        chart::read_file(&path, max).map(Some)
    }

    fn list(&self, folder: &str) -> Result<Option<Listing>> {
        let path = if folder.is_empty() { self.root.clone() } else { self.path(folder) };
        let failed = |e: io::Error| Error::io(&path, e);
        #[allow(clippy::disallowed_methods)] // this room finds the services
        let entries = match fs::read_dir(&path) {
            Err(e) if is_missing(&e) => return Ok(None),
            entries => entries.map_err(failed)?,
        };
        let mut listing = Listing::default();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().into_string() else {
                listing.unnamed += 1;
                continue;
            };
            let kind = entry.file_type().map_err(failed)?;
            // a link that leads nowhere is a file, whose reading tells why
            let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
            if is_folder { listing.folders.push(name) } else { listing.files.push(name) }
        }
        listing.folders.sort_unstable();
        listing.files.sort_unstable();
        Ok(Some(listing))
    }

    fn exists(&self, path: &str) -> bool {
        // a link that leads nowhere is there, and its reading tells why
        fs::symlink_metadata(self.path(path)).is_ok_and(|data| !data.is_dir())
    }

    fn chart(&self, path: &str, limits: &Limits) -> Result<Chart> {
        let path = self.path(path);
        if fs::metadata(&path).is_err() {
            let text = format!("{}: no such chart: there is no such folder or archive", path.display());
            return Err(Error::new(ErrorKind::Io, text));
        }
        not_endless(&path)?;
        Chart::load_with(path, chart::Links::Inside, limits)
    }

    fn digest(&self, path: &str) -> Result<[u8; 32]> {
        let path = self.path(path);
        let mut hash = Sha256::new();
        // what was named may be a link itself
        match path.canonicalize() {
            Ok(real) => add(&real, MAX_DEPTH, &mut hash).map_err(|e| Error::io(&path, e))?,
            Err(e) if is_missing(&e) => {}
            Err(e) => return Err(Error::io(&path, e)),
        }
        Ok(hash.finalize().into())
    }

    fn show(&self, path: &str) -> String {
        self.path(path).display().to_string()
    }
}

/// What a project names is a file or a folder: reading a pipe would wait for ever, and devices never end.
fn not_endless(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            Err(Error::new(ErrorKind::Io, format!("{}: it is no file", path.display())))
        }
        _ => Ok(()),
    }
}

/// A folder nested deeper than this is no chart's.
const MAX_DEPTH: usize = 256;

/// Adds a file with its length, a folder with its names. Of a link the target is enough: what it leads to in a chart has
/// its own place there. Pipes and devices count by their names alone, as they may never end.
fn add(path: &Path, depth: usize, hash: &mut Sha256) -> io::Result<()> {
    let data = fs::symlink_metadata(path)?;
    if data.is_symlink() {
        hash.update(fs::read_link(path)?.as_os_str().as_encoded_bytes());
    } else if data.is_file() {
        hash.update(data.len().to_le_bytes());
        #[allow(clippy::disallowed_methods)] // a chart's file
        let mut file = fs::File::open(path)?;
        io::copy(&mut file, hash)?;
    } else if data.is_dir() && depth > 0 {
        #[allow(clippy::disallowed_methods)] // a chart's folder
        let mut names: Vec<_> =
            fs::read_dir(path)?.map(|entry| entry.map(|e| e.file_name())).collect::<io::Result<_>>()?;
        names.sort_unstable();
        for name in names.iter().filter(|name| *name != ".git") {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_encoded_bytes());
            add(&path.join(name), depth - 1, hash)?;
        }
    }
    hash.update([0xff]);
    Ok(())
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
