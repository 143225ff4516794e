//! The pipelines of a set, and what one is to another.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::path::{Path, place};
use super::view::{cycles, maps, text};
use super::{Live, Subject};
use crate::json::{Json, Object};
use crate::{Pipeline, PipelineKey};

/// What a reference to a pipeline leads to.
pub(super) enum Target<'p> {
    /// A pipeline of the set.
    Subject(&'p Pipeline),
    /// A live pipeline.
    Live(&'p Live),
    /// Nothing that is known.
    Unknown,
}

/// A trigger that starts another pipeline as well.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared {
    /// The subject that has it, too.
    pub(super) with: usize,
    /// How many more have it.
    pub(super) more: usize,
    /// One with it is of the same application.
    pub(super) same_application: bool,
}

/// A way of pipelines that start each other.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) path: Path,
    /// The pipelines, each starting the next.
    pub(super) way: Vec<usize>,
    /// Triggers alone make it; otherwise a stage on the way may not run.
    pub(super) is_certain: bool,
}

/// The pipelines of a set.
pub(super) struct Set<'p> {
    pipelines: Vec<&'p Pipeline>,
    by_id: HashMap<&'p str, usize>,
    by_id_in_any_case: HashMap<String, usize>,
    by_key: HashMap<PipelineKey, usize>,
    live: Option<HashMap<&'p str, &'p Live>>,
    /// By subject and index of the trigger.
    shared: HashMap<(usize, usize), Shared>,
    /// By subject.
    loops: HashMap<usize, Vec<Loop>>,
}

/// How a pipeline starts another.
struct Start {
    from: usize,
    to: usize,
    /// The subject that says so, and where.
    owner: usize,
    path: Path,
    is_trigger: bool,
}

impl<'p> Set<'p> {
    pub(super) fn new(subjects: &[Subject<'p>], live: Option<&'p [Live]>) -> Self {
        let pipelines: Vec<&Pipeline> = subjects.iter().map(|subject| subject.pipeline).collect();
        let mut set = Set {
            by_id: HashMap::new(),
            by_id_in_any_case: HashMap::new(),
            by_key: HashMap::new(),
            live: live.map(|live| live.iter().map(|live| (live.id.as_str(), live)).collect()),
            shared: HashMap::new(),
            loops: HashMap::new(),
            pipelines,
        };
        for (at, pipeline) in set.pipelines.iter().enumerate() {
            if let Some(id) = pipeline.id() {
                set.by_id.entry(id).or_insert(at);
                set.by_id_in_any_case.entry(id.to_lowercase()).or_insert(at);
            }
            set.by_key.entry(pipeline.key()).or_insert(at);
        }
        set.find_shared();
        set.find_loops();
        set
    }

    pub(super) fn pipeline(&self, at: usize) -> Option<&'p Pipeline> {
        self.pipelines.get(at).copied()
    }

    pub(super) fn title(&self, at: usize) -> String {
        self.pipeline(at).map(title).unwrap_or_default()
    }

