//! Output that differs from bake to bake although nothing was changed: templates that ask for the time or for randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::path;
use super::rule::RuleFindings;
use super::{objects::Object, objects::Release};
use crate::error::Result;
use crate::host::{FixedHost, Host};
use crate::manifest::Manifest;
use crate::run::Run;
use crate::yaml::{Data, Node};
use go::stack::with_stack;

/// A clock and randomness that remember whether a template asked for them.
#[derive(Debug)]
pub(super) struct Witness {
    host: FixedHost,
    asked: AtomicBool,
}

impl Witness {
    /// The witness of the first bake, or of a second one at another time and with other randomness.
    pub(super) fn new(second: bool) -> Arc<Witness> {
        // not the same in any part that a layout of a date can show
        let (now, seed) = if second { ((1_911_009_045, 987_654_321), 2) } else { ((1_704_164_645, 123_456_789), 1) };
        Arc::new(Witness { host: FixedHost::new(now, seed), asked: AtomicBool::new(false) })
    }

    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Host for Witness {
    fn now(&self) -> (i64, u32) {
        self.asked.store(true, Ordering::Relaxed);
        self.host.now()
    }

    fn time_zone(&self) -> String {
        self.host.time_zone()
    }

    fn random(&self, bytes: &mut [u8]) -> Result<()> {
        self.asked.store(true, Ordering::Relaxed);
        self.host.random(bytes)
    }
}

/// Reports the first field of each object that differs between two bakes of the same values.
///
/// Errors: a document cannot be read.
pub(super) fn compare(first: &Manifest, second: &Manifest, run: &Run, found: &mut RuleFindings<'_>) -> Result<()> {
    let read = |manifest: &Manifest| Release::new("", "", manifest.objects(), run);
    let (first, second) = (read(first)?, read(second)?);
    for (one, other) in first.objects.iter().zip(&second.objects) {
        if one.name != other.name {
            say(one, "metadata.name".to_owned(), found);
        } else if let Some(place) = difference(&one.node, &other.node, "") {
            say(one, place, found);
        }
    }
    Ok(())
}

fn say(object: &Object, place: String, found: &mut RuleFindings<'_>) {
    found
        .on(object, place, "a template makes this of the time or of randomness: it differs in every bake")
        .fix("set the value in the values, or read a Secret that exists; then two bakes can be compared");
}

/// The path of the first field that differs.
fn difference(one: &Node, other: &Node, place: &str) -> Option<String> {
    match (&one.data, &other.data) {
        (Data::Map(one), Data::Map(other)) if one.len() == other.len() => with_stack(|| {
            one.iter().find_map(|(key, value)| {
                let place = path::key(place, &key.to_string_lossy());
                other.get(key).map_or_else(|| Some(place.clone()), |other| difference(value, other, &place))
            })
        }),
        (Data::List(one), Data::List(other)) if one.len() == other.len() => with_stack(|| {
            let pairs = one.iter().zip(other).enumerate();
            pairs.into_iter().find_map(|(at, (one, other))| difference(one, other, &path::index(place, at)))
        }),
        (one, other) => (one != other).then(|| place.to_owned()),
    }
}
