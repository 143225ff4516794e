//! The `OpenAPI` description of the service.

/// The description in JSON, version 3.0.
pub(super) const TEXT: &str = include_str!("openapi.json");

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_json_and_its_references_lead_somewhere() {
        let document: serde_json::Value = serde_json::from_str(super::TEXT).unwrap();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
        for path in ["/api/v2/manifest/bake/{type}", "/health", "/healthz", "/readyz", "/metrics", "/openapi.json"] {
            assert!(document["paths"].get(path).is_some(), "{path}");
        }
    }
}
