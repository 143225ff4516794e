//! Ingresses that the API server refuses.

use super::{at_most_one, fits, in_range, objects};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::lint::text::{is_port_name, is_subdomain};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B520",
    name: "ingress",
    severity: Severity::Error,
    about: "an Ingress with hosts, paths or backends that the cluster refuses",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    objects(release, "networking.k8s.io", "Ingress", found, |root, report| {
        let Some(spec) = root.get("spec") else { return };
        if report.object.version != "v1" {
            return;
        }
        if spec.each("rules").next().is_none() && !spec.has("defaultBackend") {
            report.say(&spec, "rules", "the Ingress has neither rules nor defaultBackend", "add a rule");
        }
        if let Some(backend) = spec.get("defaultBackend") {
            self::backend(&backend, report);
        }
        for rule in spec.each("rules") {
            fits(&rule, "host", is_host, "a DNS name, which may start with *.", report);
            rule.within(&["http"], &mut |http| {
                for path in http.each("paths") {
                    self::path(&path, report);
                }
            });
        }
        for tls in spec.each("tls") {
            for host in tls.list("hosts").into_iter().flatten().filter_map(Node::as_str) {
                if !is_name(host) {
                    let fix = "write a DNS name, which may start with *.";
                    report.say(&tls, "hosts", format!("{host:?} is not a host"), fix);
                }
            }
        }
    });
}

/// A host of a rule, which is no address.
fn is_host(text: &str) -> bool {
    is_name(text) && text.parse::<std::net::IpAddr>().is_err()
}

fn is_name(text: &str) -> bool {
    match text.strip_prefix("*.") {
        Some(rest) => is_subdomain(rest),
        None => is_subdomain(text),
    }
}

fn path(path: &Field<'_>, report: &mut Report<'_, '_>) {
    let text = path.text("path").unwrap_or_default();
    let exact = matches!(path.text("pathType"), Some("Exact" | "Prefix"));
    if !text.starts_with('/') && (exact || !text.is_empty()) {
        report.say(path, "path", format!("the path {text:?} does not start with /"), "write / at the start");
    }
    if exact {
        let upper = text.to_ascii_uppercase();
        let bad = ["//", "/./", "/../", "%2F"].into_iter().find(|part| upper.contains(part));
        if let Some(part) = bad.or_else(|| ["/..", "/."].into_iter().find(|end| text.ends_with(end))) {
            let message = format!("the path {text:?} contains {part}");
            report.say(path, "path", message, "write the path without it, or pathType: ImplementationSpecific");
        }
    }
    if let Some(backend) = path.get("backend") {
        self::backend(&backend, report);
    }
}

fn backend(backend: &Field<'_>, report: &mut Report<'_, '_>) {
    if at_most_one(backend, &["service", "resource"], "the backend", report) == 0 {
        let fix = "write service with its name and port";
        report.say(backend, "", "the backend has neither service nor resource", fix);
    }
    let Some(service) = backend.get("service") else { return };
    let port = service.get("port");
    let set = port.as_ref().map_or(0, |port| at_most_one(port, &["name", "number"], "the port of the backend", report));
    if set == 0 {
        report.say(&service, "port", "the backend has no port", "add port.number or port.name");
    }
    if let Some(port) = port {
        in_range(&port, "number", 1, 65535, report);
        let what = "the name of a port: at most 15 lower-case letters, digits and single hyphens";
        fits(&port, "name", is_port_name, what, report);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let path = |path: &str| format!("rules: [{{host: a.example, http: {{paths: [{{{path}}}]}}}}]");
        let service = "backend: {service: {name: a, port: {number: 80}}}";
        for (spec, want) in [
            (path(&format!("path: /a, pathType: Prefix, {service}")), ""),
            (path(&format!("path: '/a//(.*)', pathType: ImplementationSpecific, {service}")), ""),
            ("rules: [{host: '*.a.example'}], tls: [{hosts: ['*.a.example'], secretName: t}]".to_owned(), ""),
            ("defaultBackend: {service: {name: a, port: {name: http}}}".to_owned(), ""),
            ("ingressClassName: a".to_owned(), "rules: the Ingress has neither rules nor defaultBackend"),
            (
                "rules: [{host: 'https://a.example'}]".to_owned(),
                "rules[0].host: host \"https://a.example\" is not a DNS name, which may start with *.",
            ),
            (
                "rules: [{host: 10.0.0.1}]".to_owned(),
                "rules[0].host: host \"10.0.0.1\" is not a DNS name, which may start with *.",
            ),
            (
                path(&format!("path: a, pathType: Prefix, {service}")),
                "rules[0].http.paths[0].path: the path \"a\" does not start with /",
            ),
            (
                path(&format!("path: /a/../b, pathType: Exact, {service}")),
                "rules[0].http.paths[0].path: the path \"/a/../b\" contains /../",
            ),
            (
                path("path: /, pathType: Prefix, backend: {serviceName: a, servicePort: 80}"),
                "rules[0].http.paths[0].backend: the backend has neither service nor resource",
            ),
            (
                path("path: /, pathType: Prefix, backend: {service: {name: a}}"),
                "rules[0].http.paths[0].backend.service.port: the backend has no port",
            ),
            (
                path("path: /, pathType: Prefix, backend: {service: {name: a, port: {name: b, number: 1}}}"),
                "rules[0].http.paths[0].backend.service.port.number: the port of the backend has both name and number",
            ),
        ] {
            let text =
                format!("{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: i}}, spec: {{{spec}}}}}");
            assert_says(&RULE, &text, "Ingress/i spec.", want);
        }
    }
}
