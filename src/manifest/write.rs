//! Writes the output of `helm template`. Helm: `cmd/helm/template.go`, `renderResources` in `pkg/action/action.go`.

use std::fmt;
use std::io;

use memchr::memmem;

use super::{Document, Manifest, split};
use crate::error::{Error, ErrorKind, Result};
use crate::path;
use crate::value::text_to_name;

/// Options for the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Print the files of `crds/` first. Helm: `--include-crds`.
    pub include_crds: bool,
    /// Leave out all hooks. Helm: `--no-hooks`.
    pub no_hooks: bool,
    /// Leave out test hooks. Helm: `--skip-tests`.
    pub skip_tests: bool,
}

/// How to open a file below an output folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteMode {
    /// Create or truncate the file.
    Create,
    /// Append to what this run wrote before.
    Append,
    /// Append to an existing file, or create it: how Helm writes hooks.
    AppendIfThere,
}

/// One write below an output folder. Helm: `--output-dir`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OutputFile<'a> {
    /// The path of the file below the folder.
    pub path: &'a str,
    /// Whether `--release-name` adds a folder with the release name. CRDs are outside it.
    pub in_release_folder: bool,
    /// Whether it is a hook, which the post-renderer does not see.
    pub is_hook: bool,
    /// How to open the file.
    pub mode: WriteMode,
    text: &'a [u8],
}

impl Manifest {
    /// Writes the output of `helm template`: CRDs and resources, then hooks, each after `---` and its source.
    pub fn write_to(&self, out: &mut impl io::Write, options: &WriteOptions) -> io::Result<()> {
        self.write_resources(out, options)?;
        self.write_hooks(out, options)
    }

    /// The output of [`Manifest::write_to`].
    pub fn to_vec(&self, options: &WriteOptions) -> Vec<u8> {
        let mut out = Vec::new();
        // writing to memory cannot fail
        let _ = self.write_to(&mut out, options);
        out
    }

    /// Writes only the CRDs and resources, the input of a post-renderer.
    pub fn write_resources(&self, out: &mut impl io::Write, options: &WriteOptions) -> io::Result<()> {
        let names: Vec<_> = self.resources(options).map(|(path, _)| text_to_name(path)).collect();
        let mut pieces: Vec<&[u8]> = Vec::with_capacity(5 * (self.documents.len() + self.crds.len()));
        for (name, (_, text)) in names.iter().zip(self.resources(options)) {
            pieces.extend([SOURCE, name, b"\n", text, b"\n"]);
        }
        // the end of the stream is trimmed, because a CRD file may end in blank lines
        while let Some(last) = pieces.last_mut() {
            *last = split::trim_space_end(last);
            if !last.is_empty() {
                break;
            }
            pieces.pop();
        }
        for piece in pieces {
            out.write_all(piece)?;
        }
        out.write_all(b"\n")
    }

    /// Writes only the hooks.
    pub fn write_hooks(&self, out: &mut impl io::Write, options: &WriteOptions) -> io::Result<()> {
        for hook in self.printed_hooks(options) {
            write_one(out, &hook.source, &hook.text)?;
        }
        Ok(())
    }

    /// The writes of `helm template --output-dir`, in order. Helm prints a `wrote` line for each, then an empty line. The
    /// post-renderer runs between the resources and the hooks.
    pub fn output_files(&self, options: &WriteOptions) -> Vec<OutputFile<'_>> {
        let mut files: Vec<OutputFile<'_>> = Vec::new();
        // sorted documents are no longer grouped by file
        let mut written: indexmap::IndexSet<&str, foldhash::fast::RandomState> = indexmap::IndexSet::default();
        let crds = if options.include_crds { self.crds.len() } else { 0 };
        for (i, (path, text)) in self.resources(options).enumerate() {
            let mode = if written.insert(path) { WriteMode::Create } else { WriteMode::Append };
            files.push(OutputFile { path, in_release_folder: i >= crds, is_hook: false, mode, text });
        }
        files.extend(self.printed_hooks(options).map(|hook| OutputFile {
            path: &hook.source,
            in_release_folder: true,
            is_hook: true,
            mode: WriteMode::AppendIfThere,
            text: &hook.text,
        }));
        files
    }

    fn resources(&self, options: &WriteOptions) -> impl Iterator<Item = (&str, &[u8])> {
        let crds = if options.include_crds { self.crds.as_slice() } else { &[] };
        let crds = crds.iter().map(|crd| (crd.source.as_str(), crd.text.as_bytes()));
        crds.chain(self.documents.iter().map(|document| (document.source.as_str(), document.text.as_bytes())))
    }

    fn printed_hooks(&self, options: &WriteOptions) -> impl Iterator<Item = &Document> {
        let WriteOptions { no_hooks, skip_tests, .. } = *options;
        self.hooks.iter().filter(move |document| {
            !(no_hooks || skip_tests && document.hook.as_ref().is_some_and(super::Hook::is_test))
        })
    }
}

/// The output of `helm template` without flags.
impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_vec(&WriteOptions::default())))
    }
}

