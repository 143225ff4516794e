//! Sparse files in tar archives: the maps of three GNU formats, and their holes filled with zeros. Go: `archive/tar`.

use std::cmp::Ordering;

use super::field::{BLOCK, MAX_SPECIAL, bad_header, decimal, field, numeric, positive, unexpected_eof};
use crate::error::{Error, Result};

/// Where the stored bytes of a sparse file belong: offsets and lengths, in order.
#[derive(Debug, Default)]
pub(super) struct Fragments(Vec<(u64, u64)>);

/// Entries of a sparse map. Go: `maxSparseFileEntries`.
const MAX_FRAGMENTS: usize = 1 << 20;

impl Fragments {
    /// The entries of an old GNU header; whether another header block follows.
    pub(super) fn add_old(&mut self, entries: &[u8], extended: &[u8]) -> Result<bool> {
        for entry in entries.chunks_exact(24).take_while(|entry| entry.first() != Some(&0)) {
            self.add(positive(numeric(field(entry, 0, 12))?)?, positive(numeric(field(entry, 12, 12))?)?)?;
        }
        Ok(extended.first().is_some_and(|b| *b > 0))
    }

    /// Checks that the archive stores as many bytes as the fragments need.
    pub(super) fn check_stored(&self, stored: u64) -> Result<()> {
        let needed = self.0.iter().fold(0_u64, |sum, (_, length)| sum.saturating_add(*length));
        let text = match needed.cmp(&stored) {
            Ordering::Equal => return Ok(()),
            Ordering::Greater => "archive/tar: sparse file references non-existent data",
            Ordering::Less => "archive/tar: sparse file contains unreferenced data",
        };
        Err(Error::new(text))
    }

    /// Whether the fragments are in order and inside a file of this size.
    pub(super) fn fit(&self, size: u64) -> bool {
        let mut end = 0;
        self.0.iter().all(|(offset, length)| {
            let ordered = *offset >= end;
            end = offset.saturating_add(*length);
            ordered && end <= size
        })
    }

    fn add(&mut self, offset: u64, length: u64) -> Result<()> {
        if self.0.len() >= MAX_FRAGMENTS {
            return Err(too_long());
        }
        self.0.push((offset, length));
        Ok(())
    }
}

/// The map of format 0.0 and 0.1: numbers with commas in a PAX record.
pub(super) fn parse_records(count: &[u8], map: &[u8]) -> Result<Fragments> {
    let count = decimal(count)?;
    let numbers: Vec<&[u8]> = if map.is_empty() { Vec::new() } else { map.split(|b| *b == b',').collect() };
    if count.checked_mul(2) != Some(numbers.len() as u64) {
        return Err(bad_header());
    }
    let mut fragments = Fragments::default();
    for pair in numbers.chunks_exact(2) {
        if let [offset, length] = pair {
            fragments.add(decimal(offset)?, decimal(length)?)?;
        }
    }
    Ok(fragments)
}

/// The map of format 1.0: lines with numbers at the front of the content, padded to whole blocks.
pub(super) fn parse_content(mut block: impl FnMut() -> Result<[u8; BLOCK]>) -> Result<Fragments> {
    let mut text: Vec<u8> = Vec::new();
    let mut start = 0;
    let mut number = || -> Result<u64> {
        loop {
            let rest = text.get(start..).unwrap_or_default();
            if let Some(end) = rest.iter().position(|b| *b == b'\n') {
                let found = decimal(rest.get(..end).unwrap_or_default());
                start += end + 1;
                return found;
            }
            if text.len() as u64 >= MAX_SPECIAL {
                return Err(too_long());
            }
            text.extend_from_slice(&block()?);
        }
    };
    let mut fragments = Fragments::default();
    for _ in 0..number()? {
        let offset = number()?;
        fragments.add(offset, number()?)?;
    }
    Ok(fragments)
}

/// The file of `size` bytes, which has been found small enough.
pub(super) fn expand(fragments: &Fragments, size: u64, stored: &[u8]) -> Result<Vec<u8>> {
    let size = usize::try_from(size).map_err(|_| bad_header())?;
    let mut out = vec![0; size];
    let mut rest = stored;
    for (offset, length) in &fragments.0 {
        let (offset, length) = (usize::try_from(*offset), usize::try_from(*length));
        let (Ok(offset), Ok(length)) = (offset, length) else { return Err(bad_header()) };
        let (part, after) = rest.split_at_checked(length).ok_or_else(unexpected_eof)?;
        rest = after;
        if let Some(place) = out.get_mut(offset..offset.saturating_add(length)) {
            place.copy_from_slice(part);
        }
    }
    Ok(out)
}

pub(super) fn too_long() -> Error {
    Error::new("archive/tar: sparse map too long")
}
