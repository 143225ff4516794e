//! Compares two states of a project, or two output folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::chart::{leads_back, leaves, read_file};
use crate::diff::{self, Object, Side};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::project::Plan;
use crate::project::fleet::{Failure, Fleet, INDEX};

/// The objects of a state by part. A part is a service in a stack, or a folder.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct State {
    /// The prefix of part names in the headers of diffs: `main:`, `dev/`.
    pub label: String,
    /// The objects of each part.
    pub parts: BTreeMap<String, Vec<Object>>,
}

/// The objects that a fleet bakes, and the bakes that failed. `part` names the part of a plan.
pub fn state_of_fleet(
    fleet: &Fleet<'_>,
    label: impl Into<String>,
    part: impl Fn(&Plan) -> String + Sync,
    limits: &Limits,
) -> (State, Vec<Failure>) {
    let outcome = fleet.bake(
        |baked| {
            let objects = diff::document_objects(baked.manifest.objects(), &baked.plan.namespace, limits)?;
            Ok((part(baked.plan), objects))
        },
        &|_| {},
    );
    let mut state = State { label: label.into(), parts: BTreeMap::new() };
    for (part, objects) in outcome.done {
        state.parts.entry(part).or_default().extend(objects);
    }
    (state, outcome.failures)
}

/// The objects in the YAML files below a folder. Each folder with such files is a part. Links are followed within the
/// folder.
///
/// Errors: a file cannot be read or is not valid YAML; a link leads out of the folder or forms a cycle.
pub fn state_of_folder(folder: &Path, label: impl Into<String>, limits: &Limits) -> Result<State> {
    if !folder.is_dir() {
        return Err(Error::new(ErrorKind::Io, format!("{}: no such folder", folder.display())));
    }
    let root = folder.canonicalize().map_err(|e| Error::io(folder, e))?;
    let state = State { label: label.into(), parts: BTreeMap::new() };
    let mut walk = FolderReader { root: &root, limits, behind_links: 0, above: vec![root.clone()], state };
    walk.folder(folder, "", MAX_DEPTH, false)?;
    for objects in walk.state.parts.values_mut() {
        // two files of a folder may contain objects with the same name
        diff::number(objects);
    }
    Ok(walk.state)
}

/// Maximum depth of folders.
const MAX_DEPTH: usize = 64;

struct FolderReader<'a> {
    root: &'a Path,
    limits: &'a Limits,
    /// The number of files and folders reached through links.
    behind_links: u64,
    /// The real paths of the current folder and the folders above it.
    above: Vec<PathBuf>,
    state: State,
}

impl FolderReader<'_> {
    fn folder(&mut self, folder: &Path, below: &str, depth: usize, linked: bool) -> Result<()> {
        #[allow(clippy::disallowed_methods)] // a folder that is compared
        let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = entries.map_err(|e| Error::io(folder, e))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name == INDEX {
                continue;
            }
            let path = entry.path();
            let kind = entry.file_type().map_err(|e| Error::io(&path, e))?;
            let is_text = [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
            let linked = linked || kind.is_symlink();
            if linked {
                self.behind_links += 1;
                if self.behind_links > self.limits.chart_entries {
                    let text =
                        format!("{}: links lead to more than {} files", folder.display(), self.limits.chart_entries);
                    return Err(Error::limit_reached("chart-entries", text));
                }
            }
            let is_folder = if kind.is_symlink() { path.is_dir() } else { kind.is_dir() };
            if !is_folder && !is_text {
                continue;
            }
            let real = if kind.is_symlink() { self.target(&path)? } else { self.here().join(&name) };
            if !is_folder {
                self.file(&path, below)?;
                continue;
            }
            let Some(depth) = depth.checked_sub(1) else {
                let text = format!("{}: folders are nested deeper than {MAX_DEPTH}", folder.display());
                return Err(Error::new(ErrorKind::Io, text));
            };
            if self.above.contains(&real) {
                return Err(leads_back(ErrorKind::Io, &path.display().to_string(), "folder"));
            }
            let next = if below.is_empty() { name } else { format!("{below}/{name}") };
            self.above.push(real);
            self.folder(&path, &next, depth, linked)?;
            self.above.pop();
        }
        Ok(())
    }

    fn here(&self) -> &Path {
        self.above.last().map_or(self.root, PathBuf::as_path)
    }

    /// The target of a link. It must be inside the folder, so that a folder from elsewhere cannot include files of this machine.
    fn target(&self, link: &Path) -> Result<PathBuf> {
        let real = link.canonicalize().map_err(|e| Error::io(link, e))?;
        if real.starts_with(self.root) {
            return Ok(real);
        }
        let (link, target) = (link.display().to_string(), real.display().to_string());
        Err(leaves(ErrorKind::Io, &link, "folder", &target))
    }

    fn file(&mut self, path: &Path, below: &str) -> Result<()> {
        // reading a pipe could block forever
        if !path.metadata().map_err(|e| Error::io(path, e))?.is_file() {
            return Err(Error::new(ErrorKind::Io, format!("{}: it is not a regular file", path.display())));
        }
        let text = read_file(path, self.limits.values_file_bytes)?;
        let objects = diff::objects(&path.display().to_string(), &text, "", self.limits)?;
        let part = if below.is_empty() { "." } else { below };
        self.state.parts.entry(part.to_owned()).or_default().extend(objects);
        Ok(())
    }
}

/// The differences between two states by part, without parts that are equal.
pub fn sides(mut old: State, new: State) -> Vec<Side> {
    let mut sides = Vec::new();
    let mut add = |name: String, before: Vec<Object>, after: Vec<Object>| {
        let changes = diff::changes(before, after);
        if !changes.is_empty() {
            let (old, new) = (format!("{}{name}", old.label), format!("{}{name}", new.label));
            sides.push(Side { name, old, new, changes });
        }
    };
    for (name, after) in new.parts {
        let before = old.parts.remove(&name).unwrap_or_default();
        add(name, before, after);
    }
    for (name, before) in std::mem::take(&mut old.parts) {
        add(name, before, Vec::new());
    }
    sides.sort_by(|a, b| a.name.cmp(&b.name));
    sides
}
