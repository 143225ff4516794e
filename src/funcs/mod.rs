//! Sprig's and Helm's template functions: one file per theme, one table per file.
//!
//! The union of the tables, with the engine's own builtins, is Helm 3.22's function map; a test holds it against the
//! full list.

mod args;
mod convert;
mod crypto;
mod dates;
mod dicts;
mod encoding;
mod flow;
mod helm;
mod lists;
mod math;
mod path;
mod random;
mod regex;
mod runes;
mod semver;
mod strings;
mod url;

use std::sync::Arc;

use crate::host::Host;
use crate::template::Func;

/// What Helm's functions see of the world; the engine hands it to them as [`crate::template::Context::env`].
#[derive(Clone, Debug)]
pub struct Env {
    /// The clock and the randomness.
    pub host: Arc<dyn Host>,
}

const THEMES: &[&[Func]] = &[
    convert::FUNCS,
    crypto::FUNCS,
    dates::FUNCS,
    dicts::FUNCS,
    encoding::FUNCS,
    flow::FUNCS,
    helm::FUNCS,
    lists::FUNCS,
    math::FUNCS,
    path::FUNCS,
    random::FUNCS,
    regex::FUNCS,
    semver::FUNCS,
    strings::FUNCS,
    url::FUNCS,
];

/// Every function of Helm's map that is not a builtin of the template engine.
pub fn all() -> impl Iterator<Item = &'static Func> {
    THEMES.iter().copied().flatten()
}
