//! The comparison itself: a walk over both pipelines at once.

use std::collections::{BTreeMap, BTreeSet};

use go::stack::with_stack;

use super::lists::{List, is_manifest, label, list};
use super::mask::masked;
use super::normal::normal;
use super::{Change, ChangeKind, Diff};
use crate::{Json, Object, Pipeline};

/// Compares two pipelines that exist.
pub(super) fn pipelines(old: &Pipeline, new: &Pipeline) -> Diff {
    let (old, new) = (normal(old), normal(new));
    let mut walk = Walk { names: Names::new(&old, &new), diff: Diff::default() };
    walk.renamed_artifacts();
    walk.object("", old.object(), new.object(), false);
    walk.diff
}

/// What stages and artifacts are called on both sides.
struct Names {
    /// The refIds of stages that have another one now.
    stages: BTreeMap<String, String>,
    /// The ids of artifacts that have another one now, with their display names, in the order of the pipeline.
    artifacts: Vec<(String, String, String)>,
    /// The new ids of artifacts by the old ones.
    new_ids: BTreeMap<String, String>,
    /// The display names of artifacts by id, of both sides.
    shown: BTreeMap<String, String>,
}

impl Names {
    fn new(old: &Pipeline, new: &Pipeline) -> Names {
        let stages = renames(&keyed(old.stages(), "refId", stage_key), &keyed(new.stages(), "refId", stage_key));
        let (before, after) = (artifacts(old), artifacts(new));
        let renamed = renames(&before, &after);
        let named = before.iter().filter_map(|(id, name)| Some((id.clone(), renamed.get(id)?.clone(), name.clone())));
        Names {
            stages,
            artifacts: named.collect(),
            new_ids: renamed,
            shown: before.iter().chain(&after).map(|(id, name)| (id.clone(), name.clone())).collect(),
        }
    }

    /// Whether two texts are the same, or one is the new id for the other.
    fn same(&self, key: &str, old: &str, new: &str) -> bool {
        let refers = || key == "id" || key.ends_with("Id") || key.ends_with("Ids");
        old == new || refers() && self.new_ids.get(old).is_some_and(|id| id == new)
    }
}

/// The items that have an id, with what they are recognised by when the id is another one.
fn keyed(items: &[Json], id: &str, key: impl Fn(&Json) -> Option<String>) -> Vec<(String, String)> {
    items.iter().filter_map(|item| Some((item.get(id)?.as_str()?.to_owned(), key(item)?))).collect()
}

fn stage_key(stage: &Json) -> Option<String> {
    let text = |key: &str| stage.get(key).and_then(Json::as_str);
    Some(format!("{} {}", text("type")?, text("name")?))
}

/// The artifacts of a pipeline and of its stages: id and display name.
fn artifacts(pipeline: &Pipeline) -> Vec<(String, String)> {
    let name = |artifact: &Json| artifact.get("displayName").and_then(Json::as_str).map(str::to_owned);
    let of = |value: Option<&Json>| keyed(value.map(Json::items).unwrap_or_default(), "id", name);
    let own = of(pipeline.get("expectedArtifacts"));
    own.into_iter().chain(pipeline.stages().iter().flat_map(|stage| of(stage.get("expectedArtifacts")))).collect()
}

/// The ids that are on one side only, paired by what their items are recognised by.
fn renames(old: &[(String, String)], new: &[(String, String)]) -> BTreeMap<String, String> {
    let ids = |items: &[(String, String)]| items.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>();
    let (before, after) = (ids(old), ids(new));
    let mut free: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, key) in new.iter().rev().filter(|(id, _)| !before.contains(id)) {
        free.entry(key).or_default().push(id);
    }
    let mut found = BTreeMap::new();
    for (id, key) in old.iter().filter(|(id, _)| !after.contains(id)) {
        if let Some(other) = free.get_mut(key.as_str()).and_then(Vec::pop) {
            found.insert(id.clone(), other.to_owned());
        }
    }
    found
}

