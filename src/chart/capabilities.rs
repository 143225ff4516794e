//! The capabilities of the cluster, without a cluster. Helm: `pkg/chartutil/capabilities.go`.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::value::Str;
use go::strconv::quote;

/// `.Capabilities`: the version of Kubernetes, its API versions and Helm's own version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// `.Capabilities.KubeVersion`
    pub kube_version: KubeVersion,
    /// `.Capabilities.APIVersions`
    pub api_versions: Arc<[Str]>,
}

/// A version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// `v1.37.0`
    pub version: String,
    /// `1`
    pub major: String,
    /// `37`
    pub minor: String,
}

/// `.Capabilities.HelmVersion.Version`.
pub(crate) const HELM_VERSION: &str = "v3.22.0";
/// `.Capabilities.HelmVersion.GoVersion`.
pub(super) const GO_VERSION: &str = "go1.26.8";

impl Capabilities {
    /// The defaults of Helm 3.22.0.
    pub fn default_set() -> Self {
        Capabilities {
            kube_version: KubeVersion { version: "v1.37.0".into(), major: "1".into(), minor: "37".into() },
            api_versions: API_VERSIONS.iter().map(|v| Str::from(*v)).collect(),
        }
    }

    /// The same with another version of Kubernetes, as `--kube-version` gives it.
    ///
    /// Errors: the text is not a version.
    pub fn with_kube_version(mut self, version: &str) -> Result<Self> {
        self.kube_version =
            KubeVersion::parse(version).map_err(|e| e.with_prefix(&format!("invalid kube version '{version}': ")))?;
        Ok(self)
    }

    /// The same with more API versions, as `--api-versions` gives them.
    #[must_use]
    pub fn with_api_versions<S: AsRef<str>>(mut self, more: impl IntoIterator<Item = S>) -> Self {
        let more = more.into_iter().map(|v| Str::from(v.as_ref()));
        self.api_versions = self.api_versions.iter().cloned().chain(more).collect();
        self
    }
}

impl Default for Capabilities {
    fn default() -> Self {
        Capabilities::default_set()
    }
}

impl KubeVersion {
    /// Parses `v1.34.0` or `1.34`; anything after the numbers is dropped. Helm: `ParseKubeVersion`; Kubernetes:
    /// `version.ParseGeneric`. The error is the text after `invalid kube version '...': `.
    pub fn parse(text: &str) -> Result<Self> {
        let fail = |message: String| Err(Error::new(ErrorKind::Usage, message));
        let quoted = quote(text.as_bytes());
        let white = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
        let start = text.trim_start_matches(white);
        let start = start.strip_prefix('v').unwrap_or(start);
        let mut parts: Vec<&str> = Vec::new();
        let mut rest = start;
        loop {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let Some((number, after)) = rest.split_at_checked(end).filter(|(number, _)| !number.is_empty()) else {
                break;
            };
            parts.push(number);
            rest = after;
            match after.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        if parts.is_empty() || rest.contains('\n') {
            return fail(format!("could not parse {quoted} as version"));
        }
        let [major, minor, ..] = parts.as_slice() else { return fail(format!("illegal version string {quoted}")) };
        if major.starts_with('0') && *major != "0" {
            let major = quote(major.as_bytes());
            return fail(format!("illegal zero-prefixed version component {major} in {quoted}"));
        }
        let mut numbers = Vec::with_capacity(parts.len());
        for part in &parts {
            let Ok(number) = part.parse::<u64>() else {
                let part = quote(part.as_bytes());
                return fail(format!(
                    "illegal non-numeric version component {part} in {quoted}: strconv.ParseUint: parsing {part}: value out of range"
                ));
            };
            numbers.push(number.to_string());
        }
        Ok(KubeVersion {
            version: format!("v{}", numbers.join(".")),
            major: numbers.first().cloned().unwrap_or_else(|| (*major).to_owned()),
            minor: numbers.get(1).cloned().unwrap_or_else(|| (*minor).to_owned()),
        })
    }
}

/// The API versions that Helm 3.22.0 was built with, in its order.
const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kube_versions_are_read_as_kubernetes_reads_them() {
        for (text, want) in [
            ("1.34", "v1.34"),
            ("v1.34.0", "v1.34.0"),
            (" v1.34.2-gke.100+x", "v1.34.2"),
            ("1.34.1.2", "v1.34.1.2"),
            ("1.034", "v1.34"),
            ("1.2.", "v1.2"),
        ] {
            assert_eq!(KubeVersion::parse(text).unwrap().version, want, "{text}");
        }
        for (text, want) in [
            ("x", "could not parse \"x\" as version"),
            ("", "could not parse \"\" as version"),
            ("1", "illegal version string \"1\""),
            ("01.2", "illegal zero-prefixed version component \"01\" in \"01.2\""),
            (
                "1.99999999999999999999999",
                "illegal non-numeric version component \"99999999999999999999999\" in \"1.99999999999999999999999\": strconv.ParseUint: parsing \"99999999999999999999999\": value out of range",
            ),
        ] {
            assert_eq!(KubeVersion::parse(text).unwrap_err().to_string(), want, "{text}");
        }
    }
}
