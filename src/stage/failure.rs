//! Failures of a bake in Rosco's words, and their HTTP status.

use std::borrow::Cow;

use super::artifact::Artifact;
use crate::error::{Error, ErrorKind};
use crate::run::Warning;

/// Why a bake failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The request is not valid.
    Request {
        /// What is wrong.
        message: String,
        /// Whether Rosco reports it as a server error (500) instead of a client error (400).
        internal: bool,
    },
    /// An input artifact could not be fetched.
    Fetch {
        /// `helm template` or `helm values file`.
        what: &'static str,
        /// The error of its store.
        error: FetchError,
    },
    /// The bake failed: Helm would exit with an error.
    Bake {
        /// The error.
        error: Error,
        /// The warnings that Helm would log before the error.
        warnings: Vec<Warning>,
    },
}

/// Why an artifact could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchError {
    /// The status of the store's answer; `None` if there was no answer.
    pub status: Option<u16>,
    /// The message.
    pub message: String,
}

impl FetchError {
    /// An error without an answer of the store.
    pub fn new(message: impl Into<String>) -> Self {
        FetchError { status: None, message: message.into() }
    }

    /// The artifact does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        FetchError { status: Some(404), message: message.into() }
    }

    /// The same error with the artifact, in Rosco's form.
    pub(super) fn of(self, artifact: &Artifact) -> Self {
        let message = format!("Failed to download artifact: {}. Error: {}", artifact.describe(), self.message);
        FetchError { message, ..self }
    }
}

impl Failure {
    /// An invalid request, for which Rosco returns 400.
    pub fn request(message: impl Into<String>) -> Self {
        Failure::Request { message: message.into(), internal: false }
    }

    /// A request without a field that Rosco needs but does not check.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Failure::Request { message: message.into(), internal: true }
    }

    /// The text that Rosco puts into `message`. For a failed bake, it is everything that Helm prints on standard error.
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Failure::Request { message, .. } => message.as_str().into(),
            Failure::Fetch { what, error } => format!("Failed to fetch {what}: {}", error.message).into(),
            Failure::Bake { error, warnings } if is_staging(error) && warnings.is_empty() => error.message().into(),
            Failure::Bake { error, warnings } => {
                let mut text = "Bake failed: ".to_owned();
                for warning in warnings {
                    text.push_str(warning.text());
                    text.push('\n');
                }
                text.push_str("Error: ");
                text.push_str(error.message());
                text.push('\n');
                text.into()
            }
        }
    }

    /// The lines for a person: for a failed bake the text, the place, the include chain, the origin of the value and a hint.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Failure::Bake { error, .. } => {
                middle_out(format!("{error:#}").lines().map(str::to_owned).collect(), |left| {
                    format!("  [{left} lines left out]")
                })
            }
            _ => vec![self.message().into_owned()],
        }
    }

    /// The kind as one word: `request`, `fetch`, or the kind of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::Request { .. } => "request",
            Failure::Fetch { .. } => "fetch",
            Failure::Bake { error, .. } => error.kind().name(),
        }
    }

    /// The error of the bake itself.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Failure::Bake { error, .. } => Some(error),
            _ => None,
        }
    }

    /// The HTTP status. Orca retries a bake five times unless the status is 400 or 404, so failures that would repeat are 400.
    /// A bake that exceeded its deadline is 408. The status of a store is passed on.
    pub fn status(&self) -> u16 {
        match self {
            Failure::Fetch { error, .. } => error.status.unwrap_or(502),
            Failure::Bake { error, .. } if error.kind() == ErrorKind::Cancelled => 408,
            Failure::Request { .. } | Failure::Bake { .. } => 400,
        }
    }

    /// The HTTP status that Rosco returns.
    pub fn rosco_status(&self) -> u16 {
        match self {
            Failure::Request { internal: false, .. } => 400,
            Failure::Fetch { error, .. } => error.status.unwrap_or(500),
            _ => 500,
        }
    }
}

/// The first and the last lines, and how many were left out: an include chain can be long.
pub(crate) fn middle_out<T>(mut all: Vec<T>, left_out: impl Fn(usize) -> T) -> Vec<T> {
    const KEPT: usize = 20;
    let left = all.len().saturating_sub(2 * KEPT);
    if left > 1 {
        let end = all.split_off(KEPT + left);
        all.truncate(KEPT);
        all.push(left_out(left));
        all.extend(end);
    }
    all
}

/// Rosco checks paths itself, before Helm runs.
fn is_staging(error: &Error) -> bool {
    error.reason() == Some(crate::chart::OUTSIDE)
}
