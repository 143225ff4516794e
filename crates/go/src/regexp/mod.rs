//! Regular expressions as Go reads them. Go: `regexp`, `regexp/syntax`.

mod syntax;

pub use syntax::{Translated, translate};
