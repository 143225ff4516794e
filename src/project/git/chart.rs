//! A revision as a tree that can contain the folder of a chart. Nothing is written to disk.

use gix::ObjectId;

use super::tree::{Kind as GitKind, Place, Trees};
use crate::chart::{Entry, Kind, Target, Tree};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::value::Str;

/// A folder of a revision; errors call it `shown`.
pub(super) struct RevisionTree<'t> {
    pub trees: &'t Trees,
    pub shown: String,
}

impl Tree for RevisionTree<'_> {
    type Node = ObjectId;

    fn list(&mut self, folder: &ObjectId, name: &[u8]) -> Result<Vec<Entry<ObjectId>>> {
        let entries = self.trees.entries(*folder).map_err(|e| self.told(folder, name, e))?;
        let entry = |(name, (id, kind)): (&Vec<u8>, &(ObjectId, GitKind))| Entry {
            name: name.clone(),
            kind: (*kind).into(),
            node: *id,
        };
        Ok(entries.iter().map(entry).collect())
    }

    fn follow(&mut self, link: &ObjectId, name: &[u8], real: &[u8]) -> Result<Target<ObjectId>> {
        let target = self.trees.find(real, true)?.ok_or_else(|| {
            let text = format!("symbolic link {} leaves the repository or dangles", self.show(link, name));
            Error::new(ErrorKind::Chart, text)
        })?;
        let Place { id, kind, real } = target;
        Ok(Target { kind: kind.into(), node: id, real: real.join(&b'/') })
    }

    fn read(&mut self, file: &ObjectId, name: &[u8], max: u64) -> Result<Option<Str>> {
        if self.trees.size(*file).map_err(|e| self.told(file, name, e))? > max {
            return Ok(None);
        }
        let text = self.trees.blob(*file, max, "it").map_err(|e| self.told(file, name, e))?;
        Ok(Some(text.as_slice().into()))
    }

    fn show(&self, _node: &ObjectId, name: &[u8]) -> String {
        let name = printable(&String::from_utf8_lossy(name));
        if name.is_empty() { self.shown.clone() } else { format!("{}/{name}", self.shown) }
    }
}

impl RevisionTree<'_> {
    fn told(&self, node: &ObjectId, name: &[u8], error: Error) -> Error {
        error.with_prefix(&format!("{}: ", self.show(node, name)))
    }
}

impl From<GitKind> for Kind {
    fn from(kind: GitKind) -> Kind {
        match kind {
            GitKind::Folder => Kind::Folder,
            GitKind::File => Kind::File,
            GitKind::Link => Kind::Link,
        }
    }
}
