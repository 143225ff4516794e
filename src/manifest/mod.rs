//! Turns rendered text into a manifest: splitting, hooks, install order, objects.
//!
//! The steps are those of Helm: each rendered file is split at its `---` lines, the head of every document is read, hooks are
//! separated from resources by their annotation, and both are sorted by kind. The text of a document is never changed.
//! Helm: `pkg/releaseutil`, `renderResources` in `pkg/action/action.go`, `cmd/helm/template.go`.

mod head;
mod head_fast;
mod hook;
mod kind;
mod split;
mod write;

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

pub use hook::{Hook, HookEvent};
pub use kind::INSTALL_ORDER;
pub use split::split_manifests;
pub use write::{OutputFile, WriteMode, WriteOptions, show_only};

use crate::error::{Error, ErrorKind, Location, Result};
use crate::limits::{Budget, Limits, cancelled};
use crate::path;
use crate::run::{Run, Warning, WarningKind};
use crate::value::Str;
use crate::yaml::Node;

/// The output of a template: its name (`chart/templates/x.yaml`) and its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The path of the template, starting with the name of the chart.
    pub name: String,
    /// The rendered text.
    pub text: Vec<u8>,
}

/// The facts about the chart that sorting needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct SortOptions<'a> {
    /// The name of the chart, which distinguishes its NOTES.txt from those of subcharts.
    pub chart_name: &'a str,
    /// Whether the notes of subcharts are included. Helm: `--render-subchart-notes`.
    pub sub_notes: bool,
}

/// The bytes of one document: a shared part of the rendered text, or a file of the chart.
#[derive(Clone, Default)]
pub struct Text {
    whole: Whole,
    range: Range<usize>,
}

/// The shared text that contains a document.
#[derive(Clone)]
enum Whole {
    Rendered(Arc<Vec<u8>>),
    File(Str),
}

/// One document of a manifest.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Document {
    /// The template it came from (`chart/templates/x.yaml`).
    pub source: String,
    /// `kind`; empty if it is missing.
    pub kind: String,
    /// `apiVersion`; empty if it is missing.
    pub api_version: String,
    /// `metadata.name`.
    pub name: Option<String>,
    /// The rendered text of the document, without the white space around it.
    pub text: Text,
    /// The hook settings, if it is a hook.
    pub hook: Option<Hook>,
}

/// A file of a `crds/` folder, which is printed unchanged.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Crd {
    /// The path of the file, starting with the name of the chart.
    pub source: String,
    /// The content of the file.
    pub text: Text,
}

/// The result of a bake: resources in install order, hooks, CRDs and notes.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Manifest {
    /// The resources, in install order.
    pub documents: Vec<Document>,
    /// The hooks, in the order in which Helm prints them.
    pub hooks: Vec<Document>,
    /// The files of `crds/`, in chart order. They are written with [`WriteOptions::include_crds`].
    pub crds: Vec<Crd>,
    /// The rendered NOTES.txt.
    pub notes: Option<Vec<u8>>,
    /// The warnings that Helm logs, about the chart, the values and hooks.
    pub warnings: Vec<Warning>,
}

/// Splits rendered files into documents, separates hooks from resources, and sorts both for installation.
///
/// Partials (`_name`), empty files and notes contain no documents. The order is by kind, then by file name, then as in the
/// file. Helm: `SortManifests` in `pkg/releaseutil/manifest_sorter.go`.
///
/// Errors: the first document that is not valid YAML or whose head has the wrong types, with Helm's text.
pub fn sort_manifests(rendered: Vec<Rendered>, options: &SortOptions<'_>, limits: &Limits) -> Result<Manifest> {
    let run = Run::new(limits.clone());
    let manifest = sort_in(rendered, options, &run)?;
    Ok(Manifest { warnings: run.warnings(), ..manifest })
}

/// The same in a run, which gets the warnings.
pub(crate) fn sort_in(mut rendered: Vec<Rendered>, options: &SortOptions<'_>, run: &Run) -> Result<Manifest> {
    rendered.sort_by(|a, b| a.name.cmp(&b.name));
    let mut manifest = Manifest::default();
    for file in rendered {
        if file.name.ends_with(NOTES) {
            manifest.add_notes(file, options);
        } else {
            manifest.add_file(file, run)?;
        }
    }
    kind::sort_by_kind(&mut manifest.documents);
    kind::sort_by_kind(&mut manifest.hooks);
    Ok(manifest)
}

/// The CRD files among the files of a chart: those below `crds/` with the extension of a manifest. `chart_path` is the name
/// of the chart, or for a subchart its path (`parent/charts/child`). The chart's own files come before those of its
/// subcharts. Helm: `CRDObjects` in `pkg/chart/chart.go`.
pub fn crd_documents<'a>(chart_path: &str, files: impl IntoIterator<Item = (&'a str, &'a Str)>) -> Vec<Crd> {
    files
        .into_iter()
        .filter(|(name, _)| name.starts_with("crds/") && has_manifest_extension(name))
        .map(|(name, bytes)| Crd { source: format!("{chart_path}/{name}"), text: Text::from(bytes.clone()) })
        .collect()
}

