//! The one way from a project to manifests. Charts are loaded once; values files are read and parsed once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::config::{ChartEntry, Cluster};
use super::once::Once;
use super::plan::Plan;
use super::services::{Project, Service};
use crate::bake::{Bake, Chart};
use crate::error::Result;
use crate::host::{Host, SystemHost};
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::run::Warning;
use crate::values::{Layer, Layers, ValuesFile};

/// The options of every bake of a project, which all commands that bake services share as flags.
#[derive(Clone, Debug)]
pub struct BakeOptions {
    /// Layers on top of each service's own.
    pub layers: Layers,
    /// The capabilities of the clusters, on top of those of the project.
    pub cluster: Cluster,
    /// The limits of each bake.
    pub limits: Limits,
    /// The clock and the randomness that templates see.
    pub host: Arc<dyn Host>,
}

impl Default for BakeOptions {
    fn default() -> Self {
        BakeOptions {
            layers: Layers::new(),
            cluster: Cluster::default(),
            limits: Limits::helm(),
            host: Arc::new(SystemHost::default()),
        }
    }
}

/// Bakes services of a project. It loads each chart once, and reads and parses each values file once; threads may share
/// it.
///
/// ```
/// use bake::Project;
/// use bake::project::BakeOptions;
///
/// let project = Project::open("testdata/apps".as_ref())?;
/// let baker = project.baker(BakeOptions::default());
/// // what `bake sample/web/frontend --stack prod` prints
/// for baked in baker.bake(&project.service_named("sample/web/frontend")?, "prod")? {
///     println!("{}: {} objects", baked.chart, baked.manifest.objects().count());
/// }
/// # Ok::<(), bake::Error>(())
/// ```
#[derive(Debug)]
pub struct Baker<'p> {
    project: &'p Project,
    options: BakeOptions,
    /// By the name and the path in the project's configuration.
    charts: Once<(String, Option<String>), Result<Chart>>,
    files: Once<String, Result<ValuesFile>>,
    read: AtomicUsize,
    /// The number of parsed files that were dropped.
    parsed: AtomicUsize,
}

/// One chart of a service, baked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Baked {
    /// The chart's name in the project.
    pub chart: String,
    /// Its manifest.
    pub manifest: Manifest,
}

/// The result for one chart of a plan.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The chart's name in the project.
    pub chart: String,
    /// The manifest, or the error.
    pub result: Result<Manifest>,
    /// The warnings that Helm would log on standard error, also if the bake failed.
    pub warnings: Vec<Warning>,
}

/// How many values files of a project a baker has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileCounts {
    /// The number of files that were read.
    pub read: usize,
    /// The number of files that were parsed.
    pub parsed: usize,
}

impl Project {
    /// A baker for the services of this project.
    pub fn baker(&self, options: BakeOptions) -> Baker<'_> {
        Baker {
            project: self,
            options,
            charts: Once::default(),
            files: Once::default(),
            read: AtomicUsize::new(0),
            parsed: AtomicUsize::new(0),
        }
    }
}

