//! Checks over pipelines, before they are saved.
//!
//! Spinnaker takes nearly everything: an unknown field is kept, a reference to nothing fails when the stage runs, a second
//! pipeline of the same name hides the first. [`Checker`] reads all pipelines of a set together and says what is wrong with
//! them. A finding names the place as a path; whoever made the pipeline knows which line of which template that is.

mod cron;
mod facts;
mod path;
mod pattern;
mod policy;
mod rule;
mod rules;
mod set;
mod spel;
mod view;

use std::collections::BTreeMap;

use gotemplate::error::{Error, ErrorKind, Result, suggest::nearest};

pub use path::{Path, Step};
pub use policy::{Allowed, Policy};
pub use rule::{Finding, RULES, Rule, Severity};

use crate::{Mark, Pipeline, Wanted};
use facts::{Facts, facts};
use set::Set;
use view::View;

/// What the checks need to know beside the pipelines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Types of stages that plugins and preconfigured webhooks and jobs add, as patterns.
    pub stage_types: Vec<String>,
    /// Functions of expressions that plugins add, as patterns, without `#`.
    pub functions: Vec<String>,
    /// Fields of stages, triggers and artifacts that belong to nobody in Spinnaker, as patterns.
    pub fields: Vec<String>,
    /// The live pipelines, also those that the set replaces. None if they are not known: a reference out of the set is a
    /// warning then.
    pub live: Option<Vec<Live>>,
    /// The charts of the project by name, each with its versions. Charts of others are not checked.
    pub charts: BTreeMap<String, Vec<String>>,
    /// What stacks and services may use.
    pub policy: Policy,
    /// The severities of rules, by code or name. None turns a rule off.
    pub levels: BTreeMap<String, Option<Severity>>,
    /// The longest expression, if the service has another limit than Spinnaker's own.
    pub longest_expression: Option<usize>,
}

/// A live pipeline to which others may refer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// The id.
    pub id: String,
    /// The application.
    pub application: String,
    /// The name.
    pub name: String,
}

/// A pipeline to check.
#[derive(Clone, Debug)]
pub struct Subject<'p> {
    /// The pipeline.
    pub pipeline: &'p Pipeline,
    /// What it was made from. Without it the policy of stacks and services does not apply.
    pub mark: Option<Mark>,
    /// The manifests of its bake stages, as far as somebody baked them.
    pub baked: Vec<Baked<'p>>,
}

/// The manifests that a bake stage gives.
#[derive(Clone, Copy, Debug)]
pub struct Baked<'p> {
    /// The refId of the bake stage.
    pub ref_id: &'p str,
    /// The manifests.
    pub manifests: &'p str,
}

impl<'p> From<&'p Wanted> for Subject<'p> {
    fn from(wanted: &'p Wanted) -> Self {
        Subject { pipeline: &wanted.pipeline, mark: Some(wanted.mark.clone()), baked: Vec::new() }
    }
}

/// A pipeline with the mark that it carries, if it has one.
impl<'p> From<&'p Pipeline> for Subject<'p> {
    fn from(pipeline: &'p Pipeline) -> Self {
        Subject { pipeline, mark: pipeline.mark(), baked: Vec::new() }
    }
}

/// Checks pipelines.
#[derive(Debug)]
pub struct Checker {
    config: Config,
    /// The severities of [`Config::levels`], by code.
    levels: BTreeMap<&'static str, Option<Severity>>,
}

impl Checker {
    /// A checker with these settings.
    ///
    /// Errors: a level is for a rule that does not exist.
    pub fn new(config: Config) -> Result<Self> {
        let mut levels = BTreeMap::new();
        for (name, level) in &config.levels {
            levels.insert(find_rule(name)?.code, *level);
        }
        Ok(Checker { config, levels })
    }

    /// Checks the pipelines of a set. References are looked up in the whole set and in [`Config::live`].
    ///
    /// The findings are in the order of the subjects, then of the rules, then of the places.
    pub fn check(&self, subjects: &[Subject<'_>]) -> Vec<Finding> {
        let set = Set::new(subjects, self.config.live.as_deref());
        let mut findings = Vec::new();
        for (at, subject) in subjects.iter().enumerate() {
            let view = View::new(subject.pipeline);
            let mut found = Vec::new();
            let mut context = Context {
                config: &self.config,
                facts: facts(),
                subject,
                view: &view,
                set: &set,
                at,
                found: &mut found,
            };
            rules::check(&mut context);
            let mut found: Vec<Finding> = found.into_iter().filter_map(|raw| self.finish(raw, at, subject)).collect();
            found.sort_by(|a, b| (a.rule.code, &a.path).cmp(&(b.rule.code, &b.path)));
            findings.append(&mut found);
        }
        findings
    }

    fn finish(&self, raw: Raw, at: usize, subject: &Subject<'_>) -> Option<Finding> {
        let severity = match self.levels.get(raw.rule.code) {
            Some(level) => (*level)?,
            None => raw.severity,
        };
        Some(Finding {
            rule: raw.rule,
            severity,
            pipeline: at,
            application: subject.pipeline.application().to_owned(),
            name: subject.pipeline.name().to_owned(),
            written: raw.path.written(subject.pipeline.object()),
            path: raw.path,
            message: raw.message,
            hint: raw.hint,
        })
    }
}

/// The rule with a code or name.
///
/// Errors: there is none.
pub fn find_rule(text: &str) -> Result<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.is_called(text)).ok_or_else(|| {
        let names = RULES.iter().flat_map(|rule| [rule.name, rule.code]);
        Error::new(ErrorKind::Usage, format!("no rule for pipelines is called {text:?}")).did_you_mean(text, names)
    })
}

/// A finding before the settings apply.
#[derive(Debug)]
struct Raw {
    rule: &'static Rule,
    severity: Severity,
    path: Path,
    message: String,
    hint: Option<String>,
}

/// What a rule reads, and where it puts its findings.
struct Context<'c, 'p> {
    config: &'c Config,
    facts: &'static Facts,
    subject: &'c Subject<'p>,
    view: &'c View<'p>,
    set: &'c Set<'p>,
    /// The index of the subject.
    at: usize,
    found: &'c mut Vec<Raw>,
}

impl Context<'_, '_> {
    /// Adds a finding at a place of the body: the pipeline, or what a template of Spinnaker has as `pipeline`.
    fn add(&mut self, rule: &'static Rule, path: Path, message: impl Into<String>) -> Details<'_> {
        let path = if self.view.is_template {
            Path([Step::from("pipeline")].into_iter().chain(path.0).collect())
        } else {
            path
        };
        self.found.push(Raw { rule, severity: rule.severity, path, message: message.into(), hint: None });
        Details(self.found.last_mut())
    }
}

/// Adds details to a new finding.
struct Details<'f>(Option<&'f mut Raw>);

impl Details<'_> {
    /// Says what to do.
    fn hint(self, hint: impl Into<String>) -> Self {
        self.hint_if(Some(hint.into()))
    }

    fn hint_if(mut self, hint: Option<String>) -> Self {
        if let Some(raw) = &mut self.0 {
            raw.hint = hint;
        }
        self
    }

    /// Names the known name that is nearest, if one is near.
    fn did_you_mean<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, known) {
            Some(near) => self.hint(format!("did you mean {near:?}?")),
            None => self,
        }
    }

    /// Lowers the severity: this finding is less certain than others of its rule.
    fn at_most(mut self, severity: Severity) -> Self {
        if let Some(raw) = &mut self.0 {
            raw.severity = raw.severity.min(severity);
        }
        self
    }
}

#[cfg(test)]
mod testing;
