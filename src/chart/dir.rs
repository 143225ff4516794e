//! Reads charts from disk; the core opens no other files. Helm: `pkg/chart/loader/{load,directory}.go`, `internal/sympath`,
//! `LocateChart` in `pkg/action/install.go`.
#![allow(clippy::disallowed_methods)] // this is the loader that the rule speaks of

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, FileType};
use std::io::{self, Read};
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use super::walk::{self, Entry, Kind, Links, Target, Tree};
use super::{File, Loading, archive};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Str;
use crate::values::remote::{is_remote, no_download};
use go::strconv::quote;
use go::url::Url;

/// Reads the files of the archive or the directory at `path`, in the order in which Helm loads them.
pub(super) fn read(path: &Path, links: Links, loading: &mut Loading<'_>) -> Result<Vec<File>> {
    if path.as_os_str().is_empty() {
        return Err(not_found(path));
    }
    let root = absolute(path)?;
    match fs::metadata(&root) {
        Ok(found) if found.is_dir() => {
            let real = real(&fs::canonicalize(&root).map_err(|e| io_error("lstat", &root, &e))?);
            walk::files(&mut Disk::default(), &root, &real, links, loading)
        }
        Ok(_) => read_archive(&root, loading),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(not_found(path)),
        Err(e) => Err(io_error("stat", &root, &e)),
    }
}

/// The content of a file that the user named: a regular file of at most `limit` bytes, or a pipe up to that size.
///
/// Errors have Go's text for a file that cannot be opened.
pub(crate) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let input = fs::File::open(path).map_err(|e| io_error("open", path, &e))?;
    let mut text = Vec::new();
    let size = input.metadata().map_or(0, |found| found.len().min(limit));
    text.reserve(usize::try_from(size).unwrap_or(0).saturating_add(1));
    input.take(limit.saturating_add(1)).read_to_end(&mut text).map_err(|e| io_error("read", path, &e))?;
    if text.len() as u64 > limit {
        let message = format!("{} is larger than {limit} bytes", path.display());
        return Err(Error::limit_reached("values-file-bytes", message));
    }
    Ok(text)
}

/// The error for a missing chart. Helm guesses from the form whether it is a path, a URL or the name of a chart in a
/// repository. Helm: `ResolveChartVersion` in `pkg/downloader/chart_downloader.go`.
fn not_found(path: &Path) -> Error {
    let text = path.to_string_lossy();
    if path.is_absolute() || text.starts_with('.') {
        return no_such_chart(format!("path {} not found", quote(text.as_bytes())));
    }
    let Ok(url) = Url::parse(text.as_bytes()) else {
        return no_such_chart(format!("invalid chart URL format: {text}"));
    };
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let has_place = !url.host.is_empty() && !url.path.is_empty();
    let joined = lossy(&url.joined());
    if let Some(reference) = joined.strip_prefix("oci://") {
        return invalid_reference(reference).unwrap_or_else(|| no_download(&format!("the chart {joined}")));
    }
    if url.is_absolute() && has_place {
        return if is_remote(&joined) {
            no_download(&format!("the chart {joined}"))
        } else {
            no_such_chart(format!("scheme {} not supported", quote(&url.scheme)))
        };
    }
    match lossy(&url.path).split_once('/') {
        Some((repo, _)) => no_such_chart(format!("repo {repo} not found")),
        None => no_such_chart(format!("non-absolute URLs should be in form of repo_name/path_to_chart, got: {joined}")),
    }
}

fn no_such_chart(message: String) -> Error {
    Error::new(ErrorKind::Io, message)
        .with_hint("there is no folder or archive of that name, and bake downloads nothing")
}

