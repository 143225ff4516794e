//! Chart.yaml as data. Helm: `pkg/chart/metadata.go`, `pkg/chart/dependency.go`.

use indexmap::IndexMap;

use crate::yaml::Node;

/// The fields of Chart.yaml.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Metadata {
    /// `name`
    pub name: String,
    /// `home`
    pub home: String,
    /// `sources`; `None` if absent.
    pub sources: Option<Vec<String>>,
    /// `version`
    pub version: String,
    /// `description`
    pub description: String,
    /// `keywords`
    pub keywords: Option<Vec<String>>,
    /// `maintainers`
    pub maintainers: Option<Vec<Maintainer>>,
    /// `icon`
    pub icon: String,
    /// `apiVersion`: `v1` or `v2`.
    pub api_version: String,
    /// `condition`
    pub condition: String,
    /// `tags`
    pub tags: String,
    /// `appVersion`
    pub app_version: String,
    /// `deprecated`
    pub deprecated: bool,
    /// `annotations`
    pub annotations: Option<IndexMap<String, String>>,
    /// `kubeVersion`: a range.
    pub kube_version: String,
    /// `dependencies`, for v1 charts from requirements.yaml.
    pub dependencies: Option<Vec<Dependency>>,
    /// `type`: `application` or `library`.
    pub chart_type: String,
}

/// A maintainer.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Maintainer {
    /// `name`
    pub name: String,
    /// `email`
    pub email: String,
    /// `url`
    pub url: String,
}

/// A declared dependency.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Dependency {
    /// `name`
    pub name: String,
    /// `version`: a range.
    pub version: String,
    /// `repository`
    pub repository: String,
    /// `condition`: comma-separated paths into the values.
    pub condition: String,
    /// `tags`
    pub tags: Option<Vec<String>>,
    /// `enabled`
    pub enabled: bool,
    /// `import-values`: strings or `{child, parent}` maps.
    pub import_values: Option<Vec<Node>>,
    /// `alias`
    pub alias: String,
}

/// Chart.lock.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Lock {
    /// `generated`, as written.
    pub generated: String,
    /// `digest`
    pub digest: String,
    /// The locked dependencies.
    pub dependencies: Vec<Dependency>,
}
