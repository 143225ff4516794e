//! The limits of a bake. Every limit has a name (used by the flag that raises it) and a unit. Reaching one is a typed error.

use std::cell::Cell;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// The limits of one bake: [`Limits::helm`] for the command, [`Limits::server`] for charts that nobody reviewed.
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
    /// List slots that all `--set` expressions of a bake may create.
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
    /// Depth of `template`, `include` and `tpl` together. The latter two count as four, because they need more stack. Go:
    /// `text/template` `maxExecDepth`.
    pub call_depth: usize,
    /// Depth of `include` of one template name. Helm: `recursionMaxNums`.
    pub include_depth: usize,
    /// Maximum depth of a walk over a value (a map can contain itself).
    pub value_depth: usize,
    /// Maps that may be visited, and entries that may be copied, while the values of a chart tree are merged.
    pub merge_steps: u64,
    /// Bytes that merging the values of a chart tree may allocate.
    pub merge_bytes: u64,
    /// Steps of the interpreter, about 30 ns each. A function costs its weight, a value one step per 64 bytes.
    pub fuel: u64,
    /// Bytes of one value that a function creates (24 per list item).
    pub value_bytes: u64,
    /// Bytes of all live values of a bake at any time, including unfinished text.
    pub total_value_bytes: u64,
    /// Bytes of the rendered text of one bake.
    pub output_bytes: u64,
    /// Documents of the rendered text of one bake.
    pub documents: usize,
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
    /// The limits of the command: those of Helm if it has one, else the largest that keep this promise: rendering or refusing any
    /// input takes at most 2 s of one processor and 256 MB. Each can be raised on its own.
    ///
    /// Helm may take 20 s and 1 GB on inputs that these limits refuse. Measured headroom:
    ///
    /// - Of 361 public charts with 1,372 sets of values, all that generate no keys render with 2 M steps, values of
    ///   4 MiB, 16 MiB of live values and 4 MiB of output. The defaults are 25, 16, 8 and 16 times as much.
    /// - `fuel`: 50 M steps take 1.0 to 1.4 s in empty loops. Key functions are charged in proportion to their time, so the limit
    ///   allows 16 RSA keys of 2048 bits with certificates, or 25 hashes of bcrypt. It also allows three RSA keys of 4096 bits,
    ///   because the public chart of etcd makes so many. They take 1.8 s of two processors on average, and more where the search
    ///   for primes has no luck: the one exception to the promise.
    /// - `value_bytes`: two values of 64 MiB and the text made from them take 214 MB; with a limit of 96 MiB, a chain of
    ///   `toJson` reaches 312 MB.
    /// - `total_value_bytes`: live values beside the one that is being created; the output is not included.
    /// - `output_bytes`: splitting and sorting 60 MB of small documents takes 230 MB; 120 MB take twice that.
    /// - `documents`: each takes about 400 bytes beside its text.
    /// - `call_depth`: Go's 100,000 for `template`. Helm limits `include` per name, so a cycle of 200 names overflows its stack.
    ///   Here `include` and `tpl` have 25,000 levels in total.
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
            set_slots: 8_000_000,
            yaml_depth: 10_000,
            yaml_alias_bytes: 256 * MIB,
            json_depth: 10_000,
            paren_depth: 10_000,
            block_depth: 100_000,
            call_depth: 100_000,
            include_depth: 1_000,
            value_depth: 10_000,
            merge_steps: 20_000_000,
            merge_bytes: 512 * MIB,
            fuel: 50_000_000,
            value_bytes: 64 * MIB,
            total_value_bytes: 128 * MIB,
            output_bytes: 64 * MIB,
            documents: 250_000,
            regex_bytes: 128 << 20,
            schema_depth: 10_000,
            schema_steps: 100_000_000,
            error_bytes: 128 << 10,
        }
    }

    /// The limits of a service that renders untrusted charts.
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
            call_depth: 800,
            include_depth: 200,
            value_depth: 1_000,
            merge_steps: 2_000_000,
            merge_bytes: 128 * MIB,
            fuel: 20_000_000,
            value_bytes: 16 * MIB,
            total_value_bytes: 64 * MIB,
            output_bytes: 32 * MIB,
            documents: 50_000,
            regex_bytes: 1 << 20,
            schema_depth: 512,
            schema_steps: 5_000_000,
            error_bytes: 4 << 10,
            ..Limits::helm()
        }
    }
}

/// Creates the table of names from the fields. It does not compile if a field is missing.
macro_rules! named {
    ($($field:ident)*) => {
        const FIELDS: &[&str] = &[$(stringify!($field)),*];

        fn field<'l>(limits: &'l mut Limits, name: &str) -> Option<Field<'l>> {
            let Limits { $($field),* } = limits;
            match name {
                $(stringify!($field) => Some($field.into()),)*
                _ => None,
            }
        }
    };
}

