//! `bake-index.json`: the files of a tree with their hashes, and the hash of the inputs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Shard;
use crate::error::{Error, ErrorKind, Result};

/// The file name of the index.
pub const INDEX: &str = "bake-index.json";
/// Maximum size; a file takes less than 200 bytes of it.
const MAX_INDEX: u64 = 512 << 20;

/// The content of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Index {
    /// The version of the program that wrote the tree.
    pub bake: String,
    /// SHA-256 of the inputs of all parts.
    pub inputs: String,
    /// The stacks that were baked.
    pub stacks: Vec<String>,
    /// The number of bakes in the tree.
    pub bakes: usize,
    /// The part that the tree is; `None`: the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The files by path.
    pub files: BTreeMap<String, IndexFile>,
}

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct IndexFile {
    /// SHA-256 of the content.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl Index {
    /// Parses an index; errors call it `name`.
    ///
    /// Errors: the text is not an index.
    pub fn parse(name: &str, text: &[u8]) -> Result<Index> {
        let wrong = |why: &dyn std::fmt::Display| Error::new(ErrorKind::Syntax, format!("{name}: {why}"));
        let index: Index = serde_json::from_slice(text).map_err(|e| wrong(&e))?;
        let unsafe_path = |path: &&String| {
            path.starts_with('/') || path.contains('\\') || path.split('/').any(|p| matches!(p, "" | "." | ".."))
        };
        if let Some(path) = index.files.keys().find(unsafe_path) {
            return Err(wrong(&format!("{path:?} is not a path in the tree")));
        }
        if let Some(shard) = index.shard.filter(|s| s.number == 0 || s.number > s.of) {
            return Err(wrong(&format!("{shard} is not a valid part")));
        }
        Ok(index)
    }

    /// Reads the index of a tree; `None` if the file does not exist.
    ///
    /// Errors: the file cannot be read or is not an index.
    pub(super) fn read(tree: &Path) -> Result<Option<Index>> {
        let path = tree.join(INDEX);
        let shown = path.display().to_string();
        match fs::metadata(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            // reading a pipe could block forever
            Ok(found) if !found.is_file() => {
                return Err(Error::new(ErrorKind::Usage, format!("{shown}: it is not a regular file")));
            }
            Ok(found) if found.len() > MAX_INDEX => {
                return Err(Error::new(ErrorKind::Syntax, format!("{shown}: it is larger than {MAX_INDEX} bytes")));
            }
            _ => {}
        }
        #[allow(clippy::disallowed_methods)] // what a fleet wrote
        let text = fs::read(&path).map_err(|e| Error::io(&path, e))?;
        Index::parse(&shown, &text).map(Some)
    }

    /// The index as the text of its file.
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

impl IndexFile {
    /// The entry of the index for a file.
    pub(super) fn of(content: &[u8]) -> Self {
        IndexFile { sha256: hex(&Sha256::digest(content)), bytes: content.len() as u64 }
    }

    /// Whether a path is a regular file with this content. A link is not one.
    ///
    /// Errors: the file cannot be read.
    pub(super) fn is_at(&self, path: &Path) -> Result<bool> {
        match fs::symlink_metadata(path) {
            Ok(data) if data.is_file() && data.len() == self.bytes => {}
            _ => return Ok(false),
        }
        let mut hash = Sha256::new();
        #[allow(clippy::disallowed_methods)] // what a fleet wrote
        let read = fs::File::open(path).and_then(|mut file| io::copy(&mut file, &mut hash));
        read.map_err(|e| Error::io(path, e))?;
        Ok(hex(&hash.finalize()) == self.sha256)
    }
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
