//! Packs the charts of `charts/` into the library: a table of names and bytes.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
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
        for arg in static_libraries()?.unwrap_or_default() {
            writeln!(io::stdout(), "cargo::rustc-link-arg-bins={arg}")?;
        }
    }
    Ok(())
}

/// Whether the command is linked for a fixed address, as Go links Helm.
///
/// To move to a random one, a program writes each of its addresses again: twenty thousand, on a hundred pages, at every
/// start. The stack, the heap and shared libraries are at random addresses all the same. The service, which listens to a
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

/// What links the C library into the command: finding and preparing three shared libraries is a seventh of a small bake.
/// None where that is not the plain case: another target than this machine, a build to debug, no static libraries.
///
/// `-C target-feature=+crt-static` would say it in a word, but not from here, and for a target that has to be named. So
/// the linker finds static libraries under the names that the standard library asks for, as that feature would choose
/// them. The command opens no connection, and looks up a user only for a `~NAME` in the configuration of git, so that no
/// shared library is missed later; the service looks up hosts, and is not linked so.
#[allow(clippy::disallowed_methods)] // as above
fn static_libraries() -> Result<Option<Vec<String>>, Box<dyn Error>> {
    // asked for under the first name, found under the second
    const LIBRARIES: [(&str, &str); 7] = [
        ("gcc_s", "gcc_eh"),
        ("c", "c"),
        ("m", "m"),
        ("util", "util"),
        ("rt", "rt"),
        ("pthread", "pthread"),
        ("dl", "dl"),
    ];
    if env::var("HOST")? != env::var("TARGET")? || env::var("PROFILE")? != "release" {
        return Ok(None);
    }
    let folder = PathBuf::from(env::var("OUT_DIR")?).join("static");
    fs::create_dir_all(&folder)?;
    for (asked, found) in LIBRARIES {
        let Some(library) = library(found) else { return Ok(None) };
        // before glibc 2.34, threads were a library of their own, which is not to be linked statically without care
        if found == "pthread" && fs::metadata(&library)?.len() > 64 {
            return Ok(None);
        }
        // names the file; every linker takes a script for a library
        fs::write(folder.join(format!("lib{asked}.a")), format!("INPUT(\"{}\")\n", library.display()))?;
    }
    let folder = format!("-L{}", folder.display());
    Ok(Some([folder.as_str(), "-static", "-lgcc", "-lgcc_eh", "-lc"].map(str::to_owned).into()))
}

/// Where the compiler that links finds a static library.
#[allow(clippy::disallowed_methods)] // as above
fn library(name: &str) -> Option<PathBuf> {
    let compiler = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let output = Command::new(compiler).arg(format!("-print-file-name=lib{name}.a")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    // what it does not find it answers as it was asked
    path.is_absolute().then_some(path).filter(|path| path.exists())
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
