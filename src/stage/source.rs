//! Artifact stores: the trait, and the stores that need no connection.
#![allow(clippy::disallowed_methods)] // reads the folders that the caller allowed

use std::borrow::Cow;
use std::fmt::Debug;
use std::future::{Future, poll_fn, ready};
use std::io::{ErrorKind as IoKind, Read};
use std::path::{Component, Path, PathBuf};
use std::pin::Pin;
use std::task::Poll;

use super::artifact::{Artifact, BUILTIN, EMBEDDED};
use super::failure::{Failure, FetchError};
use super::request::{BakeRequest, said};
use crate::bake::Chart;

/// The content of an artifact.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Input {
    /// The bytes of an archive or a values file.
    Bytes(Vec<u8>),
    /// A folder with a chart. The bake loads it within its limits.
    Folder(PathBuf),
    /// A chart that needs no loading.
    Chart(Chart),
}

/// The future of an input.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Input, FetchError>> + Send + 'a>>;

/// An input, or its future.
enum Slot<'a> {
    Waits(Fetching<'a>),
    Done(Result<Input, FetchError>),
}

/// A store of artifacts.
pub trait ArtifactStore: Debug + Send + Sync {
    /// Starts to fetch an artifact. `None` means that this store does not handle its type.
    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> Option<Fetching<'a>>;
}

/// Fetches all inputs of a request in parallel, each from the first store that handles it.
///
/// Errors: the request has no inputs; an artifact cannot be fetched (the first one, in the order of the request).
pub async fn fetch(request: &BakeRequest, sources: &[&dyn ArtifactStore]) -> Result<Vec<Input>, Failure> {
    request.check()?;
    let mut under_way: Vec<Slot<'_>> = Vec::new();
    for artifact in &request.input_artifacts {
        let nobody = || FetchError::not_found(format!("no store is configured for type {:?}", artifact.kind()));
        let found = sources.iter().find_map(|source| source.fetch(artifact));
        under_way.push(found.map_or_else(|| Slot::Done(Err(nobody())), Slot::Waits));
    }
    poll_fn(|context| {
        let mut all = true;
        for slot in &mut under_way {
            if let Slot::Waits(fetching) = slot {
                match fetching.as_mut().poll(context) {
                    Poll::Ready(result) => *slot = Slot::Done(result),
                    Poll::Pending => all = false,
                }
            }
            // later results cannot change the error
            if all && matches!(slot, Slot::Done(Err(_))) {
                break;
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let results = under_way.into_iter().map_while(|slot| match slot {
        Slot::Done(result) => Some(result),
        Slot::Waits(_) => None,
    });
    let mut inputs = Vec::with_capacity(request.input_artifacts.len());
    for ((i, artifact), result) in request.input_artifacts.iter().enumerate().zip(results) {
        let what = if i == 0 { "helm template" } else { "helm values file" };
        inputs.push(result.map_err(|error| Failure::Fetch { what, error: error.of(artifact) })?);
    }
    Ok(inputs)
}

/// Artifacts that carry their content: `embedded/base64`. Artifacts with a reference to Spinnaker's artifact store
/// (`ref://`) and those of type `remote/base64` are left to other stores.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl ArtifactStore for Embedded {
    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> Option<Fetching<'a>> {
        let text = artifact.reference.as_deref().unwrap_or_default();
        if artifact.kind() != EMBEDDED || text.starts_with("ref://") {
            return None;
        }
        let text = text.as_bytes();
        // base64 written by people has line breaks
        let text = if text.iter().any(u8::is_ascii_whitespace) {
            Cow::Owned(text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect())
        } else {
            Cow::Borrowed(text)
        };
        let decoded = data_encoding::BASE64.decode(&text);
        let result = decoded
            .map(Input::Bytes)
            .map_err(|e| FetchError { status: Some(400), message: format!("the reference is not valid base64: {e}") });
        Some(Box::pin(ready(result)))
    }
}

/// The built-in charts, as artifacts of type `builtin/chart`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Builtin;

impl ArtifactStore for Builtin {
    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> Option<Fetching<'a>> {
        if artifact.kind() != BUILTIN {
            return None;
        }
        let chart = Chart::builtin(artifact.name());
        Some(Box::pin(ready(chart.map(Input::Chart).map_err(|e| FetchError::not_found(e.message())))))
    }
}

/// A folder with artifacts of any type. An artifact is looked for under these names below the folder, and the first that
/// exists is used:
///
/// 1. the artifact's name (`deploy-values/shop/web/frontend/values.yaml`, or a chart's folder);
/// 2. `NAME-VERSION.tgz`, `NAME.tgz`, `NAME.tar.gz`;
/// 3. the last part of the name (`values.yaml`);
/// 4. the reference, without `file://`, if it is a path in the folder;
/// 5. the last part of the reference.
///
/// Nothing outside the folder is read, not even through links.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    max_bytes: u64,
    only: Option<&'static [&'static str]>,
}

