//! Any bytes as a chart archive. What is not gzip is taken for a tar, gets right checksums and is packed first,
//! because random bytes pass neither.
#![no_main]

use std::io::Write;

use bake::{Bake, Chart};
use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;

const BLOCK: usize = 512;

fuzz_target!(|input: &[u8]| {
    let limits = bake_fuzz::limits();
    let packed = if input.starts_with(b"\x1F\x8B") { input.to_vec() } else { pack(input) };
    if let Ok(chart) = Chart::from_archive(&packed, &limits) {
        assert!(!chart.name().is_empty() && !chart.name().contains('/'));
        let _ = Bake::new(&chart).limits(limits).host(bake_fuzz::host()).render();
    }
});

fn pack(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    set_checksums(&mut tar);
    let mut out = GzEncoder::new(Vec::new(), Compression::none());
    out.write_all(&tar).unwrap();
    out.finish().unwrap()
}

/// Writes the checksum of every header that a reader would come to.
fn set_checksums(tar: &mut [u8]) {
    let mut at = 0;
    while let Some(header) = tar.get_mut(at..at + BLOCK) {
        if header.iter().any(|b| *b != 0) {
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        let size = std::str::from_utf8(&header[124..136]).ok();
        let size = size.and_then(|s| usize::from_str_radix(s.trim_matches([' ', '\0']), 8).ok()).unwrap_or(0);
        at += BLOCK + size.min(1 << 30).next_multiple_of(BLOCK);
    }
}
