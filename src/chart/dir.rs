//! Reading charts from a disk: the only files that the core opens. Helm: `pkg/chart/loader/{load,directory}.go`,
//! `internal/sympath`, `LocateChart` of `pkg/action/install.go`.
#![allow(clippy::disallowed_methods)] // this is the loader that the rule speaks of

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::found::{Found, FoundFile, check_size, read_text};
use super::ignore::Rules;
use super::{File, Loading, archive};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::value::Str;
use go::stack::with_stack;
use go::strconv::quote;

/// What symbolic links in a chart's directory may point at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// Only what is inside the chart's directory: a chart from elsewhere cannot pull in files of this machine.
    #[default]
    Inside,
    /// Anything, as Helm does it.
    Anywhere,
}

/// The files of a chart, in the order in which Helm loads them.
pub(super) enum Files {
    /// Those of an archive.
    Read(Vec<File>),
    /// Those of a directory, which are still to be read.
    Found(Found),
}

/// Reads the archive or finds the files of the directory at `path`.
pub(super) fn find(path: &Path, links: Links, limits: &Limits, loading: &mut Loading) -> Result<Files> {
    let root = absolute(path)?;
    match fs::metadata(&root) {
        Ok(found) if found.is_dir() => find_in_dir(&root, links, limits, loading).map(Files::Found),
        Ok(_) => read_archive(&root, limits, loading).map(Files::Read),
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

/// Helm tells a path from the name of a chart in a repository by its looks.
fn not_found(path: &Path) -> Error {
    let text = path.to_string_lossy();
    let message = match text.split_once('/') {
        _ if path.is_absolute() || text.starts_with('.') => format!("path {} not found", quote(text.as_bytes())),
        Some((repo, _)) => format!("repo {repo} not found"),
        None => format!("non-absolute URLs should be in form of repo_name/path_to_chart, got: {text}"),
    };
    Error::new(ErrorKind::Io, message).with_hint("there is no such folder or archive, and bake downloads nothing")
}

fn read_archive(path: &Path, limits: &Limits, loading: &mut Loading) -> Result<Vec<File>> {
    let mut input = fs::File::open(path).map_err(|e| io_error("open", path, &e))?;
    let mut head = Vec::with_capacity(512);
    let name = path.to_string_lossy();
    let cannot = |e: io::Error| Error::new(ErrorKind::Io, format!("file '{name}' cannot be read: {e}"));
    input.by_ref().take(512).read_to_end(&mut head).map_err(cannot)?;
    archive::ensure_archive(&name, &head)?;
    archive::read_files(head.chain(input), limits, loading).map_err(|e| {
        if e.message() != "gzip: invalid header" {
            return e;
        }
        let text = format!("file '{name}' does not appear to be a valid chart file (details: {})", e.message());
        e.with_message(text)
    })
}

fn find_in_dir(root: &Path, links: Links, limits: &Limits, loading: &mut Loading) -> Result<Found> {
    // charts without Chart.yaml are refused before their files are read: the path may be any directory
    let has = |name: &str| fs::symlink_metadata(root.join(name)).is_ok();
    if !["Chart.yaml", "requirements.yaml", "requirements.lock"].into_iter().any(has) {
        return Err(Error::new(ErrorKind::Chart, "Chart.yaml file is missing"));
    }
    let real_root = fs::canonicalize(root).map_err(|e| io_error("lstat", root, &e))?;
    let rules = read_rules(root, &real_root, links, limits)?;
    let mut walk = Walk { links, limits, loading, rules, real_root, jumps: Vec::new(), files: Vec::new() };
    let real = walk.real_root.clone();
    let end = walk.dir(root, "", &real).err();
    Ok(Found::new(walk.files, end))
}

/// The rules of `.helmignore`.
fn read_rules(root: &Path, real_root: &Path, links: Links, limits: &Limits) -> Result<Rules> {
    let path = root.join(".helmignore");
    let text = match fs::metadata(&path) {
        Ok(found) => {
            let real = fs::canonicalize(&path).map_err(|e| io_error("open", &path, &e))?;
            check_inside(&path, &real, real_root, links)?;
            check_size(&path, found.len(), limits)?;
            read_text(&path, limits, &mut Vec::new()).map_err(|e| io_error("open", &path, &e))?
        }
        Err(_) => Str::default(),
    };
    Rules::parse(&text)
}

struct Walk<'a> {
    links: Links,
    limits: &'a Limits,
    loading: &'a mut Loading,
    rules: Rules,
    real_root: PathBuf,
    /// The real directories in which the links stand that lead to where the walk is.
    jumps: Vec<PathBuf>,
    files: Vec<FoundFile>,
}

impl Walk<'_> {
    /// Walks a directory in byte order of the names. `name` is its path from the root, `real` its path without links.
    fn dir(&mut self, path: &Path, name: &str, real: &Path) -> Result<()> {
        let failed = |e: io::Error| io_error("open", path, &e);
        let mut entries = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // the directory knows the types of what is in it: most systems need not be asked again
            entries.push((entry.file_name(), entry.file_type()));
        }
        entries.sort_unstable_by(|(a, _), (b, _)| a.as_encoded_bytes().cmp(b.as_encoded_bytes()));
        for (entry, found) in entries {
            let path = path.join(&entry);
            let found = found.map_err(|e| io_error("lstat", &path, &e))?;
            let mut full = Vec::with_capacity(name.len() + entry.len() + 1);
            if !name.is_empty() {
                full.extend_from_slice(name.as_bytes());
                full.push(b'/');
            }
            full.extend_from_slice(entry.as_encoded_bytes());
            with_stack(|| self.entry(path, &full, real, &entry, found))?;
        }
        Ok(())
    }

    /// Takes what `holder`, a directory without links on its path, has under the name `entry`.
    fn entry(&mut self, path: PathBuf, name: &[u8], holder: &Path, entry: &OsStr, found: FileType) -> Result<()> {
        if found.is_symlink() {
            let target = fs::canonicalize(&path).map_err(|e| dangling(&path, &e))?;
            self.loading.warnings.push(format!(
                "walk.go:75: found symbolic link in path: {} resolves to {}. Contents of linked file included and used",
                path.display(),
                target.display()
            ));
            let found = fs::symlink_metadata(&target).map_err(|e| io_error("lstat", &target, &e))?.file_type();
            return self.linked(path, name, holder, target, found);
        }
        // what is left out may have any name
        if self.rules.ignore(&String::from_utf8_lossy(name), found.is_dir()) {
            return Ok(());
        }
        self.loading.entry(self.limits)?;
        let name = super::file_name(name, self.limits)?;
        if found.is_dir() { self.dir(&path, &name, &holder.join(entry)) } else { self.file(path, name, None, found) }
    }

    /// A symbolic link stands for what it points at, under its own name.
    fn linked(&mut self, path: PathBuf, name: &[u8], holder: &Path, target: PathBuf, found: FileType) -> Result<()> {
        if self.rules.ignore(&String::from_utf8_lossy(name), found.is_dir()) {
            return Ok(());
        }
        self.loading.entry(self.limits)?;
        let name = super::file_name(name, self.limits)?;
        if !found.is_dir() {
            check_regular(&path, found)?;
            check_inside(&path, &target, &self.real_root, self.links)?;
            return self.file(path, name, Some(target), found);
        }
        check_inside(&path, &target, &self.real_root, self.links)?;
        if self.jumps.iter().map(PathBuf::as_path).chain([holder]).any(|above| above.starts_with(&target)) {
            let text = format!("symbolic link {} leads back to a directory that contains it", path.display());
            return Err(Error::new(ErrorKind::Chart, text));
        }
        self.jumps.push(holder.to_owned());
        self.dir(&path, &name, &target)?;
        self.jumps.pop();
        Ok(())
    }

    fn file(&mut self, path: PathBuf, name: String, target: Option<PathBuf>, found: FileType) -> Result<()> {
        check_regular(&path, found)?;
        self.files.push(FoundFile::new(name, path, target, self.loading.warnings.len()));
        Ok(())
    }
}

