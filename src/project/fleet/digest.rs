//! SHA-256 of what bakes are made from.

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::project::{ChartEntry, Files, Project};

/// Largest file of a chart that is hashed.
const MAX_FILE: u64 = 1 << 30;
/// A folder nested deeper than this goes round in circles.
const MAX_DEPTH: usize = 64;

/// The digest of a chart's files; of a built-in one, of its version of this library.
///
/// Errors: a file cannot be read.
pub(super) fn of_chart(project: &Project, name: &str, entry: &ChartEntry) -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    match &entry.path {
        Some(path) => add(&*project.files, path, MAX_DEPTH, &mut hash)?,
        None => hash.update(format!("{name} {}", env!("CARGO_PKG_VERSION"))),
    }
    Ok(hash.finalize().into())
}

/// Adds a file, or all files below a folder with their names.
fn add(files: &dyn Files, path: &str, depth: usize, hash: &mut Sha256) -> Result<()> {
    let Some(listing) = files.list(path)? else {
        let content = files.read(path, MAX_FILE)?.unwrap_or_default();
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
        return Ok(());
    };
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    for name in listing.folders.iter().filter(|name| *name != ".git").chain(&listing.files) {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        add(files, &format!("{path}/{name}"), depth, hash)?;
    }
    hash.update([0xff]);
    Ok(())
}