impl Folder {
    /// The folder at `root`, for files of at most `max_bytes`.
    ///
    /// Errors: the folder does not exist.
    pub fn new(root: impl AsRef<Path>, max_bytes: u64) -> std::io::Result<Self> {
        let root = root.as_ref().canonicalize()?;
        if !root.is_dir() {
            return Err(IoKind::NotADirectory.into());
        }
        Ok(Folder { root, max_bytes, only: None })
    }

    /// The same folder, only for artifacts of these types.
    #[must_use]
    pub fn only(mut self, kinds: &'static [&'static str]) -> Self {
        self.only = Some(kinds);
        self
    }

    /// The input for an artifact.
    ///
    /// Errors: none of its names exists, or the file cannot be read.
    pub fn read(&self, artifact: &Artifact) -> Result<Input, FetchError> {
        let names = names(artifact);
        for name in &names {
            let Some(path) = self.path(name) else { continue };
            return self.open(&path, name);
        }
        let text = format!("the folder of artifacts contains none of {}", names.join(", "));
        Err(FetchError::not_found(text))
    }

    /// The real path of a name below the root, if it exists.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let relative = Path::new(name);
        let plain = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let real = plain.then(|| self.root.join(relative).canonicalize().ok()).flatten()?;
        real.starts_with(&self.root).then_some(real).filter(|real| *real != self.root)
    }

    fn open(&self, path: &Path, name: &str) -> Result<Input, FetchError> {
        let failed = |e: &dyn std::fmt::Display| FetchError::new(format!("{name}: {e}"));
        let about = path.metadata().map_err(|e| failed(&e))?;
        if about.is_dir() {
            return Ok(Input::Folder(path.to_owned()));
        }
        if !about.is_file() {
            return Err(failed(&"it is not a regular file"));
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(|e| failed(&e))?;
        file.take(self.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| failed(&e))?;
        if bytes.len() as u64 > self.max_bytes {
            return Err(FetchError { status: Some(400), ..failed(&format!("larger than {} bytes", self.max_bytes)) });
        }
        Ok(Input::Bytes(bytes))
    }
}

impl ArtifactStore for Folder {
    fn fetch<'a>(&'a self, artifact: &'a Artifact) -> Option<Fetching<'a>> {
        if self.only.is_some_and(|kinds| !kinds.contains(&artifact.kind())) {
            return None;
        }
        Some(Box::pin(async move { self.read(artifact) }))
    }
}

