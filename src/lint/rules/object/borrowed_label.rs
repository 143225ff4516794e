//! A worker that has the name of another service in its labels: the Service of that name sends it requests.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B315",
    name: "borrowed-label",
    severity: Severity::Note,
    about: "pods without a Service that have the label `app` of another name",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    if release.of("", "Service").next().is_some() {
        return;
    }
    for (object, pod) in release.pods().filter(|(object, _)| object.group == "apps") {
        let app = pod.labels.and_then(|labels| labels.get("app".as_bytes())).and_then(Node::as_str);
        let Some(app) = app.filter(|app| object.text(&["spec", "selector", "matchLabels", "app"]) == Some(*app)) else {
            continue;
        };
        // a name such as RELEASE-app is that of a chart
        if app != object.name && object.name.strip_prefix(app).is_some_and(|rest| rest.starts_with('-')) {
            found
                .on(object, pod.field("metadata.labels.app"), format!("the pods of {} have the label app={app}: a Service {app} that selects by it sends them requests", object.name))
                .values(&["workloadName"])
                .values(&["name"])
                .fix(format!("remove `name`, or select by another label: `selectorLabels: {{app: {}}}`", object.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |name: &str, more: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{selector: {{matchLabels: {{app: orders}}}}, template: {{metadata: {{labels: {{app: orders}}}}, spec: {{}}}}}}\n{more}"
            )
        };
        let service = "---\nkind: Service\nmetadata: {name: orders}\n";
        for (name, more, want) in [
            ("orders", "", ""),
            ("orders-v2", service, ""),
            ("rel-orders", "", ""),
            (
                "orders-worker",
                "",
                "the pods of orders-worker have the label app=orders: a Service orders that selects by it sends them requests",
            ),
        ] {
            assert_says(
                &RULE,
                &bake(name, more),
                &format!("Deployment/{name} spec.template.metadata.labels.app: "),
                want,
            );
        }
    }
}
