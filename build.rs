//! Packs the charts of `charts/` into the library: a table of names and bytes.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[allow(clippy::disallowed_methods)] // a build script reads files and what Cargo tells it
fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("charts");
    let mut table = String::from("static CHARTS: &[(&str, &[Packed])] = &[\n");
    for chart in names(&root)? {
        let folder = root.join(&chart);
        if !folder.join("Chart.yaml").exists() {
            continue;
        }
        writeln!(table, "    ({chart:?}, &[")?;
        let mut files = Vec::new();
        walk(&folder, "", &mut files)?;
        for name in files {
            writeln!(table, "        ({name:?}, include_bytes!({:?})),", folder.join(&name).display().to_string())?;
        }
        writeln!(table, "    ]),")?;
    }
    table.push_str("];\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("charts.rs"), table)?;
    writeln!(io::stdout(), "cargo::rerun-if-changed=charts")?;
    if starts_faster_at_a_fixed_address() {
        writeln!(io::stdout(), "cargo::rustc-link-arg-bins=-no-pie")?;
    }
    Ok(())
}

/// Whether the command is linked for a fixed address, as Go links Helm.
///
/// To move to a random one, a program writes each of its addresses again: twenty thousand, on a hundred pages, at every
/// start. The stack, the heap and the libraries are at random addresses all the same. The service, which listens to a
/// network for weeks, keeps a random address for its own code too; so does everything but glibc's Linux on x86-64, where
/// it was not tried, and a static build, which has its own way to start.
#[allow(clippy::disallowed_methods)] // as above
fn starts_faster_at_a_fixed_address() -> bool {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value == wanted);
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_POINTER_WIDTH", "64")
        && !features.split(',').any(|feature| feature == "crt-static")
        && env::var("CARGO_FEATURE_SERVER").is_err()
}

/// The files below a folder, in the order in which Helm loads them.
fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for name in names(folder)? {
        let path = folder.join(&name);
        let full = format!("{prefix}{name}");
        if path.is_dir() { walk(&path, &format!("{full}/"), files)? } else { files.push(full) }
    }
    Ok(())
}

#[allow(clippy::disallowed_methods)] // as above
fn names(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok());
    }
    names.sort_unstable();
    Ok(names)
}
