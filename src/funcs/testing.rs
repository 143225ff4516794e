//! Calls of functions without an engine, for tests.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use super::{Env, Outside};
use crate::error::{Error, ErrorKind, Result};
use crate::host::FixedHost;
use crate::limits::{Budget, Limits};
use crate::template::Context;
use crate::value::{Str, Value};

/// A context whose templates are fixed texts, and whose clock and randomness are always the same.
pub(super) struct FakeContext {
    pub(super) budget: Budget,
    pub(super) env: Env,
    /// Output of the templates that are defined.
    pub(super) templates: HashMap<String, String>,
    /// How often each of them is running.
    pub(super) active: usize,
    /// Error of `execute_text`, whose output is the text itself.
    pub(super) tpl_error: Option<Error>,
}

impl Default for FakeContext {
    fn default() -> Self {
        let host = Arc::new(FixedHost::new((1_700_000_000, 5), 42));
        FakeContext {
            budget: Budget::default(),
            env: Env { host, outside: Outside::default() },
            templates: HashMap::new(),
            active: 0,
            tpl_error: None,
        }
    }
}

impl Context for FakeContext {
    fn budget(&self) -> &Budget {
        &self.budget
    }

    fn env(&self) -> &dyn Any {
        &self.env
    }

    fn execute(&mut self, name: &[u8], _: &Value) -> Result<Vec<u8>> {
        Ok(self.templates[std::str::from_utf8(name).unwrap()].clone().into_bytes())
    }

    fn active(&self, _: &[u8]) -> usize {
        self.active
    }

    fn execute_text(&mut self, name: &str, text: &Str, _: &Value) -> Result<Vec<u8>> {
        assert_eq!(name, "gotpl");
        self.tpl_error.clone().map_or_else(|| Ok(text.to_vec()), Err)
    }
}

/// Calls a function of the tables with arguments that the engine has converted.
pub(super) fn call(name: &str, args: &[Value]) -> Result<Value> {
    call_in(&mut FakeContext::default(), name, args)
}

/// The same under limits for services.
pub(super) fn call_limited(name: &str, args: &[Value]) -> Result<Value> {
    call_in(&mut FakeContext { budget: Budget::new(Limits::server()), ..FakeContext::default() }, name, args)
}

/// Calls a function in a context.
pub(super) fn call_in(cx: &mut FakeContext, name: &str, args: &[Value]) -> Result<Value> {
    let Some(func) = super::all().find(|f| f.name == name) else {
        return Err(Error::new(ErrorKind::Usage, format!("no function {name}")));
    };
    (func.call)(cx, args)
}

/// The text of a string result, or of the error.
pub(super) fn text(result: Result<Value>) -> String {
    match result {
        Ok(value) => value.as_str().map(ToString::to_string).unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}
