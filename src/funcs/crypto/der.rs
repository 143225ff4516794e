//! Just enough DER to write what Go writes and to read private keys. Go: `encoding/asn1`.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: &[u8] = &[0x05, 0x00];
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// An element: tag, length and the parts one after the other.
pub(super) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 6);
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let skip = bytes.iter().take_while(|b| **b == 0).count();
            let digits = bytes.len() - skip;
            out.push(0x80 | u8::try_from(digits).unwrap_or(8));
            out.extend(bytes.iter().skip(skip));
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

/// An integer that is not negative, from its big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let skip = bytes.iter().take_while(|b| **b == 0).count();
    let digits = bytes.get(skip..).unwrap_or_default();
    match digits.first() {
        None => element(INTEGER, &[&[0]]),
        Some(first) if *first >= 0x80 => element(INTEGER, &[&[0], digits]),
        Some(_) => element(INTEGER, &[digits]),
    }
}

/// A bit string whose last `unused` bits do not count.
pub(super) fn bit_string(unused: u8, bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[unused], bytes])
}

/// Elements one after the other.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// The next element's tag.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The content of the next element, which has to have this tag.
    pub(super) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.peek()? != tag {
            return None;
        }
        let header = Header::read(self.rest).ok()?;
        let (content, rest) = self.rest.get(header.size..)?.split_at_checked(header.length)?;
        self.rest = rest;
        Some(content)
    }

    /// The bytes of the next integer, which is not negative, without leading zeros.
    pub(super) fn integer(&mut self) -> Option<&'a [u8]> {
        let bytes = self.next(INTEGER)?;
        let negative = *bytes.first()? >= 0x80;
        let skip = bytes.iter().take_while(|b| **b == 0).count();
        if negative { None } else { bytes.get(skip..) }
    }
}

/// The content of a text that is one sequence, or Go's error for a `type_name` read from it.
pub(super) fn open_sequence<'a>(bytes: &'a [u8], type_name: &str) -> Result<&'a [u8], String> {
    let header = Header::read(bytes)?;
    let (class, compound, tag) = (header.tag >> 6, header.tag & 0x20 != 0, header.tag & 0x1F);
    if header.tag != SEQUENCE {
        return Err(format!(
            "asn1: structure error: tags don't match (16 vs {{class:{class} tag:{tag} length:{} isCompound:{compound}}}) \
             {{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 \
             timeType:0 set:false omitEmpty:false}} {type_name} @{}",
            header.length, header.size
        ));
    }
    let content = bytes.get(header.size..).unwrap_or_default();
    match content.len() {
        length if length < header.length => Err("asn1: syntax error: data truncated".to_owned()),
        length if length > header.length => Err("asn1: syntax error: trailing data".to_owned()),
        _ => Ok(content),
    }
}

struct Header {
    tag: u8,
    length: usize,
    size: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Header, String> {
        let mut bytes = bytes.iter().copied();
        let Some(tag) = bytes.next() else { return Err("asn1: syntax error: sequence truncated".to_owned()) };
        let truncated = || "asn1: syntax error: truncated tag or length".to_owned();
        let first = bytes.next().ok_or_else(truncated)?;
        if first < 0x80 {
            return Ok(Header { tag, length: usize::from(first), size: 2 });
        }
        let digits = usize::from(first & 0x7F);
        if digits == 0 {
            return Err("asn1: syntax error: indefinite length found (not DER)".to_owned());
        }
        let mut length: usize = 0;
        for _ in 0..digits {
            let digit = bytes.next().ok_or_else(truncated)?;
            if length >= 1 << 23 {
                return Err("asn1: structure error: length too large".to_owned());
            }
            length = length << 8 | usize::from(digit);
            if length == 0 {
                return Err("asn1: structure error: superfluous leading zeros in length".to_owned());
            }
        }
        if length < 0x80 {
            return Err("asn1: structure error: non-minimal length".to_owned());
        }
        Ok(Header { tag, length, size: 2 + digits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_der() {
        assert_eq!(integer(&[]), [2, 1, 0]);
        assert_eq!(integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[0x7F]), [2, 1, 0x7F]);
        assert_eq!(element(4, &[&[7; 127]])[..2], [4, 127]);
        assert_eq!(element(4, &[&[7; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[&[7; 256]])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = sequence(&[&integer(&[0xFF; 200]), &element(OCTET_STRING, &[b"abc"])]);
        let mut reader = Reader::new(open_sequence(&bytes, "x").unwrap());
        assert_eq!(reader.integer(), Some(&[0xFF; 200][..]));
        assert_eq!(reader.next(OCTET_STRING), Some(&b"abc"[..]));
        assert_eq!(reader.next(OCTET_STRING), None);
    }

    #[test]
    fn no_bytes_panic() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x82, 1],
            &[0x30, 0xFF, 0xFF, 0xFF],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
        ] {
            assert!(open_sequence(bytes, "x").is_err(), "{bytes:?}");
            assert_eq!(Reader::new(bytes).next(SEQUENCE), None);
        }
    }
}
