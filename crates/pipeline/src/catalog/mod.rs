//! The records from which pipelines are made: products, teams, services, stacks, templates, and which service has which
//! template in which stack.
//!
//! A catalog is plain data. It comes from a project's files or from a database, and [`Catalog::to_json`] and
//! [`Catalog::to_yaml`] write all of it: what is read back is equal.

use gotemplate::error::{Error, ErrorKind, Result};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{Json, Mark, Object, yaml};

/// Values of parameters by name.
pub type Parameters = Object;

/// The records of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Catalog {
    /// The name of the project. It is part of the mark and of the ids of every pipeline.
    pub project: String,
    /// Parameters of all services.
    #[serde(skip_serializing_if = "Object::is_empty")]
    pub parameters: Parameters,
    /// Products by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub products: IndexMap<String, Group>,
    /// Teams by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub teams: IndexMap<String, Group>,
    /// Stacks by name, in their order.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub stacks: IndexMap<String, Group>,
    /// Templates by name.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub templates: IndexMap<String, TemplateRecord>,
    /// Services by their key, such as `{product}/{namespace}/{app}`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub services: IndexMap<String, Service>,
}

/// A product, a team or a stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Group {
    /// What it is, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Parameters of its services.
    #[serde(skip_serializing_if = "Object::is_empty")]
    pub parameters: Parameters,
}

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct TemplateRecord {
    /// The file of the template, as it is shown in errors.
    pub file: String,
    /// Its text, if the records carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Service {
    /// Its name: the name of the release.
    pub name: String,
    /// The application of Spinnaker that has its pipelines; empty: its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub application: String,
    /// Its product.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub product: String,
    /// Its team.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub team: String,
    /// The Kubernetes namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The git repository of its source.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub repository: String,
    /// Its parameters.
    #[serde(skip_serializing_if = "Object::is_empty")]
    pub parameters: Parameters,
    /// Its stacks by name, with the templates that it has in each.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub stacks: IndexMap<String, ServiceStack>,
}

/// A service in a stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ServiceStack {
    /// The namespace, where it differs from that of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The templates of its pipelines.
    pub templates: Vec<String>,
    /// Parameters of the service in this stack.
    #[serde(skip_serializing_if = "Object::is_empty")]
    pub parameters: Parameters,
}

/// Where a parameter got its value. Later levels win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The default that the template declares.
    Template,
    /// The project.
    Project,
    /// The product of the service.
    Product,
    /// The team of the service.
    Team,
    /// The service.
    Service,
    /// The stack.
    Stack,
    /// The service in this stack.
    ServiceStack,
}

impl Level {
    /// The level for people, with the names it is about.
    pub fn describe(self, service: &Service, key: &str, stack: &str) -> String {
        match self {
            Level::Template => "the template's default".to_owned(),
            Level::Project => "the project".to_owned(),
            Level::Product => format!("product {}", service.product),
            Level::Team => format!("team {}", service.team),
            Level::Service => format!("service {key}"),
            Level::Stack => format!("stack {stack}"),
            Level::ServiceStack => format!("service {key} in stack {stack}"),
        }
    }
}

impl Catalog {
    /// Reads records from JSON or YAML; `file` is the name of the text in errors.
    ///
    /// Errors: the text is neither, or has a key that records do not have.
    pub fn read(file: &str, text: &str) -> Result<Catalog> {
        let json = if text.trim_start().starts_with('{') {
            Json::read(text.as_bytes()).map_err(|error| error.with_prefix(&format!("{file}: ")))?
        } else {
            Json::from(&yaml::read(file, text)?)
        };
        Self::from_json(&json).map_err(|error| error.with_prefix(&format!("{file}: ")))
    }

    /// The records of a JSON value.
    ///
    /// Errors: it has a key that records do not have, or a value of another type.
    pub fn from_json(json: &Json) -> Result<Catalog> {
        let read: std::result::Result<Catalog, _> = serde_json::from_str(&json.to_string());
        let catalog = read.map_err(|error| Error::new(ErrorKind::Syntax, error.to_string()).with_source(error))?;
        catalog.check()?;
        Ok(catalog)
    }

