//! Writes files atomically, and manifests as a folder with one file per object.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::{Builder, TempDir, TempPath};

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::Manifest;

/// Maximum length of a file name without its extension. Linux: `NAME_MAX`, 255.
const LONGEST: usize = 240;
/// The number of characters of the hash in a shortened name.
const HASH: usize = 12;
/// The number of random letters and digits in temporary names: too many to create links for all of them.
const RANDOM: usize = 16;

/// Writes one file per object into `folder`, which is created if it is missing: `deployment-frontend.yaml`. Objects with
/// the same file name share the file. Other files in the folder are kept. Returns the written names, in order.
///
/// The files are written beside the folder and moved into it at the end, so that a failure leaves the folder unchanged.
/// Errors: the folder cannot be written.
pub fn write_objects(folder: &Path, manifests: &[Manifest]) -> Result<Vec<String>> {
    let files = object_files(manifests);
    fs::create_dir_all(folder).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => Error::new(ErrorKind::Io, format!("{}: it is not a folder", folder.display())),
        _ => Error::io(folder, e),
    })?;
    // check before the first file is moved
    if let Some(taken) = files.keys().map(|name| folder.join(name)).find(|path| path.is_dir()) {
        return Err(Error::new(ErrorKind::Io, format!("{}: it is a folder", taken.display())));
    }
    let aside = private_folder(folder, ".bake-")?;
    for (name, text) in &files {
        let path = aside.path().join(name);
        fs::write(&path, text).map_err(|e| Error::io(&path, e))?;
    }
    for name in files.keys() {
        let to = folder.join(name);
        fs::rename(aside.path().join(name), &to).map_err(|e| Error::io(&to, e))?;
    }
    Ok(files.into_keys().collect())
}

/// A new folder in another one, with an unpredictable name that starts with `start`. It is removed when this is dropped. Other
/// users cannot read it, because manifests may contain secrets.
///
/// Errors: the folder cannot be created.
pub(crate) fn private_folder(parent: &Path, start: &str) -> Result<TempDir> {
    let mut folder = Builder::new();
    folder.prefix(start).rand_bytes(RANDOM);
    #[cfg(unix)]
    folder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    // the error of the library contains the random name of the folder
    folder.tempdir_in(parent).map_err(|e| Error::io(parent, io::Error::from(e.kind())))
}

/// Writes files beside their destinations and renames them when all are written, so that no file is ever half written.
/// Missing folders are created.
///
/// Errors: a file cannot be written; the old files are kept.
pub fn write_files(files: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    let mut written: Vec<(TempPath, &Path)> = Vec::new();
    for (path, text) in files {
        let failed = |e: io::Error| Error::io(path, e);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if path.is_dir() || path.file_name().is_none() {
            return Err(Error::new(ErrorKind::Usage, format!("{} is not a file name", path.display())));
        }
        fs::create_dir_all(folder).map_err(failed)?;
        // with the mode of an ordinary new file, because it will be renamed to its destination
        let aside =
            Builder::new().prefix(".bake-").rand_bytes(RANDOM).make_in(folder, |path| fs::File::create_new(path));
        let mut file = aside.map_err(failed)?;
        file.as_file_mut().write_all(text).map_err(failed)?;
        written.push((file.into_temp_path(), path));
    }
    for (aside, path) in written {
        aside.persist(path).map_err(|e| Error::io(path, e.error))?;
    }
    Ok(())
}

/// File names and contents, including hooks. A name that is too long for file systems is cut and ends in a hash of the
/// whole name.
pub(super) fn object_files(manifests: &[Manifest]) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for document in manifests.iter().flat_map(|m| m.documents.iter().chain(&m.hooks)) {
        let kind = if document.kind.is_empty() { "object" } else { &document.kind };
        let name = match &document.name {
            Some(name) => format!("{kind}-{name}"),
            None => kind.to_owned(),
        };
        let mut safe: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c.to_ascii_lowercase() } else { '_' })
            .collect();
        safe.drain(..safe.len() - safe.trim_start_matches('.').len());
        if safe.is_empty() {
            "object".clone_into(&mut safe);
        }
        if safe.len() > LONGEST {
            // all characters are ASCII now
            safe.truncate(LONGEST - HASH - 1);
            let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&name));
            safe.push('-');
            safe.push_str(hash.get(..HASH).unwrap_or_default());
        }
        let text = files.entry(format!("{safe}.yaml")).or_default();
        text.extend_from_slice(b"---\n# Source: ");
        text.extend_from_slice(document.source.as_bytes());
        text.push(b'\n');
        text.extend_from_slice(document.text.as_bytes());
        text.push(b'\n');
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_private_and_go() {
        let new = || private_folder(&std::env::temp_dir(), "bake-").unwrap();
        let (one, other) = (new(), new());
        assert_ne!(one.path(), other.path());
        let name = one.path().file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("bake-") && !name.contains(&std::process::id().to_string()), "{name}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(one.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists());
    }
}
