//! Replaces a tree of files by a new one as a whole.
//!
//! The new tree has a name of its own instead of one from `tempfile`: the name identifies the run, so that the next run finds and
//! removes what a killed run left.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{INDEX, Index};
use crate::error::{Error, ErrorKind, Result};

/// Numbers the runs of this process, so that each has its own folder.
static RUN: AtomicU32 = AtomicU32::new(0);
/// The suffix of the old tree while it is replaced in two steps.
const OLD: &str = "-old";

/// A new tree that is being written beside the one that it will replace. If it is dropped without [`Tree::commit`], it is
/// removed.
#[derive(Debug)]
pub(super) struct Tree {
    target: PathBuf,
    aside: PathBuf,
    /// Held during the run. A folder whose lock is free was left by a killed run.
    _lock: Option<fs::File>,
}

/// The changes of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Files that are new or have changed.
    pub changed: Vec<String>,
    /// Files that were removed.
    pub removed: Vec<String>,
}

impl Tree {
    /// Begins a new tree that will replace `target`, and removes what killed runs left.
    ///
    /// Errors: `target` is not a folder, contains files that a fleet did not write, or its parent folder cannot be written.
    pub(super) fn new(target: &Path) -> Result<Tree> {
        // resolve `rendered/`, `.` and links: the folder itself is replaced
        let target = match target.canonicalize() {
            Ok(full) => full,
            Err(_) => std::path::absolute(target).map_err(|e| Error::io(target, e))?.components().collect(),
        };
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(Error::new(ErrorKind::Usage, format!("{}: it cannot be replaced", target.display())));
        };
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        clean(parent, &target)?;
        old_index(&target)?;
        let start = start_of_aside(name);
        loop {
            let run = RUN.fetch_add(1, Ordering::Relaxed);
            let aside = parent.join(format!("{start}{}-{run}", std::process::id()));
            match fs::create_dir(&aside) {
                Ok(()) => {}
                // left by a process with the same id, in another container
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(e) => {
                    return Err(Error::io(&aside, e).with_hint(
                        "the new tree is written beside the old one: give a folder whose parent you can write",
                    ));
                }
            }
            let tree = Tree { target, _lock: lock(&aside), aside };
            // the new tree gets the permissions of the old one
            if let Ok(old) = fs::metadata(&tree.target) {
                fs::set_permissions(&tree.aside, old.permissions()).map_err(|e| Error::io(&tree.aside, e))?;
            }
            return Ok(tree);
        }
    }

    /// Writes a file of the new tree; `path` has `/` as the separator.
    ///
    /// Errors: the file cannot be written.
    pub(super) fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        let path = self.aside.join(path);
        if fs::write(&path, content).is_ok() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        }
        fs::write(&path, content).map_err(|e| Error::io(&path, e))
    }

    /// Copies a file into the new tree.
    ///
    /// Errors: the file cannot be read or written.
    pub(super) fn copy(&self, path: &str, from: &Path) -> Result<()> {
        let to = self.aside.join(path);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        }
        fs::copy(from, &to).map(|_| ()).map_err(|e| Error::io(&to, e))
    }

    /// Replaces the old tree by the new one, with the index `index`. Files of the old tree that its index does not name belong to
    /// the user and are kept. If nothing changed, the old tree is not touched.
    ///
    /// Errors: a file cannot be written or the folder cannot be replaced; the old tree is kept.
    pub(super) fn commit(self, index: &Index) -> Result<Changes> {
        let text = index.to_text();
        self.write(INDEX, &text)?;
        let old = old_index(&self.target)?;
        let changes = compare(&self.target, index)?;
        if let Some(old) = &old {
            let same_index = fs::symlink_metadata(self.target.join(INDEX)).is_ok_and(|m| m.is_file())
                && old == index
                && changes == Changes::default();
            if same_index {
                return Ok(changes);
            }
            let ours: BTreeSet<&str> = old.files.keys().map(String::as_str).chain([INDEX]).collect();
            keep_others(&self.target, &self.aside, "", &ours)?;
        }
        if old.is_none() {
            // an empty folder or none; some systems cannot rename over an empty folder
            let renamed = fs::rename(&self.aside, &self.target).or_else(|_| {
                let _ = fs::remove_dir(&self.target);
                fs::rename(&self.aside, &self.target)
            });
            return renamed.map(|()| changes).map_err(|e| not_replaced(&self.target, e));
        }
        swap(&self.aside, &self.target)?;
        Ok(changes)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // the new tree if the swap failed, else the old one
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// The changes that would turn the tree `folder` into the one of `index`.
///
/// Errors: a file of the tree cannot be read.
pub fn compare(folder: &Path, index: &Index) -> Result<Changes> {
    let mut changes = Changes::default();
    for (path, file) in &index.files {
        if !file.is_at(&folder.join(path))? {
            changes.changed.push(path.clone());
        }
    }
    if let Some(old) = old_index(folder)? {
        let gone = old.files.keys().filter(|path| !index.files.contains_key(*path));
        changes.removed = gone.filter(|path| fs::symlink_metadata(folder.join(path)).is_ok()).cloned().collect();
    }
    Ok(changes)
}

/// The index of the tree at `target`; `None` if it does not exist or is an empty folder.
///
/// Errors: `target` was not written by a fleet.
fn old_index(target: &Path) -> Result<Option<Index>> {
    let data = match fs::metadata(target) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        data => data.map_err(|e| Error::io(target, e))?,
    };
    let shown = target.display();
    if !data.is_dir() {
        return Err(Error::new(ErrorKind::Usage, format!("{shown}: it is not a folder")));
    }
    if target.join(".git").exists() {
        return Err(Error::new(ErrorKind::Usage, format!("{shown}: it is a git repository, and would be replaced"))
            .with_hint("give a folder inside it"));
    }
    if let Some(index) = Index::read(target)? {
        return Ok(Some(index));
    }
    #[allow(clippy::disallowed_methods)] // what stands in the output folder
    let mut entries = fs::read_dir(target).map_err(|e| Error::io(target, e))?;
    let Some(entry) = entries.next() else { return Ok(None) };
    let name = entry.map_err(|e| Error::io(target, e))?.file_name();
    let text = format!("{shown}: it contains files that `bake fleet` did not write: {}", name.display());
    Err(Error::new(ErrorKind::Usage, text).with_hint("give a new or empty folder"))
}

