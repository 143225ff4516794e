//! What a rule is, and where it puts what it finds.

use std::borrow::Cow;
use std::fmt;

use super::scene::{Object, Scene};
use super::sheet::{Layers, Sheet, Source};
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
    Sheet(fn(&Sheet, &mut Found<'_>)),
    /// A layer over those below it.
    Layers(fn(&Layers<'_>, &mut Found<'_>)),
    /// The objects of a bake.
    Objects(fn(&Scene, &mut Found<'_>)),
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
pub(super) struct Found<'r> {
    rule: &'static Rule,
    issues: &'r mut Vec<Issue>,
}

impl<'r> Found<'r> {
    pub(super) fn new(rule: &'static Rule, issues: &'r mut Vec<Issue>) -> Self {
        Found { rule, issues }
    }

    /// Something at a place of the values file that is looked at.
    pub(super) fn at(&mut self, mark: Mark, message: impl Into<String>) -> Note<'_> {
        self.push(Spot::Mark(mark), message.into())
    }

    /// Something in a field of a rendered object.
    pub(super) fn on(&mut self, object: &Object, path: impl Into<String>, message: impl Into<String>) -> Note<'_> {
        let spot = Spot::Object { kind: object.kind.clone(), name: object.name.clone(), path: path.into() };
        self.push(spot, message.into())
    }

    fn push(&mut self, spot: Spot, message: String) -> Note<'_> {
        self.issues.push(Issue { rule: self.rule, message, spot, sources: Vec::new(), fix: None });
        Note(self.issues.last_mut())
    }
}

/// What has just been found, to say more about it.
pub(super) struct Note<'i>(Option<&'i mut Issue>);

impl Note<'_> {
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
        if let Some(issue) = self.0 {
            issue.fix = Some(text.into().into_owned());
        }
    }

    fn add(mut self, path: &[&str], needle: Option<String>) -> Self {
        if let Some(issue) = &mut self.0 {
            issue.sources.push(Source { path: path.iter().map(|step| (*step).to_owned()).collect(), needle });
        }
        self
    }
}

/// Something found, before its place in the values is known.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub(super) rule: &'static Rule,
    pub(super) message: String,
    pub(super) spot: Spot,
    pub(super) sources: Vec<Source>,
    pub(super) fix: Option<String>,
}

/// Where it shows.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    /// In the values file that is looked at.
    Mark(Mark),
    /// On a line of a values file: its number among the layers, from 1.
    Line(u16, u32),
    /// Where its sources are.
    Sources,
    /// In an object.
    Object { kind: String, name: String, path: String },
}