struct Walk {
    names: Names,
    diff: Diff,
}

impl Walk {
    fn say(&mut self, kind: ChangeKind, path: &str, key: &str, old: Option<&Json>, new: Option<&Json>) {
        let value = |value: &Json| masked(key, value);
        self.diff.changes.push(Change { kind, path: path.to_owned(), old: old.map(value), new: new.map(value) });
    }

    fn renamed_artifacts(&mut self) {
        for (old, new, name) in std::mem::take(&mut self.names.artifacts) {
            let path = format!("expectedArtifacts[displayName={name}].id");
            self.say(ChangeKind::Renamed, &path, "id", Some(&old.into()), Some(&new.into()));
        }
    }

    fn object(&mut self, path: &str, old: &Object, new: &Object, in_manifest: bool) {
        for (key, value) in old {
            let path = join(path, key);
            match new.get(key) {
                Some(other) => self.value(&path, key, value, other, in_manifest),
                None if has_items(key, value, in_manifest) => self.value(&path, key, value, &EMPTY, in_manifest),
                None => self.say(ChangeKind::Removed, &path, key, Some(value), None),
            }
        }
        for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            let path = join(path, key);
            if has_items(key, value, in_manifest) {
                self.value(&path, key, &EMPTY, value, in_manifest);
            } else {
                self.say(ChangeKind::Added, &path, key, None, Some(value));
            }
        }
    }

    fn value(&mut self, path: &str, key: &str, old: &Json, new: &Json, in_manifest: bool) {
        if old == new {
            return;
        }
        match (old, new) {
            (Json::Object(old), Json::Object(new)) => {
                let in_manifest = in_manifest || is_manifest(key);
                with_stack(|| self.object(path, old, new, in_manifest));
            }
            (Json::Array(old), Json::Array(new)) => with_stack(|| self.list(path, key, old, new, in_manifest)),
            (Json::String(one), Json::String(other)) if self.names.same(key, one, other) => {}
            _ => {
                let kind = if is_other_type(old, new) { ChangeKind::Type } else { ChangeKind::Changed };
                self.say(kind, path, key, Some(old), Some(new));
            }
        }
    }

    fn list(&mut self, path: &str, key: &str, old: &[Json], new: &[Json], in_manifest: bool) {
        match list(key, in_manifest) {
            List::Set => self.set(path, key, old, new),
            List::Objects => self.objects(path, key, old, new),
            List::Plain => self.plain(path, key, old, new, in_manifest),
            named => {
                let (before, after) = (labels(old, named, self), labels(new, named, self));
                match (before, after) {
                    (Some(before), Some(after)) => self.named(path, key, &before, &after, named, in_manifest),
                    _ => self.plain(path, key, old, new, in_manifest),
                }
            }
        }
    }

    /// Texts whose order means nothing.
    fn set(&mut self, path: &str, key: &str, old: &[Json], new: &[Json]) {
        let follow = |text: &str| {
            let names = if key == "requisiteStageRefIds" { &self.names.stages } else { &self.names.new_ids };
            names.get(text).cloned().unwrap_or_else(|| text.to_owned())
        };
        let texts = |items: &[Json], follow: &dyn Fn(&str) -> String| -> BTreeSet<String> {
            items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), follow)).collect()
        };
        if texts(old, &follow) != texts(new, &str::to_owned) {
            self.say(
                ChangeKind::Changed,
                path,
                key,
                Some(&Json::Array(old.to_vec())),
                Some(&Json::Array(new.to_vec())),
            );
        }
    }

    /// Items that are found by their names.
    fn named(
        &mut self,
        path: &str,
        key: &str,
        old: &[(Name, &Json)],
        new: &[(Name, &Json)],
        kind: List,
        in_manifest: bool,
    ) {
        let after: BTreeMap<&str, &(Name, &Json)> = new.iter().map(|item| (item.0.found_by.as_str(), item)).collect();
        let before: BTreeSet<&str> = old.iter().map(|(name, _)| name.follows.as_str()).collect();
        let in_manifest = in_manifest || is_manifest(key);
        for (name, item) in old {
            let Some((other_name, other)) = after.get(name.follows.as_str()) else {
                let path = format!("{path}[{}]", name.shown);
                self.say(ChangeKind::Removed, &path, key, Some(&alone(key, item)), None);
                continue;
            };
            let path = format!("{path}[{}]", other_name.shown);
            if key == "stages" && name.found_by != other_name.found_by {
                self.renamed_stage(&format!("stages[{}]", name.shown), item, other);
            }
            match (item, other) {
                (Json::Object(old), Json::Object(new)) => {
                    // the id was told already, or is the name
                    let hidden: &[&str] = match key {
                        "stages" => &["refId"],
                        "expectedArtifacts" if name.found_by != other_name.found_by => &["id"],
                        _ => &[],
                    };
                    let without = |object: &Object| -> Object {
                        let kept = object.iter().filter(|(key, _)| !hidden.contains(&key.as_str()));
                        kept.map(|(key, value)| (key.clone(), value.clone())).collect()
                    };
                    if hidden.is_empty() {
                        self.object(&path, old, new, in_manifest);
                    } else {
                        self.object(&path, &without(old), &without(new), in_manifest);
                    }
                }
                _ => self.value(&path, key, item, other, in_manifest),
            }
        }
        for (name, item) in new.iter().filter(|(name, _)| !before.contains(name.found_by.as_str())) {
            self.say(ChangeKind::Added, &format!("{path}[{}]", name.shown), key, None, Some(&alone(key, item)));
        }
        self.order(path, key, old, new, kind);
    }

    /// The order of the items that both sides have.
    fn order(&mut self, path: &str, key: &str, old: &[(Name, &Json)], new: &[(Name, &Json)], kind: List) {
        let after: BTreeSet<&str> = new.iter().map(|(name, _)| name.found_by.as_str()).collect();
        let before: BTreeSet<&str> = old.iter().map(|(name, _)| name.follows.as_str()).collect();
        let first: Vec<&str> =
            old.iter().map(|(name, _)| name.follows.as_str()).filter(|n| after.contains(n)).collect();
        let then: Vec<&str> =
            new.iter().map(|(name, _)| name.found_by.as_str()).filter(|n| before.contains(n)).collect();
        if first == then {
            return;
        }
        if matches!(kind, List::Ordered(_)) {
            let values = |names: &[&str]| names.iter().map(|name| Json::from(*name)).collect::<Json>();
            self.say(ChangeKind::Moved, path, key, Some(&values(&first)), Some(&values(&then)));
        } else {
            self.diff.notes.push(format!("{path}: the order differs, which means nothing"));
        }
    }

    fn renamed_stage(&mut self, path: &str, old: &Json, new: &Json) {
        self.say(ChangeKind::Renamed, &format!("{path}.refId"), "refId", old.get("refId"), new.get("refId"));
        if let Some(id) = old.get("refId").and_then(Json::as_str) {
            self.diff.notes.push(format!("{path}: an expression with stageByRefId({id:?}) finds it no more"));
        }
    }

    /// Objects that are told apart by all that they say: triggers, notifications.
    fn objects(&mut self, path: &str, key: &str, old: &[Json], new: &[Json]) {
        let mut left: Vec<(usize, &Json)> = old.iter().enumerate().collect();
        let mut fresh: Vec<(usize, &Json)> = Vec::new();
        for (at, item) in new.iter().enumerate() {
            match left.iter().position(|(_, other)| self.same_trigger(other, item)) {
                Some(found) => {
                    left.remove(found);
                }
                None => fresh.push((at, item)),
            }
        }
        for (at, item) in fresh {
            let near = left.iter().enumerate().max_by_key(|(_, (_, other))| likeness(other, item));
            let near = near.filter(|(_, (_, other))| likeness(other, item) > 0).map(|(found, _)| found);
            let Some((_, other)) = near.map(|found| left.remove(found)) else {
                self.say(ChangeKind::Added, &format!("{path}[{at}]"), key, None, Some(item));
                continue;
            };
            let same_type = new.iter().filter(|one| one.get("type") == item.get("type")).count();
            let name = label(item, List::Objects).filter(|_| same_type == 1).unwrap_or_else(|| at.to_string());
            if let (Json::Object(old), Json::Object(new)) = (other, item) {
                let mut old = old.clone();
                if is_cron_without_id(new) {
                    old.shift_remove("id");
                }
                self.object(&format!("{path}[{name}]"), &old, new, false);
            }
        }
        for (at, item) in left {
            self.say(ChangeKind::Removed, &format!("{path}[{at}]"), key, Some(item), None);
        }
    }

    fn same_trigger(&self, old: &Json, new: &Json) -> bool {
        let (Json::Object(old), Json::Object(new)) = (old, new) else { return old == new };
        let mut walk =
            Walk { names: Names { new_ids: self.names.new_ids.clone(), ..Names::none() }, diff: Diff::default() };
        let mut old = old.clone();
        if is_cron_without_id(new) {
            old.shift_remove("id");
        }
        walk.object("", &old, new, false);
        walk.diff.is_empty()
    }

    /// A list whose order counts.
    fn plain(&mut self, path: &str, key: &str, old: &[Json], new: &[Json], in_manifest: bool) {
        let same = |walk: &Walk, one: &Json, other: &Json| walk.is_same(key, one, other, in_manifest);
        if old.len() == new.len() && old.len() > 1 {
            let mut rest: Vec<&Json> = new.iter().collect();
            let all = old.iter().all(|item| match rest.iter().position(|other| same(self, item, other)) {
                Some(at) => {
                    rest.remove(at);
                    true
                }
                None => false,
            });
            if all {
                let is_moved = old.iter().zip(new).any(|(one, other)| !same(self, one, other));
                if is_moved {
                    let values = |items: &[Json]| items.iter().map(|item| self.title(item)).collect::<Json>();
                    let (old, new) = (values(old), values(new));
                    self.say(ChangeKind::Moved, path, key, Some(&old), Some(&new));
                }
                return;
            }
        }
        // what is the same at both ends stays
        let start = old.iter().zip(new).take_while(|(one, other)| same(self, one, other)).count();
        let (old, new) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
        let pairs = old.iter().rev().zip(new.iter().rev());
        let end =
            if old.len() == new.len() { 0 } else { pairs.take_while(|(one, other)| same(self, one, other)).count() };
        let (old, new) =
            (old.get(..old.len() - end).unwrap_or_default(), new.get(..new.len() - end).unwrap_or_default());
        let place = |at: usize, item: &Json| {
            let name = label(item, List::Plain).filter(|_| !in_manifest);
            format!("{path}[{}]", name.unwrap_or_else(|| (start + at).to_string()))
        };
        for (at, (one, other)) in old.iter().zip(new).enumerate() {
            self.value(&place(at, other), key, one, other, in_manifest || is_manifest(key));
        }
        for (at, item) in old.iter().enumerate().skip(new.len()) {
            self.say(ChangeKind::Removed, &place(at, item), key, Some(item), None);
        }
        for (at, item) in new.iter().enumerate().skip(old.len()) {
            self.say(ChangeKind::Added, &place(at, item), key, None, Some(item));
        }
    }

    fn is_same(&self, key: &str, old: &Json, new: &Json, in_manifest: bool) -> bool {
        if old == new {
            return true;
        }
        if matches!((old, new), (Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null, _)) {
            return matches!((old, new), (Json::String(one), Json::String(other)) if self.names.same(key, one, other));
        }
        let names = Names { new_ids: self.names.new_ids.clone(), stages: self.names.stages.clone(), ..Names::none() };
        let mut walk = Walk { names, diff: Diff::default() };
        walk.value("", key, old, new, in_manifest);
        walk.diff.is_empty()
    }

    /// What a moved item is called: an artifact by its display name.
    fn title(&self, item: &Json) -> Json {
        let text = |key: &str| item.get(key).and_then(Json::as_str);
        match text("id") {
            Some(id) => Json::from(self.names.shown.get(id).map_or(id, String::as_str)),
            None => text("name").or_else(|| text("account")).map_or_else(|| item.clone(), Json::from),
        }
    }
}

