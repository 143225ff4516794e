//! Packs the charts of `charts/` into the library: a table of names and bytes, and the schema that they share. Packs the types
//! of Kubernetes and Istio too, which the linter unpacks when it needs them.
#![allow(clippy::disallowed_methods)] // a build script reads files and what Cargo tells it

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The second refers to types of the first.
const TYPES: [&str; 2] = ["data/kubernetes/types.txt", "data/istio/types.txt"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("charts");
    let mut table = String::from("static CHARTS: &[(&str, &[Packed])] = &[\n");
    for chart in names(&root)?.iter().filter(|chart| root.join(chart).join("Chart.yaml").exists()) {
        writeln!(table, "    ({chart:?}, &[")?;
        pack(&root.join(chart), "", &mut table)?;
        writeln!(table, "    ]),")?;
    }
    table.push_str("];\n");
    // once, whatever the number of charts that have it
    let schema = root.join("values.schema.json").display().to_string();
    writeln!(table, "static SCHEMA: &[u8] = include_bytes!({schema:?});")?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("charts.rs"), table)?;
    let packed = fs::File::create(PathBuf::from(env::var("OUT_DIR")?).join("types.bin"))?;
    let mut packed = DeflateEncoder::new(packed, Compression::best());
    for types in TYPES {
        packed.write_all(&fs::read(PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join(types))?)?;
        writeln!(io::stdout(), "cargo::rerun-if-changed={types}")?;
    }
    packed.finish()?;
    writeln!(io::stdout(), "cargo::rerun-if-changed=charts")?;
    Ok(())
}

/// Adds the files below a folder, in the order in which Helm loads them.
fn pack(folder: &Path, prefix: &str, table: &mut String) -> Result<(), Box<dyn Error>> {
    for name in names(folder)? {
        let (path, full) = (folder.join(&name), format!("{prefix}{name}"));
        if path.is_dir() {
            pack(&path, &format!("{full}/"), table)?;
        } else {
            writeln!(table, "        ({full:?}, include_bytes!({:?})),", path.display().to_string())?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}
