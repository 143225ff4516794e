//! Regular expressions as Go reads them. Go: `regexp`, `regexp/syntax`.

mod compiled;
mod subject;
mod syntax;

pub use compiled::{Refused, Regexp};
pub use subject::Subject;
pub use syntax::{Translated, translate};
