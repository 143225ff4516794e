//! Requests and limits that the API server refuses.

use std::cmp::Ordering;

use super::containers;
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Release, scalar};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{compare_quantities, is_qualified_name, quantity_traits};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B510",
    name: "resources",
    severity: Severity::Error,
    about: "requests over limits, a device requested without a limit, or a resource that containers do not have",
    check: Check::Objects(check),
};

/// Resources of a container that have no domain.
const PLAIN: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    containers(release, found, |container, _, _, report| {
        if let Some(resources) = container.get("resources") {
            self::resources(&resources, report);
        }
    });
}

fn resources(field: &Field<'_>, report: &mut Report<'_, '_>) {
    let (limits, requests) = (field.get("limits"), field.get("requests"));
    let mut has = (false, false);
    for map in limits.iter().chain(&requests) {
        for one in map.entries() {
            let name = one.key();
            has = (has.0 || matches!(name, "cpu" | "memory"), has.1 || name.starts_with("hugepages-"));
            named(&one, report);
        }
    }
    if has.1 && !has.0 {
        let fix = "add a limit of cpu or memory";
        report.say(field, "", "huge pages need cpu or memory beside them", fix);
    }
    for request in requests.iter().flat_map(Field::entries) {
        let name = request.key();
        let limit = limits.as_ref().and_then(|map| map.get(name));
        // devices and huge pages cannot be shared
        let shared = PLAIN.contains(&name) || name.starts_with("kubernetes.io/");
        let wanted = scalar(request.node);
        match limit.map(|limit| scalar(limit.node)) {
            None if !shared => {
                let fix = format!("write the same amount of {name} in limits; the request can be left out then");
                report.say(&request, "", format!("{name} is requested without a limit"), fix);
            }
            Some(most) => match compare_quantities(&wanted, &most) {
                Some(Ordering::Greater) => {
                    let message = format!("{name} has the request {wanted}, which exceeds its limit {most}");
                    report.say(&request, "", message, "raise the limit, or lower the request");
                }
                Some(Ordering::Less) if !shared => {
                    let message = format!("{name} has the request {wanted}, which is not its limit {most}");
                    report.say(&request, "", message, "write the same amount, or leave out the request");
                }
                _ => {}
            },
            None => {}
        }
    }
}

fn named(one: &Field<'_>, report: &mut Report<'_, '_>) {
    let name = one.key();
    let fits = match name.split_once('/') {
        None => PLAIN.contains(&name) || name.starts_with("hugepages-"),
        Some(_) => is_qualified_name(name) && !name.starts_with("requests."),
    };
    if !fits {
        let fix = "write cpu, memory, ephemeral-storage, hugepages-SIZE, or a device as DOMAIN/NAME";
        report.say(one, "", format!("containers have no resource {name:?}"), fix);
    }
    let text = scalar(one.node);
    let Some((negative, whole)) = quantity_traits(&text) else { return };
    if negative {
        report.say(one, "", format!("{name} is {text}, which is below zero"), "write an amount from 0");
    } else if !whole && name.contains('/') && !name.contains("kubernetes.io/") {
        report.say(one, "", format!("{name} is {text}, but devices are whole"), "write a whole number");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (resources, want) in [
            ("{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1000m, memory: 1.0Gi}}", ""),
            ("{requests: {cpu: 0.5}, limits: null}", ""),
            ("{limits: {nvidia.com/gpu: 1}}", ""),
            ("{requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: '1'}}", ""),
            (
                "{requests: {nvidia.com/gpu: 1}}",
                "requests[\"nvidia.com/gpu\"]: nvidia.com/gpu is requested without a limit",
            ),
            (
                "{requests: {nvidia.com/gpu: 1}, limits: {nvidia.com/gpu: 2}}",
                "requests[\"nvidia.com/gpu\"]: nvidia.com/gpu has the request 1, which is not its limit 2",
            ),
            (
                "{limits: {nvidia.com/gpu: 0.5}}",
                "limits[\"nvidia.com/gpu\"]: nvidia.com/gpu is 0.5, but devices are whole",
            ),
            (
                "{requests: {memory: 1Gi}, limits: {memory: 512Mi}}",
                "requests.memory: memory has the request 1Gi, which exceeds its limit 512Mi",
            ),
            (
                "{requests: {cpu: 2}, limits: {cpu: 500m}}",
                "requests.cpu: cpu has the request 2, which exceeds its limit 500m",
            ),
            ("{limits: {mem: 1}}", "limits.mem: containers have no resource \"mem\""),
            ("{limits: {cpu: -1}}", "limits.cpu: cpu is -1, which is below zero"),
            ("{limits: {cpu: 1, hugepages-2Mi: 4Mi}}", ""),
        ] {
            let pod = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: a, resources: {resources}}}]}}}}"
            );
            assert_says(&RULE, &pod, "Pod/p spec.containers[0].resources.", want);
        }
        let huge = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, resources: {limits: {hugepages-2Mi: 4Mi}}}]}}";
        assert_says(&RULE, huge, "Pod/p spec.containers[0].resources: ", "huge pages need cpu or memory beside them");
    }
}
