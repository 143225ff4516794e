//! Other fields of a pod that the API server refuses: its restart policy, its DNS, its names.

use super::{DNS_LABEL, fits, in_range, pods};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_dns_label, is_subdomain};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B514",
    name: "pod-spec",
    severity: Severity::Error,
    about: "a restart policy that its workload cannot have, DNS without servers, or an invalid name",
    check: Check::Objects(check),
};

const NAME: &str = "a name of lower-case letters, digits, hyphens and dots";

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    pods(release, found, |spec, report| {
        restarts(spec, report);
        dns(spec, report);
        for key in ["serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"] {
            fits(spec, key, is_subdomain, NAME, report);
        }
        // a StatefulSet sets both
        if report.object.kind != "StatefulSet" {
            fits(spec, "hostname", is_dns_label, DNS_LABEL, report);
            fits(spec, "subdomain", is_dns_label, DNS_LABEL, report);
        }
        in_range(spec, "activeDeadlineSeconds", 1, i64::from(i32::MAX), report);
        for alias in spec.each("hostAliases") {
            fits(&alias, "ip", is_ip, "an IP address", report);
            for (at, name) in alias.list("hostnames").into_iter().flatten().enumerate() {
                if let Some(name) = name.as_str().filter(|name| !is_subdomain(name)) {
                    let message = format!("{name:?} is not the name of a host");
                    report.say(&alias, "hostnames", format!("{message} (number {})", at + 1), format!("write {NAME}"));
                }
            }
        }
        if spec.is_true("shareProcessNamespace") && spec.is_true("hostPID") {
            let message = "a pod with hostPID cannot have shareProcessNamespace";
            report.say(spec, "shareProcessNamespace", message, "keep one of them");
        }
        let account = spec.text("serviceAccount");
        if account.is_some() && spec.text("serviceAccountName").is_some() && account != spec.text("serviceAccountName")
        {
            let message = "serviceAccount and serviceAccountName are different";
            report.say(spec, "serviceAccount", message, "keep serviceAccountName");
        }
    });
}

/// Which restart policies a workload takes.
fn restarts(spec: &Field<'_>, report: &mut Report<'_, '_>) {
    let kind = report.object.kind.as_str();
    let policy = spec.text("restartPolicy").unwrap_or("Always");
    let allowed: &[&str] = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" => &["Always"],
        "Job" | "CronJob" => &["OnFailure", "Never"],
        _ => return,
    };
    // another word is for the check of types
    if !allowed.contains(&policy) && ["Always", "OnFailure", "Never"].contains(&policy) {
        let message = format!("a {kind} cannot have the restart policy {policy}");
        report.say(spec, "restartPolicy", message, format!("write restartPolicy: {}", allowed.join(" or ")));
    }
    if allowed == ["Always"] && kind != "ReplicationController" && spec.has("activeDeadlineSeconds") {
        let message = format!("the pods of a {kind} cannot have activeDeadlineSeconds");
        report.say(spec, "activeDeadlineSeconds", message, "remove it; Jobs can have it");
    }
}

fn dns(spec: &Field<'_>, report: &mut Report<'_, '_>) {
    let config = spec.get("dnsConfig");
    let list = |key: &str| config.as_ref().and_then(|config| config.list(key)).unwrap_or_default();
    let servers = list("nameservers");
    if spec.text("dnsPolicy") == Some("None") && servers.is_empty() {
        let message = "dnsPolicy None needs the address of a name server";
        report.say(spec, "dnsPolicy", message, "add dnsConfig.nameservers, or remove dnsPolicy");
    }
    let Some(config) = &config else { return };
    if servers.len() > 3 {
        report.say(config, "nameservers", format!("there are {} name servers", servers.len()), "keep three of them");
    }
    for server in servers.iter().filter_map(Node::as_str).filter(|text| !is_ip(text)) {
        report.say(config, "nameservers", format!("{server:?} is not an IP address"), "write an IP address");
    }
    let searches = list("searches");
    if searches.len() > 32 {
        report.say(config, "searches", format!("there are {} search domains", searches.len()), "keep 32 of them");
    }
    for search in searches.iter().filter_map(Node::as_str) {
        let plain = search.strip_suffix('.').unwrap_or(search).replace('_', "-");
        if search != "." && !is_subdomain(plain.trim_matches('-')) {
            report.say(config, "searches", format!("{search:?} is not a domain"), format!("write {NAME}"));
        }
    }
}

fn is_ip(text: &str) -> bool {
    // leading zeros, which the API server still reads in old fields
    let plain = |part: &str| part.parse::<u8>().is_ok() && part.bytes().all(|b| b.is_ascii_digit());
    text.parse::<std::net::IpAddr>().is_ok() || text.split('.').count() == 4 && text.split('.').all(plain)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        for (spec, want) in [
            (
                "dnsPolicy: None, dnsConfig: {nameservers: [10.0.0.1], searches: [svc.example., _tcp.example]}, hostname: a",
                "",
            ),
            ("dnsPolicy: None", "dnsPolicy: dnsPolicy None needs the address of a name server"),
            ("dnsConfig: {nameservers: [dns.example]}", "dnsConfig.nameservers: \"dns.example\" is not an IP address"),
            ("dnsConfig: {searches: [a b]}", "dnsConfig.searches: \"a b\" is not a domain"),
            ("hostAliases: [{ip: 10.0.0.1, hostnames: [a.b]}]", ""),
            ("hostAliases: [{ip: a.b}]", "hostAliases[0].ip: ip \"a.b\" is not an IP address"),
            (
                "hostname: a.b",
                "hostname: hostname \"a.b\" is not a name of at most 63 lower-case letters, digits and hyphens",
            ),
            (
                "serviceAccountName: A",
                "serviceAccountName: serviceAccountName \"A\" is not a name of lower-case letters, digits, hyphens and dots",
            ),
            (
                "activeDeadlineSeconds: 0",
                "activeDeadlineSeconds: activeDeadlineSeconds is 0, but must be from 1 to 2147483647",
            ),
            (
                "hostPID: true, shareProcessNamespace: true",
                "shareProcessNamespace: a pod with hostPID cannot have shareProcessNamespace",
            ),
        ] {
            let pod = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &pod, "Pod/p spec.", want);
        }
        for (kind, policy, want) in [
            ("apps/v1, kind: Deployment", "Always", ""),
            ("apps/v1, kind: Deployment", "Never", "a Deployment cannot have the restart policy Never"),
            ("batch/v1, kind: Job", "Never", ""),
            ("batch/v1, kind: Job", "''", "a Job cannot have the restart policy Always"),
        ] {
            let text = format!(
                "{{apiVersion: {kind}, metadata: {{name: p}}, spec: {{template: {{spec: {{restartPolicy: {policy}}}}}}}}}"
            );
            let name = kind.rsplit(' ').next().unwrap();
            assert_says(&RULE, &text, &format!("{name}/p spec.template.spec.restartPolicy: "), want);
        }
    }
}
