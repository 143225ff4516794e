//! `Gateway`: servers, ports and TLS that Istio refuses. Istio: `ValidateGateway`.

use super::NETWORKING;
use super::texts::{PROTOCOLS, host_fault};
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::Node;

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B420",
    name: "gateway",
    severity: Severity::Error,
    about: "a Gateway that Istio refuses: servers without hosts, ports that clash, TLS without certificates",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "Gateway") {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let Some(spec) = root.get("spec") else { continue };
        if spec.list("servers").is_none_or(<[Node]>::is_empty) {
            report.say(&spec, "servers", "a Gateway has no servers", "add a server with a port and hosts");
        }
        let mut names: Vec<String> = Vec::new();
        for server in spec.each("servers") {
            hosts(&server, &mut report);
            let Some(port) = server.get("port") else {
                report.say(&server, "port", "port is missing", "set number, name and protocol");
                continue;
            };
            let protocol = ports(&port, &mut report);
            match port.text("name").map(str::to_owned) {
                Some(name) if names.contains(&name) => {
                    report.say(&port, "name", format!("two servers have the port name {name:?}"), "names are unique");
                }
                Some(name) => names.push(name),
                None => {}
            }
            tls(&server, protocol.as_deref(), &mut report);
        }
    }
}

fn hosts(server: &Field<'_>, report: &mut Report<'_, '_>) {
    if server.list("hosts").is_none_or(<[Node]>::is_empty) {
        report.say(server, "hosts", "a server has no hosts", "write hosts, or \"*\" for all");
    }
    for host in server.each("hosts") {
        let Some(text) = host.node.as_str() else { continue };
        // NAMESPACE/HOST, unless the first part is that of a URL
        let name = match text.split_once('/') {
            Some((space, name)) if !space.ends_with(':') => name,
            _ => text,
        };
        if let Some(fault) = host_fault(name, true) {
            report.say(&host, "", format!("the host {text:?} {fault}"), "Istio refuses the object with this host");
        } else if name != "*" && !name.contains('.') && !name.contains(':') {
            let message = format!("the host {text:?} is a short name; a Gateway needs a full one");
            report.say(&host, "", message, "write the name with its domain");
        }
    }
}

/// Checks a port and answers its protocol, in upper case.
fn ports(port: &Field<'_>, report: &mut Report<'_, '_>) -> Option<String> {
    let number = port.number("number");
    if number.is_none_or(|number| !(1..=65535).contains(&number)) && port.get("number").is_none_or(|_| number.is_some())
    {
        report.say(port, "number", "a server needs a port from 1 to 65535", "set number");
    }
    if port.text("name").is_none() {
        report.say(port, "name", "the port of a server needs a name", "set name, such as https");
    }
    let Some(text) = port.text("protocol") else {
        report.say(port, "protocol", "the port of a server needs a protocol", "write HTTP, HTTPS, GRPC, TLS or TCP");
        return None;
    };
    let protocol = text.to_ascii_uppercase();
    if !PROTOCOLS.contains(&protocol.as_str()) {
        let message = format!("the protocol {text:?} does not exist");
        report.say(port, "protocol", message, format!("write one of {}", PROTOCOLS.join(", ")));
        return None;
    }
    Some(protocol)
}

/// Istio: `validateServer`, `validateTLSOptions`.
fn tls(server: &Field<'_>, protocol: Option<&str>, report: &mut Report<'_, '_>) {
    let is_tls = protocol.is_some_and(|protocol| ["HTTPS", "TLS", "GRPC-WEB-TLS"].contains(&protocol));
    let Some(tls) = server.get("tls") else {
        if is_tls {
            let message = format!("the protocol {} needs tls", protocol.unwrap_or_default());
            report.say(server, "tls", message, "set tls with mode SIMPLE and credentialName");
        }
        return;
    };
    let mode = tls.text("mode").unwrap_or("PASSTHROUGH");
    let files = ["caCertificates", "privateKey", "serverCertificate"];
    let passes = ["PASSTHROUGH", "AUTO_PASSTHROUGH"].contains(&mode);
    if let Some(protocol) = protocol.filter(|_| !is_tls) {
        let only_redirects = ["HTTP", "HTTP2", "GRPC", "GRPC-WEB"].contains(&protocol)
            && passes
            && files.iter().all(|key| tls.text(key).is_none());
        if !only_redirects {
            let message = format!("a server with the protocol {protocol} cannot have tls");
            report.say(server, "tls", message, "set the protocol HTTPS or TLS; HTTP may only have httpsRedirect");
        }
    }
    certificates(&tls, mode, report);
}

