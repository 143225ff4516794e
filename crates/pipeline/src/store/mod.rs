//! Where pipelines are kept: a folder of JSON, or a Spinnaker installation through Front50 or Gate.

mod folder;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod spinnaker;

pub use folder::Folder;
#[cfg(feature = "http")]
pub use http::{Auth, HttpOptions};
#[cfg(feature = "http")]
pub use spinnaker::{Front50, Gate};

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{Pipeline, Result};

/// What a store has.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The pipelines, sorted by application and name.
    pub pipelines: Vec<Pipeline>,
    /// What cannot be read. One such object can stop every list of Front50.
    pub poison: Vec<Poison>,
}

/// An object of a store that is no pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poison {
    /// Its key: the path of a file, or what the server calls it.
    pub key: String,
    /// Why it cannot be read.
    pub reason: String,
}

/// What became of one pipeline of a save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The id of the pipeline.
    pub id: String,
    /// Why it was not saved, if it was not.
    pub refused: Option<String>,
}

/// A store of pipelines. Ids and names are compared without regard to case.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// What people call it: a path, or an address without credentials.
    fn name(&self) -> String;

    /// The least time between two saves of one pipeline. Front50 does not show the second of two within a second.
    fn pause(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    /// All pipelines, as far as the store can tell; those of `applications` at least.
    ///
    /// Errors: the store cannot be reached or refuses.
    async fn list(&self, applications: &[String]) -> Result<Listing>;

    /// The versions of a pipeline, newest first; none if the store keeps no versions.
    ///
    /// Errors: the store cannot be reached or refuses.
    async fn history(&self, id: &str, limit: usize) -> Result<Vec<Pipeline>>;

    /// Saves pipelines by their ids, each as a whole. Says of each whether the store took it; a list says whether it is there.
    ///
    /// Errors: the store cannot be reached. Then some may have been saved.
    async fn save(&self, pipelines: &[Pipeline]) -> Result<Vec<Saved>>;

    /// Deletes a pipeline.
    ///
    /// Errors: the store cannot be reached or refuses. A pipeline that is not there is no error.
    async fn delete(&self, pipeline: &Pipeline) -> Result<()>;
}
