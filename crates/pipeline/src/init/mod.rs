//! A template from live pipelines: what they have in common, with variables and parameters for what differs.
//!
//! The names of the application, the namespace and the stack become variables. What else differs between the pipelines becomes
//! a parameter, with a value for each. The result is tried: [`Proposal::exact`] says which pipelines the template makes again
//! without any difference.

mod write;

use std::sync::Arc;

use gotemplate::error::{Error, ErrorKind, Result};
use indexmap::{IndexMap, IndexSet};

use crate::catalog::{Catalog, Group, Service, ServiceStack, TemplateRecord};
use crate::diff::Diff;
use crate::template::{Deployment, Source, Target, Templates};
use crate::{Json, Object, Pipeline};

/// A template for live pipelines.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The text of the template.
    pub template: String,
    /// For each pipeline: its service, stack and parameters.
    pub uses: Vec<Usage>,
}

/// How a live pipeline comes from the template.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// The application, which the service is called by.
    pub application: String,
    /// The name of the pipeline.
    pub name: String,
    /// The stack, as far as the pipeline tells.
    pub stack: String,
    /// The namespace, as far as the pipeline tells.
    pub namespace: String,
    /// The values of the parameters that differ from the template's defaults.
    pub parameters: Object,
    /// What differs after the round trip; nothing if it is exact.
    pub differences: Vec<String>,
}

impl Proposal {
    /// The number of pipelines that the template makes again without any difference.
    pub fn exact(&self) -> usize {
        self.uses.iter().filter(|usage| usage.differences.is_empty()).count()
    }
}

/// What the server writes by itself.
const SERVER: &[&str] = &["updateTs", "createTs", "lastModified", "lastModifiedBy"];
/// Words that are names of stacks.
const STACKS: &[&str] =
    &["dev", "development", "qa", "test", "testing", "stage", "staging", "preprod", "prod", "production", "live"];
/// Values below this are not looked into: they become one parameter where they differ.
const MAX_DEPTH: usize = 100;

/// Proposes a template called `name` for pipelines. `clean` leaves out what the server writes by itself.
///
/// Errors: there is no pipeline.
pub fn propose(name: &str, pipelines: &[Pipeline], clean: bool) -> Result<Proposal> {
    if pipelines.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "there is no pipeline to start from"));
    }
    let live: Vec<Json> = pipelines
        .iter()
        .map(|pipeline| {
            let mut object = pipeline.object().clone();
            if clean {
                object.retain(|key, _| !SERVER.contains(&key.as_str()));
            }
            Json::Object(object)
        })
        .collect();
    let variables: Vec<Vec<(&'static str, String)>> = pipelines.iter().map(variables).collect();
    let mut merge = Merge { variables: &variables, parameters: IndexMap::new(), by_values: IndexMap::new() };
    let all: Vec<Option<&Json>> = live.iter().map(Some).collect();
    let body = merge.value(&all, &mut Vec::new());
    let parameters = merge.parameters;
    let template = write::template(name, pipelines.len(), &body, &parameters);
    let uses = pipelines
        .iter()
        .zip(&variables)
        .enumerate()
        .map(|(number, (pipeline, variables))| {
            let of = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone()).unwrap_or_default()
            };
            let own = parameters.iter().filter_map(|(name, values)| {
                let value = values.get(number)?;
                (!write::has_default(values) || Some(value) != values.first()).then(|| (name.clone(), value.clone()))
            });
            Usage {
                application: pipeline.application().to_owned(),
                name: pipeline.name().to_owned(),
                stack: of("stack"),
                namespace: of("namespace"),
                parameters: own.collect(),
                differences: Vec::new(),
            }
        })
        .collect();
    let mut proposal = Proposal { template, uses };
    try_it(name, &mut proposal, &live);
    Ok(proposal)
}

/// Renders the template for each pipeline, and keeps what differs.
fn try_it(name: &str, proposal: &mut Proposal, live: &[Json]) {
    let source = Source { file: format!("{name}.yaml"), text: proposal.template.clone() };
    let templates = match Templates::new([(name.to_owned(), source)], Arc::new(|_| Ok(None))) {
        Ok(templates) => templates,
        Err(error) => {
            proposal.uses.iter_mut().for_each(|usage| usage.differences = vec![error.to_string()]);
            return;
        }
    };
    for (usage, live) in proposal.uses.iter_mut().zip(live) {
        usage.differences = match render(name, &templates, usage) {
            Ok(pipeline) if Json::Object(pipeline.object().clone()) == *live => Vec::new(),
            Ok(pipeline) => {
                let old = Pipeline::from_json(live.clone()).unwrap_or_default();
                let diff = Diff::of(Some(&old), Some(&pipeline));
                let all: Vec<String> = diff.changes.iter().map(ToString::to_string).collect();
                if all.is_empty() {
                    vec!["the JSON differs where Spinnaker sees no difference".to_owned()]
                } else {
                    all
                }
            }
            Err(error) => vec![error.to_string()],
        };
    }
}

