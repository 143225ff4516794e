//! Services in their folders: which stacks there are, which layers make a stack, and what a bake of it writes.

mod app;
mod init;
mod output;

pub use app::{App, ChartChoice, Layout};
pub use init::{Start, nearest_schema, relative, write_file};
pub use output::write_objects;