/// Links files that are not `ours` from the old tree into the new one, unless the new one has a file of that name.
fn keep_others(old: &Path, new: &Path, folder: &str, ours: &BTreeSet<&str>) -> Result<()> {
    #[allow(clippy::disallowed_methods)] // what stands in the output folder
    let entries = fs::read_dir(old.join(folder)).map_err(|e| Error::io(old, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::io(old, e))?;
        let (name, from) = (entry.file_name(), entry.path());
        let kind = entry.file_type().map_err(|e| Error::io(&from, e))?;
        let path = match (folder, name.to_str()) {
            ("", Some(name)) => Some(name.to_owned()),
            (folder, Some(name)) => Some(format!("{folder}/{name}")),
            (_, None) => None,
        };
        let to = new.join(folder).join(&name);
        match path {
            Some(path) if kind.is_dir() => keep_others(old, new, &path, ours)?,
            Some(path) if ours.contains(path.as_str()) => {}
            _ if fs::symlink_metadata(&to).is_ok() => {}
            _ => copy(&from, &to)?,
        }
    }
    Ok(())
}

/// Copies a file, folder or link. A file is hard-linked if the file system can.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
    }
    let data = fs::symlink_metadata(from).map_err(|e| Error::io(from, e))?;
    if data.is_dir() {
        fs::create_dir_all(to).map_err(|e| Error::io(to, e))?;
        #[allow(clippy::disallowed_methods)] // what stands in the output folder
        for entry in fs::read_dir(from).map_err(|e| Error::io(from, e))? {
            let entry = entry.map_err(|e| Error::io(from, e))?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    // a link stays a link
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    if !data.is_file() {
        return Err(Error::new(
            ErrorKind::Io,
            format!("{}: the file can be neither linked nor copied", from.display()),
        ));
    }
    fs::copy(from, to).map(|_| ()).map_err(|e| Error::io(to, e))
}

/// Swaps `new` and `old`, atomically if the system can.
fn swap(new: &Path, old: &Path) -> Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let aside = PathBuf::from(format!("{}{OLD}", new.display()));
    fs::rename(old, &aside).map_err(|e| not_replaced(old, e))?;
    if let Err(error) = fs::rename(new, old) {
        // put the old tree back
        fs::rename(&aside, old).map_err(|e| not_replaced(old, e))?;
        return Err(not_replaced(old, error));
    }
    fs::remove_dir_all(&aside).map_err(|e| Error::io(&aside, e))
}

/// Removes what killed runs left beside `target`. If a run was killed between its two renames, the old tree is put back.
fn clean(parent: &Path, target: &Path) -> Result<()> {
    let Some(name) = target.file_name() else { return Ok(()) };
    let start = start_of_aside(name);
    #[allow(clippy::disallowed_methods)] // what stands beside the output folder
    let entries = fs::read_dir(parent).map_err(|e| Error::io(parent, e))?;
    let mut left: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Error::io(parent, e))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && entry.file_name().to_str().and_then(|name| name.strip_prefix(&start)).is_some_and(is_run) {
            left.push(entry.path());
        }
    }
    for path in &left {
        let is_old = path.to_string_lossy().ends_with(OLD);
        if is_old && fs::symlink_metadata(target).is_err() {
            fs::rename(path, target).map_err(|e| Error::io(target, e))?;
        } else if lock(path).is_some() {
            // another run may be doing the same
            let _ = fs::remove_dir_all(path);
        }
    }
    Ok(())
}

/// The prefix of the names of new trees. A name that is too long is cut.
fn start_of_aside(name: &std::ffi::OsStr) -> String {
    const LONGEST: usize = 200;
    let name = name.to_string_lossy();
    format!(".{}.bake-", name.get(..name.floor_char_boundary(LONGEST)).unwrap_or_default())
}

/// Whether the rest of such a name was made by a run; other names belong to the user.
fn is_run(rest: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let rest = rest.strip_suffix(OLD).unwrap_or(rest);
    rest.split_once('-').is_some_and(|(process, run)| is_number(process) && is_number(run))
}

/// Takes the lock of a folder. `None` if another run holds it, or if the system has no such locks.
#[cfg(unix)]
fn lock(folder: &Path) -> Option<fs::File> {
    #[allow(clippy::disallowed_methods)] // a folder of our own
    let file = fs::File::open(folder).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// This system cannot lock folders: they stay until somebody removes them.
#[cfg(not(unix))]
fn lock(_folder: &Path) -> Option<fs::File> {
    None
}

fn not_replaced(target: &Path, error: io::Error) -> Error {
    Error::io(target, error)
        .with_hint("a tree is replaced as a whole: if DIR is the root of a volume, give a folder inside it")
}
