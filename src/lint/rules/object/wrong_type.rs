//! A string where Kubernetes expects a number or a boolean, or the reverse: the cluster refuses the object.

use std::borrow::Cow;

use crate::lint::objects::{Object, Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::{Data, Node};
use go::stack::with_stack;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B310",
    name: "wrong-type",
    severity: Severity::Error,
    about: "a string where the cluster expects a number, a number where it expects a string, and so on",
    check: Check::Objects(check),
};

/// Groups in which a field name always has the same type.
const GROUPS: [&str; 4] = ["", "apps", "batch", "autoscaling"];

/// Fields that are always whole numbers.
const NUMBERS: &[&str] = &[
    "activeDeadlineSeconds",
    "backoffLimit",
    "completions",
    "containerPort",
    "defaultMode",
    "expirationSeconds",
    "failedJobsHistoryLimit",
    "failureThreshold",
    "fsGroup",
    "hostPort",
    "initialDelaySeconds",
    "maxReplicas",
    "minReadySeconds",
    "minReplicas",
    "nodePort",
    "parallelism",
    "periodSeconds",
    "progressDeadlineSeconds",
    "replicas",
    "revisionHistoryLimit",
    "runAsGroup",
    "runAsUser",
    "startingDeadlineSeconds",
    "successThreshold",
    "successfulJobsHistoryLimit",
    "terminationGracePeriodSeconds",
    "timeoutSeconds",
    "tolerationSeconds",
    "ttlSecondsAfterFinished",
];

/// Fields that are always booleans.
const SWITCHES: &[&str] = &[
    "allowPrivilegeEscalation",
    "automountServiceAccountToken",
    "enableServiceLinks",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "privileged",
    "publishNotReadyAddresses",
    "readOnly",
    "readOnlyRootFilesystem",
    "runAsNonRoot",
    "shareProcessNamespace",
    "stdin",
    "suspend",
    "tty",
];

/// Maps whose values are all strings.
const TEXTS: &[&str] = &["annotations", "labels", "matchLabels", "nodeSelector"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.objects.iter().filter(|object| GROUPS.contains(&object.group.as_str())) {
        let mut look = Look { object, found };
        for (key, value) in object.node.as_map().into_iter().flatten() {
            match (key.to_string_lossy(), object.kind.as_str()) {
                // their content is up to the user
                (key, "ConfigMap" | "Secret") if matches!(&*key, "data" | "stringData") => look.texts(&key, value),
                (_, "ConfigMap" | "Secret" | "List") if &**key != b"metadata" => {}
                (key, _) => look.field(&key, &key, value),
            }
        }
    }
}

/// The type that the cluster expects.
#[derive(Clone, Copy)]
enum Want {
    Number,
    Switch,
    Text,
}

struct Look<'l, 'r> {
    object: &'l Object,
    found: &'l mut RuleFindings<'r>,
}

