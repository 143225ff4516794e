//! All checks of pipelines before they are saved: templates, their tests, rules, bakes.

use std::collections::HashSet;

use ::pipeline::check::{Baked, Checker, Severity, Subject};
use ::pipeline::template::Places;
use ::pipeline::{Json, Location, Mark, Wanted};
use indexmap::IndexMap;

use super::{BakeCheck, Pipelines};
use crate::error::{Error, Result};

/// A finding, with all pipelines that have it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// The code of the rule.
    pub code: &'static str,
    /// The name of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The field, as people write it; empty for the whole pipeline.
    pub path: String,
    /// The line of the template.
    pub place: Option<Location>,
    /// How to fix it.
    pub hint: Option<String>,
    /// The pipelines.
    pub pipelines: Vec<Mark>,
}

/// The places of pipelines, made when they are first asked for.
struct Traces<'p> {
    pipelines: &'p Pipelines<'p>,
    known: IndexMap<Mark, Option<Places>>,
}

impl Traces<'_> {
    fn of(&mut self, mark: &Mark, pointer: &str) -> Option<Location> {
        let pipelines = self.pipelines;
        let places = self.known.entry(mark.clone()).or_insert_with(|| pipelines.places(mark).ok());
        places.as_ref()?.of(pointer)
    }
}

impl Pipelines<'_> {
    /// Checks pipelines; `bakes`: whether bake stages are run too. The same finding of many pipelines comes once.
    ///
    /// Errors: a file of tests is not valid.
    pub fn lint(&self, marks: &[Mark], bakes: bool) -> Result<Vec<Finding>> {
        let mut found: Vec<Finding> = Vec::new();
        for name in self.templates().all().keys() {
            if !marks.iter().any(|mark| mark.template == *name) {
                continue;
            }
            let failed = self.test(name)?.into_iter().filter_map(|outcome| {
                let fault = outcome.fault?;
                Some(Finding {
                    code: "P002",
                    rule: "template-test",
                    severity: Severity::Error,
                    message: format!("test {:?}: {fault}", outcome.name),
                    path: String::new(),
                    place: Some(outcome.place),
                    hint: None,
                    pipelines: Vec::new(),
                })
            });
            found.extend(failed);
        }
        // references lead to pipelines that are not asked about, too
        let all: Vec<Mark> = self.catalog().marks().collect();
        let asked: HashSet<&Mark> = marks.iter().collect();
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut others: Vec<Wanted> = Vec::new();
        for (mark, result) in all.iter().zip(self.render_all(&all)) {
            match result {
                Ok(one) if asked.contains(mark) => wanted.push(one),
                Ok(one) => others.push(one),
                Err(error) if asked.contains(mark) => found.push(failed(&error, mark)),
                Err(_) => {}
            }
        }
        let mut traces = Traces { pipelines: self, known: IndexMap::new() };
        let baked = if bakes { BakeCheck::new(self).check(&wanted) } else { Vec::new() };
        for finding in baked.iter().flat_map(|tried| &tried.findings) {
            found.push(Finding {
                code: finding.code,
                rule: finding.rule,
                severity: finding.severity,
                place: traces.of(&finding.mark, &finding.pointer),
                message: finding.message.clone(),
                path: finding.path.clone(),
                hint: finding.hint.clone(),
                pipelines: vec![finding.mark.clone()],
            });
        }
        let number = wanted.len();
        wanted.extend(others);
        for one in &mut wanted {
            // by which others refer to it
            let id = one.mark.id();
            one.pipeline.object_mut().entry("id".to_owned()).or_insert_with(|| Json::from(id));
        }
        let subjects: Vec<Subject<'_>> = wanted
            .iter()
            .enumerate()
            .map(|(number, one)| {
                let manifests = baked.get(number).map(|tried| tried.manifests.as_slice()).unwrap_or_default();
                let baked = manifests.iter().map(|(ref_id, manifests)| Baked { ref_id, manifests });
                Subject { baked: baked.collect(), ..Subject::from(one) }
            })
            .collect();
        for finding in Checker::new(self.checks()?)?.check(&subjects) {
            let Some(one) = wanted.get(finding.pipeline).filter(|_| finding.pipeline < number) else { continue };
            found.push(Finding {
                code: finding.rule.code,
                rule: finding.rule.name,
                severity: finding.severity,
                place: traces.of(&one.mark, &finding.path.pointer()),
                message: finding.message,
                path: finding.written,
                hint: finding.hint,
                pipelines: vec![one.mark.clone()],
            });
        }
        Ok(merged(found))
    }
}

/// The finding of a pipeline that its template does not make.
fn failed(error: &Error, mark: &Mark) -> Finding {
    let place = error.location().cloned();
    // the place and the pipeline stand beside the message
    let message = error.message();
    let message = place
        .as_ref()
        .and_then(|place| message.strip_prefix(&format!("{}:{}: ", place.file, place.line)))
        .unwrap_or(message);
    let message = message.rsplit_once(" (template ").map_or(message, |(before, _)| before);
    Finding {
        code: "P001",
        rule: "template-fails",
        severity: Severity::Error,
        message: message.to_owned(),
        path: String::new(),
        hint: error.hint().map(str::to_owned),
        place,
        pipelines: vec![mark.clone()],
    }
}

/// The same findings once, the worst first.
fn merged(found: Vec<Finding>) -> Vec<Finding> {
    let mut all: IndexMap<_, Finding> = IndexMap::new();
    for finding in found {
        let place = finding.place.as_ref().map(|place| (place.file.clone(), place.line));
        let key = (finding.code, finding.message.clone(), finding.path.clone(), place);
        match all.get_mut(&key) {
            Some(known) => known.pipelines.extend(finding.pipelines),
            None => {
                all.insert(key, finding);
            }
        }
    }
    let mut all: Vec<Finding> = all.into_values().collect();
    all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    all
}