fn certificates(tls: &Field<'_>, mode: &str, report: &mut Report<'_, '_>) {
    let filled = |key: &str| tls.text(key).is_some() || tls.list(key).is_some_and(|list| !list.is_empty());
    if mode == "ISTIO_MUTUAL" {
        let keys = [
            "serverCertificate",
            "privateKey",
            "caCertificates",
            "tlsCertificates",
            "credentialName",
            "credentialNames",
        ];
        for key in keys.into_iter().filter(|key| filled(key)) {
            report.say(tls, key, format!("the mode ISTIO_MUTUAL cannot have {key}"), "Istio brings the certificates");
        }
        return;
    }
    let sources = [
        filled("serverCertificate") && filled("privateKey"),
        filled("credentialName"),
        filled("credentialNames"),
        filled("tlsCertificates"),
    ];
    if sources.iter().filter(|source| **source).count() > 1 {
        let message = "the certificate comes from more than one place";
        report.say(tls, "", message, "keep one of credentialName, credentialNames, tlsCertificates, serverCertificate");
    }
    if !["SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"].contains(&mode) || filled("credentialName") || filled("credentialNames")
    {
        return;
    }
    let fix = "set credentialName to the Secret with the certificate, or serverCertificate and privateKey to files";
    if mode != "SIMPLE" && !filled("caCertificates") {
        report.say(
            tls,
            "caCertificates",
            format!("the mode {mode} needs the certificates of clients' authorities"),
            fix,
        );
    }
    let pairs: Vec<Field<'_>> = tls.each("tlsCertificates").collect();
    if pairs.is_empty() {
        if !filled("serverCertificate") || !filled("privateKey") {
            report.say(tls, "", format!("the mode {mode} has no certificate"), fix);
        }
        return;
    }
    for pair in pairs {
        for key in ["serverCertificate", "privateKey"] {
            if pair.text(key).is_none() {
                report.say(&pair, key, format!("{key} is missing"), "a certificate needs both files");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {{name: web}}\nspec: {{servers: {spec}}}\n"
            )
        };
        let https = "hosts: [a.example], port: {number: 443, name: https, protocol: HTTPS}";
        let http = "hosts: ['*'], port: {number: 80, name: http, protocol: HTTP}";
        for (spec, want) in [
            (
                format!(
                    "[{{{https}, tls: {{mode: SIMPLE, credentialName: a}}}}, {{{http}, tls: {{httpsRedirect: true}}}}]"
                ),
                "",
            ),
            (format!("[{{{https}, tls: {{mode: PASSTHROUGH}}}}]"), ""),
            ("[{hosts: ['./a.example'], port: {number: 80, name: a, protocol: http}}]".to_owned(), ""),
            ("[]".to_owned(), "spec.servers: a Gateway has no servers"),
            (
                format!("[{{{https}, tls: {{mode: SIMPLE}}}}]"),
                "spec.servers[0].tls: the mode SIMPLE has no certificate",
            ),
            (format!("[{{{https}}}]"), "spec.servers[0].tls: the protocol HTTPS needs tls"),
            (
                format!("[{{{http}, tls: {{mode: SIMPLE, credentialName: a}}}}]"),
                "spec.servers[0].tls: a server with the protocol HTTP cannot have tls",
            ),
            (
                format!("[{{{https}, tls: {{mode: ISTIO_MUTUAL, credentialName: a}}}}]"),
                "spec.servers[0].tls.credentialName: the mode ISTIO_MUTUAL cannot have credentialName",
            ),
            (
                format!("[{{{https}, tls: {{mode: MUTUAL, serverCertificate: a, privateKey: b}}}}]"),
                "spec.servers[0].tls.caCertificates: the mode MUTUAL needs the certificates of clients' authorities",
            ),
            (
                format!("[{{{https}, tls: {{mode: SIMPLE, credentialName: a, credentialNames: [b]}}}}]"),
                "spec.servers[0].tls: the certificate comes from more than one place",
            ),
            (format!("[{{{http}}}, {{{http}}}]"), "spec.servers[1].port.name: two servers have the port name \"http\""),
            (
                "[{hosts: [web], port: {number: 80, name: a, protocol: HTTP}}]".to_owned(),
                "spec.servers[0].hosts[0]: the host \"web\" is a short name; a Gateway needs a full one",
            ),
            (
                "[{hosts: ['*'], port: {number: 80, name: a, protocol: WEB}}]".to_owned(),
                "spec.servers[0].port.protocol: the protocol \"WEB\" does not exist",
            ),
            (
                "[{hosts: ['*'], port: {number: 99999, name: a, protocol: HTTP}}]".to_owned(),
                "spec.servers[0].port.number: a server needs a port from 1 to 65535",
            ),
            (
                "[{port: {number: 80, name: a, protocol: HTTP}}]".to_owned(),
                "spec.servers[0].hosts: a server has no hosts",
            ),
        ] {
            assert_says(&RULE, &bake(&spec), "Gateway/web ", want);
        }
    }
}
