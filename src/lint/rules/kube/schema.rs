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
            Problem::Both(first, second) => {
                let fix = format!("keep {first} or {second}");
                report.say(field, second, format!("{first} and {second} exclude each other"), fix);
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
    fn istio() {
        let bake = |kind: &str, spec: &str| {
            format!("apiVersion: networking.istio.io/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}")
        };
        let policy = "spec.trafficPolicy.loadBalancer.";
        for (kind, spec, want) in [
            (
                "VirtualService",
                "{hosts: [a], http: [{route: [{destination: {host: a}}], retries: {attempts: 3}}]}",
                String::new(),
            ),
            (
                "VirtualService",
                "{http: [{route: [{destination: {}}]}]}",
                "spec.http[0].route[0].destination.host: host is missing".to_owned(),
            ),
            (
                "VirtualService",
                "{http: [{mach: [{}]}]}",
                "spec.http[0].mach: there is no field \"mach\" here".to_owned(),
            ),
            (
                "VirtualService",
                "{http: [{match: [{uri: {exact: /a, prefix: /}}]}]}",
                "spec.http[0].match[0].uri.prefix: exact and prefix exclude each other".to_owned(),
            ),
            (
                "DestinationRule",
                "{host: a, trafficPolicy: {loadBalancer: {simple: ROUNDROBIN}}}",
                format!(
                    "{policy}simple: simple \"ROUNDROBIN\" is none of UNSPECIFIED, LEAST_CONN, RANDOM, PASSTHROUGH, ROUND_ROBIN, LEAST_REQUEST"
                ),
            ),
            (
                "DestinationRule",
                "{host: a, trafficPolicy: {loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}}",
                format!("{policy}consistentHash: simple and consistentHash exclude each other"),
            ),
            (
                "DestinationRule",
                "{host: a, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: a, useSourceIp: true}}}}",
                format!("{policy}consistentHash.useSourceIp: httpHeaderName and useSourceIp exclude each other"),
            ),
        ] {
            let want = Some(want).filter(|want| !want.is_empty()).map(|want| format!("{kind}/a {want}"));
            assert_eq!(objects(&RULE, &bake(kind, spec)), Vec::from_iter(want), "{spec}");
        }
    }

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
