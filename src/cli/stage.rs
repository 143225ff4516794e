//! `bake stage REQUEST.json`: one request of a pipeline's bake stage, with artifacts from a folder.

use std::future::Future;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use super::args::StageArgs;
use super::output;
use crate::chart;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::stage::{self, BakeRequest, Builtin, Embedded, Failure, Folder, Kitchen};

/// Bytes of a request.
const MAX_REQUEST: u64 = 32 << 20;

pub(super) fn run(args: &StageArgs) -> Result<()> {
    let request = BakeRequest::from_json(&read(&args.request)?).map_err(into_error)?;
    let limits = args.limits.limits_on(Limits::server());
    let root = args.artifacts.clone().unwrap_or_else(|| folder_of(&args.request));
    let max = limits.chart_bytes.max(limits.values_file_bytes);
    let failed = |e: std::io::Error| Error::new(ErrorKind::Io, format!("{}: {e}", root.display()));
    let folder = Folder::new(&root, max).map_err(failed)?;
    let kitchen = Kitchen { overrides: args.overrides.into(), ..Kitchen::new(limits) };
    let inputs = wait_for(stage::fetch(&request, &[&Embedded, &Builtin, &folder])).map_err(into_error)?;
    let baked = stage::bake(&request, inputs, &kitchen, None).map_err(into_error)?;
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

/// The folder that a file is in.
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
        Failure::Request { .. } => Error::new(ErrorKind::Usage, failure.message()),
    }
}

/// Runs a future on this thread. The sources of this command read files and never wait.
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
