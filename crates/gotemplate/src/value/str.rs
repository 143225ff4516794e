//! A Go string: shared, immutable bytes that are usually, but not always, UTF-8.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::limits::live;

/// A Go string. Cloning counts a reference; the bytes can be shared with a chart that other threads use.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Str(Arc<[u8]>);

/// Bytes that a string takes beside its text.
const HEAD: usize = 16;

impl Str {
    /// A new string, counted as long as it lives.
    #[inline]
    fn made(bytes: Arc<[u8]>) -> Self {
        if !bytes.is_empty() {
            live::add(HEAD + bytes.len());
        }
        Str(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, where the bytes are UTF-8.
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text with each invalid byte replaced by U+FFFD.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl Drop for Str {
    #[inline]
    fn drop(&mut self) {
        // the empty string of `Default` was never counted
        if Arc::strong_count(&self.0) == 1 && !self.0.is_empty() {
            live::sub(HEAD + self.0.len());
        }
    }
}

impl Deref for Str {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

// `Hash` of `Str` and of `[u8]` agree, so that maps can be asked with borrowed bytes.
impl Borrow<[u8]> for Str {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Str {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for Str {
    fn from(s: &str) -> Self {
        Str::made(s.as_bytes().into())
    }
}

impl From<&[u8]> for Str {
    fn from(s: &[u8]) -> Self {
        Str::made(s.into())
    }
}

impl From<String> for Str {
    fn from(s: String) -> Self {
        Str::made(s.into_bytes().into())
    }
}

impl From<Vec<u8>> for Str {
    fn from(s: Vec<u8>) -> Self {
        Str::made(s.into())
    }
}

impl From<Arc<[u8]>> for Str {
    fn from(s: Arc<[u8]>) -> Self {
        Str::made(s)
    }
}

impl From<Cow<'_, str>> for Str {
    fn from(s: Cow<'_, str>) -> Self {
        Str::made(s.as_bytes().into())
    }
}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == other.as_bytes()
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string_lossy(), f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}
