//! What syncs did: each pipeline before and after, so that a run that was cut off can go on or go back.
#![allow(clippy::disallowed_methods)] // the journal is a file of its own

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind, Json, Object, Pipeline, Result};

/// The journal of a store: a folder with one file per run, `NUMBER.jsonl`. One process at a time has it open.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// Held as long as the journal is open.
    _lock: File,
    current: Option<File>,
}

/// One run of a sync.
#[derive(Clone, Debug)]
pub struct Run {
    /// The number, from 1.
    pub number: u64,
    /// Who ran it and when, as the caller put it.
    pub title: String,
    /// What it was about to write, in its order.
    pub entries: Vec<Entry>,
    /// The ids whose write was confirmed.
    pub done: Vec<String>,
    /// Whether it came to its end.
    pub finished: bool,
}

/// One pipeline of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// As it was; none if it was made.
    pub before: Option<Pipeline>,
    /// As it should be; none if it is removed.
    pub after: Option<Pipeline>,
}

impl Journal {
    /// Opens the journal in a folder, and keeps other processes out until it is dropped.
    ///
    /// Errors: the folder cannot be written, or another sync is running.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Journal> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
        let path = folder.join("lock");
        let options = OpenOptions::new().create(true).write(true).truncate(false).open(&path);
        let lock = options.map_err(|error| Error::io(&path, error))?;
        if lock.try_lock().is_err() {
            let message = format!("another sync is running with the journal {}", folder.display());
            return Err(Error::new(ErrorKind::Conflict, message).with_hint("wait until it has ended".to_owned()));
        }
        Ok(Journal { folder, _lock: lock, current: None })
    }

    /// All runs, the oldest first.
    ///
    /// Errors: a file cannot be read.
    pub fn runs(&self) -> Result<Vec<Run>> {
        self.files()?.into_iter().map(|(number, file)| read(number, &file)).collect()
    }

    /// Begins a run: what it will write is on disk before the first write.
    pub(super) fn begin(&mut self, title: &str, entries: &[Entry]) -> Result<()> {
        let number = self.files()?.last().map_or(1, |(number, _)| number + 1);
        let path = self.folder.join(format!("{number:06}.jsonl"));
        let open = OpenOptions::new().create_new(true).append(true).open(&path);
        self.current = Some(open.map_err(|error| Error::io(&path, error))?);
        self.line(&[("begin", Json::from(title))])?;
        for entry in entries {
            let side = |pipeline: &Option<Pipeline>| pipeline.clone().map_or(Json::Null, Pipeline::into_json);
            let pairs =
                [("id", Json::from(entry.id.as_str())), ("before", side(&entry.before)), ("after", side(&entry.after))];
            self.line(&pairs)?;
        }
        self.sync()
    }

    /// Notes that a write is confirmed.
    pub(super) fn done(&mut self, id: &str) -> Result<()> {
        self.line(&[("done", Json::from(id))])
    }

    /// Ends the run.
    pub(super) fn end(&mut self) -> Result<()> {
        self.line(&[("end", Json::Bool(true))])?;
        self.sync()?;
        self.current = None;
        Ok(())
    }

    fn line(&mut self, pairs: &[(&str, Json)]) -> Result<()> {
        let object: Object = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let Some(file) = &mut self.current else { return Ok(()) };
        file.write_all(format!("{}\n", Json::Object(object)).as_bytes()).map_err(|error| Error::io(&self.folder, error))
    }

    fn sync(&self) -> Result<()> {
        let synced = self.current.as_ref().map_or(Ok(()), File::sync_all);
        synced.map_err(|error| Error::io(&self.folder, error))
    }

    fn files(&self) -> Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|error| Error::io(&self.folder, error))? {
            let path = entry.map_err(|error| Error::io(&self.folder, error))?.path();
            let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jsonl")?.parse().ok());
            found.extend(number.map(|number| (number, path)));
        }
        found.sort();
        Ok(found)
    }
}

fn read(number: u64, file: &Path) -> Result<Run> {
    let text = fs::read_to_string(file).map_err(|error| Error::io(file, error))?;
    let mut run = Run { number, title: String::new(), entries: Vec::new(), done: Vec::new(), finished: false };
    for line in text.lines() {
        // the last line of a run that was cut off may be half written
        let Ok(json) = Json::read(line.as_bytes()) else { continue };
        let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
        let side = |key: &str| json.get(key).cloned().and_then(|json| Pipeline::from_json(json).ok());
        if let Some(title) = text("begin") {
            run.title = title;
        } else if let Some(id) = text("id") {
            run.entries.push(Entry { id, before: side("before"), after: side("after") });
        } else if let Some(id) = text("done") {
            run.done.push(id);
        } else if json.get("end").is_some() {
            run.finished = true;
        }
    }
    Ok(run)
}
