//! Loads a chart from the tarball of a repository: the folder at a path, read in memory like a folder on disk.

use flate2::read::MultiGzDecoder;
use go::tar::Archive;

use super::archive::{self, Capped, Gzip};
use super::memory::Memory;
use super::{Chart, Loading};
use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;

/// How much may be unpacked to find the chart in a repository, as a multiple of the limit for a chart.
const AROUND: u64 = 8;
/// The error for a path that leads out of the tarball, in Rosco's words.
const OUTSIDE_TEXT: &str = "Attempting to create a file outside of the staging path.";
/// The [`Error::reason`] of a path that leads out of the tarball.
pub(crate) const OUTSIDE: &str = "outside-of-the-tarball";
/// How many other charts a hint names.
const PLACES: usize = 8;

/// A path of an archive, split at its slashes.
type Parts = Vec<Vec<u8>>;

impl Chart {
    /// Loads the chart at `path` in the tarball of a repository (`.tar.gz`): a folder with its `.helmignore`, or a chart archive.
    /// An empty path is the root of the tarball. Nothing is written to disk; links are empty files.
    ///
    /// Errors: an entry or the path leads out of the tarball; the path does not exist; the chart does not load.
    pub(crate) fn from_repository(tarball: &[u8], path: &str, run: &Run) -> Result<Chart> {
        let root = relative(path.as_bytes())?;
        let Entries { archive, files, charts } = read(tarball, &root, run)?;
        if let Some(archive) = archive {
            archive::ensure_archive(path, archive.get(..512).unwrap_or(&archive))?;
            return Chart::from_archive_in(&archive, run);
        }
        let elsewhere = |error: Error| match charts.as_slice() {
            [] => error,
            charts => error.with_hint(format!("name the folder of the chart; the charts are: {}", charts.join(", "))),
        };
        if files.is_empty() && !root.is_empty() {
            return Err(elsewhere(Error::new(ErrorKind::Chart, format!("path {path:?} not found"))));
        }
        let mut folder = Memory::new(files);
        let place = folder.root();
        let has_chart = folder.has(b"Chart.yaml");
        Chart::from_tree(&mut folder, &place, b"", run).map_err(|e| if has_chart { e } else { elsewhere(e) })
    }
}

struct Entries {
    /// The file at the path itself, which may be an archive.
    archive: Option<Vec<u8>>,
    /// The files below the path, relative to it.
    files: Vec<(Vec<u8>, Vec<u8>)>,
    /// The folders with a Chart.yaml.
    charts: Vec<String>,
}

fn read(tarball: &[u8], root: &[Vec<u8>], run: &Run) -> Result<Entries> {
    archive::ensure_archive("the repository", tarball.get(..512).unwrap_or(tarball))?;
    let most = run.limits.chart_bytes.saturating_mul(AROUND);
    let mut archive = Archive::new(Capped { input: Gzip(MultiGzDecoder::new(tarball)), left: most, run });
    let mut found = Entries { archive: None, files: Vec::new(), charts: Vec::new() };
    // the size of everything that is kept until the walk, which counts only the chart
    let mut held = Loading::new(run);
    while let Some(header) = archive.next().map_err(|e| archive::of_archive(&e))? {
        held.entry()?;
        if header.kind == b'g' {
            continue;
        }
        let parts = relative(&header.name)?;
        if parts.last().is_some_and(|name| name == b"Chart.yaml") && found.charts.len() < PLACES {
            let folder = parts.split_last().map(|(_, folder)| folder.join(&b'/')).unwrap_or_default();
            found.charts.push(crate::error::printable(&String::from_utf8_lossy(&folder)));
        }
        let Some(below) = parts.strip_prefix(root).filter(|_| !header.is_dir()) else { continue };
        archive::check_sizes(&header, &held)?;
        let data = archive.content(&header).map_err(|e| archive::of_archive(&e))?;
        held.bytes = held.bytes.saturating_sub(data.len() as u64);
        if below.is_empty() {
            found.archive = Some(data);
        } else {
            found.files.push((below.join(&b'/'), data));
        }
    }
    Ok(found)
}

