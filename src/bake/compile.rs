//! The templates of a chart, compiled once and shared by all bakes of it.

use std::collections::HashMap;
use std::hint::black_box;
use std::mem;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;

use super::{Chart, unclosed};
use crate::chart::{self, Enabled, Texts};
use crate::error::{Error, ErrorKind, Result};
use crate::funcs;
use crate::limits::{Limits, cancelled, watch};
use crate::template::{Compiler, FuncTable, Set, Unit};
use crate::value::Str;

/// The compiled templates of a chart and of the charts below it. A template is compiled when a bake first needs it: one
/// of a disabled subchart never is, as in Helm.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    units: Vec<Arc<Slot>>,
    dependencies: Vec<Compiled>,
}

/// The compiled form of a text once somebody asked for it; none where it does not parse.
type Slot = OnceLock<Option<Arc<Unit>>>;

/// A thread that reads files of a chart and compiles its templates, while another makes a chart of the files and prepares
/// to render it. Each does what the other has not done yet.
pub(crate) struct Ahead {
    texts: Arc<Texts>,
    /// One for each of the texts.
    slots: Arc<[Arc<Slot>]>,
    loaded: mpsc::Sender<Chart>,
}

/// A template of a bake: its full name, where it is, and which scope it gets.
pub(crate) struct Source<'a> {
    /// `chart/charts/sub/templates/x.yaml`
    pub name: String,
    /// The `.Template.BasePath`.
    pub base_path: Arc<str>,
    /// Index into the bake's scopes.
    pub scope: usize,
    /// Slashes in the name.
    depth: usize,
    text: &'a Str,
    unit: &'a Slot,
}

/// The function table: Go's builtins and Helm's map. Made once per process.
pub(crate) fn functions() -> &'static Arc<FuncTable> {
    static TABLE: OnceLock<Arc<FuncTable>> = OnceLock::new();
    TABLE.get_or_init(|| Arc::new(FuncTable::new(funcs::all()).with_methods(funcs::VALUES_METHODS)))
}

impl Ahead {
    /// Starts the thread for the files that were found; none where it takes as long to start as there is to do.
    pub(crate) fn start(texts: &Arc<Texts>, limits: &Limits) -> Option<Ahead> {
        const WORTH_IT: usize = 40;
        if texts.len() < WORTH_IT {
            return None;
        }
        let (loaded, chart) = mpsc::channel::<Chart>();
        let slots = (0..texts.len()).map(|_| Arc::default()).collect();
        let ahead = Ahead { texts: Arc::clone(texts), slots, loaded };
        let (texts, slots, limits) = (Arc::clone(texts), Arc::clone(&ahead.slots), limits.clone());
        let work = move || {
            take_room();
            texts.read_from_the_end(&limits);
            let mut compiler = Compiler::new(functions(), &limits);
            for (number, text) in texts.templates() {
                if let Some(slot) = slots.get(number) {
                    compiled(slot, text, &mut compiler);
                }
            }
            // templates of archives in the chart
            if let Ok(chart) = chart.recv() {
                chart.compiled.compile_with(&chart.chart, &mut compiler);
            }
        };
        // without another thread this one does it all
        thread::Builder::new().spawn(work).ok()?;
        Some(ahead)
    }

    /// Tells the thread of the chart that was made of the files.
    pub(crate) fn go_on_with(self, chart: Chart) {
        // it cannot have ended before
        let _ = self.loaded.send(chart);
    }
}

/// Makes the allocator ready for the few megabytes that the thread will need.
///
/// glibc makes the memory of a second thread writable a page at a time, by a system call that holds up the page faults of
/// the first. What was given back it keeps: the first block tells it that blocks of this size are no mappings of their
/// own, and the second is cut out of the thread's memory, all at once. Nothing is touched, so no memory is used.
fn take_room() {
    const ROOM: usize = 4 << 20;
    for _ in 0..2 {
        drop(black_box(Vec::<u8>::with_capacity(ROOM)));
    }
}

impl Compiled {
    /// Room for the templates of `chart` and the charts below it; nothing is compiled yet.
    pub(crate) fn new(chart: &chart::Chart) -> Self {
        Compiled::with(chart, &|_| Arc::default())
    }

    /// The templates of `chart` and the charts below it, those among them that `ahead` has or will have.
    pub(crate) fn begun(chart: &chart::Chart, ahead: &Ahead) -> Self {
        // a text of the chart and one of its files are the same where they stand at one place in memory
        let slots: HashMap<usize, &Arc<Slot>, foldhash::fast::RandomState> = ahead
            .texts
            .templates()
            .filter_map(|(number, text)| Some((text.as_ptr().addr(), ahead.slots.get(number)?)))
            .collect();
        Compiled::with(chart, &|text| slots.get(&text.as_ptr().addr()).map_or_else(Arc::default, |s| Arc::clone(s)))
    }

    fn with(chart: &chart::Chart, slot: &dyn Fn(&Str) -> Arc<Slot>) -> Self {
        Compiled {
            units: chart.templates.iter().map(|file| slot(&file.data)).collect(),
            dependencies: chart.dependencies.iter().map(|chart| Compiled::with(chart, slot)).collect(),
        }
    }

