//! Charts: metadata, directories, archives, `.helmignore`, dependencies, `.Files`.

mod archive;
mod builtin;
mod capabilities;
mod decode;
mod dependencies;
mod dir;
mod ignore;
mod loader;
mod memory;
mod metadata;
mod objects;
mod render_values;
mod repository;
mod validate;
mod walk;

use std::path::Path;
use std::sync::Arc;

pub(crate) use archive::ensure_archive;
pub use capabilities::{Capabilities, KubeVersion};
pub(crate) use dependencies::{DEFAULTS, Enabled, check_dependencies};
pub(crate) use dir::read_file;
pub use metadata::{Dependency, Lock, Maintainer, Metadata};
pub(crate) use objects::{capabilities_object, chart_object, files_object, release_map, template_map};
pub(crate) use render_values::{RenderValues, check_schemas, subchart_values, to_render_values};
pub(crate) use repository::OUTSIDE;
use validate::is_compatible_range;
pub(crate) use validate::{check_installable, check_kube_version};
pub use walk::Links;
#[cfg(feature = "git")]
pub(crate) use walk::{Entry, Kind, Target, Tree};
#[cfg(feature = "fleet")]
pub(crate) use walk::{leads_back, leaves};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::value::{Str, name_to_text};
use crate::values::schema::SchemaCell;
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
    /// The compiled schema, after its first use.
    pub compiled_schema: SchemaCell,
    /// All other files, including `crds/`: the content of `.Files`.
    pub files: Vec<File>,
    /// The charts below `charts/`.
    pub dependencies: Vec<Arc<Chart>>,
    /// Warnings about the chart: deprecated ways to declare dependencies.
    pub warnings: Vec<String>,
}

/// A file of a chart: its path from the chart's root with slashes, and its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The path from the chart's root. Bytes that are not UTF-8 are represented by private characters: see
    /// [`crate::value::text_to_name`].
    pub name: String,
    /// The content.
    pub data: Str,
}

impl Chart {
    /// Loads a directory or an archive. Symbolic links that leave the directory are refused.
    pub fn load(path: &Path, limits: &Limits) -> Result<Chart> {
        Chart::load_with_links(path, Links::Inside, limits)
    }

    /// Loads a directory or an archive. `links` says where symbolic links in a directory may lead.
    pub fn load_with_links(path: &Path, links: Links, limits: &Limits) -> Result<Chart> {
        Chart::load_with_warnings(path, links, limits, &mut Vec::new())
    }

    /// Loads like [`Chart::load_with_links`]. If that fails, `warnings` gets the warnings that Helm logs before the error.
    pub fn load_with_warnings(path: &Path, links: Links, limits: &Limits, warnings: &mut Vec<String>) -> Result<Chart> {
        let mut loading = Loading::new(limits);
        let loaded = dir::read(path, links, limits, &mut loading)
            .and_then(|files| loader::load_files(files, limits, &mut loading, 0));
        if loaded.is_err() {
            warnings.append(&mut loading.warnings);
        }
        loaded
    }

    /// Loads an archive from its bytes.
    pub fn from_archive(bytes: &[u8], limits: &Limits) -> Result<Chart> {
        let mut loading = Loading::new(limits);
        let files = archive::read_files(bytes, limits, &mut loading)?;
        loader::load_files(files, limits, &mut loading, 0)
    }

    /// Loads the chart in the folder `root` of a tree; `real` is the path of the folder in the tree, without links.
    #[cfg(feature = "git")]
    pub(crate) fn from_tree<T: Tree>(tree: &mut T, root: &T::Node, real: &[u8], limits: &Limits) -> Result<Chart> {
        let mut loading = Loading::new(limits);
        let files = walk::files(tree, root, real, Links::Inside, limits, &mut loading)?;
        loader::load_files(files, limits, &mut loading, 0)
    }

    /// Loads files in memory, named by their paths from the chart's root.
    pub fn from_files(files: Vec<File>, limits: &Limits) -> Result<Chart> {
        loader::load_files(files, limits, &mut Loading::new(limits), 0)
    }

    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }
}

/// The remaining limits and the warnings while one chart is loaded with everything nested in it.
struct Loading {
    bytes: u64,
    entries: u64,
    warnings: Vec<String>,
}

impl Loading {
    fn new(limits: &Limits) -> Self {
        Loading { bytes: limits.chart_bytes, entries: limits.chart_entries, warnings: Vec::new() }
    }

    /// Counts an entry of an archive or a directory.
    fn entry(&mut self, limits: &Limits) -> Result<()> {
        let text = || format!("the chart has more than {} files and directories", limits.chart_entries);
        self.entries = self.entries.checked_sub(1).ok_or_else(|| Error::limit_reached("chart-entries", text()))?;
        Ok(())
    }
}

/// The name of a file as text. Control characters are refused (D-02): names are printed into the manifest, so a line break
/// would add YAML, and an escape code would reach the terminal.
fn file_name(name: &[u8], limits: &Limits) -> Result<String> {
    if name.len() > limits.chart_name_bytes {
        let limit = limits.chart_name_bytes;
        return Err(Error::limit_reached(
            "chart-name-bytes",
            format!("a file name of the chart is longer than {limit}"),
        ));
    }
    let quoted = |name: &[u8]| go::strconv::quote(name);
    let name = name_to_text(name).into_owned();
    if name.bytes().any(|b| b.is_ascii_control() || !b.is_ascii()) && name.chars().any(char::is_control) {
        let text = format!("the name of chart file {} has control characters", quoted(name.as_bytes()));
        return Err(Error::new(ErrorKind::Chart, text));
    }
    Ok(name)
}

fn without_bom(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data)
}
