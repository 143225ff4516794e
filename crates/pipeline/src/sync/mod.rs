//! Brings a store to what templates make: a plan that says what would be saved, and a run of it that overwrites nobody's work.

mod apply;
mod journal;
mod plan;

pub use apply::{ApplyOptions, Outcome, Progress, Report, apply};
pub use journal::{Entry, Journal, Run};
pub use plan::{Action, ActionKind, Plan, PlanOptions, Problem};
