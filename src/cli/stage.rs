//! `bake stage REQUEST.json`: bakes one request of a pipeline's bake stage, with artifacts from a folder.

use std::future::Future;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use clap::{Args, ValueEnum};

use super::flags::{ErrorFormat, LimitArgs};
use super::output;
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::stage::{self, BakeRequest, Builtin, Embedded, Failure, Folder, OverrideMode, StageConfig};

/// Maximum size of a request.
const MAX_REQUEST: u64 = 32 << 20;

/// `bake stage REQUEST.json`
#[derive(Debug, Args)]
pub(super) struct StageArgs {
    /// The request body that Orca sends to `/api/v2/manifest/bake/HELM3`, or - for standard input.
    #[arg(value_name = "REQUEST")]
    pub request: PathBuf,

    /// The folder with the artifacts [default: the folder of the request]. An artifact is looked for under these names, in
    /// order: its name; NAME-VERSION.tgz, NAME.tgz, NAME.tar.gz; the last part of the name; the reference; the last part of
    /// the reference.
    #[arg(long, value_name = "DIR")]
    pub artifacts: Option<PathBuf>,

    /// Print the manifest instead of the artifact that contains it.
    #[arg(long)]
    pub manifest: bool,

    /// How overrides become values.
    #[arg(long, value_name = "MODE", default_value = "rosco")]
    pub overrides: Overrides,

    /// Pass overrides of at least this many bytes as a values file after the others; 0 means never. Rosco:
    /// `helm.overridesFileThreshold`.
    #[arg(long, value_name = "BYTES", default_value = "0")]
    pub overrides_file_threshold: usize,

    /// How errors are printed [default: full].
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,

    /// The limits of the bake; the defaults are those of the service.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// How overrides become values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Overrides {
    /// As Rosco passes them to Helm: joined by commas into one --set-string or --set.
    Rosco,
    /// One by one: text is never split, and JSON keeps its types.
    Safe,
}

impl From<Overrides> for OverrideMode {
    fn from(mode: Overrides) -> Self {
        match mode {
            Overrides::Rosco => OverrideMode::Rosco,
            Overrides::Safe => OverrideMode::Safe,
        }
    }
}

pub(super) fn run(args: &StageArgs) -> Result<()> {
    let request = BakeRequest::from_json(&read(&args.request)?).map_err(into_error)?;
    let limits = args.limits.limits_on(Limits::server());
    let root = args.artifacts.clone().unwrap_or_else(|| folder_of(&args.request));
    let max = limits.chart_bytes.max(limits.values_file_bytes);
    let failed = |e: std::io::Error| Error::io(&root, e);
    let folder = Folder::new(&root, max).map_err(failed)?;
    let config = StageConfig {
        overrides: args.overrides.into(),
        overrides_file_threshold: args.overrides_file_threshold,
        ..StageConfig::new(limits)
    };
    let inputs = wait_for(stage::fetch(&request, &[&Embedded, &Builtin, &folder])).map_err(into_error)?;
    let baked = stage::bake(&request, inputs, &config, None).map_err(into_error)?;
    for warning in &baked.warnings {
        output::warning(warning);
    }
    if args.manifest {
        return output::print(baked.manifest.as_bytes());
    }
    let mut text = serde_json::to_vec(&baked.artifact()).map_err(|e| Error::new(ErrorKind::Io, e.to_string()))?;
    text.push(b'\n');
    output::print(&text)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    if path != Path::new("-") {
        return chart::read_file(path, MAX_REQUEST);
    }
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(MAX_REQUEST).read_to_end(&mut text);
    read.map_err(|e| Error::new(ErrorKind::Io, format!("standard input: {e}")))?;
    Ok(text)
}

/// The folder of a file.
fn folder_of(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn into_error(failure: Failure) -> Error {
    match failure {
        Failure::Bake { error, warnings } => {
            for warning in &warnings {
                output::warning(warning);
            }
            error
        }
        Failure::Fetch { .. } => Error::new(ErrorKind::Io, failure.message()),
        Failure::Request { .. } => Error::new(ErrorKind::Values, failure.message()),
    }
}

/// Runs a future on this thread. The sources of this command read files, so it never waits.
fn wait_for<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
