//! Templates of pipelines: YAML with Jinja, and what they see.
//!
//! A template is rendered once per service and stack. It sees the names of the service (`app_name`, `product`, `namespace`, ..),
//! its parameters as variables, and functions for ids, references and stages. The result is read as YAML.
//!
//! `${..}` belongs to Spinnaker and passes through, `${#..}` too, although `{#` begins a comment of Jinja elsewhere.

mod builtin;
mod explain;
mod failure;
mod functions;
mod head;
mod tests_of;
mod trace;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

pub use builtin::{Builtin, builtin, builtins};
pub use functions::{Artifact, Deployment, DeploymentChart};
use gotemplate::error::{Error, ErrorKind, Location, Result};
use goyaml::Node;
pub use head::{Kind, Parameter, Template};
use indexmap::IndexMap;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior};
pub use tests_of::{Outcome, TestFile};

use crate::catalog::{Catalog, Level, Parameters};
use crate::{Json, Mark, Object, Pipeline, yaml};
use functions::Facts;

/// The variables of every template. Parameters have other names.
pub const RESERVED: &[&str] = &[
    "account",
    "app",
    "app_name",
    "application",
    "charts",
    "git_repo",
    "namespace",
    "product",
    "project",
    "release",
    "service",
    "stack",
    "team",
    "template",
    "values_files",
    FACTS,
];
/// The variable with which functions find what they are about.
const FACTS: &str = "_facts";
/// What one pipeline may take: each step of the engine costs one, each byte of text a little.
const FUEL: u64 = 2_000_000;
/// Includes and macros within each other.
const RECURSION: usize = 100;
/// The brace of `${#` while Jinja looks at the text: a private character, which no pipeline has.
const BRACE: &str = "\u{e000}";

/// A text and the name of its file in errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name in errors.
    pub file: String,
    /// The text.
    pub text: String,
}

/// Finds the text that `{% include "NAME" %}` or `{% import "NAME" as x %}` names; none if there is none.
pub type Loader = dyn Fn(&str) -> Result<Option<Source>> + Send + Sync;

/// The parameters that a template saw, and who set each.
pub type Seen = IndexMap<String, (Json, Level)>;

/// The templates of a project, compiled.
#[derive(Debug)]
pub struct Templates {
    all: Arc<IndexMap<String, Template>>,
    engine: Engine,
    /// The same with marks of lines; made when somebody asks for a place.
    traced: OnceLock<Engine>,
    loader: Shared,
}

/// The loader, for both engines.
#[derive(Clone)]
struct Shared(Arc<Loader>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loader")
    }
}

/// Jinja with the texts that it has loaded so far.
#[derive(Debug)]
struct Engine {
    jinja: Environment<'static>,
    /// The texts by name, in the order in which they were loaded.
    sources: Arc<Mutex<IndexMap<String, Source>>>,
}

/// What a template is rendered for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The records.
    pub catalog: Arc<Catalog>,
    /// Which pipeline it is.
    pub mark: Mark,
    /// The release, charts and values files of the service in the stack.
    pub deployment: Arc<Deployment>,
}

/// The result of a template.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The pipeline, exactly as the template says it.
    pub pipeline: Pipeline,
    /// The parameters that the template saw, and who set them.
    pub parameters: Seen,
}

/// Which lines of templates made which values of a pipeline.
#[derive(Debug)]
pub struct Places {
    node: Node,
    lines: Vec<Option<(usize, u32)>>,
    sources: Vec<Source>,
}

impl Templates {
    /// Compiles templates; `loader` finds what they include.
    ///
    /// Errors: the head of a template is not valid, or its Jinja is not; the place is the line.
    pub fn new(sources: impl IntoIterator<Item = (String, Source)>, loader: Arc<Loader>) -> Result<Templates> {
        let mut templates = IndexMap::new();
        for (name, source) in sources {
            let template = Template::read(&name, &source.file, &source.text)?;
            templates.insert(name, template);
        }
        let templates = Arc::new(templates);
        let loader = Shared(loader);
        let engine = Engine::new(&templates, &loader, false);
        for name in templates.keys() {
            engine.jinja.get_template(name).map_err(|error| engine.failure(&error, &[]))?;
        }
        Ok(Templates { all: templates, engine, traced: OnceLock::new(), loader })
    }

