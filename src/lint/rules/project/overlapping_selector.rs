//! Pods that belong to two: a Service that sends requests to the pods of another service, or two workloads with one selector.

use std::collections::BTreeMap;

use crate::lint::rule::{Check, Rule, ServiceFindings, Severity};
use crate::lint::services::{Labels, ServiceObjects, Workload, fits, shown};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B602",
    name: "overlapping-selector",
    severity: Severity::Error,
    about: "a Service or a workload that also selects the pods of another service",
    check: Check::Services(check),
};

type Pods<'s> = (&'s ServiceObjects, &'s Workload);

fn check(services: &[&ServiceObjects], found: &mut ServiceFindings<'_>) {
    // a selector has a pair of key and value that the labels of its pods have too
    let mut by_label: BTreeMap<(&str, &str, &str), Vec<Pods<'_>>> = BTreeMap::new();
    for service in services {
        for workload in &service.workloads {
            for (key, value) in &workload.pods {
                by_label.entry((&workload.object.namespace, key, value)).or_default().push((service, workload));
            }
        }
    }
    let others = |service: &ServiceObjects, namespace: &str, wanted: &Labels| -> Vec<Pods<'_>> {
        let lists = wanted.iter().map(|(key, value)| by_label.get(&(namespace, key.as_str(), value.as_str())));
        let shortest = lists.min_by_key(|list| list.map_or(0, Vec::len)).flatten();
        let pods = shortest.into_iter().flatten();
        pods.filter(|(other, pods)| other.service != service.service && fits(wanted, &pods.pods)).copied().collect()
    };
    for service in services {
        for selector in &service.selectors {
            let object = &selector.object;
            if let Some((other, pods)) = others(service, &object.namespace, &selector.labels).first() {
                let message = format!(
                    "the Service {} ({}) also sends requests to the pods of {} of the service {}",
                    object.name,
                    shown(&selector.labels),
                    pods.object.name,
                    other.service
                );
                let fix = "give the pods of one of them another value of the label, such as another `name`";
                found.at(service, &object.place, ("Service", &object.name, "spec.selector"), message, fix);
            }
        }
        for workload in service.workloads.iter().filter(|workload| !workload.selector.is_empty()) {
            let object = &workload.object;
            let same = |(_, other): &&Pods<'_>| other.object.kind == object.kind && other.object.name != object.name;
            if let Some((other, pods)) = others(service, &object.namespace, &workload.selector).iter().find(same) {
                let message = format!(
                    "the {} {} ({}) also selects the pods of {} of the service {}: both count them as theirs",
                    object.kind.1,
                    object.name,
                    shown(&workload.selector),
                    pods.object.name,
                    other.service
                );
                let fix = "give one of them another selector: `selectorLabels`, or another `name`";
                found.at(service, &object.place, (&object.kind.1, &object.name, "spec.selector"), message, fix);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::services;

    fn workload(name: &str, labels: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{selector: {{matchLabels: {{{labels}}}}}, template: {{metadata: {{labels: {{{labels}, tier: x}}}}, spec: {{}}}}}}\n"
        )
    }

    fn service(name: &str, labels: &str) -> String {
        format!("kind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{{labels}}}}}\n")
    }

    #[test]
    fn rows() {
        let nothing = Vec::<String>::new();
        let own = format!("{}---\n{}", workload("web", "app: web"), service("web", "app: web"));
        let two = |one: &str, other: &str| services(&RULE, &[("a", one), ("b", other)]);
        assert_eq!(two(&own, &workload("job", "app: job")), nothing);
        assert_eq!(two(&service("web", "app: web, tier: front"), &workload("web", "app: web")), nothing);
        assert_eq!(
            two(&service("web", "app: web"), &workload("worker", "app: web")),
            [
                "a Service/web spec.selector: the Service web (app=web) also sends requests to the pods of worker of the service b"
            ]
        );
        assert_eq!(
            two(&workload("web", "app: web"), &workload("worker", "app: web, part: worker")),
            [
                "a Deployment/web spec.selector: the Deployment web (app=web) also selects the pods of worker of the service b: both count them as theirs"
            ]
        );
    }
}
