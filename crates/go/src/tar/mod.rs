//! Reading tar archives as Go reads them: v7, ustar, PAX, GNU and star headers, sparse files. Go: `archive/tar`.
//!
//! Nothing is written to disk, and links are never followed: an entry is a name, a type, a size and bytes.

mod field;
mod header;
mod sparse;

use std::io::{ErrorKind as IoKind, Read};

use indexmap::IndexMap;

use crate::error::{Error, Result};
use field::{BLOCK, MAX_SPECIAL, bad_header, c_string, field, numeric, unexpected_eof};
use sparse::Fragments;

pub use header::Header;

/// A tar archive that is read from front to back.
pub struct Archive<R> {
    input: R,
    /// Bytes of the current entry that were not read, and the padding after them.
    left: u64,
    padding: u64,
}

impl<R: Read> Archive<R> {
    /// An archive of these bytes, which are not compressed.
    pub fn new(input: R) -> Self {
        Archive { input, left: 0, padding: 0 }
    }

    /// The next entry; `None` at the end of the archive.
    #[allow(clippy::should_implement_trait)] // Go's name; it can fail, and lends the archive
    pub fn next(&mut self) -> Result<Option<Header>> {
        let mut records = IndexMap::new();
        let mut long_name = Vec::new();
        loop {
            self.skip()?;
            let Some((mut header, raw)) = self.header()? else { return Ok(None) };
            self.start(&header);
            match header.kind {
                b'x' | b'g' => {
                    records = header::parse_records(&self.special()?)?;
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
    pub fn content(&mut self, header: &Header) -> Result<Vec<u8>> {
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
        self.left = if header.has_no_content() { 0 } else { header.size };
        self.padding = self.left.wrapping_neg() % BLOCK as u64;
    }

    /// The content of an extended header.
    fn special(&mut self) -> Result<Vec<u8>> {
        if self.left > MAX_SPECIAL {
            return Err(Error::new("archive/tar: header field too long"));
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
        Ok(Some((Header::parse(&block)?, block)))
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
            let size = if size.is_empty() { header.size } else { field::decimal(size)? };
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
        if header.has_no_content() || !fragments.fit(header.size) {
            return Err(bad_header());
        }
        header.sparse = Some(fragments);
        Ok(())
    }
}

/// The stream does not start with a gzip header. Go: `gzip.ErrHeader`.
pub const GZIP_HEADER: Error = Error::known("gzip: invalid header");

/// An error of the compressed stream, in Go's words.
fn read_error(error: &std::io::Error) -> Error {
    let text = match error.kind() {
        IoKind::UnexpectedEof => "unexpected EOF".to_owned(),
        IoKind::InvalidInput => match error.to_string().as_str() {
            "corrupt gzip stream does not have a matching checksum" => "gzip: invalid checksum".to_owned(),
            "invalid gzip header" => return GZIP_HEADER,
            _ => "flate: corrupt input".to_owned(),
        },
        IoKind::InvalidData => "flate: corrupt input".to_owned(),
        _ => error.to_string(),
    };
    Error::new(text)
}
