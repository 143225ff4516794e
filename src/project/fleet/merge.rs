//! Joins the trees of parts.

use std::path::{Path, PathBuf};

use super::tree::Changes;
use super::tree::Tree;
use super::{INDEX, Index, Shard};
use crate::error::{Error, ErrorKind, Result};

/// Joins the trees of all parts into the tree `target`: the tree that a run without parts would write. Returns its index
/// and the changes.
///
/// Errors: a part is missing or given twice, parts were made from different inputs, a file is missing or was changed.
pub fn merge(parts: &[PathBuf], target: &Path) -> Result<(Index, Changes)> {
    let wrong = |text: String| Error::new(ErrorKind::Usage, text);
    let mut seen: Vec<(Shard, &Path)> = Vec::new();
    let mut whole: Option<(Index, &Path)> = None;
    let tree = Tree::new(target)?;
    for folder in parts {
        let index = Index::read(folder)?.ok_or_else(|| {
            let path = folder.join(INDEX);
            Error::new(ErrorKind::Io, format!("{}: the file does not exist", path.display()))
        })?;
        let shown = folder.display();
        let Some(shard) = index.shard else {
            return Err(wrong(format!("{shown}: it is a whole tree, not a part")));
        };
        if let Some((_, other)) = seen.iter().find(|(s, _)| *s == shard) {
            return Err(wrong(format!("{shown} and {}: both are part {shard}", other.display())));
        }
        if let Some((first, other)) = &whole {
            let same = first.inputs == index.inputs
                && first.bake == index.bake
                && first.stacks == index.stacks
                && first.shard.map(|s| s.of) == Some(shard.of);
            if !same {
                let text = format!("{shown} and {}: they were made from different inputs", other.display());
                return Err(wrong(text).with_hint("bake all parts from one revision, with one version of bake"));
            }
        }
        seen.push((shard, folder));
        for (name, file) in &index.files {
            let path = folder.join(name);
            if !file.is_at(&path)? {
                return Err(wrong(format!(
                    "{}: the file is missing, or was changed after it was baked",
                    path.display()
                )));
            }
            tree.copy(name, &path)?;
        }
        match &mut whole {
            None => whole = Some((index, folder)),
            Some((first, _)) => {
                first.bakes += index.bakes;
                for (name, file) in index.files {
                    if first.files.insert(name.clone(), file).is_some() {
                        return Err(wrong(format!("{name}: two parts contain this file")));
                    }
                }
            }
        }
    }
    let Some((mut index, _)) = whole else { return Err(wrong("no parts given: pass their folders".to_owned())) };
    let of = index.shard.map_or(0, |shard| shard.of);
    let missing: Vec<String> = (1..=of)
        .map(|number| Shard { number, of })
        .filter(|shard| !seen.iter().any(|(s, _)| s == shard))
        .map(|shard| shard.to_string())
        .collect();
    if !missing.is_empty() {
        return Err(wrong(format!("parts are missing: {}", missing.join(", "))));
    }
    index.shard = None;
    let changes = tree.commit(&index)?;
    Ok((index, changes))
}
