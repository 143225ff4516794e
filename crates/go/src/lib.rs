//! Go's library where its bytes and texts matter: the same numbers, quotes, dates, paths, patterns and error texts.
//!
//! Each module is named after the Go package whose behaviour it has; [`glob`], [`semver`] and [`decimal`] are Go modules
//! that many Go programs use.
//!
//! ```
//! assert_eq!(go::strconv::quote(b"caf\xc3\xa9\n\xff"), r#""café\n\xff""#);
//! assert_eq!(go::path::clean(b"a/../b//c"), b"b/c");
//! ```

pub mod csv;
pub mod decimal;
pub mod error;
pub mod glob;
pub mod path;
pub mod regexp;
pub mod semver;
pub mod stack;
pub mod strconv;
pub mod tar;
pub mod time;
pub mod url;
pub mod utf8;

pub use error::{Error, Result};