/// The names under which a folder may contain an artifact.
fn names(artifact: &Artifact) -> Vec<String> {
    let mut names = Vec::new();
    let mut add = |name: String| {
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    };
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let name = artifact.name();
    if !name.is_empty() {
        add(name.to_owned());
        if let Some(version) = said(artifact.version.as_ref()) {
            add(format!("{name}-{version}.tgz"));
        }
        add(format!("{name}.tgz"));
        add(format!("{name}.tar.gz"));
        add(last(name));
    }
    if let Some(reference) = said(artifact.reference.as_ref()).filter(|reference| reference.len() < 4096) {
        let path = reference.strip_prefix("file://").unwrap_or(reference);
        add(path.to_owned());
        add(last(path));
    }
    names
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;
    use crate::limits::Limits;
    use crate::stage::{self, StageConfig};

    fn now<F: Future>(future: F) -> F::Output {
        match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it waits"),
        }
    }

    fn artifact(json: &str) -> Artifact {
        serde_json::from_str(json).unwrap()
    }

    fn bytes(input: Result<Input, FetchError>) -> String {
        match input {
            Ok(Input::Bytes(bytes)) => String::from_utf8(bytes).unwrap(),
            Ok(Input::Chart(chart)) => format!("chart {}", chart.name()),
            Ok(Input::Folder(path)) => format!("folder {}", path.file_name().unwrap().to_string_lossy()),
            Err(error) => error.message,
        }
    }

    #[test]
    fn a_folder_is_searched_in_a_fixed_order() {
        let root = std::env::temp_dir().join(format!("bake-folder-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        for (path, text) in [
            ("in/deploy-values/shop/values.yaml", "deep"),
            ("in/values.yaml", "flat"),
            ("in/chart-1.0.0.tgz", "one"),
            ("in/chart.tgz", "any"),
            ("in/folder/Chart.yaml", "name: f\nversion: 1.0.0\n"),
            ("secret", "secret"),
        ] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join("secret"), root.join("in/link")).unwrap();
        let folder = Folder::new(root.join("in"), 30).unwrap();
        for (json, want) in [
            (r#"{"name":"deploy-values/shop/values.yaml"}"#, "deep"),
            (r#"{"name":"other/values.yaml"}"#, "flat"),
            (r#"{"name":"chart","version":"1.0.0"}"#, "one"),
            (r#"{"name":"chart","version":"2.0.0"}"#, "any"),
            (r#"{"name":"folder"}"#, "folder folder"),
            (r#"{"reference":"https://git/contents/deploy-values/values.yaml"}"#, "flat"),
            (r#"{"reference":"file://values.yaml"}"#, "flat"),
            (
                r#"{"name":"../secret"}"#,
                "the folder of artifacts contains none of ../secret, ../secret.tgz, ../secret.tar.gz, secret",
            ),
            (r#"{"reference":"file:///etc/passwd"}"#, "the folder of artifacts contains none of /etc/passwd, passwd"),
            #[cfg(unix)]
            (r#"{"reference":"link"}"#, "the folder of artifacts contains none of link"),
        ] {
            assert_eq!(bytes(folder.read(&artifact(json))), want, "{json}");
        }
        let small = Folder::new(root.join("in"), 3).unwrap();
        assert_eq!(bytes(small.read(&artifact(r#"{"name":"values.yaml"}"#))), "values.yaml: larger than 3 bytes");
        let _ = std::fs::remove_dir_all(&root);
    }

    #[test]
    fn a_folder_with_a_chart_is_loaded_within_the_limits_of_the_bake() {
        let root = std::env::temp_dir().join(format!("bake-folder-limits-{}", std::process::id()));
        std::fs::create_dir_all(root.join("c/templates")).unwrap();
        std::fs::write(root.join("c/Chart.yaml"), "name: f\nversion: 1.0.0\n").unwrap();
        std::fs::write(root.join("c/templates/a.yaml"), "kind: A\n#".repeat(20)).unwrap();
        let request = BakeRequest::from_json(br#"{"outputName":"a","inputArtifacts":[{"type":"x","name":"c"}]}"#);
        let request = request.unwrap();
        let folder = Folder::new(&root, 1000).unwrap();
        let bake = |limits: Limits| {
            let inputs = now(fetch(&request, &[&folder as &dyn ArtifactStore])).unwrap();
            stage::bake(&request, inputs, &StageConfig::new(limits), None)
        };
        assert!(bake(Limits::server()).unwrap().manifest.contains("kind: A"));
        for (limits, want) in [
            (Limits::server().with(|l| l.chart_file_bytes = 100), "chart file \"a.yaml\" is larger"),
            (Limits::server().with(|l| l.chart_bytes = 100), "decompressed chart is larger"),
            (Limits::server().with(|l| l.chart_entries = 2), "the chart has more than 2 files"),
        ] {
            let failure = bake(limits).unwrap_err();
            assert!(failure.message().contains(want), "{}", failure.message());
        }
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn inputs_come_in_their_order_and_the_first_error_wins() {
        let body = |artifacts: &str| {
            BakeRequest::from_json(format!(r#"{{"outputName":"a","inputArtifacts":[{artifacts}]}}"#).as_bytes())
                .unwrap()
        };
        let sources: [&dyn ArtifactStore; 2] = [&Embedded, &Builtin];
        let request =
            body(r#"{"type":"builtin/chart","name":"service"},{"type":"embedded/base64","reference":"YTog\nMQ=="}"#);
        let inputs = now(fetch(&request, &sources)).unwrap();
        let texts: Vec<_> = inputs.into_iter().map(|input| bytes(Ok(input))).collect();
        assert_eq!(texts, ["chart service", "a: 1"]);
        for (artifacts, status, text) in [
            (r#"{"type":"github/file","name":"c"}"#, 404, "no store is configured for type \"github/file\""),
            (
                r#"{"type":"builtin/chart","name":"c"},{"type":"embedded/base64","reference":"?"}"#,
                404,
                "there is no built-in chart \"c\"",
            ),
            (
                r#"{"type":"builtin/chart","name":"service"},{"type":"embedded/base64","reference":"?"}"#,
                400,
                "Failed to fetch helm values file: Failed to download artifact: Artifact(type=embedded/base64",
            ),
        ] {
            let failure = now(fetch(&body(artifacts), &sources)).unwrap_err();
            assert_eq!(failure.status(), status);
            assert!(failure.message().contains(text), "{}", failure.message());
        }
    }
}