    /// The templates by name.
    pub fn all(&self) -> &IndexMap<String, Template> {
        &self.all
    }

    /// Checks that each parameter that the records set is declared by a template.
    ///
    /// Errors: nobody declares it; the hint names the nearest.
    pub fn check_names(&self, catalog: &Catalog) -> Result<()> {
        if self.all.values().any(|template| template.parameters.is_none()) {
            return Ok(());
        }
        let known: Vec<&str> =
            self.all.values().flat_map(|t| t.parameters.iter().flatten()).map(|(name, _)| name.as_str()).collect();
        let check = |who: &dyn Fn() -> String, parameters: &Parameters| {
            let Some(unknown) = parameters.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
            let text = format!("{}: no template has a parameter {unknown:?}", who());
            Err(Error::new(ErrorKind::Values, text).did_you_mean(unknown, known.iter().copied()))
        };
        check(&|| "the project".to_owned(), &catalog.parameters)?;
        for (what, groups) in [("product", &catalog.products), ("team", &catalog.teams), ("stack", &catalog.stacks)] {
            for (name, group) in groups {
                check(&|| format!("{what} {name}"), &group.parameters)?;
            }
        }
        for (key, service) in &catalog.services {
            check(&|| format!("service {key}"), &service.parameters)?;
            for (stack, at) in &service.stacks {
                check(&|| format!("service {key} in stack {stack}"), &at.parameters)?;
            }
        }
        Ok(())
    }

    /// The pipeline of a target.
    ///
    /// Errors: there is no such template; a parameter is missing or of a wrong type; the template fails, or takes too long; what
    /// it prints is no pipeline; a reference leads nowhere. The error names the file, the line, the service and the stack.
    pub fn render(&self, target: &Target) -> Result<Rendered> {
        let blame = |error: Error| about(error, &target.mark);
        let (template, parameters) = self.parameters(target).map_err(blame)?;
        let facts = Arc::new(Facts::new(target));
        let text = self.engine.run(template, &parameters, target, &facts).map_err(blame)?;
        let placed = |error: Error| self.placed(error, target);
        let node = yaml::read("", &text).map_err(|error| blame(placed(of_result(&error, template))))?;
        let pipeline = Pipeline::from_json(Json::from(&node))
            .map_err(|error| blame(error.with_prefix(&format!("{}: ", template.file))))?;
        facts.check(&pipeline).map_err(|(error, pointer)| {
            let place = self.places(target).ok().and_then(|places| places.of(&pointer));
            blame(match place {
                Some(place) => at_place(error, place),
                None => error.with_prefix(&format!("{}: ", template.file)),
            })
        })?;
        Ok(Rendered { pipeline, parameters })
    }

    /// Which lines of templates made the pipeline of a target.
    ///
    /// Errors: those of [`Templates::render`].
    pub fn places(&self, target: &Target) -> Result<Places> {
        let (template, parameters) = self.parameters(target)?;
        let engine = self.traced();
        let marked = engine.run(template, &parameters, target, &Arc::new(Facts::new(target)))?;
        let (text, lines) = trace::unmarked(&marked);
        let node = yaml::read("", &text)?;
        Ok(Places { node, lines, sources: engine.loaded() })
    }

    fn traced(&self) -> &Engine {
        self.traced.get_or_init(|| Engine::new(&self.all, &self.loader, true))
    }

    fn parameters(&self, target: &Target) -> Result<(&Template, Seen)> {
        let name = &target.mark.template;
        let Some(template) = self.all.get(name) else {
            let error = Error::new(ErrorKind::Usage, format!("there is no template {name:?}"));
            return Err(error.did_you_mean(name, self.all.keys().map(String::as_str)));
        };
        let mut all = target.catalog.parameters(&target.mark.service, &target.mark.stack, &template.defaults());
        if let Some(name) = all.keys().find(|name| RESERVED.contains(&name.as_str())) {
            let text = format!("a parameter cannot be called {name:?}: every template has a variable of this name");
            return Err(Error::new(ErrorKind::Values, text));
        }
        let kept = template.check(all.iter().map(|(name, (value, _))| (name, value)))?;
        all.retain(|name, _| kept.contains_key(name));
        Ok((template, all))
    }

