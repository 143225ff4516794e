//! An object whose fields are not those of its kind. The types of values are those of rule B310.

use crate::lint::field::Report;
use crate::lint::kubernetes::{self, Problem};
use crate::lint::objects::{Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B501",
    name: "kubernetes-schema",
    severity: Severity::Error,
    about: "an object with fields that its kind does not have, or without those that it needs",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        let mut report = Report::new(object, found);
        kubernetes::check(object, release.minor, &mut |field, problem| match problem {
            Problem::Type(_) => {}
            Problem::Unknown { meant } => {
                let key = field.key();
                let fix = match meant {
                    Some(meant) => format!("did you mean {meant:?}?"),
                    None => "remove it; the cluster refuses the object with it".to_owned(),
                };
                report.say(field, "", format!("there is no field {key:?} here"), fix);
            }
            Problem::Missing(name) => {
                report.say(field, name, format!("{name} is missing"), format!("add {name}"));
            }
            Problem::NotOneOf(words) => {
                let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
                let text = scalar(field.node);
                let meant = crate::error::suggest::nearest(&text, words.iter().copied());
                let fix = match meant {
                    Some(meant) => format!("did you mean {meant}?"),
                    None => format!("write one of {}", words.join(", ")),
                };
                report.say(field, "", format!("{} {text:?} is none of {}", field.key(), words.join(", ")), fix);
            }
            Problem::Unreadable(what) => {
                let message = format!("{} {:?} is not {what}", field.key(), shown(&scalar(field.node)));
                report.say(field, "", message, format!("write {what}"));
            }
        });
    }
}

/// The start of a long text.
fn shown(text: &str) -> String {
    if text.chars().count() > 40 { text.chars().take(37).chain("...".chars()).collect() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let service = |spec: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {spec}");
        let pod = |container: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: b, {container}}}]}}"
            )
        };
        for (object, want) in [
            (service("{ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 8080}], selector: null}"), None),
            (service("{ports: [{prt: 80}]}"), Some(&["spec.ports[0].prt: there is no field \"prt\" here", "spec.ports[0].port: port is missing"][..])),
            (service("{type: Nodeport, ports: []}"), Some(&["spec.type: type \"Nodeport\" is none of ClusterIP, ExternalName, LoadBalancer, NodePort"])),
            (pod("resources: {limits: {cpu: 1, memory: 1.5Gi}}"), None),
            (pod("resources: {limits: {cpu: 1, memory: 1.5GiB}}"), Some(&["spec.containers[0].resources.limits.memory: memory \"1.5GiB\" is not a quantity such as 500m, 1.5 or 128Mi"])),
            (pod("livenessProbe: {httpGet: {port: 80, httpHeaders: [{name: A}]}}"), None),
            (pod("livenessProbe: {httpGet: {path: /}}"), Some(&["spec.containers[0].livenessProbe.httpGet.port: port is missing"])),
            ("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: plain text}".to_owned(), Some(&["data.a: a \"plain text\" is not base64"])),
            ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, creationTimestamp: null}\nbinaryData: {}\ndata: null".to_owned(), None),
            ("apiVersion: example.com/v1\nkind: Own\nspec: {replicas: all}".to_owned(), None),
            ("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}, spec: {prots: []}}".to_owned(), Some(&["spec.prots: there is no field \"prots\" here"])),
        ] {
            let found: Vec<String> =
                objects(&RULE, &object).iter().map(|text| text.split_once(' ').unwrap().1.to_owned()).collect();
            assert_eq!(found, want.unwrap_or_default(), "{object}");
        }
    }
}
