//! One run over a fleet: reads the layers, bakes, runs every rule, and finds the places.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::changing::{self, Witness};
use super::chart_keys::ChartKeys;
use super::finding::{Finding, ObjectPath, Place};
use super::linter::Linter;
use super::objects::Release;
use super::path;
use super::rule::{Check, RawFinding, RawPlace, RuleFindings};
use super::rules::{self, RULES};
use super::services::ServiceObjects;
use super::values_file::{Overlay, ValuePath, WrittenFile};
use crate::bake::Bake;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::project::fleet::Fleet;
use crate::project::{Baker, Once, Plan};
use crate::run::Run;
use crate::schema::Problem;
use crate::values::ValuesFile;
use crate::yaml::Mark;

/// Findings of different services and stacks with the same key are merged.
type Same = (&'static str, String, Place, Option<ObjectPath>);

/// The findings of all services, each once.
#[derive(Default)]
struct UniqueFindings(IndexMap<Same, Finding>);

impl Linter {
    /// Lints a fleet on all threads of rayon's current pool: every layer, alone and compared with those below it, and the objects
    /// of each service and stack. Findings are sorted by place.
    ///
    /// Errors in a file are findings, and so is a file that cannot be read.
    pub fn fleet(&self, fleet: &Fleet<'_>) -> Vec<Finding> {
        let baker = fleet.baker();
        let charts = baker.charts();
        let chart_keys: Vec<ChartKeys<'_>> =
            charts.iter().map(|chart| ChartKeys::new(chart, &baker.options().limits)).collect();
        let read = Once::default();
        let services = fleet.each_service(|plans| {
            let mut service = ServiceLint {
                linter: self,
                baker,
                chart_keys: &chart_keys,
                read: &read,
                layers: BTreeMap::new(),
                findings: UniqueFindings::default(),
                objects: Vec::new(),
            };
            for plan in plans {
                service.plan(plan);
            }
            (service.findings, service.objects)
        });
        let mut all = UniqueFindings::default();
        let mut objects = Vec::new();
        for (found, made) in services {
            found.0.into_values().for_each(|finding| all.add(finding));
            objects.extend(made);
        }
        self.services(&objects).into_iter().for_each(|finding| all.add(finding));
        let mut findings: Vec<Finding> = all.0.into_values().collect();
        let place = |stack: &String| fleet.stacks().iter().position(|known| known == stack);
        for finding in &mut findings {
            finding.stacks.sort_by_key(place);
        }
        findings.sort_by(|a, b| (&a.place, a.rule.code, &a.object).cmp(&(&b.place, b.rule.code, &b.object)));
        findings
    }
}

/// A run over one service.
struct ServiceLint<'r, 'f> {
    linter: &'r Linter,
    baker: &'r Baker<'f>,
    chart_keys: &'r [ChartKeys<'r>],
    /// The layers that several services share, each checked once.
    read: &'r Once<String, Arc<ReadLayer>>,
    /// The layers that were read and whose findings were reported.
    layers: BTreeMap<String, Arc<ReadLayer>>,
    findings: UniqueFindings,
    /// What other services may clash with.
    objects: Vec<ServiceObjects>,
}

/// A values file, for bakes and for rules.
struct ReadLayer {
    written: WrittenFile,
    /// Whether it can be baked; if not, a finding reports the reason.
    is_usable: bool,
    findings: Vec<RawFinding>,
}

/// A layer of a plan.
struct PlacedLayer<'p> {
    layer: Arc<ReadLayer>,
    scope: Cow<'p, BTreeSet<String>>,
}

