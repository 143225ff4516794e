//! What templates call: stable ids, checked references, and stages that know the charts and values files of the service.

use std::sync::{Arc, Mutex, PoisonError};

use gotemplate::error::{Error, ErrorKind, Result};
use minijinja::value::{Kwargs, Object as JinjaObject, ObjectRepr, Rest, Serde, Value, ValueKind};
use minijinja::{Environment, Error as JinjaError, ErrorKind as JinjaKind, Output, State};

use super::{FACTS, Target};
use crate::catalog::Catalog;
use crate::{Json, Mark, Object, Pipeline};

/// An artifact that a bake reads: a chart or a values file, with the account that fetches it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Artifact {
    /// The name of the artifact in the pipeline, for people and for `artifact("NAME")`.
    pub name: String,
    /// The account; empty: none.
    pub account: String,
    /// The fields with which its store finds it: `type`, `name`, `version`, `reference`.
    pub fields: Object,
}

/// A chart that a service is deployed with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeploymentChart {
    /// Its name in the project: `workload`.
    pub name: String,
    /// Where a pipeline gets it.
    pub artifact: Artifact,
}

/// How a service is deployed in a stack: what `bake APP --stack STACK` uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Deployment {
    /// The name of the release.
    pub release: String,
    /// The namespace.
    pub namespace: String,
    /// Spinnaker's account of the cluster.
    pub account: String,
    /// The charts, in the order in which they are deployed.
    pub charts: Vec<DeploymentChart>,
    /// The folder of the service in the project.
    pub folder: String,
    /// The paths of the values files in the project, lowest first.
    pub files: Vec<String>,
    /// Where a pipeline gets a values file: `{path}` in its name and its fields is the path.
    pub file: Artifact,
    /// The Kubernetes version that templates see, if the project says one.
    pub kube_version: Option<String>,
    /// API versions in addition to the default ones.
    pub api_versions: Vec<String>,
}

impl Deployment {
    /// Where a pipeline gets the values file of a path in the project.
    pub fn artifact_of(&self, path: &str) -> Artifact {
        let fill = |text: &str| text.replace("{path}", path);
        let fields = self.file.fields.iter().map(|(key, value)| match value {
            Json::String(text) => (key.clone(), Json::from(fill(text))),
            other => (key.clone(), other.clone()),
        });
        Artifact { name: fill(&self.file.name), account: self.file.account.clone(), fields: fields.collect() }
    }

    /// The artifacts of the values files, and of more files in the folder of the service.
    fn values(&self, more: &[String]) -> Vec<Artifact> {
        let below = more.iter().map(|file| format!("{}/{file}", self.folder));
        self.files.iter().cloned().chain(below).map(|path| self.artifact_of(&path)).collect()
    }
}

/// What the functions of one pipeline know, and which references it made.
#[derive(Debug)]
pub(super) struct Facts {
    mark: Mark,
    application: String,
    deployment: Arc<Deployment>,
    /// The applications of all services, and which pipelines there are.
    catalog: Arc<Catalog>,
    /// The names that `artifact()` was called with.
    artifacts: Mutex<Vec<String>>,
}

impl JinjaObject for Facts {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Facts {
    pub(super) fn new(target: &Target) -> Facts {
        let service = target.catalog.services.get(&target.mark.service);
        Facts {
            mark: target.mark.clone(),
            application: service.map(|service| application(service).to_owned()).unwrap_or_default(),
            deployment: Arc::clone(&target.deployment),
            catalog: Arc::clone(&target.catalog),
            artifacts: Mutex::default(),
        }
    }

    /// The variables of the template, besides its parameters.
    pub(super) fn variables(&self, target: &Target) -> Vec<(&'static str, Value)> {
        let service = target.catalog.services.get(&target.mark.service).cloned().unwrap_or_default();
        let deployment = &self.deployment;
        let namespace = if deployment.namespace.is_empty() { service.namespace } else { deployment.namespace.clone() };
        let release = if deployment.release.is_empty() { service.name.clone() } else { deployment.release.clone() };
        let mut all: Vec<(&'static str, Value)> = [
            ("account", deployment.account.clone()),
            ("app", service.name.clone()),
            ("app_name", service.name),
            ("application", self.application.clone()),
            ("git_repo", service.repository),
            ("namespace", namespace),
            ("product", service.product),
            ("project", self.mark.project.clone()),
            ("release", release),
            ("service", self.mark.service.clone()),
            ("stack", self.mark.stack.clone()),
            ("team", service.team),
            ("template", self.mark.template.clone()),
        ]
        .into_iter()
        .map(|(name, text)| (name, Value::from(text)))
        .collect();
        all.push(("charts", deployment.charts.iter().map(|chart| chart.name.clone()).collect()));
        all.push(("values_files", deployment.files.iter().cloned().collect()));
        all
    }

