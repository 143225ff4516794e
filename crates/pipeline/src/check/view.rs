//! A pipeline, read once for all rules.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use go::stack::with_stack;

use super::path::{Part, Path, place};
use super::spel::{self, Uses};
use crate::Pipeline;
use crate::json::{Json, Object};

/// A stage.
#[derive(Debug)]
pub(super) struct Stage<'p> {
    /// The index in `stages`.
    pub(super) at: usize,
    pub(super) object: &'p Object,
    /// Empty if it has none. Spinnaker reads a number as its text.
    pub(super) ref_id: Cow<'p, str>,
    pub(super) kind: &'p str,
    pub(super) name: &'p str,
    /// The stages that it waits for, as indexes of [`View::stages`].
    pub(super) requisites: Vec<usize>,
}

/// An expected artifact.
#[derive(Debug)]
pub(super) struct Expected<'p> {
    pub(super) object: &'p Object,
    pub(super) id: Option<&'p str>,
    pub(super) display_name: Option<&'p str>,
    /// The stage that makes it, as an index of [`View::stages`]; none for one of the pipeline.
    pub(super) stage: Option<usize>,
    pub(super) path: Path,
}

/// A text with expressions.
#[derive(Debug)]
pub(super) struct Text<'p> {
    pub(super) whole: &'p str,
    pub(super) path: Path,
    /// The stage that has it, as an index of [`View::stages`].
    pub(super) stage: Option<usize>,
    /// It is part of the manifest of a stage.
    pub(super) is_manifest: bool,
    /// Orca evaluates it.
    pub(super) is_evaluated: bool,
    /// The expressions, without what encloses them.
    pub(super) expressions: Vec<&'p str>,
    pub(super) fault: Option<String>,
    pub(super) uses: Vec<Uses>,
}

/// A pipeline, read once for all rules.
#[derive(Debug)]
pub(super) struct View<'p> {
    /// The members; for a template of Spinnaker, those of its `pipeline`.
    pub(super) body: &'p Object,
    /// It is a template of Spinnaker, and all its paths begin with `pipeline`.
    pub(super) is_template: bool,
    pub(super) stages: Vec<Stage<'p>>,
    pub(super) by_ref: HashMap<Cow<'p, str>, usize>,
    pub(super) expected: Vec<Expected<'p>>,
    /// The expected artifacts with an id, as indexes.
    pub(super) by_artifact: HashMap<&'p str, Vec<usize>>,
    /// The names of the declared parameters, each with its index.
    pub(super) parameters: Vec<(&'p str, usize, &'p Object)>,
    pub(super) triggers: Vec<(usize, &'p Object)>,
    /// The texts that hold `${` or are expressions as a whole.
    pub(super) texts: Vec<Text<'p>>,
    /// The texts that hold a mark of Jinja.
    pub(super) jinja: Vec<(Path, &'p str)>,
}

/// The text at a key of an object.
pub(super) fn text<'p>(object: &'p Object, key: &str) -> Option<&'p str> {
    object.get(key).and_then(Json::as_str)
}

/// The items at a key, those that are maps.
pub(super) fn maps<'p>(object: &'p Object, key: &str) -> impl Iterator<Item = (usize, &'p Object)> {
    let items = object.get(key).map(Json::items).unwrap_or_default();
    items.iter().enumerate().filter_map(|(at, item)| Some((at, item.as_object()?)))
}

/// Whether a text holds an expression, so that nothing is known of its value.
pub(super) fn has_expression(text: &str) -> bool {
    text.contains("${")
}

/// The members of a pipeline whose texts Orca evaluates.
const EVALUATED: &[&str] = &["stages", "expectedArtifacts", "notifications", "parameterConfig"];

/// The keys of a stage that are manifests.
const MANIFESTS: &[&str] = &["manifests", "manifest", "patchBody"];

