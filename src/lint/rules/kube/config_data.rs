//! The data of a `ConfigMap` or a Secret: its keys, its size, and what the type of a Secret needs.

use super::annotation;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::is_config_key;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B506",
    name: "config-data",
    severity: Severity::Error,
    about: "a ConfigMap or Secret with an invalid key, too much data, or without what its type needs",
    check: Check::Objects(check),
};

/// Maximum size of the data.
const MOST: usize = 1 << 20;

/// Types of Secrets and the keys that they need; of those in one list, one is enough.
const TYPES: [(&str, &[&[&str]]); 5] = [
    ("kubernetes.io/tls", &[&["tls.crt"], &["tls.key"]]),
    ("kubernetes.io/dockerconfigjson", &[&[".dockerconfigjson"]]),
    ("kubernetes.io/dockercfg", &[&[".dockercfg"]]),
    ("kubernetes.io/ssh-auth", &[&["ssh-privatekey"]]),
    ("kubernetes.io/basic-auth", &[&["username", "password"]]),
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of("", "ConfigMap").chain(release.of("", "Secret")) {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let mut size = 0;
        for map in ["data", "binaryData", "stringData"] {
            let Some(map) = root.get(map) else { continue };
            for entry in map.entries() {
                let key = entry.key();
                let length = entry.node.as_str().map_or(0, str::len);
                let encoded = map.key() == "binaryData" || map.key() == "data" && object.kind == "Secret";
                size += if encoded { length / 4 * 3 } else { length };
                if !is_config_key(key) {
                    let fix = "write letters, digits, -, _ and .; where the file is mounted, items give it a path";
                    report.say(&entry, "", format!("{key:?} is not a key of a {}", object.kind), fix);
                }
            }
        }
        if size > MOST {
            let message = format!("the data has {size} bytes; a {} can have {MOST}", object.kind);
            report.say(&root, "data", message, "split it, or keep large files elsewhere");
        }
        if object.kind == "ConfigMap" {
            twice(&root, &mut report);
        } else {
            secret(&root, &mut report);
        }
    }
}

/// A key cannot be in `data` and in `binaryData`.
fn twice(root: &Field<'_>, report: &mut Report<'_, '_>) {
    let (Some(data), Some(binary)) = (root.get("data"), root.get("binaryData")) else { return };
    for entry in binary.entries().filter(|entry| data.node.get(entry.key()).is_some()) {
        let message = format!("{:?} is in data and in binaryData", entry.key());
        report.say(&entry, "", message, "remove one of them");
    }
}

fn secret(root: &Field<'_>, report: &mut Report<'_, '_>) {
    let Some(kind) = root.text("type") else { return };
    let has = |key: &str| {
        ["data", "stringData"].iter().any(|map| root.get(map).is_some_and(|map| map.node.get(key).is_some()))
    };
    for (_, needs) in TYPES.iter().filter(|(name, _)| *name == kind) {
        for keys in needs.iter().filter(|keys| !keys.iter().any(|key| has(key))) {
            let keys = keys.join(" or ");
            report.say(root, "data", format!("a Secret of the type {kind} needs {keys}"), format!("add {keys}"));
        }
    }
    let account = "kubernetes.io/service-account.name";
    if kind == "kubernetes.io/service-account-token" && annotation::text(root, account).is_none_or(str::is_empty) {
        let message = format!("a Secret of the type {kind} needs the annotation {account}");
        report.say(root, "metadata", message, "add the annotation with the name of the service account");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (object, want) in [
            ("kind: ConfigMap, data: {a.b: x, _c: y}, binaryData: {d: YQ==}", ""),
            (
                "kind: ConfigMap, data: {path/to/file: x}",
                "ConfigMap/ data[\"path/to/file\"]: \"path/to/file\" is not a key of a ConfigMap",
            ),
            (
                "kind: ConfigMap, data: {a: x}, binaryData: {a: YQ==}",
                "ConfigMap/ binaryData.a: \"a\" is in data and in binaryData",
            ),
            ("kind: Secret, type: kubernetes.io/tls, stringData: {tls.crt: x}, data: {tls.key: ''}", ""),
            (
                "kind: Secret, type: kubernetes.io/tls, data: {tls.crt: ''}",
                "Secret/ data: a Secret of the type kubernetes.io/tls needs tls.key",
            ),
            ("kind: Secret, type: kubernetes.io/basic-auth, data: {password: ''}", ""),
            (
                "kind: Secret, type: kubernetes.io/service-account-token",
                "Secret/ metadata: a Secret of the type kubernetes.io/service-account-token needs the annotation kubernetes.io/service-account.name",
            ),
            ("kind: Secret, type: example.com/own, data: {}", ""),
        ] {
            assert_says(&RULE, &format!("{{apiVersion: v1, {object}}}"), "", want);
        }
        let large = format!("{{apiVersion: v1, kind: ConfigMap, data: {{a: {}}}}}", "x".repeat(1 << 20 | 1));
        assert_says(&RULE, &large, "", "ConfigMap/ data: the data has 1048577 bytes; a ConfigMap can have 1048576");
    }
}
