//! What the bake stages of a pipeline would bake: each is run as `bake stage` runs it, with the project's charts and values
//! files, so that a pipeline whose bake fails is refused before it is saved.

use std::sync::Mutex;

use ::pipeline::check::Severity;
use ::pipeline::{Json, Mark, Object, Pipeline, Wanted};
use indexmap::IndexMap;
use rayon::prelude::*;

use super::Pipelines;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::project::{BakeOptions, Baker};
use crate::stage::{self, BUILTIN, BakeRequest, EMBEDDED, Failure, Input, StageBake, StageConfig};

/// A bake stage that is wrong, or that could not be tried.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BakeFinding {
    /// The code of the rule: P901 to P903.
    pub code: &'static str,
    /// The name of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The pipeline.
    pub mark: Mark,
    /// The JSON pointer of the value at fault.
    pub pointer: String,
    /// The path for people: `stages[bake-workload].overrides`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
}

/// Tries bake stages. Charts are loaded once; values files are read once.
#[derive(Debug)]
pub struct BakeCheck<'p> {
    pipelines: &'p Pipelines<'p>,
    baker: Baker<'p>,
    config: StageConfig,
    files: Mutex<IndexMap<String, Option<Vec<u8>>>>,
}

/// What became of the bake stages of a pipeline.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tried {
    /// What is wrong.
    pub findings: Vec<BakeFinding>,
    /// The manifest of each bake stage, by its refId.
    pub manifests: Vec<(String, String)>,
}

/// One bake stage.
struct Stage<'w> {
    mark: &'w Mark,
    pipeline: &'w Pipeline,
    number: usize,
    fields: &'w Json,
}

impl<'p> BakeCheck<'p> {
    /// A check with the charts and files of a project.
    pub fn new(pipelines: &'p Pipelines<'p>) -> Self {
        BakeCheck {
            pipelines,
            baker: pipelines.project().baker(BakeOptions::default()),
            config: StageConfig::new(Limits::server()),
            files: Mutex::default(),
        }
    }

    /// Tries the bake stages of these pipelines, in parallel on the threads of rayon's current pool, in the order of the
    /// pipelines.
    pub fn check(&self, wanted: &[Wanted]) -> Vec<Tried> {
        let one = |wanted: &Wanted| {
            let mut tried = Tried::default();
            for stage in stages(wanted) {
                match self.try_stage(&stage) {
                    Ok(manifest) => {
                        let id = stage.fields.get("refId").and_then(Json::as_str).unwrap_or_default();
                        tried.manifests.push((id.to_owned(), manifest));
                    }
                    Err(finding) => tried.findings.push(*finding),
                }
            }
            tried
        };
        wanted.par_iter().map(one).collect()
    }

    /// What a bake stage bakes.
    ///
    /// Errors: there is no such stage; it cannot be tried; the bake fails.
    pub fn bake(&self, wanted: &Wanted, ref_id: &str) -> Result<StageBake, Failure> {
        let named = |stage: &Stage<'_>| stage.fields.get("refId").and_then(Json::as_str) == Some(ref_id);
        let Some(stage) = stages(wanted).find(named) else {
            return Err(Failure::request(format!("the pipeline has no bake stage {ref_id:?}")));
        };
        let (request, inputs) =
            self.request(&stage, Sample::Text).map_err(|finding| Failure::request(finding.message))?;
        stage::bake(&request, inputs, &self.config, None)
    }

    /// The manifest of a stage.
    fn try_stage(&self, stage: &Stage<'_>) -> Result<String, Box<BakeFinding>> {
        let renderer = stage.fields.get("templateRenderer").and_then(Json::as_str).unwrap_or("HELM3");
        if !renderer.starts_with("HELM") || renderer == "HELMFILE" {
            let message = format!("the bake is not tried: {renderer} is not a renderer of bake");
            return Err(Box::new(stage.finding(UNTRIED, "templateRenderer", message, None)));
        }
        let mut last = None;
        // an expression whose value nobody knows may stand for a text, or for nothing that is set
        for sample in [Sample::Text, Sample::None] {
            let (request, inputs) = self.request(stage, sample)?;
            match stage::bake(&request, inputs, &self.config, None) {
                Ok(baked) => return Ok(baked.manifest),
                Err(failure) => last = last.or(Some(failure)),
            }
            if !stage.has_expressions() {
                break;
            }
        }
        let hint = match &last {
            Some(Failure::Bake { error, .. }) => error.hint().map(str::to_owned),
            _ => None,
        };
        let text = last.as_ref().map(Failure::message).unwrap_or_default();
        let message = format!("the bake fails: {}", text.trim().trim_start_matches("Error: "));
        Err(Box::new(stage.finding(FAILS, "", message, hint)))
    }