    /// Checks that each artifact that was referred to is there.
    ///
    /// Errors: one is not; with the JSON pointer of the first field that holds its id.
    pub(super) fn check(&self, pipeline: &Pipeline) -> std::result::Result<(), (Error, String)> {
        let called = self.artifacts.lock().unwrap_or_else(PoisonError::into_inner);
        if called.is_empty() {
            return Ok(());
        }
        let top = pipeline.get("expectedArtifacts").map(Json::items).unwrap_or_default();
        let of_stages =
            pipeline.stages().iter().filter_map(|stage| stage.get("expectedArtifacts")).flat_map(Json::items);
        let expected: Vec<&Json> = top.iter().chain(of_stages).collect();
        let text = |artifact: &Json, key: &str| artifact.get(key).and_then(Json::as_str).map(str::to_owned);
        for name in called.iter() {
            let id = self.mark.id_of("artifact", name);
            if expected.iter().any(|artifact| text(artifact, "id").as_deref() == Some(&*id)) {
                continue;
            }
            let names: Vec<String> = expected.iter().filter_map(|artifact| text(artifact, "displayName")).collect();
            let error =
                Error::new(ErrorKind::Execute, format!("artifact({name:?}): the pipeline expects no such artifact"));
            let error = if names.iter().any(|known| known == name) {
                error.with_hint(format!("give it this id: `id: {{{{ artifact({name:?}) }}}}` beside its displayName"))
            } else {
                error.did_you_mean(name, names.iter().map(String::as_str))
            };
            let whole = Json::Object(pipeline.object().clone());
            return Err((error, pointer_to(&whole, &id).unwrap_or_default()));
        }
        Ok(())
    }

    fn artifact(&self, name: &str) -> String {
        let mut called = self.artifacts.lock().unwrap_or_else(PoisonError::into_inner);
        if !called.iter().any(|known| known == name) {
            called.push(name.to_owned());
        }
        self.mark.id_of("artifact", name)
    }

    /// The mark of another pipeline.
    fn other(&self, template: &str, service: Option<&str>, stack: Option<&str>) -> Result<Mark> {
        let service = match service {
            Some(name) => self.catalog.service_named(name, &self.mark.service)?,
            None => &self.mark.service,
        };
        let stack = stack.unwrap_or(&self.mark.stack);
        if self.catalog.has(service, stack, template) {
            return Ok(self.catalog.mark(service, stack, template));
        }
        let text = format!("pipeline({template:?}): service {service} has no such pipeline in stack {stack:?}");
        let stacks = self.catalog.services.get(service).map(|service| &service.stacks);
        let here = stacks.and_then(|stacks| stacks.get(stack));
        let error = Error::new(ErrorKind::Execute, text);
        Err(match here {
            Some(at) => error.did_you_mean(template, at.templates.iter().map(String::as_str)),
            None => error.did_you_mean(stack, stacks.into_iter().flat_map(|stacks| stacks.keys()).map(String::as_str)),
        })
    }

    /// The charts of these names, or all.
    fn charts(&self, names: &[String]) -> Result<Vec<&DeploymentChart>> {
        if names.is_empty() {
            return Ok(self.deployment.charts.iter().collect());
        }
        names.iter().map(|name| self.chart(name)).collect()
    }

    fn chart(&self, name: &str) -> Result<&DeploymentChart> {
        let charts = &self.deployment.charts;
        charts.iter().find(|chart| chart.name == name).ok_or_else(|| {
            let names: Vec<&str> = charts.iter().map(|chart| chart.name.as_str()).collect();
            let text =
                format!("the service is not deployed with a chart {name:?}; its charts are: {}", names.join(", "));
            Error::new(ErrorKind::Execute, text).did_you_mean(name, names.iter().copied())
        })
    }

