//! The request body that Orca sends. Rosco: `BakeManifestRequest.java`, `HelmBakeManifestRequest.java`.

use serde::{Deserialize, Deserializer};

use super::artifact::Artifact;
use super::failure::Failure;
use super::jackson;
use super::overrides::Overrides;

/// Maximum number of artifacts of one bake.
const MAX_ARTIFACTS: usize = 64;
/// The names of Rosco's renderers, in its order.
const RENDERERS: [&str; 7] = ["HELM2", "HELM3", "KUSTOMIZE", "KUSTOMIZE4", "KUSTOMIZE5", "HELMFILE", "CF"];

/// One bake of a chart with values. Unknown fields are ignored, as in Rosco.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BakeRequest {
    /// The renderer; the default is Helm 3. The type in the path does not matter.
    #[serde(deserialize_with = "renderer")]
    pub template_renderer: Option<Renderer>,
    /// The release name.
    #[serde(deserialize_with = "jackson::text")]
    pub output_name: Option<String>,
    /// The name of the resulting artifact.
    #[serde(deserialize_with = "jackson::text")]
    pub output_artifact_name: Option<String>,
    /// The namespace of the release; empty means none.
    #[serde(deserialize_with = "jackson::text")]
    pub namespace: Option<String>,
    /// The chart, then the values files in order.
    #[serde(deserialize_with = "or_default")]
    pub input_artifacts: Vec<Artifact>,
    /// Values on top of the files.
    #[serde(deserialize_with = "or_default")]
    pub overrides: Overrides,
    /// Whether overrides are typed as in `--set` instead of text.
    #[serde(deserialize_with = "jackson::bool")]
    pub raw_overrides: bool,
    /// Whether to print the CRDs of the chart.
    #[serde(rename = "includeCRDs", deserialize_with = "jackson::bool")]
    pub include_crds: bool,
    /// The chart's folder in the tarball of a `git/repo` or `helm/image`.
    #[serde(deserialize_with = "jackson::text")]
    pub helm_chart_file_path: Option<String>,
    /// API versions of the cluster, separated by commas.
    #[serde(deserialize_with = "jackson::text")]
    pub api_versions: Option<String>,
    /// The Kubernetes version of the cluster.
    #[serde(deserialize_with = "jackson::text")]
    pub kube_version: Option<String>,
}

/// The renderer of a bake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Renderer {
    /// Helm 2: its flags are accepted, and templates are rendered as in Helm 3.
    Helm2,
    /// Helm 3.
    Helm3,
    /// Another of Rosco's renderers. Under a Helm path, Rosco runs Helm 3 for it, and so does this.
    Other,
}

impl BakeRequest {
    /// Parses a request from JSON.
    ///
    /// Errors: the text is not a request. For an unknown renderer, the message is that of Jackson.
    pub fn from_json(text: &[u8]) -> Result<BakeRequest, Failure> {
        // serde would accept a list as the fields in order
        if text.trim_ascii_start().first() != Some(&b'{') {
            return Err(Failure::request("the body must be a JSON object"));
        }
        serde_json::from_slice(text).map_err(|e| Failure::request(e.to_string()))
    }

    /// Checks the request before anything is fetched.
    ///
    /// Errors: the request is not valid; messages are those of Rosco where it has one.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.input_artifacts.is_empty() {
            return Err(Failure::request("At least one input artifact must be provided to bake"));
        }
        if self.input_artifacts.len() > MAX_ARTIFACTS {
            return Err(Failure::request(format!("a bake may have at most {MAX_ARTIFACTS} input artifacts")));
        }
        if self.output_name.is_none() {
            return Err(Failure::missing("outputName is required: it is the release name"));
        }
        match self.namespace() {
            Some(namespace) if !crate::dns::is_label(namespace) => Err(Failure::request(format!(
                "namespace {namespace:?} is not a valid Kubernetes name: use at most 63 lower-case letters, digits and inner dashes"
            ))),
            _ => Ok(()),
        }
    }

    /// The namespace, if the request has one.
    pub(super) fn namespace(&self) -> Option<&str> {
        said(self.namespace.as_ref())
    }

    /// The chart and its values files.
    pub(super) fn chart_and_values(&self) -> (Option<&Artifact>, &[Artifact]) {
        self.input_artifacts.split_first().map_or((None, &[]), |(chart, values)| (Some(chart), values))
    }
}