fn check_inside(path: &Path, target: &Path, real_root: &Path, links: Links) -> Result<()> {
    if links == Links::Anywhere || target.starts_with(real_root) {
        return Ok(());
    }
    let text = format!("symbolic link {} leaves the chart: it resolves to {}", path.display(), target.display());
    Err(Error::new(ErrorKind::Chart, text).with_hint("copy the file into the chart, or allow links that leave it"))
}

fn check_regular(path: &Path, found: FileType) -> Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let text = format!("cannot load irregular file {} as it has file mode type bits set", path.display());
    Err(Error::new(ErrorKind::Chart, text))
}

/// The error for a link to nothing. Go names the first part of the way that is missing: `filepath.EvalSymlinks`.
fn dangling(path: &Path, error: &io::Error) -> Error {
    let prefix = format!("error evaluating symlink {}: ", path.display());
    match missing(path) {
        Some(target) => io_error("lstat", &target, error),
        None => Error::new(ErrorKind::Io, "EvalSymlinks: too many links"),
    }
    .with_prefix(&prefix)
}

/// The first part of an absolute path that is not there, behind all links; none where links lead round and round.
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
            // an absolute target takes the place of all that stands before it
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

/// An error of the system as Go prints it: `open PATH: permission denied`.
pub(super) fn io_error(action: &str, path: &Path, error: &io::Error) -> Error {
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
        assert_eq!(chart.warnings[0].replace(scratch.0.to_str().unwrap(), ""), said);
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

    /// What a second thread does may come before all that the first does.
    #[test]
    fn files_are_the_same_whoever_reads_them() {
        let files = [
            ("c/README.md", "a"),
            ("c/charts/s/Chart.yaml", "name: s\nversion: 1"),
            ("c/charts/s/values.yaml", "c: 3"),
            ("c/templates/a", "\u{feff}a"),
            ("c/templates/b", "b"),
            ("c/values.schema.json", "{\"type\": \"object\"}"),
            ("c/values.yaml", "a: {b: 1}"),
        ];
        let scratch = Scratch::new("shared", &files);
        let load = |limits: &Limits| {
            let path = scratch.0.join("c");
            let mut said = Vec::new();
            let share = |texts: &std::sync::Arc<crate::chart::Texts>| texts.read_from_the_end(limits);
            let shared = Chart::load_sharing(&path, Links::Inside, limits, &mut said, share);
            let alone = Chart::load(&path, limits);
            let shown = |chart: Result<Chart>| match chart {
                Ok(chart) => {
                    // compiled, in one of them
                    let schema = chart.schema.clone().unwrap_or_default();
                    assert!(chart.compiled_schema.get(&schema, limits).is_ok());
                    format!("{:?}", Chart { compiled_schema: crate::values::schema::SchemaCell::default(), ..chart })
                }
                Err(error) => format!("{error:#}"),
            };
            (shown(shared), shown(alone), said)
        };
        let same = |limits: &Limits| {
            let (shared, alone, _) = load(limits);
            assert_eq!(shared, alone);
            alone
        };
        assert!(same(&Limits::helm()).contains("README.md"));
        let small = Limits::helm().with(|l| l.chart_file_bytes = 40);
        scratch.write("c/b", &"x".repeat(41));
        scratch.write("c/templates/c", &"x".repeat(41));
        assert!(same(&small).contains("chart file \"b\" is larger"));
        let few = Limits::helm().with(|l| l.chart_bytes = 90);
        assert!(same(&few).contains("decompressed chart is larger"));
        scratch.write("c/values.yaml", "a: [");
        assert!(same(&Limits::helm()).contains("cannot load values.yaml"));
        #[cfg(unix)]
        {
            // warnings of what comes behind the file at fault are not given
            scratch.link("c/a", "README.md");
            scratch.link("c/z", "README.md");
            let (shared, alone, said) = load(&small);
            assert_eq!(shared, alone);
            assert_eq!(said.len(), 1, "{said:?}");
        }
    }
}
