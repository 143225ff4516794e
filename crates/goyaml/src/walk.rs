//! Guards a walk over a value: depth, cycles and the size of the output.

use go::stack::with_stack;
use gotemplate::error::{Error, Result};
use gotemplate::limits::Budget;
use gotemplate::value::{Map, Object, Value};

/// Go looks for cycles from this depth on. Go: `encoding/json` `startDetectingCyclesAfter`.
const CYCLES_FROM: usize = 1000;

/// Where a walk is.
pub(super) struct Walk<'a> {
    pub(super) budget: &'a Budget,
    depth: usize,
    /// The maps around the current place, from `CYCLES_FROM` on; 0 for what is no map.
    open: Vec<usize>,
    /// Whether Go finds cycles here, too.
    go_finds_cycles: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        Walk { budget, depth: 0, open: Vec::new(), go_finds_cycles: true }
    }

    /// A walk where Go would go round in a cycle until its stack overflows.
    pub(super) fn unguarded(budget: &'a Budget) -> Self {
        Walk { go_finds_cycles: false, ..Walk::new(budget) }
    }

    /// Steps into an object, which makes its items anew.
    pub(super) fn enter_object(&mut self, object: &dyn Object) -> Result<()> {
        self.budget.items(object.size())?;
        self.enter(None, 0)
    }

    /// Steps into a container of this many items. The text of the error for a cycle is that of `encoding/json`.
    pub(super) fn enter(&mut self, map: Option<&Map>, items: usize) -> Result<()> {
        self.budget.step(1 + items as u64)?;
        self.depth += 1;
        if self.depth > CYCLES_FROM {
            let address = map.map_or(0, Map::address);
            if address != 0 && self.open.contains(&address) {
                if !self.go_finds_cycles {
                    return Err(Error::limit_reached("value-depth", "a value contains itself"));
                }
                let name = map.map_or("", |m| m.map_type().name());
                return Err(Error::func(format!("json: unsupported value: encountered a cycle via {name}")));
            }
            self.open.push(address);
        }
        let limit = self.budget.limits.value_depth;
        if self.depth > limit {
            return Err(Error::limit_reached("value-depth", format!("a value is nested deeper than {limit}")));
        }
        Ok(())
    }

    /// Steps out of a container.
    pub(super) fn leave(&mut self) {
        if self.depth > CYCLES_FROM {
            self.open.pop();
        }
        self.depth -= 1;
    }

    /// Pays for this many bytes that are written in another form.
    pub(super) fn read(&self, bytes: usize) -> Result<()> {
        self.budget.scan(bytes)
    }

    /// Whether a text of this many bytes may be made.
    #[inline]
    pub(super) fn room(&self, bytes: usize) -> Result<()> {
        self.budget.fits(bytes as u64)
    }

    /// The text, charged to the budget.
    pub(super) fn finish(&self, out: Vec<u8>) -> Result<Vec<u8>> {
        self.budget.charge(out.len() as u64)?;
        Ok(out)
    }
}

/// Runs `f` with enough stack when the value nests further.
#[inline]
pub(super) fn deeper<T>(value: &Value, f: impl FnOnce() -> T) -> T {
    match value {
        Value::List(_) | Value::Map(_) | Value::Object(_) => with_stack(f),
        _ => f(),
    }
}
