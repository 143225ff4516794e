//! Subsets without pods: requests that are routed to them fail with 503. Istio: analyzer message IST0173.

use super::NETWORKING;
use super::fields::shown_labels;
use super::hosts::{Host, destinations};
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Object, Pod, Release};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B424",
    name: "subset-labels",
    severity: Severity::Warning,
    about: "routes to subsets of which none has the labels of the service's pods",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for rule in release.of(NETWORKING, "DestinationRule") {
        let Some(host) = Host::of(rule.text(&["spec", "host"]).unwrap_or_default(), release.namespace_of(rule)) else {
            continue;
        };
        let pods = pods_of(release, host);
        let routed: Vec<&str> = destinations(release)
            .iter()
            .filter(|to| Host::of(to.host, release.namespace_of(to.object)) == Some(host))
            .filter_map(|to| to.subset)
            .collect();
        let root = Field::root(rule);
        let Some(spec) = root.get("spec") else { continue };
        let subsets: Vec<_> = spec.each("subsets").filter(|subset| subset.has("labels")).collect();
        let wanted = |subset: &Field<'_>| subset.node.get("labels").and_then(Node::as_map).cloned();
        // the pods of other versions may come from other services; with pods of one subset here, the labels are right
        let some_fits = subsets.iter().any(|subset| pods.iter().any(|pod| pod.fits(wanted(subset).as_ref())));
        let first = subsets.iter().find(|subset| subset.text("name").is_some_and(|name| routed.contains(&name)));
        if pods.is_empty() || some_fits {
            continue;
        }
        let Some(subset) = first else { continue };
        let name = subset.text("name").unwrap_or_default();
        let message = format!(
            "no pod of {} has the labels of the subset {name:?} ({}): requests fail",
            host.name,
            shown_labels(wanted(subset).as_ref())
        );
        Report::new(rule, found).say(
            subset,
            "labels",
            message,
            "set the labels on the pods (podLabels), or route to the host without a subset",
        );
    }
}

/// The pods of this output that the Service of a host selects.
fn pods_of<'r>(release: &'r Release, host: Host<'_>) -> Vec<Pod<'r>> {
    let is_host = |service: &&Object| service.name == host.name && release.namespace_of(service) == host.namespace;
    let Some(service) = release.of("", "Service").find(is_host) else { return Vec::new() };
    let Some(selector) = service.at(&["spec", "selector"]).and_then(Node::as_map).filter(|map| !map.is_empty()) else {
        return Vec::new();
    };
    let fits = |(object, pod): (&'r Object, Pod<'r>)| {
        (release.namespace_of(object) == host.namespace && pod.fits(Some(selector))).then_some(pod)
    };
    release.pods().filter_map(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |labels: &str, subset: &str| {
            format!(
                "kind: Service\nmetadata: {{name: web}}\nspec: {{selector: {{app: web}}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{metadata: {{labels: {{{labels}}}}}, spec: {{}}}}}}\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{route: [{{destination: {{host: web{subset}}}}}]}}]}}\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: web}}\nspec: {{host: web, subsets: [{{name: v1, labels: {{version: v1}}}}, {{name: v2, labels: {{version: v2}}}}]}}\n"
            )
        };
        for (labels, subset, want) in [
            ("app: web, version: v2", ", subset: v1", ""),
            ("app: web", "", ""),
            ("app: other", ", subset: v1", ""),
            (
                "app: web",
                ", subset: v1",
                "no pod of web has the labels of the subset \"v1\" (version=v1): requests fail",
            ),
        ] {
            assert_says(&RULE, &bake(labels, subset), "DestinationRule/web spec.subsets[0].labels: ", want);
        }
    }
}
