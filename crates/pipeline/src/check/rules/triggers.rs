//! Triggers.

use std::collections::HashMap;

use crate::check::Context;
use crate::check::cron;
use crate::check::path::place;
use crate::check::rule::{BAD_CRON, CLEAR_SECRET, DISABLED_TRIGGER, SAME_TRIGGER, SHARED_TRIGGER, Severity};
use crate::check::set::source;
use crate::check::view::{has_expression, text};

pub(super) fn check(c: &mut Context<'_, '_>) {
    let view = c.view;
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, trigger) in view.triggers.iter().copied() {
        let kind = text(trigger, "type").unwrap_or_default();
        if kind == "cron" {
            let expression = text(trigger, "cronExpression").unwrap_or_default();
            if let Some(problem) = cron::problem(expression).filter(|_| !has_expression(expression)) {
                let message = format!("Quartz refuses {expression:?}: {problem}");
                c.add(&BAD_CRON, place!["triggers", at, "cronExpression"], message);
            }
        }
        // a secret that Spinnaker decrypts begins so
        let is_clear =
            |secret: &&str| !secret.is_empty() && !secret.starts_with("encrypted") && !has_expression(secret);
        if text(trigger, "secret").as_ref().is_some_and(is_clear) {
            let message = "the secret is in clear text, and everybody who sees the pipeline reads it";
            c.add(&CLEAR_SECRET, place!["triggers", at, "secret"], message)
                .hint("keep it in a secret store and write it as encrypted:..");
        }
        if !kind.is_empty() && !trigger.contains_key("enabled") {
            c.add(&DISABLED_TRIGGER, place!["triggers", at, "enabled"], "the trigger is off: enabled is not set");
        }
        let Some(key) = source(trigger, true) else { continue };
        if let Some(first) = seen.get(&key) {
            c.add(
                &SAME_TRIGGER,
                place!["triggers", at],
                format!("the trigger {first} is equal, so the pipeline starts twice"),
            );
        } else {
            seen.insert(key, at);
        }
        if let Some(shared) = c.set.shared(c.at, at) {
            let more = if shared.more > 0 { format!(" and {} more", shared.more) } else { String::new() };
            let message = format!("the same event starts {}{more}", c.set.title(shared.with));
            let details = c.add(&SHARED_TRIGGER, place!["triggers", at], message);
            if !shared.same_application {
                details.at_most(Severity::Note);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Config;
    use crate::check::testing::{lines, pipeline, rows};

    #[test]
    fn triggers_of_one_pipeline() {
        rows(
            &Config::default(),
            &["P601", "P602", "P604", "P605"],
            &[
                (
                    r#""triggers":[{"type":"cron","enabled":true,"cronExpression":"*/5 * * * *"}]"#,
                    &[
                        "error P601 triggers[0].cronExpression: Quartz refuses \"*/5 * * * *\": it has 5 fields, but Quartz begins with seconds",
                    ],
                ),
                (r#""triggers":[{"type":"cron","enabled":true,"cronExpression":"0 0 12 ? * MON"}]"#, &[]),
                (
                    r#""triggers":[{"type":"git","enabled":true,"source":"github","secret":"s3cret"}]"#,
                    &[
                        "warning P604 triggers[0].secret: the secret is in clear text, and everybody who sees the pipeline reads it (keep it in a secret store and write it as encrypted:..)",
                    ],
                ),
                (
                    r#""triggers":[{"type":"git","enabled":true,"source":"github","secret":"encrypted:s3!r:us!b:x!f:y"}]"#,
                    &[],
                ),
                (
                    r#""triggers":[{"type":"webhook","source":"x"}]"#,
                    &["warning P605 triggers[0].enabled: the trigger is off: enabled is not set"],
                ),
                (
                    r#""triggers":[{"type":"webhook","source":"x","enabled":true,"id":"1"},{"enabled":true,"type":"webhook","source":"x","id":"2"}]"#,
                    &["warning P602 triggers[1]: the trigger 0 is equal, so the pipeline starts twice"],
                ),
                (
                    r#""triggers":[{"type":"webhook","source":"x","enabled":true,"parameters":{"a":"1"}},{"type":"webhook","source":"x","enabled":true},{"type":"webhook","source":"x","enabled":false}]"#,
                    &[],
                ),
            ],
        );
    }

    #[test]
    fn triggers_of_two_pipelines() {
        let git = |name: &str, app: &str, branch: &str| {
            pipeline(&format!(
                r#""name":"{name}","application":"{app}","triggers":[{{"type":"git","enabled":true,"source":"github","project":"p","slug":"s","branch":"{branch}"}}]"#
            ))
        };
        let set = [git("dev", "a", "main"), git("prod", "a", "main"), git("qa", "a", "release"), git("x", "b", "main")];
        assert_eq!(
            lines(&Config::default(), &set, &["P603"]),
            [
                "warning P603 triggers[0]: the same event starts a/prod and 1 more",
                "warning P603 triggers[0]: the same event starts a/dev and 1 more",
                "note P603 triggers[0]: the same event starts a/dev and 1 more",
            ]
        );
        // many pipelines run at one time, or after one other
        let cron = |name: &str| {
            pipeline(&format!(
                r#""name":"{name}","triggers":[{{"type":"cron","enabled":true,"cronExpression":"0 0 1 * * ?"}}]"#
            ))
        };
        assert!(lines(&Config::default(), &[cron("a"), cron("b")], &["P603"]).is_empty());
    }
}