impl<'p> View<'p> {
    pub(super) fn new(pipeline: &'p Pipeline) -> Self {
        let object = pipeline.object();
        let inner = object.get("pipeline").and_then(Json::as_object).filter(|_| object.get("stages").is_none());
        let body = inner.unwrap_or(object);
        let mut view = View {
            body,
            is_template: inner.is_some(),
            stages: Vec::new(),
            by_ref: HashMap::new(),
            expected: Vec::new(),
            by_artifact: HashMap::new(),
            parameters: Vec::new(),
            triggers: maps(body, "triggers").collect(),
            texts: Vec::new(),
            jinja: Vec::new(),
        };
        for (at, parameter) in maps(body, "parameterConfig") {
            if let Some(name) = text(parameter, "name") {
                view.parameters.push((name, at, parameter));
            }
        }
        view.add_stages();
        view.add_expected(body, None, &place!["expectedArtifacts"]);
        for at in 0..view.stages.len() {
            if let Some((index, object)) = view.stages.get(at).map(|stage| (stage.at, stage.object)) {
                view.add_expected(object, Some(at), &place!["stages", index, "expectedArtifacts"]);
            }
        }
        for (at, artifact) in view.expected.iter().enumerate() {
            if let Some(id) = artifact.id {
                view.by_artifact.entry(id).or_default().push(at);
            }
        }
        view.add_texts();
        view
    }

    fn add_stages(&mut self) {
        for (at, object) in maps(self.body, "stages") {
            let ref_id = object.get("refId").map(scalar).unwrap_or_default();
            if !ref_id.is_empty() {
                self.by_ref.entry(ref_id.clone()).or_insert(self.stages.len());
            }
            let (kind, name) = (text(object, "type").unwrap_or_default(), text(object, "name").unwrap_or_default());
            self.stages.push(Stage { at, object, ref_id, kind, name, requisites: Vec::new() });
        }
        for stage in &mut self.stages {
            let requisites = stage.object.get("requisiteStageRefIds").map(Json::items).unwrap_or_default();
            stage.requisites = requisites.iter().filter_map(|id| self.by_ref.get(&scalar(id)).copied()).collect();
        }
    }

    fn add_expected(&mut self, owner: &'p Object, stage: Option<usize>, list: &Path) {
        let listed = maps(owner, "expectedArtifacts").map(|(at, object)| (list.clone().join(at), object));
        // findArtifactFromExecution had a single one once
        let single = owner.get("expectedArtifact").and_then(Json::as_object).map(|object| {
            let mut path = list.clone();
            path.0.pop();
            (path.join("expectedArtifact"), object)
        });
        for (path, object) in listed.chain(single) {
            self.expected.push(Expected {
                object,
                id: text(object, "id").filter(|id| !id.is_empty()),
                display_name: text(object, "displayName"),
                stage,
                path,
            });
        }
    }

    fn add_texts(&mut self) {
        let body = self.body;
        for (key, value) in body.iter().filter(|(key, _)| !["stages", "description"].contains(&key.as_str())) {
            self.walk(value, &mut vec![Part::Key(key)], None);
        }
        for at in 0..self.stages.len() {
            let Some(stage) = self.stages.get(at) else { continue };
            let (index, object) = (stage.at, stage.object);
            for (key, value) in object {
                self.walk(value, &mut vec![Part::Key("stages"), Part::Index(index), Part::Key(key)], Some(at));
            }
        }
    }

    fn walk(&mut self, value: &'p Json, parts: &mut Vec<Part<'p>>, stage: Option<usize>) {
        match value {
            Json::String(text) => self.add_text(text, parts, stage),
            Json::Array(items) => with_stack(|| {
                for (at, item) in items.iter().enumerate() {
                    parts.push(Part::Index(at));
                    self.walk(item, parts, stage);
                    parts.pop();
                }
            }),
            Json::Object(object) => with_stack(|| {
                for (key, item) in object {
                    parts.push(Part::Key(key));
                    if key.contains("${") {
                        self.add_text(key, parts, stage);
                    }
                    self.walk(item, parts, stage);
                    parts.pop();
                }
            }),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    fn add_text(&mut self, text: &'p str, parts: &[Part<'p>], stage: Option<usize>) {
        let is_manifest = matches!(parts, [_, _, Part::Key(key), ..] if stage.is_some() && MANIFESTS.contains(key));
        if !is_manifest && ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            self.jinja.push((Path::from(parts), text));
        }
        let is_expression = match parts.first() {
            Some(Part::Key(key)) => EVALUATED.contains(key),
            _ => false,
        };
        if !is_expression {
            return;
        }
        let is_whole = is_condition(parts) && !has_expression(text) && !text.trim().is_empty();
        if !is_whole && !has_expression(text) {
            return;
        }
        let (expressions, fault) = if is_whole { (vec![text], None) } else { spel::expressions(text) };
        let is_kept = |stage: usize| {
            let stage = self.stages.get(stage).map(|stage| stage.object);
            stage.and_then(|stage| stage.get("skipExpressionEvaluation")).and_then(Json::as_bool) == Some(true)
        };
        let is_evaluated = !(is_manifest && stage.is_some_and(is_kept));
        let uses = expressions.iter().map(|expression| spel::uses(expression)).collect();
        self.texts.push(Text {
            whole: text,
            path: Path::from(parts),
            stage,
            is_manifest,
            is_evaluated,
            expressions,
            fault,
            uses,
        });
    }

