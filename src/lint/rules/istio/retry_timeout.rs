//! A timeout that is over before the first try is: no retry ever happens.

use super::NETWORKING;
use super::texts::nanoseconds;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B423",
    name: "retry-timeout",
    severity: Severity::Warning,
    about: "a timeout of a route that is over before its first try",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "VirtualService") {
        let mut report = Report::new(object, found);
        Field::root(object).within(&["spec"], &mut |spec| {
            for route in spec.each("http") {
                let Some(retries) = route.get("retries") else { continue };
                let (Some(all), Some(each)) = (route.text("timeout"), retries.text("perTryTimeout")) else { continue };
                let many = retries.number("attempts").is_some_and(|attempts| attempts > 0);
                if many && nanoseconds(all).zip(nanoseconds(each)).is_some_and(|(all, each)| all > 0 && all <= each) {
                    let message =
                        format!("the timeout {all} is over before the first try ({each}): no retry ever happens");
                    report.say(&route, "timeout", message, "make timeout longer than perTryTimeout times the tries");
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (route, want) in [
            ("timeout: 7s, retries: {attempts: 3, perTryTimeout: 2s}", ""),
            ("timeout: 1s, retries: {attempts: 0, perTryTimeout: 2s}", ""),
            ("timeout: 1s, retries: {attempts: 3}", ""),
            (
                "timeout: 1s, retries: {attempts: 3, perTryTimeout: 2s}",
                "timeout: the timeout 1s is over before the first try (2s): no retry ever happens",
            ),
        ] {
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{{route}}}]}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web spec.http[0].", want);
        }
    }
}
