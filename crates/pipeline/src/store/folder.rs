//! A folder of JSON files, `APPLICATION/NAME.json`: the default, with which nothing has to be installed.
#![allow(clippy::disallowed_methods)] // a store is the place where files are read

use std::fs;
use std::io::{ErrorKind as Io, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Listing, Poison, Saved, Store};
#[cfg(feature = "http")]
use crate::ErrorKind;
use crate::{Error, Pipeline, Result};

/// Pipelines in a folder. Files are written aside and renamed, so none is ever half written.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// What a folder has.
#[derive(Default)]
struct Files {
    found: Vec<(PathBuf, Pipeline)>,
    poison: Vec<Poison>,
}

impl Folder {
    /// The store in a folder, which is made with the first pipeline.
    pub fn new(root: impl Into<PathBuf>) -> Folder {
        Folder { root: root.into() }
    }

    /// The file of a pipeline.
    fn file(&self, pipeline: &Pipeline) -> PathBuf {
        self.root.join(escaped(pipeline.application())).join(escaped(pipeline.name().trim()) + ".json")
    }

    fn read(&self) -> Result<Files> {
        let mut files = Files::default();
        for folder in entries(&self.root)?.into_iter().filter(|path| path.is_dir()) {
            for file in entries(&folder)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
                let text = fs::read(&file).map_err(|error| Error::io(&file, error))?;
                match Pipeline::read(&text) {
                    Ok(pipeline) => files.found.push((file, pipeline)),
                    Err(error) => {
                        files.poison.push(Poison { key: file.display().to_string(), reason: error.to_string() });
                    }
                }
            }
        }
        Ok(files)
    }

    fn write(&self, pipeline: &Pipeline) -> Result<()> {
        let file = self.file(pipeline);
        let folder = file.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(|error| Error::io(folder, error))?;
        let text = pipeline.clone().into_json().to_pretty() + "\n";
        let written = aside.write_all(text.as_bytes()).and_then(|()| aside.as_file().sync_all());
        written.map_err(|error| Error::io(&file, error))?;
        aside.persist(&file).map_err(|error| Error::io(&file, error.error))?;
        Ok(())
    }
}

#[async_trait]
impl Store for Folder {
    fn name(&self) -> String {
        self.root.display().to_string()
    }

    async fn list(&self, _applications: &[String]) -> Result<Listing> {
        let Files { found, poison } = self.read()?;
        let mut pipelines: Vec<Pipeline> = found.into_iter().map(|(_, pipeline)| pipeline).collect();
        pipelines.sort_by_key(Pipeline::key);
        Ok(Listing { pipelines, poison })
    }

    async fn history(&self, _id: &str, _limit: usize) -> Result<Vec<Pipeline>> {
        Ok(Vec::new())
    }

    async fn save(&self, pipelines: &[Pipeline]) -> Result<Vec<Saved>> {
        let mut known = self.read()?.found;
        let mut saved = Vec::new();
        for pipeline in pipelines {
            let id = pipeline.id().unwrap_or_default().to_owned();
            let same = |other: &Pipeline| other.id().is_some_and(|other| other.eq_ignore_ascii_case(&id));
            let twin = known.iter().find(|(_, other)| other.key() == pipeline.key() && !same(other));
            if let Some((file, _)) = twin {
                let refused = Some(format!("{} has the same application and name and another id", file.display()));
                saved.push(Saved { id, refused });
                continue;
            }
            self.write(pipeline)?;
            // a pipeline with another name has another file
            let file = self.file(pipeline);
            for (old, _) in known.iter().filter(|(old, other)| same(other) && *old != file) {
                fs::remove_file(old).map_err(|error| Error::io(old, error))?;
            }
            known.retain(|(_, other)| !same(other));
            known.push((file, pipeline.clone()));
            saved.push(Saved { id, refused: None });
        }
        Ok(saved)
    }

    async fn delete(&self, pipeline: &Pipeline) -> Result<()> {
        let known = self.read()?.found;
        let found = known.iter().find(|(_, other)| other.id() == pipeline.id() && other.key() == pipeline.key());
        let Some((file, _)) = found else { return Ok(()) };
        fs::remove_file(file).map_err(|error| Error::io(file, error))?;
        if let Some(folder) = file.parent() {
            // the last pipeline of an application; a folder with other files stays
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }
}

/// The entries of a folder, sorted; none if it does not exist.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = match fs::read_dir(folder) {
        Ok(read) => read,
        Err(error) if error.kind() == Io::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, error)),
    };
    let mut found = Vec::new();
    for entry in read {
        found.push(entry.map_err(|error| Error::io(folder, error))?.path());
    }
    found.sort();
    Ok(found)
}

/// A name as the name of a file: letters, digits, blanks, `-`, `_` and inner dots stay, other bytes become `%XX`.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_alphanumeric() || matches!(c, '-' | '_') || at > 0 && matches!(c, '.' | ' ') {
            out.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                out.push('%');
                out.extend(
                    [byte >> 4, byte & 15]
                        .map(|half| char::from_digit(half.into(), 16).unwrap_or('0').to_ascii_uppercase()),
                );
            }
        }
    }
    out
}

/// The error for a pipeline that a store cannot take.
#[cfg(feature = "http")]
pub(crate) fn without_id(pipeline: &Pipeline) -> Error {
    Error::new(ErrorKind::Store, format!("{}/{} has no id", pipeline.application(), pipeline.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        for (name, file) in [
            ("deploy", "deploy"),
            ("deploy to prod v1.2", "deploy to prod v1.2"),
            ("a/b", "a%2Fb"),
            ("..", "%2E."),
            ("", ""),
            ("배포 100%", "배포 100%25"),
        ] {
            assert_eq!(escaped(name), file);
        }
    }
}
