//! Services in their folders: which stacks there are, which layers make a stack, and what a bake of it writes.

mod app;
mod output;

pub use app::{App, ChartChoice, Layout};
pub use output::write_objects;