/// The pipeline that a template makes for a use of it.
///
/// Errors: those of [`Templates::render`].
pub fn render(name: &str, templates: &Templates, usage: &Usage) -> Result<Pipeline> {
    let stack = if usage.stack.is_empty() { "all" } else { &usage.stack };
    let service = Service {
        name: usage.application.clone(),
        namespace: usage.namespace.clone(),
        stacks: IndexMap::from([(
            stack.to_owned(),
            ServiceStack {
                templates: vec![name.to_owned()],
                parameters: usage.parameters.clone(),
                ..ServiceStack::default()
            },
        )]),
        ..Service::default()
    };
    let catalog = Catalog {
        stacks: IndexMap::from([(stack.to_owned(), Group::default())]),
        templates: IndexMap::from([(name.to_owned(), TemplateRecord::default())]),
        services: IndexMap::from([(usage.application.clone(), service)]),
        ..Catalog::default()
    };
    let mark = catalog.mark(&usage.application, stack, name);
    let deployment = Deployment { namespace: usage.namespace.clone(), ..Deployment::default() };
    let target = Target { catalog: Arc::new(catalog), mark, deployment: Arc::new(deployment) };
    templates.render(&target).map(|rendered| rendered.pipeline)
}

/// The texts of a pipeline that become variables, the longest first.
fn variables(pipeline: &Pipeline) -> Vec<(&'static str, String)> {
    let text = |stage: &Json, key: &str| stage.get(key).and_then(Json::as_str).map(str::to_owned);
    let accounts = pipeline.stages().iter().filter_map(|stage| text(stage, "account"));
    let namespaces: IndexSet<String> = pipeline
        .stages()
        .iter()
        .flat_map(|stage| ["namespace", "namespaceOverride", "location"].map(|key| text(stage, key)))
        .flatten()
        .filter(|text| !text.is_empty() && !text.contains("${"))
        .collect();
    let stack = accounts.chain(namespaces.iter().cloned()).chain([pipeline.name().to_owned()]).find_map(|text| {
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        STACKS.iter().find(|stack| words.contains(stack)).map(|stack| (*stack).to_owned())
    });
    let mut all = vec![("application", pipeline.application().to_owned())];
    if let (1, Some(namespace)) = (namespaces.len(), namespaces.first()) {
        all.push(("namespace", namespace.clone()));
    }
    all.extend(stack.map(|stack| ("stack", stack)));
    // a text that YAML or Jinja would read in another way stays where it is
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let mut seen = IndexSet::new();
    all.retain(|(_, text)| text.len() > 1 && text.chars().all(plain) && seen.insert(text.clone()));
    all.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    all
}

/// What stands in a template.
#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A value without anything to fill in.
    Fixed(Json),
    /// A text with variables.
    Text(Vec<Piece>),
    /// A parameter, whatever its value.
    Parameter(String),
    List(Vec<Part>),
    /// The entries of a map; some depend on a parameter.
    Map(Vec<(String, Option<String>, Part)>),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Literal(String),
    Variable(&'static str),
}

struct Merge<'v> {
    variables: &'v [Vec<(&'static str, String)>],
    /// The parameters by name, with the values for all pipelines.
    parameters: IndexMap<String, Vec<Json>>,
    /// Their names by their values.
    by_values: IndexMap<String, String>,
}

