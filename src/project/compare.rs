//! Two states of a project, or of two output folders, side by side.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::manifest::diff::{self, Object, Side};
use crate::project::Plan;
use crate::project::fleet::{Failure, Fleet, INDEX};

/// The objects of a state, by the part they are in: a service in a stack, a folder.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// What stands before the part's name in the heads of diffs: `main:`, `dev/`.
    pub label: String,
    /// The objects of each part.
    pub parts: BTreeMap<String, Vec<Object>>,
}

/// What a fleet bakes; `part` names the part that a plan's objects are in. The bakes that failed come beside it.
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

/// The objects in the YAML files below a folder; each folder with such files is a part.
///
/// Errors: a file cannot be read, or is no YAML.
pub fn state_of_folder(folder: &Path, label: impl Into<String>, limits: &Limits) -> Result<State> {
    let mut state = State { label: label.into(), parts: BTreeMap::new() };
    if !folder.is_dir() {
        return Err(Error::new(ErrorKind::Io, format!("{}: no such folder", folder.display())));
    }
    add_folder(folder, "", MAX_DEPTH, limits, &mut state)?;
    Ok(state)
}

/// A folder nested deeper than this goes round in circles.
const MAX_DEPTH: usize = 64;

fn add_folder(folder: &Path, below: &str, depth: usize, limits: &Limits, state: &mut State) -> Result<()> {
    let failed = |e: std::io::Error| Error::new(ErrorKind::Io, format!("{}: {e}", folder.display()));
    #[allow(clippy::disallowed_methods)] // a folder that is compared
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).map_err(failed)?.collect::<std::io::Result<_>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') || name == INDEX {
            continue;
        }
        if path.is_dir() {
            let Some(depth) = depth.checked_sub(1) else { continue };
            let next = if below.is_empty() { name } else { format!("{below}/{name}") };
            add_folder(&path, &next, depth, limits, state)?;
        } else if [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end)) {
            let shown = path.display().to_string();
            #[allow(clippy::disallowed_methods)] // a file that is compared
            let text = std::fs::read(&path).map_err(|e| Error::new(ErrorKind::Io, format!("{shown}: {e}")))?;
            let objects = diff::objects(&shown, &text, "", limits)?;
            let part = if below.is_empty() { "." } else { below };
            let all = state.parts.entry(part.to_owned()).or_default();
            // two files of one folder may have objects of one name
            for mut object in objects {
                object.id.number += all.iter().filter(|o| same_but_number(&o.id, &object.id)).count();
                all.push(object);
            }
        }
    }
    Ok(())
}

fn same_but_number(a: &diff::Id, b: &diff::Id) -> bool {
    (&a.group, &a.kind, &a.namespace, &a.name) == (&b.group, &b.kind, &b.namespace, &b.name)
}

/// What differs between two states, part by part; parts without differences are left out.
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