/// The error for a reference to a registry that Helm refuses before it connects: `HOST/REPOSITORY:TAG@DIGEST`.
fn invalid_reference(reference: &str) -> Option<Error> {
    let invalid = |why: String| Some(Error::new(ErrorKind::Usage, format!("invalid reference: {why}")));
    let Some((_, repository)) = reference.split_once('/') else {
        return invalid("missing registry or repository".to_owned());
    };
    let repository = repository.split('@').next().unwrap_or_default();
    let repository = repository.split(':').next().unwrap_or_default();
    let is_part = |part: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let edges = [part.bytes().next(), part.bytes().next_back()];
        edges.iter().all(|edge| edge.is_some_and(inner)) && part.bytes().all(|b| inner(b) || b"._-".contains(&b))
    };
    if repository.split('/').all(is_part) { None } else { invalid(format!("invalid repository {repository:?}")) }
}

fn read_archive(path: &Path, loading: &mut Loading<'_>) -> Result<Vec<File>> {
    let mut input = fs::File::open(path).map_err(|e| io_error("open", path, &e))?;
    let mut head = Vec::with_capacity(512);
    let name = path.to_string_lossy();
    let cannot = |e: io::Error| Error::new(ErrorKind::Io, format!("file '{name}' cannot be read: {e}"));
    input.by_ref().take(512).read_to_end(&mut head).map_err(cannot)?;
    archive::ensure_archive(&name, &head)?;
    archive::read_files(head.chain(input), loading).map_err(|e| {
        if e.reason() != Some(archive::NOT_GZIP) {
            return e;
        }
        let text = format!("file '{name}' does not appear to be a valid chart file (details: {})", e.message());
        e.with_message(text)
    })
}

/// Folders of this machine.
#[derive(Default)]
struct Disk {
    /// The buffer for files whose size is not known; it is reused for the next file.
    buffer: Vec<u8>,
}

impl Tree for Disk {
    /// The path by way of the links that lead there.
    type Node = PathBuf;

    fn list(&mut self, folder: &PathBuf, _name: &[u8]) -> Result<Vec<Entry<PathBuf>>> {
        let failed = |e: io::Error| io_error("open", folder, &e);
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let node = folder.join(&name);
            // on most systems, the directory entry contains the file type
            let found = entry.file_type().map_err(|e| io_error("lstat", &node, &e))?;
            entries.push(Entry { name: name.into_encoded_bytes(), kind: kind(found), node });
        }
        Ok(entries)
    }

    fn follow(&mut self, link: &PathBuf, _name: &[u8], _real: &[u8]) -> Result<Target<PathBuf>> {
        let target = fs::canonicalize(link).map_err(|e| dangling(link, &e))?;
        let found = fs::symlink_metadata(&target).map_err(|e| io_error("lstat", &target, &e))?.file_type();
        Ok(Target { kind: kind(found), node: link.clone(), real: real(&target) })
    }

    fn read(&mut self, file: &PathBuf, _name: &[u8], max: u64) -> Result<Option<Str>> {
        read_text(file, max, &mut self.buffer).or_else(|error| {
            // Helm looks at the size before it opens a file
            if fs::metadata(file).is_ok_and(|found| found.len() > max) {
                return Ok(None);
            }
            Err(io_error("open", file, &error))
        })
    }

    fn show(&self, node: &PathBuf, _name: &[u8]) -> String {
        node.display().to_string()
    }
}

fn kind(found: FileType) -> Kind {
    match found {
        found if found.is_symlink() => Kind::Link,
        found if found.is_dir() => Kind::Folder,
        found if found.is_file() => Kind::File,
        _ => Kind::Irregular,
    }
}

/// A path with slashes between its names.
fn real(path: &Path) -> Vec<u8> {
    let slash = |b: u8| if char::from(b) == MAIN_SEPARATOR { b'/' } else { b };
    path.as_os_str().as_encoded_bytes().iter().copied().map(slash).collect()
}

/// The size of the first read: most files of a chart are smaller.
const BUFFER: usize = 16 << 10;

