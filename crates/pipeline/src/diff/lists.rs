//! What the items of a list are called, and whether their order counts.

use crate::{Json, Object};

/// A list, as far as a comparison must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Items with a name in a field; the order means nothing.
    Named(&'static [&'static str]),
    /// Items with a name in a field; another order is a change.
    Ordered(&'static [&'static str]),
    /// Texts of which only the presence counts.
    Set,
    /// Objects of which only the presence counts, told apart by all that they say.
    Objects,
    /// Anything else: the order counts.
    Plain,
}

/// The kind of the list at a key. `in_manifest`: within an object of Kubernetes.
pub(super) fn list(key: &str, in_manifest: bool) -> List {
    if in_manifest {
        return match key {
            "containers" | "initContainers" | "env" | "volumes" | "ports" | "imagePullSecrets" => {
                List::Named(&["name"])
            }
            "volumeMounts" => List::Named(&["mountPath"]),
            _ => List::Plain,
        };
    }
    match key {
        "stages" => List::Named(&["refId"]),
        "expectedArtifacts" => List::Named(&["id", "displayName"]),
        "parameterConfig" => List::Ordered(&["name"]),
        "manifests" => List::Ordered(&["kind", "name"]),
        "triggers" | "notifications" => List::Objects,
        "requisiteStageRefIds" | "expectedArtifactIds" | "requiredArtifactIds" | "roles" | "status" => List::Set,
        "tags" => List::Named(&["name"]),
        _ => List::Plain,
    }
}

/// Whether what stands at a key is an object of Kubernetes, or a list of such.
pub(super) fn is_manifest(key: &str) -> bool {
    matches!(key, "manifest" | "manifests" | "patchBody")
}

/// The name of an item in brackets: `refId=1`, `kind=Service,name=web`. None if it lacks the fields.
pub(super) fn label(item: &Json, list: List) -> Option<String> {
    let object = item.as_object()?;
    match list {
        List::Named(["refId"]) => field(object, "refId"),
        List::Named(["id", ..]) => field(object, "displayName").or_else(|| field(object, "id")),
        List::Ordered(["kind", ..]) => {
            let name = object.get("metadata")?.get("name")?.as_str()?;
            Some(format!("{},name={name}", field(object, "kind")?))
        }
        List::Named([key, ..]) | List::Ordered([key, ..]) => field(object, key),
        List::Objects => field(object, "type"),
        List::Set | List::Plain | List::Named([]) | List::Ordered([]) => {
            field(object, "id").or_else(|| field(object, "name"))
        }
    }
}

fn field(object: &Object, key: &str) -> Option<String> {
    let value = match object.get(key)? {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.text().to_owned(),
        _ => return None,
    };
    Some(format!("{key}={value}")).filter(|_| !value.is_empty())
}
