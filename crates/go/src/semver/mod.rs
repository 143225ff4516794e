//! Semantic versions and version ranges, with the rules and the leniency of Masterminds/semver v3.5.0.

mod constraint;
mod version;

pub use constraint::Constraint;
pub use version::Version;
