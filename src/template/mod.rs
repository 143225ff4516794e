//! Go's text/template: lexer, parser, compiled form, execution. Knows nothing of YAML, charts or Helm.
//!
//! ```text
//! text --lex, parse--> Unit      one compiled text, shared by threads
//! Units --add--> Set             names linked to definitions
//! Set + value --Executor--> text one bake: functions, limits, errors
//! ```

mod builtins;
mod escape;
mod eval;
mod exec;
pub mod func;
mod lex;
mod literal;
mod parse;
mod set;
mod similar;
mod table;
#[cfg(test)]
mod tests;
mod unit;

pub use exec::{Executor, MissingKey};
pub use func::{Context, Func};
pub use parse::Compiler;
pub use set::Set;
pub use table::FuncTable;
pub use unit::Unit;
