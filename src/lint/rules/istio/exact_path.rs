//! A path to compare exactly that is written as a regular expression: no request has it.

use super::NETWORKING;
use super::texts::looks_like_regex;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B421",
    name: "exact-path",
    severity: Severity::Warning,
    about: "a path that no request has: a regular expression that is compared exactly, or no slash",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "VirtualService") {
        let mut report = Report::new(object, found);
        Field::root(object).within(&["spec"], &mut |spec| {
            for route in spec.each("http") {
                for condition in route.each("match") {
                    if let Some(uri) = condition.get("uri") {
                        path(&uri, &mut report);
                    }
                }
            }
        });
    }
}

fn path(uri: &Field<'_>, report: &mut Report<'_, '_>) {
    for key in ["exact", "prefix"] {
        let Some(text) = uri.text(key) else { continue };
        if looks_like_regex(text) {
            let message = format!("the path {text:?} is compared as {key} text, but reads as a regular expression");
            report.say(uri, key, message, "write it below `regex`, or as a path such as /api/*");
        } else if !text.starts_with('/') && text != "*" {
            report.say(uri, key, format!("no request has the path {text:?}"), "begin it with a slash");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (uri, want) in [
            ("exact: /api/v1.2", ""),
            ("prefix: /", ""),
            ("regex: '^/api/.*'", ""),
            (
                "exact: '^/api/.*'",
                "exact: the path \"^/api/.*\" is compared as exact text, but reads as a regular expression",
            ),
            ("prefix: api", "prefix: no request has the path \"api\""),
        ] {
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{match: [{{uri: {{{uri}}}}}]}}]}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web spec.http[0].match[0].uri.", want);
        }
    }
}
