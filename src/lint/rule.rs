//! What a rule is, and where it puts what it finds.

use std::borrow::Cow;
use std::fmt;

use super::objects::{Object, Release};
use super::values_file::{Overlay, ValuePath, WrittenFile};
use crate::yaml::Mark;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably wrong.
    Warning,
    /// Wrong: the cluster refuses it, or it cannot do what it says.
    Error,
}

/// A rule: one thing to look for.
#[derive(Debug)]
pub struct Rule {
    /// The code, which never changes: `B202`.
    pub code: &'static str,
    /// The name: `duplicate-env`.
    pub name: &'static str,
    /// How much its findings matter, unless the settings say otherwise.
    pub severity: Severity,
    /// What it looks for, in a line.
    pub about: &'static str,
    pub(super) check: Check,
}

/// What a rule looks at.
#[derive(Debug)]
pub(super) enum Check {
    /// The linter finds these itself while it reads and bakes.
    Bake,
    /// A values file alone.
    File(fn(&WrittenFile, &mut RuleFindings<'_>)),
    /// A layer over those below it.
    Overlay(fn(&Overlay<'_>, &mut RuleFindings<'_>)),
    /// The objects of a bake.
    Objects(fn(&Release, &mut RuleFindings<'_>)),
}

impl PartialEq for Rule {
    fn eq(&self, other: &Rule) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

impl Severity {
    /// The word for it.
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
    /// Whether a text is its code or its name, in any case.
    pub(super) fn is_called(&self, text: &str) -> bool {
        self.code.eq_ignore_ascii_case(text) || self.name.eq_ignore_ascii_case(text)
    }
}

/// What one rule finds.
pub(super) struct RuleFindings<'r> {
    rule: &'static Rule,
    findings: &'r mut Vec<RawFinding>,
}

impl<'r> RuleFindings<'r> {
    pub(super) fn new(rule: &'static Rule, findings: &'r mut Vec<RawFinding>) -> Self {
        RuleFindings { rule, findings }
    }

    /// Something at a place of the values file that is looked at.
    pub(super) fn at(&mut self, mark: Mark, message: impl Into<String>) -> FindingBuilder<'_> {
        self.push(RawPlace::Mark(mark), message.into())
    }

    /// Something in a field of a rendered object.
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

/// What has just been found, to say more about it.
pub(super) struct FindingBuilder<'i>(Option<&'i mut RawFinding>);

impl FindingBuilder<'_> {
    /// Where in the values it may come from: the best that exists wins.
    pub(super) fn values(self, path: &[&str]) -> Self {
        self.add(path, None)
    }

    /// The same; below the path, the key or text `needle` is meant.
    pub(super) fn values_text(self, path: &[&str], needle: &str) -> Self {
        self.add(path, Some(needle.to_owned()))
    }

    /// Any of these paths; below it, the key or text `needle` is meant.
    pub(super) fn values_any(mut self, paths: &[Vec<&str>], needle: &str) -> Self {
        for path in paths {
            self = self.add(path, Some(needle.to_owned()));
        }
        self
    }

    /// What to do.
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

/// Something found, before its place in the values is known.
#[derive(Clone, Debug)]
pub(super) struct RawFinding {
    pub(super) rule: &'static Rule,
    pub(super) message: String,
    pub(super) place: RawPlace,
    pub(super) values: Vec<ValuePath>,
    pub(super) fix: Option<String>,
}

/// Where a finding shows.
#[derive(Clone, Debug)]
pub(super) enum RawPlace {
    /// In the values file that is looked at.
    Mark(Mark),
    /// On a line of a values file: its number among the layers, from 1.
    Line(u16, u32),
    /// Where its values are.
    Values,
    /// In an object.
    Object { kind: String, name: String, path: String },
}
