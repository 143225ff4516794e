//! The public API: [`Chart`], and [`Bake`], which becomes [`Prepared`] and then a [`Manifest`].

mod advice;
mod compile;
mod layered;
mod named;
mod render;
mod scope;
mod unclosed;

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use crate::chart::{self, Capabilities, Enabled, Links, Metadata, RenderValues};
use crate::error::{Error, ErrorKind, Result};
use crate::funcs::Outside;
use crate::host::{Host, SystemHost};
use crate::limits::{Checkpoint, Limits};
use crate::manifest::{self, Manifest, Rendered, SortOptions};
use crate::run::{Run, Warning, WarningKind};
use crate::schema::Problem;
use crate::value::{Map, Value};
use crate::values::explain::Step;
use crate::values::{Layer, LayerNames, Layered, Layers, ValuesFile};
use crate::yaml::Node;
use compile::Compiled;

pub use render::release_name;
pub(crate) use render::with_advice;

/// A loaded chart. Its templates are compiled on first use, and shared by all bakes and threads.
///
/// ```
/// let chart = bake::Chart::builtin("service")?;
/// assert_eq!(chart.name(), "service");
/// # Ok::<(), bake::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chart {
    chart: Arc<chart::Chart>,
    compiled: Arc<Compiled>,
}

impl Chart {
    /// Loads a chart from a folder or a `.tgz` archive, within the limits of the command.
    ///
    /// Errors: the path is not a chart, or Helm would refuse the chart (with Helm's text).
    pub fn load(path: impl AsRef<Path>) -> Result<Chart> {
        chart::Chart::load(path.as_ref(), &Limits::helm()).map(Chart::from)
    }

    /// Loads a chart within these limits. `links` says where symbolic links in its folder may lead.
    ///
    /// Errors: those of [`Chart::load`].
    pub fn load_with(path: impl AsRef<Path>, links: Links, limits: &Limits) -> Result<Chart> {
        chart::Chart::load_with_links(path.as_ref(), links, limits).map(Chart::from)
    }

    /// Loads a chart like [`Chart::load_with`]. If that fails, calls `warn` with the warnings that Helm logs before the error. The
    /// warnings of a loaded chart come with its bakes.
    ///
    /// Errors: those of [`Chart::load`].
    pub fn load_noting(
        path: impl AsRef<Path>,
        links: Links,
        limits: &Limits,
        warn: impl FnMut(&Warning),
    ) -> Result<Chart> {
        let run = Run::new(limits.clone());
        let loaded = Chart::load_in(path.as_ref(), links, &run);
        run.warnings().iter().for_each(warn);
        loaded
    }

    /// Loads a chart in a run, which gets the warnings that Helm logs before an error.
    pub(crate) fn load_in(path: &Path, links: Links, run: &Run) -> Result<Chart> {
        chart::Chart::load_in(path, links, run).map(Chart::from)
    }

    /// Loads a chart from the bytes of a `.tgz` archive.
    pub fn from_archive(bytes: &[u8], limits: &Limits) -> Result<Chart> {
        chart::Chart::from_archive(bytes, limits).map(Chart::from)
    }

    /// Creates a chart from its files.
    ///
    /// Errors: those of a chart folder with these files.
    pub fn from_files(files: Vec<chart::File>, limits: &Limits) -> Result<Chart> {
        chart::Chart::from_files(files, limits).map(Chart::from)
    }

