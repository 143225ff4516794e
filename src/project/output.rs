//! Writing files so that none is ever half there; manifests as a folder with a file per object.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::Manifest;

/// Writes a file per object into `folder`, which is made when it is missing: `deployment-frontend.yaml`. Objects that
/// would share a name share the file. Other files in the folder stay. Answers the names written, in order.
///
/// The files are written beside the folder and moved into it at the end, so that a failure leaves it as it was.
/// Errors: the folder cannot be written.
pub fn write_objects(folder: &Path, manifests: &[Manifest]) -> Result<Vec<String>> {
    let files = object_files(manifests);
    let failed = |path: &Path, e: std::io::Error| Error::new(ErrorKind::Io, format!("{}: {e}", path.display()));
    fs::create_dir_all(folder).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => Error::new(ErrorKind::Io, format!("{}: it is no folder", folder.display())),
        _ => failed(folder, e),
    })?;
    let aside = folder.join(format!(".bake-{}", std::process::id()));
    let result = (|| {
        fs::create_dir(&aside).map_err(|e| failed(&aside, e))?;
        for (name, text) in &files {
            let path = aside.join(name);
            fs::write(&path, text).map_err(|e| failed(&path, e))?;
        }
        for name in files.keys() {
            let to = folder.join(name);
            fs::rename(aside.join(name), &to).map_err(|e| failed(&to, e))?;
        }
        Ok(())
    })();
    // what is left there is of no use; the error that matters is already known
    let _ = fs::remove_dir_all(&aside);
    result.map(|()| files.into_keys().collect())
}

/// Writes a file beside its place and moves it there, so that it is never half written. Folders on the way are made.
///
/// Errors: it cannot be written; what was there before stays.
pub fn write_file(path: &Path, text: &[u8]) -> Result<()> {
    let failed = |e: std::io::Error| Error::new(ErrorKind::Io, format!("{}: {e}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else {
        return Err(Error::new(ErrorKind::Usage, format!("{} is no file", path.display())));
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let aside = folder.join(format!(".{}.bake-{}", name.to_string_lossy(), std::process::id()));
    let written = fs::write(&aside, text).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // the error that matters is already known
        let _ = fs::remove_file(&aside);
    }
    written.map_err(failed)
}

/// File names and contents, hooks included.
pub(super) fn object_files(manifests: &[Manifest]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for document in manifests.iter().flat_map(|m| m.documents.iter().chain(&m.hooks)) {
        let kind = if document.kind.is_empty() { "object" } else { &document.kind };
        let name = match &document.name {
            Some(name) => format!("{kind}-{name}"),
            None => kind.to_owned(),
        };
        let safe: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c.to_ascii_lowercase() } else { '_' })
            .collect();
        let text = files.entry(format!("{}.yaml", safe.trim_start_matches('.'))).or_default();
        text.extend_from_slice(b"---\n# Source: ");
        text.extend_from_slice(document.source.as_bytes());
        text.push(b'\n');
        text.extend_from_slice(document.text.as_bytes());
        text.push(b'\n');
    }
    files
}