impl Manifest {
    /// Resources, then hooks, in the order in which they are printed.
    pub fn objects(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter().chain(&self.hooks)
    }

    fn add_notes(&mut self, file: Rendered, options: &SortOptions<'_>) {
        let own = file.name.strip_prefix(options.chart_name).is_some_and(|rest| rest == "/templates/NOTES.txt");
        if !own && !options.sub_notes {
            return;
        }
        let text = file.text;
        match &mut self.notes {
            Some(notes) => {
                if !notes.is_empty() {
                    notes.push(b'\n');
                }
                notes.extend_from_slice(&text);
            }
            None => self.notes = Some(text),
        }
    }

    /// Splits a file into documents.
    fn add_file(&mut self, file: Rendered, run: &Run) -> Result<()> {
        let base = file.name.rsplit('/').next().unwrap_or_default();
        if base.starts_with('_') || split::trim_space(&file.text).is_empty() {
            return Ok(());
        }
        let whole = Arc::new(file.text);
        for range in split::split_ranges(&whole) {
            if !run.tick(32) {
                return Err(cancelled());
            }
            if self.documents.len() + self.hooks.len() >= run.limits.documents {
                let text = format!("the output has more than {} documents", run.limits.documents);
                return Err(Error::limit_reached("documents", text));
            }
            let text = Text { whole: Whole::Rendered(Arc::clone(&whole)), range };
            let head = match head_fast::head(text.as_bytes()) {
                Some(head) => head,
                None => head::read(text.as_bytes(), run).map_err(|error| text.locate(&error, &file.name))?,
            };
            let hook = match Hook::from_annotations(&head.annotations) {
                hook::HookKind::None => None,
                hook::HookKind::Hook(hook) => Some(hook),
                hook::HookKind::Unknown(types) => {
                    let types = go::strconv::quote(types.as_bytes());
                    let text = format!("manifest_sorter.go:199: info: skipping unknown hook: {types}");
                    run.warn(WarningKind::Hook, text);
                    continue;
                }
            };
            let documents = if hook.is_some() { &mut self.hooks } else { &mut self.documents };
            documents.push(Document {
                source: file.name.clone(),
                kind: head.kind,
                api_version: head.api_version,
                name: head.name,
                text,
                hook,
            });
        }
        Ok(())
    }
}

impl Document {
    /// The document as a tree; null if it contains only comments.
    pub fn object(&self, limits: &Limits) -> Result<Node> {
        self.tree(&Budget::new(limits.clone()))
    }

    /// The document as a value of another type: an object of `k8s-openapi`, of `kube`, or one's own.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Service {
    ///     spec: Spec,
    /// }
    /// #[derive(serde::Deserialize)]
    /// struct Spec {
    ///     selector: std::collections::BTreeMap<String, String>,
    /// }
    ///
    /// use bake::{Bake, Chart, Limits};
    ///
    /// let chart = Chart::builtin("service")?;
    /// let manifest = Bake::new(&chart).release("web").values_text("values.yaml", b"ports: {http: 8080}").render()?;
    /// let service: Service = manifest.documents[0].deserialize(&Limits::helm())?;
    /// assert_eq!(service.spec.selector["app"], "web");
    /// # Ok::<(), bake::Error>(())
    /// ```
    ///
    /// Errors: the document is not YAML, or the type does not fit it.
    pub fn deserialize<T: serde::de::DeserializeOwned>(&self, limits: &Limits) -> Result<T> {
        let object = self.object(limits)?;
        object.deserialize().map_err(|error| {
            let name = self.name.as_deref().unwrap_or_default();
            let text = format!("{}: {} {name:?} does not fit the type: {error}", self.source, self.kind);
            Error::new(ErrorKind::Manifest, text).with_source(error)
        })
    }

    /// The same in a run.
    pub(crate) fn tree(&self, budget: &Budget) -> Result<Node> {
        crate::yaml::read(&self.text, budget).map_err(|error| self.text.locate(&error, &self.source))
    }
}

impl Text {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.whole.get(self.range.clone()).unwrap_or_default()
    }

    /// Helm's error for a document that is not valid, with its place in the rendered text.
    fn locate(&self, error: &Error, source: &str) -> Error {
        const COUNTED: &str = "the line is counted in the rendered text";
        let kind = if error.kind() == ErrorKind::Limit { ErrorKind::Limit } else { ErrorKind::Manifest };
        let message = format!("YAML parse error on {source}: {error}");
        let place = error.location().cloned().unwrap_or_default();
        let lines_before = self.whole.iter().take(self.range.start).filter(|b| **b == b'\n').count();
        let line = match place.line {
            0 => 0,
            line => line.saturating_add(u32::try_from(lines_before).unwrap_or(u32::MAX)),
        };
        let mut located = match error.limit() {
            Some(limit) => Error::helm_limit(limit, message),
            None => Error::new(kind, message),
        };
        located = located.at(Location::new(source, line, place.column));
        let hint = match (error.hint(), line > 0) {
            (Some(hint), true) => Some(format!("{hint}; {COUNTED}")),
            (hint, is_known) => hint.or(is_known.then_some(COUNTED)).map(str::to_owned),
        };
        if line > 0 {
            let text = self.whole.split(|b| *b == b'\n').nth(line as usize - 1).unwrap_or_default();
            located = located.with_source_line(String::from_utf8_lossy(text));
        }
        if let Some(hint) = hint {
            located = located.with_hint(hint);
        }
        located
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Text { range: 0..bytes.len(), whole: Whole::Rendered(Arc::new(bytes)) }
    }
}

