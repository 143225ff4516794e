//! The records of a project: what `bake.yaml`, `service.yaml` and the folders of services say.

use std::sync::Mutex;

use ::pipeline::catalog::{Catalog, Group, Parameters, Service as Record, ServiceStack, TemplateRecord};
use ::pipeline::template::{Artifact, Deployment, DeploymentChart, Source, builtin};
use ::pipeline::{Json, Object};
use indexmap::IndexMap;

use super::{MAX_TEMPLATE, Pipelines};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::project::pipelines::{Holder, ParameterNodes, Pipelines as Config, fill};
use crate::project::{ChartEntry, FILE_NAME, Project, Service};
use crate::stage::BUILTIN;

/// What was read.
pub(super) struct Records {
    pub catalog: Catalog,
    pub services: IndexMap<String, Service>,
    pub warnings: Vec<String>,
}

/// A chart of `bake.yaml`: its name and path.
type ChartKey = (String, Option<String>);

/// The versions of charts by their names and paths; each chart is loaded once.
#[derive(Debug, Default)]
pub(super) struct Charts(Mutex<IndexMap<ChartKey, String>>);

/// The records of all services.
///
/// Errors: a file cannot be read; a template or stack is not there.
pub(super) fn read(project: &Project, config: &Config) -> Result<Records> {
    let found = project.services()?;
    let mut catalog = Catalog {
        project: project_name(project, config),
        parameters: parameters(&config.parameters),
        products: groups(&config.products),
        teams: groups(&config.teams),
        stacks: found.stacks.iter().map(|stack| (stack.clone(), Group::default())).collect(),
        ..Catalog::default()
    };
    for (name, holder) in &config.stacks {
        let Some(stack) = catalog.stacks.get_mut(name) else {
            let error = Error::new(ErrorKind::Usage, format!("pipelines: no service is in the stack {name:?}"));
            return Err(error.did_you_mean(name, found.stacks.iter().map(String::as_str)));
        };
        *stack = group(holder);
    }
    let mut warnings = found.warnings;
    let mut used = vec![false; config.rules.len()];
    let mut services = IndexMap::new();
    for service in found.services {
        let file = project.service_file(&service)?;
        let var = |name: &str| service.vars.get(name).cloned();
        let product = file.product.clone().or_else(|| var("product")).unwrap_or_default();
        let of_team = || config.teams.iter().find(|(_, team)| team.has(&service.path)).map(|(name, _)| name.clone());
        let team = file.team.clone().or_else(of_team).or_else(|| var("team")).unwrap_or_default();
        for (name, groups) in [(&product, &mut catalog.products), (&team, &mut catalog.teams)] {
            if !name.is_empty() && !groups.contains_key(name) {
                groups.insert(name.clone(), Group::default());
            }
        }
        let mut record = Record {
            product: product.clone(),
            team: team.clone(),
            parameters: parameters(&file.parameters),
            ..Record::default()
        };
        for stack in &service.stacks {
            let plan = project.plan(&service, stack)?;
            if record.name.is_empty() {
                let more = [("team", team.as_str()), ("product", product.as_str())];
                let own = |said: &Option<String>, what: &str, pattern| match said {
                    Some(said) => Ok(said.clone()),
                    None => fill(what, pattern, &service, stack, &more),
                };
                record.application = own(&file.application, "application", &config.application)?;
                record.repository = own(&file.repository, "repository", &config.repository)?;
                record.name.clone_from(&plan.name);
                record.namespace.clone_from(&plan.namespace);
            }
            let mut names: Vec<String> = Vec::new();
            for (rule, used) in config.rules.iter().zip(&mut used) {
                if rule.fits(&service.path, &product, &team, stack) {
                    *used = true;
                    names.extend(
                        rule.templates.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>(),
                    );
                }
            }
            let own = file.stacks.get(stack);
            if let Some(said) = own.and_then(|own| own.templates.as_ref()).or(file.templates.as_ref()) {
                names.clone_from(said);
            }
            let at = ServiceStack {
                namespace: (plan.namespace != record.namespace).then(|| plan.namespace.clone()),
                templates: names,
                parameters: own.map(|own| parameters(&own.parameters)).unwrap_or_default(),
            };
            record.stacks.insert(stack.clone(), at);
        }
        if record.application == record.name {
            record.application = String::new();
        }
        catalog.services.insert(service.path.clone(), record);
        services.insert(service.path.clone(), service);
    }
    for (rule, used) in config.rules.iter().zip(used) {
        if !used {
            warnings
                .push(format!("{FILE_NAME}: no service has the templates {} by this rule", rule.templates.join(", ")));
        }
    }
    let names: Vec<String> =
        catalog.services.values().flat_map(|s| s.stacks.values()).flat_map(|at| at.templates.iter().cloned()).collect();
    for name in names {
        if !catalog.templates.contains_key(&name) {
            let record = template(project, config, &name)?;
            catalog.templates.insert(name, record);
        }
    }
    Ok(Records { catalog, services, warnings })
}

