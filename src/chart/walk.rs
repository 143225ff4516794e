//! Walks the folder of a chart on disk, in a git revision or in memory: ignored files, links and limits. Helm:
//! `internal/sympath`, `LoadDir` in `pkg/chart/loader/directory.go`.

use super::ignore::Rules;
use super::{File, Loading, archive};
use crate::error::{Error, ErrorKind, Result, printable};
use crate::limits::cancelled;
use crate::run::WarningKind;
use crate::value::Str;
use go::stack::with_stack;
use go::strconv::quote;

/// Where symbolic links in a chart's directory may lead (D-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Links {
    /// Only inside the chart's directory, so that a chart from elsewhere cannot include files of this machine.
    #[default]
    Inside,
    /// Anywhere, as in Helm.
    Anywhere,
}

/// An entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Folder,
    File,
    Link,
    /// A pipe, a socket or a device.
    Irregular,
}

/// A place that can contain the folder of a chart: a disk, a revision of a repository, a tarball.
pub(crate) trait Tree {
    /// A handle of a file or folder in the tree.
    type Node;

    /// The entries of a folder, in any order. `name` is the folder's path from the chart's root.
    fn list(&mut self, folder: &Self::Node, name: &[u8]) -> Result<Vec<Entry<Self::Node>>>;

    /// The target of a link, after resolving all other links. `real` is the path of the link itself.
    ///
    /// Errors: the link dangles.
    fn follow(&mut self, link: &Self::Node, name: &[u8], real: &[u8]) -> Result<Target<Self::Node>>;

    /// The content of a file; `None` if it has more than `max` bytes.
    fn read(&mut self, file: &Self::Node, name: &[u8], max: u64) -> Result<Option<Str>>;

    /// The name of a file or folder in errors.
    fn show(&self, node: &Self::Node, name: &[u8]) -> String;
}

/// An entry of a folder.
pub(crate) struct Entry<N> {
    /// Its name within the folder.
    pub name: Vec<u8>,
    pub kind: Kind,
    pub node: N,
}

/// The target of a link.
pub(crate) struct Target<N> {
    pub kind: Kind,
    pub node: N,
    /// Its path in the tree without links, with slashes.
    pub real: Vec<u8>,
}

/// Maximum depth of folders. A path on disk cannot be deeper.
const MAX_DEPTH: usize = 2048;

/// The files of the chart in the folder `root`, in the order in which Helm loads them. `real` is the path of the folder in the
/// tree without links.
///
/// Errors: there is no `Chart.yaml`, a file cannot be read, a link dangles or leaves the chart, a limit is reached.
pub(crate) fn files<T: Tree>(
    tree: &mut T,
    root: &T::Node,
    real: &[u8],
    links: Links,
    loading: &mut Loading<'_>,
) -> Result<Vec<File>> {
    let mut walk =
        ChartWalk { tree, root: real, links, loading, rules: Rules::default(), jumps: Vec::new(), files: Vec::new() };
    let entries = walk.sorted(root, b"")?;
    // charts without Chart.yaml are refused before their files are read, because it may be any folder
    let marks: [&[u8]; 3] = [b"Chart.yaml", b"requirements.yaml", b"requirements.lock"];
    if !entries.iter().any(|entry| marks.contains(&entry.name.as_slice())) {
        return Err(Error::new(ErrorKind::Chart, "Chart.yaml file is missing"));
    }
    let rules = match entries.iter().find(|entry| entry.name == b".helmignore") {
        Some(entry) => walk.read_rules(entry)?,
        None => Str::default(),
    };
    walk.rules = Rules::parse(&rules)?;
    walk.entries(entries, b"", real, 0)?;
    Ok(walk.files)
}

struct ChartWalk<'a, 'r, T> {
    tree: &'a mut T,
    /// The path of the chart's folder in the tree, without links.
    root: &'a [u8],
    links: Links,
    loading: &'a mut Loading<'r>,
    rules: Rules,
    /// The real folders of the links that led to the current folder.
    jumps: Vec<Vec<u8>>,
    files: Vec<File>,
}

impl<T: Tree> ChartWalk<'_, '_, T> {
    /// The text of `.helmignore`; empty if it is a dangling link, which is reported later.
    fn read_rules(&mut self, entry: &Entry<T::Node>) -> Result<Str> {
        let real = join(self.root, &entry.name);
        let target = match entry.kind {
            Kind::Link => match self.tree.follow(&entry.node, &entry.name, &real) {
                Ok(target) => Some(target),
                Err(_) => return Ok(Str::default()),
            },
            _ => None,
        };
        let (node, kind, real) = match &target {
            Some(target) => (&target.node, target.kind, &target.real),
            None => (&entry.node, entry.kind, &real),
        };
        if target.is_some() {
            self.check_inside(node, &entry.name, real)?;
        }
        match kind {
            Kind::File => {
                let text = self.tree.read(node, &entry.name, self.loading.run.limits.chart_file_bytes)?;
                text.ok_or_else(|| self.too_large(real))
            }
            Kind::Folder => {
                let text = format!("read {}: is a directory", self.tree.show(node, &entry.name));
                Err(Error::new(ErrorKind::Io, text))
            }
            Kind::Link | Kind::Irregular => Err(self.irregular(node, &entry.name)),
        }
    }

    /// The entries of a folder in byte order of their names.
    fn sorted(&mut self, folder: &T::Node, name: &[u8]) -> Result<Vec<Entry<T::Node>>> {
        let mut entries = self.tree.list(folder, name)?;
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Walks the entries of a folder. `name` is its path from the chart's root, `real` its path in the tree without links.
    fn entries(&mut self, entries: Vec<Entry<T::Node>>, name: &[u8], real: &[u8], depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            let text = format!("the chart's folders are nested deeper than {MAX_DEPTH}");
            return Err(Error::new(ErrorKind::Chart, text));
        }
        for entry in entries {
            with_stack(|| self.entry(entry, name, real, depth))?;
        }
        Ok(())
    }

