//! An object without a namespace beside others that have one: it goes into the current namespace of whoever applies it.

use crate::lint::objects::{Object, Release};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B311",
    name: "missing-namespace",
    severity: Severity::Warning,
    about: "an object without a namespace, while others of the release have one",
    check: Check::Objects(check),
};

/// Cluster-scoped kinds, in groups whose other kinds are namespaced.
const OF_CLUSTER: &[&str] = &[
    "ClusterRole",
    "ClusterRoleBinding",
    "ComponentStatus",
    "GatewayClass",
    "IngressClass",
    "IPAddress",
    "Namespace",
    "Node",
    "PersistentVolume",
    "ServiceCIDR",
];

/// Groups whose kinds are all known.
const GROUPS: &[&str] = &[
    "",
    "apps",
    "autoscaling",
    "batch",
    "gateway.networking.k8s.io",
    "networking.istio.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "security.istio.io",
    "telemetry.istio.io",
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    let Some(other) = release.objects.iter().find(|object| object.namespace.is_some()) else { return };
    let namespace = other.namespace.as_deref().unwrap_or_default();
    for object in
        release.objects.iter().filter(|object| object.at(&["metadata", "namespace"]).is_none() && has_one(object))
    {
        let Object { kind, name, .. } = object;
        found
            .on(
                object,
                "metadata.namespace",
                format!("{kind} {name} has no namespace, while {} {} has {namespace:?}", other.kind, other.name),
            )
            .values_text(&["extraObjects"], name)
            .fix("add `namespace: {{ .Release.Namespace }}` to the template of the object, or remove the namespace from all objects");
    }
}

/// Whether objects of its kind are namespaced; false for unknown kinds.
fn has_one(object: &Object) -> bool {
    GROUPS.contains(&object.group.as_str()) && !OF_CLUSTER.contains(&object.kind.as_str()) && !object.name.is_empty()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let first = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}";
        let bare = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}";
        let missing = "Deployment/b metadata.namespace: Deployment b has no namespace, while Service a has \"shop\"";
        for (text, want) in [
            (format!("{first}\n---\n{bare}"), vec![missing]),
            (bare.to_owned(), vec![]),
            (format!("{bare}\n---\n{bare}"), vec![]),
            (format!("{first}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: b}}"), vec![]),
            (format!("{first}\n---\napiVersion: example.com/v1\nkind: Own\nmetadata: {{name: b}}"), vec![]),
        ] {
            assert_eq!(objects(&RULE, &text), want, "{text}");
        }
    }
}