impl From<Str> for Text {
    fn from(bytes: Str) -> Self {
        Text { range: 0..bytes.len(), whole: Whole::File(bytes) }
    }
}

impl Default for Whole {
    fn default() -> Self {
        Whole::File(Str::default())
    }
}

impl Deref for Whole {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Whole::Rendered(text) => text,
            Whole::File(text) => text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.as_bytes()), f)
    }
}

const NOTES: &str = "NOTES.txt";

fn has_manifest_extension(name: &str) -> bool {
    let extension = path::ext(name.as_bytes());
    [".yaml", ".yml", ".json"].iter().any(|known| extension.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(files: &[(&str, &str)]) -> Result<Manifest> {
        let rendered = files
            .iter()
            .map(|(name, text)| Rendered { name: (*name).into(), text: text.as_bytes().to_vec() })
            .collect();
        sort_manifests(rendered, &SortOptions { chart_name: "c", sub_notes: false }, &Limits::helm())
    }

    fn printed(files: &[(&str, &str)]) -> String {
        match sort(files) {
            Ok(manifest) => {
                let mut out = Vec::new();
                manifest.write_to(&mut out, &WriteOptions::default()).unwrap();
                String::from_utf8(out).unwrap()
            }
            Err(error) => format!("Error: {error}"),
        }
    }

    #[test]
    fn a_file_prints_as_helm_prints_it() {
        let rows = [
            ("a: 1\n", "---\n# Source: c/templates/t.yaml\na: 1\n"),
            ("# only\n", "---\n# Source: c/templates/t.yaml\n# only\n"),
            (
                "a: 1\n---\n---\nb: 2\n",
                "---\n# Source: c/templates/t.yaml\na: 1\n---\n# Source: c/templates/t.yaml\n---\nb: 2\n",
            ),
            (
                "a: 1\n---\n\u{a0}\n---\nb: 1",
                "---\n# Source: c/templates/t.yaml\na: 1\n---\n# Source: c/templates/t.yaml\n\n---\n# Source: c/templates/t.yaml\nb: 1\n",
            ),
            (" \n\t\n", "\n"),
            ("a: b\n...\ngarbage: [\n", "---\n# Source: c/templates/t.yaml\na: b\n...\ngarbage: [\n"),
            ("metadata: {annotations: {helm.sh/hook: nope}}", "\n"),
            (
                "Kind: Foo\nkind: null\nMetadata: {annotations: {a: b}}\nmetadata: {annotations: {helm.sh/hook: test}}",
                "\n---\n# Source: c/templates/t.yaml\nKind: Foo\nkind: null\nMetadata: {annotations: {a: b}}\nmetadata: {annotations: {helm.sh/hook: test}}\n",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(printed(&[("c/templates/t.yaml", text)]), expected, "{text:?}");
        }
    }

    #[test]
    fn order_is_by_kind_then_file_then_place() {
        let text = printed(&[
            ("c/templates/z.yaml", "kind: Service\nmetadata: {name: z}"),
            ("c/templates/b.yaml", "kind: Zebra\n---\nkind: Apple\n---\nkind: Deployment"),
            ("c/templates/a.yaml", "kind: Zebra\nx: 1\n---\nkind: Namespace"),
            ("c/templates/_p.tpl", "kind: Namespace"),
            ("c/templates/h.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: 'pre-install, test-success'}}"),
        ]);
        let kinds: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
        assert_eq!(kinds, ["Namespace", "Service", "Deployment", "Apple", "Zebra", "Zebra", "Job"]);
    }

    #[test]
    fn notes_are_not_printed() {
        let manifest = sort(&[("c/templates/NOTES.txt", "hi\n"), ("c/charts/s/templates/NOTES.txt", "sub")]).unwrap();
        assert_eq!(manifest.notes.as_deref(), Some(&b"hi\n"[..]));
        assert!(manifest.documents.is_empty());
    }

    #[test]
    fn crds_are_the_manifests_below_crds() {
        let text = Str::from("a");
        let files = ["crds/a.yaml", "crds/x/b.YML", "crds/README.md", "files/c.yaml"].map(|name| (name, &text));
        let crds = crd_documents("c", files);
        let names: Vec<_> = crds.iter().map(|crd| crd.source.as_str()).collect();
        assert_eq!(names, ["c/crds/a.yaml", "c/crds/x/b.YML"]);
    }
}
