//! Variables of containers and references to fields of the pod that the API server refuses.

use super::{containers, pods};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_config_key, is_qualified_name, is_variable_name};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B508",
    name: "env-source",
    severity: Severity::Error,
    about: "a variable, or a reference to a field or resource of the pod, that the cluster refuses",
    check: Check::Objects(check),
};

const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

/// Fields that variables may refer to.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Fields that files of volumes may refer to.
const FILES: [&str; 5] =
    ["metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations"];

const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    containers(release, found, |container, _, _, report| {
        for variable in container.each("env") {
            self::variable(&variable, report);
        }
        for source in container.each("envFrom") {
            if super::at_most_one(&source, &["configMapRef", "secretRef"], "an item of envFrom", report) == 0 {
                let fix = "write configMapRef or secretRef with a name";
                report.say(&source, "", "an item of envFrom has neither configMapRef nor secretRef", fix);
            }
            for key in ["configMapRef", "secretRef"] {
                if let Some(inner) = source.get(key).filter(|inner| inner.text("name").is_none()) {
                    report.say(&inner, "name", format!("{key} has no name"), "add the name");
                }
            }
        }
    });
    pods(release, found, |spec, report| {
        for volume in spec.each("volumes") {
            volume.within(&["downwardAPI"], &mut |source| files(source, report));
            volume.within(&["projected"], &mut |projected| {
                for source in projected.each("sources") {
                    source.within(&["downwardAPI"], &mut |source| files(source, report));
                }
            });
        }
    });
}

fn variable(variable: &Field<'_>, report: &mut Report<'_, '_>) {
    if let Some(name) = variable.text("name").filter(|name| !is_variable_name(name)) {
        let fix = "write printable ASCII characters without =";
        report.say(variable, "name", format!("{name:?} is not the name of a variable"), fix);
    }
    let Some(from) = variable.get("valueFrom") else { return };
    let name = variable.text("name").unwrap_or_default();
    let what = format!("the variable {name}");
    match super::at_most_one(&from, &SOURCES, &what, report) {
        0 => {
            let fix = format!("write one of {}", SOURCES.join(", "));
            report.say(&from, "", format!("{what} has valueFrom without a source"), fix);
        }
        _ if variable.text("value").is_some() => {
            report.say(variable, "valueFrom", format!("{what} has both value and valueFrom"), "keep one of them");
        }
        _ => {}
    }
    if let Some(field) = from.get("fieldRef") {
        path(&field, &FIELDS, report);
    }
    if let Some(resource) = from.get("resourceFieldRef") {
        self::resource(&resource, report);
    }
    for key in ["configMapKeyRef", "secretKeyRef"] {
        let Some(source) = from.get(key) else { continue };
        if source.text("name").is_none() {
            report.say(&source, "name", format!("{key} of {what} has no name"), "add the name of the object");
        }
        if let Some(key) = source.text("key").filter(|key| !is_config_key(key)) {
            let fix = "write letters, digits, -, _ and .";
            report.say(&source, "key", format!("{key:?} is not a key of a ConfigMap or Secret"), fix);
        }
    }
}

/// The files of a volume with fields of the pod.
fn files(source: &Field<'_>, report: &mut Report<'_, '_>) {
    for item in source.each("items") {
        if super::at_most_one(&item, &["fieldRef", "resourceFieldRef"], "a file", report) == 0 {
            let fix = "write fieldRef or resourceFieldRef";
            report.say(&item, "", "a file has neither fieldRef nor resourceFieldRef", fix);
        }
        if let Some(field) = item.get("fieldRef") {
            path(&field, &FILES, report);
        }
        if let Some(resource) = item.get("resourceFieldRef") {
            if resource.text("containerName").is_none() {
                let message = "a resource in a file needs the name of its container";
                report.say(&resource, "containerName", message, "add containerName");
            }
            self::resource(&resource, report);
        }
    }
}

