//! Plans: the charts, layers and names of the bakes of a service for a stack.

use std::collections::BTreeSet;
use std::path::PathBuf;

use indexmap::IndexMap;

use super::config::{ChartEntry, Cluster, FILE_NAME, LayerFile, STACK, Settings, is_builtin};
use super::pattern::{Pattern, Vars};
use super::services::{Project, Service, is_of_stack};
use crate::bake::{Bake, Chart};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::values::ValuesFile;

/// The charts, layers and names of the bakes of a service for a stack. There is one bake per chart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The service's path.
    pub service: String,
    /// The stack.
    pub stack: String,
    /// The release's name.
    pub name: String,
    /// The release's namespace.
    pub namespace: String,
    /// The charts by name, in the order in which they are deployed.
    pub charts: Vec<(String, ChartEntry)>,
    /// The values files, lowest first.
    pub layers: Vec<PlanLayer>,
    /// The capabilities of the cluster.
    pub cluster: Cluster,
}

/// A values file among the layers of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanLayer {
    /// Its path, relative to the project's folder.
    pub path: String,
    /// The variables that determine the file; plans with the same values of them share it. For the file of a base stack:
    /// `stack:NAME`, because derived stacks share it too.
    pub scope: BTreeSet<String>,
}

impl Project {
    /// The plan for a service in a stack.
    ///
    /// Errors: the service is not in the stack, a required layer is missing, a variable has no value.
    pub fn plan(&self, service: &Service, stack: &str) -> Result<Plan> {
        if !service.stacks.iter().any(|s| s == stack) {
            return Err(self.no_such_stack(service, stack));
        }
        let exceptions = self.exceptions(&service.path);
        let own: Vec<&str> = service.vars.keys().map(String::as_str).collect();
        let lineage = self.config.lineage(stack);
        let stacks = lineage.iter().map(|(stack, _)| *stack).collect();
        let mut gather = Gather { project: self, vars: service.vars.clone(), stacks, layers: Vec::new() };
        for file in &self.config.layers {
            gather.each(file, "", &[])?;
        }
        for (level, (_, settings)) in lineage.iter().enumerate() {
            for file in settings.iter().flat_map(|settings| &settings.layers) {
                gather.add(file, "", &[STACK], level)?;
            }
        }
        for file in exceptions.iter().flat_map(|settings| &settings.layers) {
            gather.each(file, "", &own)?;
        }
        for file in &self.config.files {
            gather.each(file, &service.folder, &own)?;
        }
        let layers = gather.layers;
        let fill = |what: &str, pattern: &Pattern, stack: &str| {
            let mut vars = service.vars.clone();
            vars.insert(STACK.to_owned(), stack.to_owned());
            pattern.fill(&vars).map_err(|missing| {
                let text = format!("{}: the {what} {:?} needs {{{missing}}}", service.path, pattern.as_str());
                Error::new(ErrorKind::Usage, text).with_hint(format!("set it in {FILE_NAME}: {what}"))
            })
        };
        let name = exceptions.iter().rev().find_map(|settings| settings.name.as_ref()).unwrap_or(&self.config.name);
        let of_stacks: Vec<(&str, &Settings)> =
            lineage.iter().rev().filter_map(|(stack, settings)| Some((*stack, (*settings)?))).collect();
        let namespace = exceptions.iter().rev().find_map(|settings| Some((stack, settings.namespace.as_ref()?)));
        // a base stack's namespace pattern is filled with that stack's own name
        let of_stack = of_stacks.iter().find_map(|(stack, settings)| Some((*stack, settings.namespace.as_ref()?)));
        let namespace = namespace.or(of_stack).unwrap_or((stack, &self.config.namespace));
        let of_stack = of_stacks.iter().find_map(|(_, settings)| settings.charts.as_ref());
        let picked = of_stack.into_iter().chain(exceptions.iter().filter_map(|settings| settings.charts.as_ref()));
        Ok(Plan {
            service: service.path.clone(),
            stack: stack.to_owned(),
            name: match &service.name {
                Some(name) => name.clone(),
                None => fill("name", name, stack)?,
            },
            namespace: match &service.namespace {
                Some(said) => said.clone(),
                None => fill("namespace", namespace.1, namespace.0)?,
            },
            charts: self.charts(stack, picked),
            layers,
            cluster: lineage
                .iter()
                .filter_map(|(_, settings)| *settings)
                .chain(exceptions.iter().copied())
                .fold(self.config.cluster.clone(), |all, settings| all.with(&settings.cluster)),
        })
    }

