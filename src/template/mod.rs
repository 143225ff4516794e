//! Go's text/template: lexer, parser, compiled form, execution. Knows nothing of YAML, charts or Helm.

pub mod func;

pub use func::{Context, Func};
