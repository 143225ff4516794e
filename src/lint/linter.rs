//! The rules with their settings: which are asked, what a finding counts for, where it is.

use std::path::Path;

use super::finding::{Finding, ObjectPath, Place};
use super::rule::{Check, Found, Issue, Rule, Severity, Spot};
use super::rules::{self, RULES};
use super::scene::Scene;
use super::schemas::Schemas;
use super::sheet::{Sheet, locate};
use crate::error::Result;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::yaml::Mark;

/// The rules with all that services share. It can be used by many threads at once.
#[derive(Default)]
pub struct Linter {
    allowed: Vec<&'static Rule>,
    denied: Vec<&'static Rule>,
    schemas: Option<Schemas>,
}

impl Linter {
    /// All rules, as they are.
    pub fn new() -> Linter {
        Linter::default()
    }

    /// Silences a rule, by its code or name.
    ///
    /// Errors: there is no such rule.
    pub fn allow(mut self, rule: &str) -> Result<Self> {
        self.allowed.push(rules::find(rule)?);
        Ok(self)
    }

    /// Makes the findings of a rule errors.
    ///
    /// Errors: there is no such rule.
    pub fn deny(mut self, rule: &str) -> Result<Self> {
        self.denied.push(rules::find(rule)?);
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

    /// Looks at the objects of manifests alone, as one bake of `release` in `namespace`.
    ///
    /// Errors: a document cannot be read.
    pub fn manifests(
        &self,
        release: &str,
        namespace: &str,
        manifests: &[Manifest],
        limits: &Limits,
    ) -> Result<Vec<Finding>> {
        let documents = manifests.iter().flat_map(Manifest::objects);
        let scene = Scene::new(release, namespace, documents, limits)?;
        let mut issues = Vec::new();
        self.look_at(&scene, limits, &mut issues)?;
        let found = issues.into_iter().filter_map(|issue| self.settle(issue, &[], None));
        Ok(found.collect())
    }

    /// Asks the rules for objects.
    pub(super) fn look_at(&self, scene: &Scene, limits: &Limits, issues: &mut Vec<Issue>) -> Result<()> {
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
                schemas.check(object, limits, &mut found)?;
            }
        }
        Ok(())
    }

    /// Gives an issue its severity and its place; none where it is silenced.
    pub(super) fn settle(&self, issue: Issue, sheets: &[&Sheet], stack: Option<&str>) -> Option<Finding> {
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
        if sheet.is_some_and(|sheet| sheet.allows(mark.line, |text| issue.rule.is_called(text))) {
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
            services: Vec::new(),
            stacks: stack.map(str::to_owned).into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linter_is_shared_by_threads() {
        fn shared<T: Send + Sync>(_: &T) {}
        shared(&Linter::new());
    }
}
