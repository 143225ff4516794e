//! The fields of Kubernetes' own kinds, for the versions that `data/kubernetes/types.txt` has, those of Istio's kinds in
//! `data/istio/types.txt`, and the check of objects against them.
//!
//! The files are packed into the program and are unpacked by the first check of a process.

mod check;
mod types;

use std::sync::LazyLock;

pub(super) use check::{Problem, Want, check};
use types::Types;
pub(super) use types::api_version;

use super::objects::Object;

/// The text of the types.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    use std::io::Read as _;

    let packed: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/types.bin"));
    let mut text = String::new();
    // what the build packed can be unpacked; without it, no kind is known
    let _ = flate2::read::DeflateDecoder::new(packed).read_to_string(&mut text);
    text
});

static TYPES: LazyLock<Types> = LazyLock::new(|| Types::read(&TEXT));

/// What a version of Kubernetes makes of the kind of an object.
pub(super) enum Known {
    /// It serves the kind.
    Served,
    /// It does not serve this version of the kind, but these; `removed` is the first minor version without it, if known.
    Otherwise { removed: Option<u32>, serves: Vec<String> },
    /// The group has no such kind; the groups and versions that have one.
    Nowhere(Vec<String>),
    /// The kind is not one of Kubernetes, or of a version that is not known.
    Foreign,
}

/// Groups whose kinds are all Kubernetes' own: an extension cannot add one.
const CLOSED: [&str; 6] = ["", "apps", "autoscaling", "batch", "extensions", "policy"];

/// Versions of groups that are no longer served, and the first minor version without them.
const REMOVED: [(&str, &str, u32); 28] = [
    ("extensions", "v1beta1", 22),
    ("apps", "v1beta1", 16),
    ("apps", "v1beta2", 16),
    ("admissionregistration.k8s.io", "v1beta1", 22),
    ("apiextensions.k8s.io", "v1beta1", 22),
    ("apiregistration.k8s.io", "v1beta1", 22),
    ("authentication.k8s.io", "v1beta1", 22),
    ("authorization.k8s.io", "v1beta1", 22),
    ("certificates.k8s.io", "v1beta1", 22),
    ("coordination.k8s.io", "v1beta1", 22),
    ("networking.k8s.io", "v1beta1", 22),
    ("rbac.authorization.k8s.io", "v1alpha1", 22),
    ("rbac.authorization.k8s.io", "v1beta1", 22),
    ("scheduling.k8s.io", "v1alpha1", 22),
    ("scheduling.k8s.io", "v1beta1", 22),
    ("storage.k8s.io", "v1beta1", 22),
    ("autoscaling", "v2beta1", 25),
    ("batch", "v1beta1", 25),
    ("discovery.k8s.io", "v1beta1", 25),
    ("events.k8s.io", "v1beta1", 25),
    ("node.k8s.io", "v1beta1", 25),
    ("policy", "v1beta1", 25),
    ("autoscaling", "v2beta2", 26),
    ("flowcontrol.apiserver.k8s.io", "v1alpha1", 21),
    ("flowcontrol.apiserver.k8s.io", "v1beta1", 26),
    ("flowcontrol.apiserver.k8s.io", "v1beta2", 29),
    ("flowcontrol.apiserver.k8s.io", "v1beta3", 32),
    ("batch", "v2alpha1", 21),
];

/// What version `minor` (of 1.x) makes of the kind of an object; without a version, the newest that is known.
pub(super) fn known(object: &Object, minor: Option<u32>) -> Known {
    let (group, version, kind) = (object.group.as_str(), object.version.as_str(), object.kind.as_str());
    let types = &*TYPES;
    let (Some(oldest), Some(newest)) = (types.oldest(), types.newest()) else { return Known::Foreign };
    let minor = minor.unwrap_or(newest);
    if types.kind(group, version, kind, minor).is_some() {
        return Known::Served;
    }
    let removed = REMOVED.iter().find(|row| row.0 == group && row.1 == version).map(|row| row.2);
    let gone = types.last_with(group, version, kind).map(|last| last + 1);
    let removed = gone.or(removed).filter(|removed| *removed <= minor);
    // versions before and after those that are known may have what these do not
    if removed.is_none() && !(oldest..=newest).contains(&minor) {
        return Known::Foreign;
    }
    let mut serves = types.versions_of(Some(group), kind, minor);
    if serves.is_empty() && group == "extensions" {
        serves = types.versions_of(None, kind, minor);
    }
    if !serves.is_empty() || removed.is_some() && (types.has_group(group) || group == "extensions") {
        return Known::Otherwise { removed, serves };
    }
    if CLOSED.contains(&group) && !kind.is_empty() {
        return Known::Nowhere(types.versions_of(None, kind, minor));
    }
    Known::Foreign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_types_is_understood() {
        let lines = || TEXT.lines().filter(|line| !line.starts_with('#'));
        let fields = lines().filter(|line| line.starts_with(' ') && *line != " *").count();
        let types = lines().filter(|line| !line.starts_with(' ') && !line.starts_with("versions ")).count();
        assert_eq!((TYPES.all().count(), TYPES.all().map(types::Type::len).sum()), (types, fields));
        let strange: Vec<_> = TYPES.all().flat_map(types::Type::strange).collect();
        assert!(types > 500 && strange.is_empty(), "{types} types; {strange:?}");
        let minors: Vec<u32> = (TYPES.oldest().unwrap()..=TYPES.newest().unwrap()).collect();
        assert_eq!(TYPES.minors(), minors);
    }
}
