//! Reading tar archives as Go reads them: v7, ustar, PAX, GNU and star headers, sparse files. Go: `archive/tar`.
//!
//! Nothing is unpacked to a disk and links are never followed: an entry is a name, a type, a size and bytes.

use std::io::{ErrorKind as IoKind, Read};

use indexmap::IndexMap;

use super::sparse::{self, Fragments};
use crate::error::{Error, ErrorKind, Result};

/// The size of headers; contents are padded to it.
pub(super) const BLOCK: usize = 512;
/// Bytes of an extended header. Go: `maxSpecialFileSize`.
pub(super) const MAX_SPECIAL: u64 = 1 << 20;

/// An entry's header.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// The name; not always UTF-8.
    pub(super) name: Vec<u8>,
    /// The type flag: `0` for a file.
    pub(super) kind: u8,
    /// The size that the header claims; for a sparse file with its holes.
    pub(super) size: u64,
    mode: i64,
    records: IndexMap<Vec<u8>, Vec<u8>>,
    /// How to read a sparse file.
    sparse: Option<Fragments>,
}

/// A tar archive that is read from front to back.
pub(super) struct Archive<R> {
    input: R,
    /// Bytes of the current entry that were not read, and the padding after them.
    left: u64,
    padding: u64,
}

impl Header {
    /// Whether the entry is a directory. Go: `Header.FileInfo().IsDir()`.
    pub(super) fn is_dir(&self) -> bool {
        self.kind == b'5' || self.mode & !0o7777 == 0o40000
    }
}

impl<R: Read> Archive<R> {
    pub(super) fn new(input: R) -> Self {
        Archive { input, left: 0, padding: 0 }
    }

    /// The next entry; `None` at the end of the archive.
    pub(super) fn next(&mut self) -> Result<Option<Header>> {
        let mut records = IndexMap::new();
        let mut long_name = Vec::new();
        loop {
            self.skip()?;
            let Some((mut header, raw)) = self.header()? else { return Ok(None) };
            self.start(&header);
            match header.kind {
                b'x' | b'g' => {
                    records = parse_records(&self.special()?)?;
                    if header.kind == b'g' {
                        header.records = records;
                        return Ok(Some(header));
                    }
                }
                b'L' => long_name = c_string(&self.special()?).to_vec(),
                b'K' => drop(self.special()?),
                _ => {
                    header.merge(std::mem::take(&mut records))?;
                    if !long_name.is_empty() {
                        header.name = std::mem::take(&mut long_name);
                    }
                    if header.kind == 0 {
                        header.kind = if header.name.ends_with(b"/") { b'5' } else { b'0' };
                    }
                    self.start(&header);
                    self.sparse(&mut header, &raw)?;
                    return Ok(Some(header));
                }
            }
        }
    }