impl ServiceLint<'_, '_> {
    /// Lints a service in a stack.
    fn plan(&mut self, plan: &Plan) {
        let baker = self.baker;
        let mut layers = Vec::new();
        for named in &plan.layers {
            let name = baker.project().files.show(&named.path);
            layers.push(self.read(&name, Cow::Borrowed(&named.scope), plan, || baker.file(&named.path)));
        }
        for file in baker.options().layers.files() {
            layers.push(self.read(file.name(), Cow::default(), plan, || Ok(file.clone())));
        }
        // layers above an unreadable file, and bakes with it, cannot be checked
        if layers.iter().any(|placed| !placed.layer.is_usable) {
            return;
        }
        for at in 1..layers.len() {
            self.over(plan, layers.get(..=at).unwrap_or_default());
        }
        let written: Vec<&WrittenFile> = layers.iter().map(|placed| &placed.layer.written).collect();
        let mut raw = Vec::new();
        let mut changing = Vec::new();
        let manifests = self.manifests(plan, &mut raw, &mut changing);
        if raw.is_empty() {
            let documents = manifests.iter().flat_map(Manifest::objects);
            let run = Run::new(baker.options().limits.clone());
            let looked = Release::new(&plan.name, &plan.namespace, documents, &run)
                .map(|release| Release { minor: minor(plan), ..release })
                .and_then(|release| {
                    self.objects.push(ServiceObjects::new(&plan.service, &plan.stack, &release, &written));
                    self.linter.look_at(&release, &run, &mut raw)
                });
            raw.extend(changing);
            if let Err(error) = looked {
                raw.push(file_finding(&error));
            }
        }
        self.add(raw, &written, plan, true);
    }

    /// Reads a values file once, and reports its findings once for each service.
    fn read<'p>(
        &mut self,
        name: &str,
        scope: Cow<'p, BTreeSet<String>>,
        plan: &Plan,
        load: impl FnOnce() -> Result<ValuesFile>,
    ) -> PlacedLayer<'p> {
        if let Some(known) = self.layers.get(name) {
            return PlacedLayer { layer: Arc::clone(known), scope };
        }
        let read = || Arc::new(ReadLayer::read(name, load, &self.baker.options().limits));
        // no other service uses a file of this service's folder
        let layer = if scope.contains("app") { read() } else { self.read.get(name.to_owned(), read) };
        self.add(layer.findings.clone(), &[&layer.written], plan, is_of_stacks(&scope));
        self.layers.insert(name.to_owned(), Arc::clone(&layer));
        PlacedLayer { layer, scope }
    }

    /// Runs the rules that compare the last layer with those before it.
    fn over(&mut self, plan: &Plan, layers: &[PlacedLayer<'_>]) {
        let written: Vec<&WrittenFile> = layers.iter().map(|placed| &placed.layer.written).collect();
        let (Some((over, below)), Some((upper, lower))) = (layers.split_last(), written.split_last()) else {
            return;
        };
        let charts = plan.charts.iter().filter_map(|(name, entry)| self.baker.chart(name, entry).ok());
        let chart_keys: Vec<&ChartKeys<'_>> =
            charts.filter_map(|chart| self.chart_keys.iter().find(|known| known.chart.is(&chart))).collect();
        let is_charts = |path: &[&[u8]]| chart_keys.iter().any(|chart| chart.has(path));
        let takes_map = |path: &[&[u8]]| chart_keys.iter().any(|chart| chart.takes_map(path));
        let everywhere = below.iter().all(|placed| placed.scope.is_subset(&over.scope));
        let layers_of_rules =
            Overlay { below: lower, over: upper, everywhere, is_charts: &is_charts, takes_map: &takes_map };
        let mut raw = Vec::new();
        for rule in RULES {
            if let Check::Overlay(check) = rule.check {
                check(&layers_of_rules, &mut RuleFindings::new(rule, &mut raw));
            }
        }
        self.add(raw, &written, plan, true);
    }

    /// The manifests of the charts. A chart that does not bake is a finding.
    fn manifests(&self, plan: &Plan, raw: &mut Vec<RawFinding>, changing: &mut Vec<RawFinding>) -> Vec<Manifest> {
        let mut manifests = Vec::new();
        let charts: Vec<_> =
            plan.charts.iter().filter_map(|(name, entry)| Some((name, self.baker.chart(name, entry).ok()?))).collect();
        let mut schemas: Vec<&[u8]> = Vec::new();
        let others = plan.charts.iter().any(|(_, entry)| entry.path.is_some());
        for (name, chart) in &charts {
            // a schema that several charts share is checked once
            let schema = chart.schema().filter(|text| !schemas.contains(text));
            let host = Witness::new(false);
            let bake = |host: &Arc<Witness>, ask_schema| {
                let bake = self.baker.prepare(plan, chart)?.host(Arc::clone(host) as Arc<dyn Host>);
                one_chart(bake, ask_schema)
            };
            match bake(&host, schema.is_some()) {
                Ok(ChartResult::Made(manifest)) => {
                    // a bake that asked for the time or for randomness shows by a second one what it made of them
                    if host.was_asked()
                        && let Ok(ChartResult::Made(second)) = bake(&Witness::new(true), false)
                    {
                        let run = Run::new(self.baker.options().limits.clone());
                        let mut found = RuleFindings::new(&rules::CHANGING_OUTPUT, changing);
                        if let Err(error) = changing::compare(&manifest, &second, &run, &mut found) {
                            raw.push(bake_finding(&error, name));
                        }
                    }
                    manifests.push(manifest);
                }
                Ok(ChartResult::Refused(problems)) => {
                    raw.extend(problems.iter().map(|problem| schema_finding(problem, others)));
                }
                Err(error) => raw.push(bake_finding(&error, name)),
            }
            schemas.extend(schema);
        }
        manifests
    }

    fn add(&mut self, raw: Vec<RawFinding>, written: &[&WrittenFile], plan: &Plan, of_stack: bool) {
        let stack = of_stack.then_some(plan.stack.as_str());
        for mut finding in raw.into_iter().filter_map(|raw| self.linter.settle(raw, written, stack)) {
            finding.services.push(plan.service.clone());
            self.findings.add(finding);
        }
    }
}

