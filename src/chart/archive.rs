//! Reads chart archives (.tgz) and checks their paths and sizes. Helm: `pkg/chart/loader/archive.go`.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use go::tar::{Archive, GZIP_HEADER, Header};

use super::content_type::content_type;
use super::{File, Loading};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Limits, cancelled};
use crate::path;
use crate::run::Run;
use go::strconv::quote;

/// The [`Error::reason`] of an archive without a gzip header.
pub(super) const NOT_GZIP: &str = "not-gzip";
/// How the archive of a chart is made.
const ONE_FOLDER: &str =
    "the files of a chart archive are in one folder, as `helm package` or `tar czf NAME.tgz FOLDER` make it";
/// How many unpacked bytes count as one tick.
const STEP_BYTES: usize = 128;

/// The files of an archive, in its order. Names are relative to the one directory of the archive. A byte order mark is
/// removed.
pub(super) fn read_files(input: impl Read, loading: &mut Loading<'_>) -> Result<Vec<File>> {
    let run = loading.run;
    let limits = &run.limits;
    // headers and padding do not count for the size of the chart: they have their own allowance
    let framing = limits.chart_entries.saturating_mul(1024).saturating_add(1 << 20);
    let most = limits.chart_bytes.saturating_mul(2).saturating_add(framing);
    let mut archive = Archive::new(Capped { input: Gzip(MultiGzDecoder::new(input)), left: most, run });
    let mut files = Vec::new();
    while let Some(header) = archive.next().map_err(|e| of_archive(&e))? {
        loading.entry()?;
        if header.is_dir() || header.kind == b'g' {
            continue;
        }
        let name = entry_path(&header)?;
        check_sizes(&header, loading)?;
        let data = archive.content(&header).map_err(|e| of_archive(&e))?;
        loading.bytes -= data.len() as u64;
        // a link that claims a size has no content
        if (data.len() as u64) < header.size || loading.bytes == 0 {
            return Err(too_large(limits));
        }
        files.push(File { name: super::file_name(&name, limits)?, data: super::without_bom(&data).into() });
    }
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Chart, "no files in chart archive"));
    }
    Ok(files)
}

/// Checks the announced size of an entry.
pub(super) fn check_sizes(header: &Header, loading: &Loading<'_>) -> Result<()> {
    let limits = &loading.run.limits;
    if header.size > loading.bytes {
        return Err(too_large(limits));
    }
    if header.size > limits.chart_file_bytes {
        let name = quote(&header.name);
        let limit = limits.chart_file_bytes;
        let text = format!("decompressed chart file {name} is larger than the maximum file size {limit}");
        return Err(Error::helm_limit("chart-file-bytes", text));
    }
    Ok(())
}

/// The error for bytes that are not an archive, for example a values file in place of a chart. `head` is the first 512 bytes,
/// or all. Helm: `ensureArchive`.
pub(crate) fn ensure_archive(name: &str, head: &[u8]) -> Result<()> {
    if head.starts_with(b"\x1F\x8B\x08") {
        return Ok(());
    }
    let is_yaml = [".yml", ".yaml"].iter().any(|ext| name.ends_with(ext));
    Err(Error::new(
        ErrorKind::Chart,
        if is_yaml {
            format!("file '{name}' seems to be a YAML file, but expected a gzipped archive")
        } else {
            let kind = content_type(head);
            format!("file '{name}' does not appear to be a gzipped archive; got '{kind}'")
        },
    ))
}

/// Turns an error of Go's archive reader into an error of the chart.
pub(super) fn of_archive(error: &go::Error) -> Error {
    let of_chart = Error::new(ErrorKind::Chart, error.to_string());
    if *error == GZIP_HEADER { of_chart.with_reason(NOT_GZIP) } else { of_chart }
}

pub(super) fn too_large(limits: &Limits) -> Error {
    let limit = limits.chart_bytes;
    Error::helm_limit("chart-bytes", format!("decompressed chart is larger than the maximum file size {limit}"))
}

