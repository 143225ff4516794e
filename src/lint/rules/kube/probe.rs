//! Probes and hooks of containers that the API server refuses.

use super::{at_most_one, containers, in_range, not_negative};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::is_port_name;
use crate::yaml::{Data, Node};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B509",
    name: "probe",
    severity: Severity::Error,
    about: "a probe or hook with fields that its kind, or its container, cannot have",
    check: Check::Objects(check),
};

const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    containers(release, found, |container, list, spec, report| {
        let ends = list == "initContainers" && container.text("restartPolicy") != Some("Always");
        for kind in PROBES {
            let Some(probe) = container.get(kind) else { continue };
            if ends {
                let message = format!("an init container that ends cannot have {kind}");
                report.say(&probe, "", message, "remove it, or set restartPolicy: Always, which makes it a sidecar");
                continue;
            }
            self::probe(&probe, kind, report);
        }
        let Some(lifecycle) = container.get("lifecycle") else { return };
        if ends {
            let message = "an init container that ends cannot have lifecycle";
            report.say(&lifecycle, "", message, "remove it, or set restartPolicy: Always, which makes it a sidecar");
            return;
        }
        for kind in ["postStart", "preStop"] {
            let Some(hook) = lifecycle.get(kind) else { continue };
            handler(&hook, &["exec", "httpGet", "tcpSocket", "sleep"], kind, report);
            let grace = spec.number("terminationGracePeriodSeconds").unwrap_or(30);
            hook.within(&["sleep"], &mut |sleep| {
                if let Some(seconds) = sleep.number("seconds").filter(|seconds| *seconds > grace || *seconds < 0) {
                    let message = format!("sleep of {seconds} seconds is not within the {grace} of the grace period");
                    report.say(sleep, "seconds", message, "sleep less, or raise terminationGracePeriodSeconds");
                }
            });
        }
    });
}

fn probe(probe: &Field<'_>, kind: &str, report: &mut Report<'_, '_>) {
    handler(probe, &["exec", "httpGet", "tcpSocket", "grpc"], kind, report);
    let counts = ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
    not_negative(probe, &counts, report);
    in_range(probe, "terminationGracePeriodSeconds", 1, i64::MAX, report);
    if kind == "readinessProbe" {
        if probe.has("terminationGracePeriodSeconds") {
            let message = "a readiness probe cannot have terminationGracePeriodSeconds";
            report.say(probe, "terminationGracePeriodSeconds", message, "remove it; a liveness probe can have it");
        }
    } else if let Some(number) = probe.number("successThreshold").filter(|number| *number > 1) {
        let message = format!("successThreshold is {number}, but must be 1 in a {kind}");
        report.say(probe, "successThreshold", message, "remove it; a readiness probe can have it");
    }
}

/// Exactly one of the actions, with what it needs.
fn handler(field: &Field<'_>, actions: &[&'static str], what: &str, report: &mut Report<'_, '_>) {
    if at_most_one(field, actions, what, report) == 0 {
        report.say(field, "", format!("{what} has no action"), format!("write one of {}", actions.join(", ")));
    }
    for (action, key) in [("httpGet", "port"), ("tcpSocket", "port"), ("grpc", "port")] {
        field.within(&[action], &mut |action| port(action, key, report));
    }
    field.within(&["exec"], &mut |exec| {
        if exec.list("command").is_none_or(<[Node]>::is_empty) {
            report.say(exec, "command", format!("exec of {what} has no command"), "add the command as a list");
        }
    });
    field.within(&["httpGet"], &mut |get| {
        for header in get.each("httpHeaders") {
            let is_header = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            super::fits(&header, "name", is_header, "a name of letters, digits and hyphens", report);
        }
    });
}

/// A number from 1 to 65535, or the name of a port.
fn port(field: &Field<'_>, key: &str, report: &mut Report<'_, '_>) {
    in_range(field, key, 1, 65535, report);
    if let Some(Data::Str(_)) = field.node.get(key).map(|node| &node.data) {
        let name = field.text(key).unwrap_or_default();
        // what is read as a number is taken as one
        if !is_port_name(name) && name.parse::<u16>().is_err() {
            let fix = "write the number of the port, or the name of a port of the container";
            report.say(field, key, format!("{name:?} is neither a port nor the name of one"), fix);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (container, want) in [
            (
                "readinessProbe: {httpGet: {port: http}, successThreshold: 2}, livenessProbe: {grpc: {port: 1}, terminationGracePeriodSeconds: 5}",
                "",
            ),
            (
                "readinessProbe: {httpGet: {port: 1}, terminationGracePeriodSeconds: 5}",
                "readinessProbe.terminationGracePeriodSeconds: a readiness probe cannot have terminationGracePeriodSeconds",
            ),
            (
                "livenessProbe: {httpGet: {port: 1}, successThreshold: 2}",
                "livenessProbe.successThreshold: successThreshold is 2, but must be 1 in a livenessProbe",
            ),
            (
                "livenessProbe: {httpGet: {port: 1}, periodSeconds: -1}",
                "livenessProbe.periodSeconds: periodSeconds is -1, but must be at least 0",
            ),
            ("livenessProbe: {periodSeconds: 1}", "livenessProbe: livenessProbe has no action"),
            (
                "livenessProbe: {httpGet: {port: 1}, tcpSocket: {port: 1}}",
                "livenessProbe.tcpSocket: livenessProbe has both httpGet and tcpSocket",
            ),
            (
                "livenessProbe: {httpGet: {port: 70000}}",
                "livenessProbe.httpGet.port: port is 70000, but must be from 1 to 65535",
            ),
            (
                "livenessProbe: {tcpSocket: {port: http_x}}",
                "livenessProbe.tcpSocket.port: \"http_x\" is neither a port nor the name of one",
            ),
            ("startupProbe: {exec: {command: []}}", "startupProbe.exec.command: exec of startupProbe has no command"),
            ("lifecycle: {preStop: {sleep: {seconds: 5}}}", ""),
            (
                "lifecycle: {preStop: {sleep: {seconds: 31}}}",
                "lifecycle.preStop.sleep.seconds: sleep of 31 seconds is not within the 30 of the grace period",
            ),
            ("lifecycle: {preStop: {}}", "lifecycle.preStop: preStop has no action"),
        ] {
            let pod = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: a, {container}}}]}}}}"
            );
            assert_says(&RULE, &pod, "Pod/p spec.containers[0].", want);
        }
        for (container, want) in [
            ("restartPolicy: Always, readinessProbe: {tcpSocket: {port: 80}}", ""),
            (
                "readinessProbe: {tcpSocket: {port: 80}}",
                "readinessProbe: an init container that ends cannot have readinessProbe",
            ),
            (
                "lifecycle: {preStop: {exec: {command: [a]}}}",
                "lifecycle: an init container that ends cannot have lifecycle",
            ),
        ] {
            let pod = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{initContainers: [{{name: a, {container}}}]}}}}"
            );
            assert_says(&RULE, &pod, "Pod/p spec.initContainers[0].", want);
        }
    }
}
