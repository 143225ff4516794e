//! The settings of the checks: what `pipelines.checks` in `bake.yaml` says, on top of what the project knows by itself.

use ::pipeline::Json;
use ::pipeline::check::{Allowed, Config, Severity};

use super::{Pipelines, records};
use crate::error::{Error, ErrorKind, Result};

const KEYS: &[&str] = &[
    "stageTypes",
    "functions",
    "fields",
    "rules",
    "accounts",
    "namespaces",
    "applications",
    "locked",
    "roles",
    "longestExpression",
];

impl Pipelines<'_> {
    /// The settings of the checks. The names of stacks are those of the project, so that an account of another stack is found;
    /// the charts are the project's.
    ///
    /// Errors: a setting is not one, or has another type.
    pub(super) fn checks(&self) -> Result<Config> {
        let mut config = Config::default();
        config.policy.stacks = self.catalog.stacks.keys().cloned().collect();
        for (name, entry) in &self.project.config.charts {
            let chart = records::chart(self, name, entry)?;
            let text = |key: &str| chart.artifact.fields.get(key).and_then(Json::as_str).map(str::to_owned);
            if let (Some(name), Some(version)) = (text("name"), text("version")) {
                config.charts.entry(name).or_default().push(version);
            }
        }
        let Some(node) = &self.config.checks else { return Ok(config) };
        let said = Json::from(node);
        for (key, value) in said.as_object().into_iter().flatten() {
            let texts = || texts(key, value);
            match key.as_str() {
                "stageTypes" => config.stage_types = texts()?,
                "functions" => config.functions = texts()?,
                "fields" => config.fields = texts()?,
                "accounts" => config.policy.accounts = allowed(key, value)?,
                "namespaces" => config.policy.namespaces = allowed(key, value)?,
                "applications" => config.policy.applications = allowed(key, value)?,
                "roles" => config.policy.roles = texts()?,
                "locked" => config.policy.locked = Some(value.as_bool().ok_or_else(|| wrong(key, "true or false"))?),
                "longestExpression" => {
                    let number = value.as_number().and_then(|number| usize::try_from(number.as_i64()?).ok());
                    config.longest_expression = Some(number.ok_or_else(|| wrong(key, "a whole number"))?);
                }
                "rules" => {
                    let rules = value.as_object().ok_or_else(|| wrong(key, "a map of severities by rule"))?;
                    for (rule, level) in rules {
                        let level = match level.as_str() {
                            Some("error") => Some(Severity::Error),
                            Some("warning") => Some(Severity::Warning),
                            Some("note") => Some(Severity::Note),
                            // YAML reads `off` as false
                            Some("off") => None,
                            None if level.as_bool() == Some(false) => None,
                            _ => return Err(wrong(&format!("rules.{rule}"), "error, warning, note or off")),
                        };
                        config.levels.insert(rule.clone(), level);
                    }
                }
                key => {
                    let error = Error::new(ErrorKind::Usage, format!("pipelines: checks: there is no key {key:?}"));
                    return Err(error.did_you_mean(key, KEYS.iter().copied()));
                }
            }
        }
        Ok(config)
    }
}

fn texts(key: &str, value: &Json) -> Result<Vec<String>> {
    let items = match value {
        Json::String(text) => return Ok(vec![text.clone()]),
        Json::Array(items) => items,
        _ => return Err(wrong(key, "a list of texts")),
    };
    let text = |item: &Json| item.as_str().map(str::to_owned).ok_or_else(|| wrong(key, "a list of texts"));
    items.iter().map(text).collect()
}

/// What stacks or services may use, by their patterns.
fn allowed(key: &str, value: &Json) -> Result<Vec<Allowed>> {
    let object = value.as_object().ok_or_else(|| wrong(key, "a map of patterns by stack or service"))?;
    object.iter().map(|(of, value)| Ok(Allowed { of: of.clone(), patterns: texts(key, value)? })).collect()
}

fn wrong(key: &str, what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("pipelines: checks: {key} is {what}"))
}
