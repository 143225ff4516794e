//! Declarations of template functions, and the context in which the engine calls them.

use std::any::Any;

use crate::error::Result;
use crate::limits::Budget;
use crate::value::{Str, Ty, Value};

/// A template function: one row of a function table.
#[derive(Clone, Copy)]
pub struct Func {
    /// The name in templates.
    pub name: &'static str,
    /// The types of the parameters. With `variadic`, the last one may repeat.
    pub params: &'static [Ty],
    /// Whether the last parameter repeats.
    pub variadic: bool,
    /// The static type of the result in Go's signature.
    pub ret: Ty,
    /// The fuel of a call.
    pub weight: u32,
    /// The function. The engine checks the number of arguments, and checks and converts each, before the call.
    pub call: Native,
}

/// The body of a function.
pub type Native = fn(&mut dyn Context, &[Value]) -> Result<Value>;

impl Func {
    /// A function of fixed arity that costs two steps.
    pub const fn new(name: &'static str, params: &'static [Ty], ret: Ty, call: Native) -> Self {
        Func { name, params, variadic: false, ret, weight: 2, call }
    }

    /// The same function with a variadic last parameter.
    #[must_use]
    pub const fn variadic(self) -> Self {
        Func { variadic: true, ..self }
    }

    /// The same function under another name.
    #[must_use]
    pub const fn named(self, name: &'static str) -> Self {
        Func { name, ..self }
    }

    /// The same function with another cost.
    #[must_use]
    pub const fn weight(self, weight: u32) -> Self {
        Func { weight, ..self }
    }
}

/// The interface of the engine for functions.
pub trait Context {
    /// The remaining budget of the bake.
    fn budget(&self) -> &Budget;

    /// The environment that the embedder provides for its functions (`funcs::Env`).
    fn env(&self) -> &dyn Any;

    /// Runs the template with this name and returns its output. Go: `Template.ExecuteTemplate`.
    fn execute(&mut self, name: &[u8], dot: &Value) -> Result<Vec<u8>>;

    /// The number of running calls of [`Context::execute`] for this name, with which `include` limits its recursion.
    fn active(&self, name: &[u8]) -> usize;

    /// Parses `text` as a template with the name `name`, which sees the current definitions, and runs it. Its own definitions are
    /// visible only to it. Helm: the function `tpl` in `pkg/engine`.
    fn execute_text(&mut self, name: &str, text: &Str, dot: &Value) -> Result<Vec<u8>>;
}