/// An entry's path from the chart's root.
fn entry_path(header: &Header) -> Result<Vec<u8>> {
    let refuse = |text: &str| Err(Error::new(ErrorKind::Chart, text));
    // archives made on Windows may have backslashes
    let delimiter = if header.name.contains(&b'\\') { b'\\' } else { b'/' };
    let mut parts = header.name.splitn(2, |b| *b == delimiter);
    let base = parts.next().unwrap_or_default();
    let rest: Vec<u8> =
        parts.next().unwrap_or_default().iter().map(|b| if *b == delimiter { b'/' } else { *b }).collect();
    if rest.starts_with(b"/") {
        return refuse("chart illegally contains absolute paths");
    }
    let clean = path::clean(&rest);
    if clean == b"." {
        let name = quote(&header.name);
        let text = format!("chart illegally contains content outside the base directory: {name}");
        return Err(Error::new(ErrorKind::Chart, text).with_hint(ONE_FOLDER));
    }
    if clean.starts_with(b"..") {
        return refuse("chart illegally references parent directory");
    }
    if matches!(clean.as_slice(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic()) {
        return refuse("chart contains illegally named files");
    }
    if base == b"Chart.yaml" {
        let error = Error::new(ErrorKind::Chart, "chart yaml not in base directory");
        return Err(error.with_hint(ONE_FOLDER));
    }
    Ok(clean)
}

/// The content of a gzip stream. A name or comment that Go does not read is an error. Go: `Reader.readString` in
/// `compress/gzip`.
pub(super) struct Gzip<R>(pub(super) MultiGzDecoder<R>);

/// The longest name or comment without its end.
const MAX_GZIP_TEXT: usize = 511;

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.0.read(buffer)?;
        let is_long = |text: Option<&[u8]>| text.is_some_and(|text| text.len() > MAX_GZIP_TEXT);
        if self.0.header().is_some_and(|header| is_long(header.filename()) || is_long(header.comment())) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "invalid gzip header"));
        }
        Ok(got)
    }
}

/// A stream with a maximum length.
pub(super) struct Capped<'r, R> {
    pub(super) input: R,
    pub(super) left: u64,
    pub(super) run: &'r Run,
}

