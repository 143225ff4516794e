//! A string where Kubernetes expects a number or a boolean, or the reverse: the cluster refuses the object.

use std::borrow::Cow;

use crate::lint::field::{Field, Report};
use crate::lint::kubernetes::{self, Problem, Want};
use crate::lint::objects::{Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Data;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B310",
    name: "wrong-type",
    severity: Severity::Error,
    about: "a string where the cluster expects a number, a number where it expects a string, and so on",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        let mut report = Report::new(object, found);
        kubernetes::check(object, release.minor, &mut |field, problem| {
            if let Problem::Type(want) = problem {
                say(field, want, &mut report);
            }
        });
    }
}

fn say(field: &Field<'_>, want: Want, report: &mut Report<'_, '_>) {
    let (shown, path) = (scalar(field.node), field.path());
    let is = match &field.node.data {
        Data::Bool(_) => format!("a boolean (`{shown}`)"),
        Data::Str(_) => format!("a string (`{shown}`)"),
        Data::List(_) | Data::Map(_) => shown.clone(),
        _ => format!("a number (`{shown}`)"),
    };
    let (wanted, fix): (_, Cow<'static, str>) = match want {
        Want::Number => ("a number", "remove the quotes, in the values or in the template".into()),
        Want::Switch => ("true or false", "write true or false without quotes".into()),
        Want::Text if matches!(field.node.data, Data::List(_) | Data::Map(_)) => ("a string", "write a string".into()),
        Want::Text => ("a string", format!("write it in quotes, in the values or in the template: \"{shown}\"").into()),
        Want::NumberOrText => ("a number or a string", "write a number, or a string".into()),
        Want::List => ("a list", "write a list: each item on a line of its own, after a hyphen".into()),
        Want::Map => ("a map", "write a map: keys with their values".into()),
    };
    report.say(field, "", format!("{path} is {is}, but the cluster expects {wanted}"), fix);
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
            (
                "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: a}\nspec: {mtls: {mode: on}}".to_owned(),
                Some("spec.mtls.mode is a boolean (`true`), but the cluster expects a string"),
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
