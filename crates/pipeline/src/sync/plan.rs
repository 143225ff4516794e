//! What a sync would do.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{Diff, is_equal};
use crate::store::Poison;
use crate::{Json, Mark, Object, Pipeline, PipelineKey, Wanted};

/// What is wanted of a plan.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// The project whose marks are its own.
    pub project: String,
    /// Whether to remove pipelines with the project's mark that no template makes any more.
    pub prune: bool,
    /// Whether to lock pipelines against edits in the user interface.
    pub lock: bool,
}

/// What a sync would do, in the order in which it does it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The pipelines, each with what happens to it.
    pub actions: Vec<Action>,
    /// What stops the sync.
    pub problems: Vec<Problem>,
    /// What the store has and nobody can read.
    pub poison: Vec<Poison>,
}

/// What happens to one pipeline.
#[derive(Clone, Debug)]
pub struct Action {
    /// What happens.
    pub kind: ActionKind,
    /// Who makes it; that of the live pipeline if it is to be removed.
    pub mark: Mark,
    /// The live pipeline.
    pub before: Option<Pipeline>,
    /// The pipeline to save.
    pub after: Option<Pipeline>,
    /// The difference between the two.
    pub diff: Diff,
}

/// What happens to a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActionKind {
    /// It is made.
    Create,
    /// It was made by hand and belongs to the project from now on; its id stays.
    Adopt,
    /// It is changed.
    Update,
    /// It has another name or application now.
    Rename,
    /// It is as it should be.
    Keep,
    /// It is removed.
    Prune,
    /// No template makes it any more; it stays since nobody asked to prune.
    Stray,
}

impl ActionKind {
    /// The kind as one word.
    pub fn name(self) -> &'static str {
        match self {
            ActionKind::Create => "create",
            ActionKind::Adopt => "adopt",
            ActionKind::Update => "update",
            ActionKind::Rename => "rename",
            ActionKind::Keep => "keep",
            ActionKind::Prune => "prune",
            ActionKind::Stray => "stray",
        }
    }

    /// Whether it writes to the store.
    pub fn writes(self) -> bool {
        !matches!(self, ActionKind::Keep | ActionKind::Stray)
    }
}

/// Something that must be mended before a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The pipelines that it is about: `APPLICATION/NAME`.
    pub pipelines: Vec<String>,
    /// What is wrong.
    pub message: String,
}

impl Plan {
    /// Compares what templates make with what a store has.
    ///
    /// A pipeline keeps the id that its template gives it; else that of the live pipeline with its mark; else that of the live
    /// pipeline with its application and name, without regard to case; else it gets [`Mark::id`].
    pub fn new(wanted: &[Wanted], live: &[Pipeline], poison: Vec<Poison>, options: &PlanOptions) -> Plan {
        let mut plan = Plan { poison, ..Plan::default() };
        let live = Live::new(live, options);
        plan.twins(wanted, &live);
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for Wanted { pipeline, mark } in wanted {
            let before = live.of(pipeline, mark);
            let id = pipeline.id().map(str::to_owned);
            let id = id.or_else(|| before.and_then(Pipeline::id).map(str::to_owned)).unwrap_or_else(|| mark.id());
            seen.insert(id.to_lowercase());
            let after = complete(pipeline, &id, mark, options);
            let kind = match before {
                None => ActionKind::Create,
                Some(before) if before.mark().is_none_or(|mark| mark.project != options.project) => ActionKind::Adopt,
                Some(before) if is_equal(before, &after) => ActionKind::Keep,
                Some(before) if before.key() != after.key() => ActionKind::Rename,
                Some(_) => ActionKind::Update,
            };
            let diff = if kind == ActionKind::Keep { Diff::default() } else { Diff::of(before, Some(&after)) };
            plan.actions.push(Action { kind, mark: mark.clone(), before: before.cloned(), after: Some(after), diff });
        }
        for stray in live.own.iter().filter(|p| !seen.contains(&p.id().unwrap_or_default().to_lowercase())) {
            let kind = if options.prune { ActionKind::Prune } else { ActionKind::Stray };
            let diff = if options.prune { Diff::of(Some(stray), None) } else { Diff::default() };
            let mark = stray.mark().unwrap_or_default();
            plan.actions.push(Action { kind, mark, before: Some((*stray).clone()), after: None, diff });
        }
        plan
    }