    /// The names of the built-in charts.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        chart::Chart::builtin_names()
    }

    /// The files of a built-in chart, by their paths from its folder. Together they are a chart that Helm reads.
    ///
    /// Errors: those of [`Chart::builtin`].
    pub fn builtin_files(name: &str) -> Result<Vec<chart::File>> {
        chart::Chart::builtin_files(name)
    }

    /// A chart that comes with the library: `workload` or `service`.
    ///
    /// Errors: there is no built-in chart with that name; the message lists them.
    pub fn builtin(name: &str) -> Result<Chart> {
        chart::Chart::builtin(name).map(Chart::from)
    }

    /// Whether both are the same loaded chart.
    #[cfg(feature = "fleet")]
    pub(crate) fn is(&self, other: &Chart) -> bool {
        Arc::ptr_eq(&self.chart, &other.chart)
    }

    /// The chart's name.
    pub fn name(&self) -> &str {
        self.chart.name()
    }

    /// The content of Chart.yaml.
    pub fn metadata(&self) -> &Metadata {
        &self.chart.metadata
    }

    /// The text of values.schema.json, if the chart has one.
    pub fn schema(&self) -> Option<&[u8]> {
        self.chart.schema.as_deref()
    }

    /// The chart's own values.yaml.
    pub fn values(&self) -> &Node {
        &self.chart.values
    }
}

impl From<chart::Chart> for Chart {
    fn from(chart: chart::Chart) -> Self {
        Chart { compiled: Arc::new(Compiled::new(&chart)), chart: Arc::new(chart) }
    }
}

/// One bake: a chart, layers of values, a release and a cluster. Later layers win.
///
/// ```
/// use bake::{Bake, Chart};
///
/// let chart = Chart::builtin("workload")?;
/// let manifest = Bake::new(&chart)
///     .release("frontend")
///     .namespace("shop")
///     .values_text("values.yaml", b"image: registry.example/shop/frontend\nports: {http: 8080}\n")
///     .set("version=1.2.3")
///     .render()?;
/// let deployment = &manifest.documents[0];
/// assert_eq!(deployment.kind, "Deployment");
/// assert_eq!(deployment.name.as_deref(), Some("frontend"));
/// # Ok::<(), bake::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bake<'c> {
    chart: &'c Chart,
    release: String,
    namespace: String,
    is_upgrade: bool,
    skip_schema_validation: bool,
    outside: Outside,
    layers: Layers,
    capabilities: Capabilities,
    limits: Limits,
    host: Arc<dyn Host>,
    checkpoint: Option<Arc<dyn Checkpoint>>,
}

impl<'c> Bake<'c> {
    /// A bake of `chart` with its own values only, and the default names of `helm template`.
    pub fn new(chart: &'c Chart) -> Self {
        Bake {
            chart,
            release: "release-name".to_owned(),
            namespace: "default".to_owned(),
            is_upgrade: false,
            skip_schema_validation: false,
            outside: Outside::default(),
            layers: Layers::new(),
            capabilities: Capabilities::default_set(),
            limits: Limits::helm(),
            host: Arc::new(SystemHost::default()),
            checkpoint: None,
        }
    }

    /// The release name.
    #[must_use]
    pub fn release(mut self, name: impl Into<String>) -> Self {
        self.release = name.into();
        self
    }

    /// The namespace of the release.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Renders an upgrade: `.Release.IsUpgrade` is true.
    #[must_use]
    pub fn upgrade(mut self) -> Self {
        self.is_upgrade = true;
        self
    }

    /// Makes `lookup` fail instead of finding nothing. Helm: `--dry-run=server`, which asks a cluster.
    #[must_use]
    pub fn refuse_lookup(mut self) -> Self {
        self.outside.refuse_lookup = true;
        self
    }

    /// Makes `getHostByName` fail instead of returning an empty string. Helm: `--enable-dns`, which asks the network.
    #[must_use]
    pub fn refuse_names(mut self) -> Self {
        self.outside.refuse_names = true;
        self
    }

    /// Skips the validation with the chart's JSON schema.
    #[must_use]
    pub fn skip_schema_validation(mut self) -> Self {
        self.skip_schema_validation = true;
        self
    }

    /// A values file. It is read when the bake is prepared, which also reports its errors.
    #[must_use]
    pub fn values_file(self, path: impl AsRef<Path>) -> Self {
        self.layer(Layer::File(ValuesFile::at(path.as_ref())))
    }

    /// A values file given as text; errors call it `name`.
    #[must_use]
    pub fn values_text(self, name: impl Into<String>, text: &[u8]) -> Self {
        self.layer(Layer::File(ValuesFile::new(name, text)))
    }

