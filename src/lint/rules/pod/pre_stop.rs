//! A preStop hook that takes longer than the grace period: the kubelet kills the container in the middle of it.

use crate::lint::objects::{Release, at, integer, items};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B207",
    name: "pre-stop",
    severity: Severity::Warning,
    about: "a preStop hook that sleeps as long as the grace period, or longer",
    check: Check::Objects(check),
};

/// The grace period of pods that say none, in seconds. Kubernetes: `corev1.DefaultTerminationGracePeriodSeconds`.
const GRACE: i64 = 30;

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for (object, pod) in release.pods() {
        let grace = integer(pod.spec.get("terminationGracePeriodSeconds")).unwrap_or(GRACE);
        for container in pod.containers().iter().filter(|container| container.stays) {
            let Some(hook) = at(container.node, &["lifecycle", "preStop"]) else { continue };
            let Some(seconds) = sleep(hook).filter(|seconds| *seconds >= grace) else { continue };
            let message = format!(
                "the preStop hook of {} sleeps for {seconds} s, but the grace period is {grace} s: the app gets no time to end",
                container.name
            );
            found
                .on(object, format!("{}.lifecycle.preStop", container.path), message)
                .values(&["lifecycle"])
                .values(&["terminationGracePeriodSeconds"])
                .fix(format!("sleep for less, or set terminationGracePeriodSeconds to more than {seconds}"));
        }
    }
}

/// How many seconds a hook sleeps, if it does.
fn sleep(hook: &Node) -> Option<i64> {
    if let Some(seconds) = integer(at(hook, &["sleep", "seconds"])) {
        return Some(seconds);
    }
    let command: Vec<&str> = items(at(hook, &["exec", "command"])).iter().filter_map(Node::as_str).collect();
    let words: Vec<&str> = match command.as_slice() {
        [.., script] => script.split([' ', ';', '&', '|', '\n']).filter(|word| !word.is_empty()).collect(),
        [] => return None,
    };
    let seconds = |text: &str| text.strip_suffix('s').unwrap_or(text).parse::<f64>().ok();
    #[allow(clippy::cast_possible_truncation)] // a hook of some seconds
    let whole = |seconds: f64| seconds as i64;
    if let ["sleep" | "/bin/sleep" | "/usr/bin/sleep", time] = command.as_slice() {
        return seconds(time).map(whole);
    }
    let times = words.windows(2).filter_map(|pair| match pair {
        ["sleep" | "/bin/sleep", time] => seconds(time),
        _ => None,
    });
    Some(times.sum::<f64>()).filter(|sum| *sum > 0.0).map(whole)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (hook, grace, want) in [
            ("{sleep: {seconds: 10}}", "", None),
            ("{exec: {command: [sh, -c, 'sleep 40; kill 1']}}", "terminationGracePeriodSeconds: 60, ", None),
            ("{httpGet: {path: /stop}}", "", None),
            ("{sleep: {seconds: 30}}", "", Some((30, 30))),
            ("{exec: {command: [sleep, '45']}}", "", Some((45, 30))),
            (
                "{exec: {command: [/bin/sh, -c, 'sleep 20 && sleep 20s']}}",
                "terminationGracePeriodSeconds: 40, ",
                Some((40, 40)),
            ),
        ] {
            let text = format!(
                "kind: Pod\nmetadata: {{name: web}}\nspec: {{{grace}containers: [{{name: app, lifecycle: {{preStop: {hook}}}}}]}}\n"
            );
            let want = want.map_or_else(String::new, |(sleep, grace)| {
                format!("the preStop hook of app sleeps for {sleep} s, but the grace period is {grace} s: the app gets no time to end")
            });
            assert_says(&RULE, &text, "Pod/web spec.containers[0].lifecycle.preStop: ", &want);
        }
    }
}