    /// The charts of these names and the values files, as a pipeline expects them.
    fn expected(&self, names: &[String], files: &[String]) -> Result<Json> {
        let charts = self.charts(names)?.into_iter().map(|chart| &chart.artifact);
        let files = self.deployment.values(files);
        Ok(charts.chain(&files).map(|artifact| self.expected_artifact(artifact)).collect())
    }

    fn expected_artifact(&self, artifact: &Artifact) -> Json {
        let id = self.mark.id_of("artifact", &artifact.name);
        let account =
            (!artifact.account.is_empty()).then(|| ("artifactAccount", Json::from(artifact.account.as_str())));
        let side = |id: String, with_version: bool| {
            let fields =
                artifact.fields.iter().filter(|(key, _)| with_version || matches!(key.as_str(), "type" | "name"));
            let fields = fields.map(|(key, value)| (key.as_str(), value.clone()));
            object(account.iter().cloned().chain(fields).chain([("id", Json::from(id))]))
        };
        object([
            ("id", Json::from(id)),
            ("displayName", Json::from(artifact.name.as_str())),
            ("matchArtifact", side(self.mark.id_of("match", &artifact.name), false)),
            ("useDefaultArtifact", Json::Bool(true)),
            ("defaultArtifact", side(self.mark.id_of("default", &artifact.name), true)),
            ("usePriorArtifact", Json::Bool(false)),
        ])
    }

    /// The artifact that the bake of a chart makes.
    fn baked(&self, chart: &str) -> String {
        format!("{}-{chart}", self.deployment.release)
    }

    fn bake_stage(&self, chart: &DeploymentChart, options: &Stage) -> Json {
        let output = options.text("artifact").unwrap_or_else(|| self.baked(&chart.name));
        let input = |artifact: &Artifact| {
            let id = ("id", Json::from(self.artifact(&artifact.name)));
            let account = (!artifact.account.is_empty()).then(|| ("account", Json::from(artifact.account.as_str())));
            object(account.into_iter().chain([id]))
        };
        let files = self.deployment.values(&options.texts("files"));
        let inputs: Json = std::iter::once(&chart.artifact).chain(&files).map(input).collect();
        let id = self.mark.id_of("artifact", &output);
        let expected = object([
            ("id", Json::from(id.as_str())),
            ("displayName", Json::from(output.as_str())),
            (
                "matchArtifact",
                object([
                    ("artifactAccount", Json::from("embedded-artifact")),
                    ("customKind", Json::Bool(false)),
                    ("id", Json::from(self.mark.id_of("match", &output))),
                    ("name", Json::from(output.as_str())),
                    ("type", Json::from("embedded/base64")),
                ]),
            ),
            ("useDefaultArtifact", Json::Bool(false)),
            (
                "defaultArtifact",
                object([("customKind", Json::Bool(true)), ("id", Json::from(self.mark.id_of("default", &output)))]),
            ),
            ("usePriorArtifact", Json::Bool(false)),
        ]);
        let mut fields = options.head(&format!("bake-{}", chart.name), &format!("Bake {}", chart.name), "bakeManifest");
        fields.extend(
            [
                ("templateRenderer", Json::from("HELM3")),
                ("outputName", Json::from(self.deployment.release.as_str())),
                ("namespace", Json::from(self.deployment.namespace.as_str())),
                ("inputArtifacts", inputs),
                ("overrides", options.get("overrides").unwrap_or_else(|| Json::Object(Object::new()))),
                ("expectedArtifacts", Json::Array(vec![expected])),
            ]
            .map(|(key, value)| (key.to_owned(), value)),
        );
        if let Some(version) = &self.deployment.kube_version {
            fields.insert("kubeVersion".to_owned(), Json::from(version.as_str()));
        }
        if !self.deployment.api_versions.is_empty() {
            fields.insert("apiVersions".to_owned(), Json::from(self.deployment.api_versions.join(",")));
        }
        options.finish(fields, &["artifact", "files", "overrides"])
    }

