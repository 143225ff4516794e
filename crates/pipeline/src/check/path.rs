//! Paths of values in a pipeline.

use std::fmt::Write as _;

use crate::json::{Json, Object};

/// A step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The key of a map.
    Key(String),
    /// The index of a list.
    Index(usize),
}

/// The path of a value: keys and indexes from the pipeline on. The empty path is the pipeline itself.
///
/// A path may end at a key that is not there: the finding is then that it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Step>);

/// A step of a walk through a pipeline, which borrows its keys.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'p> {
    Key(&'p str),
    Index(usize),
}

/// A [`Path`] of keys and indexes: `place!["stages", 0, "type"]`.
macro_rules! place {
    ($($step:expr),* $(,)?) => { $crate::check::path::Path(vec![$($crate::check::path::Step::from($step)),*]) };
}
pub(super) use place;

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Step::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Step::Index(index)
    }
}

impl From<&[Part<'_>]> for Path {
    fn from(parts: &[Part<'_>]) -> Self {
        Path(
            parts
                .iter()
                .map(|part| match part {
                    Part::Key(key) => Step::Key((*key).to_owned()),
                    Part::Index(index) => Step::Index(*index),
                })
                .collect(),
        )
    }
}

impl Path {
    /// The path as a JSON pointer (RFC 6901): `/stages/0/waitTime`.
    pub fn pointer(&self) -> String {
        let mut out = String::new();
        for step in &self.0 {
            let _ = match step {
                Step::Key(key) => write!(out, "/{}", key.replace('~', "~0").replace('/', "~1")),
                Step::Index(index) => write!(out, "/{index}"),
            };
        }
        out
    }

    /// The path as people write it, for the members of a pipeline.
    ///
    /// Stages go by their refId, expected artifacts by their display name or id, parameters by their name: `stages[bake].name`.
    /// Other lists have indexes. A refId that looks like an index is quoted: `stages["1"]`.
    pub fn written(&self, members: &Object) -> String {
        let mut out = String::new();
        let mut list = "";
        let mut value: Option<&Json> = None;
        for (at, step) in self.0.iter().enumerate() {
            value = match step {
                Step::Key(key) => {
                    write_key(&mut out, key);
                    list = key;
                    if at == 0 { members.get(key) } else { value.and_then(|value| value.get(key)) }
                }
                Step::Index(index) => {
                    let item = value.and_then(|value| value.items().get(*index));
                    match item.and_then(|item| label(list, item)) {
                        Some(label) => write_label(&mut out, label),
                        None => {
                            let _ = write!(out, "[{index}]");
                        }
                    }
                    item
                }
            };
        }
        out
    }

    pub(super) fn join(mut self, step: impl Into<Step>) -> Self {
        self.0.push(step.into());
        self
    }
}

/// What people call an item of a list.
fn label<'j>(list: &str, item: &'j Json) -> Option<&'j str> {
    let text = |key: &str| item.get(key).and_then(Json::as_str).filter(|text| !text.trim().is_empty());
    match list {
        "stages" => text("refId"),
        "expectedArtifacts" => text("displayName").or_else(|| text("id")),
        "parameterConfig" => text("name"),
        _ => None,
    }
}

fn write_key(out: &mut String, key: &str) {
    let is_plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let _ = match (is_plain, out.is_empty()) {
        (true, true) => write!(out, "{key}"),
        (true, false) => write!(out, ".{key}"),
        (false, _) => write!(out, "[{key:?}]"),
    };
}

fn write_label(out: &mut String, label: &str) {
    let is_plain = label.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c));
    let _ = if is_plain && !label.bytes().all(|b| b.is_ascii_digit()) {
        write!(out, "[{label}]")
    } else {
        write!(out, "[{label:?}]")
    };
}

#[cfg(test)]
mod tests {
    use crate::Pipeline;

    #[test]
    fn a_path_names_stages_artifacts_and_parameters() {
        let text = br#"{"stages":[{"refId":"bake","expectedArtifacts":[{"displayName":"my chart"},{"id":"a/b"}]},{"refId":"1"},{}],
            "parameterConfig":[{"name":"tag"}],"triggers":[{"name":"x"}]}"#;
        let pipeline = Pipeline::read(text).unwrap();
        for (path, written, pointer) in [
            (place![], "", ""),
            (place!["stages", 0, "waitTIme"], "stages[bake].waitTIme", "/stages/0/waitTIme"),
            (
                place!["stages", 0, "expectedArtifacts", 0, "a.b/c"],
                "stages[bake].expectedArtifacts[\"my chart\"][\"a.b/c\"]",
                "/stages/0/expectedArtifacts/0/a.b~1c",
            ),
            (
                place!["stages", 0, "expectedArtifacts", 1],
                "stages[bake].expectedArtifacts[a/b]",
                "/stages/0/expectedArtifacts/1",
            ),
            (place!["stages", 1], "stages[\"1\"]", "/stages/1"),
            (place!["stages", 2, "refId"], "stages[2].refId", "/stages/2/refId"),
            (place!["stages", 9, "refId"], "stages[9].refId", "/stages/9/refId"),
            (place!["parameterConfig", 0], "parameterConfig[tag]", "/parameterConfig/0"),
            (place!["triggers", 0, "type"], "triggers[0].type", "/triggers/0/type"),
        ] {
            assert_eq!((path.written(pipeline.object()).as_str(), path.pointer().as_str()), (written, pointer));
        }
    }
}