/// `metadata.name`, `metadata.labels['app']`
fn path(field: &Field<'_>, allowed: &[&str], report: &mut Report<'_, '_>) {
    let Some(path) = field.text("fieldPath") else { return };
    let key = path.strip_suffix("']").and_then(|rest| {
        rest.strip_prefix("metadata.labels['").or_else(|| rest.strip_prefix("metadata.annotations['"))
    });
    let fits = match key {
        Some(key) => is_qualified_name(&key.to_lowercase()),
        None => allowed.contains(&path),
    };
    if fits {
        return;
    }
    let meant = ["metadata.labels", "metadata.annotations"].into_iter().find_map(|start| {
        let key = path.strip_prefix(start)?.trim_matches(|c: char| ".[]'\"".contains(c));
        Some(format!("{start}['{}']", if key.is_empty() { "KEY" } else { key }))
    });
    let known = allowed.iter().copied().find(|known| known.rsplit('.').next() == path.rsplit('.').next());
    let near = known.or_else(|| crate::error::suggest::nearest(path, allowed.iter().copied()));
    let fix = match meant.or_else(|| near.map(str::to_owned)) {
        Some(meant) => format!("write {meant}"),
        None => format!("write one of {}, metadata.labels['KEY'], metadata.annotations['KEY']", allowed.join(", ")),
    };
    report.say(field, "fieldPath", format!("{path:?} is not a field that can be referred to"), fix);
}

fn resource(field: &Field<'_>, report: &mut Report<'_, '_>) {
    let Some(name) = field.text("resource") else { return };
    let huge = ["limits.hugepages-", "requests.hugepages-"].iter().any(|start| name.starts_with(start));
    if !huge && !RESOURCES.contains(&name) {
        let fix = format!("write one of {}", RESOURCES.join(", "));
        report.say(field, "resource", format!("{name:?} is not a resource that can be referred to"), fix);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let env = "spec.containers[0].env[0].valueFrom.";
        for (item, want) in [
            ("{name: a.b-C, value: x}", String::new()),
            (
                "{name: A, value: '', valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a.example/b']\"}}}",
                String::new(),
            ),
            ("{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}", String::new()),
            ("{name: 'A=B'}", "spec.containers[0].env[0].name: \"A=B\" is not the name of a variable".to_owned()),
            (
                "{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}",
                "spec.containers[0].env[0].valueFrom: the variable A has both value and valueFrom".to_owned(),
            ),
            (
                "{name: A, valueFrom: {}}",
                "spec.containers[0].env[0].valueFrom: the variable A has valueFrom without a source".to_owned(),
            ),
            (
                "{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels.app}}}",
                format!("{env}fieldRef.fieldPath: \"metadata.labels.app\" is not a field that can be referred to"),
            ),
            (
                "{name: A, valueFrom: {fieldRef: {fieldPath: podIP}}}",
                format!("{env}fieldRef.fieldPath: \"podIP\" is not a field that can be referred to"),
            ),
            (
                "{name: A, valueFrom: {resourceFieldRef: {resource: cpu}}}",
                format!("{env}resourceFieldRef.resource: \"cpu\" is not a resource that can be referred to"),
            ),
            (
                "{name: A, valueFrom: {secretKeyRef: {key: a/b, name: s}}}",
                format!("{env}secretKeyRef.key: \"a/b\" is not a key of a ConfigMap or Secret"),
            ),
            (
                "{name: A, valueFrom: {secretKeyRef: {key: a}}}",
                format!("{env}secretKeyRef.name: secretKeyRef of the variable A has no name"),
            ),
            (
                "{name: A, valueFrom: {secretKeyRef: {key: a, name: s}, configMapKeyRef: {key: a, name: s}}}",
                format!("{env}secretKeyRef: the variable A has both configMapKeyRef and secretKeyRef"),
            ),
        ] {
            let pod = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: a, env: [{item}]}}]}}}}"
            );
            assert_says(&RULE, &pod, "Pod/p ", &want);
        }
        for (item, want) in [
            ("{secretRef: {name: a}}", ""),
            ("{prefix: A}", "spec.containers[0].envFrom[0]: an item of envFrom has neither configMapRef nor secretRef"),
            ("{secretRef: {}}", "spec.containers[0].envFrom[0].secretRef.name: secretRef has no name"),
        ] {
            let pod = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: a, envFrom: [{item}]}}]}}}}"
            );
            assert_says(&RULE, &pod, "Pod/p ", want);
        }
        let volume = |file: &str| {
            format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{volumes: [{{name: v, downwardAPI: {{items: [{{path: a, {file}}}]}}}}]}}}}"
            )
        };
        assert_says(&RULE, &volume("fieldRef: {fieldPath: metadata.labels}"), "", "");
        assert_says(
            &RULE,
            &volume("fieldRef: {fieldPath: status.podIP}"),
            "Pod/p spec.volumes[0].downwardAPI.items[0].",
            "fieldRef.fieldPath: \"status.podIP\" is not a field that can be referred to",
        );
    }
}