    /// Adds a layer on top of those of its kind.
    #[must_use]
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Adds layers of all kinds, each on top of those of its kind. Bakes that share a [`ValuesFile`] read it once.
    #[must_use]
    pub fn layers(mut self, more: &Layers) -> Self {
        self.layers.extend(more.iter().cloned());
        self
    }

    /// A layer of values from anything that serializes to a map; errors call it `name`.
    ///
    /// Errors: the value does not serialize to JSON.
    pub fn values(self, name: impl Into<String>, values: &impl serde::Serialize) -> Result<Self> {
        // JSON is valid YAML
        let text = serde_json::to_vec(values).map_err(|e| Error::new(ErrorKind::Values, e.to_string()))?;
        Ok(self.values_text(name, &text))
    }

    /// `--set`: `key1=val1,key2=val2`.
    #[must_use]
    pub fn set(self, text: impl Into<String>) -> Self {
        self.layer(Layer::Set(text.into()))
    }

    /// `--set-string`: values that are always text.
    #[must_use]
    pub fn set_string(self, text: impl Into<String>) -> Self {
        self.layer(Layer::SetString(text.into()))
    }

    /// `--set-json`: values that are JSON.
    #[must_use]
    pub fn set_json(self, text: impl Into<String>) -> Self {
        self.layer(Layer::SetJson(text.into()))
    }

    /// `--set-file`: values from the content of files.
    #[must_use]
    pub fn set_file(self, text: impl Into<String>) -> Self {
        self.layer(Layer::SetFile(text.into()))
    }

    /// `--set-literal`: one value as literal text.
    #[must_use]
    pub fn set_literal(self, text: impl Into<String>) -> Self {
        self.layer(Layer::SetLiteral(text.into()))
    }

    /// The Kubernetes version that templates see.
    ///
    /// Errors: the text is not a version.
    pub fn kube_version(mut self, version: &str) -> Result<Self> {
        self.capabilities = self.capabilities.with_kube_version(version)?;
        Ok(self)
    }

    /// Sets the capabilities of the cluster, replacing earlier settings.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Adds an API version of the cluster (`monitoring.coreos.com/v1`).
    #[must_use]
    pub fn api_version(mut self, version: impl AsRef<str>) -> Self {
        self.capabilities = self.capabilities.with_api_versions([version]);
        self
    }

    /// Adds API versions of the cluster.
    #[must_use]
    pub fn api_versions<S: AsRef<str>>(mut self, versions: impl IntoIterator<Item = S>) -> Self {
        self.capabilities = self.capabilities.with_api_versions(versions);
        self
    }

    /// The limits of the bake.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The clock and the randomness that templates see.
    #[must_use]
    pub fn host(mut self, host: Arc<dyn Host>) -> Self {
        self.host = host;
        self
    }

    /// Polls `checkpoint` and cancels the bake with an error when it says so. Use it for deadlines. An `Arc<AtomicBool>` is a
    /// checkpoint: the bake ends soon after it becomes true.
    #[must_use]
    pub fn checkpoint(mut self, checkpoint: Arc<dyn Checkpoint>) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// The user's layers merged, without the chart's own values.
    ///
    /// Errors: those of [`Layers::merge`].
    pub fn layered(&self) -> Result<Layered> {
        let run = self.run();
        run.watch(|| self.layers.merge_in(&run))
    }

    /// The values of the subcharts alone, then those that templates would see before the first layer and after each one. Of
    /// charts at several levels the lowest come first, so that each step shows what the charts above change.
    ///
    /// Errors: those of [`Bake::prepare`] at any step.
    pub fn steps(&self) -> Result<Vec<Step>> {
        let run = self.run();
        run.watch(|| {
            let mut steps = Vec::new();
            let mut last = None;
            for step in self.layers.steps_in(&run)? {
                let Ready { enabled, values, names } = self.ready(&step.user, step.names, &run)?;
                steps.push(Step { values, names: names.clone(), user: step.user });
                last = Some((enabled, names));
            }
            let Some((enabled, names)) = last else { return Ok(steps) };
            let of_level = |level| {
                let values = chart::values_of_level(&enabled, level, &run)?;
                Ok(Step { values, names: names.clone(), user: chart::own_values_of_level(&enabled, level) })
            };
            let mut all: Vec<Step> = (0..=enabled.levels()).rev().map(of_level).collect::<Result<_>>()?;
            all.append(&mut steps);
            Ok(all)
        })
    }