    /// The records as a JSON value.
    pub fn to_json(&self) -> Json {
        let text = serde_json::to_string(self).unwrap_or_default();
        Json::read(text.as_bytes()).unwrap_or_default()
    }

    /// The records as YAML.
    pub fn to_yaml(&self) -> String {
        yaml::write(&self.to_json())
    }

    /// Checks names that refer to each other.
    ///
    /// Errors: a service is in a stack, or has a template, that is not there.
    pub fn check(&self) -> Result<()> {
        for (key, service) in &self.services {
            for (stack, at) in &service.stacks {
                if !self.stacks.contains_key(stack) {
                    let error = Error::new(
                        ErrorKind::Usage,
                        format!("service {key} is in stack {stack:?}, which is not there"),
                    );
                    return Err(error.did_you_mean(stack, self.stacks.keys().map(String::as_str)));
                }
                for template in &at.templates {
                    if !self.templates.contains_key(template) {
                        let text =
                            format!("service {key} in stack {stack} has the template {template:?}, which is not there");
                        let error = Error::new(ErrorKind::Usage, text);
                        return Err(error.did_you_mean(template, self.templates.keys().map(String::as_str)));
                    }
                }
            }
        }
        Ok(())
    }

    /// The marks of all pipelines: services in their order, then stacks, then templates.
    pub fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        self.services.iter().flat_map(move |(key, service)| {
            self.stacks
                .keys()
                .filter_map(move |stack| Some((stack, service.stacks.get(stack)?)))
                .flat_map(move |(stack, at)| at.templates.iter().map(move |template| self.mark(key, stack, template)))
        })
    }

    /// The mark of a pipeline.
    pub fn mark(&self, service: &str, stack: &str, template: &str) -> Mark {
        Mark {
            project: self.project.clone(),
            template: template.to_owned(),
            service: service.to_owned(),
            stack: stack.to_owned(),
        }
    }

    /// Whether there is a pipeline of this service, stack and template.
    pub fn has(&self, service: &str, stack: &str, template: &str) -> bool {
        let at = self.services.get(service).and_then(|service| service.stacks.get(stack));
        at.is_some_and(|at| at.templates.iter().any(|name| name == template))
    }

    /// The service of a key, of the end of a key (`web/frontend`), or of a name. A service of the same product and namespace as
    /// `near` comes first.
    ///
    /// Errors: none is called so, or several are.
    pub fn service_named(&self, name: &str, near: &str) -> Result<&str> {
        if let Some((key, _)) = self.services.get_key_value(name) {
            return Ok(key);
        }
        let ends = |key: &str| key.strip_suffix(name).is_some_and(|above| above.ends_with('/'));
        let found: Vec<&str> =
            self.services.iter().filter(|(key, s)| ends(key) || s.name == name).map(|(key, _)| key.as_str()).collect();
        let folder = |key: &str| key.rsplit_once('/').map(|(above, _)| above.to_owned());
        let beside: Vec<&str> = found.iter().copied().filter(|key| folder(key) == folder(near)).collect();
        match (found.as_slice(), beside.as_slice()) {
            ([one], _) | (_, [one]) => Ok(one),
            ([], _) => {
                let error = Error::new(ErrorKind::Usage, format!("there is no service {name:?}"));
                Err(error.did_you_mean(name, self.services.values().map(|s| s.name.as_str())))
            }
            (many, _) => Err(Error::new(
                ErrorKind::Usage,
                format!("{name:?} is the name of several services: {}", many.join(", ")),
            )),
        }
    }

    /// The parameters of a service in a stack on top of a template's defaults, and the level that set each outermost name last.
    /// Maps are merged, everything else is replaced.
    pub fn parameters(&self, service: &str, stack: &str, defaults: &Parameters) -> IndexMap<String, (Json, Level)> {
        let nothing = Service::default();
        let record = self.services.get(service).unwrap_or(&nothing);
        let own = |group: Option<&'_ Group>| group.map(|g| g.parameters.clone()).unwrap_or_default();
        let levels = [
            (Level::Template, defaults.clone()),
            (Level::Project, self.parameters.clone()),
            (Level::Product, own(self.products.get(&record.product))),
            (Level::Team, own(self.teams.get(&record.team))),
            (Level::Service, record.parameters.clone()),
            (Level::Stack, own(self.stacks.get(stack))),
            (Level::ServiceStack, record.stacks.get(stack).map(|at| at.parameters.clone()).unwrap_or_default()),
        ];
        let mut all: IndexMap<String, (Json, Level)> = IndexMap::new();
        for (level, values) in levels {
            for (name, value) in values {
                match all.get_mut(&name) {
                    Some((below, from)) => {
                        merge(below, value, 0);
                        *from = level;
                    }
                    None => {
                        all.insert(name, (value, level));
                    }
                }
            }
        }
        all
    }
}

