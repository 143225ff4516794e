//! The bake stage of a delivery pipeline: what Spinnaker's Rosco does for a "Bake (Manifest)" stage with a Helm chart, without
//! HTTP. A request names a chart and values as artifacts; the result is an artifact with the manifest.
//!
//! ```
//! use bake::stage::{self, Artifact, BakeRequest, Input, StageConfig};
//!
//! let request = BakeRequest::from_json(br#"{
//!     "templateRenderer": "HELM3", "outputName": "web", "outputArtifactName": "web-deploy",
//!     "inputArtifacts": [{"type": "builtin/chart", "name": "service"}, {"type": "github/file", "name": "values.yaml"}]
//! }"#)?;
//! let inputs = vec![Input::Chart(bake::Chart::builtin("service").unwrap()), Input::Bytes(b"ports: {http: 8080}".to_vec())];
//! let artifact: Artifact = stage::bake(&request, inputs, &StageConfig::default(), None)?.artifact();
//! assert_eq!(artifact.kind(), "embedded/base64");
//! # Ok::<(), stage::Failure>(())
//! ```
//!
//! [`fetch`] gets the inputs from [`ArtifactStore`]s. The manifest equals the output of this command line after
//! [`without_tests`]:
//!
//! ```text
//! helm template OUTPUT_NAME CHART [--namespace N] [--include-crds] [--api-versions A] [--kube-version K]
//!     [--set-string|--set OVERRIDES] [--values FILE,FILE]
//! ```

mod artifact;
mod cache;
mod failure;
mod filter;
mod jackson;
mod overrides;
mod request;
mod source;

use std::rc::Rc;
use std::sync::Arc;

pub use artifact::{Artifact, BUILTIN, EMBEDDED};
pub use cache::ChartCache;
#[cfg(feature = "server")]
pub(crate) use failure::middle_out;
pub use failure::{Failure, FetchError};
pub use filter::without_tests;
pub use overrides::{Flag, OverrideMode, Overrides};
pub use request::{BakeRequest, Renderer};
pub use source::{ArtifactStore, Builtin, Embedded, Fetching, Folder, Input, fetch};

use crate::bake::{Bake, Chart, with_advice};
use crate::chart::{self, Capabilities, Links};
use crate::error::{Error, ErrorKind, Result as BakeResult};
use crate::host::{Host, SystemHost};
use crate::limits::{Checkpoint, Limits};
use crate::manifest::WriteOptions;
use crate::run::{Run, Warning};
use crate::values::{Layers, ValuesFile, csv};
use request::said;

/// The configuration that all bakes of a process share.
#[derive(Debug)]
pub struct StageConfig {
    /// The limits of each bake.
    pub limits: Limits,
    /// How overrides become values.
    pub overrides: OverrideMode,
    /// In Rosco's mode, overrides of at least this many bytes become a values file; 0 means never. Rosco:
    /// `helm.overridesFileThreshold`.
    pub overrides_file_threshold: usize,
    /// The cache of charts.
    pub charts: ChartCache,
    /// The clock and the randomness that templates see.
    pub host: Arc<dyn Host>,
}

impl StageConfig {
    /// A configuration with these limits and without a cache.
    pub fn new(limits: Limits) -> Self {
        StageConfig {
            limits,
            overrides: OverrideMode::default(),
            overrides_file_threshold: 0,
            charts: ChartCache::new(0),
            host: Arc::new(SystemHost::default()),
        }
    }
}

impl Default for StageConfig {
    fn default() -> Self {
        StageConfig::new(Limits::server())
    }
}

/// The result of a bake.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StageBake {
    /// The manifest without the tests of the chart.
    pub manifest: String,
    /// The warnings that Helm would log on standard error.
    pub warnings: Vec<Warning>,
    /// The name of the artifact.
    pub artifact_name: Option<String>,
}

impl StageBake {
    /// The artifact of type `embedded/base64` with the manifest.
    pub fn artifact(&self) -> Artifact {
        Artifact::embedded(self.artifact_name.as_deref(), self.manifest.as_bytes())
    }
}

/// Bakes a request with its inputs, which are in the order of its artifacts. `checkpoint` can cancel the bake.
///
/// Errors: the request is incomplete, or the bake fails.
pub fn bake(
    request: &BakeRequest,
    inputs: Vec<Input>,
    config: &StageConfig,
    checkpoint: Option<&Arc<dyn Checkpoint>>,
) -> Result<StageBake, Failure> {
    request.check()?;
    let flags = request.overrides.flags(config.overrides, request.raw_overrides, config.overrides_file_threshold)?;
    let run = Run::new(config.limits.clone()).with_checkpoint(checkpoint.cloned()).with_host(Arc::clone(&config.host));
    let run = Rc::new(run);
    let baked = run.watch(|| render(request, inputs, &flags, config, &run));
    let warnings = run.warnings();
    match baked {
        Ok(manifest) => Ok(StageBake { manifest, warnings, artifact_name: request.output_artifact_name.clone() }),
        Err(error) => Err(Failure::Bake { error: capped(error, config.limits.error_bytes), warnings }),
    }
}