    /// An error in the rendered text, at the line of the template that made the line.
    fn placed(&self, error: Error, target: &Target) -> Error {
        let Some(line) = error.location().map(|place| place.line).filter(|line| *line > 0) else { return error };
        let Ok((template, parameters)) = self.parameters(target) else { return error };
        let engine = self.traced();
        let Ok(marked) = engine.run(template, &parameters, target, &Arc::new(Facts::new(target))) else { return error };
        let (_, lines) = trace::unmarked(&marked);
        match place_of(&lines, line, &engine.loaded()) {
            Some(place) => at_place(Error::new(error.kind(), error.message()), place),
            None => error,
        }
    }
}

impl Engine {
    fn new(templates: &Arc<IndexMap<String, Template>>, loader: &Shared, is_traced: bool) -> Engine {
        let sources: Arc<Mutex<IndexMap<String, Source>>> = Arc::default();
        let mut jinja = Environment::new();
        jinja.set_undefined_behavior(UndefinedBehavior::Strict);
        jinja.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        jinja.set_auto_reload(false);
        jinja.set_fuel(Some(FUEL));
        jinja.set_recursion_limit(RECURSION);
        // an error then knows the expression
        jinja.set_debug(true);
        jinja.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        jinja.set_formatter(functions::print);
        functions::add(&mut jinja);
        let (templates, loader, known) = (Arc::clone(templates), loader.clone(), Arc::clone(&sources));
        jinja.set_loader(move |name| {
            let source = match templates.get(name) {
                Some(template) => Some(Source { file: template.file.clone(), text: template.body.clone() }),
                None => (loader.0)(name).map_err(failure::into_jinja)?,
            };
            let Some(source) = source else { return Ok(None) };
            let text = source.text.replace("${#", &format!("${BRACE}#"));
            let mut known = known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (number, _) = known.insert_full(name.to_owned(), source);
            let text = if is_traced { trace::marked(number, &text) } else { text };
            Ok(Some(if templates.contains_key(name) { functions::BEGIN.to_owned() + &text } else { text }))
        });
        Engine { jinja, sources }
    }

    fn loaded(&self) -> Vec<Source> {
        let sources = self.sources.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sources.values().cloned().collect()
    }

    fn run(&self, template: &Template, parameters: &Seen, target: &Target, facts: &Arc<Facts>) -> Result<String> {
        let mut variables: Vec<(String, Value)> = facts
            .variables(target)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .chain(parameters.iter().map(|(name, (value, _))| (name.clone(), Value::from(Serde(value)))))
            .collect();
        variables.push((FACTS.to_owned(), Value::from_dyn_object(Arc::clone(facts))));
        let names: Vec<String> = variables.iter().map(|(name, _)| name.clone()).collect();
        let compiled = self.jinja.get_template(&template.name).map_err(|error| self.failure(&error, &names))?;
        let text = compiled.render(Value::from_pairs(variables)).map_err(|error| self.failure(&error, &names))?;
        Ok(text.replace(BRACE, "{"))
    }

    fn failure(&self, error: &minijinja::Error, known: &[String]) -> Error {
        failure::of(error, &self.loaded_by_name(), known)
    }

