//! Bakes a fleet: collects the bakes, runs them in parallel, and writes the tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::index::hex;
use super::tree::Tree;
use super::{Changes, Index, IndexFile, Shard};
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{Manifest, WriteOptions};
use crate::project::output::object_files;
use crate::project::{Attempt, BakeOptions, Baker, ChartEntry, Plan, PlanLayer, Project, Service, Services};
use crate::run::Warning;

/// The options of a fleet.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The stacks; empty, or `all`: all of them.
    pub stacks: Vec<String>,
    /// Globs that select services; empty: all of them.
    pub apps: Vec<String>,
    /// The charts by name; empty: those of the project.
    pub charts: Vec<String>,
    /// The part to bake; `None`: everything.
    pub shard: Option<Shard>,
    /// Write one file per object instead of one per chart.
    pub per_object: bool,
    /// The options of every bake.
    pub bake: BakeOptions,
}

/// A fleet that is ready to be baked: its charts are loaded and its bakes are known.
#[derive(Debug)]
pub struct Fleet<'p> {
    baker: Baker<'p>,
    options: Options,
    work: Vec<Work>,
    /// The hashes of the charts, by name and path.
    charts: BTreeMap<(String, Option<String>), [u8; 32]>,
    stacks: Vec<String>,
    warnings: Vec<String>,
}

/// A service and its plans. A plan of another part is only hashed.
#[derive(Debug)]
struct Work {
    service: Service,
    plans: Vec<(bool, Plan)>,
}

/// A service in one run over the fleet.
struct Running<'w> {
    work: &'w Work,
    /// The number of remaining bakes.
    left: AtomicUsize,
    digest: OnceLock<[u8; 32]>,
}

/// A finished bake.
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetBake<'a> {
    /// Its plan.
    pub plan: &'a Plan,
    /// The chart's name in the project.
    pub chart: &'a str,
    /// Its manifest.
    pub manifest: &'a Manifest,
}

/// A failed bake.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The service's path.
    pub service: String,
    /// The stack.
    pub stack: String,
    /// The chart's name in the project.
    pub chart: String,
    /// The error.
    pub error: Error,
}

/// The results of a fleet, in the order of services, stacks and charts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// The results of the finished bakes.
    pub done: Vec<T>,
    /// The bakes that failed.
    pub failures: Vec<Failure>,
    /// The warnings that Helm would log, each once, with the number of bakes.
    pub warnings: Vec<(String, usize)>,
    /// SHA-256 of the inputs of all bakes.
    pub inputs: String,
}

/// A tree that was written or compared.
#[derive(Debug)]
#[non_exhaustive]
pub struct Written {
    /// Its content.
    pub index: Index,
    /// The bakes that failed. If there are any, the tree is unchanged.
    pub failures: Vec<Failure>,
    /// The warnings that Helm would log, each once, with the number of bakes.
    pub warnings: Vec<(String, usize)>,
    /// The differences from the old tree.
    pub changes: Changes,
}

