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

/// The files of a project. Paths are relative to its folder, with `/` as the separator.
pub trait Files: Debug + Send + Sync {
    /// The content of a file; `None` if it does not exist.
    ///
    /// Errors: the file cannot be read, or is larger than `max` bytes.
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>>;

    /// The folders and files in a folder, by name; `None` if the folder does not exist. Names that are not UTF-8 are left out
    /// and counted.
    fn list(&self, folder: &str) -> Result<Option<Listing>>;

    /// Whether a file exists.
    fn exists(&self, path: &str) -> bool;

    /// The chart in a folder or archive.
    ///
    /// Errors: those of [`Chart::load`].
    fn chart(&self, path: &str, limits: &Limits) -> Result<Chart>;

    /// SHA-256 of a file, or of everything below a folder.
    ///
    /// Errors: a file cannot be read.
    fn digest(&self, path: &str) -> Result<[u8; 32]>;

    /// The name of a file in messages.
    fn show(&self, path: &str) -> String;
}

/// The content of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The folders in it, by name.
    pub folders: Vec<String>,
    /// The files in it, by name.
    pub files: Vec<String>,
    /// The number of names that are not UTF-8.
    pub unnamed: usize,
}

/// A folder of this machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
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
        // an empty root is the current folder; messages should not start with "./"
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
            // a dangling link counts as a file; reading it reports the reason
            let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
            if is_folder { listing.folders.push(name) } else { listing.files.push(name) }
        }
        listing.folders.sort_unstable();
        listing.files.sort_unstable();
        Ok(Some(listing))
    }

    fn exists(&self, path: &str) -> bool {
        // a dangling link exists; reading it reports the reason
        fs::symlink_metadata(self.path(path)).is_ok_and(|data| !data.is_dir())
    }

    fn chart(&self, path: &str, limits: &Limits) -> Result<Chart> {
        let path = self.path(path);
        if fs::metadata(&path).is_err() {
            let text = format!("{}: chart not found: no folder or archive of that name", path.display());
            return Err(Error::new(ErrorKind::Io, text));
        }
        not_endless(&path)?;
        Chart::load_with(path, chart::Links::Inside, limits)
    }

    fn digest(&self, path: &str) -> Result<[u8; 32]> {
        let path = self.path(path);
        let mut hash = Sha256::new();
        // the given path may be a link itself
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

/// Refuses anything but files and folders: reading a pipe could block forever, and devices have no end.
fn not_endless(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() && !found.is_dir() => {
            Err(Error::new(ErrorKind::Io, format!("{}: it is not a regular file", path.display())))
        }
        _ => Ok(()),
    }
}

/// Maximum depth of folders in a chart.
const MAX_DEPTH: usize = 256;

/// Adds a file with its length, or a folder with its names, to the hash. A link adds only its target: the file it leads to
/// is hashed in its own place. Pipes and devices add only their names, because they may have no end.
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
