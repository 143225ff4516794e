//! The header of a tar entry, with its PAX records.

use indexmap::IndexMap;

use super::field::{BLOCK, bad_header, c_string, decimal, field, numeric, octal, signed};
use super::sparse::Fragments;
use crate::error::Result;

/// An entry's header.
#[derive(Debug, Default)]
pub struct Header {
    /// The name; not always UTF-8.
    pub name: Vec<u8>,
    /// The type flag: `0` for a file.
    pub kind: u8,
    /// The size in the header; for a sparse file including its holes.
    pub size: u64,
    mode: i64,
    /// What PAX headers said of it.
    pub records: IndexMap<Vec<u8>, Vec<u8>>,
    /// How to read a sparse file.
    pub(super) sparse: Option<Fragments>,
}

impl Header {
    /// Whether the entry is a directory. Go: `Header.FileInfo().IsDir()`.
    pub fn is_dir(&self) -> bool {
        self.kind == b'5' || self.mode & !0o7777 == 0o40000
    }

    /// Whether entries of this type have no content, whatever their size is.
    pub fn has_no_content(&self) -> bool {
        matches!(self.kind, b'1'..=b'6')
    }

    /// Reads a header block, and checks every number in it.
    pub fn parse(block: &[u8; BLOCK]) -> Result<Header> {
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

    /// Takes over what a PAX header says about the entry. Go: `mergePAX`.
    pub fn merge(&mut self, records: IndexMap<Vec<u8>, Vec<u8>>) -> Result<()> {
        for (key, value) in records.iter().filter(|(_, value)| !value.is_empty()) {
            match key.as_slice() {
                b"path" => self.name.clone_from(value),
                b"size" => self.size = decimal(value)?,
                b"uid" | b"gid" => drop(signed(value)?),
                b"atime" | b"mtime" | b"ctime" => check_time(value)?,
                _ => {}
            }
        }
        self.records = records;
        Ok(())
    }
}

fn check_device_numbers(block: &[u8; BLOCK]) -> Result<()> {
    numeric(field(block, 329, 8))?;
    numeric(field(block, 337, 8))?;
    Ok(())
}

/// The records of a PAX header: `length key=value\n`. Go: `parsePAX`.
pub(super) fn parse_records(mut text: &[u8]) -> Result<IndexMap<Vec<u8>, Vec<u8>>> {
    let mut records = IndexMap::new();
    let mut map: Vec<&[u8]> = Vec::new();
    while !text.is_empty() {
        let space = text.iter().position(|b| *b == b' ').ok_or_else(bad_header)?;
        let length = text.get(..space).ok_or_else(bad_header)?;
        let length = usize::try_from(decimal(length)?).ok().filter(|n| *n >= 5).ok_or_else(bad_header)?;
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

fn check_time(text: &[u8]) -> Result<()> {
    let mut parts = text.splitn(2, |b| *b == b'.');
    signed(parts.next().unwrap_or_default())?;
    if parts.next().unwrap_or_default().iter().all(u8::is_ascii_digit) { Ok(()) } else { Err(bad_header()) }
}