    fn loaded_by_name(&self) -> IndexMap<String, Source> {
        self.sources.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Places {
    /// The line that made the value at a JSON pointer, or the nearest value around it that a line made.
    pub fn of(&self, pointer: &str) -> Option<Location> {
        let mut pointer = pointer;
        loop {
            if let Some(node) = self.node.pointer(pointer)
                && let Some(place) = place_of(&self.lines, node.mark.line, &self.sources)
            {
                return Some(place);
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }

    /// The text of a line of a template.
    pub fn line(&self, place: &Location) -> Option<&str> {
        let source = self.sources.iter().find(|source| source.file == place.file)?;
        source.text.lines().nth((place.line as usize).checked_sub(1)?)
    }
}

/// The place of a line of the result.
fn place_of(lines: &[Option<(usize, u32)>], line: u32, sources: &[Source]) -> Option<Location> {
    let (number, line) = (*lines.get((line as usize).checked_sub(1)?)?)?;
    Some(Location::new(sources.get(number)?.file.clone(), line, 0))
}

fn at_place(error: Error, place: Location) -> Error {
    let prefix = format!("{}:{}: ", place.file, place.line);
    error.with_prefix(&prefix).at(place)
}

/// The error of a text that is not YAML, with the line of that text.
fn of_result(error: &Error, template: &Template) -> Error {
    // the line in Go's text is that of the result, which nobody sees
    let message = error.message().trim_start_matches(": ").trim_start_matches("error converting YAML to JSON: yaml: ");
    let message = match message.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((number, rest)) if number.chars().all(|c| c.is_ascii_digit()) => rest,
        _ => message,
    };
    let line = error.location().map_or(0, |place| place.line);
    let shown = error.source_line().map(str::to_owned);
    let mut text = format!("what the template makes is no YAML: {message}");
    if let Some(shown) = shown {
        let _ = write!(text, ": `{}`", shown.trim());
    }
    Error::new(ErrorKind::Syntax, text).at(Location::new(template.file.clone(), line, 0))
}

/// The same error, with the pipeline it is about.
fn about(error: Error, mark: &Mark) -> Error {
    let text =
        format!("{} (template {}, service {}, stack {})", error.message(), mark.template, mark.service, mark.stack);
    error.with_message(text)
}

/// Fills in the ids that Spinnaker needs and a template may leave out: those of artifacts, to which stages then refer by id
/// instead of by name, and those of cron triggers.
///
/// Ids are made of the mark and the name, so they stay the same. Front50 would give artifacts without ids the same empty one.
pub fn fill_ids(pipeline: &mut Pipeline, mark: &Mark) {
    let mut names: IndexMap<String, String> = IndexMap::new();
    let mut identify = |artifacts: Option<&mut Json>| {
        let Some(Json::Array(items)) = artifacts else { return };
        for item in items.iter_mut().filter_map(Json::as_object_mut) {
            let Some(name) = item.get("displayName").and_then(Json::as_str).map(str::to_owned) else { continue };
            let own = item.get("id").and_then(Json::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
            let id = own.unwrap_or_else(|| mark.id_of("artifact", &name));
            item.insert("id".to_owned(), Json::from(id.as_str()));
            names.entry(name).or_insert(id);
        }
    };
    let object = pipeline.object_mut();
    identify(object.get_mut("expectedArtifacts"));
    if let Some(Json::Array(stages)) = object.get_mut("stages") {
        for stage in stages.iter_mut().filter_map(Json::as_object_mut) {
            identify(stage.get_mut("expectedArtifacts"));
        }
    }
    // where a text is both a name and an id, it is the id
    let ids: Vec<String> = names.values().cloned().collect();
    names.retain(|name, _| !ids.contains(name));
    let object = pipeline.object_mut();
    if let Some(Json::Array(stages)) = object.get_mut("stages") {
        for stage in stages.iter_mut().filter_map(Json::as_object_mut) {
            refer(stage, &names);
        }
    }
    if let Some(Json::Array(triggers)) = object.get_mut("triggers") {
        for (number, trigger) in triggers.iter_mut().filter_map(Json::as_object_mut).enumerate() {
            refer(trigger, &names);
            if trigger.get("type").and_then(Json::as_str) == Some("cron") && !trigger.contains_key("id") {
                trigger.insert("id".to_owned(), Json::from(mark.id_of("trigger", &number.to_string())));
            }
        }
    }
}

/// Puts ids in the place of names of artifacts, in the fields of a stage or trigger that hold ids.
fn refer(holder: &mut Object, ids: &IndexMap<String, String>) {
    let replace = |value: &mut Json| {
        if let Json::String(text) = value
            && let Some(id) = ids.get(text)
        {
            text.clone_from(id);
        }
    };
    for (key, value) in holder.iter_mut() {
        match (key.as_str(), value) {
            ("manifestArtifactId" | "consumeArtifactId" | "packageArtifactId" | "patchArtifactId", value) => {
                replace(value);
            }
            ("requiredArtifactIds" | "expectedArtifactIds", Json::Array(items)) => items.iter_mut().for_each(replace),
            ("inputArtifacts", Json::Array(items)) => {
                items
                    .iter_mut()
                    .filter_map(Json::as_object_mut)
                    .filter_map(|item| item.get_mut("id"))
                    .for_each(replace);
            }
            ("inputArtifact", Json::Object(item)) => item.get_mut("id").into_iter().for_each(replace),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
