//! Sticky sessions under weights: the weights choose a subset anew for each request, and only then is the session kept.

use super::NETWORKING;
use super::hosts::Host;
use crate::lint::field::{Field, Report};
use crate::lint::objects::{Release, is_set};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B425",
    name: "sticky-weights",
    severity: Severity::Warning,
    about: "weights between subsets of a host whose sessions are to stay at one pod",
    check: Check::Objects(check),
};

const HASH: [&str; 4] = ["spec", "trafficPolicy", "loadBalancer", "consistentHash"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    let sticky: Vec<Host<'_>> = release
        .of(NETWORKING, "DestinationRule")
        .filter(|rule| is_set(rule.at(&HASH)))
        .filter_map(|rule| Host::of(rule.text(&["spec", "host"])?, release.namespace_of(rule)))
        .collect();
    if sticky.is_empty() {
        return;
    }
    for object in release.of(NETWORKING, "VirtualService") {
        let mut report = Report::new(object, found);
        Field::root(object).within(&["spec"], &mut |spec| {
            for route in spec.each("http") {
                let weighted = route.each("route").filter(|to| to.number("weight").is_some_and(|weight| weight > 0));
                let hosts: Vec<Option<Host<'_>>> = weighted
                    .map(|to| {
                        let host = to.node.get("destination").and_then(|to| to.get("host")).and_then(|host| host.as_str());
                        Host::of(host?, release.namespace_of(object))
                    })
                    .collect();
                let [Some(first), others @ ..] = hosts.as_slice() else { continue };
                if !others.is_empty() && others.contains(&Some(*first)) && sticky.contains(first) {
                    let message = format!(
                        "the weights send each request of a session to another subset of {}, although consistentHash is to keep it at one pod",
                        first.name
                    );
                    report.say(&route, "route", message, "route the new version by a header or a cookie while both run");
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
        for (weights, policy, want) in [
            ((90, 10), "{loadBalancer: {simple: RANDOM}}", ""),
            ((100, 0), "{loadBalancer: {consistentHash: {useSourceIp: true}}}", ""),
            (
                (90, 10),
                "{loadBalancer: {consistentHash: {useSourceIp: true}}}",
                "the weights send each request of a session to another subset of web, although consistentHash is to keep it at one pod",
            ),
        ] {
            let (one, two) = weights;
            let text = format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{http: [{{route: [{{destination: {{host: web, subset: a}}, weight: {one}}}, {{destination: {{host: web, subset: b}}, weight: {two}}}]}}]}}\n---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: web}}\nspec: {{host: web, trafficPolicy: {policy}}}\n"
            );
            assert_says(&RULE, &text, "VirtualService/web spec.http[0].route: ", want);
        }
    }
}
