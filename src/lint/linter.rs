//! One run over a service: read its files, bake its stacks, ask every rule, find the places.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::declared::is_declared;
use super::finding::{Finding, ObjectPath, Place, Severity};
use super::path;
use super::rule::{self, Check, Found, Issue, Rule, Source, Spot};
use super::rules::{self, RULES};
use super::scene::Scene;
use super::schemas::Schemas;
use super::sheet::{Layers, Sheet, locate};
use crate::bake::{Bake, Chart};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::project::App;
use crate::values::schema::Problem;
use crate::yaml::{Data, Mark};

/// Adds to every bake what the files do not say: `--set`, the cluster's version.
type Adjust = dyn for<'c> Fn(Bake<'c>) -> Result<Bake<'c>> + Send + Sync;

/// The rules with all that services share. It can be used by many threads at once.
pub struct Linter {
    charts: Vec<Chart>,
    limits: Limits,
    adjust: Option<Arc<Adjust>>,
    allowed: Vec<&'static Rule>,
    denied: Vec<&'static Rule>,
    schemas: Option<Schemas>,
}

/// What makes two findings of different stacks one.
type Same = (&'static str, String, Place, Option<ObjectPath>);

impl Linter {
    /// A linter that bakes with both built-in charts.
    ///
    /// Errors: none today; loading a chart can fail.
    pub fn new() -> Result<Linter> {
        Ok(Linter::with_charts(vec![Chart::builtin("workload")?, Chart::builtin("service")?]))
    }

    /// A linter that bakes with these charts.
    pub fn with_charts(charts: Vec<Chart>) -> Linter {
        Linter { charts, limits: Limits::helm(), adjust: None, allowed: Vec::new(), denied: Vec::new(), schemas: None }
    }

    /// What a bake may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds layers or cluster facts to every bake.
    #[must_use]
    pub fn adjust(mut self, adjust: impl for<'c> Fn(Bake<'c>) -> Result<Bake<'c>> + Send + Sync + 'static) -> Self {
        self.adjust = Some(Arc::new(adjust));
        self
    }

    /// Silences a rule, by its code or name.
    ///
    /// Errors: there is no such rule.
    pub fn allow(mut self, rule: &str) -> Result<Self> {
        self.allowed.push(rule::find(rule)?);
        Ok(self)
    }

    /// Makes the findings of a rule errors.
    ///
    /// Errors: there is no such rule.
    pub fn deny(mut self, rule: &str) -> Result<Self> {
        self.denied.push(rule::find(rule)?);
        Ok(self)
    }

    /// Checks objects by the JSON schemas below a folder, in the layout of kubeconform.
    ///
    /// Errors: there is no such folder.
    pub fn schemas(mut self, folder: impl AsRef<Path>) -> Result<Self> {
        let mut schemas = self.schemas.take().unwrap_or_default();
        schemas.add(folder.as_ref())?;
        self.schemas = Some(schemas);
        Ok(self)
    }

    /// Lints a service: its files, and the objects of its stacks. Without `stacks` all of them; a stack that the service
    /// does not have is passed over.
    ///
    /// Errors: a file cannot be read. What is wrong in it is a finding.
    pub fn app(&self, app: &App, stacks: &[String]) -> Result<Vec<Finding>> {
        let own = app.stacks()?;
        let chosen: Vec<&String> = own.iter().filter(|s| stacks.is_empty() || stacks.contains(s)).collect();
        if chosen.is_empty() && !stacks.is_empty() {
            return Ok(Vec::new());
        }
        let layout = app.layout()?;
        let mut run = Run {
            linter: self,
            release: layout.app.unwrap_or_else(|| "release-name".to_owned()),
            namespace: layout.namespace.unwrap_or_else(|| "default".to_owned()),
            findings: IndexMap::new(),
        };
        let Some((base, base_text)) = run.read(&app.common_values(), None)? else { return Ok(run.finish(app)) };
        if chosen.is_empty() {
            run.bake(&[&base], &[&base_text], None)?;
        }
        for stack in chosen {
            let Some(file) = app.layers(stack)?.pop() else { continue };
            let Some((sheet, text)) = run.read(&file, Some(stack))? else { continue };
            run.layers(&base, &sheet, stack);
            run.bake(&[&base, &sheet], &[&base_text, &text], Some(stack))?;
        }
        Ok(run.finish(app))
    }

    /// Looks at the objects of manifests alone, as one bake of `release` in `namespace`.
    ///
    /// Errors: a document cannot be read.
    pub fn manifests(&self, release: &str, namespace: &str, manifests: &[Manifest]) -> Result<Vec<Finding>> {
        let documents = manifests.iter().flat_map(Manifest::objects);
        let scene = Scene::new(release, namespace, documents, &self.limits)?;
        let mut issues = Vec::new();
        self.look_at(&scene, &mut issues)?;
        let found = issues.into_iter().filter_map(|issue| self.settle(issue, &[], None));
        Ok(found.collect())
    }

    /// Asks the rules for objects.
    fn look_at(&self, scene: &Scene, issues: &mut Vec<Issue>) -> Result<()> {
        for rule in RULES {
            if let Check::Objects(check) = rule.check
                && !self.allowed.contains(&rule)
            {
                check(scene, &mut Found::new(rule, issues));
            }
        }
        if let Some(schemas) = &self.schemas {
            let mut found = Found::new(&rules::KUBERNETES_SCHEMA, issues);
            for object in &scene.objects {
                schemas.check(object, &self.limits, &mut found)?;
            }
        }
        Ok(())
    }

    /// Gives an issue its severity and its place; none where it is silenced.
    fn settle(&self, issue: Issue, sheets: &[&Sheet], stack: Option<&str>) -> Option<Finding> {
        if self.allowed.contains(&issue.rule) {
            return None;
        }
        let last = sheets.len().saturating_sub(1);
        let spot = match &issue.spot {
            Spot::Mark(mark) => Some((last, *mark)),
            Spot::Line(layer, line) => {
                usize::from(*layer).checked_sub(1).map(|at| (at, Mark { line: *line, column: 0 }))
            }
            Spot::Object { .. } | Spot::Sources => locate(sheets, &issue.sources),
        };
        let (at, mark) = spot.filter(|(at, _)| *at < sheets.len()).unwrap_or((last, Mark::default()));
        let sheet = sheets.get(at);
        if sheet.is_some_and(|sheet| sheet.allows(issue.rule, mark.line)) {
            return None;
        }
        let file = sheet.map(|sheet| sheet.name.clone()).unwrap_or_default();
        let object = match issue.spot {
            Spot::Object { kind, name, path } => Some(ObjectPath { kind, name, path }),
            _ => None,
        };
        Some(Finding {
            rule: issue.rule,
            severity: if self.denied.contains(&issue.rule) { Severity::Error } else { issue.rule.severity },
            message: issue.message,
            place: Place { file, line: mark.line, column: mark.column },
            object,
            fix: issue.fix,
            service: String::new(),
            stacks: stack.map(str::to_owned).into_iter().collect(),
        })
    }
}

