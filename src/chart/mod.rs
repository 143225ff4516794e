//! Charts: metadata, directories, archives, .helmignore, dependencies, `.Files`.

mod metadata;

use std::sync::Arc;

pub use metadata::{Dependency, Lock, Maintainer, Metadata};

use crate::value::Str;
use crate::yaml::Node;

/// A loaded chart: plain data, shared by all bakes of it.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// Chart.yaml.
    pub metadata: Metadata,
    /// Chart.lock or requirements.lock.
    pub lock: Option<Lock>,
    /// Files below `templates/`, in the order of loading.
    pub templates: Vec<File>,
    /// values.yaml: always a mapping (an empty one without the file).
    pub values: Node,
    /// values.schema.json.
    pub schema: Option<Str>,
    /// All other files, `crds/` among them: what `.Files` sees.
    pub files: Vec<File>,
    /// The charts below `charts/`.
    pub dependencies: Vec<Arc<Chart>>,
}

/// A file of a chart: its path from the chart's root with slashes, and its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Path from the chart's root.
    pub name: String,
    /// Content.
    pub data: Str,
}

impl Chart {
    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }
}
