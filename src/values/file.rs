//! A values file, which is read, hashed and parsed once, independent of the number of bakes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use super::names::{LayerNames, LayerText};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::limits::cancelled;
use crate::run::Run;
use crate::value::{Map, Value};
use crate::yaml::Node;

/// Returns the content of a file that a layer names.
pub type ReadFile<'r> = dyn FnMut(&Path) -> Result<Vec<u8>> + 'r;

/// A values file. It is read and parsed when a bake first needs it, and all clones share the result.
#[derive(Clone, Debug)]
pub struct ValuesFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    /// The path of the text; `None` if it is in memory.
    path: Option<PathBuf>,
    text: OnceLock<Arc<[u8]>>,
    digest: OnceLock<[u8; 32]>,
    /// A mapping or null, or the error.
    tree: OnceLock<Result<Node>>,
    /// Locked while a thread reads or parses, so that others wait for it.
    work: Mutex<()>,
}

impl ValuesFile {
    /// A file given as YAML text; errors call it `name`.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<[u8]>>) -> Self {
        ValuesFile::with(name.into(), None, OnceLock::from(text.into()))
    }

    /// A file at a path, which is read on first use. Errors contain this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        ValuesFile::with(path.display().to_string(), Some(path), OnceLock::new())
    }

    fn with(name: String, path: Option<PathBuf>, text: OnceLock<Arc<[u8]>>) -> Self {
        let (digest, tree, work) = (OnceLock::new(), OnceLock::new(), Mutex::new(()));
        ValuesFile(Arc::new(Inner { name, path, text, digest, tree, work }))
    }

    /// The name as the user gave it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether the text was parsed, successfully or not.
    pub fn is_parsed(&self) -> bool {
        self.0.tree.get().is_some()
    }

    /// The text.
    ///
    /// Errors: those of `read`, which are not cached: the next call reads again.
    pub fn text_by(&self, read: &mut ReadFile<'_>) -> Result<&Arc<[u8]>> {
        let Inner { text, path, work, .. } = &*self.0;
        if let Some(text) = text.get() {
            return Ok(text);
        }
        let _mine = work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = text.get() {
            return Ok(text);
        }
        let read = path.as_deref().map_or_else(|| Ok(Vec::new()), read)?;
        Ok(text.get_or_init(|| read.into()))
    }

    /// SHA-256 of the text.
    ///
    /// Errors: those of [`ValuesFile::text_by`].
    pub fn digest_by(&self, read: &mut ReadFile<'_>) -> Result<[u8; 32]> {
        let text = self.text_by(read)?;
        Ok(*self.0.digest.get_or_init(|| Sha256::digest(text).into()))
    }

    /// The text as a tree: a mapping or null.
    ///
    /// Errors: those of [`ValuesFile::text_by`]; the text is not YAML or not a mapping; a limit is reached.
    pub fn tree_by(&self, read: &mut ReadFile<'_>, run: &Run) -> Result<&Node> {
        let text = self.text_by(read)?;
        check_size(self.name(), text.len(), run)?;
        let tree = &self.0.tree;
        if tree.get().is_none() {
            let _mine = self.0.work.lock().unwrap_or_else(PoisonError::into_inner);
            if tree.get().is_none() {
                let parsed = self.parse(text, run);
                if run.is_over() {
                    return Err(cancelled());
                }
                // another bake may have other limits, or more time
                if let Err(error) = &parsed
                    && error.kind() == ErrorKind::Limit
                {
                    return Err(error.clone());
                }
                tree.get_or_init(|| parsed);
            }
        }
        tree.get().map_or_else(|| Err(cancelled()), |tree| tree.as_ref().map_err(Error::clone))
    }

    fn parse(&self, text: &[u8], run: &Run) -> Result<Node> {
        crate::yaml::read_values(text, run).map_err(|error| {
            let place = Location::new(self.name(), 0, 0);
            error.with_prefix(&format!("failed to parse {}: ", self.name())).at(place)
        })
    }

    /// The file as a map whose entries come from a layer that is added to `names`.
    pub(super) fn map(&self, names: &mut LayerNames, read: &mut ReadFile<'_>, run: &Run) -> Result<Map> {
        let text = LayerText::File(Arc::clone(self.text_by(read)?));
        let layer = names.add_text(self.name(), text);
        Ok(match self.tree_by(read, run)?.to_value(layer) {
            Value::Map(map) => map,
            _ => Map::new(),
        })
    }
}

/// Refuses a file that is too large.
pub(super) fn check_size(name: &str, size: usize, run: &Run) -> Result<()> {
    let max = run.limits.values_file_bytes;
    if size as u64 > max {
        return Err(Error::limit_reached("values-file-bytes", format!("{name} is larger than {max} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn a_file_is_read_and_parsed_once() {
        let mut reads = 0;
        let mut read = |_: &Path| {
            reads += 1;
            Ok(b"a: 1\n".to_vec())
        };
        let file = ValuesFile::at("values.yaml");
        assert!(!file.is_parsed());
        file.digest_by(&mut read).unwrap();
        assert!(!file.is_parsed());
        let first = std::ptr::from_ref(file.tree_by(&mut read, &Run::default()).unwrap());
        let again = file.clone();
        assert_eq!(first, std::ptr::from_ref(again.tree_by(&mut read, &Run::default()).unwrap()));
        assert!(again.is_parsed());
        assert_eq!(reads, 1);
    }

    #[test]
    fn what_depends_on_limits_or_on_the_disk_is_not_kept() {
        let run = Run::default();
        let small = Run::new(Limits::helm().with(|l| l.values_file_bytes = 3));
        let file = ValuesFile::at("values.yaml");
        let missing = file.tree_by(&mut |_| Err(Error::new(ErrorKind::Io, "missing")), &run).unwrap_err();
        assert_eq!(missing.message(), "missing");
        let mut read = |_: &Path| Ok(b"a: 1\n".to_vec());
        assert_eq!(file.tree_by(&mut read, &small).unwrap_err().limit(), Some("values-file-bytes"));
        assert!(file.tree_by(&mut read, &run).is_ok());
        assert_eq!(file.tree_by(&mut read, &small).unwrap_err().limit(), Some("values-file-bytes"));
        // what is wrong in it stays wrong
        let file = ValuesFile::new("values.yaml", *b"a: [");
        let wrong = || file.tree_by(&mut |_| Ok(Vec::new()), &run).unwrap_err().message().to_owned();
        assert_eq!(wrong(), wrong());
        assert!(file.is_parsed());
    }
}
