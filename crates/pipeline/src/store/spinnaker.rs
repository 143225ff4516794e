//! Pipelines in Front50, directly or through Gate. What the real service does stands in comments where it is not what one expects.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;

use super::folder::without_id;
use super::http::{Answer, Http, HttpOptions};
use super::{Listing, Poison, Saved, Store};
use crate::{Error, ErrorKind, Json, Pipeline, Result};

/// How many pipelines one request saves. Front50 takes batches of any size; a smaller one fails alone.
const CHUNK: usize = 50;

/// Front50's own API, as services within the cluster reach it. Spinnaker: `front50-web/.../PipelineController.java`.
#[derive(Debug)]
pub struct Front50(Http);

/// Gate, the API that people and CI reach. Spinnaker: `gate-web/.../PipelineController.java`.
#[derive(Debug)]
pub struct Gate(Http);

impl Front50 {
    /// The store at an address such as `http://spin-front50.spinnaker:8080`.
    ///
    /// Errors: the address or a certificate is not valid.
    pub fn new(address: &str, options: HttpOptions) -> Result<Front50> {
        Http::new(address, options).map(Front50)
    }
}

impl Gate {
    /// The store behind an address such as `https://gate.example`.
    ///
    /// Errors: the address or a certificate is not valid.
    pub fn new(address: &str, options: HttpOptions) -> Result<Gate> {
        Http::new(address, options).map(Gate)
    }
}

#[async_trait]
impl Store for Front50 {
    fn name(&self) -> String {
        self.0.name()
    }

    fn pause(&self) -> Duration {
        // of two versions within one second, its cache keeps the first
        Duration::from_millis(1100)
    }

    async fn list(&self, _applications: &[String]) -> Result<Listing> {
        listing(&self.0.ask(Method::GET, &["pipelines"], &[], None).await?)
    }

    async fn history(&self, id: &str, limit: usize) -> Result<Vec<Pipeline>> {
        let limit = limit.to_string();
        let answer = self.0.ask(Method::GET, &["pipelines", id, "history"], &[("limit", &limit)], None).await?;
        pipelines(&answer.json()?)
    }

    async fn save(&self, pipelines: &[Pipeline]) -> Result<Vec<Saved>> {
        batches(&self.0, &["pipelines", "batchUpdate"], &[], pipelines).await
    }

    async fn delete(&self, pipeline: &Pipeline) -> Result<()> {
        delete(&self.0, pipeline).await
    }
}

#[async_trait]
impl Store for Gate {
    fn name(&self) -> String {
        self.0.name()
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(1100)
    }

    async fn list(&self, applications: &[String]) -> Result<Listing> {
        let mut all = Listing::default();
        for application in applications {
            let path = ["applications", application, "pipelineConfigs"];
            let answer = self.0.ask(Method::GET, &path, &[], None).await?;
            // an application that nobody has made yet has no pipelines
            if answer.status.as_u16() == 404 {
                continue;
            }
            let found = listing(&answer)?;
            all.pipelines.extend(found.pipelines);
            all.poison.extend(found.poison);
        }
        Ok(all)
    }

    async fn history(&self, id: &str, limit: usize) -> Result<Vec<Pipeline>> {
        let limit = limit.to_string();
        let answer = self.0.ask(Method::GET, &["pipelineConfigs", id, "history"], &[("limit", &limit)], None).await?;
        pipelines(&answer.json()?)
    }

    async fn save(&self, pipelines: &[Pipeline]) -> Result<Vec<Saved>> {
        // Gate runs it as a task of an application, and takes any name for that
        let of = [("application", "bulk_save_placeholder_app")];
        batches(&self.0, &["pipelines", "bulksave"], &of, pipelines).await
    }

    async fn delete(&self, pipeline: &Pipeline) -> Result<()> {
        delete(&self.0, pipeline).await
    }
}

/// The pipelines of an answer. One object that Front50 cannot read makes every list an error that names its key.
fn listing(answer: &Answer) -> Result<Listing> {
    let message = answer.message();
    if answer.status.is_server_error()
        && let Some((_, key)) = message.split_once("(key: ")
    {
        let key = key.trim_end_matches(')').to_owned();
        let hint = "remove or mend that object in the storage; Front50 recovers within a minute";
        let error =
            Error::new(ErrorKind::Store, format!("Front50 cannot read the object {key:?}, which stops every list"));
        return Err(error.with_hint(hint.to_owned()));
    }
    let mut found = Listing::default();
    for item in answer.json()?.items() {
        match Pipeline::from_json(item.clone()) {
            Ok(pipeline) => found.pipelines.push(pipeline),
            Err(error) => found
                .poison
                .push(Poison { key: item.to_string().chars().take(80).collect(), reason: error.to_string() }),
        }
    }
    found.pipelines.sort_by_key(Pipeline::key);
    Ok(found)
}

fn pipelines(list: &Json) -> Result<Vec<Pipeline>> {
    list.items().iter().cloned().map(Pipeline::from_json).collect()
}

/// Saves in chunks. The answer names what failed as it was sent, with `errorMsg`, and what succeeded by name alone, so that only
/// ids tell them apart.
async fn batches(http: &Http, path: &[&str], query: &[(&str, &str)], pipelines: &[Pipeline]) -> Result<Vec<Saved>> {
    let mut saved = Vec::new();
    for chunk in pipelines.chunks(CHUNK) {
        if let Some(bare) = chunk.iter().find(|pipeline| pipeline.id().is_none()) {
            return Err(without_id(bare));
        }
        let body: Json = chunk.iter().map(|pipeline| pipeline.clone().into_json()).collect();
        let answer = http.ask(Method::POST, path, query, Some(&body)).await?.json()?;
        let failed = answer.get("failed_pipelines").map(Json::items).unwrap_or_default();
        for id in chunk.iter().filter_map(Pipeline::id) {
            let refusal = failed.iter().find(|item| item.get("id").and_then(Json::as_str) == Some(id));
            let refused = refusal.map(|item| {
                let text = item.get("errorMsg").and_then(Json::as_str).unwrap_or("the server gives no reason");
                text.to_owned()
            });
            saved.push(Saved { id: id.to_owned(), refused });
        }
    }
    Ok(saved)
}

/// Front50 deletes by application and name only.
async fn delete(http: &Http, pipeline: &Pipeline) -> Result<()> {
    let name = pipeline.name();
    // Spring refuses these in a path, however they are escaped
    if name.contains(['/', '\\', ';', '%', '\n', '\r']) || [".", ".."].contains(&name) {
        let message =
            format!("{}/{name} cannot be deleted: Front50 finds no pipeline with such a name", pipeline.application());
        return Err(Error::new(ErrorKind::Store, message).with_hint("rename it first".to_owned()));
    }
    let answer = http.ask(Method::DELETE, &["pipelines", pipeline.application(), name], &[], None).await?;
    match answer.status.as_u16() {
        200..=299 | 404 => Ok(()),
        _ => Err(answer.error()),
    }
}
