//! The Service of a `StatefulSet`: without a headless one, its pods have no names in DNS.

use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B316",
    name: "stateful-service",
    severity: Severity::Warning,
    about: "a StatefulSet whose Service is missing or is not headless",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    // an output without Services is a part of a release
    if release.of("", "Service").next().is_none() {
        return;
    }
    for set in release.of("apps", "StatefulSet") {
        let name = set.text(&["spec", "serviceName"]).unwrap_or_default();
        let same = |space: &str| space == release.namespace_of(set);
        let service =
            release.of("", "Service").find(|service| service.name == name && same(release.namespace_of(service)));
        let message = match service {
            Some(service) if service.text(&["spec", "clusterIP"]) == Some("None") => continue,
            Some(_) => {
                format!("the Service {name} is not headless: the pods of {} have no names of their own", set.name)
            }
            None if name.is_empty() => continue,
            None => format!("there is no Service {name}: the pods of {} have no names of their own", set.name),
        };
        found
            .on(set, "spec.serviceName", message)
            .values(&["serviceName"])
            .values(&["service"])
            .fix("name a Service with clusterIP: None that selects these pods");
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: db}\n";
        for (service, want) in [
            ("", ""),
            ("---\nkind: Service\nmetadata: {name: db}\nspec: {clusterIP: None}\n", ""),
            (
                "---\nkind: Service\nmetadata: {name: db}\n",
                "the Service db is not headless: the pods of db have no names of their own",
            ),
            (
                "---\nkind: Service\nmetadata: {name: web}\n",
                "there is no Service db: the pods of db have no names of their own",
            ),
        ] {
            assert_says(&RULE, &format!("{set}{service}"), "StatefulSet/db spec.serviceName: ", want);
        }
    }
}
