//! What the bakes of a service for a stack are made of: names, charts, and the layers in their order.

use std::collections::BTreeSet;

use super::config::{ChartEntry, Cluster, FILE_NAME, LayerFile, STACK};
use super::pattern::{Pattern, Vars};
use super::services::{Project, Service, join};
use crate::bake::{Bake, Chart};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// What the bakes of a service for a stack are made of: one bake for each chart.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    pub layers: Vec<Layer>,
    /// What the cluster can do.
    pub cluster: Cluster,
}

/// A values file among the layers of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its path, from the project's folder.
    pub path: String,
    /// The variables that decide which file it is: plans that agree in them share it. Of a stack that others stand on:
    /// `stack:NAME`, as they share it too.
    pub scope: BTreeSet<String>,
}

impl Project {
    /// What the bakes of a service for a stack are made of.
    ///
    /// Errors: the service is not in the stack, a layer that must be there is missing, a variable has no value.
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
        let vars = |stack: &str| {
            let mut vars = service.vars.clone();
            vars.insert(STACK.to_owned(), stack.to_owned());
            vars
        };
        let fill = |what: &str, pattern: &Pattern, stack: &str| {
            pattern.fill(&vars(stack)).map_err(|missing| {
                let text = format!("{}: the {what} {:?} needs {{{missing}}}", service.path, pattern.as_str());
                Error::new(ErrorKind::Usage, text).with_hint(format!("say it in {FILE_NAME}: {what}"))
            })
        };
        let name = exceptions.iter().rev().find_map(|settings| settings.name.as_ref()).unwrap_or(&self.config.name);
        let of_stacks = || lineage.iter().rev().filter_map(|(stack, settings)| Some((*stack, (*settings)?)));
        let namespace = exceptions.iter().rev().find_map(|settings| Some((stack, settings.namespace.as_ref()?)));
        // what a stack below says it says of itself
        let of_stack = of_stacks().find_map(|(stack, settings)| Some((stack, settings.namespace.as_ref()?)));
        let namespace = namespace.or(of_stack).unwrap_or((stack, &self.config.namespace));
        let mut charts: Vec<(String, ChartEntry)> =
            self.config.charts.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect();
        let of_stack = of_stacks().find_map(|(_, settings)| settings.charts.as_ref());
        for picked in of_stack.into_iter().chain(exceptions.iter().filter_map(|settings| settings.charts.as_ref())) {
            charts.retain(|(name, _)| picked.contains_key(name));
            for (name, entry) in &mut charts {
                if let Some(changed) = picked.get(name) {
                    entry.clone_from(changed);
                }
            }
        }
        charts.retain(|(_, entry)| entry.stacks.as_ref().is_none_or(|stacks| stacks.iter().any(|s| s == stack)));
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
            charts,
            layers,
            cluster: lineage
                .iter()
                .filter_map(|(_, settings)| *settings)
                .chain(exceptions)
                .fold(self.config.cluster.clone(), |all, settings| all.with(&settings.cluster)),
        })
    }
}

impl Plan {
    /// A bake of `chart` for this release and cluster, without layers yet.
    ///
    /// Errors: the cluster's version is none.
    pub fn bake<'c>(&self, chart: &'c Chart, limits: &Limits) -> Result<Bake<'c>> {
        let mut bake = Bake::new(chart).limits(limits.clone()).release(&*self.name).namespace(&*self.namespace);
        if let Some(version) = &self.cluster.kube_version {
            bake = bake.kube_version(version)?;
        }
        Ok(bake.api_versions(&self.cluster.api_versions))
    }
}

/// Collects the layers of a plan.
struct Gather<'p> {
    project: &'p Project,
    vars: Vars,
    /// The stacks that the plan's stack stands on, the lowest first, and itself.
    stacks: Vec<&'p str>,
    layers: Vec<Layer>,
}

impl Gather<'_> {
    /// Adds a file that is meant where `scope` is what it is; one with `{stack}` for each of the stacks.
    fn each(&mut self, file: &LayerFile, folder: &str, scope: &[&str]) -> Result<()> {
        let last = self.stacks.len().saturating_sub(1);
        let first = if is_of_stack(file) { 0 } else { last };
        (first..=last).try_for_each(|level| self.add(file, folder, scope, level))
    }

    /// Adds a file of one of the stacks.
    fn add(&mut self, file: &LayerFile, folder: &str, scope: &[&str], level: usize) -> Result<()> {
        if let Some(stack) = self.stacks.get(level) {
            self.vars.insert(STACK.to_owned(), (*stack).to_owned());
        }
        let path = match file.path.fill(&self.vars) {
            Ok(path) => path,
            // a part of the path that this service does not have
            Err(_) if file.optional => return Ok(()),
            Err(missing) => {
                let text =
                    format!("the layer {:?} needs {{{missing}}}, which is not of the layout", file.path.as_str());
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
            // it is used in all stacks that stand on this one
            scope.extend(self.stacks.iter().take(level + 1).map(|stack| format!("{STACK}:{stack}")));
            if level + 1 == self.stacks.len() {
                scope.insert(STACK.to_owned());
            }
        }
        self.layers.push(Layer { path, scope });
        Ok(())
    }
}

fn is_of_stack(file: &LayerFile) -> bool {
    file.path.variables().any(|var| var == STACK)
}
