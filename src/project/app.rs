//! One service: a folder with `values.yaml` and a `STACK-values.yaml` for each stack.
//!
//! The folder's place gives the names: `{product}/{namespace}/{app}`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bake::Chart;
use crate::error::{Error, ErrorKind, Result};

/// The file with what all stacks share.
const COMMON: &str = "values.yaml";
/// What a stack's file is called after the stack's name.
const STACK_SUFFIX: &str = "-values.yaml";

/// Services lie at most so many folders below the one that is searched.
const MAX_DEPTH: usize = 16;

/// The folder of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    folder: PathBuf,
}

/// The names that follow from a folder's place in the layout `{product}/{namespace}/{app}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The folder's own name.
    pub app: Option<String>,
    /// The name of the folder above it.
    pub namespace: Option<String>,
    /// The name of the folder above that.
    pub product: Option<String>,
}

/// Which chart to bake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartChoice {
    /// A chart that comes with `bake`: `workload` or `service`.
    Builtin(String),
    /// A folder or archive.
    Path(PathBuf),
}

impl App {
    /// The service in `folder`.
    ///
    /// Errors: there is no such folder, or no values.yaml in it.
    pub fn open(folder: impl Into<PathBuf>) -> Result<App> {
        let app = App { folder: folder.into() };
        if !app.folder.is_dir() {
            return Err(Error::new(ErrorKind::Io, format!("{}: no such folder", app.folder.display())));
        }
        if !app.common_values().is_file() {
            let message = format!("{}: no {COMMON} there, so it is no service", app.folder.display());
            return Err(Error::new(ErrorKind::Io, message)
                .with_hint(format!("a service is a folder with {COMMON} and a STACK{STACK_SUFFIX} for each stack")));
        }
        Ok(app)
    }

    /// The services in `folder`: itself where it is one, otherwise all below it, by path. Charts, hidden folders and
    /// links are passed over.
    ///
    /// Errors: there is no such folder, it cannot be read, or there is no service in it.
    pub fn find(folder: &Path) -> Result<Vec<App>> {
        if folder.join(COMMON).is_file() || !folder.is_dir() {
            return App::open(folder).map(|app| vec![app]);
        }
        let mut apps = Vec::new();
        let mut pending = vec![(folder.to_owned(), 0)];
        while let Some((folder, depth)) = pending.pop() {
            if folder.join("Chart.yaml").is_file() {
                continue;
            }
            if folder.join(COMMON).is_file() {
                apps.push(App { folder });
                continue;
            }
            let unreadable = |e| Error::new(ErrorKind::Io, format!("{}: {e}", folder.display()));
            #[allow(clippy::disallowed_methods)] // this room finds the services of a folder
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                if !hidden && depth < MAX_DEPTH && entry.file_type().map_err(unreadable)?.is_dir() {
                    pending.push((entry.path(), depth + 1));
                }
            }
        }
        if apps.is_empty() {
            let message = format!("{}: there is no service in it", folder.display());
            return Err(Error::new(ErrorKind::Io, message)
                .with_hint(format!("a service is a folder with {COMMON} and a STACK{STACK_SUFFIX} for each stack")));
        }
        apps.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(apps)
    }

    /// The folder of the service.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file with the values that all stacks share.
    pub fn common_values(&self) -> PathBuf {
        self.folder.join(COMMON)
    }

    /// The stacks that have a file here, by name.
    ///
    /// Errors: the folder cannot be read.
    pub fn stacks(&self) -> Result<Vec<String>> {
        let unreadable = |e| Error::new(ErrorKind::Io, format!("{}: {e}", self.folder.display()));
        let mut stacks = Vec::new();
        #[allow(clippy::disallowed_methods)] // this room finds the files of a service
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            if let Some(stack) = name.to_str().and_then(|n| n.strip_suffix(STACK_SUFFIX))
                && !stack.is_empty()
            {
                stacks.push(stack.to_owned());
            }
        }
        stacks.sort_unstable();
        Ok(stacks)
    }

    /// The values files of a stack, in the order in which they are layered.
    ///
    /// Errors: the stack has no file; the message names the stacks that have one.
    pub fn layers(&self, stack: &str) -> Result<Vec<PathBuf>> {
        let stacks = self.stacks()?;
        if !stacks.iter().any(|s| s == stack) {
            let known = if stacks.is_empty() { "none".to_owned() } else { stacks.join(", ") };
            let file = self.folder.join(format!("{stack}{STACK_SUFFIX}"));
            let message = format!("no stack {stack:?}: {} does not exist; the stacks are: {known}", file.display());
            return Err(Error::new(ErrorKind::Usage, message));
        }
        Ok(vec![self.common_values(), self.folder.join(format!("{stack}{STACK_SUFFIX}"))])
    }

    /// The names that follow from where the folder is.
    ///
    /// Errors: the folder's full path cannot be found out.
    pub fn layout(&self) -> Result<Layout> {
        let full = self
            .folder
            .canonicalize()
            .map_err(|e| Error::new(ErrorKind::Io, format!("{}: {e}", self.folder.display())))?;
        let mut names = full.ancestors().map(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()));
        let mut next = || names.next().flatten();
        Ok(Layout { app: next(), namespace: next(), product: next() })
    }
}

impl ChartChoice {
    /// `workload` and `service` are the built-in ones unless a folder of that name is meant (`./service`).
    pub fn parse(text: &str) -> Self {
        match text {
            "workload" | "service" => ChartChoice::Builtin(text.to_owned()),
            path => ChartChoice::Path(PathBuf::from(path)),
        }
    }

    /// Both built-in charts, in the order in which they are deployed.
    pub fn both() -> Vec<Self> {
        vec![ChartChoice::parse("workload"), ChartChoice::parse("service")]
    }

    /// Loads the chart.
    ///
    /// Errors: those of [`Chart::load`].
    pub fn load(&self) -> Result<Chart> {
        match self {
            ChartChoice::Builtin(name) => Chart::builtin(name),
            ChartChoice::Path(path) => Chart::load(Path::new(path)),
        }
    }
}