    /// The charts for a stack: the stack selects and changes them, then the exceptions do.
    fn charts<'p>(
        &self,
        stack: &str,
        picked: impl Iterator<Item = &'p IndexMap<String, ChartEntry>>,
    ) -> Vec<(String, ChartEntry)> {
        let mut charts: Vec<(String, ChartEntry)> =
            self.config.charts.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect();
        for picked in picked {
            charts.retain(|(name, _)| picked.contains_key(name));
            for (name, entry) in &mut charts {
                if let Some(changed) = picked.get(name) {
                    entry.clone_from(changed);
                }
            }
        }
        charts.retain(|(_, entry)| entry.stacks.as_ref().is_none_or(|stacks| stacks.iter().any(|s| s == stack)));
        charts
    }

    fn no_such_stack(&self, service: &Service, stack: &str) -> Error {
        let known = if service.stacks.is_empty() { "none".to_owned() } else { service.stacks.join(", ") };
        let vars = Vars::from([(STACK.to_owned(), stack.to_owned())]);
        let own = self.config.files.iter().find(|file| is_of_stack(file) && !file.optional);
        let message = match own.and_then(|file| file.path.fill(&vars).ok()) {
            Some(file) => {
                let file = self.files.show(&join(&service.folder, &file));
                format!("no stack {stack:?}: {file} does not exist; the stacks are: {known}")
            }
            None => format!("no stack {stack:?}; the stacks are: {known}"),
        };
        Error::new(ErrorKind::Usage, message).did_you_mean(stack, service.stacks.iter().map(String::as_str))
    }

    /// A chart of the project.
    ///
    /// Errors: those of [`Chart::load`]; the version is not the required one.
    pub fn load_chart(&self, name: &str, entry: &ChartEntry, limits: &Limits) -> Result<Chart> {
        let chart = self.open_chart(name, entry, limits)?;
        entry.check_version(name, &chart.metadata().version)?;
        Ok(chart)
    }

    /// The same, without a check of the version.
    pub(super) fn open_chart(&self, name: &str, entry: &ChartEntry, limits: &Limits) -> Result<Chart> {
        match &entry.path {
            Some(path) => self.files.chart(path, limits),
            None => Chart::builtin(name),
        }
    }

    /// Finds the chart for a name on the command line: one of the service's charts, one of the project's, a built-in one, or a
    /// path relative to the current folder.
    pub fn pick_chart(&self, plan: &Plan, name: &str) -> (String, ChartEntry) {
        let of_plan = plan.charts.iter().find(|(known, _)| known == name).map(|(_, entry)| entry);
        let entry = match of_plan.or_else(|| self.config.charts.get(name)) {
            Some(entry) => entry.clone(),
            None if is_builtin(name) => ChartEntry::default(),
            None => {
                // the paths of the project's charts are relative to its folder, this one to the current folder
                let path = std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name));
                ChartEntry { path: Some(path.to_string_lossy().into_owned()), ..ChartEntry::default() }
            }
        };
        (name.to_owned(), entry)
    }

    /// A values file of the project.
    ///
    /// Errors: the file is missing or cannot be read.
    pub fn layer(&self, path: &str, limits: &Limits) -> Result<ValuesFile> {
        let name = self.files.show(path);
        match self.files.read(path, limits.values_file_bytes)? {
            Some(text) => Ok(ValuesFile::new(name, text)),
            None => Err(Error::new(ErrorKind::Io, format!("open {name}: no such file or directory"))
                .with_hint(format!("a layer that may be missing ends in \"?\" in {FILE_NAME}"))),
        }
    }
}

impl Plan {
    /// A bake of `chart` for this release and cluster, without layers.
    ///
    /// Errors: the Kubernetes version is not valid.
    pub fn bake<'c>(&self, chart: &'c Chart, limits: &Limits) -> Result<Bake<'c>> {
        let bake = Bake::new(chart).limits(limits.clone()).release(&*self.name).namespace(&*self.namespace);
        Ok(bake.capabilities(self.cluster.capabilities()?))
    }
}

/// Collects the layers of a plan.
struct Gather<'p> {
    project: &'p Project,
    vars: Vars,
    /// The base stacks of the plan's stack, the lowest first, then the stack itself.
    stacks: Vec<&'p str>,
    layers: Vec<PlanLayer>,
}

impl Gather<'_> {
    /// Adds a file that all plans with the same `scope` share. A path with `{stack}` is added once per stack.
    fn each(&mut self, file: &LayerFile, folder: &str, scope: &[&str]) -> Result<()> {
        let last = self.stacks.len().saturating_sub(1);
        let first = if names_stack(file) { 0 } else { last };
        (first..=last).try_for_each(|level| self.add(file, folder, scope, level))
    }

    /// Adds a file of one of the stacks.
    fn add(&mut self, file: &LayerFile, folder: &str, scope: &[&str], level: usize) -> Result<()> {
        if let Some(stack) = self.stacks.get(level) {
            self.vars.insert(STACK.to_owned(), (*stack).to_owned());
        }
        let path = match file.path.fill(&self.vars) {
            Ok(path) => path,
            // this service does not have that variable
            Err(_) if file.optional => return Ok(()),
            Err(missing) => {
                let text = format!(
                    "the layer {:?} needs {{{missing}}}, which is not a variable of the layout",
                    file.path.as_str()
                );
                return Err(Error::new(ErrorKind::Usage, text));
            }
        };
        let path = join(folder, &path);
        if file.optional && !self.project.files.exists(&path) {
            return Ok(());
        }
        let mut scope: BTreeSet<String> =
            scope.iter().copied().chain(file.path.variables()).map(str::to_owned).collect();
        if scope.remove(STACK) {
            // all stacks derived from this one use it
            scope.extend(self.stacks.iter().take(level + 1).map(|stack| format!("{STACK}:{stack}")));
            if level + 1 == self.stacks.len() {
                scope.insert(STACK.to_owned());
            }
        }
        self.layers.push(PlanLayer { path, scope });
        Ok(())
    }
}

fn names_stack(file: &LayerFile) -> bool {
    file.path.variables().any(|var| var == STACK)
}

/// A path below a folder of the project. An empty folder is the project's own.
fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}
