//! Tests of a template: a file beside it that says what it makes for a service and a stack.
//!
//! ```yaml
//! tests:
//!   - name: the first stage bakes
//!     service: shop/web/hello        # of the project; left out: a made-up one
//!     stack: prod
//!     parameters: {build: {job: ""}} # on top of all others
//!     expect:
//!       stages[0].type: bakeManifest
//!       stages[deploy].account: k8s-prod
//!       stages[*].refId: [bake, deploy]
//!       triggers: null               # not there
//! ```

use std::sync::Arc;

use gotemplate::error::{Error, ErrorKind, Location, Result};
use goyaml::Node;

use super::{Deployment, Target, Templates};
use crate::catalog::{Catalog, Service, ServiceStack};
use crate::{Json, Mark, Object, Pipeline, yaml};

/// The tests of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct TestFile {
    /// The name of the file in messages.
    pub file: String,
    /// The template.
    pub template: String,
    tests: Vec<Case>,
}

#[derive(Clone, Debug, PartialEq)]
struct Case {
    name: String,
    line: u32,
    service: Option<String>,
    stack: String,
    parameters: Object,
    expect: Vec<(String, Json, u32)>,
    error: Option<String>,
}

/// What a test said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The name of the test.
    pub name: String,
    /// The place of the test in its file, or of what it expects.
    pub place: Location,
    /// What is wrong; none if the test passed.
    pub fault: Option<String>,
}

const KEYS: &[&str] = &["name", "service", "stack", "parameters", "expect", "error"];

impl TestFile {
    /// Reads the tests of a template.
    ///
    /// Errors: the text is not YAML, or not as a file of tests must be.
    pub fn read(template: &str, file: &str, text: &str) -> Result<TestFile> {
        let node = yaml::read(file, text)?;
        let wrong = |node: &Node, what: String| {
            let error = Error::new(ErrorKind::Syntax, format!("{file}:{}: {what}", node.mark.line));
            error.at(Location::new(file, node.mark.line, node.mark.column))
        };
        let Some(items) = node.get("tests").and_then(Node::as_list) else {
            return Err(wrong(&node, "a file of tests has the key tests, a list".to_owned()));
        };
        let mut tests = Vec::new();
        for item in items {
            let Some(map) = item.as_map() else { return Err(wrong(item, "a test is a map".to_owned())) };
            for (key, value) in map {
                let key = key.to_string_lossy();
                if !KEYS.contains(&&*key) {
                    let error = wrong(value, format!("a test has no key {key:?}"));
                    return Err(error.did_you_mean(&key, KEYS.iter().copied()));
                }
            }
            let text = |key: &str| item.get(key).and_then(Node::as_str).map(str::to_owned);
            let expect = item.get("expect").and_then(Node::as_map).into_iter().flatten();
            let expect: Vec<_> = expect
                .map(|(path, want)| (path.to_string_lossy().into_owned(), Json::from(want), want.mark.line))
                .collect();
            let error = text("error");
            if expect.is_empty() && error.is_none() {
                return Err(wrong(item, "a test says what to expect, or the error".to_owned()));
            }
            tests.push(Case {
                name: text("name").unwrap_or_default(),
                line: item.mark.line,
                service: text("service"),
                stack: text("stack").unwrap_or_else(|| "dev".to_owned()),
                parameters: match item.get("parameters").map(Json::from) {
                    Some(Json::Object(object)) => object,
                    _ => Object::new(),
                },
                expect,
                error,
            });
        }
        Ok(TestFile { file: file.to_owned(), template: template.to_owned(), tests })
    }

