//! The type of rules, and the collector of their findings.

use std::borrow::Cow;
use std::fmt;

use super::finding::{Finding, ObjectPath, Place};
use super::objects::{Object, Release};
use super::services::ServiceObjects;
use super::values_file::{Overlay, ValuePath, WrittenFile};
use crate::yaml::Mark;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong: the cluster refuses it, or it cannot work.
    Error,
}

/// A lint rule.
#[derive(Debug)]
pub struct Rule {
    /// The code, which never changes: `B202`.
    pub code: &'static str,
    /// The name: `duplicate-env`.
    pub name: &'static str,
    /// The default severity of its findings.
    pub severity: Severity,
    /// What it finds, in one line.
    pub about: &'static str,
    pub(super) check: Check,
}

/// The check of a rule, by what it reads.
#[derive(Debug)]
pub(super) enum Check {
    /// The linter itself reports these while it reads and bakes.
    Bake,
    /// Reads a single values file.
    File(fn(&WrittenFile, &mut RuleFindings<'_>)),
    /// Compares a layer with those below it.
    Overlay(fn(&Overlay<'_>, &mut RuleFindings<'_>)),
    /// Reads the objects of a bake.
    Objects(fn(&Release, &mut RuleFindings<'_>)),
    /// Compares the services of a stack with each other.
    Services(fn(&[&ServiceObjects], &mut ServiceFindings<'_>)),
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Rule {
    /// Whether a text is its code or its name, in upper or lower case.
    pub(super) fn is_called(&self, text: &str) -> bool {
        self.code.eq_ignore_ascii_case(text) || self.name.eq_ignore_ascii_case(text)
    }
}

/// Collects the findings of one rule.
pub(super) struct RuleFindings<'r> {
    rule: &'static Rule,
    findings: &'r mut Vec<RawFinding>,
}

impl<'r> RuleFindings<'r> {
    pub(super) fn new(rule: &'static Rule, findings: &'r mut Vec<RawFinding>) -> Self {
        RuleFindings { rule, findings }
    }

    /// Adds a finding at a place in the current values file.
    pub(super) fn at(&mut self, mark: Mark, message: impl Into<String>) -> FindingBuilder<'_> {
        self.push(RawPlace::Mark(mark), message.into())
    }

    /// Adds a finding in a field of a rendered object.
    pub(super) fn on(
        &mut self,
        object: &Object,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> FindingBuilder<'_> {
        let place = RawPlace::Object { kind: object.kind.clone(), name: object.name.clone(), path: path.into() };
        self.push(place, message.into())
    }

    fn push(&mut self, place: RawPlace, message: String) -> FindingBuilder<'_> {
        self.findings.push(RawFinding { rule: self.rule, message, place, values: Vec::new(), fix: None });
        FindingBuilder(self.findings.last_mut())
    }
}

/// Adds details to a new finding.
pub(super) struct FindingBuilder<'i>(Option<&'i mut RawFinding>);

impl FindingBuilder<'_> {
    /// Adds a path in the values that may have caused it. The longest path that exists wins.
    pub(super) fn values(self, path: &[&str]) -> Self {
        self.add(path, None)
    }

    /// The same for the key or text `needle` below the path.
    pub(super) fn values_text(self, path: &[&str], needle: &str) -> Self {
        self.add(path, Some(needle.to_owned()))
    }

    /// The same for the key or text `needle` below any of these paths.
    pub(super) fn values_any(mut self, paths: &[Vec<&str>], needle: &str) -> Self {
        for path in paths {
            self = self.add(path, Some(needle.to_owned()));
        }
        self
    }

    /// Says how to fix it.
    pub(super) fn fix(self, text: impl Into<Cow<'static, str>>) {
        if let Some(raw) = self.0 {
            raw.fix = Some(text.into().into_owned());
        }
    }

    fn add(mut self, path: &[&str], needle: Option<String>) -> Self {
        if let Some(raw) = &mut self.0 {
            raw.values.push(ValuePath { path: path.iter().map(|step| (*step).to_owned()).collect(), needle });
        }
        self
    }
}

/// Collects the findings of one rule over several services.
pub(super) struct ServiceFindings<'r> {
    rule: &'static Rule,
    findings: &'r mut Vec<Finding>,
}

impl<'r> ServiceFindings<'r> {
    pub(super) fn new(rule: &'static Rule, findings: &'r mut Vec<Finding>) -> Self {
        ServiceFindings { rule, findings }
    }

    /// Adds a finding for a service: the place in its values, the object (kind, name, path), the message, and how to fix it.
    pub(super) fn at(
        &mut self,
        service: &ServiceObjects,
        place: &Place,
        (kind, name, path): (&str, &str, &str),
        message: String,
        fix: &str,
    ) {
        self.findings.push(Finding {
            rule: self.rule,
            severity: self.rule.severity,
            message,
            place: place.clone(),
            object: Some(ObjectPath { kind: kind.to_owned(), name: name.to_owned(), path: path.to_owned() }),
            fix: Some(fix.to_owned()),
            services: vec![service.service.clone()],
            stacks: vec![service.stack.clone()],
        });
    }
}

/// A finding whose place in the values is not known yet.
#[derive(Clone, Debug)]
pub(super) struct RawFinding {
    pub(super) rule: &'static Rule,
    pub(super) message: String,
    pub(super) place: RawPlace,
    pub(super) values: Vec<ValuePath>,
    pub(super) fix: Option<String>,
}

/// Where a finding was made.
#[derive(Clone, Debug)]
pub(super) enum RawPlace {
    /// In the current values file.
    Mark(Mark),
    /// On a line of a values file, which is given by its number among the layers, from 1.
    Line(u16, u32),
    /// At the place of its values.
    Values,
    /// In an object.
    Object { kind: String, name: String, path: String },
}
