//! Finds mistakes that render without an error but do not work: in values files, in rendered objects, and between the two.
//!
//! ```no_run
//! use bake::lint::Linter;
//! use bake::project::Project;
//! use bake::project::fleet::{Fleet, Options};
//!
//! let project = Project::find(".".as_ref())?;
//! for finding in Linter::new().fleet(&Fleet::new(&project, &Options::default())?) {
//!     println!("{}: {}", finding.rule.code, finding.message);
//! }
//! # Ok::<(), bake::Error>(())
//! ```
//!
//! A [`Linter`] bakes exactly what [`Fleet`](crate::project::fleet::Fleet) bakes. Every rule is one
//! file below `rules` and has a code that never changes. [`rules()`] lists them.

mod changing;
mod chart_keys;
mod field;
mod finding;
pub mod format;
mod kubernetes;
mod linter;
mod network;
mod objects;
mod path;
mod rule;
mod rules;
mod run;
mod schemas;
mod services;
#[cfg(test)]
mod testing;
mod text;
mod values_file;

pub use finding::{Finding, ObjectPath, Place};
pub use linter::Linter;
pub use rule::{Rule, Severity};

use crate::error::Result;

/// All rules, by code.
pub fn rules() -> &'static [Rule] {
    rules::RULES
}

/// The rule with a code or a name.
///
/// Errors: the rule does not exist; the hint names the nearest one.
pub fn find_rule(text: &str) -> Result<&'static Rule> {
    rules::find(text)
}