    /// The content of the current entry, which has been found small enough.
    pub(super) fn content(&mut self, header: &Header) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Some(fragments) = &header.sparse {
            fragments.check_stored(self.left)?;
            self.read(self.left, &mut bytes)?;
            return sparse::expand(fragments, header.size, &bytes);
        }
        self.read(self.left, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads `n` bytes of the current entry.
    fn read(&mut self, n: u64, out: &mut Vec<u8>) -> Result<()> {
        let got = self.input.by_ref().take(n).read_to_end(out).map_err(|e| read_error(&e))? as u64;
        self.left -= got.min(self.left);
        if got < n { Err(unexpected_eof()) } else { Ok(()) }
    }

    /// Reads exactly one block of the input.
    fn block(&mut self) -> Result<[u8; BLOCK]> {
        let mut block = [0; BLOCK];
        let got = self.fill(&mut block)?;
        if got < BLOCK { Err(unexpected_eof()) } else { Ok(block) }
    }

    fn fill(&mut self, block: &mut [u8]) -> Result<usize> {
        let mut got = 0;
        while let Some(rest) = block.get_mut(got..).filter(|r| !r.is_empty()) {
            match self.input.read(rest) {
                Ok(0) => break,
                Ok(n) => got += n,
                Err(e) if e.kind() == IoKind::Interrupted => {}
                Err(e) => return Err(read_error(&e)),
            }
        }
        Ok(got)
    }

    /// Goes past what is left of the current entry.
    fn skip(&mut self) -> Result<()> {
        let left = std::mem::take(&mut self.left);
        let skipped =
            std::io::copy(&mut self.input.by_ref().take(left), &mut std::io::sink()).map_err(|e| read_error(&e))?;
        if skipped < left {
            return Err(unexpected_eof());
        }
        // padding may be missing at the end
        let padding = std::mem::take(&mut self.padding);
        std::io::copy(&mut self.input.by_ref().take(padding), &mut std::io::sink()).map_err(|e| read_error(&e))?;
        Ok(())
    }

    fn start(&mut self, header: &Header) {
        self.left = if header_only(header.kind) { 0 } else { header.size };
        self.padding = self.left.wrapping_neg() % BLOCK as u64;
    }

    /// The content of an extended header.
    fn special(&mut self) -> Result<Vec<u8>> {
        if self.left > MAX_SPECIAL {
            return Err(Error::new(ErrorKind::Chart, "archive/tar: header field too long"));
        }
        let mut bytes = Vec::new();
        self.read(self.left, &mut bytes)?;
        Ok(bytes)
    }

    fn header(&mut self) -> Result<Option<(Header, [u8; BLOCK])>> {
        let mut block = [0; BLOCK];
        match self.fill(&mut block)? {
            0 => return Ok(None),
            BLOCK => {}
            _ => return Err(unexpected_eof()),
        }
        if block.iter().all(|b| *b == 0) {
            return match self.fill(&mut block)? {
                0 => Ok(None),
                BLOCK if block.iter().all(|b| *b == 0) => Ok(None),
                BLOCK => Err(bad_header()),
                _ => Err(unexpected_eof()),
            };
        }
        Ok(Some((parse_header(&block)?, block)))
    }

    /// Finds out whether the entry is sparse, and reads its map. Go: `Reader.handleSparseFile`.
    fn sparse(&mut self, header: &mut Header, raw: &[u8; BLOCK]) -> Result<()> {
        let record = |key: &str| header.records.get(key.as_bytes()).map_or(&b""[..], Vec::as_slice);
        let fragments = if header.kind == b'S' {
            if !field(raw, 257, 8).eq(b"ustar  \0") {
                return Err(bad_header());
            }
            header.size = u64::try_from(numeric(field(raw, 483, 12))?).map_err(|_| bad_header())?;
            let mut fragments = Fragments::default();
            let mut extended = fragments.add_old(field(raw, 386, 96), field(raw, 482, 1))?;
            let mut blocks = 0;
            while extended {
                blocks += BLOCK as u64;
                if blocks > MAX_SPECIAL {
                    return Err(sparse::too_long());
                }
                let block = self.block()?;
                extended = fragments.add_old(field(&block, 0, 504), field(&block, 504, 1))?;
            }
            fragments
        } else {
            let in_content = match (record("GNU.sparse.major"), record("GNU.sparse.minor")) {
                (b"0", b"0" | b"1") => false,
                (b"1", b"0") => true,
                (b"", b"") if !record("GNU.sparse.map").is_empty() => false,
                _ => return Ok(()),
            };
            let name = record("GNU.sparse.name").to_vec();
            let mut size = record("GNU.sparse.size");
            if size.is_empty() {
                size = record("GNU.sparse.realsize");
            }
            let size = if size.is_empty() { header.size } else { sparse::decimal(size)? };
            let fragments = if in_content {
                sparse::parse_content(|| {
                    if self.left < BLOCK as u64 {
                        return Err(unexpected_eof());
                    }
                    self.left -= BLOCK as u64;
                    self.block()
                })?
            } else {
                sparse::parse_records(record("GNU.sparse.numblocks"), record("GNU.sparse.map"))?
            };
            if !name.is_empty() {
                header.name = name;
            }
            header.size = size;
            fragments
        };
        if header_only(header.kind) || !fragments.fit(header.size) {
            return Err(bad_header());
        }
        header.sparse = Some(fragments);
        Ok(())
    }
}

impl Header {
    /// Takes over what a PAX header says about the entry. Go: `mergePAX`.
    fn merge(&mut self, records: IndexMap<Vec<u8>, Vec<u8>>) -> Result<()> {
        for (key, value) in records.iter().filter(|(_, value)| !value.is_empty()) {
            match key.as_slice() {
                b"path" => self.name.clone_from(value),
                b"size" => self.size = sparse::decimal(value)?,
                b"uid" | b"gid" => drop(signed(value)?),
                b"atime" | b"mtime" | b"ctime" => check_time(value)?,
                _ => {}
            }
        }
        self.records = records;
        Ok(())
    }
}

fn parse_header(block: &[u8; BLOCK]) -> Result<Header> {
    let mut unsigned = 0_i64;
    let mut signed = 0_i64;
    for (i, byte) in block.iter().enumerate() {
        let byte = if (148..156).contains(&i) { b' ' } else { *byte };
        unsigned += i64::from(byte);
        signed += i64::from(byte.cast_signed());
    }
    let sum = octal(field(block, 148, 8))?;
    if sum != unsigned && sum != signed {
        return Err(bad_header());
    }
    let mut header = Header {
        name: c_string(field(block, 0, 100)).to_vec(),
        kind: field(block, 156, 1).first().copied().unwrap_or(0),
        size: u64::try_from(numeric(field(block, 124, 12))?).map_err(|_| bad_header())?,
        mode: numeric(field(block, 100, 8))?,
        ..Header::default()
    };
    for at in [(108, 8), (116, 8), (136, 12)] {
        numeric(field(block, at.0, at.1))?;
    }
    let mut prefix: &[u8] = &[];
    if field(block, 257, 6) == b"ustar\0" {
        check_device_numbers(block)?;
        // star keeps two times where ustar has the end of the prefix
        let star = field(block, 508, 4) == b"tar\0";
        prefix = c_string(field(block, 345, if star { 131 } else { 155 }));
        if star {
            numeric(field(block, 476, 12))?;
            numeric(field(block, 488, 12))?;
        }
    } else if field(block, 257, 8) == b"ustar  \0" {
        check_device_numbers(block)?;
        let wrong = |at| field(block, at, 1) != [0] && numeric(field(block, at, 12)).is_err();
        if wrong(345) || wrong(357) {
            // written by old Go programs: a prefix where GNU has times
            prefix = Some(c_string(field(block, 345, 155))).filter(|p| p.is_ascii()).unwrap_or_default();
        }
    }
    if !prefix.is_empty() {
        header.name = [prefix, b"/", &header.name].concat();
    }
    Ok(header)
}

fn check_device_numbers(block: &[u8; BLOCK]) -> Result<()> {
    numeric(field(block, 329, 8))?;
    numeric(field(block, 337, 8))?;
    Ok(())
}

/// The records of a PAX header: `length key=value\n`. Go: `parsePAX`.
fn parse_records(mut text: &[u8]) -> Result<IndexMap<Vec<u8>, Vec<u8>>> {
    let mut records = IndexMap::new();
    let mut map: Vec<&[u8]> = Vec::new();
    while !text.is_empty() {
        let space = text.iter().position(|b| *b == b' ').ok_or_else(bad_header)?;
        let length = text.get(..space).ok_or_else(bad_header)?;
        let length = usize::try_from(sparse::decimal(length)?).ok().filter(|n| *n >= 5).ok_or_else(bad_header)?;
        let (record, rest) = text.split_at_checked(length).ok_or_else(bad_header)?;
        let record = record.get(space + 1..).and_then(|r| r.strip_suffix(b"\n")).ok_or_else(bad_header)?;
        let equals = record.iter().position(|b| *b == b'=').ok_or_else(bad_header)?;
        let (key, value) = (record.get(..equals), record.get(equals + 1..));
        let (key, value) = key.zip(value).ok_or_else(bad_header)?;
        let checked = if matches!(key, b"path" | b"linkpath" | b"uname" | b"gname") { value } else { key };
        if key.is_empty() || checked.contains(&0) {
            return Err(bad_header());
        }
        match key {
            // the oldest sparse format repeats these two
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                let is_offset = key == b"GNU.sparse.offset";
                if is_offset != map.len().is_multiple_of(2) || value.contains(&b',') {
                    return Err(bad_header());
                }
                map.push(value);
            }
            _ => {
                records.insert(key.to_vec(), value.to_vec());
            }
        }
        text = rest;
    }
    if !map.is_empty() {
        records.insert(b"GNU.sparse.map".to_vec(), map.join(&b','));
    }
    Ok(records)
}

