//! A pipeline as Front50 keeps it, and a pipeline as this project wants it.

use gotemplate::error::{Error, ErrorKind, Result};
use uuid::Uuid;

use crate::json::{Json, Object};

/// A saved pipeline: a JSON object whose known keys are read by name and whose other keys stay as they are.
/// Spinnaker: `front50-api/.../model/pipeline/Pipeline.java`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline(Object);

/// What tells pipelines apart for people: the application and the name, both without regard to case. Front50 refuses a second
/// pipeline with the same key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PipelineKey {
    /// The application, in lower case.
    pub application: String,
    /// The name, trimmed and in lower case.
    pub name: String,
}

impl Pipeline {
    /// Reads a pipeline.
    ///
    /// Errors: the text is not JSON, or not an object.
    pub fn read(text: &[u8]) -> Result<Self> {
        Self::from_json(Json::read(text)?)
    }

    /// A pipeline of a JSON object.
    ///
    /// Errors: the value is not an object.
    pub fn from_json(json: Json) -> Result<Self> {
        match json {
            Json::Object(object) => Ok(Pipeline(object)),
            other => Err(Error::new(ErrorKind::Syntax, format!("a pipeline is a map, not a {}", other.type_name()))),
        }
    }

    /// The members, in their order.
    pub fn object(&self) -> &Object {
        &self.0
    }

    /// The members to change.
    pub fn object_mut(&mut self) -> &mut Object {
        &mut self.0
    }

    /// The pipeline as a JSON value.
    pub fn into_json(self) -> Json {
        Json::Object(self.0)
    }

    /// The value at a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key)
    }

    /// The id; none if it is not set or blank.
    pub fn id(&self) -> Option<&str> {
        self.text("id").filter(|id| !id.trim().is_empty())
    }

    /// The application; empty if it is not set.
    pub fn application(&self) -> &str {
        self.text("application").unwrap_or_default()
    }

    /// The name; empty if it is not set.
    pub fn name(&self) -> &str {
        self.text("name").unwrap_or_default()
    }

    /// The key by which Front50 tells pipelines apart.
    pub fn key(&self) -> PipelineKey {
        PipelineKey { application: self.application().to_lowercase(), name: self.name().trim().to_lowercase() }
    }

    /// The stages; none if there is no such list.
    pub fn stages(&self) -> &[Json] {
        self.get("stages").map(Json::items).unwrap_or_default()
    }

    /// Who made it: [`Mark::KEY`]. None for a pipeline that was made by hand.
    pub fn mark(&self) -> Option<Mark> {
        let mark = self.get(Mark::KEY)?;
        let text = |key: &str| mark.get(key).and_then(Json::as_str).map(str::to_owned);
        Some(Mark {
            project: text("project")?,
            template: text("template").unwrap_or_default(),
            service: text("service").unwrap_or_default(),
            stack: text("stack").unwrap_or_default(),
        })
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

/// The namespace of the ids: UUID version 5 of `bake.pipelines` as a name of DNS.
const IDS: Uuid = Uuid::from_u128(0xc0c8_71e6_7724_5da8_9795_e72b_7b96_b486);

/// What a generated pipeline carries, so that pruning and filters find it again. Front50 keeps keys that it does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    /// The project that owns the pipeline. Only its syncs prune it.
    pub project: String,
    /// The template.
    pub template: String,
    /// The service: `{product}/{namespace}/{app}` or what the project calls it.
    pub service: String,
    /// The stack.
    pub stack: String,
}

impl Mark {
    /// The key of the mark in a pipeline.
    pub const KEY: &str = "bake";

    /// The id of the pipeline, if neither its template nor a live pipeline says another: UUID version 5 of the mark.
    pub fn id(&self) -> String {
        self.id_of("pipeline", "")
    }

    /// The id of a part of the pipeline: its kind, such as `artifact`, and its name.
    pub fn id_of(&self, kind: &str, name: &str) -> String {
        // names have no line breaks, so no two lists of them make one text
        let text = [&*self.project, &*self.service, &*self.stack, &*self.template, kind, name].join("\n");
        Uuid::new_v5(&IDS, text.as_bytes()).to_string()
    }

    /// The value of [`Mark::KEY`].
    pub fn to_json(&self) -> Json {
        let pairs = [
            ("project", &self.project),
            ("template", &self.template),
            ("service", &self.service),
            ("stack", &self.stack),
        ];
        Json::Object(pairs.map(|(key, text)| (key.to_owned(), Json::from(text.as_str()))).into_iter().collect())
    }
}

/// A pipeline that should exist: what a template rendered, and for whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The pipeline as rendered, without [`Mark::KEY`].
    pub pipeline: Pipeline,
    /// Who owns it.
    pub mark: Mark,
}
