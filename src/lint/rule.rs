//! What a rule is, and where it puts what it finds.

use std::borrow::Cow;

use super::finding::Severity;
use super::rules::RULES;
use super::scene::{Object, Scene};
use super::sheet::{Layers, Sheet};
use crate::error::suggest::nearest;
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::Mark;

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

/// The rule of a code or a name, in any case.
pub(super) fn find(text: &str) -> Result<&'static Rule> {
    let same = |rule: &&Rule| rule.code.eq_ignore_ascii_case(text) || rule.name.eq_ignore_ascii_case(text);
    RULES.iter().find(same).ok_or_else(|| {
        let error = Error::new(ErrorKind::Usage, format!("there is no rule {text:?}"));
        match nearest(text, RULES.iter().flat_map(|rule| [rule.name, rule.code])) {
            Some(meant) => error.with_hint(format!("did you mean {meant}?")),
            None => error.with_hint("`bake lint --list-rules` lists them"),
        }
    })
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

/// Where in the values it may come from.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: Vec<String>,
    pub(super) needle: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_stable_and_unique() {
        for (at, rule) in RULES.iter().enumerate() {
            let digits = rule.code.strip_prefix('B').unwrap();
            assert!(digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", rule.code);
            assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.name);
            assert!(!rule.about.ends_with('.') && rule.about.len() < 100, "{}", rule.code);
            assert!(
                RULES.iter().take(at).all(|before| before.code < rule.code && before.name != rule.name),
                "{}",
                rule.code
            );
            assert_eq!(find(rule.name).unwrap(), rule);
            assert_eq!(find(&rule.code.to_lowercase()).unwrap(), rule);
        }
        assert_eq!(find("duplicate-enf").unwrap_err().hint(), Some("did you mean duplicate-env?"));
    }
}