/// The deepest maps that are merged; deeper ones are replaced.
const MAX_MERGE: usize = 64;

fn merge(below: &mut Json, over: Json, depth: usize) {
    match (below, over) {
        (Json::Object(below), Json::Object(over)) if depth < MAX_MERGE => {
            for (key, value) in over {
                match below.get_mut(&key) {
                    Some(old) => merge(old, value, depth + 1),
                    None => {
                        below.insert(key, value);
                    }
                }
            }
        }
        (below, over) => *below = over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
project: shop
parameters: {slack: general, canary: {weight: [1, 5], wait: 60}}
products:
  azar: {description: The first one., parameters: {slack: azar}}
teams:
  one: {parameters: {slack: one}}
stacks:
  dev: {}
  prod: {parameters: {slack: alarms, canary: {wait: 300}}}
templates:
  deploy: {file: pipelines/deploy.yaml}
services:
  azar/api/web:
    name: web
    product: azar
    team: one
    namespace: api
    repository: web-server
    parameters: {slack: web}
    stacks:
      dev: {templates: [deploy]}
      prod: {templates: [deploy], parameters: {canary: {weight: [10]}}}
  azar/api/other: {name: other, product: azar, stacks: {prod: {templates: [deploy]}}}
";

    #[test]
    fn what_is_exported_is_imported_equal() {
        let catalog = Catalog::read("c.yaml", TEXT).unwrap();
        assert_eq!(catalog.marks().count(), 3);
        assert_eq!(Catalog::read("c.json", &catalog.to_json().to_pretty()).unwrap(), catalog);
        assert_eq!(Catalog::read("c.yaml", &catalog.to_yaml()).unwrap(), catalog);
    }

    #[test]
    fn the_level_nearest_to_the_pipeline_wins() {
        let catalog = Catalog::read("c.yaml", TEXT).unwrap();
        let defaults = Json::read(br#"{"slack":"none","free":1}"#).unwrap().as_object().unwrap().clone();
        for (service, stack, want) in [
            (
                "azar/api/web",
                "dev",
                r#"slack: "web" Service, free: 1 Template, canary: {"weight":[1,5],"wait":60} Project"#,
            ),
            (
                "azar/api/web",
                "prod",
                r#"slack: "alarms" Stack, free: 1 Template, canary: {"weight":[10],"wait":300} ServiceStack"#,
            ),
            (
                "azar/api/other",
                "dev",
                r#"slack: "azar" Product, free: 1 Template, canary: {"weight":[1,5],"wait":60} Project"#,
            ),
        ] {
            let got = catalog.parameters(service, stack, &defaults);
            let got: Vec<String> =
                got.iter().map(|(name, (value, level))| format!("{name}: {value} {level:?}")).collect();
            assert_eq!(got.join(", "), want);
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_an_error_with_the_nearest() {
        for (old, new, want) in [
            ("prod: {templates", "prd: {templates", "is in stack \"prd\", which is not there"),
            ("[deploy], parameters", "[deploi], parameters", "has the template \"deploi\", which is not there"),
            ("namespace: api", "namespac: api", "unknown field `namespac`"),
        ] {
            let error = Catalog::read("c.yaml", &TEXT.replacen(old, new, 1)).unwrap_err();
            assert!(error.to_string().contains(want), "{error}");
        }
        let catalog = Catalog::read("c.yaml", TEXT).unwrap();
        assert_eq!(catalog.service_named("web", "").unwrap(), "azar/api/web");
        assert_eq!(catalog.service_named("api/web", "").unwrap(), "azar/api/web");
        assert!(catalog.service_named("wep", "").unwrap_err().hint().unwrap().contains("web"));
    }
}
