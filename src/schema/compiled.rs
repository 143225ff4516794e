//! A compiled schema: its documents, and the schemas in them by number.

use std::sync::OnceLock;

use super::lazy::Lazy;
use super::rules::{Id, Sch, pointer};
use super::url::encode;
use crate::values::json::Doc;

/// A compiled schema with all that it refers to.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    /// The documents; a schema names its own by number.
    pub docs: Vec<SchemaSource>,
    /// The schemas; number 0 is where checking starts.
    pub schemas: Schemas,
    /// Whether what a reference means depends on the way to it.
    pub dynamic: bool,
    /// What Helm logs.
    pub warnings: Vec<String>,
}

/// The schemas of a [`Compiled`].
#[derive(Debug)]
pub(super) enum Schemas {
    /// All of them.
    Ready(Vec<Sch>),
    /// Compiled when a value first reaches them; their numbers are those of their nodes.
    Lazy(Box<Lazy>),
}

impl Default for Schemas {
    fn default() -> Self {
        Schemas::Ready(Vec::new())
    }
}

/// A document and its URL.
#[derive(Debug, Default)]
pub(super) struct SchemaSource {
    pub url: String,
    pub doc: Doc,
}

impl Compiled {
    /// The schema of a number.
    pub(super) fn get(&self, id: Id) -> Option<&Sch> {
        match &self.schemas {
            Schemas::Ready(schemas) => schemas.get(id as usize),
            Schemas::Lazy(lazy) => lazy.get(id, &self.docs.first()?.doc),
        }
    }

    /// The place of a schema: the URL of its document and a JSON pointer.
    pub(super) fn location(&self, id: Id) -> String {
        let Some(schema) = self.get(id) else { return String::new() };
        let Some(source) = self.docs.get(schema.source) else { return String::new() };
        format!("{}#{}", source.url, encode(pointer(&source.doc, schema.node).as_bytes()))
    }

    /// The document that a schema is part of.
    pub(super) fn doc(&self, schema: &Sch) -> &Doc {
        static EMPTY: OnceLock<Doc> = OnceLock::new();
        self.docs.get(schema.source).map_or_else(|| EMPTY.get_or_init(Doc::default), |source| &source.doc)
    }
}