    /// The uses of all expressions that Orca evaluates.
    pub(super) fn uses(&self) -> impl Iterator<Item = &Uses> {
        self.texts.iter().filter(|text| text.is_evaluated).flat_map(|text| &text.uses)
    }

    /// The stages that end before a stage begins.
    pub(super) fn before(&self, stage: usize) -> HashSet<usize> {
        let mut seen = HashSet::new();
        let mut next = vec![stage];
        while let Some(at) = next.pop() {
            for requisite in self.stages.get(at).map(|stage| stage.requisites.as_slice()).unwrap_or_default() {
                if seen.insert(*requisite) {
                    next.push(*requisite);
                }
            }
        }
        seen
    }

    /// Whether stages or parameters may come from a template of Spinnaker.
    pub(super) fn is_instance(&self) -> bool {
        self.body.get("template").is_some_and(|template| *template != Json::Null)
            || self.body.get("config").is_some_and(|config| *config != Json::Null)
    }
}

/// Whether a text is an expression without `${`: Orca adds it.
fn is_condition(parts: &[Part<'_>]) -> bool {
    matches!(
        parts,
        [_, _, Part::Key("stageEnabled"), Part::Key("expression")]
            | [_, _, Part::Key("preconditions"), Part::Index(_), Part::Key("context"), Part::Key("expression")]
    )
}

/// A refId as text.
pub(super) fn scalar(value: &Json) -> Cow<'_, str> {
    match value {
        Json::String(text) => Cow::Borrowed(text),
        Json::Number(number) => Cow::Borrowed(number.text()),
        _ => Cow::Borrowed(""),
    }
}

/// Ways that lead back to their first node. `next` has the nodes that a node leads to.
/// There may be more cycles than are told: some appear only when others are broken, and the number is limited.
pub(super) fn cycles(next: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: u8 = 0;
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    const MOST: usize = 16;
    // where a node stands on the way
    let mut place = vec![0; next.len()];
    let mut state = vec![NEW; next.len()];
    let mut found = Vec::new();
    for start in 0..next.len() {
        if state.get(start) != Some(&NEW) {
            continue;
        }
        // the way from the start, each node with the number of its neighbours that were seen
        let mut way = vec![(start, 0)];
        set(&mut state, start, OPEN);
        while let Some((node, seen)) = way.last_mut() {
            let node = *node;
            let Some(to) = next.get(node).and_then(|to| to.get(*seen)).copied() else {
                set(&mut state, node, DONE);
                way.pop();
                continue;
            };
            *seen += 1;
            match state.get(to) {
                Some(&NEW) => {
                    set(&mut state, to, OPEN);
                    set(&mut place, to, way.len());
                    way.push((to, 0));
                }
                Some(&OPEN) if found.len() < MOST => {
                    let from = place.get(to).copied().unwrap_or_default();
                    found.push(way.iter().skip(from).map(|(node, _)| *node).collect());
                }
                _ => {}
            }
        }
    }
    found
}

fn set<T>(list: &mut [T], at: usize, to: T) {
    if let Some(item) = list.get_mut(at) {
        *item = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_found_once() {
        for (next, want) in [
            (vec![vec![1], vec![2], vec![]], vec![]),
            (vec![vec![0]], vec![vec![0]]),
            (vec![vec![1], vec![2], vec![1]], vec![vec![1, 2]]),
            (vec![vec![1, 2], vec![3], vec![3], vec![]], vec![]),
            (vec![vec![1], vec![0], vec![3], vec![2]], vec![vec![0, 1], vec![2, 3]]),
        ] {
            assert_eq!(cycles(&next), want, "{next:?}");
        }
    }
}