    fn deploy_stage(&self, chart: &str, options: &Stage) -> Json {
        let artifact = options.text("artifact").unwrap_or_else(|| self.baked(chart));
        let account = options.text("account").unwrap_or_else(|| self.deployment.account.clone());
        let mut fields = options.head(&format!("deploy-{chart}"), &format!("Deploy {chart}"), "deployManifest");
        fields.extend(
            [
                ("account", Json::from(account)),
                ("cloudProvider", Json::from("kubernetes")),
                ("source", Json::from("artifact")),
                ("manifestArtifactId", Json::from(self.artifact(&artifact))),
                ("manifestArtifactAccount", Json::from("embedded-artifact")),
                ("moniker", object([("app", Json::from(self.application.as_str()))])),
                // the manifest is not a text of Spinnaker's: `${` in it is the application's own
                ("skipExpressionEvaluation", Json::Bool(true)),
            ]
            .map(|(key, value)| (key.to_owned(), value)),
        );
        options.finish(fields, &["artifact", "account"])
    }

    fn pipeline_stage(&self, template: &str, options: &Stage) -> Result<Json> {
        let mark = self.other(template, options.text("service").as_deref(), options.text("stack").as_deref())?;
        let other = self.catalog.services.get(&mark.service).map(|service| application(service).to_owned());
        let mut fields = options.head(template, &format!("Run {template}"), "pipeline");
        fields.extend(
            [
                ("application", Json::from(other.unwrap_or_default())),
                ("pipeline", Json::from(mark.id())),
                ("pipelineParameters", options.get("parameters").unwrap_or_else(|| Json::Object(Object::new()))),
                ("waitForCompletion", Json::Bool(true)),
            ]
            .map(|(key, value)| (key.to_owned(), value)),
        );
        Ok(options.finish(fields, &["service", "stack", "parameters"]))
    }
}

/// The application of a service.
pub(crate) fn application(service: &crate::catalog::Service) -> &str {
    if service.application.is_empty() { &service.name } else { &service.application }
}

/// The keyword arguments of a function that makes a stage. What it does not know are fields of the stage.
struct Stage(Object);

impl Stage {
    fn new(kwargs: &Kwargs) -> std::result::Result<Stage, JinjaError> {
        let mut fields = Object::new();
        for name in kwargs.args() {
            let value: &Value = kwargs.peek(name)?;
            fields.insert(name.to_owned(), json(value)?);
        }
        Ok(Stage(fields))
    }

