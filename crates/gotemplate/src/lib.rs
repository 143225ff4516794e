#![doc = include_str!("../README.md")]
//!
//! # How a text becomes output
//!
//! ```text
//! text --lex, parse--> Unit      one compiled text, shared by threads
//! Units --add--> Set             names linked to definitions
//! Set + value --Executor--> text one bake: functions, limits, errors
//! ```

mod builtins;
pub mod error;
mod escape;
mod eval;
mod exec;
mod failure;
pub mod func;
pub mod host;
mod lex;
pub mod limits;
mod literal;
mod loops;
mod missing;
mod parse;
mod set;
mod table;
#[cfg(test)]
mod tests;
mod unit;
mod val;
pub mod value;

pub use exec::{Executor, MissingKey};
pub use func::{Context, Func};
pub use parse::Compiler;
pub use set::Set;
pub use table::FuncTable;
pub use unit::Unit;

pub use error::{Error, ErrorKind, Result};
pub use limits::{Budget, Limits};
pub use value::Value;

use value::Str;

impl Unit {
    /// Parses a text. Errors are of kind [`Parse`](crate::ErrorKind::Parse) (or a limit) and read as Go's, for a text
    /// without a name.
    pub fn compile(text: &Str, funcs: &FuncTable, limits: &Limits) -> Result<Unit> {
        Unit::compile_named("", text, funcs, limits)
    }

    /// Parses a text that errors call `name`. Go: `parse.Parse`.
    pub fn compile_named(name: &str, text: &Str, funcs: &FuncTable, limits: &Limits) -> Result<Unit> {
        Compiler::new(funcs, limits).compile_named(name, text)
    }
}
