//! A field of an object together with the way to it: rules read fields through it and report what is wrong with them.

use std::borrow::Cow;

use super::objects::Object;
use super::path;
use super::rule::RuleFindings;
use crate::yaml::{Data, Node};

/// A field. It knows the field that contains it, so a path is only written for a finding.
#[derive(Clone, Copy)]
pub(super) struct Field<'f> {
    pub(super) node: &'f Node,
    up: Option<&'f Field<'f>>,
    key: &'f str,
    at: Option<usize>,
}

/// Reports on the fields of one object.
pub(super) struct Report<'f, 'r> {
    pub(super) object: &'f Object,
    found: &'f mut RuleFindings<'r>,
}

impl<'f> Field<'f> {
    /// The object itself.
    pub(super) fn root(object: &'f Object) -> Field<'f> {
        Field { node: &object.node, up: None, key: "", at: None }
    }

    /// The field that it contains under a key.
    pub(super) fn child(&'f self, key: &'f str, node: &'f Node) -> Field<'f> {
        Field { node, up: Some(self), key, at: None }
    }

    /// An item of this list.
    pub(super) fn item(&self, at: usize, node: &'f Node) -> Field<'f> {
        Field { node, up: self.up, key: self.key, at: Some(at) }
    }

    /// The field under a key. The API server reads null as if the field were missing.
    pub(super) fn get(&'f self, key: &'f str) -> Option<Field<'f>> {
        let node = self.node.get(key)?;
        (node.data != Data::Null).then(|| self.child(key, node))
    }

    /// The field at the end of a chain of keys, handed to `look`.
    pub(super) fn within<R>(&self, keys: &[&str], look: &mut dyn FnMut(&Field<'_>) -> R) -> Option<R> {
        match keys.split_first() {
            None => Some(look(self)),
            Some((first, rest)) => self.get(first)?.within(rest, look),
        }
    }

    /// The list under a key.
    pub(super) fn list(&self, key: &str) -> Option<&'f [Node]> {
        self.node.get(key)?.as_list()
    }

    /// The items of the list under a key.
    pub(super) fn each(&'f self, key: &'f str) -> impl Iterator<Item = Field<'f>> {
        let items = self.list(key).unwrap_or_default();
        items.iter().enumerate().map(move |(at, node)| Field { node, up: Some(self), key, at: Some(at) })
    }

    /// The entries of this map whose keys are valid text.
    pub(super) fn entries(&'f self) -> impl Iterator<Item = Field<'f>> {
        let entries = self.node.as_map().into_iter().flatten();
        entries.filter_map(|(key, node)| Some(self.child(key.to_str()?, node)))
    }

    /// The name of an entry of a map.
    pub(super) fn key(&self) -> &'f str {
        self.key
    }

    /// Whether there is something under a key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some_and(|node| node.data != Data::Null)
    }

    /// The text under a key. The API server reads an empty text as if the field were missing.
    pub(super) fn text(&self, key: &str) -> Option<&'f str> {
        self.node.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The whole number under a key.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        super::objects::integer(self.node.get(key))
    }

    /// The truth value under a key.
    pub(super) fn switch(&self, key: &str) -> Option<bool> {
        self.node.get(key)?.as_bool()
    }

    /// Whether the field under a key is true.
    pub(super) fn is_true(&self, key: &str) -> bool {
        self.switch(key) == Some(true)
    }

    /// The path of the field.
    pub(super) fn path(&self) -> String {
        let mut path = self.up.map(Field::path).unwrap_or_default();
        if !self.key.is_empty() {
            path = path::key(&path, self.key);
        }
        match self.at {
            Some(at) => path::index(&path, at),
            None => path,
        }
    }

    /// The steps to the field as values have them: an item of a list by its name.
    pub(super) fn steps(&self) -> Vec<String> {
        let mut steps = self.up.map(Field::steps).unwrap_or_default();
        if !self.key.is_empty() {
            steps.push(self.key.to_owned());
        }
        if let Some(at) = self.at {
            steps.push(self.text("name").map_or_else(|| at.to_string(), str::to_owned));
        }
        steps
    }
}

impl<'f, 'r> Report<'f, 'r> {
    pub(super) fn new(object: &'f Object, found: &'f mut RuleFindings<'r>) -> Self {
        Report { object, found }
    }