named! {
    chart_bytes chart_file_bytes chart_entries chart_name_bytes subchart_depth values_file_bytes set_index set_depth
    set_index_depth set_slots yaml_depth yaml_alias_bytes json_depth paren_depth block_depth call_depth include_depth
    value_depth merge_steps merge_bytes fuel value_bytes total_value_bytes output_bytes documents regex_bytes schema_depth schema_steps error_bytes
}

/// A field of either width.
enum Field<'a> {
    Wide(&'a mut u64),
    Size(&'a mut usize),
}

impl<'a> From<&'a mut u64> for Field<'a> {
    fn from(field: &'a mut u64) -> Self {
        Field::Wide(field)
    }
}

impl<'a> From<&'a mut usize> for Field<'a> {
    fn from(field: &'a mut usize) -> Self {
        Field::Size(field)
    }
}

impl Limits {
    /// The names of all limits in errors and in `--limit NAME=VALUE`: `value-bytes`.
    pub fn names() -> impl Iterator<Item = String> {
        FIELDS.iter().map(|name| name.replace('_', "-"))
    }

    /// The same limits after a change: `Limits::server().with(|l| l.documents = 100)`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self);
        self
    }

    /// Sets the limit with this name (`value-bytes`); false if it does not exist.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        match field(self, &name.replace('-', "_")) {
            Some(Field::Wide(limit)) => *limit = value,
            Some(Field::Size(limit)) => *limit = usize::try_from(value).unwrap_or(usize::MAX),
            None => return false,
        }
        true
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::helm()
    }
}

/// Decides whether a bake may continue. It is polled about every 30 microseconds while the bake runs. It may block, with which
/// a service pauses a long bake while short ones wait. An atomic flag cancels the bake once it is true.
pub trait Checkpoint: Debug + Send + Sync {
    /// Whether the bake may continue.
    fn pass(&self) -> bool;
}

impl Checkpoint for AtomicBool {
    fn pass(&self) -> bool {
        !self.load(Ordering::Relaxed)
    }
}

/// The context of one run: its limits, what remains of them, and its checkpoint. It is not shared between threads: each run has its
/// own, and stays on the thread that created it.
///
/// Work that a template causes is charged as fuel ([`Budget::step`]). Other work (parsing YAML, merging values) can only be
/// cancelled: it counts [`Budget::tick`]s, stops with any result when a tick returns `false`, and [`Budget::watch`] around it turns
/// that into the error.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::AtomicBool;
///
/// use gotemplate::{Budget, Limits};
///
/// let stop = Arc::new(AtomicBool::new(true));
/// let budget = Budget::new(Limits::server()).with_checkpoint(stop);
/// let work = || Ok((0..1_000_000).filter(|_| budget.tick(1)).count());
/// assert!(budget.watch(work).is_err());
/// ```
#[derive(Debug)]
pub struct Budget {
    /// The limits from which it was created.
    pub limits: Limits,
    fuel: Cell<u64>,
    /// The bytes of live values at the start of the run.
    live_before: Cell<i64>,
    /// The bytes of unfinished texts of functions that run templates.
    pending: Cell<u64>,
    output: Cell<u64>,
    checkpoint: Option<Arc<dyn Checkpoint>>,
    /// The ticks until the next poll of the checkpoint.
    ticks: Cell<u32>,
    is_over: Cell<bool>,
}

/// The steps between two polls of the checkpoint.
const CHECK_EVERY: u64 = 1024;
/// The ticks between two polls. With one tick per YAML node, polls are about 100 microseconds apart.
const ASK_EVERY: u32 = 1024;
/// The bytes of a value per step.
const STEP_BYTES: u64 = 64;
/// The steps of an item that an object creates, with its name.
const ITEM_STEPS: u64 = 16;
/// Reading a text below this length is included in the cost of the call.
const SHORT: usize = 4096;

impl Budget {
    /// A full budget.
    pub fn new(limits: Limits) -> Self {
        Budget {
            fuel: Cell::new(limits.fuel),
            live_before: Cell::new(live::bytes()),
            pending: Cell::new(0),
            output: Cell::new(0),
            checkpoint: None,
            ticks: Cell::new(u32::MAX),
            is_over: Cell::new(false),
            limits,
        }
    }

    /// The same budget with a checkpoint, for example a deadline, that can end it.
    #[must_use]
    pub fn with_checkpoint(mut self, checkpoint: Arc<dyn Checkpoint>) -> Self {
        self.checkpoint = Some(checkpoint);
        self.ticks = Cell::new(ASK_EVERY);
        self
    }

    /// Refills the budget for the next part of the run. Current live values no longer count.
    pub fn refill(&self) {
        self.fuel.set(self.limits.fuel);
        self.live_before.set(live::bytes());
        self.pending.set(0);
        self.output.set(0);
    }

