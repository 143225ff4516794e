//! Compiles the templates of a chart once, for all bakes of it.

use std::mem;
use std::sync::{Arc, OnceLock};

use super::unclosed;
use crate::chart::{self, Enabled};
use crate::error::{Error, ErrorKind, Result};
use crate::funcs;
use crate::limits::cancelled;
use crate::run::Run;
use crate::template::{Compiler, FuncTable, Set, Unit};
use crate::value::Str;

/// The compiled templates of a chart and its subcharts. A template is compiled when a bake first needs it; those of a disabled
/// subchart never are, as in Helm.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    units: Vec<Slot>,
    dependencies: Vec<Compiled>,
}

/// The compiled form of a text after its first use; `None` if it does not parse.
type Slot = OnceLock<Option<Arc<Unit>>>;

/// A template of a bake: its full name, its compiled form, and its scope.
pub(crate) struct TemplateSource<'a> {
    /// `chart/charts/sub/templates/x.yaml`
    pub name: String,
    /// The `.Template.BasePath`.
    pub base_path: Arc<str>,
    /// Index into the bake's scopes.
    pub scope: usize,
    /// The number of slashes in the name.
    depth: usize,
    text: &'a Str,
    unit: &'a Slot,
}

/// The function table: Go's builtins and Helm's functions. It is created once per process.
pub(crate) fn functions() -> &'static Arc<FuncTable> {
    static TABLE: OnceLock<Arc<FuncTable>> = OnceLock::new();
    TABLE.get_or_init(|| Arc::new(FuncTable::new(funcs::all()).with_methods(funcs::VALUES_METHODS)))
}

impl Compiled {
    /// Slots for the templates of `chart` and its subcharts; nothing is compiled yet.
    pub(crate) fn new(chart: &chart::Chart) -> Self {
        Compiled {
            units: chart.templates.iter().map(|_| Slot::new()).collect(),
            dependencies: chart.dependencies.iter().map(|chart| Compiled::new(chart)).collect(),
        }
    }

    /// The compiled form of the dependency `chart` of `parent`.
    fn of_dependency(&self, parent: &chart::Chart, chart: &Arc<chart::Chart>) -> Option<&Compiled> {
        let at = parent.dependencies.iter().position(|d| Arc::ptr_eq(d, chart))?;
        self.dependencies.get(at)
    }
}

/// The templates that a bake of `root` parses and renders, in Helm's order: deeper paths first, then by descending name, so
/// that the definitions of parent charts come later and win. Helm: `engine.allTemplates`, `engine.sortTemplates`.
pub(crate) fn sources<'a>(root: &'a Enabled, compiled: &'a Compiled) -> Vec<TemplateSource<'a>> {
    let mut sources = Vec::new();
    let mut next_scope = 0;
    collect(root, compiled, &mut next_scope, &mut sources);
    sources.sort_by(|a, b| b.depth.cmp(&a.depth).then_with(|| b.name.cmp(&a.name)));
    // of two charts with the same path, the later one counts
    sources.dedup_by(|later, kept| {
        let same = later.name == kept.name;
        if same {
            mem::swap(later, kept);
        }
        same
    });
    sources
}

/// Scopes are numbered in the order of the tree: a chart, then its subcharts.
fn collect<'a>(
    enabled: &'a Enabled,
    compiled: &'a Compiled,
    next_scope: &mut usize,
    found: &mut Vec<TemplateSource<'a>>,
) {
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
        found.push(TemplateSource { name, base_path: Arc::clone(&base_path), scope, depth, text: &file.data, unit });
    }
}

/// Whether a template is a partial. Helm: `strings.HasPrefix(path.Base(filename), "_")`.
pub(crate) fn is_partial(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|base| base.starts_with('_'))
}

/// Links the templates into one set, in which `template` and `include` find them.
pub(crate) fn link(sources: &[TemplateSource<'_>], run: &Run) -> Result<Set> {
    let mut set = Set::new(funcs::ROOT);
    let mut compiler = Compiler::new(functions(), &run.limits);
    for source in sources {
        if !run.ask() {
            return Err(cancelled());
        }
        let added = match compiled(source.unit, source.text, &mut compiler) {
            Some(unit) => set.add(&source.name, unit),
            // compile again for the error, which names the file
            None => compiler
                .compile_named(&source.name, source.text)
                .and_then(|unit| set.add(&source.name, &Arc::new(unit))),
        };
        added.map_err(|e| unclosed::explain(parse_error(&source.name, e), source.text))?;
    }
    Ok(set)
}

/// The compiled form of a template; `None` if it does not parse.
fn compiled<'u>(unit: &'u Slot, text: &Str, compiler: &mut Compiler<'_>) -> Option<&'u Arc<Unit>> {
    unit.get_or_init(|| compiler.compile(text).ok().map(Arc::new)).as_ref()
}

/// Helm's error for a template that does not parse: the place and the last part of Go's message.
/// Helm: `engine.cleanupParseError`.
fn parse_error(name: &str, error: Error) -> Error {
    // the error of Go's own limit has Go's text
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
