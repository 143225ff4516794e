//! The files of a revision of a git repository, read from its objects: nothing is checked out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use gix::ObjectId;
use gix::object::tree::EntryKind;

use super::files::{Files, Listing};
use super::scratch::private_folder;
use crate::bake::Chart;
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// A folder of a repository as it was at a revision.
pub struct Revision {
    repo: gix::ThreadSafeRepository,
    /// The revision, as the user named it.
    name: String,
    /// The folder, from the repository's root.
    prefix: String,
    /// All files of the revision, by path from the repository's root.
    files: BTreeMap<String, (ObjectId, Kind)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Link,
}

/// Links that lead to links.
const MAX_LINKS: usize = 8;
/// Nested trees.
const MAX_DEPTH: usize = 256;

impl Revision {
    /// The folder of this machine as it was at a revision (`main`, `HEAD~2`, a tag, a hash).
    ///
    /// Errors: the folder is in no repository, there is no such revision, or no such folder in it.
    pub fn open(folder: &Path, revision: &str) -> Result<Revision> {
        let failed = |what: &str, e: &dyn fmt::Display| {
            Error::new(ErrorKind::Usage, format!("{what}: {}", e.to_string().lines().next().unwrap_or_default()))
        };
        let full = folder.canonicalize().map_err(|e| failed(&folder.display().to_string(), &e))?;
        let repo = gix::discover(&full)
            .map_err(|_| Error::new(ErrorKind::Usage, format!("{}: it is in no git repository", folder.display())))?;
        let root = repo.workdir().and_then(|root| root.canonicalize().ok());
        let prefix = root.and_then(|root| full.strip_prefix(root).ok().map(Path::to_owned));
        let prefix = prefix.and_then(|p| p.to_str().map(|p| p.replace('\\', "/"))).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("{}: it is in no work tree of a git repository", folder.display()))
        })?;
        let mut files = BTreeMap::new();
        {
            let wrong = |e: &dyn fmt::Display| failed(&format!("no revision {revision:?}"), e);
            let id = repo.rev_parse_single(revision).map_err(|e| wrong(&e))?;
            let tree = id.object().and_then(gix::Object::peel_to_tree).map_err(|e| wrong(&e))?;
            walk(&repo, &tree, "", MAX_DEPTH, &mut files).map_err(|e| wrong(&e))?;
        }
        let below = format!("{prefix}/");
        if !prefix.is_empty() && !files.keys().any(|path| path.starts_with(&below)) {
            return Err(Error::new(ErrorKind::Usage, format!("{revision}: it has no folder {prefix}")));
        }
        Ok(Revision { repo: repo.into_sync(), name: revision.to_owned(), prefix, files })
    }

    /// A path from the repository's root, `..` taken away; none where it leads out.
    fn full(&self, path: &str) -> Option<String> {
        join(&self.prefix, path)
    }

    /// The file at a path, through links.
    fn find(&self, path: &str) -> Result<Option<ObjectId>> {
        let Some(mut path) = self.full(path) else { return Ok(None) };
        for _ in 0..MAX_LINKS {
            match self.files.get(&path) {
                None => return Ok(None),
                Some((id, Kind::File)) => return Ok(Some(*id)),
                Some((id, Kind::Link)) => {
                    let target = String::from_utf8_lossy(&self.blob(*id)?).into_owned();
                    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let Some(next) = join(folder, &target) else { return Ok(None) };
                    path = next;
                }
            }
        }
        Ok(None)
    }

    fn blob(&self, id: ObjectId) -> Result<Vec<u8>> {
        let repo = self.repo.to_thread_local();
        let object = repo.find_object(id).map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", self.name)))?;
        Ok(object.detach().data)
    }

    /// The files below a folder, by path from it.
    fn below(&self, folder: &str) -> impl Iterator<Item = (&str, ObjectId, Kind)> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.files.range(start.clone()..);
        from.map_while(move |(path, (id, kind))| Some((path.strip_prefix(&start)?, *id, *kind)))
    }
}

impl Files for Revision {
    fn read(&self, path: &str, max: u64) -> Result<Option<Vec<u8>>> {
        let Some(id) = self.find(path)? else { return Ok(None) };
        let content = self.blob(id)?;
        if content.len() as u64 > max {
            let message = format!("{} is larger than {max} bytes", self.show(path));
            return Err(Error::limit_reached("values-file-bytes", message));
        }
        Ok(Some(content))
    }

    fn list(&self, folder: &str) -> Result<Option<Listing>> {
        let Some(full) = self.full(folder) else { return Ok(None) };
        let mut listing = Listing::default();
        for (path, _, _) in self.below(&full) {
            match path.split_once('/') {
                None => listing.files.push(path.to_owned()),
                Some((name, _)) if listing.folders.last().is_some_and(|last| last == name) => {}
                Some((name, _)) => listing.folders.push(name.to_owned()),
            }
        }
        listing.folders.sort_unstable();
        listing.folders.dedup();
        let is_there = full.is_empty() || !listing.files.is_empty() || !listing.folders.is_empty();
        Ok(is_there.then_some(listing))
    }

    fn exists(&self, path: &str) -> bool {
        self.full(path).is_some_and(|path| self.files.contains_key(&path))
    }

    /// A folder's files are written to a folder of their own for as long as the chart is loaded: the rules for ignored
    /// files and links are those of any chart.
    fn chart(&self, path: &str, limits: &Limits) -> Result<Chart> {
        if let Some(id) = self.find(path)? {
            return Chart::from_archive(&self.blob(id)?, limits);
        }
        if Path::new(path).is_absolute() {
            return Chart::load_with(path, chart::Links::Inside, limits);
        }
        let full = self.full(path).unwrap_or_default();
        if self.below(&full).next().is_none() {
            return Err(Error::new(ErrorKind::Io, format!("{}: no such chart", self.show(path))));
        }
        let scratch = private_folder()?;
        for (name, id, kind) in self.below(&full) {
            let to = scratch.path().join(name);
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent).map_err(|e| io(parent, &e))?;
            }
            let content = self.blob(id)?;
            if kind == Kind::Link {
                link(&String::from_utf8_lossy(&content), &to).map_err(|e| io(&to, &e))?;
            } else {
                std::fs::write(&to, content).map_err(|e| io(&to, &e))?;
            }
        }
        Chart::load_with(scratch.path(), chart::Links::Inside, limits)
    }

    fn show(&self, path: &str) -> String {
        format!("{}:{}", self.name, self.full(path).unwrap_or_else(|| path.to_owned()))
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.prefix)
    }
}

fn walk(
    repo: &gix::Repository,
    tree: &gix::Tree<'_>,
    folder: &str,
    depth: usize,
    files: &mut BTreeMap<String, (ObjectId, Kind)>,
) -> Result<(), gix::Error> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    for entry in tree.decode()?.entries {
        // a name that is no text can be no file of a project
        let Ok(name) = std::str::from_utf8(entry.filename) else { continue };
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        match entry.mode.kind() {
            EntryKind::Tree => walk(repo, &repo.find_tree(entry.oid)?, &path, depth, files)?,
            EntryKind::Blob | EntryKind::BlobExecutable => {
                files.insert(path, (entry.oid.to_owned(), Kind::File));
            }
            EntryKind::Link => {
                files.insert(path, (entry.oid.to_owned(), Kind::Link));
            }
            EntryKind::Commit => {}
        }
    }
    Ok(())
}

fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(unix)]
fn link(target: &str, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(target, to)
}

#[cfg(not(unix))]
fn link(target: &str, to: &Path) -> std::io::Result<()> {
    std::fs::write(to, target)
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{}: {error}", path.display()))
}