    /// The chart of the project that an artifact names.
    fn entry(&self, mark: &Mark, artifact: &str) -> Option<(String, crate::project::ChartEntry)> {
        let service = self.pipelines.services.get(&mark.service)?;
        let plan = self.baker.plan(service, &mark.stack).ok()?;
        let target = self.pipelines.target(mark).ok()?;
        let named = |name: &str| {
            let known = target.deployment.charts.iter().find(|chart| chart.name == name);
            known.is_some_and(|chart| chart.artifact.fields.get("name").and_then(Json::as_str) == Some(artifact))
                || name == artifact
        };
        plan.charts.into_iter().find(|(name, _)| named(name))
    }

    /// The request that Orca would send for a stage, and its inputs from the project.
    fn request(&self, stage: &Stage<'_>, sample: Sample) -> Result<(BakeRequest, Vec<Input>), Box<BakeFinding>> {
        let artifacts = stage.inputs();
        let mut inputs = Vec::new();
        for (number, artifact) in artifacts.iter().enumerate() {
            let place = format!("inputArtifacts/{number}");
            let text = |key: &str| artifact.get(key).and_then(Json::as_str).unwrap_or_default();
            let name = text("name");
            let input = match (number, text("type")) {
                (_, EMBEDDED) => {
                    let bytes = data_encoding::BASE64.decode(text("reference").as_bytes()).ok();
                    bytes
                        .map(Input::Bytes)
                        .ok_or_else(|| Box::new(stage.finding(UNTRIED, &place, NOT_TRIED.to_owned(), None)))?
                }
                (0, kind) => match self.entry(stage.mark, name) {
                    Some((name, entry)) => Input::Chart(
                        self.baker
                            .chart(&name, &entry)
                            .map_err(|error| Box::new(stage.finding(FAILS, &place, error.to_string(), None)))?,
                    ),
                    None if kind == BUILTIN => {
                        let chart = crate::Chart::builtin(name);
                        Input::Chart(
                            chart.map_err(|error| Box::new(stage.finding(FAILS, &place, error.to_string(), None)))?,
                        )
                    }
                    None => {
                        let message =
                            format!("the bake is not tried: {name:?} is not a chart of the service in this project");
                        let hint = Some("pipelines.charts.name in bake.yaml says how charts are called".to_owned());
                        return Err(Box::new(stage.finding(UNTRIED, &place, message, hint)));
                    }
                },
                _ => match self.file(name) {
                    Ok(Some(bytes)) => Input::Bytes(bytes),
                    Ok(None) => {
                        let message = format!("the values file {name} does not exist");
                        return Err(Box::new(stage.finding(MISSING, &place, message, None)));
                    }
                    Err(error) => return Err(Box::new(stage.finding(MISSING, &place, error.to_string(), None))),
                },
            };
            inputs.push(input);
        }
        let mut body = Object::new();
        let fields = [
            "templateRenderer",
            "outputName",
            "namespace",
            "rawOverrides",
            "includeCRDs",
            "helmChartFilePath",
            "apiVersions",
            "kubeVersion",
        ];
        for key in fields {
            if let Some(value) = stage.fields.get(key) {
                body.insert(key.to_owned(), stage.sampled(value, Sample::Text).unwrap_or_default());
            }
        }
        let overrides = stage.fields.get("overrides").and_then(Json::as_object).into_iter().flatten();
        let overrides = overrides.filter_map(|(key, value)| Some((key.clone(), stage.sampled(value, sample)?)));
        body.insert("overrides".to_owned(), Json::Object(overrides.collect()));
        body.insert("inputArtifacts".to_owned(), artifacts.into_iter().map(Json::Object).collect());
        let request = BakeRequest::from_json(Json::Object(body).to_string().as_bytes());
        let failed = |failure: Failure| Box::new(stage.finding(FAILS, "", failure.message().into_owned(), None));
        Ok((request.map_err(failed)?, inputs))
    }

    fn file(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut files = self.files.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = files.get(path) {
            return Ok(known.clone());
        }
        let is_inside = !path.starts_with('/') && !path.split('/').any(|part| part == "..");
        let bytes = if is_inside {
            self.pipelines.project().files.read(path, self.config.limits.values_file_bytes)?
        } else {
            None
        };
        files.insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }
}

/// What stands for an expression whose value is not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sample {
    /// A text that can be a version.
    Text,
    /// Nothing: the override is left out.
    None,
}