    /// Runs `work`, which may stop with any result when it is cancelled.
    ///
    /// Errors: those of `work`, or the cancellation.
    pub fn watch<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        // it may have been paused
        if !self.ask() {
            return Err(cancelled());
        }
        let result = work();
        if self.is_over() { Err(cancelled()) } else { result }
    }

    /// Counts `steps` of work without fuel, and polls the checkpoint from time to time; false if the work must stop.
    #[inline]
    pub fn tick(&self, steps: u32) -> bool {
        match self.ticks.get().checked_sub(steps) {
            Some(left) => {
                self.ticks.set(left);
                true
            }
            None => self.ask(),
        }
    }

    /// Polls the checkpoint now; false if the work must stop.
    #[cold]
    pub fn ask(&self) -> bool {
        let Some(checkpoint) = &self.checkpoint else {
            self.ticks.set(u32::MAX);
            return true;
        };
        if self.is_over() {
            return false;
        }
        let may_go_on = checkpoint.pass();
        self.is_over.set(!may_go_on);
        self.ticks.set(if may_go_on { ASK_EVERY } else { 0 });
        may_go_on
    }

    /// Whether cancellation is active here. If so, no other thread may wait for this run, because it can be paused.
    pub fn is_watched(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// Whether the work was cancelled. Results since then must not be kept.
    pub fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Uses `steps` of fuel.
    #[inline]
    pub fn step(&self, steps: u64) -> Result<()> {
        let left = self.fuel.get();
        if left < steps {
            return Err(self.out_of_fuel());
        }
        self.fuel.set(left - steps);
        if self.checkpoint.is_some() && left / CHECK_EVERY != (left - steps) / CHECK_EVERY {
            self.check()?;
        }
        Ok(())
    }

    /// The fuel used so far.
    pub fn used(&self) -> u64 {
        self.limits.fuel - self.fuel.get()
    }

    /// Checks the size of a value before it is created, and charges its creation.
    #[inline]
    pub fn charge(&self, bytes: u64) -> Result<()> {
        if bytes > self.limits.value_bytes {
            return Err(self.too_large(bytes));
        }
        self.room(bytes)?;
        self.step(bytes / STEP_BYTES)
    }

    /// Charges reading a text of `bytes`, if it is long enough to matter.
    #[inline]
    pub fn scan(&self, bytes: usize) -> Result<()> {
        if bytes < SHORT { Ok(()) } else { self.step(bytes as u64 / STEP_BYTES) }
    }

    /// Charges the items of an object, which are created for each call.
    pub fn items(&self, items: usize) -> Result<()> {
        self.step(ITEM_STEPS * items as u64)
    }

    /// Charges sorting `items`.
    pub fn sort(&self, items: usize) -> Result<()> {
        let items = items as u64;
        self.step(items.saturating_mul(1 + u64::from(items.max(1).ilog2()) / 4))
    }

    /// Checks whether a value may grow to `bytes`.
    #[inline]
    pub fn fits(&self, bytes: u64) -> Result<()> {
        if bytes > self.limits.value_bytes { Err(self.too_large(bytes)) } else { Ok(()) }
    }

    /// Claims `bytes` of the text that a function creates by running a template; it has `before` bytes so far.
    #[inline]
    pub fn claim(&self, before: usize, bytes: usize) -> Result<()> {
        let bytes = bytes as u64;
        self.fits((before as u64).saturating_add(bytes))?;
        self.room(bytes)?;
        self.pending.set(self.pending.get().saturating_add(bytes));
        self.step(bytes / STEP_BYTES)
    }

    /// Claims `bytes` until the bake ends.
    pub fn keep(&self, bytes: usize) -> Result<()> {
        self.room(bytes as u64)?;
        self.pending.set(self.pending.get().saturating_add(bytes as u64));
        Ok(())
    }

    /// Releases the `bytes` of a text that [`Budget::claim`] claimed, when it has become a value or was dropped.
    #[inline]
    pub fn release(&self, bytes: usize) {
        self.pending.set(self.pending.get().saturating_sub(bytes as u64));
    }

    /// Claims `bytes` of the rendered text.
    #[inline]
    pub fn output(&self, bytes: u64) -> Result<()> {
        let used = self.output.get().saturating_add(bytes);
        if used > self.limits.output_bytes {
            let limit = self.limits.output_bytes;
            return Err(Error::limit_reached("output-bytes", format!("the output is larger than {limit} bytes")));
        }
        self.output.set(used);
        self.step(bytes / STEP_BYTES)
    }

    /// Checks the size of several values before they are created.
    pub fn reserve(&self, bytes: u64) -> Result<()> {
        self.room(bytes)?;
        self.step(bytes / STEP_BYTES)
    }

    /// Checks whether live values may grow by `bytes`.
    #[inline]
    fn room(&self, bytes: u64) -> Result<()> {
        let values = u64::try_from(live::bytes().wrapping_sub(self.live_before.get())).unwrap_or(0);
        let live = values.saturating_add(self.pending.get()).saturating_add(bytes);
        if live > self.limits.total_value_bytes { Err(self.too_many()) } else { Ok(()) }
    }

    #[cold]
    fn out_of_fuel(&self) -> Error {
        Error::limit_reached("fuel", format!("the templates took more than {} steps", self.limits.fuel))
    }

    #[cold]
    fn too_large(&self, bytes: u64) -> Error {
        let limit = self.limits.value_bytes;
        Error::limit_reached("value-bytes", format!("a value of {bytes} bytes is larger than {limit}"))
    }

    #[cold]
    fn too_many(&self) -> Error {
        let limit = self.limits.total_value_bytes;
        Error::limit_reached("total-value-bytes", format!("the values take more than {limit} bytes"))
    }

    #[cold]
    fn check(&self) -> Result<()> {
        if self.ask() { Ok(()) } else { Err(cancelled()) }
    }
}

