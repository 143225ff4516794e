//! Rules for what the API server refuses although the types are right. Kubernetes: `pkg/apis/*/validation`.

pub(super) mod annotation;
pub(super) mod autoscaler;
pub(super) mod budget;
pub(super) mod config_data;
pub(super) mod container;
pub(super) mod env_source;
pub(super) mod ingress;
pub(super) mod job;
pub(super) mod kind;
pub(super) mod label;
pub(super) mod name;
pub(super) mod network_policy;
pub(super) mod pod_spec;
pub(super) mod probe;
pub(super) mod rbac;
pub(super) mod resources;
pub(super) mod scheduling;
pub(super) mod schema;
pub(super) mod security;
pub(super) mod service;
pub(super) mod storage;
pub(super) mod volume;
pub(super) mod workload;

use crate::lint::field::{Field, Report};
use crate::lint::objects::{Object, Release, scalar};
use crate::lint::rule::RuleFindings;
use crate::yaml::Node;

/// What a name that is a DNS label is made of.
const DNS_LABEL: &str = "a name of at most 63 lower-case letters, digits and hyphens";

/// The lists of containers in the spec of a pod.
const CONTAINERS: [&str; 2] = ["initContainers", "containers"];

/// Hands the object itself, with a report, to `look`.
fn objects(
    release: &Release,
    group: &'static str,
    kind: &'static str,
    found: &mut RuleFindings<'_>,
    mut look: impl FnMut(&Field<'_>, &mut Report<'_, '_>),
) {
    for object in release.of(group, kind) {
        look(&Field::root(object), &mut Report::new(object, found));
    }
}

/// Hands a map of the metadata of an object, and of the pods that it creates, to `look`.
fn metadata(object: &Object, map: &str, look: &mut dyn FnMut(&Field<'_>)) {
    let root = Field::root(object);
    root.within(&["metadata", map], look);
    if let Some((_, way)) = object.template().filter(|(_, way)| !way.is_empty()) {
        root.within(way, &mut |template| template.within(&["metadata", map], look));
    }
}

/// Hands the template of the pods of every object to `look`.
fn templates(release: &Release, found: &mut RuleFindings<'_>, mut look: impl FnMut(&Field<'_>, &mut Report<'_, '_>)) {
    for object in &release.objects {
        let Some((_, way)) = object.template() else { continue };
        let mut report = Report::new(object, found);
        Field::root(object).within(way, &mut |template| look(template, &mut report));
    }
}

/// Hands the spec of the pods of every object to `look`.
fn pods(release: &Release, found: &mut RuleFindings<'_>, mut look: impl FnMut(&Field<'_>, &mut Report<'_, '_>)) {
    templates(release, found, |template, report| {
        if let Some(spec) = template.get("spec") {
            look(&spec, report);
        }
    });
}

/// Hands every container of every pod to `look`, with its list and the spec of the pod.
fn containers(
    release: &Release,
    found: &mut RuleFindings<'_>,
    mut look: impl FnMut(&Field<'_>, &'static str, &Field<'_>, &mut Report<'_, '_>),
) {
    pods(release, found, |spec, report| {
        for list in CONTAINERS {
            for container in spec.each(list) {
                look(&container, list, spec, report);
            }
        }
    });
}

/// Reports a number that is outside a range.
fn in_range(field: &Field<'_>, key: &str, least: i64, most: i64, report: &mut Report<'_, '_>) {
    if let Some(number) = field.number(key).filter(|number| !(least..=most).contains(number)) {
        let range = match (least, most) {
            (_, i64::MAX) => format!("at least {least}"),
            _ => format!("from {least} to {most}"),
        };
        report.say(field, key, format!("{key} is {number}, but must be {range}"), format!("write a number {range}"));
    }
}

/// Reports numbers below zero.
fn not_negative(field: &Field<'_>, keys: &[&str], report: &mut Report<'_, '_>) {
    for key in keys {
        in_range(field, key, 0, i64::MAX, report);
    }
}

/// Reports a text that does not pass a test.
fn fits(field: &Field<'_>, key: &str, test: fn(&str) -> bool, what: &str, report: &mut Report<'_, '_>) {
    if let Some(text) = field.text(key).filter(|text| !test(text)) {
        report.say(field, key, format!("{key} {text:?} is not {what}"), format!("write {what}"));
    }
}

/// Reports a text that is none of those allowed. A missing text is for other checks.
fn one_of(field: &Field<'_>, key: &str, words: &[&str], report: &mut Report<'_, '_>) {
    if let Some(text) = field.text(key).filter(|text| !words.contains(text)) {
        let fix = format!("write one of {}", words.join(", "));
        report.say(field, key, format!("{key} {text:?} does not exist"), fix);
    }
}

/// Reports the second of several keys that exclude each other. Returns how many are set.
fn at_most_one(field: &Field<'_>, keys: &[&'static str], what: &str, report: &mut Report<'_, '_>) -> usize {
    let set: Vec<&str> = keys.iter().copied().filter(|key| field.has(key)).collect();
    if let [first, second, ..] = set.as_slice() {
        report.say(field, second, format!("{what} has both {first} and {second}"), format!("keep {first} or {second}"));
    }
    set.len()
}

/// The size of an amount of pods: a number, or a percentage.
fn amount(node: &Node) -> Option<Amount> {
    match node.as_str() {
        Some(text) => Some(Amount::Percent(text.strip_suffix('%')?.parse().ok()?)),
        None => Some(Amount::Pods(crate::lint::objects::integer(Some(node))?)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Amount {
    Pods(i64),
    Percent(i64),
}

/// Reports an amount that is neither a number from 0 nor a percentage up to `most`.
fn number_or_percentage(field: &Field<'_>, key: &str, most: i64, report: &mut Report<'_, '_>) {
    let Some(value) = field.get(key) else { return };
    let fits = match amount(value.node) {
        Some(Amount::Pods(number)) => number >= 0,
        Some(Amount::Percent(number)) => (0..=most).contains(&number),
        // the type is for the check of types
        None => value.node.as_str().is_none(),
    };
    if !fits {
        let what = "a number from 0, or a percentage such as 25%";
        report.say(field, key, format!("{key} is {}, but must be {what}", scalar(value.node)), format!("write {what}"));
    }
}

/// Whether an object has one of these kinds of a group.
fn is_of(object: &Object, group: &str, kinds: &[&str]) -> bool {
    object.group == group && kinds.contains(&object.kind.as_str())
}