impl Look<'_, '_> {
    fn field(&mut self, path: &str, key: &str, value: &Node) {
        match &value.data {
            // of a Service or a ReplicationController; other selectors contain matchLabels
            Data::Map(map) if key == "selector" && map.values().all(is_scalar) => self.texts(path, value),
            Data::Map(_) if TEXTS.contains(&key) => self.texts(path, value),
            Data::Map(map) => {
                for (name, node) in map {
                    let name = name.to_string_lossy();
                    with_stack(|| self.field(&format!("{path}.{name}"), &name, node));
                }
            }
            Data::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    if matches!(key, "args" | "command") && is_scalar(item) {
                        self.judge(&path, item, Want::Text);
                    } else {
                        with_stack(|| self.item(&path, item, key == "env"));
                    }
                }
            }
            _ if matches!(path, "metadata.name" | "metadata.namespace") => self.judge(path, value, Want::Text),
            _ if NUMBERS.contains(&key) => self.judge(path, value, Want::Number),
            _ if SWITCHES.contains(&key) => self.judge(path, value, Want::Switch),
            _ => {}
        }
    }

    fn item(&mut self, path: &str, item: &Node, is_env: bool) {
        match item.as_map() {
            Some(map) => {
                for (name, node) in map {
                    let name = name.to_string_lossy();
                    let path = format!("{path}.{name}");
                    match &*name {
                        "value" if is_env => self.judge(&path, node, Want::Text),
                        _ => self.field(&path, &name, node),
                    }
                }
            }
            None => self.field(path, "", item),
        }
    }

    fn texts(&mut self, path: &str, value: &Node) {
        for (name, node) in value.as_map().into_iter().flatten() {
            self.judge(&format!("{path}.{}", name.to_string_lossy()), node, Want::Text);
        }
    }

    fn judge(&mut self, path: &str, value: &Node, want: Want) {
        let is_number = matches!(value.data, Data::Int(_) | Data::Uint(_));
        let fits = match want {
            _ if value.data == Data::Null => true,
            Want::Number => is_number || matches!(value.data, Data::Float(f) if f.fract() == 0.0),
            Want::Switch => matches!(value.data, Data::Bool(_)),
            Want::Text => matches!(value.data, Data::Str(_)),
        };
        if fits {
            return;
        }
        let shown = scalar(value);
        let is = match &value.data {
            Data::Bool(_) => "a boolean",
            Data::Str(_) => "a string",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
            _ => "a number",
        };
        let (wanted, fix): (_, Cow<'static, str>) = match want {
            Want::Number => ("a number", "remove the quotes, in the values or in the template".into()),
            Want::Switch => ("true or false", "write true or false without quotes".into()),
            Want::Text => {
                ("a string", format!("write it in quotes, in the values or in the template: \"{shown}\"").into())
            }
        };
        let key = path.rsplit(['.', ']']).next().unwrap_or(path).to_owned();
        let note =
            self.found.on(self.object, path, format!("{path} is {is} (`{shown}`), but the cluster expects {wanted}"));
        note.values_text(&[], &key).fix(fix);
    }
}

fn is_scalar(node: &Node) -> bool {
    !matches!(node.data, Data::Map(_) | Data::List(_))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {spec}");
        for (object, want) in [
            (pod("{volumes: [{configMap: {defaultMode: 256, items: []}}]}"), None),
            (
                pod("{volumes: [{configMap: {defaultMode: '0400'}}]}"),
                Some("spec.volumes[0].configMap.defaultMode is a string (`0400`), but the cluster expects a number"),
            ),
            (pod("{containers: [{env: [{name: A, value: '1'}], args: [a], ports: [{containerPort: 1}]}]}"), None),
            (
                pod("{containers: [{env: [{name: A, value: 1}]}]}"),
                Some("spec.containers[0].env[0].value is a number (`1`), but the cluster expects a string"),
            ),
            (
                pod("{containers: [{args: [a, true]}]}"),
                Some("spec.containers[0].args[1] is a boolean (`true`), but the cluster expects a string"),
            ),
            (pod("{hostNetwork: 'true'}"), Some("spec.hostNetwork is a string (`true`), but the cluster expects true or false")),
            (pod("{nodeSelector: {a: 1}}"), Some("spec.nodeSelector.a is a number (`1`), but the cluster expects a string")),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {replicas: '1', b: true}".to_owned(),
                Some("data.b is a boolean (`true`), but the cluster expects a string"),
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {v: 1.5}}\nspec: {replicas: 2}".to_owned(),
                Some("metadata.labels.v is a number (`1.5`), but the cluster expects a string"),
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: 7}, ports: [{port: 1, targetPort: http}]}"
                    .to_owned(),
                Some("spec.selector.app is a number (`7`), but the cluster expects a string"),
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: n}".to_owned(),
                Some("metadata.namespace is a boolean (`false`), but the cluster expects a string"),
            ),
            ("apiVersion: example.com/v1\nkind: Own\nmetadata: {name: a}\nspec: {replicas: all}".to_owned(), None),
        ] {
            let kind = object.lines().nth(1).unwrap().trim_start_matches("kind: ").to_owned();
            let want: Vec<String> =
                want.iter().map(|want| format!("{kind}/a {}: {want}", want.split(' ').next().unwrap())).collect();
            assert_eq!(objects(&RULE, &object), want, "{object}");
        }
    }
}
