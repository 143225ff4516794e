//! A context for tests that call functions without an engine.

use std::any::Any;
use std::sync::Arc;

use crate::error::Result;
use crate::funcs::Env;
use crate::host::FixedHost;
use crate::limits::{Budget, Limits};
use crate::template::Context;
use crate::value::{Str, Value};

pub(in crate::funcs) struct TestContext {
    env: Env,
    budget: Budget,
}

impl TestContext {
    pub(in crate::funcs) fn new() -> Self {
        TestContext::at(1_700_000_000)
    }

    pub(in crate::funcs) fn at(now: i64) -> Self {
        TestContext { env: Env { host: Arc::new(FixedHost::new((now, 5), 42)) }, budget: Budget::new(Limits::server()) }
    }
}

impl Context for TestContext {
    fn budget(&self) -> &Budget {
        &self.budget
    }

    fn env(&self) -> &dyn Any {
        &self.env
    }

    fn execute(&mut self, _name: &[u8], _dot: &Value) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn active(&self, _name: &[u8]) -> usize {
        0
    }

    fn execute_text(&mut self, _name: &str, _text: &Str, _dot: &Value) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

/// The text of a string result, or of the error.
pub(in crate::funcs) fn text(result: Result<Value>) -> String {
    match result {
        Ok(value) => value.as_str().map(ToString::to_string).unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}