    /// A run for this bake.
    fn run(&self) -> Run {
        Run::new(self.limits.clone()).with_checkpoint(self.checkpoint.clone()).with_host(Arc::clone(&self.host))
    }

    /// Does everything before rendering: layers, dependencies, defaults, schema.
    ///
    /// Errors: those that Helm reports before it renders, in its order.
    pub fn prepare(&self) -> Result<Prepared<'c>> {
        self.prepare_with(|_warning| {})
    }

    /// Like [`Bake::prepare`], and calls `warn` with what Helm would log so far, also before an error.
    ///
    /// Errors: those of [`Bake::prepare`].
    pub fn prepare_with(&self, warn: impl FnMut(&Warning)) -> Result<Prepared<'c>> {
        let run = Rc::new(self.run());
        let prepared = self.prepare_in(&run);
        run.warnings().iter().for_each(warn);
        prepared
    }

    /// Like [`Bake::prepare`] in a run, which gets the warnings. The limits, host and checkpoint of the run apply, not those of the
    /// bake.
    pub(crate) fn prepare_in(&self, run: &Rc<Run>) -> Result<Prepared<'c>> {
        let prepare = || {
            let Layered { values, names } = self.layers.merge_in(run)?;
            self.ready(&values, names, run)
        };
        let Ready { enabled, values, names } = run.watch(prepare)?;
        Ok(Prepared { bake: self.clone(), run: Rc::clone(run), enabled, values, names, noted: run.noted() })
    }

    /// Dependencies, defaults and schema for the user's values. Adds the charts' layers to `names`.
    fn ready(&self, user: &Map, mut names: LayerNames, run: &Run) -> Result<Ready> {
        let chart = &self.chart.chart;
        run.warn_again(&chart.warnings);
        chart::check_installable(&chart.metadata)?;
        if chart.metadata.deprecated {
            run.warn(WarningKind::Chart, "WARNING: This chart is deprecated");
        }
        chart::check_dependencies(chart, run)?;
        render::check_release_name(&self.release)?;
        let RenderValues { chart: enabled, values } =
            chart::to_render_values(chart, user, &mut names, self.skip_schema_validation, run)?;
        Ok(Ready { enabled, values, names })
    }

    /// Renders the chart.
    ///
    /// Errors: Helm's, with the place, the include chain and the origin of the value at fault.
    pub fn render(&self) -> Result<Manifest> {
        self.render_with(|_warning| {})
    }

    /// Like [`Bake::render`], and calls `warn` with each of [`Manifest::warnings`] in Helm's order, also before an error.
    ///
    /// ```
    /// use bake::{Bake, Chart};
    ///
    /// let chart = Chart::builtin("service")?;
    /// let mut warnings = Vec::new();
    /// let baked = Bake::new(&chart).set("ports.http=8080").render_with(|warning| warnings.push(warning.to_string()));
    /// assert!(baked.is_ok() && warnings.is_empty());
    /// # Ok::<(), bake::Error>(())
    /// ```
    ///
    /// Errors: those of [`Bake::render`].
    pub fn render_with(&self, mut warn: impl FnMut(&Warning)) -> Result<Manifest> {
        let prepared = self.prepare_with(&mut warn)?;
        prepared.manifest_with(prepared.render_files()?, warn)
    }
}

/// The charts and values of a bake.
struct Ready {
    enabled: Enabled,
    values: Map,
    names: LayerNames,
}

/// A bake with final values that is ready to be rendered. It stays on the thread that prepared it.
#[derive(Debug)]
pub struct Prepared<'c> {
    bake: Bake<'c>,
    run: Rc<Run>,
    enabled: Enabled,
    values: Map,
    names: LayerNames,
    /// The number of warnings when it was prepared.
    noted: usize,
}

