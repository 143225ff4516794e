//! One context of a run: limits and what is left of them, who says whether it may go on, clock and randomness, warnings.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::host::{Host, SystemHost};
use crate::limits::{Budget, Checkpoint, Limits};

/// Warnings that a run keeps; after these the rest is dropped.
const MOST_WARNINGS: usize = 10_000;

/// The context of one run. What a template engine needs of it is its [`Budget`], so `&run` serves where one is wanted.
///
/// A run stays on the thread that made it.
#[derive(Debug)]
pub struct Run {
    budget: Budget,
    host: Arc<dyn Host>,
    warnings: RefCell<Vec<Warning>>,
}

/// What Helm logs while it goes on. `{}` prints Helm's line.
///
/// ```
/// use bake::{Bake, Chart, WarningKind};
///
/// let chart = Chart::builtin("service")?;
/// let manifest = Bake::new(&chart).set("ports.http=8080").render()?;
/// for warning in &manifest.warnings {
///     eprintln!("{warning}");
/// }
/// assert!(manifest.warnings.iter().all(|warning| warning.kind() != WarningKind::Hook));
/// # Ok::<(), bake::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    kind: WarningKind,
    text: String,
}

/// What a [`Warning`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// The chart: it is deprecated, has links in its folder, or declares dependencies in an old way.
    Chart,
    /// The values: they do not fit a chart's own, a condition, a tag, an import or a schema.
    Values,
    /// A hook with an unknown event, which is left out.
    Hook,
}

impl Run {
    /// A run within these limits, with the system's clock and randomness.
    pub fn new(limits: Limits) -> Self {
        Run { budget: Budget::new(limits), host: Arc::new(SystemHost::default()), warnings: RefCell::new(Vec::new()) }
    }

    /// The same run, which ends when `checkpoint` says so; where there is none, nobody is asked.
    #[must_use]
    pub fn with_checkpoint(mut self, checkpoint: Option<Arc<dyn Checkpoint>>) -> Self {
        if let Some(checkpoint) = checkpoint {
            self.budget = self.budget.with_checkpoint(checkpoint);
        }
        self
    }

    /// The same run with another clock and other randomness.
    #[must_use]
    pub fn with_host(mut self, host: Arc<dyn Host>) -> Self {
        self.host = host;
        self
    }

    /// The clock and the randomness of the run.
    pub fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    /// Notes a warning.
    pub fn warn(&self, kind: WarningKind, text: impl Into<String>) {
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < MOST_WARNINGS {
            warnings.push(Warning { kind, text: text.into() });
        }
    }

    /// Notes warnings that were made before.
    pub fn warn_again(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.warn(warning.kind, warning.text.as_str());
        }
    }

    /// The warnings so far, in order.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.borrow().clone()
    }

    /// How many warnings there are so far.
    pub fn noted(&self) -> usize {
        self.warnings.borrow().len()
    }

    /// Takes the warnings after the first `noted` out of the run.
    pub fn take_warnings(&self, noted: usize) -> Vec<Warning> {
        let mut warnings = self.warnings.borrow_mut();
        let from = noted.min(warnings.len());
        warnings.split_off(from)
    }
}

impl Default for Run {
    /// A run within the limits of the command.
    fn default() -> Self {
        Run::new(Limits::default())
    }
}

impl Deref for Run {
    type Target = Budget;

    fn deref(&self) -> &Budget {
        &self.budget
    }
}

impl Warning {
    /// What it is about.
    pub fn kind(&self) -> WarningKind {
        self.kind
    }

    /// Helm's line.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_stay_in_order_up_to_a_limit() {
        let run = Run::default();
        (0..20_000).for_each(|number| run.warn(WarningKind::Values, number.to_string()));
        let warnings = run.take_warnings(2);
        assert_eq!((warnings.len(), run.noted()), (MOST_WARNINGS - 2, 2));
        assert_eq!((warnings[7].to_string(), warnings[7].kind()), ("9".to_owned(), WarningKind::Values));
        assert!(run.take_warnings(2).is_empty() && run.take_warnings(7).is_empty());
        run.warn_again(&warnings[..2]);
        assert_eq!(run.warnings()[2..], warnings[..2]);
    }
}
