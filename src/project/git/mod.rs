//! Reads the files of a git revision from the objects of the repository, without a checkout.

mod chart;
mod tree;

use std::fmt;
use std::path::Path;

use chart::RevisionTree;
use gix::ObjectId;
use sha2::{Digest, Sha256};
use tree::{Kind, Place, Trees};

use super::files::{Files, Folder, Listing};
use crate::bake::Chart;
use crate::chart::Links;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::run::Run;

/// A folder of a repository at a revision.
pub struct Revision {
    /// The revision, as the user named it.
    name: String,
    /// The folder, relative to the repository's root.
    prefix: String,
    trees: Trees,
}

impl Revision {
    /// A folder of this machine at a revision (`main`, `HEAD~2`, a tag, a hash).
    ///
    /// Errors: the folder is not in a repository, the revision does not exist, or it does not contain the folder.
    pub fn open(folder: &Path, revision: &str) -> Result<Revision> {
        let failed = |what: &str, e: &dyn fmt::Display| {
            Error::new(ErrorKind::Usage, format!("{what}: {}", e.to_string().lines().next().unwrap_or_default()))
        };
        let full = folder.canonicalize().map_err(|e| failed(&folder.display().to_string(), &e))?;
        let repo = gix::discover(&full).map_err(|_| {
            Error::new(ErrorKind::Usage, format!("{}: the folder is not in a git repository", folder.display()))
        })?;
        let root = repo.workdir().and_then(|root| root.canonicalize().ok());
        let prefix = root.and_then(|root| full.strip_prefix(root).ok().map(Path::to_owned));
        let prefix = prefix.and_then(|p| p.to_str().map(|p| p.replace('\\', "/"))).ok_or_else(|| {
            Error::new(
                ErrorKind::Usage,
                format!("{}: the folder is not in the work tree of a git repository", folder.display()),
            )
        })?;
        let wrong = |e: &dyn fmt::Display| failed(&format!("no revision {revision:?}"), e);
        let id = repo.rev_parse_single(revision).map_err(|e| wrong(&e))?.detach();
        let trees = Trees::of(repo, id).map_err(|e| wrong(&e))?;
        let there = trees.find(prefix.as_bytes(), true).map_err(|e| wrong(&e))?;
        if there.is_none_or(|place| place.kind != Kind::Folder) {
            return Err(Error::new(ErrorKind::Usage, format!("{revision}: the revision has no folder {prefix}")));
        }
        Ok(Revision { name: revision.to_owned(), prefix, trees })
    }

    /// Resolves a path relative to the folder.
    fn find(&self, path: &str, follow: bool) -> Result<Option<Place>> {
        if path.starts_with('/') {
            return Ok(None);
        }
        let place = self.trees.find(format!("{}/{path}", self.prefix).as_bytes(), follow);
        place.map_err(|e| self.told(path, e))
    }

    fn blob(&self, path: &str, id: ObjectId, max: u64) -> Result<Vec<u8>> {
        if self.trees.size(id).map_err(|e| self.told(path, e))? > max {
            let text = format!("{} is larger than {max} bytes", self.show(path));
            return Err(Error::limit_reached("values-file-bytes", text));
        }
        self.trees.blob(id, max, "it").map_err(|e| self.told(path, e))
    }

    /// An error with its path.
    fn told(&self, path: &str, error: Error) -> Error {
        error.with_prefix(&format!("{}: ", self.show(path)))
    }
}

impl Files for Revision {
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>> {
        match self.find(path, true)? {
            Some(Place { id, kind: Kind::File, .. }) => self.blob(path, id, max).map(Some),
            Some(_) => Err(Error::new(ErrorKind::Io, format!("{}: it is not a regular file", self.show(path)))),
            None => Ok(None),
        }
    }

    fn list(&self, folder: &str) -> Result<Option<Listing>> {
        let Some(Place { id, kind: Kind::Folder, real }) = self.find(folder, true)? else { return Ok(None) };
        let mut listing = Listing::default();
        for (name, (_, kind)) in &*self.trees.entries(id).map_err(|e| self.told(folder, e))? {
            let Ok(text) = std::str::from_utf8(name) else {
                listing.unnamed += 1;
                continue;
            };
            // a dangling link counts as a file, as on disk
            let is_folder = match kind {
                Kind::Folder => true,
                Kind::File => false,
                Kind::Link => self.trees.find_from(real.clone(), name, true)?.is_some_and(|p| p.kind == Kind::Folder),
            };
            if is_folder { listing.folders.push(text.to_owned()) } else { listing.files.push(text.to_owned()) }
        }
        Ok(Some(listing))
    }

    fn exists(&self, path: &str) -> bool {
        self.find(path, false).is_ok_and(|place| place.is_some_and(|place| place.kind != Kind::Folder))
    }

    fn chart(&self, path: &str, limits: &Limits) -> Result<Chart> {
        if Path::new(path).is_absolute() {
            return Chart::load_with(path, Links::Inside, limits);
        }
        match self.find(path, true)? {
            None => Err(Error::new(ErrorKind::Io, format!("{}: chart not found", self.show(path)))),
            Some(Place { id, kind: Kind::Folder, real }) => {
                let mut tree = RevisionTree { trees: &self.trees, shown: self.show(path) };
                crate::chart::Chart::from_tree(&mut tree, &id, &real.join(&b'/'), &Run::new(limits.clone()))
                    .map(Chart::from)
            }
            Some(Place { id, .. }) => Chart::from_archive(&self.blob(path, id, limits.chart_bytes)?, limits),
        }
    }

    /// The hash of the object covers everything below it.
    fn digest(&self, path: &str) -> Result<[u8; 32]> {
        if Path::new(path).is_absolute() {
            return Folder::new("").digest(path);
        }
        let place = self.find(path, true)?;
        Ok(Sha256::digest(place.map(|place| place.id.to_string()).unwrap_or_default()).into())
    }

    fn show(&self, path: &str) -> String {
        let parts = self.prefix.split('/').chain(path.split('/')).filter(|part| !matches!(*part, "" | "."));
        let mut shown: Vec<&str> = Vec::new();
        for part in parts {
            let is_up = part == ".." && shown.pop().is_some();
            if !is_up {
                shown.push(part);
            }
        }
        format!("{}:{}", self.name, shown.join("/"))
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.prefix)
    }
}