/// A string that is not empty.
pub(super) fn said(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

fn renderer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Renderer>, D::Error> {
    match Option::<String>::deserialize(from)?.as_deref() {
        None => Ok(None),
        Some("HELM2") => Ok(Some(Renderer::Helm2)),
        Some("HELM3") => Ok(Some(Renderer::Helm3)),
        Some(name) if RENDERERS.contains(&name) => Ok(Some(Renderer::Other)),
        Some(name) => Err(serde::de::Error::custom(format!(
            "Cannot deserialize value of type `TemplateRenderer` from String {name:?}: not one of the values accepted for Enum class: [{}]",
            RENDERERS.join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_orca_sends_it() {
        let request = BakeRequest::from_json(
            br#"{"templateRenderer":"HELM3","outputName":"my-app","outputArtifactName":"my-app-deploy","namespace":"azar",
             "overrides":{"flag":true,"replicas":4,"version":"1.2.3"},"includeCRDs":true,"rawOverrides":null,"values":null,
             "inputArtifacts":[{"type":"helm/chart","name":"chart","metadata":{"id":"d1"},"artifactAccount":"harbor"}]}"#,
        )
        .unwrap();
        assert_eq!(request.template_renderer, Some(Renderer::Helm3));
        assert!(request.include_crds && !request.raw_overrides);
        assert_eq!(request.input_artifacts[0].artifact_account.as_deref(), Some("harbor"));
        assert!(request.check().is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_before_anything_is_fetched() {
        let artifact = r#""inputArtifacts":[{"type":"helm/chart"}]"#;
        let many = format!(r#""outputName":"a","inputArtifacts":[{}{{}}]"#, "{},".repeat(64));
        for (body, want) in [
            ("", "At least one input artifact must be provided to bake"),
            (r#""inputArtifacts":null"#, "At least one input artifact must be provided to bake"),
            (artifact, "outputName is required: it is the release name"),
            (many.as_str(), "a bake may have at most 64 input artifacts"),
        ] {
            let request = BakeRequest::from_json(format!("{{{body}}}").as_bytes()).unwrap();
            assert_eq!(request.check().unwrap_err().message(), want, "{body}");
        }
        for (namespace, good) in
            [("", true), ("azar", true), ("a-1", true), ("-a", false), ("a\nkind: Evil", false), ("Azar", false)]
        {
            let body = format!("{{\"outputName\":\"a\",\"namespace\":{namespace:?},{artifact}}}");
            assert_eq!(BakeRequest::from_json(body.as_bytes()).unwrap().check().is_ok(), good, "{namespace:?}");
        }
    }

    #[test]
    fn a_renderer_must_be_spelt_as_rosco_spells_it() {
        let error = BakeRequest::from_json(br#"{"templateRenderer":"helm3"}"#).unwrap_err();
        assert!(
            error.message().starts_with("Cannot deserialize value of type `TemplateRenderer` from String \"helm3\"")
        );
        let request = BakeRequest::from_json(br#"{"templateRenderer":"KUSTOMIZE4"}"#).unwrap();
        assert_eq!(request.template_renderer, Some(Renderer::Other));
    }

    #[test]
    fn scalars_are_forgiven_and_structures_are_not() {
        let request = BakeRequest::from_json(br#"{"outputName":12,"kubeVersion":1.31,"rawOverrides":"true"}"#).unwrap();
        assert_eq!(request.output_name.as_deref(), Some("12"));
        assert_eq!(request.kube_version.as_deref(), Some("1.31"));
        assert!(request.raw_overrides);
        for body in ["", "[]", "{\"outputName\":{}}", "{\"overrides\":[]}", "{\"rawOverrides\":5}", "{\"a\":"] {
            assert!(BakeRequest::from_json(body.as_bytes()).is_err(), "{body}");
        }
    }
}