/// The run over one service.
struct Run<'l> {
    linter: &'l Linter,
    release: String,
    namespace: String,
    findings: IndexMap<Same, Finding>,
}

impl Run<'_> {
    /// Reads a values file and asks the rules for one; none where it is no YAML.
    fn read(&mut self, file: &Path, stack: Option<&str>) -> Result<Option<(Sheet, Vec<u8>)>> {
        let limits = &self.linter.limits;
        let name = file.strip_prefix(".").unwrap_or(file).display().to_string();
        let text = read_file(file, limits.values_file_bytes)?;
        match Sheet::read(&name, &text, limits) {
            Ok(sheet) => {
                let mut issues = Vec::new();
                for rule in RULES {
                    if let Check::Sheet(check) = rule.check {
                        check(&sheet, &mut Found::new(rule, &mut issues));
                    }
                }
                self.add(issues, &[&sheet], stack);
                Ok(Some((sheet, text)))
            }
            Err(error) => {
                let place = error.location().cloned().unwrap_or_default();
                let sheet = Sheet { name, tree: None, comments: Vec::new() };
                let message = error.message().rsplit("yaml: ").next().unwrap_or_default();
                let message = message
                    .split_once(": ")
                    .filter(|(start, _)| start.starts_with("line "))
                    .map_or(message, |(_, rest)| rest);
                let mut issues = Vec::new();
                Found::new(&rules::SYNTAX, &mut issues)
                    .at(Mark { line: place.line, column: place.column }, message)
                    .fix("mend the YAML; nothing else of the file can be checked before");
                self.add(issues, &[&sheet], stack);
                Ok(None)
            }
        }
    }

    /// Asks the rules for a stack's file over the common one.
    fn layers(&mut self, base: &Sheet, stack: &Sheet, name: &str) {
        let charts = &self.linter.charts;
        let is_charts = |path: &[&[u8]]| {
            charts.iter().any(|chart| {
                // a null for such a key turns off what the chart does by itself
                let schema = chart.schema().and_then(|text| serde_json::from_slice(text).ok());
                let declared = schema.is_some_and(|schema| is_declared(&schema, path));
                let found = path.iter().try_fold(chart.values(), |node, step| node.as_map()?.get(*step));
                declared || found.is_some_and(|node| node.data != Data::Null)
            })
        };
        let layers = Layers { base, stack, is_charts: &is_charts };
        let mut issues = Vec::new();
        for rule in RULES {
            if let Check::Layers(check) = rule.check {
                check(&layers, &mut Found::new(rule, &mut issues));
            }
        }
        self.add(issues, &[base, stack], Some(name));
    }

    /// Bakes the charts with the files and asks the rules for objects.
    fn bake(&mut self, sheets: &[&Sheet], texts: &[&[u8]], stack: Option<&str>) -> Result<()> {
        let mut issues = Vec::new();
        let manifests = self.manifests(sheets, texts, &mut issues)?;
        if issues.is_empty() {
            let documents = manifests.iter().flat_map(Manifest::objects);
            let scene = Scene::new(&self.release, &self.namespace, documents, &self.linter.limits)?;
            self.linter.look_at(&scene, &mut issues)?;
        }
        self.add(issues, sheets, stack);
        Ok(())
    }

    /// The manifests of the charts; what keeps one from being made is an issue.
    fn manifests(&self, sheets: &[&Sheet], texts: &[&[u8]], issues: &mut Vec<Issue>) -> Result<Vec<Manifest>> {
        let linter = self.linter;
        let mut manifests = Vec::new();
        let mut schemas: Vec<&[u8]> = Vec::new();
        for chart in &linter.charts {
            let mut bake =
                Bake::new(chart).limits(linter.limits.clone()).release(&self.release).namespace(&self.namespace);
            for (sheet, text) in sheets.iter().zip(texts) {
                bake = bake.values_text(&sheet.name, text);
            }
            if let Some(adjust) = &linter.adjust {
                bake = adjust(bake)?;
            }
            // one schema is asked once, also where several charts have it
            let schema = chart.schema().filter(|text| !schemas.contains(text));
            match one_chart(chart, bake, schema.is_some()) {
                Ok(Baked::Made(manifest)) => manifests.push(manifest),
                Ok(Baked::Refused(problems)) => issues.extend(problems.iter().map(schema_issue)),
                Err(error) => issues.push(bake_issue(&error, chart.name())),
            }
            schemas.extend(schema);
        }
        Ok(manifests)
    }

    fn add(&mut self, issues: Vec<Issue>, sheets: &[&Sheet], stack: Option<&str>) {
        for issue in issues {
            let Some(finding) = self.linter.settle(issue, sheets, stack) else { continue };
            let same = (finding.rule.code, finding.message.clone(), finding.place.clone(), finding.object.clone());
            match self.findings.get_mut(&same) {
                Some(known) => {
                    for stack in finding.stacks {
                        if !known.stacks.contains(&stack) {
                            known.stacks.push(stack);
                        }
                    }
                }
                None => drop(self.findings.insert(same, finding)),
            }
        }
    }

    fn finish(self, app: &App) -> Vec<Finding> {
        let service = app.common_values().parent().map(|p| p.display().to_string()).unwrap_or_default();
        let mut findings: Vec<Finding> = self.findings.into_values().collect();
        for finding in &mut findings {
            finding.service.clone_from(&service);
        }
        findings.sort_by(|a, b| (&a.place, a.rule.code, &a.object).cmp(&(&b.place, b.rule.code, &b.object)));
        findings
    }
}