/// The record of a template: a file of the project, or one that comes with the program.
fn template(project: &Project, config: &Config, name: &str) -> Result<TemplateRecord> {
    let path = format!("{}/{name}.yaml", config.templates);
    if project.files.exists(&path) {
        return Ok(TemplateRecord { file: project.files.show(&path), text: None });
    }
    if builtin(name).is_some() {
        return Ok(TemplateRecord { file: format!("built-in {name}.yaml"), text: None });
    }
    let text = format!("there is no template {name:?}: {} does not exist", project.files.show(&path));
    let listing = project.files.list(&config.templates)?.unwrap_or_default();
    let known: Vec<&str> = listing.files.iter().filter_map(|file| file.strip_suffix(".yaml")).collect();
    let builtins = ::pipeline::template::builtins().iter().map(|template| template.name);
    let error = Error::new(ErrorKind::Usage, text)
        .with_hint("`bake pipeline init --template NAME` copies one that comes with bake");
    Err(error.did_you_mean(name, known.into_iter().chain(builtins)))
}

/// The texts of the templates.
pub(super) fn templates(project: &Project, config: &Config, catalog: &Catalog) -> Result<Vec<(String, Source)>> {
    let read = |(name, record): (&String, &TemplateRecord)| {
        let path = format!("{}/{name}.yaml", config.templates);
        let text = if let Some(bytes) = project.files.read(&path, MAX_TEMPLATE)? {
            source(record.file.clone(), bytes)?
        } else {
            let text = builtin(name).map(|built| built.text.to_owned()).unwrap_or_default();
            Source { file: record.file.clone(), text }
        };
        Ok((name.clone(), text))
    };
    catalog.templates.iter().map(read).collect()
}

/// A text of the project.
pub(super) fn source(file: String, bytes: Vec<u8>) -> Result<Source> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { file, text }),
        Err(_) => Err(Error::new(ErrorKind::Syntax, format!("{file}: it is not valid UTF-8"))),
    }
}

/// The name that marks carry: what the project says, or its folder's name.
fn project_name(project: &Project, config: &Config) -> String {
    let of_folder = || {
        let root = project.root()?.canonicalize().ok()?;
        Some(root.file_name()?.to_string_lossy().into_owned())
    };
    config.project.clone().or_else(of_folder).unwrap_or_else(|| "bake".to_owned())
}

fn parameters(nodes: &ParameterNodes) -> Parameters {
    nodes.iter().map(|(name, node)| (name.clone(), Json::from(node))).collect()
}

fn group(holder: &Holder) -> Group {
    Group { description: holder.description.clone(), parameters: parameters(&holder.parameters) }
}

fn groups(holders: &IndexMap<String, Holder>) -> IndexMap<String, Group> {
    holders.iter().map(|(name, holder)| (name.clone(), group(holder))).collect()
}

