//! Roles and bindings that the API server refuses.

use super::one_of;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::is_subdomain;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B522",
    name: "rbac",
    severity: Severity::Error,
    about: "a role or binding with rules or subjects that the cluster refuses",
    check: Check::Objects(check),
};

const GROUP: &str = "rbac.authorization.k8s.io";

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.objects.iter().filter(|object| object.group == GROUP) {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        match object.kind.as_str() {
            kind @ ("Role" | "ClusterRole") => {
                for rule in root.each("rules") {
                    self::rule(&rule, kind == "Role", &mut report);
                }
            }
            kind @ ("RoleBinding" | "ClusterRoleBinding") => {
                let cluster = kind == "ClusterRoleBinding";
                if let Some(role) = root.get("roleRef") {
                    let kinds: &[&str] = if cluster { &["ClusterRole"] } else { &["Role", "ClusterRole"] };
                    one_of(&role, "kind", kinds, &mut report);
                    one_of(&role, "apiGroup", &[GROUP], &mut report);
                }
                for subject in root.each("subjects") {
                    self::subject(&subject, cluster, &mut report);
                }
            }
            _ => {}
        }
    }
}

fn rule(rule: &Field<'_>, namespaced: bool, report: &mut Report<'_, '_>) {
    let has = |key: &str| rule.list(key).is_some_and(|list| !list.is_empty());
    if rule.has("verbs") && !has("verbs") {
        report.say(rule, "verbs", "the rule has no verbs", "add verbs such as [get, list, watch]");
    }
    if has("nonResourceURLs") {
        if namespaced {
            let message = "a Role cannot have nonResourceURLs";
            report.say(rule, "nonResourceURLs", message, "write them in a ClusterRole");
        } else if has("apiGroups") || has("resources") || has("resourceNames") {
            let message = "a rule has both resources and nonResourceURLs";
            report.say(rule, "nonResourceURLs", message, "make two rules of it");
        }
        return;
    }
    if !has("apiGroups") {
        report.say(rule, "apiGroups", "the rule has no API groups", "add apiGroups; the core group is \"\"");
    }
    if !has("resources") {
        report.say(rule, "resources", "the rule has no resources", "add resources such as [pods]");
    }
}

fn subject(subject: &Field<'_>, cluster: bool, report: &mut Report<'_, '_>) {
    one_of(subject, "kind", &["ServiceAccount", "User", "Group"], report);
    if subject.text("kind") == Some("ServiceAccount") {
        super::fits(subject, "name", is_subdomain, "the name of a service account", report);
        if let Some(group) = subject.text("apiGroup") {
            let message = format!("a ServiceAccount is not in the API group {group}");
            report.say(subject, "apiGroup", message, "remove apiGroup");
        }
        if cluster && subject.text("namespace").is_none() {
            let message = "a ServiceAccount in a ClusterRoleBinding needs its namespace";
            report.say(subject, "namespace", message, "add namespace");
        }
    } else {
        one_of(subject, "apiGroup", &[GROUP], report);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (kind, body, want) in [
            ("Role", "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]", ""),
            ("ClusterRole", "rules: [{nonResourceURLs: [/metrics], verbs: [get]}]", ""),
            ("ClusterRole", "rules: null", ""),
            ("Role", "rules: [{resources: [pods], verbs: [get]}]", "rules[0].apiGroups: the rule has no API groups"),
            ("Role", "rules: [{apiGroups: [''], verbs: [get]}]", "rules[0].resources: the rule has no resources"),
            (
                "Role",
                "rules: [{nonResourceURLs: [/a], verbs: [get]}]",
                "rules[0].nonResourceURLs: a Role cannot have nonResourceURLs",
            ),
            (
                "RoleBinding",
                "roleRef: {kind: Role, name: a}, subjects: [{kind: ServiceAccount, name: a}, {kind: Group, name: 'system:x'}]",
                "",
            ),
            ("RoleBinding", "roleRef: {kind: Rolle, name: a}", "roleRef.kind: kind \"Rolle\" does not exist"),
            (
                "RoleBinding",
                "subjects: [{kind: ServiceAccount, name: a, apiGroup: rbac.authorization.k8s.io}]",
                "subjects[0].apiGroup: a ServiceAccount is not in the API group rbac.authorization.k8s.io",
            ),
            (
                "ClusterRoleBinding",
                "subjects: [{kind: ServiceAccount, name: a}]",
                "subjects[0].namespace: a ServiceAccount in a ClusterRoleBinding needs its namespace",
            ),
            (
                "ClusterRoleBinding",
                "subjects: [{kind: Users, name: a}]",
                "subjects[0].kind: kind \"Users\" does not exist",
            ),
        ] {
            let text =
                format!("{{apiVersion: rbac.authorization.k8s.io/v1, kind: {kind}, metadata: {{name: r}}, {body}}}");
            assert_says(&RULE, &text, &format!("{kind}/r "), want);
        }
    }
}