fn render(
    request: &BakeRequest,
    inputs: Vec<Input>,
    flags: &[Flag],
    config: &StageConfig,
    run: &Rc<Run>,
) -> BakeResult<String> {
    let mut inputs = inputs.into_iter();
    let chart = inputs.next().map_or_else(|| Err(no_chart()), |input| load(request, input, config, run));
    let capabilities = capabilities(request)?;
    let layers = layers(request, inputs, flags, run)?;
    let chart = match chart {
        Ok(chart) => chart,
        Err(error) => {
            // Helm reads flags and values before the chart, so their errors come first
            layers.merge_in(run)?;
            return Err(error);
        }
    };
    let mut bake = Bake::new(&chart)
        .layers(&layers)
        .capabilities(capabilities)
        .release(request.output_name.as_deref().unwrap_or_default());
    if let Some(namespace) = request.namespace() {
        bake = bake.namespace(namespace);
    }
    let prepared = bake.prepare_in(run)?;
    let manifest = prepared.render_files().and_then(|files| prepared.manifest(files)).map_err(with_advice)?;
    let options = WriteOptions {
        include_crds: request.include_crds && request.template_renderer == Some(Renderer::Helm3),
        ..WriteOptions::default()
    };
    Ok(without_tests(manifest.to_vec(&options)))
}

/// The layers of a request: its artifacts, then its overrides.
fn layers(request: &BakeRequest, inputs: impl Iterator<Item = Input>, flags: &[Flag], run: &Run) -> BakeResult<Layers> {
    let mut layers = Layers::new();
    let (_, values) = request.chart_and_values();
    for (artifact, input) in values.iter().zip(inputs) {
        match input {
            Input::Bytes(text) => layers = layers.file(ValuesFile::new(artifact.name(), text)),
            Input::Chart(_) | Input::Folder(_) => {
                let text = format!("{} is a folder, not a values file", artifact.name());
                return Err(Error::new(ErrorKind::Values, text));
            }
        }
    }
    for flag in flags {
        layers = match flag {
            Flag::SetJson(line) => layers.set_json(line),
            Flag::Set(line) => layers.set(line),
            Flag::SetString(line) => layers.set_string(line),
            Flag::File { line, typed } => {
                // JSON is valid YAML
                let line = if *typed { Layers::new().set(line) } else { Layers::new().set_string(line) };
                layers.file(ValuesFile::new(OVERRIDES_FILE, line.to_json(run)?))
            }
        };
    }
    Ok(layers)
}

/// The chart of an input, from the cache if its bytes are known.
fn load(request: &BakeRequest, input: Input, config: &StageConfig, run: &Run) -> BakeResult<Chart> {
    let bytes = match input {
        Input::Chart(chart) => return Ok(chart),
        Input::Folder(path) => return Chart::load_in(&path, Links::Inside, run),
        Input::Bytes(bytes) => bytes,
    };
    let (artifact, _) = request.chart_and_values();
    let (kind, name) = artifact.map(|a| (a.kind(), a.name())).unwrap_or_default();
    if matches!(kind, "git/repo" | "helm/image") {
        let path = said(request.helm_chart_file_path.as_ref()).unwrap_or_default();
        return config.charts.get(&bytes, Some(path), || {
            // what is kept was not stopped on the way
            run.watch(|| chart::Chart::from_repository(&bytes, path, run))
        });
    }
    config.charts.get(&bytes, None, || {
        chart::ensure_archive(name, bytes.get(..512).unwrap_or(&bytes))?;
        run.watch(|| chart::Chart::from_archive_in(&bytes, run))
    })
}

/// The name of the overrides file in errors. In Rosco, it is random.
const OVERRIDES_FILE: &str = "overrides.yml";

fn no_chart() -> Error {
    Error::new(ErrorKind::Usage, "the request has no chart")
}

/// The API versions of the request. Rosco passes one string; Helm reads it as a line of CSV.
fn capabilities(request: &BakeRequest) -> BakeResult<Capabilities> {
    let mut capabilities = Capabilities::default_set();
    if let Some(versions) = said(request.api_versions.as_ref()) {
        capabilities = capabilities.with_api_versions(csv::items("-a, --api-versions", &[versions.to_owned()])?);
    }
    match said(request.kube_version.as_ref()) {
        Some(version) => capabilities.with_kube_version(version),
        None => Ok(capabilities),
    }
}

/// Cuts the message of an error to at most `max` bytes: its beginning and its end.
fn capped(error: Error, max: usize) -> Error {
    let text = error.message();
    if text.len() <= max {
        return error;
    }
    let head = text.floor_char_boundary(max / 2);
    let tail = text.ceil_char_boundary(text.len() - max / 2);
    let (head, tail) = (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default());
    let message = format!("{head} [{} bytes left out] {tail}", text.len() - head.len() - tail.len());
    error.with_message(message)
}