impl Prepared<'_> {
    /// The values that the chart's templates see as `.Values`.
    pub fn values(&self) -> &Map {
        &self.values
    }

    /// The names of the layers of the values.
    pub fn names(&self) -> &LayerNames {
        &self.names
    }

    /// Every violation of the schemas of the chart and its subcharts, for callers that skipped validation in [`Bake::prepare`] with
    /// [`Bake::skip_schema_validation`]. Paths are those in the values of the chart.
    ///
    /// Errors: a schema does not compile, or a limit is reached.
    pub fn schema_problems(&self) -> Result<Vec<Problem>> {
        self.problems(true)
    }

    /// The violations of the schemas of the subcharts, if the chart's own was asked before.
    #[cfg(feature = "fleet")]
    pub(crate) fn subchart_problems(&self) -> Result<Vec<Problem>> {
        self.problems(false)
    }

    fn problems(&self, own: bool) -> Result<Vec<Problem>> {
        self.run.watch(|| {
            // what the user said, with its nulls
            let Layered { values: user, .. } = self.bake.layers.merge_in(&self.run)?;
            chart::schema_problems(&self.enabled, &self.values, &user, &self.names, own, &self.run)
        })
    }

    /// What Helm would have logged so far.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = self.run.warnings();
        warnings.truncate(self.noted);
        warnings
    }

    /// The text of every template that is not a partial, in Helm's order.
    ///
    /// Errors: a template does not parse or fails.
    pub fn render_files(&self) -> Result<Vec<Rendered>> {
        let metadata = &self.bake.chart.chart.metadata;
        chart::check_kube_version(metadata, &self.bake.capabilities.kube_version.version)?;
        self.run.watch(|| render::render(self, &self.run))
    }

    /// The manifest of the rendered files.
    ///
    /// Errors: a document is not valid YAML.
    pub fn manifest(&self, files: Vec<Rendered>) -> Result<Manifest> {
        self.manifest_with(files, |_warning| {})
    }

    /// The same, and calls `warn` with what Helm would log meanwhile, also before an error. Earlier warnings are not repeated, but are
    /// in [`Manifest::warnings`].
    ///
    /// Errors: a document is not valid YAML.
    pub fn manifest_with(&self, files: Vec<Rendered>, warn: impl FnMut(&Warning)) -> Result<Manifest> {
        // it may not be the first time
        self.run.take_warnings(self.noted);
        let options = SortOptions { chart_name: &self.enabled.name, sub_notes: false };
        let sorted = self.run.watch(|| manifest::sort_in(files, &options, &self.run));
        let warnings = self.run.warnings();
        warnings.iter().skip(self.noted).for_each(warn);
        let mut manifest = Manifest { warnings, ..sorted? };
        add_crds(&self.enabled, &mut manifest);
        Ok(manifest)
    }

    fn release_value(&self) -> Value {
        let bake = &self.bake;
        chart::release_map(&bake.release, &bake.namespace, bake.is_upgrade)
    }

    fn capabilities_value(&self) -> Value {
        chart::capabilities_object(&self.bake.capabilities)
    }
}

/// The CRDs of a chart, then those of its subcharts. Helm: `Chart.CRDObjects`.
fn add_crds(enabled: &Enabled, manifest: &mut Manifest) {
    let files = enabled.chart.files.iter().map(|f| (f.name.as_str(), &f.data));
    manifest.crds.extend(manifest::crd_documents(&enabled.path, files));
    enabled.dependencies.iter().for_each(|dependency| add_crds(dependency, manifest));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One chart serves all threads of a fleet or a service, and what a bake makes can be handed on.
    #[test]
    fn what_threads_share_can_be_shared() {
        fn shared<T: Send + Sync>() {}
        shared::<Chart>();
        shared::<Bake<'_>>();
        shared::<Manifest>();
        shared::<Error>();
    }
}
