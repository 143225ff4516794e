//! The rules by what they read.

mod artifacts;
mod charts;
mod expressions;
mod fields;
mod graph;
mod judgment;
mod manifests;
mod names;
mod parameters;
mod policy;
mod references;
mod triggers;
mod types;

use super::Context;

/// Runs all rules over one pipeline.
pub(super) fn check(context: &mut Context<'_, '_>) {
    names::check(context);
    fields::check(context);
    graph::check(context);
    artifacts::check(context);
    charts::check(context);
    references::check(context);
    parameters::check(context);
    expressions::check(context);
    manifests::check(context);
    judgment::check(context);
    triggers::check(context);
    policy::check(context);
}