impl Names {
    fn none() -> Names {
        let (stages, new_ids, shown) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Names { stages, artifacts: Vec::new(), new_ids, shown }
    }
}

/// The name of an item of a list.
struct Name {
    /// What its own side calls it.
    found_by: String,
    /// What the new side calls it: another id where it is renamed.
    follows: String,
    /// What people read: `refId=1`.
    shown: String,
}

/// The names of the items; none if some item has none, or two have the same.
fn labels<'j>(items: &'j [Json], kind: List, walk: &Walk) -> Option<Vec<(Name, &'j Json)>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for item in items {
        let shown = label(item, kind)?;
        let text = |key: &str| item.get(key).and_then(Json::as_str);
        let (found_by, follows) = match kind {
            List::Named(["refId"]) => {
                let id = text("refId").map_or_else(|| shown.clone(), str::to_owned);
                (id.clone(), walk.names.stages.get(&id).cloned().unwrap_or(id))
            }
            List::Named(["id", ..]) => {
                let id = text("id").or_else(|| text("displayName"))?.to_owned();
                (id.clone(), walk.names.new_ids.get(&id).cloned().unwrap_or(id))
            }
            _ => (shown.clone(), shown.clone()),
        };
        if !seen.insert(found_by.clone()) {
            return None;
        }
        found.push((Name { found_by, follows, shown }, item));
    }
    Some(found)
}

