//! `pipelines` in `bake.yaml`, and `service.yaml` beside the values of a service: which pipelines are made for whom, and with
//! what. The module `pipeline` makes records of it.

use indexmap::IndexMap;

use super::config::{FILE_NAME, STACK};
use super::pattern::{Pattern, Vars, glob_matches};
use super::services::{Project, Service};
use super::strict::Strict;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::yaml::{Node, NodeMap};

/// The file with what is a service's own, in its folder.
pub const SERVICE_FILE: &str = "service.yaml";
/// The largest `service.yaml`.
const MAX_SERVICE: u64 = 1 << 20;

/// Values of parameters, as they are written.
pub type ParameterNodes = IndexMap<String, Node>;

/// The key `pipelines` of a `bake.yaml`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pipelines {
    /// The name of the project in marks and ids.
    pub project: Option<String>,
    /// The folder of the templates.
    pub templates: String,
    /// Spinnaker's application of a service.
    pub application: Pattern,
    /// The git repository of a service's source.
    pub repository: Pattern,
    /// Spinnaker's account of the cluster.
    pub account: Pattern,
    /// How pipelines get the charts.
    pub charts: Source,
    /// How pipelines get the values files.
    pub values: Source,
    /// Parameters of all services.
    pub parameters: ParameterNodes,
    /// Parameters of products.
    pub products: IndexMap<String, Holder>,
    /// Parameters of teams, and their services.
    pub teams: IndexMap<String, Holder>,
    /// Parameters of stacks.
    pub stacks: IndexMap<String, Holder>,
    /// Which services have which templates in which stacks.
    pub rules: Vec<Use>,
    /// Whether ids that templates leave out are filled in.
    pub fill_ids: bool,
    /// Where pipelines are saved, as it is written.
    pub store: Option<Node>,
    /// Stage types that are no stages of Spinnaker's own, and other settings of the checks, as they are written.
    pub checks: Option<Node>,
}

/// A product, a team or a stack.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Holder {
    /// What it is.
    pub description: String,
    /// Its parameters.
    pub parameters: ParameterNodes,
    /// Patterns of its services. Only for teams.
    pub services: Vec<String>,
}

/// How pipelines get charts or values files.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Source {
    /// The type of the artifact.
    pub kind: Option<String>,
    /// The account that fetches it.
    pub account: Option<String>,
    /// The name of the artifact: `{chart}` or `{path}`.
    pub name: Option<String>,
    /// The reference of the artifact, with `{chart}` or `{path}`.
    pub reference: Option<String>,
    /// The version: of values files, the branch.
    pub version: Option<String>,
}

/// Which services have which templates in which stacks. What is left out is all.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Use {
    /// The templates.
    pub templates: Vec<String>,
    /// Patterns of services.
    pub services: Vec<String>,
    /// The stacks.
    pub stacks: Vec<String>,
    /// The products.
    pub products: Vec<String>,
    /// The teams.
    pub teams: Vec<String>,
    /// Patterns of services that do not have them.
    pub except: Vec<String>,
}

/// What a service says of itself in `service.yaml`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ServiceFile {
    /// Its team.
    pub team: Option<String>,
    /// Its product, if it is not in the path.
    pub product: Option<String>,
    /// The git repository of its source.
    pub repository: Option<String>,
    /// Spinnaker's application.
    pub application: Option<String>,
    /// Its parameters.
    pub parameters: ParameterNodes,
    /// Its templates in all stacks, instead of those of the project.
    pub templates: Option<Vec<String>>,
    /// What is different in a stack.
    pub stacks: IndexMap<String, ServiceFileStack>,
}

/// What is different for a service in a stack.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ServiceFileStack {
    /// Its templates in this stack.
    pub templates: Option<Vec<String>>,
    /// Its parameters in this stack.
    pub parameters: ParameterNodes,
}

impl Default for Pipelines {
    fn default() -> Self {
        let pattern = |text: &str| Pattern::parse(text).expect("the built-in patterns are valid");
        Pipelines {
            project: None,
            templates: "pipelines".to_owned(),
            application: pattern("{app}"),
            repository: pattern("{app}"),
            account: pattern("{stack}"),
            charts: Source::default(),
            values: Source::default(),
            parameters: ParameterNodes::new(),
            products: IndexMap::new(),
            teams: IndexMap::new(),
            stacks: IndexMap::new(),
            rules: Vec::new(),
            fill_ids: false,
            store: None,
            checks: None,
        }
    }
}

