//! Names of objects that the API server refuses.

use super::is_of;
use crate::lint::field::{Field, Report};
use crate::lint::kubernetes::{Known, known};
use crate::lint::objects::{Object, Release};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_dns_label, is_service_name, is_subdomain};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B503",
    name: "object-name",
    severity: Severity::Error,
    about: "a name or namespace of an object that the cluster refuses for its kind",
    check: Check::Objects(check),
};

const LABEL: &str = "at most 63 lower-case letters, digits and hyphens, with a letter or digit at both ends";
const DOMAIN: &str = "at most 253 lower-case letters, digits, hyphens and dots, with letters or digits around the dots";

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        let is_own = matches!(known(object, release.minor), Known::Served);
        let root = Field::root(object);
        let mut report = Report::new(object, found);
        let Some(metadata) = root.get("metadata") else {
            if is_own && !object.kind.ends_with("List") && !object.kind.ends_with("Review") {
                report.say(&root, "metadata", "the object has no metadata, so it has no name", "add metadata.name");
            }
            continue;
        };
        let Some(name) = metadata.text("name") else {
            if is_own && !metadata.has("name") && !metadata.has("generateName") {
                report.say(&metadata, "name", "the object has no name", "add metadata.name");
            }
            continue;
        };
        let (fits, what): (bool, &str) = match object.kind.as_str() {
            "Service" if object.group.is_empty() => {
                // version 1.36 allows a digit at the start
                let fits = if release.minor.is_none_or(|minor| minor >= 36) { is_dns_label } else { is_service_name };
                (fits(name), LABEL)
            }
            "Namespace" if object.group.is_empty() => (is_dns_label(name), LABEL),
            "StatefulSet" if object.group == "apps" => (is_dns_label(name), LABEL),
            "CronJob" if object.group == "batch" => {
                let what =
                    "at most 52 characters, since its Jobs get a suffix, and otherwise letters, digits and hyphens";
                (name.len() <= 52 && is_subdomain(name), what)
            }
            // the name becomes a label of the pods
            "Job" if object.group == "batch" => (name.len() <= 63 && is_subdomain(name), LABEL),
            _ if is_path(object) => {
                (!matches!(name, "." | "..") && !name.contains(['/', '%']), "a text without / and %")
            }
            _ => (is_subdomain(name), DOMAIN),
        };
        if !fits {
            report.say(&metadata, "name", format!("the cluster refuses the name {name:?}"), format!("write {what}"));
        }
        if let Some(namespace) = metadata.text("namespace").filter(|name| !is_dns_label(name)) {
            let message = format!("the cluster refuses the namespace {namespace:?}");
            report.say(&metadata, "namespace", message, format!("write {LABEL}"));
        }
    }
}

/// Whether the name of an object is anything that fits into a path.
fn is_path(object: &Object) -> bool {
    object.group == "rbac.authorization.k8s.io"
        || object.group == "certificates.k8s.io"
        || is_of(object, "", &["Event"])
        || object.group == "events.k8s.io"
        // what is no object of a cluster has names of its own
        || !object.group.contains('.') && matches!(known(object, None), Known::Foreign)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let long = "a".repeat(64);
        for (kind, name, fits) in [
            ("v1, kind: Service", "1a", true),
            ("v1, kind: Service", "a.b", false),
            ("v1, kind: ConfigMap", "a.b", true),
            ("v1, kind: ConfigMap", "A", false),
            ("v1, kind: ConfigMap", "a_b", false),
            ("rbac.authorization.k8s.io/v1, kind: Role", "system:a_B", true),
            ("rbac.authorization.k8s.io/v1, kind: Role", "a/b", false),
            ("apps/v1, kind: StatefulSet", "a.b", false),
            ("apps/v1, kind: Deployment", &long, true),
            ("batch/v1, kind: Job", &long, false),
            ("batch/v1, kind: CronJob", long.get(..52).unwrap(), true),
            ("batch/v1, kind: CronJob", long.get(..53).unwrap(), false),
            ("networking.istio.io/v1, kind: Gateway", "a.b", true),
            ("networking.istio.io/v1, kind: Gateway", "a b", false),
        ] {
            let found = objects(&RULE, &format!("{{apiVersion: {kind}, metadata: {{name: '{name}'}}}}"));
            assert_eq!(found.is_empty(), fits, "{kind} {name}: {found:?}");
        }
        assert_eq!(
            objects(&RULE, "{apiVersion: v1, kind: Secret, metadata: {labels: {}}}"),
            ["Secret/ metadata.name: the object has no name"]
        );
        assert_eq!(
            objects(&RULE, "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: A_b}}"),
            ["Secret/a metadata.namespace: the cluster refuses the namespace \"A_b\""]
        );
    }
}
