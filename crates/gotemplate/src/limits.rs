//! What a bake may use. Every limit has a name (the flag that raises it) and a unit, and reaching one is a typed error.

pub mod watch;

use std::cell::Cell;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// The limits of one bake: [`Limits::helm`] for the command, [`Limits::server`] for charts that nobody looked at.
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
    /// Depth of `template`, `include` and `tpl` together; the latter two count for four, as they take that much more of
    /// the stack. Go: `text/template` `maxExecDepth`.
    pub call_depth: usize,
    /// Depth of `include` of one template name. Helm: `recursionMaxNums`.
    pub include_depth: usize,
    /// Depth at which a walk over a value stops (a map can contain itself).
    pub value_depth: usize,
    /// Maps that may be gone through while the values of a tree of charts are merged, and entries that may be copied.
    pub merge_steps: u64,
    /// Bytes that merging the values of a tree of charts may make.
    pub merge_bytes: u64,
    /// Steps of the interpreter, about 30 ns each; a function costs its weight, and a value a step for 64 bytes.
    pub fuel: u64,
    /// Bytes (or 24 a list item) of one value that a function makes.
    pub value_bytes: u64,
    /// Bytes that all live values of a bake may take at one time, with the text that is being made.
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
    /// The limits of the command: Helm's own where it has one, and else the largest that hold this promise: no input
    /// takes more than 2 s and 256 MB of one processor to be rendered or refused. Each can be raised alone.
    ///
    /// Where Helm has no limit, it can render in 20 s and 1 GB what is refused here. How far away that is was measured:
    ///
    /// - Of 361 public charts with 1,372 sets of values, every one that makes no keys renders with 2 M steps, values of
    ///   4 MiB, 16 MiB of live values and 4 MiB of output. The defaults are 25, 16, 8 and 16 times as much.
    /// - `fuel`: 50 M steps are 1.0 to 1.4 s in loops that do nothing else. The functions of keys cost what they take:
    ///   33 RSA keys of 2048 bits with their certificates, three of 4096 bits, 25 hashes of bcrypt.
    /// - `value_bytes`: two values of 64 MiB and the text that is made of them are 214 MB; with 96 MiB a chain of
    ///   `toJson` reaches 312 MB.
    /// - `total_value_bytes`: what lives beside the value that is being made; the output comes on top.
    /// - `output_bytes`: 60 MB in small documents take 230 MB when they are cut and sorted, 120 MB twice that.
    /// - `documents`: each takes about 400 bytes beside its text.
    /// - `call_depth`: Go's 100,000 for `template`. Helm limits `include` for each name alone, so that a ring of 200 names
    ///   overflows its stack; here `include` and `tpl` have 25,000 levels in all.
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

/// Makes the table of the limits' names from the fields. A field that is left out does not compile.
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

/// A limit of either width.
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
    /// The names of all limits, as errors and the flag `--limit NAME=VALUE` write them: `value-bytes`.
    pub fn names() -> impl Iterator<Item = String> {
        FIELDS.iter().map(|name| name.replace('_', "-"))
    }

    /// The same limits after a change: `Limits::server().with(|l| l.documents = 100)`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self);
        self
    }

    /// Sets the limit with this name (`value-bytes`); false where there is none.
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

/// Asked again and again while a bake runs, about every 30 microseconds of it. It may take its time to answer: so a service
/// holds a long bake back while short ones wait. A flag answers no once it is true.
pub trait Checkpoint: Debug + Send + Sync {
    /// Whether the bake may go on.
    fn pass(&self) -> bool;
}

impl Checkpoint for AtomicBool {
    fn pass(&self) -> bool {
        !self.load(Ordering::Relaxed)
    }
}

/// What is left of the limits while one bake runs. Not shared between threads: each bake has its own, and runs on the
/// thread that made it.
#[derive(Debug)]
pub struct Budget {
    /// The limits it was made from.
    pub limits: Limits,
    fuel: Cell<u64>,
    /// Bytes of live values when the bake began.
    live_before: i64,
    /// Bytes of the texts that functions are making from templates.
    pending: Cell<u64>,
    output: Cell<u64>,
    checkpoint: Option<Arc<dyn Checkpoint>>,
}