/// The output of `helm template --show-only`: for each pattern, the documents whose template it matches. A pattern is a path
/// from the chart's root (`templates/*.yaml`).
///
/// Errors: a pattern matches nothing.
pub fn show_only<S: AsRef<str>>(printed: &[u8], patterns: &[S]) -> Result<Vec<u8>> {
    // Helm splits its output again, and uses the first `# Source:` of each part as its name
    let documents: Vec<(Vec<char>, &[u8])> =
        split::split_manifests(printed).into_iter().filter_map(|text| Some((source_path(text)?, text))).collect();
    let mut out = Vec::new();
    for pattern in patterns {
        let pattern = pattern.as_ref();
        let parts: Vec<char> = pattern.chars().collect();
        let before = out.len();
        for (path, text) in &documents {
            // an invalid pattern matches nothing
            if path::matches(&parts, path) == Some(true) {
                out.extend_from_slice(b"---\n");
                out.extend_from_slice(text);
                out.push(b'\n');
            }
        }
        if out.len() == before {
            return Err(Error::new(ErrorKind::Usage, format!("could not find template {pattern} in chart")));
        }
    }
    Ok(out)
}

impl OutputFile<'_> {
    /// Writes the content of the file.
    pub fn write_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        write_one(out, self.path, self.text)
    }
}

const SOURCE: &[u8] = b"---\n# Source: ";

fn write_one(out: &mut impl io::Write, path: &str, text: &[u8]) -> io::Result<()> {
    for piece in [SOURCE, &text_to_name(path), b"\n", text, b"\n"] {
        out.write_all(piece)?;
    }
    Ok(())
}

/// The path of a document's template without the name of the chart. Helm: the pattern `# Source: [^/]+/(.+)`.
fn source_path(text: &[u8]) -> Option<Vec<char>> {
    const MARK: &[u8] = b"# Source: ";
    memmem::find_iter(text, MARK).find_map(|start| {
        let rest = text.get(start + MARK.len()..)?;
        let slash = memchr::memchr(b'/', rest).filter(|at| *at > 0)?;
        let line = rest.get(slash + 1..)?.split(|b| *b == b'\n').next().filter(|line| !line.is_empty())?;
        Some(String::from_utf8_lossy(line).chars().collect())
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Crd, Document, Hook, HookEvent, Manifest, Text};
    use super::*;

    fn manifest() -> Manifest {
        let document = |source: &str, text: &str| Document {
            source: source.into(),
            text: Text::from(text.as_bytes().to_vec()),
            ..Document::default()
        };
        let test = Hook { events: vec![HookEvent::Test], ..Hook::default() };
        Manifest {
            documents: vec![
                document("c/templates/a.yaml", "a: 1"),
                document("c/templates/b.yaml", "b: 2"),
                document("c/templates/a.yaml", "a: 2"),
            ],
            hooks: vec![Document { hook: Some(test), ..document("c/templates/a.yaml", "t: 1") }],
            crds: vec![Crd { source: "c/crds/x.yaml".into(), text: Text::from(b"\nx: 1\n\n".to_vec()) }],
            ..Manifest::default()
        }
    }

    fn written(manifest: &Manifest, options: WriteOptions) -> String {
        String::from_utf8(manifest.to_vec(&options)).unwrap()
    }

    #[test]
    fn prints_crds_resources_and_hooks() {
        let all = WriteOptions { include_crds: true, ..WriteOptions::default() };
        assert_eq!(
            written(&manifest(), all),
            "---\n# Source: c/crds/x.yaml\n\nx: 1\n\n\n---\n# Source: c/templates/a.yaml\na: 1\n---\n# Source: c/templates/b.yaml\nb: 2\n---\n# Source: c/templates/a.yaml\na: 2\n---\n# Source: c/templates/a.yaml\nt: 1\n"
        );
        let no_tests = WriteOptions { skip_tests: true, ..WriteOptions::default() };
        assert!(!written(&manifest(), no_tests).contains("t: 1"));
        let no_hooks = WriteOptions { no_hooks: true, ..WriteOptions::default() };
        assert!(!written(&manifest(), no_hooks).contains("t: 1"));
    }

    #[test]
    fn the_end_of_the_resources_is_trimmed() {
        let crds = WriteOptions { include_crds: true, ..WriteOptions::default() };
        let only_crds = Manifest { documents: Vec::new(), hooks: Vec::new(), ..manifest() };
        assert_eq!(written(&only_crds, crds), "---\n# Source: c/crds/x.yaml\n\nx: 1\n");
        assert_eq!(written(&Manifest::default(), crds), "\n");
    }

    #[test]
    fn show_only_takes_documents_by_their_template() {
        let manifest = manifest();
        let printed = manifest.to_vec(&WriteOptions::default());
        let show = |patterns: &[&str]| match show_only(&printed, patterns) {
            Ok(text) => String::from_utf8(text).unwrap(),
            Err(error) => error.to_string(),
        };
        assert_eq!(
            show(&["templates/b.yaml", "templates/a*"]),
            "---\n# Source: c/templates/b.yaml\nb: 2\n---\n# Source: c/templates/a.yaml\na: 1\n---\n# Source: c/templates/a.yaml\na: 2\n---\n# Source: c/templates/a.yaml\nt: 1\n"
        );
        assert_eq!(show(&["templates/b.yaml", "nope"]), "could not find template nope in chart");
    }

    #[test]
    fn output_files_append_to_what_was_written() {
        let manifest = manifest();
        let files = manifest.output_files(&WriteOptions { include_crds: true, ..WriteOptions::default() });
        let rows: Vec<_> = files.iter().map(|f| (f.path, f.in_release_folder, f.mode)).collect();
        assert_eq!(
            rows,
            [
                ("c/crds/x.yaml", false, WriteMode::Create),
                ("c/templates/a.yaml", true, WriteMode::Create),
                ("c/templates/b.yaml", true, WriteMode::Create),
                ("c/templates/a.yaml", true, WriteMode::Append),
                ("c/templates/a.yaml", true, WriteMode::AppendIfThere),
            ]
        );
    }
}