/// What baking one chart comes to.
enum Baked {
    Made(Manifest),
    /// The chart's schema refuses the values.
    Refused(Vec<Problem>),
}

/// Bakes one chart, with all that its schema has to say in place of the one error of a bake.
fn one_chart(chart: &Chart, bake: Bake<'_>, ask_schema: bool) -> Result<Baked> {
    let has_subcharts = chart.metadata().dependencies.as_ref().is_some_and(|list| !list.is_empty());
    let whole = has_subcharts.then(|| bake.clone());
    let prepared = bake.skip_schema_validation().prepare()?;
    if ask_schema {
        let problems = prepared.schema_problems()?;
        if !problems.is_empty() {
            return Ok(Baked::Refused(problems));
        }
    }
    // the schemas of subcharts are asked by the bake itself
    if let Some(bake) = whole {
        bake.prepare()?;
    }
    prepared.manifest(prepared.render_files()?).map(Baked::Made)
}

/// What a schema has against the values, as an issue.
fn schema_issue(problem: &Problem) -> Issue {
    let place = path::steps(&problem.path);
    let rule = if problem.unknown { &rules::UNKNOWN_KEY } else { &rules::SCHEMA };
    let message = match (problem.unknown, place.as_str()) {
        (true, _) | (_, "") => problem.message.clone(),
        _ => format!("{place}: {}", problem.message),
    };
    let fix = match (&problem.meant, problem.unknown) {
        (Some(meant), _) => Some(format!("did you mean {meant:?}?")),
        (None, true) => Some("`bake schema` prints all keys".to_owned()),
        _ => None,
    };
    Issue {
        rule,
        message,
        spot: Spot::Sources,
        sources: vec![Source { path: problem.path.clone(), needle: None }],
        fix,
    }
}

