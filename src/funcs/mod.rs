//! Sprig's and Helm's template functions: one file per theme, one table per file.
//!
//! The union of the tables and the builtins of the engine is the function map of Helm 3.22. A test compares it with the
//! full list.

// every function of a table has the signature of one
#![allow(clippy::unnecessary_wraps)]

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
mod semver;
mod sprig;
mod strings;
#[cfg(test)]
mod testing;
mod url;
mod values;

use std::sync::Arc;

use crate::host::Host;
use crate::template::Func;

/// The environment of Helm's functions. The engine passes it to them as [`crate::template::Context::env`].
#[derive(Clone, Debug)]
pub struct Env {
    /// The clock and the randomness.
    pub host: Arc<dyn Host>,
    /// What a template asks of a cluster or of the network.
    pub outside: Outside,
}

/// Whether a call that needs a cluster or the network fails, or gets the empty answer that Helm gives without them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// `lookup` fails. Helm: `--dry-run=server`.
    pub refuse_lookup: bool,
    /// `getHostByName` fails. Helm: `--enable-dns`.
    pub refuse_names: bool,
}

pub(crate) use helm::ROOT;

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

/// The methods of `.Values`, which hide entries with the same names.
pub(crate) const VALUES_METHODS: &[Func] = values::METHODS;

/// Every function of Helm's map that is not a builtin of the template engine.
pub fn all() -> impl Iterator<Item = &'static Func> {
    THEMES.iter().copied().flatten()
}

/// The functions of `--name-template`: Sprig's alone.
pub(crate) fn sprig() -> impl Iterator<Item = &'static Func> {
    all().filter(|func| !helm::ONLY_HELM.contains(&func.name)).chain(sprig::FUNCS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::template::FuncTable;

    /// Names of every function that Helm's templates know, one a line.
    const HELM: &str = include_str!("../../testdata/functions.txt");

    #[test]
    fn the_functions_are_helm_s() {
        let table = FuncTable::new(all());
        let ours: BTreeSet<&str> = table.names().collect();
        let helm: BTreeSet<&str> = HELM.lines().collect();
        let missing: Vec<_> = helm.difference(&ours).collect();
        let unknown: Vec<_> = ours.difference(&helm).collect();
        assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}, unknown: {unknown:?}");
    }

    #[test]
    fn no_name_stands_in_two_tables() {
        let mut seen = BTreeSet::new();
        let twice: Vec<_> = all().map(|f| f.name).filter(|name| !seen.insert(*name)).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