/// A path below the tarball's root, without `.` and `..`.
fn relative(path: &[u8]) -> Result<Parts> {
    let outside = || Error::new(ErrorKind::Chart, OUTSIDE_TEXT).with_reason(OUTSIDE);
    let mut parts = Parts::new();
    if path.starts_with(b"/") {
        return Err(outside());
    }
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part.to_vec()),
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::limits::Limits;

    const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn tarball(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, data) in entries {
            let mut header = tar::Header::new_ustar();
            // set by hand: the crate refuses the names that are tested
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(if name.ends_with('/') {
                tar::EntryType::Directory
            } else {
                tar::EntryType::Regular
            });
            header.set_size(data.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            tar.append(&header, *data).unwrap();
        }
        gzip(&tar.into_inner().unwrap())
    }

    fn load(entries: &[(&str, &[u8])], path: &str) -> Result<Chart> {
        Chart::from_repository(&tarball(entries), path, &Run::new(Limits::server()))
    }

    #[test]
    fn a_chart_is_found_at_its_path() {
        let entries: &[(&str, &[u8])] = &[
            ("README.md", b"of the repository"),
            ("deploy/chart/", b""),
            ("./deploy/chart/templates/b.yaml", b"b"),
            ("deploy/chart/templates/a.txt", b"a"),
            ("deploy/chart/templates/a/z.yaml", b"z"),
            ("deploy/chart/templates/.hidden", b"h"),
            ("deploy/chart/notes/n.md", b"n"),
            ("deploy/chart/.helmignore", b"notes/\n"),
            ("deploy/chart/Chart.yaml", CHART.as_bytes()),
            ("deploy/chart-2/Chart.yaml", b"name: other\nversion: 1.0.0\n"),
        ];
        for path in ["deploy/chart", "./deploy/chart/", "deploy/x/../chart"] {
            let chart = load(entries, path).unwrap();
            let names: Vec<_> = chart.templates.iter().map(|f| f.name.as_str()).collect();
            assert_eq!(names, ["templates/a/z.yaml", "templates/a.txt", "templates/b.yaml"], "{path}");
            let files: Vec<_> = chart.files.iter().map(|f| f.name.as_str()).collect();
            assert_eq!(files, [".helmignore"]);
        }
        assert_eq!(load(entries, "deploy/chart-2").unwrap().name(), "other");
        let root = &[("Chart.yaml", CHART.as_bytes())];
        assert_eq!(load(root, "").unwrap().name(), "c");
    }

    #[test]
    fn a_path_may_name_a_chart_archive() {
        let inner = tarball(&[("c/Chart.yaml", CHART.as_bytes())]);
        assert_eq!(load(&[("charts/c-1.0.0.tgz", &inner)], "charts/c-1.0.0.tgz").unwrap().name(), "c");
        let text = load(&[("chart/Chart.yaml", CHART.as_bytes())], "chart/Chart.yaml").unwrap_err().to_string();
        assert_eq!(text, "file 'chart/Chart.yaml' seems to be a YAML file, but expected a gzipped archive");
    }

    #[test]
    fn what_leads_out_of_the_tarball_is_refused() {
        let good = ("Chart.yaml", CHART.as_bytes());
        for (entries, path) in [
            (vec![good], ".."),
            (vec![good], "a/../../x"),
            (vec![good], "/etc"),
            (vec![good, ("../x", b"".as_slice())], ""),
            (vec![good, ("a/../../x", b"".as_slice())], ""),
            (vec![good, ("/etc/passwd", b"".as_slice())], ""),
        ] {
            assert_eq!(load(&entries, path).unwrap_err().to_string(), OUTSIDE_TEXT, "{path}");
        }
    }

    #[test]
    fn a_missing_chart_is_told_with_the_places_of_others() {
        let entries: &[(&str, &[u8])] = &[("deploy/a/Chart.yaml", CHART.as_bytes()), ("README.md", b"")];
        let error = load(entries, "").unwrap_err();
        assert_eq!(error.to_string(), "Chart.yaml file is missing");
        assert_eq!(error.hint(), Some("name the folder of the chart; the charts are: deploy/a"));
        assert_eq!(load(entries, "nope").unwrap_err().to_string(), "path \"nope\" not found");
    }

    #[test]
    fn only_the_chart_counts_against_its_limits() {
        let limits = Limits::server().with(|l| {
            l.chart_bytes = 2_000;
            l.chart_file_bytes = 1_000;
        });
        let entries: &[(&str, &[u8])] =
            &[("big.bin", &[7; 5_000]), ("c/Chart.yaml", CHART.as_bytes()), ("c/a", &[1; 900])];
        assert!(Chart::from_repository(&tarball(entries), "c", &Run::new(limits.clone())).is_ok());
        let error = Chart::from_repository(&tarball(entries), "", &Run::new(limits.clone())).unwrap_err();
        assert_eq!(error.limit(), Some("chart-bytes"));
        let bomb = tarball(&[("zeros", &vec![0; 40_000])]);
        let error = Chart::from_repository(&bomb, "c", &Run::new(limits)).unwrap_err();
        assert_eq!(error.to_string(), "the archive unpacks to more than its limits allow");
    }
}