impl ReadLayer {
    /// Reads a values file and runs the rules for it.
    fn read(name: &str, load: impl FnOnce() -> Result<ValuesFile>, limits: &Limits) -> ReadLayer {
        let mut raw = Vec::new();
        let mut written =
            WrittenFile { name: name.to_owned(), tree: None, comments: Vec::new(), second: None, rest: None };
        let read = || -> std::result::Result<(), Box<RawFinding>> {
            let file = load().map_err(|error| file_finding(&error))?;
            let text = file.text(limits).map_err(|error| file_finding(&error))?;
            written =
                WrittenFile::read(name, text, &Run::new(limits.clone())).map_err(|error| syntax_finding(&error))?;
            file.tree(limits).map_err(|error| file_finding(&error))?;
            Ok(())
        };
        let result = read();
        let is_usable = result.is_ok();
        if is_usable {
            for rule in RULES {
                if let Check::File(check) = rule.check {
                    check(&written, &mut RuleFindings::new(rule, &mut raw));
                }
            }
        }
        raw.extend(result.err().map(|finding| *finding));
        ReadLayer { written, is_usable, findings: raw }
    }
}

/// The minor version of a plan's Kubernetes, if it is given.
fn minor(plan: &Plan) -> Option<u32> {
    plan.cluster.kube_version.as_ref()?;
    plan.cluster.capabilities().ok()?.kube_version.minor.parse().ok()
}

/// Whether a layer differs between stacks.
fn is_of_stacks(scope: &BTreeSet<String>) -> bool {
    scope.iter().any(|var| var == "stack" || var.starts_with("stack:"))
}

impl UniqueFindings {
    fn add(&mut self, finding: Finding) {
        let same = (finding.rule.code, finding.message.clone(), finding.place.clone(), finding.object.clone());
        let Some(known) = self.0.get_mut(&same) else { return drop(self.0.insert(same, finding)) };
        for (all, more) in [(&mut known.stacks, finding.stacks), (&mut known.services, finding.services)] {
            for name in more {
                if !all.contains(&name) {
                    all.push(name);
                }
            }
        }
    }
}

/// The finding for a text that is not valid YAML.
fn syntax_finding(error: &Error) -> RawFinding {
    let place = error.location().cloned().unwrap_or_default();
    let message = error.detail().unwrap_or(error.message());
    RawFinding {
        rule: &rules::SYNTAX,
        message: message.to_owned(),
        place: RawPlace::Mark(Mark { line: place.line, column: place.column }),
        values: Vec::new(),
        fix: Some("fix the YAML; the rest of the file cannot be checked before".to_owned()),
    }
}