impl Merge<'_> {
    fn value(&mut self, all: &[Option<&Json>], path: &mut Vec<String>) -> Part {
        let Some(known) = all.iter().copied().collect::<Option<Vec<&Json>>>() else {
            return self.parameter(all, path);
        };
        let Some((first, rest)) = known.split_first() else { return Part::Fixed(Json::Null) };
        match first {
            Json::String(_) if rest.iter().all(|value| value.as_str().is_some()) => self.text(&known, path),
            Json::Array(items)
                if path.len() < MAX_DEPTH
                    && rest.iter().all(|v| v.as_array().is_some_and(|v| v.len() == items.len())) =>
            {
                let parts = (0..items.len()).map(|number| {
                    let each: Vec<Option<&Json>> = known.iter().map(|value| value.items().get(number)).collect();
                    path.push(Self::step(&each, number));
                    let part = self.value(&each, path);
                    path.pop();
                    part
                });
                Part::List(parts.collect())
            }
            Json::Object(_) if path.len() < MAX_DEPTH && rest.iter().all(|v| v.as_object().is_some()) => {
                self.map(&known, all, path)
            }
            first if rest.iter().all(|value| value == first) => Part::Fixed((*first).clone()),
            _ => self.parameter(all, path),
        }
    }

    fn map(&mut self, known: &[&Json], all: &[Option<&Json>], path: &mut Vec<String>) -> Part {
        let keys: IndexSet<&String> =
            known.iter().filter_map(|value| value.as_object()).flat_map(|o| o.keys()).collect();
        let is_everywhere = |key: &str| known.iter().all(|value| value.get(key).is_some());
        // an entry that depends on something cannot be the first: the dash of a list stands before it
        let (common, partial): (Vec<&String>, Vec<&String>) = keys.into_iter().partition(|key| is_everywhere(key));
        if common.is_empty() && !partial.is_empty() {
            return self.parameter(all, path);
        }
        let mut entries = Vec::new();
        for key in common {
            let each: Vec<Option<&Json>> = known.iter().map(|value| value.get(key)).collect();
            path.push(key.clone());
            let part = self.value(&each, path);
            path.pop();
            entries.push((key.clone(), None, part));
        }
        for key in partial {
            let each: Vec<Option<&Json>> = known.iter().map(|value| value.get(key)).collect();
            let has: Vec<Json> = each.iter().map(|value| Json::Bool(value.is_some())).collect();
            path.push(key.clone());
            let condition = self.named("with", has, path);
            // where the entry is missing, anything may stand for it
            let filler = each.iter().flatten().next().copied();
            let each: Vec<Option<&Json>> = each.iter().map(|value| value.or(filler)).collect();
            let part = self.value(&each, path);
            path.pop();
            entries.push((key.clone(), Some(condition), part));
        }
        Part::Map(entries)
    }

    fn text(&mut self, known: &[&Json], path: &[String]) -> Part {
        let texts: Vec<&str> = known.iter().filter_map(|value| value.as_str()).collect();
        let pieces: Vec<Vec<Piece>> = texts.iter().zip(self.variables).map(|(text, vars)| pieces(text, vars)).collect();
        match pieces.first() {
            Some(first) if pieces.iter().all(|other| other == first) => Part::Text(first.clone()),
            _ if texts.iter().all(|text| Some(text) == texts.first()) => {
                Part::Text(vec![Piece::Literal(texts.first().copied().unwrap_or_default().to_owned())])
            }
            _ => self.parameter(&known.iter().map(|value| Some(*value)).collect::<Vec<_>>(), path),
        }
    }

    fn parameter(&mut self, all: &[Option<&Json>], path: &[String]) -> Part {
        let values = all.iter().map(|value| value.cloned().unwrap_or_default()).collect();
        Part::Parameter(self.named("", values, path))
    }

    /// The name of a parameter with these values: one that is there, or a new one after the path.
    fn named(&mut self, prefix: &str, values: Vec<Json>, path: &[String]) -> String {
        let key = values.iter().map(Json::to_string).collect::<Vec<_>>().join("\n");
        if let Some(known) = self.by_values.get(&key) {
            return known.clone();
        }
        let clean = |text: &str| -> String {
            text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
        };
        let words: Vec<String> = path.iter().rev().take(3).map(|step| clean(step)).collect();
        let mut name = prefix.to_owned();
        for word in words.iter().rev() {
            if !name.is_empty() {
                name.push('_');
            }
            name.push_str(word.trim_matches('_'));
        }
        if name.is_empty()
            || name.starts_with(|c: char| c.is_ascii_digit())
            || crate::template::RESERVED.contains(&&*name)
        {
            name = format!("own_{name}");
        }
        let base = name.clone();
        let mut number = 2;
        while self.parameters.contains_key(&name) {
            name = format!("{base}_{number}");
            number += 1;
        }
        self.by_values.insert(key, name.clone());
        self.parameters.insert(name.clone(), values);
        name
    }

    /// The name of an item of a list in a path.
    fn step(each: &[Option<&Json>], number: usize) -> String {
        let first = each.first().copied().flatten();
        let name = ["refId", "displayName", "name"].into_iter().find_map(|key| first?.get(key)?.as_str());
        name.map_or_else(|| number.to_string(), str::to_owned)
    }
}

/// A text in pieces: whole words that are the value of a variable stand for the variable.
fn pieces(text: &str, variables: &[(&'static str, String)]) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    let mut before: Option<char> = None;
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    while let Some(c) = rest.chars().next() {
        let found = variables.iter().find(|(_, value)| {
            rest.strip_prefix(value.as_str()).is_some_and(|after| !is_word(before) && !is_word(after.chars().next()))
        });
        // a brace before it would make `{{{`
        if let Some((name, value)) = found.filter(|_| before != Some('{')) {
            if !literal.is_empty() {
                all.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            all.push(Piece::Variable(name));
            before = value.chars().next_back();
            rest = rest.get(value.len()..).unwrap_or_default();
        } else {
            literal.push(c);
            before = Some(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    if !literal.is_empty() || all.is_empty() {
        all.push(Piece::Literal(literal));
    }
    all
}