const KEYS: &[&str] = &[
    "project",
    "templates",
    "application",
    "repository",
    "account",
    "charts",
    "values",
    "parameters",
    "products",
    "teams",
    "stacks",
    "use",
    "fillIds",
    "store",
    "checks",
];
const SOURCE_KEYS: &[&str] = &["type", "account", "name", "reference", "version"];
const USE_KEYS: &[&str] = &["templates", "services", "stacks", "products", "teams", "except"];
const SERVICE_KEYS: &[&str] = &["team", "product", "repository", "application", "parameters", "templates", "stacks"];

/// Reads the key `pipelines`.
pub(super) fn read(strict: &Strict<'_>, node: &Node) -> Result<Pipelines> {
    let mut found = Pipelines::default();
    for (key, value) in strict.map(node, "pipelines", KEYS)?.into_iter().flatten() {
        let key = key.to_str().unwrap_or_default();
        match key {
            "project" => found.project = Some(strict.text(value, key)?),
            "templates" => strict.text(value, key)?.trim_end_matches('/').clone_into(&mut found.templates),
            "application" => found.application = pattern(strict, value, key)?,
            "repository" => found.repository = pattern(strict, value, key)?,
            "account" => found.account = pattern(strict, value, key)?,
            "charts" => found.charts = source(strict, value, key)?,
            "values" => found.values = source(strict, value, key)?,
            "parameters" => found.parameters = parameters(strict, value)?,
            "products" => found.products = holders(strict, value, key, &["description", "parameters"])?,
            "teams" => found.teams = holders(strict, value, key, &["description", "parameters", "services"])?,
            "stacks" => found.stacks = holders(strict, value, key, &["description", "parameters"])?,
            "use" => {
                found.rules = strict.list(value, key)?.iter().map(|item| rule(strict, item)).collect::<Result<_>>()?;
            }
            "fillIds" => found.fill_ids = strict.bool(value, key)?,
            "store" => found.store = Some(value.clone()),
            _ => found.checks = Some(value.clone()),
        }
    }
    Ok(found)
}

fn pattern(strict: &Strict<'_>, node: &Node, what: &str) -> Result<Pattern> {
    Pattern::parse(&strict.text(node, what)?).map_err(|why| strict.error(node.mark, format!("{what}: {why}")))
}

fn parameters(strict: &Strict<'_>, node: &Node) -> Result<ParameterNodes> {
    let map: Option<&NodeMap> = strict.any_map(node, "parameters")?;
    Ok(map.into_iter().flatten().map(|(key, value)| (key.to_string_lossy().into_owned(), value.clone())).collect())
}

fn source(strict: &Strict<'_>, node: &Node, what: &str) -> Result<Source> {
    let map = strict.map(node, what, SOURCE_KEYS)?;
    let text = |key: &str| map.and_then(|map| map.get(key.as_bytes())).map(|node| strict.text(node, key)).transpose();
    Ok(Source {
        kind: text("type")?,
        account: text("account")?,
        name: text("name")?,
        reference: text("reference")?,
        version: text("version")?,
    })
}

fn holders(strict: &Strict<'_>, node: &Node, what: &str, keys: &[&str]) -> Result<IndexMap<String, Holder>> {
    let mut all = IndexMap::new();
    for (name, value) in strict.any_map(node, what)?.into_iter().flatten() {
        let name = name.to_string_lossy().into_owned();
        let mut holder = Holder::default();
        for (key, value) in strict.map(value, &format!("{what}: {name:?}"), keys)?.into_iter().flatten() {
            match key.to_str().unwrap_or_default() {
                "description" => holder.description = strict.text(value, "description")?,
                "parameters" => holder.parameters = parameters(strict, value)?,
                _ => holder.services = strict.texts(value, "services")?,
            }
        }
        all.insert(name, holder);
    }
    Ok(all)
}

