//! The trees of a revision. A tree is read only when a path leads to it, so the rest of a hostile repository costs nothing.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use gix::ObjectId;
use gix::object::Kind as ObjectKind;
use gix::object::tree::EntryKind;

use crate::error::{Error, ErrorKind, Result, printable};

/// An entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    Link,
}

/// A folder of a revision: its entries by name, without submodules.
pub(super) type Entries = BTreeMap<Vec<u8>, (ObjectId, Kind)>;

/// The result of resolving a path through all links.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub id: ObjectId,
    pub kind: Kind,
    /// The path from the repository's root.
    pub real: Vec<Vec<u8>>,
}

/// The objects of a repository, below one tree.
pub(super) struct Trees {
    repo: gix::ThreadSafeRepository,
    root: ObjectId,
    known: Mutex<HashMap<ObjectId, Arc<Entries>>>,
}

/// Maximum number of links on a path. Linux: `MAXSYMLINKS`.
const MAX_LINKS: usize = 40;
/// Maximum size of a tree, commit or tag.
const MAX_OBJECT: u64 = 64 << 20;
/// Maximum length of the target of a link. Linux: `PATH_MAX`.
const MAX_TARGET: u64 = 4096;
/// Maximum length of a chain of tags.
const MAX_TAGS: usize = 16;

impl Trees {
    /// The tree of the object `id`: a commit, a tree, or a tag of one.
    pub(super) fn of(repo: gix::Repository, mut id: ObjectId) -> Result<Trees> {
        for _ in 0..MAX_TAGS {
            let header = repo.find_header(id).map_err(|e| broken(&e))?;
            check_size(header.size(), MAX_OBJECT, "it")?;
            id = match header.kind() {
                ObjectKind::Tree => return Ok(Trees { repo: repo.into_sync(), root: id, known: Mutex::default() }),
                ObjectKind::Commit => {
                    repo.find_commit(id).map_err(|e| broken(&e))?.tree_id().map_err(|e| broken(&e))?.detach()
                }
                ObjectKind::Tag => {
                    repo.find_tag(id).map_err(|e| broken(&e))?.target_id().map_err(|e| broken(&e))?.detach()
                }
                ObjectKind::Blob => return Err(Error::new(ErrorKind::Usage, "it is a file")),
            };
        }
        Err(Error::new(ErrorKind::Usage, "the chain of tags is too long"))
    }

    /// Resolves a path from the repository's root as in a checkout. `None` if nothing is there, or if the path leads out of the
    /// repository. A link at the end of the path is followed only with `follow`.
    ///
    /// Errors: an object on the path cannot be read.
    pub(super) fn find(&self, path: &[u8], follow: bool) -> Result<Option<Place>> {
        self.find_from(Vec::new(), path, follow)
    }

    /// The same from the folder `start`, which has no link in its path.
    pub(super) fn find_from(&self, start: Vec<Vec<u8>>, path: &[u8], follow: bool) -> Result<Option<Place>> {
        let parts = |path: &[u8]| path.split(|b| *b == b'/').map(<[u8]>::to_vec).collect::<VecDeque<_>>();
        let mut way: VecDeque<Vec<u8>> = start.into();
        way.extend(parts(path));
        let mut above: Vec<ObjectId> = Vec::new();
        let mut at = Place { id: self.root, kind: Kind::Folder, real: Vec::new() };
        let mut links = 0;
        while let Some(part) = way.pop_front() {
            match part.as_slice() {
                b"" | b"." => continue,
                b".." => {
                    let Some(id) = above.pop() else { return Ok(None) };
                    at.id = id;
                    at.real.pop();
                    continue;
                }
                _ => {}
            }
            let Some((id, kind)) = self.entries(at.id)?.get(&part).copied() else { return Ok(None) };
            match kind {
                Kind::Link if follow || !way.is_empty() => {
                    links += 1;
                    let target = self.blob(id, MAX_TARGET, "a link")?;
                    if links > MAX_LINKS || target.starts_with(b"/") {
                        return Ok(None);
                    }
                    let mut next = parts(&target);
                    next.append(&mut way);
                    way = next;
                }
                Kind::Folder => {
                    above.push(std::mem::replace(&mut at.id, id));
                    at.real.push(part);
                }
                Kind::File | Kind::Link => {
                    at.real.push(part);
                    let is_end = way.iter().all(Vec::is_empty);
                    return Ok(is_end.then_some(Place { id, kind, ..at }));
                }
            }
        }
        Ok(Some(at))
    }

    /// The content of a folder.
    ///
    /// Errors: the folder cannot be read, or contains a name that is not a valid file name.
    pub(super) fn entries(&self, id: ObjectId) -> Result<Arc<Entries>> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(Arc::clone(known));
        }
        let repo = self.repo.to_thread_local();
        check_size(repo.find_header(id).map_err(|e| broken(&e))?.size(), MAX_OBJECT, "a folder")?;
        let tree = repo.find_tree(id).map_err(|e| broken(&e))?;
        let mut entries = Entries::new();
        for entry in tree.decode().map_err(|e| broken(&e))?.entries {
            let kind = match entry.mode.kind() {
                EntryKind::Tree => Kind::Folder,
                EntryKind::Blob | EntryKind::BlobExecutable => Kind::File,
                EntryKind::Link => Kind::Link,
                EntryKind::Commit => continue,
            };
            let name: &[u8] = entry.filename;
            let can_be = !matches!(name, b"" | b"." | b"..") && !name.iter().any(|b| matches!(b, b'/' | 0));
            if !can_be || entries.insert(name.to_vec(), (entry.oid.to_owned(), kind)).is_some() {
                let name = printable(&String::from_utf8_lossy(name));
                let why = if can_be { "appears twice" } else { "is not a valid file name" };
                return Err(Error::new(ErrorKind::Io, format!("the tree {id} is broken: the name {name:?} {why}")));
            }
        }
        let entries = Arc::new(entries);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&entries));
        Ok(entries)
    }

    /// The content of a file or link of at most `max` bytes; errors call it `what`.
    ///
    /// Errors: the file is larger or cannot be read.
    pub(super) fn blob(&self, id: ObjectId, max: u64, what: &str) -> Result<Vec<u8>> {
        let repo = self.repo.to_thread_local();
        check_size(repo.find_header(id).map_err(|e| broken(&e))?.size(), max, what)?;
        let blob = repo.find_blob(id).map_err(|e| broken(&e))?;
        Ok(blob.detach().data)
    }

    /// The size of a file.
    pub(super) fn size(&self, id: ObjectId) -> Result<u64> {
        Ok(self.repo.to_thread_local().find_header(id).map_err(|e| broken(&e))?.size())
    }
}

fn check_size(size: u64, max: u64, what: &str) -> Result<()> {
    if size <= max {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Io, format!("{what} is larger than {max} bytes")))
}

/// The error for an object that is missing or broken.
pub(super) fn broken(error: &dyn fmt::Display) -> Error {
    Error::new(ErrorKind::Io, error.to_string().lines().next().unwrap_or_default())
}