/// The finding for a file that no bake can use.
fn file_finding(error: &Error) -> RawFinding {
    let place = error.location().cloned().unwrap_or_default();
    RawFinding {
        rule: &rules::RENDER,
        message: error.message().lines().next().unwrap_or_default().to_owned(),
        place: RawPlace::Mark(Mark { line: place.line, column: place.column }),
        values: Vec::new(),
        fix: error.hint().map(str::to_owned),
    }
}

/// The result of baking one chart.
enum ChartResult {
    Made(Manifest),
    /// The chart's schema refuses the values.
    Refused(Vec<Problem>),
}

/// Bakes one chart, with all violations of its schema and those of its subcharts instead of the single error of a bake.
fn one_chart(bake: Bake<'_>, ask_schema: bool) -> Result<ChartResult> {
    let prepared = bake.skip_schema_validation().prepare()?;
    // the chart's own schema may have been checked for another chart that shares it
    let problems = if ask_schema { prepared.schema_problems()? } else { prepared.subchart_problems()? };
    if !problems.is_empty() {
        return Ok(ChartResult::Refused(problems));
    }
    prepared.manifest(prepared.render_files()?).map(ChartResult::Made)
}

/// The finding for a violation of a schema. `others`: charts are involved that are not built in.
fn schema_finding(problem: &Problem, others: bool) -> RawFinding {
    let place = path::steps(&problem.path);
    let rule = if problem.unknown { &rules::UNKNOWN_KEY } else { &rules::SCHEMA };
    let message = match (problem.unknown, place.as_str()) {
        (true, _) | (_, "") => problem.message.clone(),
        _ => format!("{place}: {}", problem.message),
    };
    let fix = match (&problem.hint, problem.unknown) {
        (Some(hint), _) => Some(hint.clone()),
        (None, true) if others && problem.path.len() == 1 => {
            Some("`bake schema` prints all keys; values for another chart belong below `global`".to_owned())
        }
        (None, true) => Some("`bake schema` prints all keys".to_owned()),
        _ => None,
    };
    RawFinding {
        rule,
        message,
        place: RawPlace::Values,
        values: vec![ValuePath { path: problem.path.clone(), needle: None }],
        fix,
    }
}

/// The finding for an error of a bake.
fn bake_finding(error: &Error, chart: &str) -> RawFinding {
    let first = error.message().lines().next().unwrap_or_default();
    let refusal = first.strip_prefix("execution error at (").and_then(|rest| Some(rest.split_once("): ")?.1));
    let message = refusal.map_or_else(|| format!("the {chart} chart cannot be baked: {first}"), str::to_owned);
    let origin = error.origin();
    let place = if origin.is_some() { RawPlace::Line(origin.layer, origin.line) } else { RawPlace::Values };
    let values = if refusal.is_some() { refused_values(&message) } else { Vec::new() };
    RawFinding { rule: &rules::RENDER, message, place, values, fix: error.hint().map(str::to_owned) }
}

/// The values that the `fail` message of a chart names: the text in backticks before the first comma, and the key at the
/// start of the message (`env of web: ...`, `cron.schedule: ...`). They are looked up in the files, which have columns; the
/// error of a bake only has the line of the merged value.
fn refused_values(message: &str) -> Vec<ValuePath> {
    let source = |path: &[&str], needle: Option<&str>| ValuePath {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_values() {
        let named = |message: &str| {
            let show =
                |s: ValuePath| format!("{}{}", s.path.join("."), s.needle.map(|n| format!("~{n}")).unwrap_or_default());
            refused_values(message).into_iter().map(show).collect::<Vec<_>>()
        };
        assert_eq!(named("env of web: A refers to itself"), ["env"]);
        assert_eq!(named("cron.schedule is missing"), ["cron.schedule"]);
        assert_eq!(
            named("the route `a` goes to the subset `b`, which `istio.subsets` has not"),
            ["istio.routes.a~b", "~a", "~b", "a", "b", "the"]
        );
    }
}