/// An error of a bake, as an issue.
fn bake_issue(error: &Error, chart: &str) -> Issue {
    let first = error.message().lines().next().unwrap_or_default();
    let refusal = first.strip_prefix("execution error at (").and_then(|rest| Some(rest.split_once("): ")?.1));
    let message = refusal.map_or_else(|| format!("the {chart} chart cannot be baked: {first}"), str::to_owned);
    let origin = error.origin();
    let spot = if origin.is_some() { Spot::Line(origin.layer, origin.line) } else { Spot::Sources };
    let sources = if refusal.is_some() { named(&message) } else { Vec::new() };
    Issue { rule: &rules::RENDER, message, spot, sources, fix: error.hint().map(str::to_owned) }
}

/// The values that a chart's refusal names: what stands in backticks before the first comma, and the key that the
/// message starts with (`env of web: ...`, `cron.schedule: ...`).
fn named(message: &str) -> Vec<Source> {
    let source = |path: &[&str], needle: Option<&str>| Source {
        path: path.iter().map(|step| (*step).to_owned()).collect(),
        needle: needle.map(str::to_owned),
    };
    let start = message.split(", ").next().unwrap_or_default();
    let quoted: Vec<&str> = start.split('`').skip(1).step_by(2).collect();
    let mut found = Vec::new();
    if let [first, second, ..] = quoted.as_slice() {
        found.push(source(&["istio", "routes", first], Some(second)));
    }
    found.extend(quoted.iter().filter(|text| !text.contains(['.', ' '])).map(|text| source(&[], Some(text))));
    let keys = quoted.iter().copied().chain(message.split([':', ' ']).next());
    found.extend(keys.map(|key| source(&key.split('.').collect::<Vec<_>>(), None)));
    found
}

/// A values file, up to one byte more than `max`: the bake refuses it then.
fn read_file(path: &Path, max: u64) -> Result<Vec<u8>> {
    let failed = |e: std::io::Error| Error::new(ErrorKind::Io, format!("{}: {e}", path.display()));
    let mut text = Vec::new();
    #[allow(clippy::disallowed_methods)] // the files of a service, which this room looks at as they are written
    let file = File::open(path).map_err(failed)?;
    file.take(max.saturating_add(1)).read_to_end(&mut text).map_err(failed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linter_is_shared_by_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&Linter::new().unwrap());
    }

    #[test]
    fn a_refusal_names_its_values() {
        let named = |message: &str| {
            let show =
                |s: Source| format!("{}{}", s.path.join("."), s.needle.map(|n| format!("~{n}")).unwrap_or_default());
            named(message).into_iter().map(show).collect::<Vec<_>>()
        };
        assert_eq!(named("env of web: A refers to itself"), ["env"]);
        assert_eq!(named("cron.schedule is missing"), ["cron.schedule"]);
        assert_eq!(
            named("the route `a` goes to the subset `b`, which `istio.subsets` has not"),
            ["istio.routes.a~b", "~a", "~b", "a", "b", "the"]
        );
    }
}