const FAILS: (&str, &str, Severity) = ("P901", "bake-fails", Severity::Error);
const MISSING: (&str, &str, Severity) = ("P902", "values-file-missing", Severity::Error);
const UNTRIED: (&str, &str, Severity) = ("P903", "bake-not-tried", Severity::Note);
const NOT_TRIED: &str = "the bake is not tried: an input is made by the run of the pipeline";
/// The value of an expression that nobody knows before a run.
const SAMPLE: &str = "1.0.0";

/// The bake stages of a pipeline.
fn stages(wanted: &Wanted) -> impl Iterator<Item = Stage<'_>> {
    let all = wanted.pipeline.stages().iter().enumerate();
    all.filter(|(_, stage)| stage.get("type").and_then(Json::as_str) == Some("bakeManifest"))
        .map(|(number, stage)| Stage { mark: &wanted.mark, pipeline: &wanted.pipeline, number, fields: stage })
}

impl Stage<'_> {
    fn finding(
        &self,
        (code, rule, severity): (&'static str, &'static str, Severity),
        below: &str,
        message: String,
        hint: Option<String>,
    ) -> BakeFinding {
        let id = self.fields.get("refId").and_then(Json::as_str).map_or_else(|| self.number.to_string(), str::to_owned);
        let (pointer, path) = match below {
            "" => (format!("/stages/{}", self.number), format!("stages[{id}]")),
            below => {
                let shown = below.split('/').map(|part| match part.parse::<usize>() {
                    Ok(number) => format!("[{number}]"),
                    Err(_) => format!(".{part}"),
                });
                (format!("/stages/{}/{below}", self.number), format!("stages[{id}]{}", shown.collect::<String>()))
            }
        };
        BakeFinding { code, rule, severity, mark: self.mark.clone(), pointer, path, message, hint }
    }

    /// The artifacts of the stage: what is expected under their ids by default, or what stands in the stage itself.
    fn inputs(&self) -> Vec<Object> {
        let inputs = self.fields.get("inputArtifacts").map(Json::items).unwrap_or_default();
        inputs.iter().filter_map(|input| self.input(input)).collect()
    }

    fn input(&self, input: &Json) -> Option<Object> {
        if let Some(own) = input.get("artifact").and_then(Json::as_object) {
            return Some(own.clone());
        }
        let id = input.get("id").and_then(Json::as_str)?;
        let top = self.pipeline.get("expectedArtifacts").map(Json::items).unwrap_or_default();
        let of_stages =
            self.pipeline.stages().iter().filter_map(|stage| stage.get("expectedArtifacts")).flat_map(Json::items);
        let all: Vec<&Json> = top.iter().chain(of_stages).collect();
        let is = |key: &str| all.iter().find(|artifact| artifact.get(key).and_then(Json::as_str) == Some(id));
        // a pipeline that is not identified yet refers by name
        let found = is("id").or_else(|| is("displayName"))?;
        let side = |key: &str| found.get(key).and_then(Json::as_object).filter(|side| side.contains_key("type"));
        side("defaultArtifact").or_else(|| side("matchArtifact")).cloned()
    }

    fn has_expressions(&self) -> bool {
        self.fields.get("overrides").is_some_and(|overrides| overrides.to_string().contains("${"))
    }

    /// The value with the defaults of parameters in the place of expressions; none for an override that is left out.
    fn sampled(&self, value: &Json, sample: Sample) -> Option<Json> {
        let Json::String(text) = value else { return Some(value.clone()) };
        if !text.contains("${") {
            return Some(value.clone());
        }
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let (expression, after) = after.split_once('}').unwrap_or((after, ""));
            match self.parameter(expression) {
                Some(known) => out.push_str(&known),
                None if sample == Sample::None => return None,
                None => out.push_str(SAMPLE),
            }
            rest = after;
        }
        out.push_str(rest);
        Some(Json::from(out))
    }

    /// The default of the parameter that an expression is, such as `parameters["version"]` or `trigger.parameters.version`.
    fn parameter(&self, expression: &str) -> Option<String> {
        let rest = expression.trim().trim_start_matches("trigger").trim_start_matches(['.', '[', '\'', '"']);
        let name = rest.strip_prefix("parameters")?.trim_matches(['.', '[', ']', '\'', '"', ' ']);
        let all = self.pipeline.get("parameterConfig").map(Json::items).unwrap_or_default();
        let found = all.iter().find(|parameter| parameter.get("name").and_then(Json::as_str) == Some(name))?;
        let default = match found.get("default")? {
            Json::String(text) => text.clone(),
            Json::Null => return None,
            other => other.to_string(),
        };
        (!default.is_empty()).then_some(default)
    }
}
