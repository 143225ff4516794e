//! The difference of two pipelines, by what they mean: stages are found by their `refId`, artifacts by their id, parameters by
//! their name; the order of sets, the server's own fields and the writing of numbers do not count.
//!
//! ```
//! use pipeline::Pipeline;
//! use pipeline::diff::Diff;
//!
//! let live = Pipeline::read(br#"{"name": "deploy", "updateTs": "1", "stages": [{"refId": "1", "type": "wait", "waitTime": 30}]}"#)?;
//! let wanted = Pipeline::read(br#"{"name": "deploy", "stages": [{"refId": "1", "type": "wait", "waitTime": 60.0}]}"#)?;
//! let diff = Diff::of(Some(&live), Some(&wanted));
//! assert_eq!(diff.changes[0].to_string(), "stages[refId=1].waitTime: 30 -> 60.0");
//! # Ok::<(), pipeline::Error>(())
//! ```

mod compare;
mod group;
mod lists;
mod mask;
mod normal;
mod show;

pub use group::{Group, Subject, groups};
pub use normal::normal;
pub use show::{Format, MARKDOWN_LIMIT, Shown, show};

use std::fmt::{self, Display, Formatter};

use crate::{Json, Pipeline};

/// What differs between a live pipeline and a wanted one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// The changes, in the order of the pipeline.
    pub changes: Vec<Change>,
    /// What differs and is no change: the order of stages, a refId that nothing but the graph uses.
    pub notes: Vec<String>,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The path: `stages[refId=bake].overrides.version`. Empty for the pipeline itself. Items of lists have their refId, name,
    /// displayName, type or kind and name instead of a number.
    pub path: String,
    /// The value before. Secrets are masked.
    pub old: Option<Json>,
    /// The value after. Secrets are masked.
    pub new: Option<Json>,
}

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The value is another one.
    Changed,
    /// There was none.
    Added,
    /// There is none any more.
    Removed,
    /// The items of a list are the same in another order, and the order counts.
    Moved,
    /// A stage or an artifact has another id, and whatever refers to it follows.
    Renamed,
    /// The value is the same in another type: `"3"` and `3`.
    Type,
}

impl ChangeKind {
    /// The kind as one word: `changed`, `added`, `removed`, `moved`, `renamed`, `type`.
    pub fn name(self) -> &'static str {
        match self {
            ChangeKind::Changed => "changed",
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
            ChangeKind::Moved => "moved",
            ChangeKind::Renamed => "renamed",
            ChangeKind::Type => "type",
        }
    }
}

impl Diff {
    /// Compares a live pipeline with a wanted one. `None`: it does not exist, or should not.
    pub fn of(old: Option<&Pipeline>, new: Option<&Pipeline>) -> Diff {
        let whole = |kind, old: Option<&Pipeline>, new: Option<&Pipeline>| {
            let value = |pipeline: &Pipeline| mask::masked("", &normal(pipeline).into_json());
            Diff {
                changes: vec![Change { kind, path: String::new(), old: old.map(value), new: new.map(value) }],
                ..Diff::default()
            }
        };
        match (old, new) {
            (None, None) => Diff::default(),
            (None, new) => whole(ChangeKind::Added, None, new),
            (old, None) => whole(ChangeKind::Removed, old, None),
            (Some(old), Some(new)) => compare::pipelines(old, new),
        }
    }

    /// Whether there is no change: a sync has nothing to save.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Whether two pipelines mean the same, so that saving one over the other would change nothing.
pub fn is_equal(old: &Pipeline, new: &Pipeline) -> bool {
    Diff::of(Some(old), Some(new)).is_empty()
}

/// The change on one line: `path: old -> new`.
impl Display for Change {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "pipeline" } else { &self.path };
        let short = |value: &Option<Json>| value.as_ref().map(show::short).unwrap_or_default();
        match self.kind {
            ChangeKind::Added => write!(f, "{path}: added {}", short(&self.new)),
            ChangeKind::Removed => write!(f, "{path}: removed {}", short(&self.old)),
            ChangeKind::Moved => write!(f, "{path}: moved {} -> {}", short(&self.old), short(&self.new)),
            ChangeKind::Renamed => write!(f, "{path}: renamed {} -> {}", short(&self.old), short(&self.new)),
            ChangeKind::Type => {
                let name = |value: &Option<Json>| value.as_ref().map_or("nothing", Json::type_name);
                write!(
                    f,
                    "{path}: the {} {} is now the {} {}",
                    name(&self.old),
                    short(&self.old),
                    name(&self.new),
                    short(&self.new)
                )
            }
            ChangeKind::Changed => write!(f, "{path}: {} -> {}", short(&self.old), short(&self.new)),
        }
    }
}
