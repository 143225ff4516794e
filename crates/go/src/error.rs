//! Errors as in Go: a text.

use std::borrow::Cow;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error with Go's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(Cow<'static, str>);

impl Error {
    /// An error with this text. Go: `errors.New`.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Error(text.into())
    }

    /// An error that can be compared, like Go's `Err...` variables.
    pub const fn known(text: &'static str) -> Self {
        Error(Cow::Borrowed(text))
    }
}