impl<R: Read> Read for Capped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.input.read(buffer)?;
        if !self.run.tick(u32::try_from(got / STEP_BYTES).unwrap_or(u32::MAX)) {
            return Err(std::io::Error::other(cancelled().to_string()));
        }
        match self.left.checked_sub(got as u64) {
            Some(left) => self.left = left,
            None => return Err(std::io::Error::other("the archive unpacks to more than its limits allow")),
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::chart::Chart;

    const CHART: &[u8] = b"\xEF\xBB\xBFname: c\nversion: 1.0.0\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn append(tar: &mut tar::Builder<Vec<u8>>, name: &str, kind: tar::EntryType, size: u64, data: &[u8]) {
        let mut header = tar::Header::new_ustar();
        // set by hand: the crate refuses the names that are tested
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, data).unwrap();
    }

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, data) in entries {
            append(&mut tar, name, tar::EntryType::Regular, data.len() as u64, data);
        }
        gzip(&tar.into_inner().unwrap())
    }

    fn error(entries: &[(&str, &[u8])]) -> String {
        Chart::from_archive(&archive(entries), &Limits::helm()).unwrap_err().to_string()
    }

    #[test]
    fn names_lose_their_first_directory() {
        let bytes =
            archive(&[("x/Chart.yaml", CHART), ("y/templates/../a.txt", b"a"), ("x\\b\\c.txt", b"b"), ("/etc/d", b"")]);
        let chart = Chart::from_archive(&bytes, &Limits::helm()).unwrap();
        let names: Vec<_> = chart.files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a.txt", "b/c.txt", "etc/d"]);
        assert_eq!(chart.metadata.api_version, "v1");
    }

    #[test]
    fn paths_out_of_the_chart_are_refused() {
        for (name, want) in [
            ("c//etc/x", "chart illegally contains absolute paths"),
            ("c/../x", "chart illegally references parent directory"),
            ("c\\..\\x", "chart illegally references parent directory"),
            ("c\\templates/../../x", "chart illegally references parent directory"),
            ("c/..x", "chart illegally references parent directory"),
            ("c/c:/x", "chart contains illegally named files"),
            ("README", "chart illegally contains content outside the base directory: \"README\""),
            ("Chart.yaml/x", "chart yaml not in base directory"),
            ("c/a\nb", "the name of chart file \"a\\nb\" has control characters"),
        ] {
            assert_eq!(error(&[(name, b"")]), want);
        }
        assert_eq!(error(&[]), "no files in chart archive");
        assert_eq!(error(&[("c/x", b"")]), "Chart.yaml file is missing");
    }

    #[test]
    fn links_and_devices_are_empty_files() {
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "c/Chart.yaml", tar::EntryType::Regular, CHART.len() as u64, CHART);
        for (name, kind) in
            [("c/l", tar::EntryType::Symlink), ("c/h", tar::EntryType::Link), ("c/d", tar::EntryType::Char)]
        {
            append(&mut tar, name, kind, 0, b"");
        }
        append(&mut tar, "c/templates", tar::EntryType::Directory, 0, b"");
        let chart = Chart::from_archive(&gzip(&tar.into_inner().unwrap()), &Limits::helm()).unwrap();
        let sizes: Vec<_> = chart.files.iter().map(|f| (f.name.as_str(), f.data.len())).collect();
        assert_eq!(sizes, [("l", 0), ("h", 0), ("d", 0)]);
    }

    #[test]
    fn sizes_are_limited() {
        let limits = Limits::helm().with(|l| {
            l.chart_bytes = 200;
            l.chart_file_bytes = 100;
            l.chart_entries = 4;
        });
        let load =
            |entries: &[(&str, &[u8])]| Chart::from_archive(&archive(entries), &limits).map_err(|e| e.to_string());
        let chart = ("c/Chart.yaml", CHART);
        assert!(load(&[chart, ("c/a", &[b'a'; 100])]).is_ok());
        let file = "decompressed chart file \"c/a\" is larger than the maximum file size 100";
        assert_eq!(load(&[chart, ("c/a", &[b'a'; 101])]).unwrap_err(), file);
        let whole = "decompressed chart is larger than the maximum file size 200";
        assert_eq!(load(&[chart, ("c/a", &[b'a'; 100]), ("c/b", &[b'b'; 100])]).unwrap_err(), whole);
        let entries = "the chart has more than 4 files and directories: raise it with --limit chart-entries=...";
        assert_eq!(load(&[chart, ("c/a", b""), ("c/a", b""), ("c/a", b""), ("c/a", b"")]).unwrap_err(), entries);
        // a nested archive shares what is left
        let nested = archive(&[("n/Chart.yaml", CHART), ("n/x", &[b'n'; 90]), ("n/y", &[b'n'; 90])]);
        let limits = Limits::helm().with(|l| l.chart_bytes = 200 + nested.len() as u64);
        let outer = |extra: &[u8]| archive(&[chart, ("c/charts/n.tgz", &nested), ("c/a", extra)]);
        assert!(Chart::from_archive(&outer(&[]), &Limits::helm()).is_ok());
        let error = Chart::from_archive(&outer(&[]), &limits).unwrap_err();
        assert_eq!(error.limit(), Some("chart-bytes"));
    }

    #[test]
    fn broken_archives_are_errors() {
        let good = archive(&[("c/Chart.yaml", CHART)]);
        let load = |bytes: &[u8]| Chart::from_archive(bytes, &Limits::helm()).map_err(|e| e.to_string());
        assert_eq!(load(&good[..good.len() / 2]).unwrap_err(), "unexpected EOF");
        assert_eq!(load(b"PK\x03\x04 and more than ten bytes").unwrap_err(), "gzip: invalid header");
        assert_eq!(load(&gzip(&[b'x'; 600])).unwrap_err(), "archive/tar: invalid tar header");
        // several members are one stream
        let tar = {
            let mut out = Vec::new();
            flate2::read::GzDecoder::new(good.as_slice()).read_to_end(&mut out).unwrap();
            out
        };
        let (front, back) = tar.split_at(300);
        assert!(load(&[gzip(b""), gzip(front), gzip(back)].concat()).is_ok());
    }

    #[test]
    fn names_in_a_gzip_header_are_as_long_as_in_go() {
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "c/Chart.yaml", tar::EntryType::Regular, CHART.len() as u64, CHART);
        let tar = tar.into_inner().unwrap();
        for (length, want) in [(511, None), (512, Some("gzip: invalid header"))] {
            let mut out = flate2::GzBuilder::new().filename("n".repeat(length)).write(Vec::new(), Compression::fast());
            out.write_all(&tar).unwrap();
            let loaded = Chart::from_archive(&out.finish().unwrap(), &Limits::helm());
            assert_eq!(loaded.err().map(|e| e.to_string()).as_deref(), want, "{length}");
        }
    }

    #[test]
    fn long_names_and_records_are_read() {
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "c/Chart.yaml", tar::EntryType::Regular, CHART.len() as u64, CHART);
        let long = format!("c/{}\0", "x".repeat(300));
        append(&mut tar, "././@LongLink", tar::EntryType::GNULongName, long.len() as u64, long.as_bytes());
        append(&mut tar, "c/short", tar::EntryType::Regular, 1, b"1");
        let record = b"16 path=c/pax-x\n";
        append(&mut tar, "p", tar::EntryType::XHeader, record.len() as u64, record);
        append(&mut tar, "c/short", tar::EntryType::Regular, 1, b"2");
        append(&mut tar, "p", tar::EntryType::XGlobalHeader, record.len() as u64, record);
        append(&mut tar, "c/last", tar::EntryType::Regular, 1, b"3");
        let chart = Chart::from_archive(&gzip(&tar.into_inner().unwrap()), &Limits::helm()).unwrap();
        let names: Vec<_> = chart.files.iter().map(|f| f.name.clone()).collect();
        assert_eq!(names, ["x".repeat(300), "pax-x".to_owned(), "last".to_owned()]);
    }

    #[test]
    fn holes_of_sparse_files_are_zeros() {
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "c/Chart.yaml", tar::EntryType::Regular, CHART.len() as u64, CHART);
        let records =
            b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=8\n27 GNU.sparse.name=c/holes\n";
        append(&mut tar, "p", tar::EntryType::XHeader, records.len() as u64, records);
        let mut data = b"2\n1\n2\n5\n1\n".to_vec();
        data.resize(512, 0);
        data.extend_from_slice(b"abc");
        append(&mut tar, "c/GNUSparseFile.0/holes", tar::EntryType::Regular, data.len() as u64, &data);
        let chart = Chart::from_archive(&gzip(&tar.into_inner().unwrap()), &Limits::helm()).unwrap();
        assert_eq!(chart.files[0].name, "holes");
        assert_eq!(chart.files[0].data.as_bytes(), b"\0ab\0\0c\0\0");
    }

    #[test]
    fn other_files_are_told_apart() {
        for (name, head, want) in [
            ("v.yaml", "a: 1", "file 'v.yaml' seems to be a YAML file, but expected a gzipped archive"),
            ("c.zip", "PK\u{3}\u{4}", "file 'c.zip' does not appear to be a gzipped archive; got 'application/zip'"),
            ("c", "text", "file 'c' does not appear to be a gzipped archive; got 'application/octet-stream'"),
            (
                "c",
                &"text ".repeat(103),
                "file 'c' does not appear to be a gzipped archive; got 'text/plain; charset=utf-8'",
            ),
        ] {
            assert_eq!(ensure_archive(name, head.as_bytes()).unwrap_err().to_string(), want);
        }
    }
}
