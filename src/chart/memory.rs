//! A folder in memory, without links: the files of a tarball, or those that are built into the program.

use std::cmp::Ordering;
use std::ops::Range;

use super::walk::{Entry, Kind, Target, Tree};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Str;

/// Files by their paths from the folder, in the order of a walk.
pub(super) struct Memory<D> {
    files: Vec<(Vec<u8>, D)>,
}

/// The files below a folder, or one file, with the length of the path of the folder.
pub(super) struct Place {
    files: Range<usize>,
    prefix: usize,
}

impl<D: AsRef<[u8]>> Memory<D> {
    /// A folder with these files. Of two files with the same path, the later one counts.
    pub(super) fn new(mut files: Vec<(Vec<u8>, D)>) -> Self {
        // the last of equal paths first
        files.reverse();
        files.sort_by(|(a, _), (b, _)| by_names(a, b));
        files.dedup_by(|(later, _), (kept, _)| later == kept);
        Memory { files }
    }

    /// The folder itself.
    pub(super) fn root(&self) -> Place {
        Place { files: 0..self.files.len(), prefix: 0 }
    }

    /// Whether a file with this path exists.
    pub(super) fn has(&self, path: &[u8]) -> bool {
        self.files.binary_search_by(|(known, _)| by_names(known, path)).is_ok()
    }
}

impl<D: AsRef<[u8]>> Tree for Memory<D> {
    type Node = Place;

    fn list(&mut self, folder: &Place, _name: &[u8]) -> Result<Vec<Entry<Place>>> {
        let mut entries: Vec<Entry<Place>> = Vec::new();
        let files = self.files.get(folder.files.clone()).unwrap_or_default();
        for (at, (path, _)) in (folder.files.start..).zip(files) {
            let rest = path.get(folder.prefix..).unwrap_or_default();
            let end = memchr::memchr(b'/', rest);
            let kind = if end.is_some() { Kind::Folder } else { Kind::File };
            let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            match entries.last_mut() {
                // one more file of a folder
                Some(last) if last.kind == kind && last.name == name => last.node.files.end = at + 1,
                _ => {
                    let node = Place { files: at..at + 1, prefix: folder.prefix + name.len() + 1 };
                    entries.push(Entry { name: name.to_vec(), kind, node });
                }
            }
        }
        Ok(entries)
    }

    fn follow(&mut self, link: &Place, name: &[u8], _real: &[u8]) -> Result<Target<Place>> {
        Err(Error::new(ErrorKind::Chart, format!("{}: it is not a link", self.show(link, name))))
    }

    fn read(&mut self, file: &Place, _name: &[u8], max: u64) -> Result<Option<Str>> {
        let data = self.files.get(file.files.start).map_or(&b""[..], |(_, data)| data.as_ref());
        Ok((data.len() as u64 <= max).then(|| data.into()))
    }

    fn show(&self, _node: &Place, name: &[u8]) -> String {
        String::from_utf8_lossy(name).into_owned()
    }
}

/// The order of a walk: paths are compared name by name, so a slash sorts before all other characters.
fn by_names(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |b: &u8| if *b == b'/' { 0 } else { u16::from(*b) + 1 };
    a.iter().map(rank).cmp(b.iter().map(rank))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_of_paths() {
        let files = [("b/c", "1"), ("a/x", "2"), ("a.b", "3"), ("a/y/z", "4"), ("a/x", "5"), ("a", "6")];
        let mut memory = Memory::new(files.map(|(path, data)| (path.as_bytes().to_vec(), data)).into());
        assert!(memory.has(b"a/y/z") && !memory.has(b"a/y"));
        let mut shown = Vec::new();
        let mut pending = vec![(String::new(), memory.root())];
        while let Some((above, folder)) = pending.pop() {
            for entry in memory.list(&folder, b"").unwrap() {
                let path = format!("{above}/{}", String::from_utf8(entry.name).unwrap());
                if entry.kind == Kind::Folder {
                    pending.push((path, entry.node));
                } else {
                    let text = memory.read(&entry.node, b"", 9).unwrap().unwrap();
                    shown.push(format!("{path}={}", text.to_string_lossy()));
                }
            }
        }
        assert_eq!(shown, ["/a=6", "/a.b=3", "/b/c=1", "/a/x=5", "/a/y/z=4"]);
        let root = memory.root();
        let first = memory.list(&root, b"").unwrap().remove(0);
        assert_eq!(memory.read(&first.node, b"", 0).unwrap(), None);
    }
}