impl<'p> Baker<'p> {
    /// The project.
    pub fn project(&self) -> &'p Project {
        self.project
    }

    /// The options of every bake.
    pub fn options(&self) -> &BakeOptions {
        &self.options
    }

    /// The plan for a service in a stack: [`Project::plan`], with the cluster settings of the options.
    ///
    /// Errors: those of [`Project::plan`].
    pub fn plan(&self, service: &Service, stack: &str) -> Result<Plan> {
        let mut plan = self.project.plan(service, stack)?;
        plan.cluster = plan.cluster.with(&self.options.cluster);
        Ok(plan)
    }

    /// What `bake APP --stack STACK` prints: a manifest for each chart of the service, in the order in which the charts are
    /// deployed.
    ///
    /// Errors: those of [`Project::plan`]; the error of the first chart that cannot be loaded or baked.
    pub fn bake(&self, service: &Service, stack: &str) -> Result<Vec<Baked>> {
        let attempts = self.attempts(&self.plan(service, stack)?);
        attempts.into_iter().map(|Attempt { chart, result, .. }| Ok(Baked { chart, manifest: result? })).collect()
    }

    /// The results for the charts of a plan, in parallel on the threads of rayon's current pool.
    #[cfg(feature = "fleet")]
    pub fn attempts(&self, plan: &Plan) -> Vec<Attempt> {
        use rayon::prelude::*;
        if let [(name, entry)] = plan.charts.as_slice() {
            // another thread would not help
            return vec![self.attempt(plan, name, entry)];
        }
        plan.charts.par_iter().map(|(name, entry)| self.attempt(plan, name, entry)).collect()
    }

    /// The results for the charts of a plan.
    #[cfg(not(feature = "fleet"))]
    pub fn attempts(&self, plan: &Plan) -> Vec<Attempt> {
        plan.charts.iter().map(|(name, entry)| self.attempt(plan, name, entry)).collect()
    }

    /// The result for one chart of a plan.
    pub fn attempt(&self, plan: &Plan, name: &str, entry: &ChartEntry) -> Attempt {
        let mut warnings = Vec::new();
        let baked = self
            .chart(name, entry)
            .and_then(|chart| self.prepare(plan, &chart)?.render_with(|warning| warnings.push(warning.clone())));
        Attempt { chart: name.to_owned(), result: baked, warnings }
    }

    /// A bake of a chart for a plan, with all layers.
    ///
    /// Errors: a layer cannot be read, the Kubernetes version is not valid.
    pub fn prepare<'c>(&self, plan: &Plan, chart: &'c Chart) -> Result<Bake<'c>> {
        let host = self.options.host.for_one_bake().unwrap_or_else(|| Arc::clone(&self.options.host));
        Ok(plan.bake(chart, &self.options.limits)?.host(host).layers(&self.layers(plan)?))
    }

    /// The layers of a plan, and those of the options on top.
    ///
    /// Errors: a layer cannot be read.
    pub fn layers(&self, plan: &Plan) -> Result<Layers> {
        let own = plan.layers.iter().map(|layer| self.file(&layer.path).map(Layer::File));
        let mut layers: Layers = own.collect::<Result<_>>()?;
        layers.extend(self.options.layers.iter().cloned());
        Ok(layers)
    }

    /// A chart of the project, loaded on first use.
    ///
    /// Errors: those of [`Project::load_chart`].
    pub fn chart(&self, name: &str, entry: &ChartEntry) -> Result<Chart> {
        let key = (name.to_owned(), entry.path.clone());
        let chart = self.charts.get(key, || self.project.open_chart(name, entry, &self.options.limits))?;
        entry.check_version(name, &chart.metadata().version)?;
        Ok(chart)
    }

    /// The charts that were loaded.
    #[cfg(feature = "fleet")]
    pub(crate) fn charts(&self) -> Vec<Chart> {
        self.charts.made().into_iter().flatten().collect()
    }

    /// A values file of the project, read on first use and parsed when a bake first needs it.
    ///
    /// Errors: the file is missing or cannot be read.
    pub fn file(&self, path: &str) -> Result<ValuesFile> {
        self.files.get(path.to_owned(), || {
            let file = self.project.layer(path, &self.options.limits)?;
            self.read.fetch_add(1, Ordering::Relaxed);
            Ok(file)
        })
    }

    /// Drops the values files in the folder of a service after its last bake, so that a fleet of any size takes the memory of a
    /// few services.
    pub fn forget(&self, service: &Service) {
        let gone = self.files.forget(&format!("{}/", service.folder));
        self.parsed.fetch_add(parsed(&gone), Ordering::Relaxed);
    }

    /// How many values files were read so far, and how many of them parsed.
    pub fn counts(&self) -> FileCounts {
        let kept = parsed(&self.files.made());
        FileCounts { read: self.read.load(Ordering::Relaxed), parsed: self.parsed.load(Ordering::Relaxed) + kept }
    }
}

fn parsed(files: &[Result<ValuesFile>]) -> usize {
    files.iter().flatten().filter(|file| file.is_parsed()).count()
}