impl<'p> Fleet<'p> {
    /// Finds the bakes and loads their charts.
    ///
    /// Errors: an option names something that does not exist, a folder cannot be read, a chart cannot be loaded or does not have
    /// the required version, a layer is missing.
    pub fn new(project: &'p Project, options: &Options) -> Result<Fleet<'p>> {
        let found = project.services()?;
        if found.services.is_empty() {
            let layout: Vec<&str> = project.config.layout.iter().map(crate::project::Pattern::as_str).collect();
            let place = project.files.show(&layout.join("/"));
            return Err(Error::new(ErrorKind::Usage, format!("no services: there is no folder {place} with values"))
                .with_hint("`bake list` shows the services; `layout` in bake.yaml says where they are"));
        }
        Fleet::of(project, found, options)
    }

    /// The same for some of the project's services.
    ///
    /// Errors: those of [`Fleet::new`].
    pub fn of(project: &'p Project, mut found: Services, options: &Options) -> Result<Fleet<'p>> {
        let stacks = found.pick_stacks(&options.stacks)?;
        found.pick_apps(&options.apps)?;
        for service in found.services.iter().filter(|service| service.stacks.is_empty()) {
            found.warnings.push(format!("{}: the service is in no stack, so it is not baked", service.path));
        }
        if let Some(name) = options.charts.iter().find(|name| !project.config.charts.contains_key(*name)) {
            let known: Vec<&str> = project.config.charts.keys().map(String::as_str).collect();
            let text = format!("no chart {name:?}; the charts are: {}", known.join(", "));
            return Err(Error::new(ErrorKind::Usage, text));
        }
        let mut fleet = Fleet {
            baker: project.baker(options.bake.clone()),
            options: options.clone(),
            work: Vec::new(),
            charts: BTreeMap::new(),
            stacks,
            warnings: found.warnings,
        };
        let mut unit = 0;
        for service in found.services {
            let mut plans = Vec::new();
            for stack in fleet.stacks.iter().filter(|stack| service.stacks.contains(stack)) {
                let mut plan = fleet.baker.plan(&service, stack)?;
                if !options.charts.is_empty() {
                    plan.charts.retain(|(name, _)| options.charts.contains(name));
                }
                plans.push((options.shard.is_none_or(|shard| shard.holds(unit)), plan));
                unit += 1;
            }
            if !plans.is_empty() {
                fleet.work.push(Work { service, plans });
            }
        }
        fleet.load_charts()?;
        Ok(fleet)
    }

    /// Loads the charts of all plans, including those of other parts, because their hashes are part of the inputs.
    fn load_charts(&mut self) -> Result<()> {
        for (name, entry) in self.work.iter().flat_map(|w| &w.plans).flat_map(|(_, plan)| &plan.charts) {
            self.baker.chart(name, entry)?;
            let key = (name.clone(), entry.path.clone());
            if !self.charts.contains_key(&key) {
                self.charts.insert(key, chart_digest(self.baker.project(), name, entry)?);
            }
        }
        Ok(())
    }

    /// The baker of the fleet.
    pub fn baker(&self) -> &Baker<'p> {
        &self.baker
    }

    /// Calls `each` with the plans of each service, on all threads of rayon's current pool.
    pub(crate) fn each_service<T: Send>(&self, each: impl Fn(&[&Plan]) -> T + Sync) -> Vec<T> {
        let plans = |work: &Work| {
            let done = each(&work.mine().collect::<Vec<_>>());
            self.baker.forget(&work.service);
            done
        };
        self.work.par_iter().map(plans).collect()
    }

    /// The stacks of the services.
    pub fn stacks_in_use(&self) -> BTreeSet<&str> {
        self.work.iter().flat_map(Work::mine).map(|plan| plan.stack.as_str()).collect()
    }

    /// The number of bakes.
    pub fn len(&self) -> usize {
        self.work.iter().map(Work::bakes).sum()
    }

    /// Whether there are no bakes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of services.
    pub fn services(&self) -> usize {
        self.work.len()
    }

    /// The stacks to bake.
    pub fn stacks(&self) -> &[String] {
        &self.stacks
    }

    /// Warnings about the project.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Bakes everything on all threads of rayon's current pool, and calls `each` with every manifest. A failed bake does not
    /// stop the others. `progress` is called after every bake.
    pub fn bake<T: Send>(
        &self,
        each: impl Fn(&FleetBake<'_>) -> Result<T> + Sync,
        progress: &(dyn Fn(&Plan) + Sync),
    ) -> Outcome<T> {
        let services: Vec<Running<'_>> = self.work.iter().map(Running::new).collect();
        let units: Vec<(&Running<'_>, &Plan, &(String, ChartEntry))> = services
            .iter()
            .flat_map(|service| service.work.mine().map(move |plan| (service, plan)))
            .flat_map(|(service, plan)| plan.charts.iter().map(move |chart| (service, plan, chart)))
            .collect();
        let bake_one = |&(service, plan, (name, entry)): &(&Running<'_>, &Plan, &(String, ChartEntry))| {
            let Attempt { chart, result, warnings } = self.baker.attempt(plan, name, entry);
            let done = result.and_then(|manifest| each(&FleetBake { plan, chart: &chart, manifest: &manifest }));
            let done = done.map_err(|error| {
                let (service, stack) = (plan.service.clone(), plan.stack.clone());
                Failure { service, stack, chart, error }
            });
            progress(plan);
            if service.left.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.end(service);
            }
            (done, warnings)
        };
        let parts: Vec<(Result<T, Failure>, Vec<Warning>)> = units.par_iter().map(bake_one).collect();
        // services of other parts are only hashed
        let digests: Vec<[u8; 32]> = services.par_iter().map(|service| self.end(service)).collect();
        let mut outcome =
            Outcome { done: Vec::new(), failures: Vec::new(), warnings: Vec::new(), inputs: String::new() };
        let mut inputs = self.own_digest();
        let mut warnings: BTreeMap<String, usize> = BTreeMap::new();
        for (done, said) in parts {
            match done {
                Ok(done) => outcome.done.push(done),
                Err(failure) => outcome.failures.push(failure),
            }
            for warning in said {
                *warnings.entry(warning.to_string()).or_default() += 1;
            }
        }
        for digest in digests {
            inputs.update(digest);
        }
        outcome.inputs = hex(&inputs.finalize());
        outcome.warnings = warnings.into_iter().collect();
        outcome
    }

    /// Bakes everything and writes the tree `folder`, as the module documentation describes. If a bake fails, the old tree is
    /// kept.
    ///
    /// Errors: the tree cannot be written, or `folder` contains files that a fleet did not write.
    pub fn write(&self, folder: &Path, progress: &(dyn Fn(&Plan) + Sync)) -> Result<Written> {
        let tree = Tree::new(folder)?;
        let outcome = self.bake(|baked| self.put(baked, &|path, text| tree.write(path, text)), progress);
        let mut written = self.written(outcome)?;
        if !written.failures.is_empty() {
            return Ok(written);
        }
        written.changes = tree.commit(&written.index)?;
        Ok(written)
    }

    /// Bakes everything and compares it with the tree `folder`, which is not changed.
    ///
    /// Errors: a file of the tree cannot be read.
    pub fn compare(&self, folder: &Path, progress: &(dyn Fn(&Plan) + Sync)) -> Result<Written> {
        let outcome = self.bake(|baked| self.put(baked, &|_, _| Ok(())), progress);
        let mut written = self.written(outcome)?;
        written.changes = super::tree::compare(folder, &written.index)?;
        Ok(written)
    }

    /// Calls `write` with each file of a bake, and returns the entries of the index.
    fn put(
        &self,
        baked: &FleetBake<'_>,
        write: &(dyn Fn(&str, &[u8]) -> Result<()> + Sync),
    ) -> Result<Vec<(String, IndexFile)>> {
        let folder = format!("{}/{}", baked.plan.stack, baked.plan.service);
        let mut files = Vec::new();
        if self.options.per_object {
            for (name, text) in object_files(std::slice::from_ref(baked.manifest)) {
                files.push((format!("{folder}/{}/{name}", baked.chart), text));
            }
        } else if baked.manifest.objects().next().is_some() {
            let text = baked.manifest.to_vec(&WriteOptions::default());
            files.push((format!("{folder}/{}.yaml", baked.chart), text));
        }
        files
            .into_iter()
            .map(|(path, text)| {
                write(&path, &text)?;
                Ok((path, IndexFile::of(&text)))
            })
            .collect()
    }

    fn written(&self, outcome: Outcome<Vec<(String, IndexFile)>>) -> Result<Written> {
        let bakes = outcome.done.len();
        let mut files = BTreeMap::new();
        for (path, file) in outcome.done.into_iter().flatten() {
            if files.insert(path.clone(), file).is_some() {
                return Err(Error::new(ErrorKind::Usage, format!("two bakes would write {path}")));
            }
        }
        let index = Index {
            bake: env!("CARGO_PKG_VERSION").to_owned(),
            inputs: outcome.inputs,
            stacks: self.stacks.clone(),
            bakes,
            shard: self.options.shard,
            files,
        };
        Ok(Written { index, failures: outcome.failures, warnings: outcome.warnings, changes: Changes::default() })
    }

    /// Finishes a service: hashes its files and drops them.
    fn end(&self, service: &Running<'_>) -> [u8; 32] {
        *service.digest.get_or_init(|| {
            let digest = self.digest(service.work);
            self.baker.forget(&service.work.service);
            digest
        })
    }

    /// SHA-256 of the inputs of a service. Files are read, but not parsed.
    fn digest(&self, work: &Work) -> [u8; 32] {
        let limits = &self.options.bake.limits;
        let mut hash = Sha256::new();
        for (_, plan) in &work.plans {
            hash_all(&mut hash, [&*plan.service, &plan.stack, &plan.name, &plan.namespace]);
            hash_all(&mut hash, plan.cluster.kube_version.iter());
            hash_all(&mut hash, &plan.cluster.api_versions);
            let file = |layer: &PlanLayer| self.baker.file(&layer.path)?.digest(limits);
            // the bakes report files that cannot be read
            let Ok(digests) = plan.layers.iter().map(file).collect::<Result<Vec<_>>>() else { continue };
            for (layer, digest) in plan.layers.iter().zip(digests) {
                hash_all(&mut hash, [&layer.path]);
                hash.update(digest);
            }
            for (name, entry) in &plan.charts {
                let Some(digest) = self.charts.get(&(name.clone(), entry.path.clone())) else { continue };
                hash_all(&mut hash, [name]);
                hash.update(digest);
            }
        }
        hash.finalize().into()
    }

    /// Hashes the inputs that all bakes share.
    fn own_digest(&self) -> Sha256 {
        let mut hash = Sha256::new();
        hash_all(&mut hash, [env!("CARGO_PKG_VERSION"), if self.options.per_object { "objects" } else { "charts" }]);
        hash_all(&mut hash, &self.stacks);
        // no bake succeeds without it
        let BakeOptions { layers, limits, .. } = &self.options.bake;
        hash.update(layers.digest(limits).unwrap_or_default());
        hash
    }
}

impl Work {
    /// The plans of this part.
    fn mine(&self) -> impl Iterator<Item = &Plan> {
        self.plans.iter().filter(|(mine, _)| *mine).map(|(_, plan)| plan)
    }

    /// The number of bakes of this part.
    fn bakes(&self) -> usize {
        self.mine().map(|plan| plan.charts.len()).sum()
    }
}

impl<'w> Running<'w> {
    fn new(work: &'w Work) -> Self {
        Running { work, left: AtomicUsize::new(work.bakes()), digest: OnceLock::new() }
    }
}

/// Hashes texts with their lengths, so that different lists have different hashes.
fn hash_all(hash: &mut Sha256, texts: impl IntoIterator<Item = impl AsRef<str>>) {
    for text in texts {
        hash.update((text.as_ref().len() as u64).to_le_bytes());
        hash.update(text.as_ref());
    }
    hash.update([0xff]);
}

/// SHA-256 of a chart's files; for a built-in chart, of its name and the version of this library.
fn chart_digest(project: &Project, name: &str, entry: &ChartEntry) -> Result<[u8; 32]> {
    match &entry.path {
        Some(path) => project.files.digest(path),
        None => Ok(Sha256::digest(format!("{name} {}", env!("CARGO_PKG_VERSION"))).into()),
    }
}
