//! The context of a run: limits and what remains of them, the checkpoint, clock and randomness, warnings.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::host::{Host, SystemHost};
use crate::limits::{Budget, Checkpoint, Limits};

/// Maximum number of warnings of a run; further ones are dropped.
const MOST_WARNINGS: usize = 10_000;

/// The context of one run. It dereferences to its [`Budget`], which is the part that the template engine needs.
///
/// A run stays on the thread that created it.
#[derive(Debug)]
pub struct Run {
    budget: Budget,
    host: Arc<dyn Host>,
    warnings: RefCell<Vec<Warning>>,
}

/// A warning that Helm logs. `{}` prints Helm's line.
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

/// The subject of a [`Warning`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// The chart: it is deprecated, has links in its folder, or declares dependencies in a deprecated way.
    Chart,
    /// The values: they do not fit the chart's defaults, a condition, a tag, an import or a schema.
    Values,
    /// A hook with an unknown event, which is left out.
    Hook,
}

impl Run {
    /// A run within these limits, with the system's clock and randomness.
    pub fn new(limits: Limits) -> Self {
        Run { budget: Budget::new(limits), host: Arc::new(SystemHost::default()), warnings: RefCell::new(Vec::new()) }
    }

    /// The same run with a checkpoint that can cancel it, if there is one.
    #[must_use]
    pub fn with_checkpoint(mut self, checkpoint: Option<Arc<dyn Checkpoint>>) -> Self {
        if let Some(checkpoint) = checkpoint {
            self.budget = self.budget.with_checkpoint(checkpoint);
        }
        self
    }

    /// The same run with another clock and randomness.
    #[must_use]
    pub fn with_host(mut self, host: Arc<dyn Host>) -> Self {
        self.host = host;
        self
    }

    /// The clock and the randomness of the run.
    pub fn host(&self) -> &Arc<dyn Host> {
        &self.host
    }

    /// Adds a warning.
    pub fn warn(&self, kind: WarningKind, text: impl Into<String>) {
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < MOST_WARNINGS {
            warnings.push(Warning { kind, text: text.into() });
        }
    }

    /// Adds earlier warnings.
    pub fn warn_again(&self, warnings: &[Warning]) {
        for warning in warnings {
            self.warn(warning.kind, warning.text.as_str());
        }
    }

    /// The warnings so far, in order.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.borrow().clone()
    }

    /// The number of warnings so far.
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