    /// Compiles what is not compiled yet: the templates of `chart`, then those of the charts below it.
    pub(crate) fn compile(&self, chart: &chart::Chart, limits: &Limits) {
        self.compile_with(chart, &mut Compiler::new(functions(), limits));
    }

    fn compile_with(&self, chart: &chart::Chart, compiler: &mut Compiler<'_>) {
        for (file, unit) in chart.templates.iter().zip(&self.units) {
            compiled(unit, &file.data, compiler);
        }
        for (compiled, chart) in self.dependencies.iter().zip(&chart.dependencies) {
            compiled.compile_with(chart, compiler);
        }
    }

    /// Compiles the templates of `chart` itself, the last one first.
    pub(crate) fn compile_backwards(&self, chart: &chart::Chart, limits: &Limits) {
        let mut compiler = Compiler::new(functions(), limits);
        for (file, unit) in chart.templates.iter().zip(&self.units).rev() {
            compiled(unit, &file.data, &mut compiler);
        }
    }

    /// The compiled form of the dependency `chart` of `parent`.
    fn of_dependency(&self, parent: &chart::Chart, chart: &Arc<chart::Chart>) -> Option<&Compiled> {
        let at = parent.dependencies.iter().position(|d| Arc::ptr_eq(d, chart))?;
        self.dependencies.get(at)
    }
}

/// The templates that a bake of `root` parses and renders, in Helm's order: deeper paths first, then by name downwards,
/// so that definitions of higher charts come later and win. Helm: `engine.allTemplates`, `engine.sortTemplates`.
pub(crate) fn sources<'a>(root: &'a Enabled, compiled: &'a Compiled) -> Vec<Source<'a>> {
    let mut sources = Vec::new();
    let mut next_scope = 0;
    collect(root, compiled, &mut next_scope, &mut sources);
    sources.sort_by(|a, b| b.depth.cmp(&a.depth).then_with(|| b.name.cmp(&a.name)));
    // of two charts under one path the later one counts
    sources.dedup_by(|later, kept| {
        let same = later.name == kept.name;
        if same {
            mem::swap(later, kept);
        }
        same
    });
    sources
}

/// Scopes are numbered as they are met: a chart, then the charts below it.
fn collect<'a>(enabled: &'a Enabled, compiled: &'a Compiled, next_scope: &mut usize, found: &mut Vec<Source<'a>>) {
    let scope = *next_scope;
    *next_scope += 1;
    for dependency in &enabled.dependencies {
        if let Some(compiled) = compiled.of_dependency(&enabled.chart, &dependency.chart) {
            collect(dependency, compiled, next_scope, found);
        }
    }
    let is_library = enabled.chart.metadata.chart_type.eq_ignore_ascii_case("library");
    let base_path: Arc<str> = format!("{}/templates", enabled.path).into();
    for (file, unit) in enabled.chart.templates.iter().zip(&compiled.units) {
        if is_library && !is_partial(&file.name) {
            continue;
        }
        let name = [enabled.path.as_str(), "/", file.name.as_str()].concat();
        let depth = memchr::memchr_iter(b'/', name.as_bytes()).count();
        found.push(Source { name, base_path: Arc::clone(&base_path), scope, depth, text: &file.data, unit });
    }
}

/// Whether a template only serves others. Helm: `strings.HasPrefix(path.Base(filename), "_")`.
pub(crate) fn is_partial(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|base| base.starts_with('_'))
}

/// Links the templates into one set: what `template` and `include` find.
pub(crate) fn link(sources: &[Source<'_>], limits: &Limits) -> Result<Set> {
    let mut set = Set::new(funcs::ROOT);
    let mut compiler = Compiler::new(functions(), limits);
    for source in sources {
        if !watch::ask() {
            return Err(cancelled());
        }
        let added = match compiled(source.unit, source.text, &mut compiler) {
            Some(unit) => set.add(&source.name, unit),
            // again, for the text that names the file
            None => compiler
                .compile_named(&source.name, source.text)
                .and_then(|unit| set.add(&source.name, &Arc::new(unit))),
        };
        added.map_err(|e| unclosed::explain(parse_error(&source.name, e), source.text))?;
    }
    Ok(set)
}

/// The compiled form of a template; none where it does not parse.
fn compiled<'u>(unit: &'u Slot, text: &Str, compiler: &mut Compiler<'_>) -> Option<&'u Arc<Unit>> {
    unit.get_or_init(|| compiler.compile(text).ok().map(Arc::new)).as_ref()
}

/// Helm's text for a template that does not parse: the place, and the last part of Go's message.
/// Helm: `engine.cleanupParseError`.
fn parse_error(name: &str, error: Error) -> Error {
    // Go's own limit has Go's text
    if error.limit().is_some_and(|limit| limit != "paren-depth") {
        return error;
    }
    let message = {
        let mut parts = error.message().split(": ");
        match (parts.nth(1), error.message().rsplit(": ").next()) {
            (Some(place), Some(last)) => format!("parse error at ({place}): {last}"),
            _ => format!("parse error in ({name}): {}", error.message()),
        }
    };
    let kind = if error.limit().is_some() { ErrorKind::Limit } else { ErrorKind::Parse };
    error.with_message(message).with_kind(kind)
}
