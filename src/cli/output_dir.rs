//! `--output-dir`: one file per template. Helm: `writeToFile` in `pkg/action/install.go` and `cmd/helm/template.go`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::output;
use crate::chart::io_error;
use crate::error::Result;
use crate::manifest::{OutputFile, WriteMode};
use crate::path;

/// The folder of `--output-dir`, and the folder below it that `--release-name` asks for.
pub(super) struct OutputDir<'a> {
    pub folder: &'a str,
    pub release: Option<&'a str>,
}

impl OutputDir<'_> {
    /// Writes the files and says so for each, as Helm does. What was written before an error stays.
    pub(super) fn write<'f>(&self, files: impl Iterator<Item = OutputFile<'f>>) -> Result<()> {
        let mut written = Vec::new();
        let done = files.into_iter().try_for_each(|file| {
            let path = self.path(&file);
            write(&path, &file)?;
            written.push(PathBuf::from(path));
            Ok(())
        });
        output::wrote(written.into_iter())?;
        done
    }

    /// The path of a file, joined as in Helm: with `--release-name` the folder is cleaned, without it is not.
    fn path(&self, file: &OutputFile<'_>) -> String {
        let folder = match self.release {
            Some(release) if file.in_release_folder => {
                let joined = format!("{}/{release}", self.folder);
                String::from_utf8_lossy(&path::clean(joined.as_bytes())).into_owned()
            }
            _ => self.folder.to_owned(),
        };
        format!("{folder}/{}", file.path)
    }
}

fn write(path: &str, file: &OutputFile<'_>) -> Result<()> {
    let parent = path.rsplit_once('/').map_or(".", |(parent, _)| parent);
    let parent = PathBuf::from(String::from_utf8_lossy(&path::clean(parent.as_bytes())).into_owned());
    make_folder(&parent)?;
    let path = Path::new(path);
    let failed = |e: io::Error| io_error("open", path, &e);
    let append = match file.mode {
        WriteMode::Create => false,
        WriteMode::Append => true,
        WriteMode::AppendIfThere => path.exists(),
    };
    let mut out: File = if append {
        OpenOptions::new().append(true).open(path).map_err(failed)?
    } else {
        File::create(path).map_err(failed)?
    };
    file.write_to(&mut out).map_err(|e| io_error("write", path, &e))
}

/// Creates a folder and those above it. Helm asks for the folder first, so a file in the way has two texts.
fn make_folder(folder: &Path) -> Result<()> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => return Ok(()),
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(io_error("stat", folder, &e)),
        _ => {}
    }
    // the first part that cannot be made is the one that Go names
    let mut parts: Vec<&Path> = folder.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    parts.reverse();
    for part in parts {
        match fs::metadata(part) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(io_error("mkdir", part, &io::ErrorKind::NotADirectory.into())),
            Err(_) => fs::create_dir(part).map_err(|e| io_error("mkdir", part, &e))?,
        }
    }
    Ok(())
}