    /// Adds an entry of the folder `above`, whose path without links is `holder`.
    fn entry(&mut self, entry: Entry<T::Node>, above: &[u8], holder: &[u8], depth: usize) -> Result<()> {
        if !self.loading.run.tick(64) {
            return Err(cancelled());
        }
        let name = join(above, &entry.name);
        let real = join(holder, &entry.name);
        let is_link = entry.kind == Kind::Link;
        // a link counts as its target, under its own name
        let Target { kind, node, real } = if is_link {
            let target = self.tree.follow(&entry.node, &name, &real)?;
            let text = format!(
                "walk.go:75: found symbolic link in path: {} resolves to {}. Contents of linked file included and used",
                self.tree.show(&entry.node, &name),
                String::from_utf8_lossy(&target.real)
            );
            self.loading.run.warn(WarningKind::Chart, text);
            target
        } else {
            Target { kind: entry.kind, node: entry.node, real }
        };
        // ignored files may have any name
        if let Some(rule) = self.rules.ignoring(&String::from_utf8_lossy(&name), kind == Kind::Folder, self.loading.run)
        {
            if name == b"Chart.yaml" {
                self.loading.ignored = Some(rule.to_owned());
            }
            return Ok(());
        }
        self.loading.entry()?;
        let text = super::file_name(&name, &self.loading.run.limits)?;
        if matches!(kind, Kind::Irregular | Kind::Link) {
            return Err(self.irregular(&node, &name));
        }
        if is_link {
            self.check_inside(&node, &name, &real)?;
        }
        if kind == Kind::File {
            let data = self.tree.read(&node, &name, self.loading.run.limits.chart_file_bytes);
            let data = data.map_err(|e| e.with_prefix(&format!("error reading {text}: ")))?;
            return self.add(text, data.ok_or_else(|| self.too_large(&real))?);
        }
        if is_link {
            if self.jumps.iter().map(Vec::as_slice).chain([holder]).any(|above| is_below(above, &real)) {
                return Err(leads_back(ErrorKind::Chart, &self.tree.show(&node, &name), "directory"));
            }
            self.jumps.push(holder.to_owned());
        }
        let entries = self.sorted(&node, &name)?;
        self.entries(entries, &name, &real, depth + 1)?;
        if is_link {
            self.jumps.pop();
        }
        Ok(())
    }

    /// The error for a file that is too large. For a link, Helm uses the name of its target.
    fn too_large(&self, real: &[u8]) -> Error {
        let base = real.rsplit(|b| *b == b'/').next().unwrap_or_default();
        let limit = self.loading.run.limits.chart_file_bytes;
        let text = format!("chart file {} is larger than the maximum file size {limit}", quote(base));
        Error::helm_limit("chart-file-bytes", text)
    }

    fn add(&mut self, name: String, data: Str) -> Result<()> {
        let left = self.loading.bytes.checked_sub(data.len() as u64);
        self.loading.bytes = left.ok_or_else(|| archive::too_large(&self.loading.run.limits))?;
        let text = super::without_bom(&data);
        let data = if text.len() == data.len() { data } else { text.into() };
        self.files.push(File { name, data });
        Ok(())
    }

    fn check_inside(&self, node: &T::Node, name: &[u8], real: &[u8]) -> Result<()> {
        if self.links == Links::Anywhere || is_below(real, self.root) {
            return Ok(());
        }
        let target = printable(&String::from_utf8_lossy(real));
        let error = leaves(ErrorKind::Chart, &self.tree.show(node, name), "chart", &target);
        Err(error.with_hint(
            "copy the file into the chart; `bake template --follow-symlinks` follows links out of it, as Helm does",
        ))
    }

    fn irregular(&self, node: &T::Node, name: &[u8]) -> Error {
        let shown = self.tree.show(node, name);
        let text = format!("cannot load irregular file {shown} as it has file mode type bits set");
        Error::new(ErrorKind::Chart, text)
    }
}

/// The error for a link that would make the walk endless; `what` is the word for its target.
pub(crate) fn leads_back(kind: ErrorKind, link: &str, what: &str) -> Error {
    Error::new(kind, format!("symbolic link {link} leads back to a {what} that contains it"))
}

/// The error for a link that leads out of the folder; `what` is the word for the folder.
pub(crate) fn leaves(kind: ErrorKind, link: &str, what: &str, target: &str) -> Error {
    Error::new(kind, format!("symbolic link {link} leaves the {what}: it resolves to {target}"))
}

/// The path of an entry of a folder.
fn join(folder: &[u8], entry: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if folder.is_empty() || folder.ends_with(b"/") { b"" } else { b"/" };
    [folder, slash, entry].concat()
}

/// Whether a path is that of a folder or below it.
fn is_below(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| folder.is_empty() || folder.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_a_folder_by_whole_names() {
        for (path, folder, want) in [
            ("/a/b", "/a", true),
            ("/a", "/a", true),
            ("/ab", "/a", false),
            ("/a", "/a/b", false),
            ("/a", "/", true),
            ("a", "", true),
        ] {
            assert_eq!(is_below(path.as_bytes(), folder.as_bytes()), want, "{path} {folder}");
        }
        assert_eq!(join(b"", b"a"), b"a");
        assert_eq!(join(b"/", b"a"), b"/a");
        assert_eq!(join(b"a", b"b"), b"a/b");
    }
}