/// A number in base 256 or in octal digits. Go: `parser.parseNumeric`.
pub(super) fn numeric(bytes: &[u8]) -> Result<i64> {
    let Some(first) = bytes.first().filter(|b| **b & 0x80 != 0) else { return octal(bytes) };
    let invert = if first & 0x40 == 0 { 0 } else { 0xff };
    let mut x = 0_u64;
    for (i, byte) in bytes.iter().enumerate() {
        let byte = byte ^ invert;
        let byte = if i == 0 { byte & 0x7f } else { byte };
        if x >> 56 > 0 {
            return Err(bad_header());
        }
        x = x << 8 | u64::from(byte);
    }
    let x = i64::try_from(x).map_err(|_| bad_header())?;
    Ok(if invert == 0 { x } else { !x })
}

fn octal(bytes: &[u8]) -> Result<i64> {
    let blank = |b: &u8| matches!(b, b' ' | 0);
    let start = bytes.iter().position(|b| !blank(b)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|b| !blank(b)).map_or(start, |i| i + 1);
    let digits = c_string(bytes.get(start..end).unwrap_or_default());
    if start == end {
        return Ok(0);
    }
    let text = std::str::from_utf8(digits).ok().filter(|t| t.bytes().all(|b| b.is_ascii_digit()));
    let number = text.and_then(|t| u64::from_str_radix(t, 8).ok()).ok_or_else(bad_header)?;
    Ok(number.cast_signed())
}

