//! The store that a project saves its pipelines in.
#![allow(clippy::disallowed_methods)] // certificates and passwords are files that the configuration names

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::pipeline::store::{Auth, Folder, Front50, Gate, HttpOptions, Store};
use ::pipeline::sync::{Action, ActionKind, Journal, Plan, PlanOptions, Run};
use ::pipeline::{Json, Mark, Pipeline, Wanted, diff};
use indexmap::IndexMap;

use super::Pipelines;
use crate::error::{Error, ErrorKind, Result};

const KEYS: &[&str] = &[
    "folder",
    "front50",
    "gate",
    "user",
    "tokenFile",
    "passwordFile",
    "certificateFile",
    "authoritiesFile",
    "timeoutSeconds",
    "retries",
    "journal",
    "lock",
];

/// The folder of the journal, relative to that of `bake.yaml`.
const JOURNAL: &str = ".bake/pipelines";

/// What `pipelines.store` in `bake.yaml` says, or `--store`.
#[derive(Clone, Debug, Default)]
struct Said {
    folder: Option<String>,
    front50: Option<String>,
    gate: Option<String>,
    texts: IndexMap<String, String>,
    numbers: IndexMap<String, u64>,
    lock: bool,
}

impl Pipelines<'_> {
    /// The store: `said` (a folder, `front50:ADDRESS`, `gate:ADDRESS`), or what `bake.yaml` says, or the folder `spinnaker`.
    ///
    /// Errors: the configuration is not valid, or a file that it names cannot be read.
    pub fn store(&self, said: Option<&str>) -> Result<Box<dyn Store>> {
        let mut config = self.said()?;
        if let Some(text) = said {
            (config.folder, config.front50, config.gate) = (None, None, None);
            config.place(text);
        }
        match (&config.front50, &config.gate) {
            (Some(address), None) => Ok(Box::new(Front50::new(address, self.options(&config)?)?)),
            (None, Some(address)) => Ok(Box::new(Gate::new(address, self.options(&config)?)?)),
            (Some(_), Some(_)) => Err(wrong("it is either Front50 or Gate")),
            (None, None) => {
                let folder = config.folder.unwrap_or_else(|| "spinnaker".to_owned());
                // a folder of the command line is relative to the current one, that of the file to the file
                let folder = if said.is_some() { PathBuf::from(folder) } else { self.below(&folder) };
                Ok(Box::new(Folder::new(folder)))
            }
        }
    }

    /// The journal of the project's syncs.
    ///
    /// Errors: it cannot be opened, or another sync has it.
    pub fn journal(&self) -> Result<Journal> {
        let config = self.said()?;
        let folder = config.texts.get("journal").map_or(JOURNAL, String::as_str);
        Journal::open(self.below(folder))
    }

    /// The runs of the project's syncs so far, the oldest first.
    ///
    /// Errors: the journal cannot be read, or another sync has it.
    pub fn runs(&self) -> Result<Vec<Run>> {
        let config = self.said()?;
        let folder = self.below(config.texts.get("journal").map_or(JOURNAL, String::as_str));
        if folder.is_dir() { Journal::open(folder)?.runs() } else { Ok(Vec::new()) }
    }

    /// What a sync of pipelines would do: those of `wanted`, and of what no template makes any more, those that `fits`.
    ///
    /// Errors: the configuration of the store is not valid.
    pub fn plan(
        &self,
        mut wanted: Vec<Wanted>,
        live: &[Pipeline],
        prune: bool,
        fits: impl Fn(&Mark) -> bool,
    ) -> Result<Plan> {
        self.resolve(&mut wanted, live);
        let mut options = PlanOptions::default();
        options.project.clone_from(&self.catalog.project);
        options.prune = prune;
        options.lock = self.said()?.lock;
        let mut plan = Plan::new(&wanted, live, Vec::new(), &options);
        let all: HashSet<Mark> = self.catalog.marks().collect();
        plan.actions.retain(|action| match action.kind {
            ActionKind::Stray | ActionKind::Prune => !all.contains(&action.mark) && fits(&action.mark),
            _ => true,
        });
        Ok(plan)
    }

    /// Puts the ids of live pipelines, or those that templates say, in the place of the computed ones by which pipelines refer to
    /// each other.
    fn resolve(&self, wanted: &mut [Wanted], live: &[Pipeline]) {
        let mut ids: IndexMap<String, String> = IndexMap::new();
        let own = |mark: &Mark| mark.project == self.catalog.project;
        for pipeline in live {
            if let (Some(mark), Some(id)) = (pipeline.mark().filter(own), pipeline.id()) {
                ids.insert(mark.id(), id.to_owned());
            }
        }
        let by_key: IndexMap<_, _> = live.iter().map(|pipeline| (pipeline.key(), pipeline.id())).collect();
        for Wanted { pipeline, mark } in wanted.iter() {
            let adopted = by_key.get(&pipeline.key()).copied().flatten();
            let computed = mark.id();
            match (pipeline.id(), adopted) {
                (Some(id), _) => {
                    ids.insert(computed, id.to_owned());
                }
                (None, Some(id)) => {
                    ids.entry(computed).or_insert_with(|| id.to_owned());
                }
                (None, None) => {}
            }
        }
        ids.retain(|computed, id| computed != id);
        if ids.is_empty() {
            return;
        }
        for Wanted { pipeline, .. } in wanted.iter_mut() {
            let object = pipeline.object_mut();
            for key in ["stages", "triggers"] {
                let Some(Json::Array(items)) = object.get_mut(key) else { continue };
                for item in items.iter_mut().filter_map(Json::as_object_mut) {
                    if let Some(Json::String(id)) = item.get_mut("pipeline")
                        && let Some(real) = ids.get(id)
                    {
                        id.clone_from(real);
                    }
                }
            }
        }
    }

    fn below(&self, path: &str) -> PathBuf {
        match self.project.root() {
            Some(root) if root != Path::new(".") => root.join(path),
            _ => PathBuf::from(path),
        }
    }

    fn said(&self) -> Result<Said> {
        let mut said = Said::default();
        let Some(node) = &self.config.store else { return Ok(said) };
        match Json::from(node) {
            Json::String(text) => said.place(&text),
            Json::Object(object) => {
                for (key, value) in object {
                    if !KEYS.contains(&key.as_str()) {
                        let error = wrong(&format!("there is no key {key:?}"));
                        return Err(error.did_you_mean(&key, KEYS.iter().copied()));
                    }
                    match (key.as_str(), value) {
                        ("folder", Json::String(text)) => said.folder = Some(text),
                        ("front50", Json::String(text)) => said.front50 = Some(text),
                        ("gate", Json::String(text)) => said.gate = Some(text),
                        ("lock", Json::Bool(lock)) => said.lock = lock,
                        ("timeoutSeconds" | "retries", Json::Number(number)) => {
                            let number = number.as_i64().and_then(|n| u64::try_from(n).ok());
                            said.numbers
                                .insert(key.clone(), number.ok_or_else(|| wrong(&format!("{key} is a whole number")))?);
                        }
                        ("timeoutSeconds" | "retries", _) => return Err(wrong(&format!("{key} is a whole number"))),
                        ("lock", _) => return Err(wrong("lock is true or false")),
                        (_, Json::String(text)) => {
                            said.texts.insert(key, text);
                        }
                        (key, _) => return Err(wrong(&format!("{key} is a text"))),
                    }
                }
            }
            other => return Err(wrong(&format!("it is a text or a map, not a {}", other.type_name()))),
        }
        Ok(said)
    }

    fn options(&self, said: &Said) -> Result<HttpOptions> {
        let read = |key: &str| {
            let path = said.texts.get(key).map(|path| self.below(path));
            path.map(|path| std::fs::read(&path).map_err(|error| Error::io(&path, error))).transpose()
        };
        let mut options = HttpOptions::default();
        options.user = said.texts.get("user").cloned();
        options.identity = read("certificateFile")?;
        options.authorities = read("authoritiesFile")?.unwrap_or_default();
        if let Some(path) = said.texts.get("tokenFile") {
            options.auth = Auth::BearerFile(self.below(path));
        }
        if let Some(bytes) = read("passwordFile")? {
            let text = String::from_utf8_lossy(&bytes).trim().to_owned();
            let Some((user, password)) = text.split_once(':') else {
                return Err(wrong("passwordFile has one line, USER:PASSWORD"));
            };
            options.auth = Auth::Basic(user.to_owned(), password.to_owned());
        }
        if let Some(seconds) = said.numbers.get("timeoutSeconds") {
            options.timeout = Duration::from_secs(*seconds);
        }
        if let Some(retries) = said.numbers.get("retries") {
            options.retries = u32::try_from(*retries).unwrap_or(u32::MAX);
        }
        Ok(options)
    }
}

impl Said {
    /// Reads `front50:ADDRESS`, `gate:ADDRESS` or a folder.
    fn place(&mut self, text: &str) {
        match text.split_once(':') {
            Some(("front50", address)) => self.front50 = Some(address.to_owned()),
            Some(("gate", address)) => self.gate = Some(address.to_owned()),
            _ => self.folder = Some(text.to_owned()),
        }
    }
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("pipelines: store: {what}"))
}

/// The live pipelines of a plan that somebody edited by hand: they are not as the last confirmed save of the journal left them.
pub fn drifted<'a>(plan: &'a Plan, runs: &[Run]) -> Vec<&'a Action> {
    let mut saved: IndexMap<&str, Option<&Pipeline>> = IndexMap::new();
    for run in runs {
        for entry in run.entries.iter().filter(|entry| run.done.contains(&entry.id)) {
            saved.insert(&entry.id, entry.after.as_ref());
        }
    }
    let is_drift = |action: &&Action| {
        let Some(live) = &action.before else { return false };
        let last = live.id().and_then(|id| saved.get(id).copied().flatten());
        live.mark().is_some() && last.is_some_and(|last| !diff::is_equal(last, live))
    };
    plan.actions.iter().filter(is_drift).collect()
}
