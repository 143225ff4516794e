//! Chart archives (.tgz): the rules for their paths and sizes. Helm: `pkg/chart/loader/archive.go`.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::tar::{Archive, Header};
use super::{File, Remaining};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::value::fmt::quote;

/// The files of an archive, in its order. Names are below the archive's one directory; a byte order mark is cut off.
pub(super) fn read_files(input: impl Read, limits: &Limits, remaining: &mut Remaining) -> Result<Vec<File>> {
    // headers are not part of the chart's size: they get as much room again
    let most = limits.chart_bytes.saturating_mul(2).saturating_add(limits.chart_entries.saturating_mul(512));
    let mut archive = Archive::new(Capped { input: MultiGzDecoder::new(input), left: most });
    let mut files = Vec::new();
    while let Some(header) = archive.next()? {
        remaining.entry(limits)?;
        if header.is_dir() || header.kind == b'g' {
            continue;
        }
        let name = path(&header)?;
        if header.size > remaining.bytes {
            return Err(too_large(limits));
        }
        if header.size > limits.chart_file_bytes {
            let name = quote(&header.name);
            let limit = limits.chart_file_bytes;
            let text = format!("decompressed chart file {name} is larger than the maximum file size {limit}");
            return Err(Error::limit_reached("chart-file-bytes", text));
        }
        let data = archive.content(&header)?;
        remaining.bytes -= data.len() as u64;
        // a link that claims a size has no content
        if (data.len() as u64) < header.size || remaining.bytes == 0 {
            return Err(too_large(limits));
        }
        files.push(File { name: super::file_name(name, limits)?, data: super::without_bom(&data).into() });
    }
    if files.is_empty() {
        return Err(Error::new(ErrorKind::Chart, "no files in chart archive"));
    }
    Ok(files)
}

/// Says why bytes are not an archive: a hint for those who gave a values file instead of a chart.
/// Helm: `ensureArchive`.
pub(super) fn ensure_archive(name: &str, head: &[u8]) -> Result<()> {
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

pub(super) fn too_large(limits: &Limits) -> Error {
    let limit = limits.chart_bytes;
    Error::limit_reached("chart-bytes", format!("decompressed chart is larger than the maximum file size {limit}"))
}

/// An entry's path from the chart's root.
fn path(header: &Header) -> Result<Vec<u8>> {
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
    let clean = clean(&rest);
    if clean == b"." {
        let name = quote(&header.name);
        return refuse(&format!("chart illegally contains content outside the base directory: {name}"));
    }
    if clean.starts_with(b"..") {
        return refuse("chart illegally references parent directory");
    }
    if matches!(clean.as_slice(), [drive, b':', b'/', ..] if drive.is_ascii_alphabetic()) {
        return refuse("chart contains illegally named files");
    }
    if base == b"Chart.yaml" {
        return refuse("chart yaml not in base directory");
    }
    Ok(clean)
}

/// A relative path without `.` and without `..` where it can be resolved. Go: `path.Clean`.
fn clean(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." if out.last().is_some_and(|last| *last != b"..") => drop(out.pop()),
            part => out.push(part),
        }
    }
    if out.is_empty() { b".".to_vec() } else { out.join(&b'/') }
}

/// What the first bytes of a file look like. Go: `net/http.DetectContentType` over 512 bytes that are zero after the
/// end of the file, as Helm calls it.
fn content_type(head: &[u8]) -> &'static str {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"%PDF-", "application/pdf"),
        (b"%!PS-Adobe-", "application/postscript"),
        (b"\xFE\xFF", "text/plain; charset=utf-16be"),
        (b"\xFF\xFE", "text/plain; charset=utf-16le"),
        (b"\xEF\xBB\xBF", "text/plain; charset=utf-8"),
        (b"\x89PNG\x0D\x0A\x1A\x0A", "image/png"),
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"PK\x03\x04", "application/zip"),
        (b"Rar!\x1A\x07\x00", "application/x-rar-compressed"),
        (b"Rar!\x1A\x07\x01\x00", "application/x-rar-compressed"),
        (b"\x00\x61\x73\x6D", "application/wasm"),
    ];
    let found = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature));
    if let Some((_, kind)) = found {
        return kind;
    }
    let text = head.trim_ascii_start();
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    let binary = |b: &u8| matches!(b, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F);
    if head.len() < 512 || head.iter().any(binary) { "application/octet-stream" } else { "text/plain; charset=utf-8" }
}

/// A stream that may give only so many bytes.
struct Capped<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.input.read(buffer)?;
        match self.left.checked_sub(got as u64) {
            Some(left) => self.left = left,
            None => return Err(std::io::Error::other("the archive's headers take more room than its limits allow")),
        }
        Ok(got)
    }
}