    /// Runs the tests. `deployment` answers how a service of the records is deployed, or the made-up service (`None`).
    ///
    /// Errors: those of `deployment`.
    pub fn run(
        &self,
        templates: &Templates,
        catalog: &Catalog,
        deployment: impl Fn(Option<&str>, &str) -> Result<Deployment>,
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for case in &self.tests {
            let outcome = |line: u32, fault: Option<String>| Outcome {
                name: case.name.clone(),
                place: Location::new(self.file.clone(), line, 0),
                fault,
            };
            let mut catalog = catalog.clone();
            let service = if let Some(name) = &case.service {
                match catalog.service_named(name, "") {
                    Ok(key) => key.to_owned(),
                    Err(error) => {
                        outcomes.push(outcome(case.line, Some(error.to_string())));
                        continue;
                    }
                }
            } else {
                catalog.services.insert(SAMPLE.to_owned(), sample());
                SAMPLE.to_owned()
            };
            catalog.stacks.entry(case.stack.clone()).or_default();
            if let Some(record) = catalog.services.get_mut(&service) {
                let at: &mut ServiceStack = record.stacks.entry(case.stack.clone()).or_default();
                at.parameters.extend(case.parameters.clone());
                if !at.templates.contains(&self.template) {
                    at.templates.push(self.template.clone());
                }
            }
            let mark = Mark { service: service.clone(), ..catalog.mark(&service, &case.stack, &self.template) };
            let deployment = deployment(case.service.as_ref().map(|_| service.as_str()), &case.stack)?;
            let target = Target { catalog: Arc::new(catalog), mark, deployment: Arc::new(deployment) };
            match (templates.render(&target), &case.error) {
                (Err(error), Some(want)) if error.to_string().contains(want) => outcomes.push(outcome(case.line, None)),
                (Err(error), _) => outcomes.push(outcome(case.line, Some(error.to_string()))),
                (Ok(_), Some(want)) => {
                    outcomes.push(outcome(case.line, Some(format!("it does not fail with {want:?}"))));
                }
                (Ok(rendered), None) => {
                    let faults = case.expect.iter().filter_map(|(path, want, line)| {
                        let got = select(&rendered.pipeline, path);
                        (got != *want).then(|| outcome(*line, Some(format!("{path} is {got}, not {want}"))))
                    });
                    let before = outcomes.len();
                    outcomes.extend(faults);
                    if outcomes.len() == before {
                        outcomes.push(outcome(case.line, None));
                    }
                }
            }
        }
        Ok(outcomes)
    }
}

/// The key of the made-up service.
pub(super) const SAMPLE: &str = "shop/web/hello";

/// A service for tests that name none.
fn sample() -> Service {
    Service {
        name: "hello".to_owned(),
        product: "shop".to_owned(),
        team: "web".to_owned(),
        namespace: "web".to_owned(),
        repository: "hello".to_owned(),
        ..Service::default()
    }
}

/// The value at a path: names with dots between them; `[KEY]` is the item of a list by number, or by its refId, id, displayName,
/// name or type; `[*]` is all items. What is not there is null.
pub(super) fn select(pipeline: &Pipeline, path: &str) -> Json {
    let steps: Vec<&str> = steps(path);
    at(&Json::Object(pipeline.object().clone()), &steps)
}

fn at(value: &Json, steps: &[&str]) -> Json {
    let Some((step, rest)) = steps.split_first() else { return value.clone() };
    let inner = step.strip_prefix('[').and_then(|step| step.strip_suffix(']'));
    match (inner, value) {
        (Some("*"), Json::Array(items)) => items.iter().map(|item| at(item, rest)).collect(),
        (Some(key), Json::Array(items)) => item(items, key).map(|found| at(found, rest)).unwrap_or_default(),
        (Some(key), Json::Object(object)) => object.get(key).map(|found| at(found, rest)).unwrap_or_default(),
        (None, Json::Object(object)) => {
            // a key may have dots, such as those of overrides
            let whole = steps.join(".");
            match object.get(*step) {
                Some(found) => at(found, rest),
                None => object.get(&whole).cloned().unwrap_or_default(),
            }
        }
        _ => Json::Null,
    }
}

fn item<'i>(items: &'i [Json], key: &str) -> Option<&'i Json> {
    if let Ok(number) = key.parse::<usize>()
        && let Some(found) = items.get(number)
    {
        return Some(found);
    }
    let named = |name: &str| items.iter().find(|item| item.get(name).and_then(Json::as_str) == Some(key));
    ["refId", "id", "displayName", "name", "type"].into_iter().find_map(named)
}

/// The steps of a path: `a.b[c d].e` is `a`, `b`, `[c d]`, `e`.
fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if rest.starts_with('[') {
            let end = rest.find(']').map_or(rest.len(), |end| end + 1);
            let (step, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            steps.push(step);
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (step, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        steps.push(step);
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    steps
}
