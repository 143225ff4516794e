//! The rules with their settings: which rules run, the severity of findings, and their places.

use std::collections::BTreeMap;
use std::path::Path;

use super::finding::{Finding, ObjectPath, Place};
use super::kubernetes::{self, Known};
use super::objects::{Object, Release};
use super::rule::{Check, RawFinding, RawPlace, Rule, RuleFindings, ServiceFindings, Severity};
use super::rules::{self, RULES};
use super::schemas::Schemas;
use super::services::ServiceObjects;
use super::values_file::{WrittenFile, locate};
use crate::error::Result;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::run::Run;
use crate::yaml::Mark;

/// The rules with their settings, and everything that services share. Threads may share it.
#[derive(Default)]
pub struct Linter {
    allowed: Vec<&'static Rule>,
    denied: Vec<&'static Rule>,
    schemas: Option<Schemas>,
}

impl Linter {
    /// All rules with their default severity.
    pub fn new() -> Linter {
        Linter::default()
    }

    /// Silences a rule, by its code or name.
    ///
    /// Errors: the rule does not exist.
    pub fn allow(mut self, rule: &str) -> Result<Self> {
        self.allowed.push(rules::find(rule)?);
        Ok(self)
    }

    /// Makes the findings of a rule errors.
    ///
    /// Errors: the rule does not exist.
    pub fn deny(mut self, rule: &str) -> Result<Self> {
        self.denied.push(rules::find(rule)?);
        Ok(self)
    }

    /// Validates objects with the JSON schemas below a folder, in the layout of kubeconform. Those of Kubernetes' own kinds
    /// are not read: the program has them.
    ///
    /// Errors: the folder does not exist.
    pub fn schemas(mut self, folder: impl AsRef<Path>) -> Result<Self> {
        let mut schemas = self.schemas.take().unwrap_or_default();
        schemas.add(folder.as_ref())?;
        self.schemas = Some(schemas);
        Ok(self)
    }

    /// Lints only the objects of manifests, as one bake of `release` in `namespace`.
    ///
    /// Errors: a document cannot be read.
    pub fn manifests(
        &self,
        release: &str,
        namespace: &str,
        manifests: &[Manifest],
        limits: &Limits,
    ) -> Result<Vec<Finding>> {
        let run = Run::new(limits.clone());
        let documents = manifests.iter().flat_map(Manifest::objects);
        let release = Release::new(release, namespace, documents, &run)?;
        let mut raw = Vec::new();
        self.look_at(&release, &run, &mut raw)?;
        let findings = raw.into_iter().filter_map(|raw| self.settle(raw, &[], None));
        Ok(findings.collect())
    }

    /// Runs the rules for objects.
    pub(super) fn look_at(&self, release: &Release, run: &Run, raw: &mut Vec<RawFinding>) -> Result<()> {
        for rule in RULES {
            if let Check::Objects(check) = rule.check
                && !self.allowed.contains(&rule)
            {
                check(release, &mut RuleFindings::new(rule, raw));
            }
        }
        if let Some(schemas) = &self.schemas {
            let mut found = RuleFindings::new(&rules::KUBERNETES_SCHEMA, raw);
            let foreign = |object: &&Object| !matches!(kubernetes::known(object, release.minor), Known::Served);
            for object in release.objects.iter().filter(foreign) {
                schemas.check(object, run, &mut found)?;
            }
        }
        Ok(())
    }

    /// Runs the rules over several services, stack by stack.
    pub(super) fn services(&self, all: &[ServiceObjects]) -> Vec<Finding> {
        let mut stacks: BTreeMap<&str, Vec<&ServiceObjects>> = BTreeMap::new();
        for service in all {
            stacks.entry(&service.stack).or_default().push(service);
        }
        let mut findings = Vec::new();
        for mut services in stacks.into_values() {
            services.sort_by(|a, b| a.service.cmp(&b.service));
            for rule in RULES {
                if let Check::Services(check) = rule.check
                    && !self.allowed.contains(&rule)
                {
                    check(&services, &mut ServiceFindings::new(rule, &mut findings));
                }
            }
        }
        for finding in &mut findings {
            finding.severity = self.severity(finding.rule);
        }
        findings
    }

    fn severity(&self, rule: &'static Rule) -> Severity {
        if self.denied.contains(&rule) { Severity::Error } else { rule.severity }
    }

    /// Adds the severity and the place to a finding; `None` if it is silenced.
    pub(super) fn settle(&self, raw: RawFinding, files: &[&WrittenFile], stack: Option<&str>) -> Option<Finding> {
        if self.allowed.contains(&raw.rule) {
            return None;
        }
        let last = files.len().saturating_sub(1);
        let place = match &raw.place {
            RawPlace::Mark(mark) => Some((last, *mark)),
            RawPlace::Line(layer, line) => {
                usize::from(*layer).checked_sub(1).map(|at| (at, Mark { line: *line, column: 0 }))
            }
            RawPlace::Object { .. } | RawPlace::Values => locate(files, &raw.values),
        };
        let (at, mark) = place.filter(|(at, _)| *at < files.len()).unwrap_or((last, Mark::default()));
        let file = files.get(at);
        if file.is_some_and(|file| file.allows(mark.line, |text| raw.rule.is_called(text))) {
            return None;
        }
        let file = file.map(|file| file.name.clone()).unwrap_or_default();
        let object = match raw.place {
            RawPlace::Object { kind, name, path } => Some(ObjectPath { kind, name, path }),
            _ => None,
        };
        Some(Finding {
            rule: raw.rule,
            severity: self.severity(raw.rule),
            message: raw.message,
            place: Place { file, line: mark.line, column: mark.column },
            object,
            fix: raw.fix,
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