/// How a service is deployed in a stack: the plan of `bake APP --stack STACK`, as pipelines see it.
pub(super) fn deployment(pipelines: &Pipelines<'_>, service: &Service, stack: &str) -> Result<Deployment> {
    let plan = pipelines.project.plan(service, stack)?;
    let record = pipelines.catalog.services.get(&service.path);
    let team = record.map(|record| record.team.clone()).unwrap_or_default();
    let charts = plan.charts.iter().map(|(name, entry)| chart(pipelines, name, entry)).collect::<Result<_>>()?;
    Ok(Deployment {
        release: plan.name,
        namespace: plan.namespace,
        account: fill("account", &pipelines.config.account, service, stack, &[("team", &team)])?,
        charts,
        folder: service.folder.clone(),
        files: plan.layers.into_iter().map(|layer| layer.path).collect(),
        file: values(&pipelines.config),
        kube_version: plan.cluster.kube_version,
        api_versions: plan.cluster.api_versions,
    })
}

/// The made-up service of tests, with the charts of the project.
pub(super) fn sample(pipelines: &Pipelines<'_>, stack: &str) -> Result<Deployment> {
    let config = &pipelines.project.config;
    let charts = config.charts.iter().map(|(name, entry)| chart(pipelines, name, entry)).collect::<Result<_>>()?;
    Ok(Deployment {
        release: "hello".to_owned(),
        namespace: "web".to_owned(),
        account: stack.to_owned(),
        charts,
        folder: "deploy-values/shop/web/hello".to_owned(),
        files: vec!["deploy-values/shop/web/hello/values.yaml".to_owned()],
        file: values(&pipelines.config),
        ..Deployment::default()
    })
}

/// Where pipelines get a chart.
pub(super) fn chart(pipelines: &Pipelines<'_>, name: &str, entry: &ChartEntry) -> Result<DeploymentChart> {
    let version = pipelines.charts.version(pipelines.project, name, entry)?;
    let said = &pipelines.config.charts;
    let fill = |text: &str| text.replace("{chart}", name);
    let is_own = entry.path.is_none() && said.kind.is_none();
    let kind = said.kind.clone().unwrap_or_else(|| if is_own { BUILTIN.to_owned() } else { "helm/chart".to_owned() });
    let account = said.account.clone().unwrap_or_default();
    let mut fields = Object::new();
    fields.insert("type".to_owned(), Json::from(kind));
    fields.insert("name".to_owned(), Json::from(said.name.as_deref().map_or_else(|| name.to_owned(), fill)));
    fields.insert("version".to_owned(), Json::from(said.version.clone().unwrap_or(version)));
    let reference = said.reference.as_deref().map(fill).or_else(|| (!account.is_empty()).then(|| account.clone()));
    if let Some(reference) = reference {
        fields.insert("reference".to_owned(), Json::from(reference));
    }
    Ok(DeploymentChart { name: name.to_owned(), artifact: Artifact { name: name.to_owned(), account, fields } })
}

/// Where pipelines get a values file.
fn values(config: &Config) -> Artifact {
    let said = &config.values;
    let mut fields = Object::new();
    let pairs = [
        ("type", Some(said.kind.clone().unwrap_or_else(|| "github/file".to_owned()))),
        ("name", Some(said.name.clone().unwrap_or_else(|| "{path}".to_owned()))),
        ("reference", said.reference.clone().or_else(|| Some("{path}".to_owned()))),
        ("version", said.version.clone()),
    ];
    for (key, value) in pairs {
        if let Some(value) = value {
            fields.insert(key.to_owned(), Json::from(value));
        }
    }
    Artifact { name: "{path}".to_owned(), account: said.account.clone().unwrap_or_default(), fields }
}

impl Charts {
    /// The version of a chart.
    ///
    /// Errors: it cannot be loaded, or has another version than `bake.yaml` requires.
    fn version(&self, project: &Project, name: &str, entry: &ChartEntry) -> Result<String> {
        let key = (name.to_owned(), entry.path.clone());
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let found = if let Some(found) = known.get(&key) {
            found.clone()
        } else {
            let any = ChartEntry { version: None, ..entry.clone() };
            project.load_chart(name, &any, &Limits::helm())?.metadata().version.clone()
        };
        entry.check_version(name, &found)?;
        known.insert(key, found.clone());
        Ok(found)
    }
}