const EMPTY: Json = Json::Array(Vec::new());

/// Whether a value is a list whose items come and go one by one; without the list there are none.
fn has_items(key: &str, value: &Json, in_manifest: bool) -> bool {
    value.as_array().is_some() && !in_manifest && list(key, false) != List::Plain
}

/// An item that is added or removed, without what its place says already.
fn alone(key: &str, item: &Json) -> Json {
    match item {
        Json::Object(object) if key == "stages" => {
            let kept = object.iter().filter(|(key, _)| !matches!(key.as_str(), "refId" | "requisiteStageRefIds"));
            Json::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}

/// How many fields two objects of the same type have in common; 0 if they are too different to be one that was changed.
fn likeness(old: &Json, new: &Json) -> usize {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return 0 };
    if old.get("type") != new.get("type") {
        return 0;
    }
    let same = old.iter().filter(|(key, value)| new.get(*key) == Some(value)).count();
    if same * 2 >= old.len().max(new.len()) { same } else { 0 }
}

fn is_cron_without_id(trigger: &Object) -> bool {
    trigger.get("type").and_then(Json::as_str) == Some("cron") && !trigger.contains_key("id")
}

/// `"3"` and `3`, `"true"` and `true`.
fn is_other_type(old: &Json, new: &Json) -> bool {
    match (old, new) {
        (Json::String(text), other @ (Json::Number(_) | Json::Bool(_)))
        | (other @ (Json::Number(_) | Json::Bool(_)), Json::String(text)) => other.to_string() == *text,
        _ => false,
    }
}

fn join(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (path.is_empty(), plain) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{key:?}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> Diff {
        let read = |text: &str| Pipeline::read(text.as_bytes()).unwrap();
        Diff::of(Some(&read(old)), Some(&read(new)))
    }

    #[test]
    fn rows() {
        let stage = |more: &str| format!(r#"{{"stages":[{{"refId":"1","type":"wait","name":"W"{more}}}]}}"#);
        for (old, new, want) in [
            (stage(""), stage(""), &[][..]),
            (stage(r#","waitTime":30"#), stage(r#","waitTime":30.0"#), &[]),
            (stage(r#","waitTime":30"#), stage(r#","waitTime":"30""#), &["stages[refId=1].waitTime: the number 30 is now the string 30"]),
            (stage(r#","a":{"b.c":1}"#), stage(""), &[r#"stages[refId=1].a: removed {"b.c":1}"#]),
            (stage(r#","a":{"b.c":1}"#), stage(r#","a":{"b.c":2}"#), &[r#"stages[refId=1].a["b.c"]: 1 -> 2"#]),
            (r#"{"index":3}"#.to_owned(), r#"{"index":4}"#.to_owned(), &[]),
            (
                r#"{"stages":[{"refId":"1","type":"wait","name":"A"},{"refId":"2","requisiteStageRefIds":["1"],"type":"wait","name":"B"}]}"#.to_owned(),
                r#"{"stages":[{"refId":"b","requisiteStageRefIds":["a"],"type":"wait","name":"B"},{"refId":"a","type":"wait","name":"A"}]}"#.to_owned(),
                &["stages[refId=1].refId: renamed 1 -> a", "stages[refId=2].refId: renamed 2 -> b"],
            ),
            (
                r#"{"parameterConfig":[{"name":"a"},{"name":"b"}]}"#.to_owned(),
                r#"{"parameterConfig":[{"name":"b"},{"name":"a","default":"1"}]}"#.to_owned(),
                &["parameterConfig[name=a].default: added 1", r#"parameterConfig: moved ["name=a","name=b"] -> ["name=b","name=a"]"#],
            ),
            (
                r#"{"triggers":[{"type":"cron","id":"x","cronExpression":"0 0 * * * ?"},{"type":"git","branch":"a","slug":"s"}]}"#.to_owned(),
                r#"{"triggers":[{"type":"git","branch":"b","slug":"s"},{"type":"cron","cronExpression":"0 0 * * * ?"}]}"#.to_owned(),
                &["triggers[type=git].branch: a -> b"],
            ),
            (
                r#"{"triggers":[{"type":"git","secret":"a"}]}"#.to_owned(),
                r#"{"triggers":[{"type":"git","secret":"b"}]}"#.to_owned(),
                &["triggers[type=git].secret: <masked> -> <masked>"],
            ),
            (
                r#"{"stages":[{"refId":"1","manifests":[{"kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"name":"x","port":1},{"name":"y","port":2}]}}]}]}"#.to_owned(),
                r#"{"stages":[{"refId":"1","manifests":[{"kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"name":"y","port":2},{"name":"x","port":3}]}}]}]}"#.to_owned(),
                &["stages[refId=1].manifests[kind=Service,name=a].spec.ports[name=x].port: 1 -> 3"],
            ),
            (r#"{"a":""}"#.to_owned(), r#"{"a":"b"}"#.to_owned(), &[r#"a: "" -> b"#]),
            (r#"{"stages":[]}"#.to_owned(), "{}".to_owned(), &[]),
            (
                "{}".to_owned(),
                r#"{"notifications":[{"type":"slack"}],"stages":[{"refId":"1","requisiteStageRefIds":[],"type":"wait"}]}"#.to_owned(),
                &[r#"notifications[0]: added {"type":"slack"}"#, r#"stages[refId=1]: added {"type":"wait"}"#],
            ),
            (r#"{"a":[1,2,3]}"#.to_owned(), r#"{"a":[1,3]}"#.to_owned(), &["a[1]: removed 2"]),
            (r#"{"a":[1,2,3]}"#.to_owned(), r#"{"a":[3,1,2]}"#.to_owned(), &["a: moved [1,2,3] -> [3,1,2]"]),
        ] {
            let found: Vec<String> = diff(&old, &new).changes.iter().map(ToString::to_string).collect();
            assert_eq!(found, want, "{old} {new}");
        }
    }
}
