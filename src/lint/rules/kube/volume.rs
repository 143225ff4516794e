//! Volumes and mounts that the API server refuses.

use std::collections::BTreeSet;

use super::{DNS_LABEL, at_most_one, containers, fits, in_range, pods};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::is_dns_label;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B511",
    name: "volume",
    severity: Severity::Error,
    about: "a volume with two sources or without what its source needs, or a mount that the cluster refuses",
    check: Check::Objects(check),
};

/// The sources of a volume.
const SOURCES: [&str; 30] = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

/// What sources need, beyond what their types require.
const NEEDS: [(&str, &str); 2] = [("configMap", "name"), ("secret", "secretName")];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    pods(release, found, |spec, report| {
        let mut names = BTreeSet::new();
        for volume in spec.each("volumes") {
            fits(&volume, "name", is_dns_label, DNS_LABEL, report);
            let name = volume.text("name").unwrap_or_default();
            if !name.is_empty() && !names.insert(name.to_owned()) {
                let message = format!("two volumes of the pod are named {name:?}");
                report.say(&volume, "name", message, "give each volume its own name");
            }
            at_most_one(&volume, &SOURCES, &format!("the volume {name:?}"), report);
            for (source, key) in NEEDS {
                volume.within(&[source], &mut |inner| {
                    if inner.text(key).is_none() {
                        let message = format!("the {source} of the volume {name:?} has no {key}");
                        report.say(inner, key, message, format!("add {key} with the name of the object"));
                    }
                    files(inner, report);
                });
            }
            volume.within(&["projected"], &mut |projected| {
                in_range(projected, "defaultMode", 0, 0o777, report);
                for source in projected.each("sources") {
                    self::projected(&source, report);
                }
            });
            volume.within(&["hostPath"], &mut |host| no_way_up(host, "path", report));
        }
    });
    containers(release, found, |container, _, _, report| {
        for mount in container.each("volumeMounts") {
            self::mount(&mount, container, report);
        }
    });
}

/// The modes and the paths of single files.
fn files(source: &Field<'_>, report: &mut Report<'_, '_>) {
    in_range(source, "defaultMode", 0, 0o777, report);
    for item in source.each("items") {
        in_range(&item, "mode", 0, 0o777, report);
        if let Some(path) = item.text("path").filter(|path| path.starts_with('/')) {
            let message = format!("the path {path:?} starts with /, but is within the volume");
            report.say(&item, "path", message, "remove the slash at the start");
        }
        no_way_up(&item, "path", report);
    }
}

fn projected(source: &Field<'_>, report: &mut Report<'_, '_>) {
    let kinds = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];
    at_most_one(source, &kinds, "a source of a projected volume", report);
    for kind in ["secret", "configMap"] {
        source.within(&[kind], &mut |inner| {
            if inner.text("name").is_none() {
                let message = format!("the {kind} of a projected volume has no name");
                report.say(inner, "name", message, "add the name of the object");
            }
            files(inner, report);
        });
    }
    source.within(&["serviceAccountToken"], &mut |token| {
        in_range(token, "expirationSeconds", 600, 1 << 32, report);
    });
}

fn mount(mount: &Field<'_>, container: &Field<'_>, report: &mut Report<'_, '_>) {
    let name = mount.text("name").unwrap_or_default();
    at_most_one(mount, &["subPath", "subPathExpr"], &format!("the mount of {name:?}"), report);
    for key in ["subPath", "subPathExpr"] {
        if let Some(path) = mount.text(key).filter(|path| path.starts_with('/')) {
            let message = format!("{key} {path:?} starts with /, but is within the volume");
            report.say(mount, key, message, "remove the slash at the start");
        }
        no_way_up(mount, key, report);
    }
    let privileged = container.get("securityContext").is_some_and(|context| context.is_true("privileged"));
    if mount.text("mountPropagation") == Some("Bidirectional") && !privileged {
        let message = "mountPropagation Bidirectional needs a privileged container";
        report.say(mount, "mountPropagation", message, "set securityContext.privileged, or use HostToContainer");
    }
}

fn no_way_up(field: &Field<'_>, key: &str, report: &mut Report<'_, '_>) {
    if let Some(path) = field.text(key).filter(|path| path.split('/').any(|part| part == "..")) {
        report.say(field, key, format!("{key} {path:?} contains .."), "write the path without ..");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (volume, want) in [
            ("name: c, configMap: {name: c, defaultMode: 292, items: [{key: a, path: b/c}]}", ""),
            ("name: c, emptyDir: null", ""),
            ("name: c, emptyDir: {}, secret: null", ""),
            ("name: c, configMap: {configMapName: c}", "configMap.name: the configMap of the volume \"c\" has no name"),
            ("name: c, secret: {name: c}", "secret.secretName: the secret of the volume \"c\" has no secretName"),
            ("name: c, emptyDir: {}, secret: {secretName: c}", "secret: the volume \"c\" has both emptyDir and secret"),
            (
                "name: c_d, emptyDir: {}",
                "name: name \"c_d\" is not a name of at most 63 lower-case letters, digits and hyphens",
            ),
            (
                "name: c, secret: {secretName: c, defaultMode: 777}",
                "secret.defaultMode: defaultMode is 777, but must be from 0 to 511",
            ),
            (
                "name: c, secret: {secretName: c, items: [{key: a, path: ../a}]}",
                "secret.items[0].path: path \"../a\" contains ..",
            ),
            (
                "name: c, projected: {sources: [{secret: {name: a}, configMap: {name: b}}]}",
                "projected.sources[0].configMap: a source of a projected volume has both secret and configMap",
            ),
            (
                "name: c, projected: {sources: [{configMap: {}}]}",
                "projected.sources[0].configMap.name: the configMap of a projected volume has no name",
            ),
        ] {
            let pod =
                format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{volumes: [{{{volume}}}]}}}}");
            assert_says(&RULE, &pod, "Pod/p spec.volumes[0].", want);
        }
        for (mount, want) in [
            ("mountPath: /a, subPath: b/c", ""),
            (
                "mountPath: /a, subPath: b, subPathExpr: $(A)",
                "subPathExpr: the mount of \"v\" has both subPath and subPathExpr",
            ),
            ("mountPath: /a, subPath: /b", "subPath: subPath \"/b\" starts with /, but is within the volume"),
            (
                "mountPath: /a, mountPropagation: Bidirectional",
                "mountPropagation: mountPropagation Bidirectional needs a privileged container",
            ),
        ] {
            let pod = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: a, volumeMounts: [{{name: v, {mount}}}]}}]}}}}"
            );
            assert_says(&RULE, &pod, "Pod/p spec.containers[0].volumeMounts[0].", want);
        }
        let twice = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: a}, {name: a}]}}";
        assert_says(&RULE, twice, "Pod/p spec.volumes[1].name: ", "two volumes of the pod are named \"a\"");
    }
}
