//! The same change over many pipelines, shown once.

use std::collections::BTreeMap;

use go::stack::with_stack;
use indexmap::IndexMap;

use super::{Change, ChangeKind, Diff};
use crate::Json;

/// A pipeline whose difference is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// What it is called: `APPLICATION/NAME`.
    pub name: String,
    /// What is its own and stands in its values: names of variables (`service`, `stack`) with their texts.
    pub own: Vec<(String, String)>,
    /// Its difference.
    pub diff: Diff,
}

/// Changes that several pipelines have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The changes; `{service}` stands for what differs between the pipelines.
    pub changes: Vec<Change>,
    /// The pipelines, in their order.
    pub pipelines: Vec<String>,
}

/// Groups pipelines by their changes, the largest group first. Pipelines without changes are left out.
pub fn groups(subjects: &[Subject]) -> Vec<Group> {
    let mut found: IndexMap<String, (usize, Vec<usize>)> = IndexMap::new();
    for (at, subject) in subjects.iter().enumerate().filter(|(_, subject)| !subject.diff.is_empty()) {
        let key: String = subject.diff.changes.iter().map(|change| key(&common(change, &subject.own))).collect();
        found.entry(key).or_insert_with(|| (at, Vec::new())).1.push(at);
    }
    let mut made: Vec<Group> = found
        .into_values()
        .filter_map(|(first, all)| {
            let subject = subjects.get(first)?;
            let changes = match all.as_slice() {
                [_] => subject.diff.changes.clone(),
                _ => subject.diff.changes.iter().map(|change| common(change, &subject.own)).collect(),
            };
            let names = all.iter().filter_map(|at| subjects.get(*at)).map(|subject| subject.name.clone());
            Some(Group { changes, pipelines: names.collect() })
        })
        .collect();
    made.sort_by_key(|group| std::cmp::Reverse(group.pipelines.len()));
    made
}

fn key(change: &Change) -> String {
    let text = |value: &Option<Json>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} {} {} {}\n", change.kind.name(), change.path, text(&change.old), text(&change.new))
}

/// A change with variables in place of what is the pipeline's own. Ids are made of names, so that of a renamed item goes.
fn common(change: &Change, own: &[(String, String)]) -> Change {
    let mut own: Vec<&(String, String)> = own.iter().filter(|(_, text)| !text.is_empty()).collect();
    own.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    own.retain(|(name, text)| seen.insert(text, name).is_none());
    let value = |value: &Option<Json>| match change.kind {
        ChangeKind::Renamed if change.path.ends_with("].id") => Some(Json::from("{id}")),
        _ => value.as_ref().map(|value| replaced(value, &own)),
    };
    Change { kind: change.kind, path: in_text(&change.path, &own), old: value(&change.old), new: value(&change.new) }
}

fn replaced(value: &Json, own: &[&(String, String)]) -> Json {
    match value {
        Json::String(text) => Json::String(in_text(text, own)),
        Json::Array(items) => with_stack(|| items.iter().map(|item| replaced(item, own)).collect()),
        Json::Object(object) => with_stack(|| {
            Json::Object(object.iter().map(|(key, value)| (in_text(key, own), replaced(value, own))).collect())
        }),
        other => other.clone(),
    }
}

/// Replaces whole words: `web` in `web-prod`, and not in `webhook`.
fn in_text(text: &str, own: &[&(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before: Option<char> = None;
    while let Some(first) = rest.chars().next() {
        let starts = before.is_none_or(|c| !c.is_alphanumeric());
        let found = own.iter().filter(|_| starts).find_map(|(name, word)| {
            let after = rest.strip_prefix(word.as_str())?;
            after.chars().next().is_none_or(|c| !c.is_alphanumeric()).then_some((name, word, after))
        });
        if let Some((name, word, after)) = found {
            out.extend(["{", name, "}"]);
            before = word.chars().last();
            rest = after;
        } else {
            out.push(first);
            before = Some(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;

    #[test]
    fn one_change_of_many_is_shown_once() {
        let read = |text: String| Pipeline::read(text.as_bytes()).unwrap();
        let subject = |service: &str, old: &str, new: &str| {
            let pipeline = |image: &str| {
                read(format!(r#"{{"stages":[{{"refId":"bake-{service}","image":"{service}/{image}"}}]}}"#))
            };
            Subject {
                name: format!("{service}/deploy"),
                own: vec![("service".to_owned(), service.to_owned())],
                diff: Diff::of(Some(&pipeline(old)), Some(&pipeline(new))),
            }
        };
        let all =
            [subject("web", "a", "c"), subject("api", "a", "b"), subject("db", "a", "a"), subject("cart", "a", "b")];
        let found = groups(&all);
        let names: Vec<&[String]> = found.iter().map(|group| group.pipelines.as_slice()).collect();
        assert_eq!(names, [&["api/deploy".to_owned(), "cart/deploy".to_owned()][..], &["web/deploy".to_owned()][..]]);
        let text = |at: usize| found[at].changes[0].to_string();
        assert_eq!(text(0), "stages[refId=bake-{service}].image: {service}/a -> {service}/b");
        assert_eq!(text(1), "stages[refId=bake-web].image: web/a -> web/c");
    }

    #[test]
    fn only_whole_words_are_replaced() {
        let own = [&("service".to_owned(), "web".to_owned())];
        assert_eq!(in_text("web-prod webhook cobweb /web/", &own), "{service}-prod webhook cobweb /{service}/");
    }
}
