//! A tree of files that replaces another one as a whole.
//!
//! It is made aside under a name of its own and not by `tempfile`: the name says which run it is of, so that the next run
//! finds and removes what a killed one left.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{INDEX, Index};
use crate::error::{Error, ErrorKind, Result};

/// Several runs of one process get folders of their own.
static RUN: AtomicU32 = AtomicU32::new(0);
/// What the name of an old tree ends in while the new one takes its place in two steps.
const OLD: &str = "-old";

/// A new tree in the making, beside the one that it will replace. Dropped without [`Tree::commit`], it leaves nothing.
#[derive(Debug)]
pub(super) struct Tree {
    target: PathBuf,
    aside: PathBuf,
    /// Held while this run lives: a folder whose lock is free was left by a run that was killed.
    _lock: Option<fs::File>,
}

/// What a commit changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Files that are new or other than before.
    pub changed: Vec<String>,
    /// Files that are gone.
    pub removed: Vec<String>,
}

impl Tree {
    /// Begins a new tree that will be `target`, and removes what killed runs left.
    ///
    /// Errors: `target` is no folder, holds files that no fleet wrote, or has no neighbours: its parent cannot be written.
    pub(super) fn new(target: &Path) -> Result<Tree> {
        // `rendered/`, `.` and links: the folder itself is replaced
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
                // of a process with the same number, in another container
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(e) => {
                    return Err(Error::io(&aside, e).with_hint(
                        "the new tree is written beside the old one: give a folder in a folder that you own",
                    ));
                }
            }
            let tree = Tree { target, _lock: lock(&aside), aside };
            // who may not look into the old tree may not look into the new one
            if let Ok(old) = fs::metadata(&tree.target) {
                fs::set_permissions(&tree.aside, old.permissions()).map_err(|e| Error::io(&tree.aside, e))?;
            }
            return Ok(tree);
        }
    }

    /// Writes a file of the new tree; `path` has `/` between its parts.
    ///
    /// Errors: it cannot be written.
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
    /// Errors: it cannot be read or written.
    pub(super) fn copy(&self, path: &str, from: &Path) -> Result<()> {
        let to = self.aside.join(path);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|e| Error::io(parent, e))?;
        }
        fs::copy(from, &to).map(|_| ()).map_err(|e| Error::io(&to, e))
    }

    /// Puts the new tree, with `index` as its index, in the place of the old one. Files of the old tree that its own index
    /// does not name are the user's, and stay. Where nothing changed, the old tree is left as it is.
    ///
    /// Errors: a file cannot be written, or the folder cannot be replaced; then the old tree is still there.
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
            // an empty folder, or none; some systems put no folder in the place of an empty one
            let renamed = fs::rename(&self.aside, &self.target).or_else(|_| {
                let _ = fs::remove_dir(&self.target);
                fs::rename(&self.aside, &self.target)
            });
            return renamed.map(|()| changes).map_err(|e| not_replaced(&self.target, &e));
        }
        swap(&self.aside, &self.target)?;
        Ok(changes)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        // the new tree where it was not wanted, the old one where it was replaced
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// What the tree `folder` would change to become the one of `index`.
///
/// Errors: a file of it cannot be read.
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

/// The index of the tree at `target`; none where there is no tree, or an empty folder.
///
/// Errors: what stands there was not written by a fleet.
fn old_index(target: &Path) -> Result<Option<Index>> {
    let data = match fs::metadata(target) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        data => data.map_err(|e| Error::io(target, e))?,
    };
    let shown = target.display();
    if !data.is_dir() {
        return Err(Error::new(ErrorKind::Usage, format!("{shown}: it is no folder")));
    }
    if target.join(".git").exists() {
        return Err(Error::new(ErrorKind::Usage, format!("{shown}: it is a git repository, and would be replaced"))
            .with_hint("give a folder in it"));
    }
    if let Some(index) = Index::read(target)? {
        return Ok(Some(index));
    }
    #[allow(clippy::disallowed_methods)] // what stands in the output folder
    let mut entries = fs::read_dir(target).map_err(|e| Error::io(target, e))?;
    let Some(entry) = entries.next() else { return Ok(None) };
    let name = entry.map_err(|e| Error::io(target, e))?.file_name();
    let text = format!("{shown}: it holds files that `bake fleet` did not write: {}", name.display());
    Err(Error::new(ErrorKind::Usage, text).with_hint("give a new or an empty folder"))
}

/// Links what is not `ours` from the old tree into the new one, where the new one has no file of that name.
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

/// The same file, folder or link at another place; a file is linked where the file system can.
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
    // a link is kept as a link
    if fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    if !data.is_file() {
        return Err(Error::new(ErrorKind::Io, format!("{}: it can be neither linked nor copied", from.display())));
    }
    fs::copy(from, to).map(|_| ()).map_err(|e| Error::io(to, e))
}

/// Puts `new` in the place of `old` and the other way round, in one step where the system can.
fn swap(new: &Path, old: &Path) -> Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let aside = PathBuf::from(format!("{}{OLD}", new.display()));
    fs::rename(old, &aside).map_err(|e| not_replaced(old, &e))?;
    if let Err(error) = fs::rename(new, old) {
        // the old tree goes back to its place
        fs::rename(&aside, old).map_err(|e| not_replaced(old, &e))?;
        return Err(not_replaced(old, &error));
    }
    fs::remove_dir_all(&aside).map_err(|e| Error::io(&aside, e))
}

/// Removes what killed runs left beside `target`. One that was killed between its two renames left no tree: the old one is
/// put back.
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
            // another run may be at it too
            let _ = fs::remove_dir_all(path);
        }
    }
    Ok(())
}

/// What the names of new trees start with; a name that leaves no room for the rest is cut.
fn start_of_aside(name: &std::ffi::OsStr) -> String {
    const LONGEST: usize = 200;
    let name = name.to_string_lossy();
    format!(".{}.bake-", name.get(..name.floor_char_boundary(LONGEST)).unwrap_or_default())
}

/// Whether the rest of such a name is a run's: what else starts like it is the user's.
fn is_run(rest: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let rest = rest.strip_suffix(OLD).unwrap_or(rest);
    rest.split_once('-').is_some_and(|(process, run)| is_number(process) && is_number(run))
}

/// The lock of a folder that no living run holds. None: it is held, or the system has no such locks.
#[cfg(unix)]
fn lock(folder: &Path) -> Option<fs::File> {
    #[allow(clippy::disallowed_methods)] // a folder of our own
    let file = fs::File::open(folder).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// Folders have no locks here: they stay until somebody removes them.
#[cfg(not(unix))]
fn lock(_folder: &Path) -> Option<fs::File> {
    None
}

fn not_replaced(target: &Path, error: &io::Error) -> Error {
    Error::io(target, error)
        .with_hint("a tree is replaced as a whole: where DIR is a volume's root, give a folder in it")
}
