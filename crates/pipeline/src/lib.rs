#![doc = include_str!("../README.md")]

pub mod catalog;
pub mod check;
pub mod diff;
pub mod init;
pub mod json;
mod model;
pub mod store;
pub mod sync;
pub mod template;
pub mod yaml;

#[doc(inline)]
pub use gotemplate::error::{Error, ErrorKind, Location, Result};
#[doc(inline)]
pub use json::{Json, Number, Object};
pub use model::{Mark, Pipeline, PipelineKey, Wanted};