    fn get(&self, name: &str) -> Option<Json> {
        self.0.get(name).cloned()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let items = self.0.get(name).map(Json::items).unwrap_or_default();
        items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    fn head(&self, id: &str, name: &str, kind: &str) -> Object {
        let mut head = Object::new();
        head.insert("refId".to_owned(), Json::from(self.text("refId").unwrap_or_else(|| id.to_owned())));
        head.insert("name".to_owned(), Json::from(self.text("name").unwrap_or_else(|| name.to_owned())));
        let after = match self.get("after") {
            Some(Json::String(one)) => Json::Array(vec![Json::String(one)]),
            Some(many) => many,
            None => Json::Array(Vec::new()),
        };
        head.insert("requisiteStageRefIds".to_owned(), after);
        head.insert("type".to_owned(), Json::from(kind));
        head
    }

    fn finish(&self, mut fields: Object, own: &[&str]) -> Json {
        let known = |name: &str| matches!(name, "refId" | "name" | "after") || own.contains(&name);
        fields
            .extend(self.0.iter().filter(|(name, _)| !known(name)).map(|(name, value)| (name.clone(), value.clone())));
        Json::Object(fields)
    }
}

fn object<'k>(entries: impl IntoIterator<Item = (&'k str, Json)>) -> Json {
    Json::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The JSON pointer of the first text that is equal to `wanted` and is not the id of what it stands in.
fn pointer_to(value: &Json, wanted: &str) -> Option<String> {
    let below = |step: &str, value: &Json| pointer_to(value, wanted).map(|rest| format!("/{step}{rest}"));
    match value {
        Json::String(text) if text == wanted => Some(String::new()),
        Json::Array(items) => items.iter().enumerate().find_map(|(i, item)| below(&i.to_string(), item)),
        Json::Object(object) => {
            object.iter().find_map(|(key, item)| below(&key.replace('~', "~0").replace('/', "~1"), item))
        }
        _ => None,
    }
}

/// A value of Jinja as JSON.
fn json(value: &Value) -> std::result::Result<Json, JinjaError> {
    let wrong = |error: String| JinjaError::new(JinjaKind::BadSerialization, error);
    let text = serde_json::to_string(value).map_err(|error| wrong(error.to_string()))?;
    Json::read(text.as_bytes()).map_err(|error| wrong(error.to_string()))
}

/// Prints a value: texts as they are, everything else as JSON, which is YAML too.
pub(super) fn print(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> std::result::Result<(), JinjaError> {
    match value.kind() {
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable => Ok(write(out, &json(value)?.to_string())?),
        ValueKind::None => Ok(write(out, "null")?),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn write(out: &mut Output<'_>, text: &str) -> std::result::Result<(), JinjaError> {
    out.write_str(text).map_err(|error| JinjaError::new(JinjaKind::WriteFailure, error.to_string()))
}

fn facts(state: &State<'_, '_>) -> std::result::Result<Arc<Facts>, JinjaError> {
    let found = state.get_extension::<Current>().map(|current| Arc::clone(&current.0));
    found.ok_or_else(|| JinjaError::new(JinjaKind::InvalidOperation, "this function needs the pipeline it is for"))
}

fn failed(error: Error) -> JinjaError {
    super::failure::into_jinja(error)
}

/// What stands before each template: functions then find their pipeline in macros and imports too, which see no variables.
pub(super) const BEGIN: &str = "{{ _begin() }}";

/// The facts of the pipeline that is rendered.
struct Current(Arc<Facts>);

/// The functions of templates.
pub(super) fn add(jinja: &mut Environment<'static>) {
    type Answer = std::result::Result<Value, JinjaError>;
    fn stage(value: &Json) -> Value {
        Value::from(Serde(value))
    }
    jinja.add_function("_begin", |state: &mut State<'_, '_>| -> Answer {
        let facts = state.lookup(FACTS).and_then(|value| value.downcast_object::<Facts>());
        if let Some(facts) = facts {
            state.get_or_insert_extension(Current(facts));
        }
        Ok(Value::from(""))
    });
    jinja.add_function("uuid", |state: &State<'_, '_>, name: String| -> Answer {
        Ok(Value::from(facts(state)?.mark.id_of("uuid", &name)))
    });
    jinja.add_function("trigger", |state: &State<'_, '_>, name: String| -> Answer {
        Ok(Value::from(facts(state)?.mark.id_of("trigger", &name)))
    });
    jinja.add_function("artifact", |state: &State<'_, '_>, name: String| -> Answer {
        Ok(Value::from(facts(state)?.artifact(&name)))
    });
    jinja.add_function("pipeline", |state: &State<'_, '_>, template: Option<String>, kwargs: Kwargs| -> Answer {
        let facts = facts(state)?;
        let (service, stack): (Option<String>, Option<String>) = (kwargs.get("service")?, kwargs.get("stack")?);
        kwargs.assert_all_used()?;
        let template = template.unwrap_or_else(|| facts.mark.template.clone());
        let mark = facts.other(&template, service.as_deref(), stack.as_deref()).map_err(failed)?;
        Ok(Value::from(mark.id()))
    });
    jinja.add_function("bake_artifacts", |state: &State<'_, '_>, charts: Rest<String>, kwargs: Kwargs| -> Answer {
        let files: Option<Vec<String>> = kwargs.get("files")?;
        kwargs.assert_all_used()?;
        Ok(stage(&facts(state)?.expected(&charts, &files.unwrap_or_default()).map_err(failed)?))
    });
    jinja.add_function("bake_stage", |state: &State<'_, '_>, chart: String, kwargs: Kwargs| -> Answer {
        let facts = facts(state)?;
        let chart = facts.chart(&chart).map_err(failed)?;
        Ok(stage(&facts.bake_stage(chart, &Stage::new(&kwargs)?)))
    });
    jinja.add_function("deploy_stage", |state: &State<'_, '_>, chart: String, kwargs: Kwargs| -> Answer {
        let facts = facts(state)?;
        Ok(stage(&facts.deploy_stage(&chart, &Stage::new(&kwargs)?)))
    });
    jinja.add_function("pipeline_stage", |state: &State<'_, '_>, template: String, kwargs: Kwargs| -> Answer {
        Ok(stage(&facts(state)?.pipeline_stage(&template, &Stage::new(&kwargs)?).map_err(failed)?))
    });
}
