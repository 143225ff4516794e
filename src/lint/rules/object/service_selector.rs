//! A Service that selects no pod: it has no endpoints.

use crate::lint::objects::{Object, Pod, Release};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B302",
    name: "service-selector",
    severity: Severity::Warning,
    about: "a Service whose selector names this service but matches none of its pods",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    // the pods of a Service may be baked elsewhere; without pods there is nothing to check
    if release.pods().next().is_none() {
        return;
    }
    for service in release.of("", "Service") {
        let Some(selector) = service.at(&["spec", "selector"]).and_then(Node::as_map) else { continue };
        if selector.is_empty() || pods_of(release, service).next().is_some() {
            continue;
        }
        // another track of the same service may be another stack
        let app = selector.get(b"app".as_slice());
        let own = |(_, pod): (&Object, Pod<'_>)| {
            app.is_some() && label(&pod, b"app").map(|l| &l.data) == app.map(|l| &l.data)
        };
        if release.pods().any(own) && TRACKS.iter().any(|key| selector.contains_key(*key)) {
            continue;
        }
        found
            .on(service, "spec.selector", "no pod of the output has the labels that this Service selects")
            .values(&[
                "services",
                service.name.strip_prefix(&format!("{}-", release.name)).unwrap_or(&service.name),
                "selector",
            ])
            .values(&["service", "selector"])
            .values(&["service", "spec", "selector"])
            .fix("the selector must be among the labels of the pods");
    }
}

/// Labels that distinguish the tracks of one service.
const TRACKS: [&[u8]; 2] = [b"track", b"version"];

/// The pods of the output that a Service selects.
pub(super) fn pods_of<'s>(release: &'s Release, service: &'s Object) -> impl Iterator<Item = (&'s Object, Pod<'s>)> {
    let selector = service.at(&["spec", "selector"]).and_then(Node::as_map).filter(|s| !s.is_empty());
    release.pods().filter(move |(object, pod)| {
        selector.is_some()
            && pod.fits(selector)
            && release.namespace_of(object) == release.namespace_of(service)
            && !matches!(object.kind.as_str(), "Job" | "CronJob")
    })
}

fn label<'p>(pod: &Pod<'p>, key: &[u8]) -> Option<&'p Node> {
    pod.labels?.get(key)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::objects;

    #[test]
    fn rows() {
        let bake = |selector: &str| {
            format!(
                "apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{selector: {selector}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{metadata: {{labels: {{app: web, version: v1}}}}, spec: {{}}}}}}\n"
            )
        };
        let rows: [(&str, &[&str]); 5] = [
            ("{app: web}", &[]),
            ("{}", &[]),
            ("null", &[]),
            ("{app: web, version: v2}", &[]),
            (
                "{app: wbe}",
                &["Service/web spec.selector: no pod of the output has the labels that this Service selects"],
            ),
        ];
        for (selector, want) in rows {
            assert_eq!(objects(&RULE, &bake(selector)), want, "{selector}");
        }
        let alone = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: x}}";
        assert!(objects(&RULE, alone).is_empty());
    }
}
