//! What the tests and benchmarks of this workspace share. It does not know the library that they test.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    // what is wrong in a test's own tools fails the test
    clippy::missing_panics_doc
)] // a test may

pub mod answers;
pub mod archive;
mod charts;
mod git;
pub mod need;
mod scratch;
mod serving;

pub use charts::charts;
pub use git::git;
pub use scratch::Scratch;
pub use serving::Serving;
