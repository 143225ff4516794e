#![doc = include_str!("../README.md")]

pub mod big;
pub mod csv;
pub mod decimal;
pub mod error;
pub mod glob;
pub mod json;
pub mod netip;
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
