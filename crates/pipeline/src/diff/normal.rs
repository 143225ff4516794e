//! What is compared: a pipeline without what the server or Deck adds to it.

use crate::{Json, Object, Pipeline};

/// Keys of a pipeline that the server sets, and those that Deck leaves behind.
const SERVERS: [&str; 11] = [
    "updateTs",
    "createTs",
    "lastModifiedBy",
    "lastModified",
    // Front50 numbers the pipelines of an application anew in each list
    "index",
    "appConfig",
    "parallel",
    "executionEngine",
    "stageCounter",
    "errorMsg",
    "isNew",
];

/// A pipeline as it is compared: without the keys of the server and of Deck, and without what means the same as nothing: null,
/// the schema `1`, no triggers. Front50: what its answers add to what was saved.
pub fn normal(pipeline: &Pipeline) -> Pipeline {
    let mut made = pipeline.clone();
    clean(made.object_mut());
    made
}

fn clean(object: &mut Object) {
    object.retain(|key, value| match value {
        _ if SERVERS.contains(&key.as_str()) => false,
        Json::Null => false,
        Json::String(text) => !(key == "schema" && text == "1"),
        Json::Array(items) => !(key == "triggers" && items.is_empty()),
        _ => true,
    });
    for key in ["stages", "triggers", "expectedArtifacts", "parameterConfig", "notifications"] {
        let Some(Json::Array(items)) = object.get_mut(key) else { continue };
        for item in items.iter_mut().filter_map(Json::as_object_mut) {
            item.shift_remove("isNew");
            if key == "stages" {
                item.retain(|_, value| *value != Json::Null);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (text, want) in [
            (
                r#"{"name":"a","updateTs":"1","lastModifiedBy":"x","schema":"1","triggers":[],"email":null}"#,
                r#"{"name":"a"}"#,
            ),
            (
                r#"{"schema":"v2","triggers":[{"type":"git","isNew":true}]}"#,
                r#"{"schema":"v2","triggers":[{"type":"git"}]}"#,
            ),
            (
                r#"{"stages":[{"refId":"1","isNew":true,"account":null,"x":{"y":null}}]}"#,
                r#"{"stages":[{"refId":"1","x":{"y":null}}]}"#,
            ),
        ] {
            assert_eq!(normal(&Pipeline::read(text.as_bytes()).unwrap()).into_json().to_string(), want);
        }
    }
}
