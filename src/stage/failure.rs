//! Why a bake gave no artifact, in Rosco's words, and the status that tells it over HTTP.

use std::borrow::Cow;

use super::artifact::Artifact;
use crate::error::{Error, ErrorKind};

/// A bake that failed.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The request asks for something that cannot be.
    Request {
        /// What is wrong.
        message: String,
        /// Whether Rosco meets it as an error of its own (500), not the caller's (400).
        internal: bool,
    },
    /// An input artifact could not be fetched.
    Fetch {
        /// `helm template` or `helm values file`.
        what: &'static str,
        /// What its store said.
        error: FetchError,
    },
    /// Helm would exit with an error.
    Bake {
        /// The error.
        error: Error,
        /// What Helm would have logged before it.
        warnings: Vec<String>,
    },
}

/// Why an artifact could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchError {
    /// What the artifact's store answered; `None` where there was no answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub message: String,
}

impl FetchError {
    /// An error without an answer.
    pub fn new(message: impl Into<String>) -> Self {
        FetchError { status: None, message: message.into() }
    }

    /// There is no such artifact.
    pub fn not_found(message: impl Into<String>) -> Self {
        FetchError { status: Some(404), message: message.into() }
    }

    /// The same error, which names the artifact as Rosco does.
    pub(super) fn of(self, artifact: &Artifact) -> Self {
        let message = format!("Failed to download artifact: {}. Error: {}", artifact.describe(), self.message);
        FetchError { message, ..self }
    }
}

impl Failure {
    /// A request that Rosco answers with 400.
    pub fn request(message: impl Into<String>) -> Self {
        Failure::Request { message: message.into(), internal: false }
    }

    /// A request that lacks something which Rosco needs and does not check.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Failure::Request { message: message.into(), internal: true }
    }

    /// The whole text: what Rosco puts into `message`. A failed bake has all that Helm prints on standard error.
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Failure::Request { message, .. } => message.as_str().into(),
            Failure::Fetch { what, error } => format!("Failed to fetch {what}: {}", error.message).into(),
            Failure::Bake { error, warnings } if is_staging(error) && warnings.is_empty() => error.message().into(),
            Failure::Bake { error, warnings } => {
                let mut text = "Bake failed: ".to_owned();
                for warning in warnings {
                    text.push_str(warning);
                    text.push('\n');
                }
                text.push_str("Error: ");
                text.push_str(error.message());
                text.push('\n');
                text.into()
            }
        }
    }

    /// The lines for a person: of a failed bake the text, the place, the includes, the origin of the value and a hint.
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

    /// The kind as one word: `request`, `fetch`, or that of the error.
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

    /// The HTTP status. Orca repeats a bake five times unless the status is 400 or 404, so what will fail again is 400.
    /// A bake that passed its deadline is 408; a store's own status is passed on.
    pub fn status(&self) -> u16 {
        match self {
            Failure::Fetch { error, .. } => error.status.unwrap_or(502),
            Failure::Bake { error, .. } if error.kind() == ErrorKind::Cancelled => 408,
            Failure::Request { .. } | Failure::Bake { .. } => 400,
        }
    }

    /// The HTTP status that Rosco answers.
    pub fn rosco_status(&self) -> u16 {
        match self {
            Failure::Request { internal: false, .. } => 400,
            Failure::Fetch { error, .. } => error.status.unwrap_or(500),
            _ => 500,
        }
    }
}

/// The first and the last of many, with a word on what is left out: a chain of includes can be long.
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

/// Rosco's own check of paths comes before Helm.
fn is_staging(error: &Error) -> bool {
    error.message() == crate::chart::OUTSIDE
}