/// A text is a template that all services have in all stacks.
fn rule(strict: &Strict<'_>, node: &Node) -> Result<Use> {
    if node.as_str().is_some() {
        return Ok(Use { templates: vec![strict.text(node, "use")?], ..Use::default() });
    }
    let map = strict.map(node, "use", USE_KEYS)?;
    let texts = |key: &str| match map.and_then(|map| map.get(key.as_bytes())) {
        Some(one) if one.as_str().is_some() => Ok(vec![strict.text(one, key)?]),
        Some(many) => strict.texts(many, key),
        None => Ok(Vec::new()),
    };
    let found = Use {
        templates: texts("templates")?,
        services: texts("services")?,
        stacks: texts("stacks")?,
        products: texts("products")?,
        teams: texts("teams")?,
        except: texts("except")?,
    };
    if found.templates.is_empty() {
        return Err(strict.error(node.mark, "use: templates are missing: it says which templates the services have"));
    }
    Ok(found)
}

impl Use {
    /// Whether a service has the templates in a stack.
    pub fn fits(&self, path: &str, product: &str, team: &str, stack: &str) -> bool {
        let any = |list: &[String], fits: &dyn Fn(&String) -> bool| list.is_empty() || list.iter().any(fits);
        any(&self.services, &|glob| glob_matches(glob, path))
            && any(&self.stacks, &|name| name == stack)
            && any(&self.products, &|name| name == product)
            && any(&self.teams, &|name| name == team)
            && !self.except.iter().any(|glob| glob_matches(glob, path))
    }
}

impl Holder {
    /// Whether one of its patterns fits a service.
    pub fn has(&self, path: &str) -> bool {
        self.services.iter().any(|glob| glob_matches(glob, path))
    }
}

impl Project {
    /// The `service.yaml` of a service; empty if it has none.
    ///
    /// Errors: the file cannot be read or has a key that it cannot have.
    pub fn service_file(&self, service: &Service) -> Result<ServiceFile> {
        let path = format!("{}/{SERVICE_FILE}", service.folder);
        let shown = self.files.show(&path);
        let Some(bytes) = self.files.read(&path, MAX_SERVICE)? else { return Ok(ServiceFile::default()) };
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::new(ErrorKind::Syntax, format!("{shown}: it is not valid UTF-8")))?;
        let strict = Strict { file: &shown, text: &text };
        let root = strict.read(&Limits::helm())?;
        let mut found = ServiceFile::default();
        for (key, value) in strict.map(&root, SERVICE_FILE, SERVICE_KEYS)?.into_iter().flatten() {
            match key.to_str().unwrap_or_default() {
                "team" => found.team = Some(strict.text(value, "team")?),
                "product" => found.product = Some(strict.text(value, "product")?),
                "repository" => found.repository = Some(strict.text(value, "repository")?),
                "application" => found.application = Some(strict.text(value, "application")?),
                "parameters" => found.parameters = parameters(&strict, value)?,
                "templates" => found.templates = Some(strict.texts(value, "templates")?),
                _ => {
                    for (stack, node) in strict.any_map(value, "stacks")?.into_iter().flatten() {
                        let stack = stack.to_string_lossy().into_owned();
                        let mut at = ServiceFileStack::default();
                        let map = strict.map(node, &format!("stack {stack:?}"), &["templates", "parameters"])?;
                        for (key, value) in map.into_iter().flatten() {
                            match key.to_str().unwrap_or_default() {
                                "templates" => at.templates = Some(strict.texts(value, "templates")?),
                                _ => at.parameters = parameters(&strict, value)?,
                            }
                        }
                        if !service.stacks.contains(&stack) {
                            let error = strict.error(
                                strict.key_mark(&stack, node.mark),
                                format!("the service is not in the stack {stack:?}"),
                            );
                            return Err(error.did_you_mean(&stack, service.stacks.iter().map(String::as_str)));
                        }
                        found.stacks.insert(stack, at);
                    }
                }
            }
        }
        Ok(found)
    }
}

/// A pattern of `pipelines`, filled for a service in a stack.
///
/// Errors: a variable has no value.
pub fn fill(what: &str, pattern: &Pattern, service: &Service, stack: &str, more: &[(&str, &str)]) -> Result<String> {
    let mut vars: Vars = service.vars.clone();
    vars.insert(STACK.to_owned(), stack.to_owned());
    vars.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    pattern.fill(&vars).map_err(|missing| {
        let text = format!("{}: pipelines: {what} {:?} needs {{{missing}}}", service.path, pattern.as_str());
        Error::new(ErrorKind::Usage, text).with_hint(format!("set it in {FILE_NAME}"))
    })
}