fn signed(text: &[u8]) -> Result<i64> {
    std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).ok_or_else(bad_header)
}

fn check_time(text: &[u8]) -> Result<()> {
    let mut parts = text.splitn(2, |b| *b == b'.');
    signed(parts.next().unwrap_or_default())?;
    if parts.next().unwrap_or_default().iter().all(u8::is_ascii_digit) { Ok(()) } else { Err(bad_header()) }
}

/// Types that have no content, whatever size they claim.
fn header_only(kind: u8) -> bool {
    matches!(kind, b'1'..=b'6')
}

fn c_string(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

pub(super) fn field(block: &[u8], at: usize, len: usize) -> &[u8] {
    block.get(at..at + len).unwrap_or_default()
}

pub(super) fn bad_header() -> Error {
    Error::new(ErrorKind::Chart, "archive/tar: invalid tar header")
}

pub(super) fn unexpected_eof() -> Error {
    Error::new(ErrorKind::Chart, "unexpected EOF")
}

/// An error of the compressed stream, in Go's words.
fn read_error(error: &std::io::Error) -> Error {
    let text = match error.kind() {
        IoKind::UnexpectedEof => "unexpected EOF".to_owned(),
        IoKind::InvalidInput => match error.to_string().as_str() {
            "corrupt gzip stream does not have a matching checksum" => "gzip: invalid checksum".to_owned(),
            "invalid gzip header" => "gzip: invalid header".to_owned(),
            _ => "flate: corrupt input".to_owned(),
        },
        IoKind::InvalidData => "flate: corrupt input".to_owned(),
        _ => error.to_string(),
    };
    Error::new(ErrorKind::Chart, text)
}
