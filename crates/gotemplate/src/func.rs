//! How functions are declared, and what the engine gives them when it calls them.

use std::any::Any;

use crate::error::Result;
use crate::limits::Budget;
use crate::value::{Str, Ty, Value};

/// A template function: one row of a function table.
#[derive(Clone, Copy)]
pub struct Func {
    /// The name in templates.
    pub name: &'static str,
    /// Types of the parameters; with `variadic` the last one stands for any number.
    pub params: &'static [Ty],
    /// Whether the last parameter repeats.
    pub variadic: bool,
    /// The static type of the result, as Go's signature has it.
    pub ret: Ty,
    /// Steps of fuel that a call costs.
    pub weight: u32,
    /// The function. Arguments are counted, checked and converted by the engine before the call.
    pub call: Native,
}

/// The body of a function.
pub type Native = fn(&mut dyn Context, &[Value]) -> Result<Value>;

impl Func {
    /// A function of fixed arity that costs two steps.
    pub const fn new(name: &'static str, params: &'static [Ty], ret: Ty, call: Native) -> Self {
        Func { name, params, variadic: false, ret, weight: 2, call }
    }

    /// The same function with its last parameter repeated any number of times.
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

/// What a function may ask of the engine that calls it.
pub trait Context {
    /// What is left of the bake's limits.
    fn budget(&self) -> &Budget;

    /// What the embedder wants its functions to see (`funcs::Env`).
    fn env(&self) -> &dyn Any;

    /// Runs the template with this name; answers its output. Go: `Template.ExecuteTemplate`.
    fn execute(&mut self, name: &[u8], dot: &Value) -> Result<Vec<u8>>;

    /// How many calls of [`Context::execute`] for this name are running now: `include` limits its recursion by it.
    fn active(&self, name: &[u8]) -> usize;

    /// Parses `text` as a template called `name`, over the definitions that are visible now, and runs it; what it
    /// defines is visible to it alone. Helm: the `tpl` function of `pkg/engine`.
    fn execute_text(&mut self, name: &str, text: &Str, dot: &Value) -> Result<Vec<u8>>;
}