    /// The actions that write.
    pub fn writes(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| action.kind.writes())
    }

    /// How many actions there are of a kind.
    pub fn count(&self, kind: ActionKind) -> usize {
        self.actions.iter().filter(|action| action.kind == kind).count()
    }

    /// Names and ids must be unique. Front50 checks neither within a batch, and refuses every later save of such twins.
    fn twins(&mut self, wanted: &[Wanted], live: &Live<'_>) {
        let title = |pipeline: &Pipeline| format!("{}/{}", pipeline.application(), pipeline.name());
        let mut keys: BTreeMap<PipelineKey, Vec<&Wanted>> = BTreeMap::new();
        let mut ids: BTreeMap<String, Vec<&Wanted>> = BTreeMap::new();
        for one in wanted {
            keys.entry(one.pipeline.key()).or_default().push(one);
            if let Some(id) = one.pipeline.id() {
                ids.entry(id.to_lowercase()).or_default().push(one);
            }
            if one.pipeline.application().trim().is_empty() || one.pipeline.name().trim().is_empty() {
                let mark = &one.mark;
                let message = format!(
                    "the template {} makes a pipeline without {} for {} in {}",
                    mark.template,
                    if one.pipeline.name().trim().is_empty() { "a name" } else { "an application" },
                    mark.service,
                    mark.stack
                );
                self.problems.push(Problem { pipelines: vec![title(&one.pipeline)], message });
            }
        }
        let makers = |all: &[&Wanted]| {
            let of = |one: &&Wanted| format!("{} ({}, {})", one.mark.template, one.mark.service, one.mark.stack);
            all.iter().map(of).collect::<Vec<_>>().join(" and ")
        };
        for all in keys.into_values().filter(|all| all.len() > 1) {
            let pipelines = all.iter().map(|one| title(&one.pipeline)).collect();
            let message = format!(
                "{} make one pipeline: names are unique in an application, without regard to case",
                makers(&all)
            );
            self.problems.push(Problem { pipelines, message });
        }
        for (id, all) in ids.into_iter().filter(|(_, all)| all.len() > 1) {
            let pipelines = all.iter().map(|one| title(&one.pipeline)).collect();
            self.problems.push(Problem { pipelines, message: format!("{} have the id {id}", makers(&all)) });
        }
        let mut known: BTreeMap<PipelineKey, Vec<&Pipeline>> = BTreeMap::new();
        for pipeline in &live.all {
            known.entry(pipeline.key()).or_default().push(pipeline);
        }
        for all in known.into_values().filter(|all| all.len() > 1) {
            if !wanted.iter().any(|one| all.iter().any(|pipeline| pipeline.key() == one.pipeline.key())) {
                continue;
            }
            let ids: Vec<&str> = all.iter().filter_map(|pipeline| pipeline.id()).collect();
            let message = format!(
                "the store has this name {} times ({}): rename or delete all but one",
                all.len(),
                ids.join(", ")
            );
            self.problems.push(Problem { pipelines: all.iter().map(|pipeline| title(pipeline)).collect(), message });
        }
    }
}

/// The live pipelines, found in different ways.
struct Live<'l> {
    all: Vec<&'l Pipeline>,
    by_id: BTreeMap<String, &'l Pipeline>,
    by_mark: BTreeMap<Mark, &'l Pipeline>,
    by_key: BTreeMap<PipelineKey, &'l Pipeline>,
    /// Those with the project's mark.
    own: Vec<&'l Pipeline>,
}

impl<'l> Live<'l> {
    fn new(live: &'l [Pipeline], options: &PlanOptions) -> Live<'l> {
        let marked = live.iter().filter_map(|pipeline| Some((pipeline.mark()?, pipeline)));
        let marked: Vec<_> = marked.filter(|(mark, _)| mark.project == options.project).collect();
        Live {
            all: live.iter().collect(),
            by_id: live.iter().filter_map(|pipeline| Some((pipeline.id()?.to_lowercase(), pipeline))).collect(),
            own: marked.iter().map(|(_, pipeline)| *pipeline).collect(),
            by_mark: marked.into_iter().collect(),
            by_key: live.iter().map(|pipeline| (pipeline.key(), pipeline)).collect(),
        }
    }

    fn of(&self, wanted: &Pipeline, mark: &Mark) -> Option<&'l Pipeline> {
        let by_id = wanted.id().and_then(|id| self.by_id.get(&id.to_lowercase()));
        let found = by_id.or_else(|| self.by_mark.get(mark)).or_else(|| self.by_id.get(&mark.id()));
        // one with a mark of another pipeline is that one, about to be renamed
        let by_name = || self.by_key.get(&wanted.key()).filter(|p| p.mark().is_none_or(|other| other == *mark));
        found.or_else(by_name).copied()
    }
}

/// A pipeline with its id, its mark and its lock. The mark is the last key.
fn complete(pipeline: &Pipeline, id: &str, mark: &Mark, options: &PlanOptions) -> Pipeline {
    let mut made = Pipeline::default();
    let object = made.object_mut();
    object.insert("id".to_owned(), Json::from(id));
    object.extend(pipeline.object().iter().map(|(key, value)| (key.clone(), value.clone())));
    object.insert("id".to_owned(), Json::from(id));
    if options.lock && !object.contains_key("locked") {
        let pairs = [
            ("ui", Json::Bool(true)),
            ("allowUnlockUi", Json::Bool(true)),
            ("description", Json::from("made from a template: change the template instead")),
        ];
        object.insert(
            "locked".to_owned(),
            Json::Object(pairs.map(|(k, v)| (k.to_owned(), v)).into_iter().collect::<Object>()),
        );
    }
    object.insert(Mark::KEY.to_owned(), mark.to_json());
    made
}