    /// The pipeline with an id.
    pub(super) fn target(&self, id: &str) -> Target<'p> {
        if let Some(pipeline) = self.by_id.get(id).and_then(|at| self.pipeline(*at)) {
            return Target::Subject(pipeline);
        }
        match self.live.as_ref().and_then(|live| live.get(id)) {
            Some(live) => Target::Live(live),
            None => Target::Unknown,
        }
    }

    /// Whether the live pipelines are known.
    pub(super) fn knows_live(&self) -> bool {
        self.live.is_some()
    }

    /// The pipeline whose id differs in case alone.
    pub(super) fn id_in_other_case(&self, id: &str) -> Option<&'p str> {
        self.by_id_in_any_case.get(&id.to_lowercase()).and_then(|at| self.pipeline(*at)?.id())
    }

    /// The pipeline with an application and a name.
    pub(super) fn named(&self, application: &str, name: &str) -> Option<&'p Pipeline> {
        let key = PipelineKey { application: application.to_lowercase(), name: name.trim().to_lowercase() };
        self.by_key.get(&key).and_then(|at| self.pipeline(*at))
    }

    /// The first pipeline with the id of this one, if that is another.
    pub(super) fn same_id(&self, at: usize) -> Option<usize> {
        let first = *self.by_id_in_any_case.get(&self.pipeline(at)?.id()?.to_lowercase())?;
        (first != at).then_some(first)
    }

    /// The first pipeline with the application and name of this one, if that is another.
    pub(super) fn same_name(&self, at: usize) -> Option<usize> {
        let first = *self.by_key.get(&self.pipeline(at)?.key())?;
        (first != at).then_some(first)
    }

    pub(super) fn shared(&self, subject: usize, trigger: usize) -> Option<Shared> {
        self.shared.get(&(subject, trigger)).copied()
    }

    pub(super) fn loops(&self, subject: usize) -> &[Loop] {
        self.loops.get(&subject).map(Vec::as_slice).unwrap_or_default()
    }

    fn find_shared(&mut self) {
        let mut by_source: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<Vec<(usize, usize)>> = Vec::new();
        for (at, pipeline) in self.pipelines.iter().enumerate() {
            if pipeline.get("disabled").and_then(Json::as_bool) == Some(true) {
                continue;
            }
            for (index, trigger) in maps(pipeline.object(), "triggers") {
                let Some(source) = source(trigger, false) else { continue };
                let group = *by_source.entry(source).or_insert(groups.len());
                match groups.get_mut(group) {
                    Some(group) => group.push((at, index)),
                    None => groups.push(vec![(at, index)]),
                }
            }
        }
        let mut shares = HashMap::new();
        for group in &groups {
            let application = |at: usize| self.pipeline(at).map(|pipeline| pipeline.key().application);
            // the first two of each application, and of all
            let mut firsts: HashMap<Option<String>, Vec<usize>> = HashMap::new();
            let mut all: Vec<usize> = Vec::new();
            for (at, _) in group {
                let firsts = firsts.entry(application(*at)).or_default();
                if firsts.last() != Some(at) && firsts.len() < 2 {
                    firsts.push(*at);
                }
                if all.last() != Some(at) {
                    all.push(*at);
                }
            }
            for (at, index) in group {
                let other = |list: &[usize]| list.iter().copied().find(|other| other != at);
                let near = firsts.get(&application(*at)).and_then(|list| other(list));
                if let Some(with) = near.or_else(|| other(&all)) {
                    let more = all.len().saturating_sub(2);
                    let shared = Shared { with, more, same_application: near.is_some() };
                    shares.insert((*at, *index), shared);
                }
            }
        }
        self.shared = shares;
    }

    fn find_loops(&mut self) {
        let mut starts: Vec<Start> = Vec::new();
        for (owner, pipeline) in self.pipelines.iter().enumerate() {
            for (index, trigger) in maps(pipeline.object(), "triggers") {
                let is_on = trigger.get("enabled").and_then(Json::as_bool) == Some(true);
                if let Some(from) = referred(trigger, "pipeline").filter(|_| is_on).and_then(|id| self.by_id.get(id)) {
                    let path = place!["triggers", index, "pipeline"];
                    starts.push(Start { from: *from, to: owner, owner, path, is_trigger: true });
                }
            }
            for (index, stage) in maps(pipeline.object(), "stages") {
                if let Some(to) = referred(stage, "pipeline").and_then(|id| self.by_id.get(id)) {
                    let path = place!["stages", index, "pipeline"];
                    starts.push(Start { from: owner, to: *to, owner, path, is_trigger: false });
                }
            }
        }
        let mut next = vec![Vec::new(); self.pipelines.len()];
        let mut by_ends: HashMap<(usize, usize), &Start> = HashMap::new();
        for start in &starts {
            if let Some(next) = next.get_mut(start.from) {
                next.push(start.to);
            }
            let known = by_ends.entry((start.from, start.to)).or_insert(start);
            if start.is_trigger {
                *known = start;
            }
        }
        for way in cycles(&next) {
            let ends = way.iter().copied().zip(way.iter().copied().cycle().skip(1));
            let steps: Vec<&Start> = ends.filter_map(|ends| by_ends.get(&ends).copied()).collect();
            if let Some(first) = steps.first() {
                let is_certain = steps.iter().all(|step| step.is_trigger);
                let path = first.path.clone();
                self.loops.entry(first.owner).or_default().push(Loop { path, way, is_certain });
            }
        }
    }
}

/// What people call a pipeline.
pub(super) fn title(pipeline: &Pipeline) -> String {
    format!("{}/{}", pipeline.application(), pipeline.name())
}

/// The id in `pipeline` of a stage or trigger of a type.
pub(super) fn referred<'p>(object: &'p Object, kind: &str) -> Option<&'p str> {
    let id = text(object, "pipeline").filter(|id| !id.is_empty() && !id.contains("${"))?;
    (text(object, "type") == Some(kind)).then_some(id)
}

/// What a trigger waits for, so that equal texts start at once; none if it is off. `own` is for triggers of one pipeline:
/// then every type and the parameters count.
pub(super) fn source(trigger: &Object, own: bool) -> Option<String> {
    const ASIDE: &[&str] = &["id", "enabled", "description", "runAsUser", "inherited", "secret", "expectedArtifactIds"];
    let kind = text(trigger, "type")?;
    // a time, and the end of a pipeline, are ordinary reasons to start several
    if !own && matches!(kind, "cron" | "pipeline" | "plugin") {
        return None;
    }
    if trigger.get("enabled").and_then(Json::as_bool) != Some(true) {
        return None;
    }
    let mut fields: Vec<(&String, &Json)> = trigger
        .iter()
        .filter(|(key, value)| !ASIDE.contains(&key.as_str()) && (own || *key != "parameters") && !is_empty(value))
        .collect();
    fields.sort_by_key(|(key, _)| *key);
    // a trigger that says nothing but its type is not finished
    (fields.len() > 1).then(|| {
        fields.iter().fold(String::new(), |mut out, (key, value)| {
            let _ = write!(out, "{key}={value};");
            out
        })
    })
}

/// Whether a value says nothing.
pub(super) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(object) => object.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}
