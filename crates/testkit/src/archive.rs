//! Archives as `helm package` makes them.

use std::fs;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A gzipped tar archive of these files.
pub fn tarball<N: AsRef<Path>, D: AsRef<[u8]>>(files: impl IntoIterator<Item = (N, D)>) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, data) in files {
        let data = data.as_ref();
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, data).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// The archive of a chart's folder.
pub fn package(folder: impl AsRef<Path>) -> Vec<u8> {
    tarball(files(folder).into_iter().map(|(name, data)| (format!("chart/{name}"), data)))
}

/// The files below a folder, by their paths from it, in order.
pub fn files(folder: impl AsRef<Path>) -> Vec<(String, Vec<u8>)> {
    let folder = folder.as_ref();
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
