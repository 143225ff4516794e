//! Validates values with a chart's JSON schema, drafts 4 to 2020-12, with Helm's error texts.
//! Helm: `pkg/chartutil/jsonschema.go`, which uses santhosh-tekuri/jsonschema v6.
//!
//! A schema cannot read files or use the network: such a reference is an error (D-05).

mod advice;
mod automaton;
mod blame;
mod check;
mod compile;
mod compiled;
mod document;
mod draft;
mod equal;
mod fault;
mod format;
mod keywords;
mod lazy;
mod number;
mod outline;
mod pattern;
mod places;
mod precheck;
mod problem;
mod rules;
mod url;

use std::sync::{Arc, OnceLock};

pub(crate) use blame::Surroundings;
use check::Checker;
use compiled::Compiled;
#[cfg(feature = "fleet")]
pub(crate) use outline::Outline;
pub use problem::Problem;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::cancelled;
use crate::run::Run;
use crate::value::{Map, Str, Value};
use crate::values::LayerNames;
use crate::values::sources::Sources;

/// Why a schema refuses values.
pub(crate) struct Refusal {
    /// Helm's text.
    pub text: String,
    /// Each fault, with its origin and a hint.
    pub problems: Vec<Problem>,
}

/// A compiled schema, shared by threads.
#[derive(Debug)]
pub struct Schema {
    compiled: Compiled,
}

impl Schema {
    /// Compiles the text of a `values.schema.json`. Errors have Helm's text, or name the limit.
    pub fn compile(text: &Str, run: &Run) -> Result<Schema> {
        Ok(Schema { compiled: Compiled::compile(text, run)? })
    }

    /// Validates values. The error has Helm's text: one line per fault, indented below its parent.
    pub fn validate(&self, values: &Map, run: &Run) -> Result<()> {
        match self.refusal(values, &Surroundings::new(&Sources::new(&LayerNames::new(), run)), run)? {
            None => Ok(()),
            Some(refusal) => Err(Error::new(ErrorKind::Schema, refusal.text)),
        }
    }

    /// What is wrong with values of which more is known than themselves; `None` if they are valid.
    ///
    /// Errors: a limit is reached.
    pub(crate) fn refusal(&self, values: &Map, around: &Surroundings<'_>, run: &Run) -> Result<Option<Refusal>> {
        let value = Value::Map(values.clone());
        let Some(fault) = Checker::check(&self.compiled, &value, run.limits.schema_depth, run)? else {
            return Ok(None);
        };
        let text = fault.text(run.limits.error_bytes);
        let problems = match self.compiled.docs.first() {
            Some(source) => blame::problems(&fault, &source.doc, &value, around, &run.limits),
            None => problem::of(&fault),
        };
        Ok(Some(Refusal { text: format!("{}\n", text.trim_start_matches('\n')), problems }))
    }

    /// The violations as a list with one problem per place, for a linter. It is empty if the values are valid.
    ///
    /// Errors: a limit is reached.
    pub fn problems(&self, values: &Value, run: &Run) -> Result<Vec<Problem>> {
        let fault = Checker::check(&self.compiled, values, run.limits.schema_depth, run)?;
        Ok(fault.map_or_else(Vec::new, |fault| problem::of(&fault)))
    }

    /// The warnings that Helm logs when it compiles the schema.
    pub fn warnings(&self) -> &[String] {
        &self.compiled.warnings
    }
}

/// A slot for a compiled schema, shared by its clones. The first caller that needs the schema compiles it.
#[derive(Clone, Debug, Default)]
pub struct SchemaCell(Arc<OnceLock<Result<Arc<Schema>>>>);

impl SchemaCell {
    /// The schema, compiled from `text` unless it was before. Errors as [`Schema::compile`].
    pub fn get(&self, text: &Str, run: &Run) -> Result<Arc<Schema>> {
        if !run.is_watched() {
            return self.0.get_or_init(|| Schema::compile(text, run).map(Arc::new)).clone();
        }
        if let Some(known) = self.0.get() {
            return known.clone();
        }
        // others do not wait for a bake that may be held back, and do not see where it was stopped
        let compiled = Schema::compile(text, run).map(Arc::new);
        if run.is_over() {
            return Err(cancelled());
        }
        self.0.get_or_init(|| compiled).clone()
    }
}

#[cfg(test)]
mod tests;
