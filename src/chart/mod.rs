//! Charts: metadata, directories, archives, `.helmignore`, dependencies, `.Files`.

mod archive;
mod builtin;
mod capabilities;
mod content_type;
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
#[cfg(feature = "cli")]
pub(crate) use capabilities::HELM_VERSION;
pub use capabilities::{Capabilities, KubeVersion};
pub(crate) use dependencies::{DEFAULTS, Enabled, check_dependencies, own_values_of_level, values_of_level};
#[cfg(feature = "cli")]
pub(crate) use dir::io_error;
pub(crate) use dir::read_file;
pub use metadata::{Dependency, Lock, Maintainer, Metadata};
pub(crate) use objects::{capabilities_object, chart_object, files_object, release_map, template_map};
pub(crate) use render_values::{RenderValues, schema_problems, subchart_values, to_render_values};
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
use crate::run::{Run, Warning};
use crate::schema::SchemaCell;
use crate::value::{Str, name_to_text};
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
    /// The text of values.yaml, empty without the file.
    pub values_text: Str,
    /// values.schema.json.
    pub schema: Option<Str>,
    /// The compiled schema, after its first use.
    pub compiled_schema: SchemaCell,
    /// All other files, including `crds/`: the content of `.Files`.
    pub files: Vec<File>,
    /// The charts below `charts/`.
    pub dependencies: Vec<Arc<Chart>>,
    /// Whether it comes with the library.
    pub is_builtin: bool,
    /// Warnings about the chart: deprecated ways to declare dependencies.
    pub warnings: Vec<Warning>,
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
        Chart::load_in(path, links, &Run::new(limits.clone()))
    }

    /// Loads like [`Chart::load_with_links`] in a run. If that fails, the run has the warnings that Helm logs before the error.
    pub fn load_in(path: &Path, links: Links, run: &Run) -> Result<Chart> {
        let mut loading = Loading::new(run);
        let files = dir::read(path, links, &mut loading)?;
        loader::load_files(files, &mut loading, 0)
    }

    /// Loads an archive from its bytes.
    pub fn from_archive(bytes: &[u8], limits: &Limits) -> Result<Chart> {
        Chart::from_archive_in(bytes, &Run::new(limits.clone()))
    }

    /// Loads an archive from its bytes, in a run.
    pub(crate) fn from_archive_in(bytes: &[u8], run: &Run) -> Result<Chart> {
        let mut loading = Loading::new(run);
        let files = archive::read_files(bytes, &mut loading)?;
        loader::load_files(files, &mut loading, 0)
    }

    /// Loads the chart in the folder `root` of a tree; `real` is the path of the folder in the tree, without links.
    pub(crate) fn from_tree<T: walk::Tree>(tree: &mut T, root: &T::Node, real: &[u8], run: &Run) -> Result<Chart> {
        let mut loading = Loading::new(run);
        let files = walk::files(tree, root, real, Links::Inside, &mut loading)?;
        loader::load_files(files, &mut loading, 0)
    }

    /// Loads files in memory, named by their paths from the chart's root.
    pub fn from_files(files: Vec<File>, limits: &Limits) -> Result<Chart> {
        loader::load_files(files, &mut Loading::new(&Run::new(limits.clone())), 0)
    }

    /// The chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }
}

/// The run, and the remaining limits of one chart with everything nested in it while it is loaded.
struct Loading<'r> {
    run: &'r Run,
    bytes: u64,
    entries: u64,
    /// The number of earlier warnings of the run.
    noted: usize,
    /// The rule of `.helmignore` that leaves Chart.yaml out.
    ignored: Option<String>,
}

impl<'r> Loading<'r> {
    fn new(run: &'r Run) -> Self {
        Loading {
            run,
            bytes: run.limits.chart_bytes,
            entries: run.limits.chart_entries,
            noted: run.noted(),
            ignored: None,
        }
    }

    /// Counts an entry of an archive or a directory.
    fn entry(&mut self) -> Result<()> {
        let text = || format!("the chart has more than {} files and directories", self.run.limits.chart_entries);
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