/// Steps between two checkpoints.
const CHECK_EVERY: u64 = 1024;
/// Bytes of a value that cost a step.
const STEP_BYTES: u64 = 64;
/// Steps of an item that an object makes, with its name.
const ITEM_STEPS: u64 = 16;
/// A text below this length is read in the time of the call that reads it.
const SHORT: usize = 4096;

impl Budget {
    /// A full budget.
    pub fn new(limits: Limits) -> Self {
        Budget {
            fuel: Cell::new(limits.fuel),
            live_before: live::bytes(),
            pending: Cell::new(0),
            output: Cell::new(0),
            checkpoint: None,
            limits,
        }
    }

    /// The same budget, which ends when `checkpoint` says so: how a deadline reaches the interpreter.
    #[must_use]
    pub fn with_checkpoint(mut self, checkpoint: Arc<dyn Checkpoint>) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Uses `steps` of the fuel.
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

    /// Steps of the fuel that were used so far.
    pub fn used(&self) -> u64 {
        self.limits.fuel - self.fuel.get()
    }

    /// Asks for room for a value of `bytes` before it is made, and pays for making it.
    #[inline]
    pub fn charge(&self, bytes: u64) -> Result<()> {
        if bytes > self.limits.value_bytes {
            return Err(self.too_large(bytes));
        }
        self.room(bytes)?;
        self.step(bytes / STEP_BYTES)
    }

    /// Pays for reading a text of `bytes`, where it is long enough to matter.
    #[inline]
    pub fn scan(&self, bytes: usize) -> Result<()> {
        if bytes < SHORT { Ok(()) } else { self.step(bytes as u64 / STEP_BYTES) }
    }

    /// Pays for the items of an object: they are made anew each time that somebody asks for them.
    pub fn items(&self, items: usize) -> Result<()> {
        self.step(ITEM_STEPS * items as u64)
    }

    /// Pays for putting `items` in order.
    pub fn sort(&self, items: usize) -> Result<()> {
        let items = items as u64;
        self.step(items.saturating_mul(1 + u64::from(items.max(1).ilog2()) / 4))
    }

    /// Whether a value that is being made may become `bytes` long.
    #[inline]
    pub fn fits(&self, bytes: u64) -> Result<()> {
        if bytes > self.limits.value_bytes { Err(self.too_large(bytes)) } else { Ok(()) }
    }

    /// Claims `bytes` of a text that a function makes from a template; it has `before` bytes so far.
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

    /// Gives back a text of `bytes` that [`Budget::claim`] claimed: it is a value now, or gone.
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

    /// Asks for room for `bytes` of several values before they are made.
    pub fn reserve(&self, bytes: u64) -> Result<()> {
        self.room(bytes)?;
        self.step(bytes / STEP_BYTES)
    }

    /// Whether `bytes` more may live beside all values that live now.
    #[inline]
    fn room(&self, bytes: u64) -> Result<()> {
        let values = u64::try_from(live::bytes().wrapping_sub(self.live_before)).unwrap_or(0);
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
        if self.checkpoint.as_ref().is_none_or(|checkpoint| checkpoint.pass()) { Ok(()) } else { Err(cancelled()) }
    }
}

/// The error of a bake that a [`Checkpoint`] ended.
pub fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the bake was cancelled or passed its deadline")
}

impl Default for Budget {
    fn default() -> Self {
        Budget::new(Limits::default())
    }
}

/// Bytes of the values that live on this thread: strings, lists and maps count themselves.
///
/// A value that is made on one thread and dropped on another (a string of a chart that many bakes share) makes one
/// count too high and the other too low; a budget therefore compares with the count at its own beginning.
pub mod live {
    use std::cell::Cell;

    thread_local! {
        static BYTES: Cell<i64> = const { Cell::new(0) };
    }

    /// The count. Only the difference of two of them means something.
    pub fn bytes() -> i64 {
        BYTES.get()
    }

    /// Counts a value that was made.
    #[inline]
    pub fn add(bytes: usize) {
        #[allow(clippy::cast_possible_wrap)] // no allocation is larger
        BYTES.set(BYTES.get().wrapping_add(bytes as i64));
    }

    /// Counts a value that is gone.
    #[inline]
    pub fn sub(bytes: usize) {
        #[allow(clippy::cast_possible_wrap)]
        BYTES.set(BYTES.get().wrapping_sub(bytes as i64));
    }
}
