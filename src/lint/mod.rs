//! Looks for what bakes well and still goes wrong: in values files, in rendered objects, and between the two.
//!
//! ```no_run
//! use bake::lint::Linter;
//! use bake::project::App;
//!
//! let linter = Linter::new()?;
//! for finding in linter.app(&App::open("deploy-values/shop/web/frontend")?, &[])? {
//!     println!("{}: {}", finding.rule.code, finding.message);
//! }
//! # Ok::<(), bake::Error>(())
//! ```
//!
//! A [`Linter`] holds what all services share (compiled charts, schemas, settings), and can be used by many threads at
//! once. Every rule is one file below `rules`, with a code that never changes: [`rules()`] is the table of them.

mod declared;
mod finding;
pub mod format;
mod linter;
mod path;
mod quantity;
mod rule;
mod rules;
mod scene;
mod schemas;
mod sheet;
#[cfg(test)]
mod testing;

pub use finding::{Finding, ObjectPath, Place, Severity};
pub use linter::Linter;
pub use rule::Rule;

use crate::error::Result;
use crate::project::App;

/// All rules, by code.
pub fn rules() -> &'static [Rule] {
    rules::RULES
}

/// The rule of a code or a name.
///
/// Errors: there is none; the hint names the nearest.
pub fn find_rule(text: &str) -> Result<&'static Rule> {
    rule::find(text)
}

/// Lints all stacks of a service with the built-in charts.
///
/// Errors: a file cannot be read. What is wrong in it is a finding.
pub fn lint_app(app: &App) -> Result<Vec<Finding>> {
    Linter::new()?.app(app, &[])
}
