//! Spinnaker's artifacts, which a pipeline passes from stage to stage. kork: `model/Artifact.java`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::jackson;

/// The type of an artifact whose reference is its content in base64.
pub const EMBEDDED: &str = "embedded/base64";
/// The type of a built-in chart of this program; the name selects the chart.
pub const BUILTIN: &str = "builtin/chart";

/// An artifact of a pipeline: a chart, a values file, a manifest. Fields are serialized in Rosco's order, including nulls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Wire")]
pub struct Artifact {
    /// The type: `helm/chart`, `github/file`, `git/repo`, `embedded/base64`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether the type is defined by the user.
    pub custom_kind: bool,
    /// The name: that of a chart, or the path of a file in its repository.
    pub name: Option<String>,
    /// The version of a chart, or a branch.
    pub version: Option<String>,
    /// The location, for stores that have locations.
    pub location: Option<String>,
    /// The reference with which its store finds it, often a URL.
    pub reference: Option<String>,
    /// Other data.
    pub metadata: Map<String, Value>,
    /// The account that can read it.
    pub artifact_account: Option<String>,
    /// Its origin.
    pub provenance: Option<String>,
    /// Its id within a pipeline.
    pub uuid: Option<String>,
}

impl Artifact {
    /// An artifact that contains its content.
    pub fn embedded(name: Option<&str>, content: &[u8]) -> Self {
        Artifact {
            kind: Some(EMBEDDED.to_owned()),
            name: name.map(str::to_owned),
            reference: Some(data_encoding::BASE64.encode(content)),
            ..Artifact::default()
        }
    }

    /// The type, or an empty string.
    pub fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    /// The name, or an empty string.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// The artifact as Rosco's errors print it, with long references cut.
    pub(crate) fn describe(&self) -> String {
        let text = |field: &Option<String>| match field {
            Some(text) => text.chars().take(200).collect(),
            None => "null".to_owned(),
        };
        format!(
            "Artifact(type={}, customKind={}, name={}, version={}, location={}, reference={}, artifactAccount={}, uuid={})",
            text(&self.kind),
            self.custom_kind,
            text(&self.name),
            text(&self.version),
            text(&self.location),
            text(&self.reference),
            text(&self.artifact_account),
            text(&self.uuid)
        )
    }
}

/// An artifact in JSON: every field may be missing or null, and unknown keys belong to the metadata.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(rename = "type", deserialize_with = "jackson::text")]
    kind: Option<String>,
    custom_kind: Option<bool>,
    #[serde(deserialize_with = "jackson::text")]
    name: Option<String>,
    #[serde(deserialize_with = "jackson::text")]
    version: Option<String>,
    #[serde(deserialize_with = "jackson::text")]
    location: Option<String>,
    #[serde(deserialize_with = "jackson::text")]
    reference: Option<String>,
    metadata: Option<Map<String, Value>>,
    #[serde(deserialize_with = "jackson::text")]
    artifact_account: Option<String>,
    #[serde(deserialize_with = "jackson::text")]
    provenance: Option<String>,
    #[serde(deserialize_with = "jackson::text")]
    uuid: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl From<Wire> for Artifact {
    fn from(wire: Wire) -> Self {
        let mut metadata = wire.metadata.unwrap_or_default();
        // the name of the type in older clients; it is not metadata
        metadata.extend(wire.others.into_iter().filter(|(key, _)| key != "kind"));
        Artifact {
            kind: wire.kind,
            custom_kind: wire.custom_kind.unwrap_or_default(),
            name: wire.name,
            version: wire.version,
            location: wire.location,
            reference: wire.reference,
            metadata,
            artifact_account: wire.artifact_account,
            provenance: wire.provenance,
            uuid: wire.uuid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_rosco_prints_it() {
        let artifact = Artifact::embedded(Some("app-deploy"), b"---\n");
        assert_eq!(
            serde_json::to_string(&artifact).unwrap(),
            r#"{"type":"embedded/base64","customKind":false,"name":"app-deploy","version":null,"location":null,"reference":"LS0tCg==","metadata":{},"artifactAccount":null,"provenance":null,"uuid":null}"#
        );
    }

    #[test]
    fn it_reads_what_clients_send() {
        let artifact: Artifact = serde_json::from_str(
            r#"{"type":"helm/chart","kind":"x","customKind":null,"name":"c","version":1.5,"metadata":null,"id":"d1","more":[1]}"#,
        )
        .unwrap();
        assert_eq!((artifact.kind(), artifact.name()), ("helm/chart", "c"));
        assert_eq!(artifact.version.as_deref(), Some("1.5"));
        assert_eq!(Value::Object(artifact.metadata), serde_json::json!({"id": "d1", "more": [1]}));
    }
}