/// Reads a file through a reused buffer. Most files need one read, and another one to find the end. A file of more than `max`
/// bytes is not read to its end, and returns `None`.
fn read_text(path: &Path, max: u64, buffer: &mut Vec<u8>) -> io::Result<Option<Str>> {
    let mut input = fs::File::open(path)?;
    let mut filled = 0;
    while filled as u64 <= max {
        if filled == buffer.len() {
            buffer.resize(BUFFER.max(2 * filled), 0);
        }
        match input.read(buffer.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => return Ok(Some(buffer.get(..filled).unwrap_or_default().into())),
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(None)
}

/// The error for a dangling link. Go names the first missing part of the path: `filepath.EvalSymlinks`.
fn dangling(path: &Path, error: &io::Error) -> Error {
    let prefix = format!("error evaluating symlink {}: ", path.display());
    match missing(path) {
        Some(target) => io_error("lstat", &target, error),
        None => Error::new(ErrorKind::Io, "EvalSymlinks: too many links"),
    }
    .with_prefix(&prefix)
}

/// The first missing part of an absolute path, after resolving links; `None` if links form a cycle.
fn missing(path: &Path) -> Option<PathBuf> {
    // Go's limit
    let mut links_left = 255_u32;
    let mut way: VecDeque<OsString> = path.components().map(|part| part.as_os_str().to_owned()).collect();
    let mut at = PathBuf::new();
    while let Some(part) = way.pop_front() {
        if part == "." {
            continue;
        }
        if part == ".." {
            at.pop();
            continue;
        }
        at.push(&part);
        let Ok(found) = fs::symlink_metadata(&at) else { return Some(at) };
        if found.is_symlink() {
            links_left = links_left.checked_sub(1)?;
            let Ok(target) = fs::read_link(&at) else { return Some(at) };
            // an absolute target replaces everything before it
            at.pop();
            target.components().rev().for_each(|part| way.push_front(part.as_os_str().to_owned()));
        }
    }
    Some(at)
}

/// The absolute path, without `.` and `..`. Go: `filepath.Abs`.
fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map(|p| clean(&p)).map_err(|e| Error::new(ErrorKind::Io, e.to_string()))
}

fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// A system error in Go's form: `open PATH: permission denied`.
pub(crate) fn io_error(action: &str, path: &Path, error: &io::Error) -> Error {
    let text = match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => error.to_string(),
    };
    Error::new(ErrorKind::Io, format!("{action} {}: {text}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Chart;
    use crate::limits::Limits;

    /// A directory that goes away with the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let root = std::env::temp_dir().join(format!("bake-chart-{name}-{}", std::process::id()));
            drop(fs::remove_dir_all(&root));
            let scratch = Scratch(fs::canonicalize(std::env::temp_dir()).unwrap().join(root.file_name().unwrap()));
            scratch.write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
            for (name, text) in files {
                scratch.write(name, text);
            }
            scratch
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        #[cfg(unix)]
        fn link(&self, name: &str, target: &str) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(target, path).unwrap();
        }

        fn load(&self) -> Result<Chart> {
            Chart::load(&self.0.join("c"), &Limits::helm())
        }

        fn error(&self) -> String {
            self.load().unwrap_err().to_string().replace(self.0.to_str().unwrap(), "")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    fn names(files: &[File]) -> Vec<&str> {
        files.iter().map(|f| f.name.as_str()).collect()
    }

    #[test]
    fn directories_are_walked_in_byte_order() {
        let files = [
            ("c/b.txt", "\u{feff}b"),
            ("c/B.txt", ""),
            ("c/a/x", ""),
            ("c/a.txt", ""),
            ("c/templates/.hidden", ""),
            ("c/templates/z.yaml", ""),
            ("c/.helmignore", "*.bak\nno/\n!*.keep"),
        ];
        let scratch = Scratch::new("walk", &files);
        // the rule with `!` leaves out all that is not called so
        assert_eq!(scratch.error(), "Chart.yaml file is missing");
        scratch.write("c/.helmignore", "*.bak\nno/\n");
        scratch.write("c/x.bak", "");
        scratch.write("c/no/y", "");
        let chart = scratch.load().unwrap();
        assert_eq!(names(&chart.files), [".helmignore", "B.txt", "a/x", "a.txt", "b.txt"]);
        assert_eq!(names(&chart.templates), ["templates/z.yaml"]);
        assert_eq!(chart.files[4].data, "b");
    }

    #[test]
    fn wrong_directories_are_errors() {
        let scratch = Scratch::new("wrong", &[("empty/x", ""), ("c/.helmignore", "a/**")]);
        let load = |path: &str| Chart::load(Path::new(path), &Limits::helm()).unwrap_err().to_string();
        assert_eq!(load(&format!("{}/empty", scratch.0.display())), "Chart.yaml file is missing");
        assert_eq!(scratch.error(), "double-star (**) syntax is not supported");
        assert_eq!(load("./no-such-chart"), "path \"./no-such-chart\" not found");
        assert_eq!(load("no/such-chart"), "repo no not found");
        let text = "non-absolute URLs should be in form of repo_name/path_to_chart, got: no-such-chart";
        assert_eq!(load("no-such-chart"), text);
    }

    #[test]
    fn sizes_are_limited() {
        let scratch = Scratch::new("sizes", &[("c/a", "0123456789"), ("c/b", "0123456789")]);
        let load = |limits: &Limits| Chart::load(&scratch.0.join("c"), limits).map_err(|e| e.to_string());
        let file = Limits::helm().with(|l| l.chart_file_bytes = 50);
        assert!(load(&file).is_ok());
        scratch.write("c/b", &"x".repeat(51));
        assert_eq!(load(&file).unwrap_err(), "chart file \"b\" is larger than the maximum file size 50");
        let whole = Limits::helm().with(|l| l.chart_bytes = 90);
        assert_eq!(load(&whole).unwrap_err(), "decompressed chart is larger than the maximum file size 90");
        let entries = Limits::helm().with(|l| l.chart_entries = 2);
        assert_eq!(
            load(&entries).unwrap_err(),
            "the chart has more than 2 files and directories: raise it with --limit chart-entries=..."
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_inside_the_chart_are_followed() {
        let scratch = Scratch::new("links", &[("c/real/a", "a"), ("out/Chart.yaml", "name: out\nversion: 1")]);
        scratch.link("c/file", "real/a");
        scratch.link("c/dir", "real");
        let chart = scratch.load().unwrap();
        assert_eq!(names(&chart.files), ["dir/a", "file", "real/a"]);
        let said = "walk.go:75: found symbolic link in path: /c/dir resolves to /c/real. Contents of linked file included and used";
        assert_eq!(chart.warnings[0].text().replace(scratch.0.to_str().unwrap(), ""), said);
        assert_eq!(chart.warnings.len(), 2);

        scratch.link("c/charts/out", "../../out");
        let text = "symbolic link /c/charts/out leaves the chart: it resolves to /out";
        assert_eq!(scratch.error(), text);
        let chart = Chart::load_with_links(&scratch.0.join("c"), Links::Anywhere, &Limits::helm()).unwrap();
        assert_eq!(chart.dependencies[0].name(), "out");
        // what is left out is not followed
        scratch.write("c/.helmignore", "out/");
        assert!(scratch.load().is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn bad_links_are_errors() {
        for (name, target, want) in [
            ("c/gone", "x", "error evaluating symlink /c/gone: lstat /c/x: no such file or directory"),
            ("c/gone", "x/y/z", "error evaluating symlink /c/gone: lstat /c/x: no such file or directory"),
            ("c/gone", "gone", "error evaluating symlink /c/gone: EvalSymlinks: too many links"),
            ("c/a/up", "..", "symbolic link /c/a/up leads back to a directory that contains it"),
            ("c/a/self", ".", "symbolic link /c/a/self leads back to a directory that contains it"),
            ("c/zero", "/dev/zero", "cannot load irregular file /c/zero as it has file mode type bits set"),
        ] {
            let scratch = Scratch::new("bad-links", &[]);
            scratch.link(name, target);
            assert_eq!(scratch.error(), want);
        }
        let scratch = Scratch::new("ring", &[("c/a/x", ""), ("c/b/x", "")]);
        scratch.link("c/a/to-b", "../b");
        scratch.link("c/b/to-a", "../a");
        assert_eq!(scratch.error(), "symbolic link /c/a/to-b/to-a leads back to a directory that contains it");
    }
}