/// The error of a bake that a [`Checkpoint`] cancelled.
pub fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the bake was cancelled or passed its deadline")
}

impl Default for Budget {
    fn default() -> Self {
        Budget::new(Limits::default())
    }
}

/// Counts the bytes of live values on this thread: strings, lists and maps count themselves.
///
/// A value that is created on one thread and dropped on another (such as a string of a shared chart) makes one count too high
/// and the other too low. A budget therefore compares with the count at its start.
pub mod live {
    use std::cell::Cell;

    thread_local! {
        static BYTES: Cell<i64> = const { Cell::new(0) };
    }

    /// The count. Only differences of counts are meaningful.
    pub fn bytes() -> i64 {
        BYTES.get()
    }

    /// Counts a created value.
    #[inline]
    pub fn add(bytes: usize) {
        #[allow(clippy::cast_possible_wrap)] // no allocation is larger
        BYTES.set(BYTES.get().wrapping_add(bytes as i64));
    }

    /// Counts a dropped value.
    #[inline]
    pub fn sub(bytes: usize) {
        #[allow(clippy::cast_possible_wrap)]
        BYTES.set(BYTES.get().wrapping_sub(bytes as i64));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    /// Says yes so many times.
    #[derive(Debug)]
    struct Patience(AtomicU32);

    impl Checkpoint for Patience {
        fn pass(&self) -> bool {
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
        }
    }

    fn patient(times: u32) -> Budget {
        Budget::default().with_checkpoint(Arc::new(Patience(AtomicU32::new(times))))
    }

    /// Ticks up to a million times; how many it were.
    fn work(budget: &Budget) -> u32 {
        (0..1_000_000).find(|_| !budget.tick(1)).unwrap_or(1_000_000)
    }

    #[test]
    fn work_stops_when_it_is_told_to() {
        let budget = patient(3);
        let stopped = budget.watch(|| {
            // one question is asked before it begins
            assert!((2 * ASK_EVERY..4 * ASK_EVERY).contains(&work(&budget)));
            assert!(budget.is_over() && !budget.tick(1) && !budget.ask());
            Ok(())
        });
        assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
        // what is over stays over
        let again = budget.watch(|| -> Result<()> { unreachable!() });
        assert_eq!(again.unwrap_err().kind(), ErrorKind::Cancelled);
        let never = patient(0).watch(|| -> Result<()> { unreachable!() });
        assert_eq!(never.unwrap_err().kind(), ErrorKind::Cancelled);
    }

    #[test]
    fn a_step_asks_too() {
        let budget = patient(3);
        let steps = (0..1_000_000).find(|_| budget.step(1).is_err()).unwrap();
        assert!((2 * CHECK_EVERY..5 * CHECK_EVERY).contains(&steps), "{steps}");
        assert!(budget.is_over() && !budget.tick(1));
    }

    #[test]
    fn without_a_checkpoint_nobody_is_asked() {
        let budget = Budget::default();
        assert_eq!(budget.watch(|| Ok(work(&budget))).unwrap(), 1_000_000);
        assert!(budget.tick(u32::MAX) && budget.tick(u32::MAX) && !budget.is_watched() && !budget.is_over());
        let error = patient(9).watch(|| -> Result<()> { Err(Error::new(ErrorKind::Chart, "its own")) });
        assert_eq!(error.unwrap_err().message(), "its own");
    }

    #[test]
    fn a_budget_can_be_filled_up() {
        let budget = Budget::new(Limits::helm().with(|l| l.fuel = 10));
        assert!(budget.step(8).is_ok() && budget.step(8).is_err());
        budget.refill();
        assert!(budget.step(8).is_ok());
    }
}
