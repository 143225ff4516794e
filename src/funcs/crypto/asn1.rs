//! Parses the first element of a DER text, with Go's errors. Go: `encoding/asn1`.
//!
//! `buildCustomCert` and the functions with a key argument report these errors. The `der` crate has other errors, and does not
//! parse unknown tags.

const SEQUENCE: u8 = 0x30;

/// The sequence at the start of a text, and the rest; or Go's error for a `type_name`.
pub(super) fn sequence<'a>(bytes: &'a [u8], type_name: &str) -> Result<(&'a [u8], &'a [u8]), String> {
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
    bytes.split_at_checked(header.size + header.length).ok_or_else(|| "asn1: syntax error: data truncated".to_owned())
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
    fn the_first_sequence_is_cut_off() {
        assert_eq!(sequence(&[0x30, 1, 7, 9], "x"), Ok((&[0x30, 1, 7][..], &[9][..])));
        let long = [&[0x30, 0x82, 1, 0][..], &[7; 256]].concat();
        assert_eq!(sequence(&long, "x"), Ok((&long[..], &[][..])));
    }

    #[test]
    fn errors_have_gos_text() {
        let rows: [(&[u8], &str); 9] = [
            (&[], "asn1: syntax error: sequence truncated"),
            (&[0x30], "asn1: syntax error: truncated tag or length"),
            (&[0x30, 2, 1], "asn1: syntax error: data truncated"),
            (&[0x30, 0x80], "asn1: syntax error: indefinite length found (not DER)"),
            (&[0x30, 0x82, 1], "asn1: syntax error: truncated tag or length"),
            (&[0x30, 0x81, 1], "asn1: structure error: non-minimal length"),
            (&[0x30, 0x82, 0, 1], "asn1: structure error: superfluous leading zeros in length"),
            (&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], "asn1: structure error: length too large"),
            (&[0x30, 0xFF, 0xFF, 0xFF], "asn1: syntax error: truncated tag or length"),
        ];
        for (bytes, expected) in rows {
            assert_eq!(sequence(bytes, "x").unwrap_err(), expected, "{bytes:?}");
        }
    }
}