    /// Reports a fault of a field, or of what is missing under the key `below`, and how to mend it.
    pub(super) fn say(
        &mut self,
        field: &Field<'_>,
        below: &str,
        message: impl Into<String>,
        fix: impl Into<Cow<'static, str>>,
    ) {
        let (mut place, mut steps) = (field.path(), field.steps());
        if !below.is_empty() {
            place = path::key(&place, below);
            steps.push(below.to_owned());
        }
        if self.object.group.ends_with(".istio.io") {
            let text = if below.is_empty() { field.node.as_str() } else { field.text(below) };
            let mut note = self.found.on(self.object, place, message);
            for (start, needle) in istio_ways(&steps, text) {
                note = note.values_text(&start, needle);
            }
            note.values_text(&["extraObjects"], &self.object.name).values(&["istio"]).fix(fix);
            return;
        }
        let ways = ways(self.object, &steps);
        let mut note = self.found.on(self.object, place, message);
        // the whole path first; a key below its start finds what the chart calls or nests otherwise
        let last = steps.iter().rev().find(|step| !step.bytes().all(|b| b.is_ascii_digit()));
        for way in &ways {
            let way: Vec<&str> = way.iter().map(String::as_str).collect();
            if let (Some((_, above)), Some(last)) = (way.split_last(), last)
                && let Some(start) = above.get(..above.len().min(2))
                && !start.is_empty()
            {
                note = note.values_text(start, last);
            }
        }
        for way in &ways {
            note = note.values(&way.iter().map(String::as_str).collect::<Vec<_>>());
        }
        note.values_text(&["extraObjects"], &self.object.name).fix(fix);
    }
}

/// The keys and texts below `istio` in the values that may have brought a field of an Istio object, the likeliest first.
fn istio_ways<'s>(steps: &'s [String], text: Option<&'s str>) -> Vec<(Vec<&'s str>, &'s str)> {
    let named: Vec<&str> =
        steps.iter().map(String::as_str).filter(|step| !step.bytes().all(|b| b.is_ascii_digit())).collect();
    let mut found = Vec::new();
    if let [.., above, last] = named.as_slice() {
        found.push((vec!["istio", *above], *last));
    }
    found.extend(text.filter(|text| !text.is_empty()).map(|text| (vec!["istio"], text)));
    found.extend(named.last().map(|last| (vec!["istio"], *last)));
    found
}

/// The paths in the values that may have brought a field of an object, the likeliest first.
fn ways(object: &Object, steps: &[String]) -> Vec<Vec<String>> {
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let with =
        |start: &[&str], rest: &[&str]| start.iter().chain(rest).map(|step| (*step).to_owned()).collect::<Vec<_>>();
    let own = match object.kind.as_str() {
        "CronJob" => steps.strip_prefix(&["spec", "jobTemplate", "spec", "template"]),
        "Pod" => Some(steps.as_slice()),
        _ => steps.strip_prefix(&["spec", "template"]),
    };
    let starts: &[&[&str]] = match object.kind.as_str() {
        "Service" => &[&["service", "spec"], &["service"]],
        "HorizontalPodAutoscaler" => &[&["autoscaling", "spec"], &["autoscaling"]],
        "PodDisruptionBudget" => &[&["disruptionBudget"], &["pdb"]],
        "ConfigMap" => &[&["configMaps"]],
        "Secret" => &[&["secrets"]],
        "Job" => &[&["job"], &[]],
        "CronJob" => &[&["cron"], &["job"], &[]],
        _ => &[&[]],
    };
    match (own, steps.as_slice()) {
        (Some(["spec", list @ ("containers" | "initContainers"), name, rest @ ..]), _) => {
            let mut found = Vec::new();
            if *list == "containers" {
                found.extend([with(&["sidecars", name], rest), with(&[], rest), with(&["containerSpec"], rest)]);
            } else {
                found.extend([with(&["initContainers", name], rest), with(&["sidecars", name], rest)]);
            }
            if let [probe, more @ ..] = rest
                && let Some(name) = probe.strip_suffix("Probe")
            {
                found.extend([with(&["probes", name], more), with(&["probes"], &[])]);
            }
            found
        }
        (Some(["spec", "securityContext", rest @ ..]), _) => {
            vec![with(&["podSecurityContext"], rest), with(&["podSpec", "securityContext"], rest)]
        }
        (Some(["spec", rest @ ..]), _) => vec![with(&["podSpec"], rest), with(&[], rest)],
        (Some(["metadata", list, key, ..]), _) => {
            let pods = if *list == "labels" { "podLabels" } else { "podAnnotations" };
            vec![with(&[pods], &[key]), with(&[list], &[key])]
        }
        (_, ["metadata", list, key, ..]) => {
            vec![with(&[list], &[key]), with(starts.first().unwrap_or(&&[][..]), &[list, key])]
        }
        (_, ["spec", "jobTemplate", "spec", rest @ ..]) => vec![with(&["job"], rest), with(&[], rest)],
        (_, ["spec", rest @ ..]) => starts.iter().map(|start| with(start, rest)).chain([with(&[], rest)]).collect(),
        (_, rest) => starts.iter().map(|start| with(start, rest)).collect(),
    }
}
