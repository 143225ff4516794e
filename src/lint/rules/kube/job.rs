//! Jobs and `CronJob`s that the API server refuses.

use super::{is_of, not_negative};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B516",
    name: "job",
    severity: Severity::Error,
    about: "a Job whose policies, completions or numbers the cluster refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.objects.iter().filter(|object| is_of(object, "batch", &["Job", "CronJob"])) {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        if object.kind == "Job" {
            root.within(&["spec"], &mut |spec| job(spec, &mut report));
            continue;
        }
        root.within(&["spec"], &mut |spec| {
            let counts = ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"];
            not_negative(spec, &counts, &mut report);
            spec.within(&["jobTemplate", "spec"], &mut |spec| job(spec, &mut report));
        });
    }
}

fn job(spec: &Field<'_>, report: &mut Report<'_, '_>) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    not_negative(spec, &counts, report);
    if report.object.kind == "CronJob" || !spec.is_true("manualSelector") {
        if spec.has("selector") {
            let message = "the cluster makes the selector of a Job itself";
            report.say(spec, "selector", message, "remove selector");
        }
    } else if !spec.has("selector") {
        report.say(spec, "selector", "manualSelector needs a selector", "add selector, or remove manualSelector");
    }
    let indexed = spec.text("completionMode") == Some("Indexed");
    if indexed && !spec.has("completions") {
        report.say(spec, "completions", "completionMode Indexed needs completions", "add completions");
    }
    for key in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
        if !indexed && spec.has(key) {
            let fix = format!("write completionMode: Indexed, or remove {key}");
            report.say(spec, key, format!("{key} works only with completionMode Indexed"), fix);
        }
    }
    if spec.has("maxFailedIndexes") && !spec.has("backoffLimitPerIndex") && indexed {
        let message = "maxFailedIndexes needs backoffLimitPerIndex";
        report.say(spec, "maxFailedIndexes", message, "add backoffLimitPerIndex");
    }
    if let Some(policy) = spec.get("podFailurePolicy") {
        let restart = spec
            .within(&["template", "spec"], &mut |pod| pod.text("restartPolicy").map(str::to_owned))
            .flatten()
            .unwrap_or_else(|| "Always".to_owned());
        if restart != "Never" {
            let message = format!("podFailurePolicy works only with the restart policy Never, not with {restart}");
            report.say(&policy, "", message, "write restartPolicy: Never");
        }
        if spec.text("podReplacementPolicy").is_some_and(|text| text != "Failed") {
            let message = "podFailurePolicy works only with podReplacementPolicy Failed";
            report.say(spec, "podReplacementPolicy", message, "write Failed, or remove it");
        }
        for rule in policy.each("rules") {
            self::rule(&rule, spec, report);
        }
    }
}

fn rule(rule: &Field<'_>, spec: &Field<'_>, report: &mut Report<'_, '_>) {
    if rule.text("action") == Some("FailIndex") && !spec.has("backoffLimitPerIndex") {
        report.say(rule, "action", "the action FailIndex needs backoffLimitPerIndex", "add backoffLimitPerIndex");
    }
    let conditions = rule.list("onPodConditions").is_some_and(|list| !list.is_empty());
    match (rule.get("onExitCodes"), conditions) {
        (Some(_), true) => {
            let fix = "make two rules of it";
            report.say(rule, "", "a rule has both onExitCodes and onPodConditions", fix);
        }
        (None, false) => {
            report.say(rule, "", "a rule has neither onExitCodes nor onPodConditions", "add one of them");
        }
        (Some(codes), false) => exit_codes(&codes, report),
        (None, true) => {}
    }
}

fn exit_codes(codes: &Field<'_>, report: &mut Report<'_, '_>) {
    let values: Vec<i64> = codes
        .list("values")
        .into_iter()
        .flatten()
        .filter_map(|value| crate::lint::objects::integer(Some(value)))
        .collect();
    if values.is_empty() && codes.has("values") {
        report.say(codes, "values", "onExitCodes has no values", "add the exit codes");
    }
    if codes.text("operator") == Some("In") && values.contains(&0) {
        report.say(codes, "values", "exit code 0 is no failure, so In cannot list it", "remove 0, or write NotIn");
    }
    if !values.windows(2).all(|pair| matches!(pair, [one, other] if one < other)) {
        report.say(codes, "values", "the exit codes are not in order, or some are listed twice", "sort them");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let policy = |restart: &str, rule: &str| {
            format!(
                "template: {{spec: {{restartPolicy: {restart}}}}}, podFailurePolicy: {{rules: [{{action: Ignore, {rule}}}]}}"
            )
        };
        for (spec, want) in [
            (
                "parallelism: 2, completions: 4, completionMode: Indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 2"
                    .to_owned(),
                "",
            ),
            ("backoffLimit: -1".to_owned(), "backoffLimit: backoffLimit is -1, but must be at least 0"),
            ("completionMode: Indexed".to_owned(), "completions: completionMode Indexed needs completions"),
            (
                "backoffLimitPerIndex: 1".to_owned(),
                "backoffLimitPerIndex: backoffLimitPerIndex works only with completionMode Indexed",
            ),
            ("selector: {matchLabels: {a: b}}".to_owned(), "selector: the cluster makes the selector of a Job itself"),
            (policy("Never", "onPodConditions: [{type: DisruptionTarget}]"), ""),
            (
                policy("OnFailure", "onPodConditions: [{type: DisruptionTarget}]"),
                "podFailurePolicy: podFailurePolicy works only with the restart policy Never, not with OnFailure",
            ),
            (policy("Never", "onExitCodes: {operator: In, values: [1, 2]}"), ""),
            (
                policy("Never", "onExitCodes: {operator: In, values: [0, 1]}"),
                "podFailurePolicy.rules[0].onExitCodes.values: exit code 0 is no failure, so In cannot list it",
            ),
            (
                policy("Never", "onExitCodes: {operator: In, values: [2, 1]}"),
                "podFailurePolicy.rules[0].onExitCodes.values: the exit codes are not in order, or some are listed twice",
            ),
            (
                policy("Never", "onPodConditions: []"),
                "podFailurePolicy.rules[0]: a rule has neither onExitCodes nor onPodConditions",
            ),
        ] {
            let text = format!("{{apiVersion: batch/v1, kind: Job, metadata: {{name: j}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &text, "Job/j spec.", want);
            let text = format!(
                "{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: j}}, spec: {{jobTemplate: {{spec: {{{spec}}}}}}}}}"
            );
            assert_says(&RULE, &text, "CronJob/j spec.jobTemplate.spec.", want);
        }
        let history = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: j}, spec: {failedJobsHistoryLimit: -1}}";
        assert_says(
            &RULE,
            history,
            "CronJob/j spec.failedJobsHistoryLimit: ",
            "failedJobsHistoryLimit is -1, but must be at least 0",
        );
    }
}
