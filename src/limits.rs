//! What a bake may use. Every limit has a name (the flag that raises it) and a unit, and reaching one is a typed error.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// The limits of one bake. `helm()` never refuses what Helm renders in reasonable time and memory; `server()` is strict.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a chart archive or directory, unpacked, nested archives included.
    pub chart_bytes: u64,
    /// Bytes of one file of a chart.
    pub chart_file_bytes: u64,
    /// Entries of a chart archive, nested archives included.
    pub chart_entries: u64,
    /// Bytes of one name in an archive.
    pub chart_name_bytes: usize,
    /// Depth of `charts/` within `charts/`.
    pub subchart_depth: usize,
    /// Bytes of one values or `--set-file` file.
    pub values_file_bytes: u64,
    /// Highest index in a `--set` path (`a[65536]`). Helm: `strvals.MaxIndex`.
    pub set_index: usize,
    /// Names nested in a `--set` path. Helm: `strvals.MaxNestedNameLevel`.
    pub set_depth: usize,
    /// Indexes nested in a `--set` path (`a[0][0]`).
    pub set_index_depth: usize,
    /// List slots that all `--set` expressions of a bake may make.
    pub set_slots: usize,
    /// Depth of a YAML document. go-yaml: `max_flow_level`, `max_indents`.
    pub yaml_depth: usize,
    /// Bytes that YAML aliases may expand to.
    pub yaml_alias_bytes: u64,
    /// Depth of a JSON document. Go: `encoding/json` `maxNestingDepth`.
    pub json_depth: usize,
    /// Depth of parentheses in a template action. Go: `text/template/parse` `maxStackDepth`.
    pub paren_depth: usize,
    /// Depth of `if`, `range` and `with` blocks in a template.
    pub block_depth: usize,
    /// Depth of `template`, `include` and `tpl` together.
    pub call_depth: usize,
    /// Depth of `include` of one template name. Helm: `recursionMaxNums`.
    pub include_depth: usize,
    /// Depth at which a walk over a value stops (a map can contain itself).
    pub value_depth: usize,
    /// Steps of the interpreter; a function costs its weight.
    pub fuel: u64,
    /// Bytes (or 24 a list item) of one value that a function makes.
    pub value_bytes: u64,
    /// Bytes that all values of a bake together may have claimed.
    pub total_value_bytes: u64,
    /// Bytes of the rendered text of one bake.
    pub output_bytes: u64,
    /// Bytes of a compiled regular expression.
    pub regex_bytes: usize,
    /// Depth of a JSON schema.
    pub schema_depth: usize,
    /// Steps of a JSON schema check.
    pub schema_steps: u64,
    /// Bytes of an error's text.
    pub error_bytes: usize,
}

impl Limits {
    /// The limits of the command: Helm's own where it has one.
    pub fn helm() -> Self {
        const MIB: u64 = 1 << 20;
        Limits {
            chart_bytes: 100 * MIB,
            chart_file_bytes: 5 * MIB,
            chart_entries: 100_000,
            chart_name_bytes: 1 << 20,
            subchart_depth: 64,
            values_file_bytes: 64 * MIB,
            set_index: 65_536,
            set_depth: 30,
            set_index_depth: 1_000,
            set_slots: 10_000_000,
            yaml_depth: 10_000,
            yaml_alias_bytes: 256 * MIB,
            json_depth: 10_000,
            paren_depth: 10_000,
            block_depth: 100_000,
            call_depth: 10_000,
            include_depth: 1_000,
            value_depth: 10_000,
            fuel: u64::MAX,
            value_bytes: 1 << 30,
            total_value_bytes: 8 << 30,
            output_bytes: 4 << 30,
            regex_bytes: 128 << 20,
            schema_depth: 10_000,
            schema_steps: 100_000_000,
            error_bytes: 64 << 10,
        }
    }

    /// The limits of a service that renders charts it does not trust.
    pub fn server() -> Self {
        const MIB: u64 = 1 << 20;
        Limits {
            chart_bytes: 32 * MIB,
            chart_entries: 10_000,
            chart_name_bytes: 4 << 10,
            subchart_depth: 16,
            values_file_bytes: 32 * MIB,
            set_index_depth: 100,
            set_slots: 1_000_000,
            yaml_depth: 1_000,
            yaml_alias_bytes: 32 * MIB,
            json_depth: 1_000,
            paren_depth: 1_000,
            block_depth: 1_000,
            call_depth: 200,
            include_depth: 200,
            value_depth: 1_000,
            fuel: 20_000_000,
            value_bytes: 16 * MIB,
            total_value_bytes: 256 * MIB,
            output_bytes: 32 * MIB,
            regex_bytes: 1 << 20,
            schema_depth: 512,
            schema_steps: 5_000_000,
            error_bytes: 4 << 10,
            ..Limits::helm()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::helm()
    }
}

/// What is left of the limits while one bake runs. Not shared between threads: each bake has its own.
#[derive(Debug)]
pub struct Budget {
    /// The limits it was made from.
    pub limits: Limits,
    fuel: Cell<u64>,
    value_bytes: Cell<u64>,
    output_bytes: Cell<u64>,
    cancel: Option<Arc<AtomicBool>>,
}

/// Steps between two looks at the cancel flag.
const CANCEL_EVERY: u64 = 1024;

impl Budget {
    /// A full budget.
    pub fn new(limits: Limits) -> Self {
        Budget {
            fuel: Cell::new(limits.fuel),
            value_bytes: Cell::new(limits.total_value_bytes),
            output_bytes: Cell::new(limits.output_bytes),
            cancel: None,
            limits,
        }
    }

    /// A full budget that ends when `flag` becomes true: how a deadline reaches the interpreter.
    #[must_use]
    pub fn with_cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Uses `steps` of the fuel.
    #[inline]
    pub fn step(&self, steps: u64) -> Result<()> {
        let left = self.fuel.get();
        if left < steps {
            return Err(Error::limit_reached(
                "fuel",
                format!("the templates took more than {} steps", self.limits.fuel),
            ));
        }
        self.fuel.set(left - steps);
        if self.cancel.is_some() && left / CANCEL_EVERY != (left - steps) / CANCEL_EVERY {
            self.check_cancelled()?;
        }
        Ok(())
    }

    /// Claims room for a value of `bytes` before it is made.
    #[inline]
    pub fn charge(&self, bytes: u64) -> Result<()> {
        if bytes > self.limits.value_bytes {
            let limit = self.limits.value_bytes;
            return Err(Error::limit_reached(
                "value-bytes",
                format!("a value of {bytes} bytes is larger than {limit}"),
            ));
        }
        let left = self.value_bytes.get();
        if left < bytes {
            let limit = self.limits.total_value_bytes;
            return Err(Error::limit_reached("total-value-bytes", format!("the values take more than {limit} bytes")));
        }
        self.value_bytes.set(left - bytes);
        Ok(())
    }

    /// Claims `bytes` of the rendered text.
    #[inline]
    pub fn output(&self, bytes: u64) -> Result<()> {
        let left = self.output_bytes.get();
        if left < bytes {
            let limit = self.limits.output_bytes;
            return Err(Error::limit_reached("output-bytes", format!("the output is larger than {limit} bytes")));
        }
        self.output_bytes.set(left - bytes);
        Ok(())
    }

    #[cold]
    fn check_cancelled(&self) -> Result<()> {
        match &self.cancel {
            Some(flag) if flag.load(Ordering::Relaxed) => {
                Err(Error::new(ErrorKind::Cancelled, "the bake was cancelled or passed its deadline"))
            }
            _ => Ok(()),
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Budget::new(Limits::default())
    }
}
